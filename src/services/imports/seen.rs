//! What somebody had in view when they decided: a decision about settings that are no longer those is none.

use super::{Grant, Import, ImportData, ImportId, ServiceError, Services, change, settings};
use crate::domain::dataset::ImportState;

/// What the page of a form showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// [`version`] of the import.
    pub version: String,
    /// Names the page: what it sent before, without waiting for the answer, is no change by somebody else.
    pub page: String,
}

impl Seen {
    /// True where the import's settings are those in view, or were last set from the same view.
    pub(super) fn fits(&self, import: &Import) -> bool {
        let set_by = || serde_json::from_str(&import.settings_json).ok();
        self.version == version(import)
            || set_by().is_some_and(|settings: settings::ImportSettings| {
                settings.page.is_some_and(|page| page == self.page)
            })
    }
}

/// A short name of an import's settings. A check that goes on in the background does not change it.
pub fn version(import: &Import) -> String {
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(import.settings_json.as_bytes()))
}

/// What came of a decision to publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// It is published.
    Done,
    /// The settings were changed elsewhere meanwhile; nothing is published.
    Elsewhere,
}

/// Publishes an import as somebody saw it. A dataset without rows is published where that is meant.
///
/// # Errors
/// [`ServiceError::Conflict`] where it is not waiting for that, or would leave the dataset empty unmeant.
pub fn confirm_seen(
    services: &Services,
    grant: &Grant<ImportData>,
    id: ImportId,
    seen: &Seen,
    empty_is_meant: bool,
) -> Result<Confirmed, ServiceError> {
    let mut fits = true;
    let confirmed = change(services, grant, id, "import.confirm", |import| {
        must_be_checked(import)?;
        fits = seen.fits(import);
        if !fits {
            return Err(ServiceError::Conflict("its settings were changed meanwhile".to_owned()));
        }
        if rows_to_publish(import) == 0 && !empty_is_meant {
            return Err(ServiceError::Conflict(
                "the file has no rows: tick “Publish an empty dataset” if that is what you mean".to_owned(),
            ));
        }
        import.confirm = true;
        Ok(true)
    });
    if !fits {
        return Ok(Confirmed::Elsewhere);
    }
    confirmed?;
    services.ring_job_bell();
    Ok(Confirmed::Done)
}

/// Refuses what does not wait to be published.
pub(super) fn must_be_checked(import: &Import) -> Result<(), ServiceError> {
    if import.state == ImportState::Checked {
        return Ok(());
    }
    let reason = match import.state {
        ImportState::Stored | ImportState::Inspected if !import.confirm => {
            "the file is still being checked: wait until that is done, then publish it"
        }
        ImportState::Published => "this import is published already",
        ImportState::Failed => "this import failed: there is nothing to publish; import the file again",
        ImportState::Cancelled => {
            "this import was cancelled: there is nothing to publish; import the file again"
        }
        ImportState::Quarantined => "this import is held back: it cannot be published",
        _ => "this import is being published already",
    };
    Err(ServiceError::Conflict(reason.to_owned()))
}

/// Rows that a checked import would publish.
pub fn rows_to_publish(import: &Import) -> u64 {
    import.rows_read.saturating_sub(import.rows_rejected)
}
