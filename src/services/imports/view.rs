//! An import as the API and the command line show it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::guard::{SeenFinding, for_reader, words};
use super::{Progress, Services, findings_word, peak_bytes, progress};
use crate::domain::column::ColumnRole;
use crate::domain::dataset::{Import, ImportState};
use crate::domain::feed::CameBy;
use crate::domain::guard::{ChangeCounts, Finding};
use crate::domain::profile::Profile;
use crate::domain::scope::{OwnerScope, Scope};
use crate::services::authorize::{Grant, ImportData};

/// An import as the API shows it. Names and shapes are stable.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Import)]
pub struct ImportView {
    /// Names it.
    pub id: String,
    /// Slug of the dataset.
    pub dataset: String,
    /// What the sender called the file.
    pub file: String,
    /// The feed that brought it: `"drop_folder"`, or `{"source": …}` with its name; nothing where somebody sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_by: Option<CameBy>,
    /// How far it has come.
    pub state: String,
    /// The generation it became.
    pub generation: Option<u64>,
    /// Rows of the file, rejected ones included.
    pub rows_read: u64,
    /// Rows in the generation.
    pub rows_published: u64,
    /// Rows that could not be read.
    pub rows_rejected: u64,
    /// Problems found, listed or not.
    pub problem_count: u64,
    /// The first 1,000: line, column, value, reason.
    pub problems: serde_json::Value,
    /// What the guard found, held against what was live: rule, severity, sentence, counts, examples.
    #[serde(default)]
    pub findings: Vec<FindingView>,
    /// Names those that hold it back: who publishes it anyway sends this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_back_by: Option<String>,
    /// The generation that it was held against.
    #[serde(default)]
    pub compared_with: Option<u64>,
    /// How many rows would be, or were, changed, added and removed.
    #[serde(default)]
    pub changes: Option<ChangeCounts>,
    /// Why it failed.
    pub error: Option<String>,
    /// How the file is read, once that is known.
    pub profile: serde_json::Value,
    /// The column whose cells are owners, once that is known and named.
    pub owner: Option<String>,
    /// Whether it is to be published without asking again.
    pub confirmed: bool,
    /// Bytes read and bytes to read, while it is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressView>,
    /// Most memory the reading child ever had, while this process remembers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_bytes: Option<u64>,
    /// When the file was complete.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
}

/// A finding as the API shows it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = FindingTold)]
pub struct FindingView {
    /// What it says.
    pub text: String,
    /// A few examples as text.
    pub examples: Vec<String>,
    /// Owners that it counts beside those.
    #[serde(default, skip_serializing_if = "is_none")]
    pub others: u64,
    /// The finding itself.
    #[serde(flatten)]
    pub finding: Finding,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks with")]
fn is_none(others: &u64) -> bool {
    *others == 0
}

impl FindingView {
    fn of(SeenFinding { finding, others }: &SeenFinding) -> Self {
        let number = |number: u64| number.to_string();
        let examples = finding.examples.iter().map(|example| words::example(example, &number));
        Self {
            text: words::sentence(finding, &str::to_owned),
            examples: examples.collect(),
            others: *others,
            // The examples stand above, as text.
            finding: Finding { examples: Vec::new(), ..finding.clone() },
        }
    }
}

/// How far a build has come.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = Progress)]
pub struct ProgressView {
    /// Rows read.
    pub rows: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes to read.
    pub of: u64,
}

/// True where the reader may see cells of the file: who sees every row, and who sent it. An operator whose scope
/// is a set of owners works with the imports of others without reading their rows.
pub fn may_see_cells(import: &Import, grant: &Grant<ImportData>, scope: &Scope) -> bool {
    scope.owners == OwnerScope::All || (import.created_by.is_some() && import.created_by == grant.by().user())
}

/// What the guard found, as this reader may see it.
pub fn findings_for(import: &Import, grant: &Grant<ImportData>, scope: &Scope) -> Vec<SeenFinding> {
    let sees_cells = may_see_cells(import, grant, scope);
    let findings = import.judgement.iter().flat_map(|judgement| &judgement.findings);
    findings.map(|finding| for_reader(finding, sees_cells, &scope.owners)).collect()
}

impl ImportView {
    /// The import as this reader may see it: counts for everybody, cells only as [`may_see_cells`] says.
    pub fn for_reader(
        services: &Services,
        import: &Import,
        grant: &Grant<ImportData>,
        scope: &Scope,
    ) -> Self {
        let mut view = Self::of(services, import);
        view.findings = findings_for(import, grant, scope).iter().map(FindingView::of).collect();
        if !may_see_cells(import, grant, scope) {
            view.problems = serde_json::Value::Array(Vec::new());
        }
        view
    }

    /// The import as it stands.
    pub fn of(services: &Services, import: &Import) -> Self {
        let json = |text: &str| serde_json::from_str(text).unwrap_or(serde_json::Value::Null);
        let progress = progress(services, import.id).map(|Progress { rows, bytes, of, .. }| ProgressView {
            rows,
            bytes,
            of,
        });
        let profile: Option<Profile> =
            import.profile_json.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let owner = profile.and_then(|profile| {
            profile
                .columns
                .into_iter()
                .find(|column| column.role == Some(ColumnRole::Owner))
                .map(|column| column.name)
        });
        Self {
            owner,
            confirmed: import.confirm,
            id: import.id.to_string(),
            dataset: import.dataset_slug.clone(),
            file: import.file_name.clone(),
            came_by: import.came_by.clone(),
            state: import.state.to_string(),
            generation: import.generation.map(|generation| generation.0),
            rows_read: import.rows_read,
            rows_published: import.rows_published,
            rows_rejected: import.rows_rejected,
            problem_count: import.problem_count,
            problems: json(&import.problems_json),
            findings: import
                .judgement
                .iter()
                .flat_map(|judgement| &judgement.findings)
                .map(|finding| FindingView::of(&for_reader(finding, true, &OwnerScope::All)))
                .collect(),
            held_back_by: import
                .judgement
                .as_ref()
                .filter(|judgement| judgement.stops() && import.state == ImportState::Quarantined)
                .map(findings_word),
            compared_with: import.judgement.as_ref().and_then(|judgement| judgement.base),
            changes: import.judgement.as_ref().and_then(|judgement| judgement.changes),
            error: import.error.clone(),
            profile: import.profile_json.as_deref().map_or(serde_json::Value::Null, json),
            progress,
            peak_bytes: peak_bytes(services, import.id),
            created_at: import.created_at.to_string(),
            updated_at: import.updated_at.to_string(),
        }
    }
}
