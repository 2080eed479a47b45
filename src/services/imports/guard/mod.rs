//! The guard: a file that was read whole is held against the generation that is live, before it takes its place.
//!
//! It asks the two generations, as whoever sees everything sees them; nothing of it is shown to readers but through
//! [`Finding::shows_cells`](crate::domain::guard::Finding).

mod cells;
mod dates;
mod reader;
mod rows;
pub mod words;

pub use reader::{SeenFinding, for_reader};

use super::publish::{Report, profile_of};
use super::staged;
use crate::domain::dataset::{Dataset, Import};
use crate::domain::guard::{ChangeCounts, Example, Finding, GuardLimits, Judgement, Rule, Severity};
use crate::domain::ids::GenerationId;
use crate::search::difference::{Change, Difference};
use crate::search::error::SearchError;
use crate::search::view::View;
use crate::services::error::ServiceError;
use crate::services::{Services, datasets};

/// Examples of one finding.
const EXAMPLES: usize = 5;
/// Owners that are kept of one, so that who may see few of them finds theirs.
const KEPT_OWNERS: usize = 100;

/// What a file is judged by.
pub(super) struct Case<'c> {
    /// What is live.
    pub before: Option<(GenerationId, &'c View)>,
    /// What would be.
    pub after: &'c View,
    /// The dataset's owner column.
    pub owner_before: Option<&'c str>,
    /// The file's.
    pub owner_after: Option<&'c str>,
    /// Records of the file.
    pub rows_read: u64,
    /// Records of it that are no rows.
    pub rows_rejected: u64,
    /// Other datasets and their columns.
    pub others: &'c [(String, Vec<String>)],
    /// What is too much.
    pub limits: GuardLimits,
}

impl Case<'_> {
    fn is_small(&self) -> bool {
        let rows = self.before.map_or_else(|| self.after.total(), |(_, view)| view.total());
        rows < u64::from(self.limits.small_table)
    }

    fn has_column(view: &View, name: &str) -> bool {
        view.columns().iter().any(|column| column.name == name)
    }
}

/// Judges a file.
///
/// # Errors
/// [`SearchError`] where a generation cannot be read.
pub(super) fn judge(case: &Case<'_>) -> Result<Judgement, SearchError> {
    let mut findings = Vec::new();
    let difference = case.before.map(|(_, before)| Difference::between(before, case.after));
    rows::look(case, difference.as_ref(), &mut findings)?;
    cells::look(case, &mut findings)?;
    if let Some(difference) = &difference {
        dates::look(case, difference, &mut findings)?;
    }
    findings.sort_by_key(|finding: &Finding| (finding.severity == Severity::Note, finding.rule as u8));
    Ok(Judgement {
        base: case.before.map(|(generation, _)| generation.0),
        changes: difference.map(|difference| ChangeCounts {
            changed: difference.count(Change::Changed),
            added: difference.count(Change::Added),
            removed: difference.count(Change::Removed),
            unchanged: difference.unchanged(),
        }),
        findings,
    })
}

/// Judges the staged generation of an import against what is live.
///
/// # Errors
/// [`ServiceError::Internal`] where a generation cannot be read.
pub(super) fn judge_staged(
    services: &Services,
    import: &Import,
    dataset: &Dataset,
    report: &Report,
) -> Result<Judgement, ServiceError> {
    let live = datasets::look_once(services, dataset)?;
    let staged = datasets::look_at(&staged::dir_of(services, import), report.owner.as_deref())?;
    let mut others = Vec::new();
    for other in datasets::list(services)?.iter().filter(|other| other.id != dataset.id) {
        let profile = profile_of(other.profile_json.as_deref());
        let names = profile.map(|profile| profile.columns.into_iter().map(|column| column.name).collect());
        others.extend(names.map(|names| (other.name.clone(), names)));
    }
    let case = Case {
        before: live.as_ref().map(|(generation, view)| (*generation, view)),
        after: &staged,
        owner_before: dataset.owner_column.as_deref(),
        owner_after: report.owner.as_deref(),
        rows_read: report.rows_read,
        rows_rejected: report.rows_rejected,
        others: &others,
        limits: dataset.rules.guard,
    };
    Ok(judge(&case)?)
}

/// A finding without examples.
fn finding(rule: Rule, severity: Severity, before: u64, after: u64) -> Finding {
    Finding {
        rule,
        severity,
        subject: None,
        before,
        after,
        limit: None,
        examples: Vec::new(),
        shows_cells: false,
    }
}

/// True where `part` is more than `limit` per cent of `whole`.
fn exceeds(part: u64, whole: u64, limit: impl Into<u64>) -> bool {
    whole > 0 && part.saturating_mul(100) > whole.saturating_mul(limit.into())
}

fn named(names: impl IntoIterator<Item = String>) -> Vec<Example> {
    let example = |name| Example { before: Some(name), after: None, rows: 0 };
    names.into_iter().take(EXAMPLES).map(example).collect()
}
