//! Shapes of answers that are written without a type of their own (rows are written while they are read), and of forms
//! that are read piece by piece. Tests hold every answer against them.

#![expect(dead_code, reason = "they describe; nothing is made of them")]

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::column::{ColumnRole, ColumnType};
use crate::services::imports::ImportView;

/// Bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct Bytes(Vec<u8>);

/// A file in the field of a form.
#[derive(ToSchema)]
pub struct FileForm {
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
}

/// A file to be imported, with what is said of it.
#[derive(ToSchema)]
pub struct UploadForm {
    /// The file: text with columns, or a workbook; also as ZIP or gzip.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
    /// How it is read, as `name=value`: `owner=Customer`, `type.Qty=decimal`.
    pub set: Option<Vec<String>>,
    /// Publish without asking.
    pub confirm: Option<bool>,
}

/// The search of an address.
#[derive(Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Words, and conditions such as `expires<2027-06-30`.
    pub q: Option<String>,
    /// All of the words, or any.
    pub r#match: Option<Match>,
    /// Columns to sort by, with commas between; `-` before one for the other way round.
    pub sort: Option<String>,
    /// The columns that are wanted, with commas between; all where nothing is said.
    pub cols: Option<String>,
    /// The generation that was current at the end of this day.
    #[param(format = Date)]
    pub as_of: Option<String>,
}

/// The search of an address, and which part of what it finds.
#[derive(Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RowsQuery {
    /// Words, and conditions such as `expires<2027-06-30`.
    pub q: Option<String>,
    /// All of the words, or any.
    pub r#match: Option<Match>,
    /// Columns to sort by, with commas between; `-` before one for the other way round.
    pub sort: Option<String>,
    /// The columns that are wanted, with commas between; all where nothing is said.
    pub cols: Option<String>,
    /// The generation that was current at the end of this day.
    #[param(format = Date)]
    pub as_of: Option<String>,
    /// Rows to leave out at the beginning.
    pub offset: Option<u64>,
    /// Most rows of the answer.
    #[param(minimum = 0, maximum = 1000)]
    pub limit: Option<u64>,
}

/// What is counted.
#[derive(Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FacetsQuery {
    /// A column whose values are counted, once for each; the dataset's own facets where none is named.
    pub facet: Option<Vec<String>>,
    /// Values that begin like this.
    pub facet_prefix: Option<String>,
    /// Most values of a column.
    pub facet_limit: Option<u64>,
}

/// Which words a row must have.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    All,
    Any,
}

/// How rows are written as a file.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RowsFormat {
    Csv,
    Xlsx,
    Jsonl,
}

/// How a plan is written as a file.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlanFormat {
    Csv,
    Xlsx,
}

/// What the rows of a plan's file are.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlanShape {
    /// A row for each value.
    Long,
    /// A row for each line and measure, a column for each day.
    Wide,
}

/// What became of a row between two generations.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    Changed,
    Added,
    Removed,
}

/// The datasets.
#[derive(Serialize, ToSchema)]
pub struct Datasets {
    pub datasets: Vec<Dataset>,
}

/// A dataset as a reader sees it.
#[derive(Serialize, ToSchema)]
pub struct Dataset {
    /// What it is called.
    pub name: Option<String>,
    /// What addresses call it.
    pub slug: String,
    /// The number of its current generation; null before the first import.
    pub generation: Option<u64>,
    /// When that was published.
    pub published_at: Option<Timestamp>,
    /// When it was last known to be what the source has.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub checked_at: Option<Timestamp>,
    /// Rows that the reader sees.
    pub total: Option<u64>,
    pub columns: Option<Vec<Column>>,
}

/// A column.
#[derive(Serialize, ToSchema)]
pub struct Column {
    pub name: String,
    pub r#type: ColumnType,
    /// What it is for.
    pub role: Option<ColumnRole>,
    /// Its values are counted beside the rows.
    pub facet: bool,
    /// It is a part of what names a row.
    pub key: bool,
    /// Customers do not see it.
    pub hidden: Option<bool>,
}

/// Rows that were found.
#[derive(Serialize, ToSchema)]
#[schema(as = Rows)]
pub struct FoundRows {
    /// The generation that they are of.
    pub generation: u64,
    pub published_at: Timestamp,
    pub checked_at: Option<Timestamp>,
    /// Rows that the reader sees.
    pub total: u64,
    /// Rows that the search finds.
    pub matched: u64,
    /// By column, the cells as they came in the file; `_id` is the row's number.
    #[schema(value_type = Vec<BTreeMap<String, serde_json::Value>>)]
    pub rows: Vec<BTreeMap<String, serde_json::Value>>,
    /// Sums of what was found, by column and unit.
    pub totals: BTreeMap<String, Vec<UnitSum>>,
    /// Other searches that find something, where this finds little.
    pub suggestions: Vec<String>,
}

/// The sum of one unit.
#[derive(Serialize, ToSchema)]
pub struct UnitSum {
    /// The unit; null where the column has none.
    pub uom: Option<String>,
    /// An exact decimal.
    pub sum: String,
    pub rows: u64,
}

/// Values of columns with their counts.
#[derive(Serialize, ToSchema)]
pub struct Facets {
    pub generation: u64,
    pub facets: BTreeMap<String, Vec<FacetValue>>,
}

/// A value with its count.
#[derive(Serialize, ToSchema)]
pub struct FacetValue {
    pub value: String,
    pub count: u64,
    /// The search filters by it.
    pub selected: bool,
}

/// The imports.
#[derive(Serialize, ToSchema)]
pub struct Imports {
    pub imports: Vec<ImportView>,
}

/// What changed between two generations.
#[derive(Serialize, ToSchema)]
pub struct Changes {
    /// The generation before.
    pub from: u64,
    /// The generation after.
    pub to: Option<u64>,
    pub changed: u64,
    pub added: u64,
    pub removed: u64,
    pub unchanged: u64,
    /// The dataset has key columns; without any a changed row is one that went and one that came.
    pub has_key: bool,
    /// Rows that the address selects.
    pub matched: usize,
    pub offset: u64,
    pub rows: Vec<ChangedRow>,
}

/// A row with what it was and what it is.
#[derive(Serialize, ToSchema)]
pub struct ChangedRow {
    pub change: ChangeKind,
    /// Of a row that changed, the cells that differ alone.
    pub was: Option<BTreeMap<String, String>>,
    pub is: Option<BTreeMap<String, String>>,
}

/// What became of a row.
#[derive(Serialize, ToSchema)]
pub struct RowHistory {
    /// What names the row.
    pub key: BTreeMap<String, String>,
    /// The newest first.
    pub steps: Vec<RowStep>,
    /// The row's quantity over time.
    pub quantity: Vec<RowQuantity>,
    /// Generations that were looked at.
    pub looked_at: usize,
    /// Generations that are not there any more.
    pub missing: usize,
    /// There is more before.
    pub has_older: bool,
}

/// What happened to a row.
#[derive(Serialize, ToSchema)]
pub struct RowStep {
    pub what: RowStepKind,
    pub at: Timestamp,
    pub generation: u64,
    /// The cells of a row that came.
    pub is: Option<BTreeMap<String, String>>,
    /// What changed.
    pub cells: Option<Vec<CellStep>>,
    /// How many rows have this key.
    pub rows: Option<u64>,
}

/// What happened to a row.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RowStepKind {
    Came,
    Changed,
    Went,
    Several,
}

/// A cell that changed.
#[derive(Serialize, ToSchema)]
pub struct CellStep {
    pub column: String,
    pub was: Option<String>,
    pub is: Option<String>,
}

/// A row's quantity from some moment on.
#[derive(Serialize, ToSchema)]
pub struct RowQuantity {
    pub at: Timestamp,
    /// An exact decimal.
    pub sum: String,
}

/// Every error (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// Stable name of the kind: `urn:stockroom:problem:not-found`. Programs may rely on it.
    #[schema(format = "uri")]
    pub r#type: String,
    /// The kind in words.
    pub title: String,
    pub status: u16,
    /// What, where and the next step.
    pub detail: String,
    /// The log has more under it.
    pub request_id: String,
    /// Which fields are wrong, where it is about fields.
    pub errors: Option<Vec<FieldError>>,
    /// To be sent again with a code, where a second factor is on.
    pub challenge: Option<String>,
    /// What collides with what.
    pub conflicts: Option<Vec<serde_json::Value>>,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
pub struct FieldError {
    /// Its name; within a body the way to it: `cells.3.value`.
    pub field: String,
    pub message: String,
}
