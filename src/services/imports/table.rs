//! A stored file made into a generation that belongs to no dataset: a file of somebody's folder, opened in the grid.

use std::path::Path;

use super::child::{End, carry_out};
use super::publish::{make_workshop, own_pid};
use super::settings::ImportSettings;
use super::worker::{Event, Order};
use super::{Outcome, ServiceError, Services, StoredFile, staged};
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
    let (end, rows) = build_alone(services, (&file.sha256, file.bytes), None, (&temporary.0, &built), stop)?;
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

/// Lets a child build what one stored file alone makes, in `built`, read as `profile` says or as it is found to be. Says how
/// that ended, and how many rows it has where it was built.
pub(super) fn build_alone(
    services: &Services,
    (sha256, file_bytes): (&str, u64),
    profile: Option<Profile>,
    (scratch, built): (&Path, &Path),
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(End, Option<u64>), ServiceError> {
    let order = Order {
        preview: false,
        source: files::path_of(services.data_dir(), sha256),
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
