//! Deleting what nothing needs any more: directories of builds that did not end, files that no import has.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::publish::TemporaryDir;
use super::{Services, staged};
use crate::domain::dataset::{Generation, Import, ImportState};
use crate::domain::ids::DatasetId;
use crate::services::error::ServiceError;
use crate::services::user_files::TABLES_DIR;
use crate::services::{datasets, files, user_files};
use crate::store::{datasets as store_datasets, imports as store_imports};

/// A stored file this young may be on its way to its import: it is stored first and noted then.
const YOUNG: SignedDuration = SignedDuration::from_hours(1);

/// At start: deletes what builds left behind that never came to an end, and generations nobody knows.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn sweep(services: &Services) -> Result<(), ServiceError> {
    files::sweep(services.data_dir());
    sweep_files(services)?;
    drop(TemporaryDir(services.data_dir().join("index").join(TABLES_DIR)));
    for path in unknown_indexes(services)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        tracing::info!("Deleting `{name}`, left behind by an import that did not end");
        drop(TemporaryDir(path.clone()));
    }
    Ok(())
}

/// Directories of indexes that no dataset and no import that waits knows. Of builds that are at work, too.
///
/// # Errors
/// [`ServiceError::Store`].
pub(in crate::services) fn unknown_indexes(services: &Services) -> Result<Vec<PathBuf>, ServiceError> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(services.data_dir().join("index")) else { return Ok(found) };
    for dataset in entries.flatten().filter(|entry| entry.file_name() != TABLES_DIR) {
        let known = match dataset.file_name().to_string_lossy().parse::<DatasetId>() {
            Ok(id) => services.store.read(|r| store_datasets::list_generations(r, id))?,
            Err(_) => Vec::new(),
        };
        let Ok(generations) = fs::read_dir(dataset.path()) else { continue };
        for entry in generations.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !known.iter().any(|generation| generation.id.to_string() == name) && !waits(services, &name)? {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

/// True for the staged generation of an import that waits for somebody.
fn waits(services: &Services, name: &str) -> Result<bool, ServiceError> {
    let Some(id) = staged::import_of(name) else { return Ok(false) };
    let import = services.store.read(|r| store_imports::find_import(r, id))?;
    Ok(import.is_some_and(|import| !import.state.is_final()))
}

/// Deletes stored files without an import (the process ended after a file was stored and before its import was noted) and
/// those that a dataset's rules no longer keep. Young ones are left alone, because their import may come yet.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn sweep_files(services: &Services) -> Result<(), ServiceError> {
    {
        let _files = services.builds.lock_files();
        if services.backups.keeps_files() {
            return Ok(());
        }
        sweep_rejects(services)?;
    }
    let until = SystemTime::from(services.now() - YOUNG);
    if files::list_written_before(services.data_dir(), until).is_empty() {
        return Ok(());
    }
    let _files = services.builds.lock_files();
    if services.backups.keeps_files() {
        return Ok(());
    }
    let wanted = wanted_files(services, &Cutoffs::of(services)?)?;
    // Asked again under the lock: the same file may have been sent anew meanwhile.
    for sha256 in files::list_written_before(services.data_dir(), until) {
        if !wanted.contains(&sha256) {
            tracing::info!("Deleting the stored file {sha256}: no import and no folder has it");
            user_files::forget_table(services, &sha256);
            files::delete(services.data_dir(), &sha256);
        }
    }
    Ok(())
}

/// Deletes the rows that could not be read of imports whose files are no longer kept either.
fn sweep_rejects(services: &Services) -> Result<(), ServiceError> {
    let imports = services.store.read(|r| store_imports::list_imports(r, usize::MAX))?;
    let cutoffs = Cutoffs::of(services)?;
    for import in imports.iter().filter(|import| import.rows_rejected > 0 && cutoffs.is_past(import)) {
        let path = files::rejects_path(services.data_dir(), import.id);
        if let Err(error) = fs::remove_file(path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!("Rejects that are no longer kept could not be deleted: {error}");
        }
    }
    Ok(())
}

/// Since when files are kept: by dataset, where they are not kept for ever.
struct Cutoffs(HashMap<String, Timestamp>);

impl Cutoffs {
    fn of(services: &Services) -> Result<Self, ServiceError> {
        let now = services.now();
        let since = |days: u32| now - SignedDuration::from_hours(24 * i64::from(days));
        let datasets = datasets::list(services)?.into_iter();
        Ok(Self(datasets.filter_map(|it| Some((it.slug, since(it.rules.keep_files_days?)))).collect()))
    }

    /// As they would be if files of a dataset were kept for so many days.
    fn with(mut self, services: &Services, slug: &str, days: Option<u32>) -> Self {
        match days {
            Some(days) => self
                .0
                .insert(slug.to_owned(), services.now() - SignedDuration::from_hours(24 * i64::from(days))),
            None => self.0.remove(slug),
        };
        self
    }

    /// True where an import ended so long ago that its dataset's files of that time are no longer kept.
    fn is_past(&self, import: &Import) -> bool {
        let cutoff = self.0.get(&import.dataset_slug);
        import.state.is_final() && cutoff.is_some_and(|cutoff| import.updated_at < *cutoff)
    }
}

/// Deletes stored files that no import but cancelled ones, and so no generation, came from.
pub(super) fn forget_files<'f>(
    services: &Services,
    unneeded: impl IntoIterator<Item = &'f str>,
) -> Result<(), ServiceError> {
    let _files = services.builds.lock_files();
    if services.backups.keeps_files() {
        // A backup copies it just now: the next sweep deletes it.
        return Ok(());
    }
    let wanted = wanted_files(services, &Cutoffs::of(services)?)?;
    for sha256 in unneeded.into_iter().filter(|sha256| !wanted.contains(*sha256)) {
        user_files::forget_table(services, sha256);
        files::delete(services.data_dir(), sha256);
    }
    Ok(())
}

/// Files that an import came from which was not cancelled, those of generations among them, and those in folders of
/// users; but for those that a dataset's rules no longer keep. The file of live data is kept always: what readers see can
/// be built again.
fn wanted_files(services: &Services, cutoffs: &Cutoffs) -> Result<HashSet<String>, ServiceError> {
    let imports = services.store.read(|r| store_imports::list_imports(r, usize::MAX))?;
    let is_wanted = |import: &Import| import.state != ImportState::Cancelled && !cutoffs.is_past(import);
    let mut wanted: HashSet<String> =
        imports.into_iter().filter(is_wanted).map(|import| import.file_sha256).collect();
    // What came of a merge is a file that no import brought.
    for dataset in datasets::list(services)? {
        let generations = services.store.read(|r| store_datasets::list_generations(r, dataset.id))?;
        let cutoff = cutoffs.0.get(&dataset.slug);
        let is_wanted = |generation: &Generation| {
            dataset.current_generation == Some(generation.id)
                || cutoff.is_none_or(|cutoff| generation.published_at >= *cutoff)
        };
        wanted.extend(generations.into_iter().filter(is_wanted).map(|generation| generation.file_sha256));
    }
    wanted.extend(services.store.read(user_files::wanted)?);
    Ok(wanted)
}

/// What the next sweep deletes because files of a dataset are kept for so many days, and leaves alone as the rules are.
pub(in crate::services) struct Going {
    /// Stored files, by their hash.
    pub files: BTreeSet<String>,
    /// Imports whose rows that could not be read go.
    pub rejects: usize,
}

/// What keeping the files of a dataset for `days` would delete.
///
/// # Errors
/// [`ServiceError::Store`].
pub(in crate::services) fn going(
    services: &Services,
    slug: &str,
    days: Option<u32>,
) -> Result<Going, ServiceError> {
    let (now, then) = (Cutoffs::of(services)?, Cutoffs::of(services)?.with(services, slug, days));
    let (wanted, still_wanted) = (wanted_files(services, &now)?, wanted_files(services, &then)?);
    let is_there = |sha256: &String| files::path_of(services.data_dir(), sha256).exists();
    let files = wanted.difference(&still_wanted).filter(|sha256| is_there(sha256)).cloned().collect();
    let imports = services.store.read(|r| store_imports::list_imports(r, usize::MAX))?;
    let loses = |import: &&Import| {
        then.is_past(import) && !now.is_past(import) && super::has_rejects(services, import)
    };
    Ok(Going { files, rejects: imports.iter().filter(loses).count() })
}
