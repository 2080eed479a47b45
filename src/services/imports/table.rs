//! A stored file made into a generation that belongs to no dataset: a file of somebody's folder, opened in the grid.

use std::fs;
use std::path::Path;

use super::child::{End, carry_out};
use super::publish::{make_workshop, own_pid, profile_of};
use super::settings::ImportSettings;
use super::worker::{Event, Order};
use super::{Outcome, ServiceError, Services, StoredFile, staged};
use crate::domain::dataset::Generation;
use crate::domain::profile::Profile;
use crate::services::files;

/// Lets a child build the generation of a stored file in `dir`, read as it is found to be.
///
/// # Errors
/// [`ServiceError::Invalid`] of `file` with the reason where it cannot be read; [`ServiceError::DiskFull`].
pub(in crate::services) fn build_table(
    services: &Services,
    file: &StoredFile,
    dir: &Path,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Outcome, ServiceError> {
    let (Some(parent), Some(name)) = (dir.parent(), dir.file_name()) else {
        return Err(ServiceError::Internal("a table has no place".to_owned()));
    };
    let (temporary, built) = make_workshop(parent, &name.to_string_lossy())?;
    files::need_space(parent, file.bytes.saturating_mul(2))?;
    let source = files::path_of(services.data_dir(), &file.sha256);
    let (end, rows) = build_alone(services, (&source, file.bytes), None, (&temporary.0, &built), stop)?;
    match end {
        End::Stopped => Ok(Outcome::Interrupted),
        End::DiskFull(message) => Err(ServiceError::DiskFull(message)),
        End::Refused(message) => Err(ServiceError::invalid("file", message)),
        End::Done if rows.is_none() => Err(ServiceError::Internal("a table was not built".to_owned())),
        End::Done => {
            staged::put_in_place(&built, dir)?;
            Ok(Outcome::Finished)
        }
    }
}

/// Lets a child build a generation again in `dir`, from its file that lies at `source`, and says how many rows it has; `None`
/// where `stop` said so. It is nobody's, and whoever has `dir` deletes it.
///
/// # Errors
/// [`ServiceError::Internal`] with the reason where the file cannot be read; [`ServiceError::DiskFull`].
pub(in crate::services) fn count_built(
    services: &Services,
    source: &Path,
    record: &Generation,
    dir: &Path,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<u64>, ServiceError> {
    let (temporary, built) = make_workshop(dir, &record.id.to_string())?;
    let file_bytes = fs::metadata(source).map_or(0, |meta| meta.len().saturating_mul(8));
    let profile = profile_of(Some(&record.profile_json));
    let (end, rows) = build_alone(services, (source, file_bytes), profile, (&temporary.0, &built), stop)?;
    match end {
        End::Stopped => Ok(None),
        End::DiskFull(message) => Err(ServiceError::DiskFull(message)),
        End::Refused(message) => Err(ServiceError::Internal(message)),
        End::Done => rows.map(Some).ok_or_else(|| ServiceError::Internal("nothing was built".to_owned())),
    }
}

/// Lets a child build what one stored file alone makes, in `built`, read as `profile` says or as it is found to be. Says how
/// that ended, and how many rows it has where it was built.
pub(super) fn build_alone(
    services: &Services,
    (source, file_bytes): (&Path, u64),
    profile: Option<Profile>,
    (scratch, built): (&Path, &Path),
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(End, Option<u64>), ServiceError> {
    let order = Order {
        preview: false,
        source: source.to_owned(),
        file_bytes,
        scratch: scratch.to_owned(),
        generation: Some(built.to_owned()),
        merge: None,
        rejects: scratch.join("rejects.csv"),
        settings: ImportSettings::default(),
        standing: None,
        known: Vec::new(),
        owner: None,
        profile,
        limits: services.config().import,
        from: own_pid(),
    };
    let mut rows = None;
    let end = carry_out(services, &order, file_bytes, stop, |event| {
        if let Event::Built { rows: built, .. } = event {
            rows = Some(built);
        }
        Ok(())
    })?;
    Ok((end, rows))
}
