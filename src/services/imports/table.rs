//! A stored file made into a generation that belongs to no dataset: a file of somebody's folder, opened in the grid.

use std::path::Path;

use super::child::{End, carry_out};
use super::publish::{make_workshop, own_pid};
use super::settings::ImportSettings;
use super::worker::{Event, Order};
use super::{Outcome, ServiceError, Services, StoredFile, staged};
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
    let order = Order {
        preview: false,
        source: files::path_of(services.data_dir(), &file.sha256),
        file_bytes: file.bytes,
        scratch: temporary.0.clone(),
        generation: Some(built.clone()),
        merge: None,
        rejects: temporary.0.join("rejects.csv"),
        settings: ImportSettings::default(),
        standing: None,
        known: Vec::new(),
        owner: None,
        profile: None,
        limits: services.config().import,
        from: own_pid(),
    };
    let mut is_built = false;
    let end = carry_out(services, &order, file.bytes, stop, |event| {
        is_built |= matches!(event, Event::Built { .. });
        Ok(())
    })?;
    match end {
        End::Stopped => Ok(Outcome::Interrupted),
        End::DiskFull(message) => Err(ServiceError::DiskFull(message)),
        End::Refused(message) => Err(ServiceError::invalid("file", message)),
        End::Done if !is_built => Err(ServiceError::Internal("a table was not built".to_owned())),
        End::Done => {
            staged::put_in_place(&built, dir)?;
            Ok(Outcome::Finished)
        }
    }
}
