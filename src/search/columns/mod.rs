//! The columns file: every cell of a generation, column by column, memory-mapped.
//!
//! For each column it holds the distinct cells in sorted order (so that a cell's *ordinal* is its place in
//! the order), the same folded for comparing, for codes once more without punctuation, each row's ordinal,
//! and the rows sorted by the cell. Everything but relevance is answered from it: text search is a pass over
//! the distinct folded cells, a sort is the stored order, a range is a slice of it, a facet counts ordinals.
//!
//! Layout: magic, sections aligned to 8 bytes, table of contents as JSON, its length and its xxh3. All
//! integers are little-endian.

pub mod dictionary;
pub mod file;
mod vocabulary;
pub mod writer;

use serde::{Deserialize, Serialize};

use crate::domain::column::Column;

/// First bytes of a columns file.
pub(crate) const MAGIC: &[u8; 8] = b"SRCOLS01";
/// Stands between two values of a blob. No UTF-8 text contains it, so no needle matches across values.
pub(crate) const SEPARATOR: u8 = 0xFF;

/// Where a section lies in the file, and its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Section {
    pub offset: u64,
    pub len: u64,
    pub xxh3: u64,
}

/// The sections of one column.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ColumnSections {
    pub column: Column,
    /// How many distinct cells.
    pub distinct: u32,
    /// How many distinct places in the order; cells that compare equal share one.
    pub ranks: u32,
    /// Ordinals from here on are values that are blank; they come last.
    pub first_blank: u32,
    /// Ordinals from here on do not parse as the column's type; they come after those that do.
    pub first_untyped: u32,
    /// Decimal places of `numbers`, where the column holds numbers.
    pub scale: u32,
    /// Bytes of one row's ordinal: 1, 2 or 4.
    pub ordinal_bytes: u8,
    pub raw_offsets: Section,
    pub raw: Section,
    /// `None` where the folding equals the text of every value.
    pub folded: Option<(Section, Section)>,
    /// For codes whose squeezed form differs from the folding of some value.
    pub squeezed: Option<(Section, Section)>,
    /// u32 for each ordinal.
    pub rank_of: Section,
    /// Each row's ordinal.
    pub ordinals: Section,
    /// u32 row numbers sorted by rank, then row.
    pub rows_by_rank: Section,
    /// u32 for each rank and one more: where its rows start in `rows_by_rank`.
    pub rank_starts: Section,
    /// i64 for each typed ordinal at `scale`, where every number fits.
    pub numbers: Option<Section>,
}

/// What stands at the end of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Contents {
    pub rows: u32,
    pub columns: Vec<ColumnSections>,
    /// The words of text columns in order, for near spellings.
    pub vocabulary: (Section, Section),
    /// u64 for each row: hash of the key columns (of the whole row where there is no key).
    pub key_hashes: Section,
    /// u64 for each row: hash of (column name, cell) pairs.
    pub row_hashes: Section,
    /// u64 for each row: the line of the file it starts on.
    pub lines: Section,
}
