//! A source is tried: everything but the import, with what each step said.

use super::run::fetch;
use super::{EVERY_OWNER, no_source};
use crate::domain::feed::SourceKind;
use crate::domain::ids::SourceId;
use crate::services::Services;
use crate::services::authorize::{Grant, ManageSite};
use crate::services::error::ServiceError;
use crate::services::files::Incoming;
use crate::services::imports::{self, preview};
use crate::services::users::reach;
use crate::sources::{Steps, Stop};
use crate::store::sources as store_sources;

/// What came of it.
#[derive(Debug, Clone)]
pub struct Tested {
    /// Step by step.
    pub steps: Steps,
}

/// Fetches what a source has, and says which columns it has. Nothing is kept. A `stop` ends it.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::OutOfScope`] for an admin who sees single owners; the disk.
pub fn test(
    services: &Services,
    grant: &Grant<ManageSite>,
    id: SourceId,
    stop: &Stop<'_>,
) -> Result<Tested, ServiceError> {
    let source = services.store.read(|r| {
        reach::must_see_all(r, grant.by(), EVERY_OWNER)?;
        store_sources::find_source(r, id)?.ok_or_else(|| no_source(id))
    })?;
    let mut steps = Steps::default();
    let mut incoming = Incoming::create(services.data_dir(), services.config().import.max_upload_bytes)?;
    let brought = {
        let mut sink = |bytes: &[u8]| incoming.write(bytes).map_err(|error| error.to_string());
        fetch(services, &source, false, &mut sink, &mut steps, stop)?
    };
    if brought.is_ok() {
        let stored = incoming.finish()?;
        match preview::headers(services, &stored, matches!(source.kind, SourceKind::Sql(_))) {
            Ok(headers) => steps.good("columns", headers.join(", ")),
            Err(error) => {
                steps.bad("columns", error.to_string());
            }
        }
        imports::discard(services, &stored.sha256)?;
    }
    Ok(Tested { steps })
}
