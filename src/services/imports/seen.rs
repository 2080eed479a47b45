//! What somebody had in view when they decided: a decision about settings that are no longer those is none.

use super::{Grant, Import, ImportData, ImportId, ServiceError, Services, change, settings};
use crate::domain::dataset::ImportState;
use crate::domain::guard::{ChangeCounts, Judgement, Rule, Severity};

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

/// True where somebody has changed how the file is read since it came.
pub fn was_set(import: &Import) -> bool {
    let settings: Option<settings::ImportSettings> = serde_json::from_str(&import.settings_json).ok();
    settings.is_some_and(|settings| settings.page.is_some())
}

/// A short name of an import's settings. A check that goes on in the background does not change it.
pub fn version(import: &Import) -> String {
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(import.settings_json.as_bytes()))
}

/// A short name of what the guard found: who publishes it anyway decides about just that.
pub fn findings_word(judgement: &Judgement) -> String {
    let stops: Vec<_> =
        judgement.findings.iter().filter(|finding| finding.severity == Severity::Stop).collect();
    let json = serde_json::to_vec(&(judgement.base, stops)).unwrap_or_default();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&json))
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
    meant: &Meant,
) -> Result<Confirmed, ServiceError> {
    let mut fits = true;
    let confirmed = change(services, grant, id, "import.confirm", |import| {
        must_be_checked(import)?;
        fits = seen.fits(import);
        if !fits {
            return Err(ServiceError::Conflict("its settings were changed meanwhile".to_owned()));
        }
        if rows_to_publish(import) == 0 && !meant.empty {
            return Err(ServiceError::Conflict(
                "the file has no rows: tick “Publish an empty dataset” if that is what you mean".to_owned(),
            ));
        }
        let is_asked_already = meant.empty && only_empty(import);
        accept(import, if is_asked_already { &Anyway::All } else { &meant.anyway })?;
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

/// What somebody says they mean, beside that it is to be published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meant {
    /// A dataset without rows.
    pub empty: bool,
    /// What the guard found.
    pub anyway: Anyway,
}

/// What of the guard's findings somebody publishes all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Anyway {
    /// Nothing.
    #[default]
    No,
    /// Those of this name: [`findings_word`].
    These(String),
    /// Whatever they are.
    All,
}

/// True where nothing holds the file back but that it has no rows, which is asked about by itself.
pub fn only_empty(import: &Import) -> bool {
    let findings = import.judgement.iter().flat_map(|judgement| &judgement.findings);
    let mut stops = findings.filter(|finding| finding.severity == Severity::Stop);
    stops.all(|finding| finding.rule == Rule::Empty)
}

/// Takes a decision about what the guard found.
///
/// # Errors
/// [`ServiceError::Conflict`] where it found something that was not decided about.
pub(super) fn accept(import: &mut Import, anyway: &Anyway) -> Result<(), ServiceError> {
    let Some(judgement) = import.judgement.as_ref().filter(|judgement| judgement.stops()) else {
        return Ok(());
    };
    let found = findings_word(judgement);
    let is_meant = match anyway {
        Anyway::No => false,
        Anyway::These(word) => *word == found,
        Anyway::All => true,
    };
    if !is_meant {
        return Err(ServiceError::Conflict(
            "the file is held back because of what was found in it: look at the findings, then publish it anyway, \
             read it another way, or cancel it"
                .to_owned(),
        ));
    }
    import.accepted = Some(found);
    Ok(())
}

/// Refuses what does not wait to be published.
pub(super) fn must_be_checked(import: &Import) -> Result<(), ServiceError> {
    if !import.confirm && matches!(import.state, ImportState::Checked | ImportState::Quarantined) {
        return Ok(());
    }
    let reason = match import.state {
        ImportState::Stored | ImportState::Inspected | ImportState::Indexing if !import.confirm => {
            "the file is still being checked: wait until that is done, then publish it"
        }
        ImportState::Published => "this import is published already",
        ImportState::Failed => "this import failed: there is nothing to publish; import the file again",
        ImportState::Cancelled => {
            "this import was cancelled: there is nothing to publish; import the file again"
        }
        _ => "this import is being published already",
    };
    Err(ServiceError::Conflict(reason.to_owned()))
}

/// Rows that a checked import would publish.
pub fn rows_to_publish(import: &Import) -> u64 {
    let changes = import.judgement.as_ref().and_then(|judgement| judgement.changes);
    match changes {
        // Of a merge the file is only a part: what counts is what readers would have.
        Some(ChangeCounts { changed, added, unchanged, .. }) => changed + added + unchanged,
        None => import.rows_read.saturating_sub(import.rows_rejected),
    }
}
