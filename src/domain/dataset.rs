//! Named tables the site imports again and again, their generations and their imports.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::feed::CameBy;
use super::guard::{ImportRules, Judgement};
use super::ids::{DatasetId, GenerationId, ImportId, UserId};

/// A named table.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Never changes.
    pub id: DatasetId,
    /// What people call it.
    pub name: String,
    /// What addresses and the command line call it; unique.
    pub slug: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The generation readers see; `None` before the first import is published.
    pub current_generation: Option<GenerationId>,
    /// The number the next generation gets. Numbers are never reused, also where a build failed.
    pub next_generation: GenerationId,
    /// The column whose values are owners; `None` until somebody names it, and until then only users with
    /// scope `All` see rows.
    pub owner_column: Option<String>,
    /// How the latest file was read, as the JSON of [`crate::domain::profile::Profile`].
    pub profile_json: Option<String>,
    /// Generations kept, the current one included; `None` keeps all.
    pub keep_generations: Option<u32>,
    /// How its files are taken.
    pub rules: ImportRules,
    /// When the data were last known to be what the source has: published, or looked at and found unchanged.
    pub checked_at: Option<Timestamp>,
}

/// The immutable result of one published import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Whose.
    pub dataset_id: DatasetId,
    /// Its number within the dataset.
    pub id: GenerationId,
    /// The import it came from.
    pub import_id: ImportId,
    /// Rows in it.
    pub rows: u64,
    /// When it became current for the first time.
    pub published_at: Timestamp,
    /// How the file was read, as JSON; with the file this is enough to build the generation again.
    pub profile_json: String,
    /// SHA-256 of the uploaded file, in hex: its name under `files/`.
    pub file_sha256: String,
    /// Size of the index directory in bytes.
    pub index_bytes: u64,
}

/// A generation that became current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Whose.
    pub dataset_id: DatasetId,
    /// When.
    pub at: Timestamp,
    /// Which readers see from then on.
    pub generation: GenerationId,
    /// Which they saw until then.
    pub before: Option<GenerationId>,
    /// It was there before, and somebody went back, or forth again, to it.
    pub is_roll_back: bool,
    /// Who decided it; `None` for the command line and feeds.
    pub by: Option<UserId>,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportState {
    /// The file is on disk.
    Stored,
    /// Encoding, dialect, header and columns are known.
    Inspected,
    /// Every row was read and checked.
    Checked,
    /// The generation is being built.
    Indexing,
    /// The generation is current.
    Published,
    /// Waits for somebody to look at it.
    Quarantined,
    /// Came to an end with an error.
    Failed,
    /// Stopped by a user.
    Cancelled,
}

impl ImportState {
    /// All states with the word each has in the API.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Stored, "stored"),
        (Self::Inspected, "inspected"),
        (Self::Checked, "checked"),
        (Self::Indexing, "indexing"),
        (Self::Published, "published"),
        (Self::Quarantined, "quarantined"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
    ];

    /// The word used in the API and in the store.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    /// True where nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Published | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for ImportState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ImportState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .find(|(_, word)| *word == text)
            .map(|(state, _)| *state)
            .ok_or_else(|| format!("`{text}` is no state of an import"))
    }
}

/// One file on its way to become a generation.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Never changes.
    pub id: ImportId,
    /// Into which dataset.
    pub dataset_id: DatasetId,
    /// The dataset's slug when the file came.
    pub dataset_slug: String,
    /// What the sender called the file; for people only, never a path.
    pub file_name: String,
    /// SHA-256 of the file, in hex.
    pub file_sha256: String,
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// How far it has come.
    pub state: ImportState,
    /// The generation it became.
    pub generation: Option<GenerationId>,
    /// Rows seen.
    pub rows_read: u64,
    /// Rows in the generation.
    pub rows_published: u64,
    /// Rows that could not be read at all.
    pub rows_rejected: u64,
    /// Problems found, also those beyond the ones listed.
    pub problem_count: u64,
    /// The first 1,000 problems as a JSON array of `{line, column, value, reason}`.
    pub problems_json: String,
    /// How many cells of a column do not parse as its type, for the columns that have any.
    pub untyped_cells: Vec<(String, u64)>,
    /// Why it failed: what, where and the next step.
    pub error: Option<String>,
    /// Who sent it; `None` for the command line and feeds.
    pub created_by: Option<UserId>,
    /// The feed that brought it; `None` where somebody sent it.
    pub came_by: Option<CameBy>,
    /// When the file was complete.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How the file is read, as JSON, once inspected.
    pub profile_json: Option<String>,
    /// What the sender set by hand, as JSON.
    pub settings_json: String,
    /// Publish without asking.
    pub confirm: bool,
    /// What the check against the live data came to.
    pub judgement: Option<Judgement>,
    /// What of that somebody decided to publish anyway: [`Import::findings_word`].
    pub accepted: Option<String>,
    /// How long its child worked, all in all.
    pub worked_ms: u64,
}
