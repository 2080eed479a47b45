//! Generations that are built and not published: a file is read, checked and built once, and waits, whole, for whoever
//! decides. Then publishing is giving a directory its name.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::publish::{Report, TemporaryDir};
use super::{Import, ImportId, Services, seen};
use crate::domain::guard::Mode;
use crate::domain::ids::GenerationId;
use crate::services::error::ServiceError;
use crate::services::{datasets, files};

/// What is known of a staged generation, in its directory.
const STAGE_FILE: &str = "stage.json";
/// The file that came of a merge, in its directory.
const MERGED_FILE: &str = "merged.zst";

/// A generation that waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stage {
    /// [`seen::version`] of the import that it was built for.
    pub version: String,
    /// The generation that was live.
    pub base: Option<u64>,
    /// How it was made.
    pub mode: Mode,
    /// What its build told.
    pub report: Report,
}

/// The directory of an import's staged generation.
pub(super) fn dir_of(services: &Services, import: &Import) -> PathBuf {
    datasets::dataset_dir(services, import.dataset_id).join(format!("staged-{}", import.id))
}

/// The import whose staged generation a directory of this name is.
pub(super) fn import_of(name: &str) -> Option<ImportId> {
    name.strip_prefix("staged-")?.parse().ok()
}

/// Where a merge leaves its file while a generation is built in `built`.
pub(super) fn merged_beside(built: &Path) -> PathBuf {
    built.with_extension("merged")
}

/// Puts what was built in place, so that it is found whole or not at all.
pub(super) fn put(
    services: &Services,
    import: &Import,
    built: &Path,
    stage: &Stage,
) -> Result<(), ServiceError> {
    let failed = |error: std::io::Error| files::disk("keeping the generation until it is published", &error);
    let merged = merged_beside(built);
    if merged.exists() {
        fs::rename(&merged, built.join(MERGED_FILE)).map_err(failed)?;
    }
    let json = serde_json::to_vec(stage).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let path = built.join(STAGE_FILE);
    fs::write(&path, json).map_err(failed)?;
    File::open(&path).and_then(|file| file.sync_all()).map_err(failed)?;
    File::open(built).and_then(|dir| dir.sync_all()).map_err(failed)?;
    put_in_place(built, &dir_of(services, import))
}

/// The staged generation of an import, where it is what would be built now.
pub(super) fn find(services: &Services, import: &Import, live: Option<GenerationId>) -> Option<Stage> {
    let json = fs::read(dir_of(services, import).join(STAGE_FILE)).ok()?;
    let stage: Stage = serde_json::from_slice(&json).ok()?;
    let is_fit = stage.version == seen::version(import)
        // A merge is of the data that were live then.
        && (stage.mode == Mode::Replace || stage.base == live.map(|live| live.0));
    is_fit.then_some(stage)
}

/// Gives the staged generation the directory of a published one, and its file, where it came of a merge, the place of
/// stored files.
pub(super) fn release(
    services: &Services,
    import: &Import,
    stage: &Stage,
    dir: &Path,
) -> Result<(), ServiceError> {
    let failed = |error: std::io::Error| files::disk("putting the generation in place", &error);
    let staged = dir_of(services, import);
    if let Some(sha256) = &stage.report.merged {
        let place = files::path_of(services.data_dir(), sha256);
        let parent = place.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(failed)?;
        fs::rename(staged.join(MERGED_FILE), &place).map_err(failed)?;
        File::open(parent).and_then(|parent| parent.sync_all()).map_err(failed)?;
    }
    put_in_place(&staged, dir)?;
    let _ = fs::remove_file(dir.join(STAGE_FILE));
    Ok(())
}

/// Deletes an import's staged generation, if there is one.
pub(super) fn discard(services: &Services, import: &Import) {
    drop(TemporaryDir(dir_of(services, import)));
}

/// Gives a finished directory its name, so that a power cut leaves either all of it or none.
pub(super) fn put_in_place(built: &Path, dir: &Path) -> Result<(), ServiceError> {
    let failed = |error: std::io::Error| files::disk("putting the generation in place", &error);
    if dir.exists() {
        fs::remove_dir_all(dir).map_err(failed)?;
    }
    fs::rename(built, dir).map_err(failed)?;
    let parent = dir.parent().unwrap_or(Path::new("."));
    File::open(parent).and_then(|parent| parent.sync_all()).map_err(failed)
}
