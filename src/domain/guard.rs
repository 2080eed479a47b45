//! What a file is checked against before it takes the place of the data that is live, and what was found.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::GenerationId;

/// How far a file may differ from the generation that is live before somebody has to look at it. Shares are per cent.
/// `None` turns a rule off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardLimits {
    /// Rows fewer.
    pub rows_fewer: Option<u8>,
    /// Rows more.
    pub rows_more: Option<u16>,
    /// Tables that had fewer rows than this may change by any number of rows, keys and owners, but not lose them all.
    pub small_table: u32,
    /// Owners without a row any more, of those that had some.
    pub owners_gone: Option<u8>,
    /// Owners that had no row before, of those that have some.
    pub owners_new: Option<u8>,
    /// Rows that share their key with another.
    pub duplicate_keys: Option<u8>,
    /// Cells of a column that became blank, of all rows.
    pub emptied: Option<u8>,
    /// Columns that the dataset has and the file has not, whatever their number.
    pub columns_gone: bool,
    /// Cells of a column that do not parse as its type, of those with text, beyond what there were.
    pub untyped: Option<u8>,
    /// Dates that only make sense, or only agree with those that are live, with day and month the other way round.
    pub swapped_dates: bool,
    /// Codes that lost leading zeros, or became `1.23E+12`.
    pub damaged_codes: bool,
    /// Rows that could not be read.
    pub rejected: Option<u8>,
    /// Keys that are live and not in the file, of all that are live: beyond this it is another dataset's file.
    pub keys_gone: Option<u8>,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self {
            rows_fewer: Some(30),
            rows_more: Some(100),
            small_table: 20,
            owners_gone: Some(20),
            owners_new: Some(50),
            duplicate_keys: Some(1),
            emptied: Some(30),
            columns_gone: true,
            untyped: Some(5),
            swapped_dates: true,
            damaged_codes: true,
            rejected: Some(1),
            keys_gone: Some(90),
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// No row at all where there were some.
    Empty,
    /// Far fewer rows.
    RowsFewer,
    /// Far more rows.
    RowsMore,
    /// Owners that have no row any more.
    OwnersGone,
    /// Owners that had none before.
    OwnersNew,
    /// The file has no owner column, and the dataset has.
    NoOwner,
    /// Rows that share a key.
    DuplicateKeys,
    /// A column whose cells became blank.
    Emptied,
    /// Columns that the file does not have.
    ColumnsGone,
    /// Columns that are new.
    ColumnsNew,
    /// Cells that do not parse as their column's type.
    Untyped,
    /// Dates with day and month the other way round.
    SwappedDates,
    /// Codes without the leading zeros they had.
    LostZeros,
    /// Codes that a spreadsheet wrote as `1.23E+12`.
    Scientific,
    /// Rows that could not be read.
    Rejected,
    /// Hardly a key is known.
    KeysGone,
    /// It looks like another dataset's file.
    OtherDataset,
}

impl Rule {
    /// The word in the API and in text ids.
    pub fn word(self) -> String {
        serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// What comes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Nothing is published before somebody said so.
    Stop,
}

/// A cell or a count as it was and as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Example {
    /// As it is live.
    pub before: Option<String>,
    /// As the file has it.
    pub after: Option<String>,
    /// How many rows have it.
    pub rows: u64,
}

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What it is about.
    pub rule: Rule,
    /// What comes of it.
    pub severity: Severity,
    /// The column, where it is about one; the other dataset's name for [`Rule::OtherDataset`].
    pub subject: Option<String>,
    /// The count that is live.
    pub before: u64,
    /// The count of the file.
    pub after: u64,
    /// The limit that was passed, in per cent, where there is one.
    pub limit: Option<u32>,
    /// Names or cells, a few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(ignore)]
    pub examples: Vec<Example>,
    /// True where the examples are cells of rows, and not names of columns: not for every operator's eyes.
    pub shows_cells: bool,
}

/// How many rows differ, counted over all owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct ChangeCounts {
    /// In both, with another cell somewhere.
    pub changed: u64,
    /// New.
    pub added: u64,
    /// Gone.
    pub removed: u64,
    /// As they were.
    pub unchanged: u64,
}

/// What a check of a whole file came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The generation that it was held against; `None` where nothing was live.
    pub base: Option<u64>,
    /// How many rows differ from it.
    pub changes: Option<ChangeCounts>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Judgement {
    /// The generation that it was held against.
    pub fn base(&self) -> Option<GenerationId> {
        self.base.map(GenerationId)
    }

    /// True where somebody has to look at it first.
    pub fn stops(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Stop)
    }
}

/// How a file becomes the next generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It is all of the data.
    #[default]
    Replace,
    /// Its rows are put over those that are live, by key; rows that it does not have stay.
    Merge,
    /// As [`Mode::Merge`], but rows that it does not have go.
    Sync,
}

/// How a dataset's files are taken.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportRules {
    /// What stops a file.
    pub guard: GuardLimits,
    /// What becomes of rows that are live.
    pub mode: Mode,
    /// Days that files are kept after their import ended, but for that of the live data; `None` keeps all.
    pub keep_files_days: Option<u32>,
}
