//! Why a file cannot be read at all.

use std::io;

use thiserror::Error;

use crate::base::size::limit;
use crate::domain::excerpt::excerpt;
use crate::domain::profile::Container;

/// Why a file, or the rest of it, cannot be read. Each sentence says what, where and the next step.
#[derive(Debug, Error)]
pub enum IngestError {
    /// The file has no bytes, or nothing but blank lines.
    #[error(
        "The file is empty: it holds no rows and no header. Export it again and check that the export has data."
    )]
    Empty,
    /// The file is no text.
    #[error("The file is not a text table: it looks like {looks_like}. Export it as CSV and try again.")]
    NotText {
        /// What the bytes look like, with an article.
        looks_like: &'static str,
    },
    /// The table cannot be taken out of what it lies in.
    #[error("{0}")]
    Container(String),
    /// The encoding named in the profile or the hints does not exist.
    #[error(
        "`{}` is not a known encoding. Use a name such as utf-8, windows-1252 or utf-16le.",
        excerpt(label)
    )]
    UnknownEncoding {
        /// The label as given.
        label: String,
    },
    /// A record has more cells than the limit.
    #[error(
        "Line {line}: {found} columns or more, and the limit is {limit}. Check that the delimiter is right, export \
         fewer columns, or raise `import.max_columns`."
    )]
    TooManyColumns {
        /// 1-based line on which the record starts.
        line: u64,
        /// Columns seen when reading stopped.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A cell is longer than the limit.
    #[error(
        "Line {line}: a cell is longer than {}. If a quote was never closed there, correct the file, or raise \
         `import.max_cell`.", limit(*limit_bytes as u64)
    )]
    CellTooLong {
        /// 1-based line on which the record starts.
        line: u64,
        /// The limit.
        limit_bytes: usize,
    },
    /// A record is longer than the limit.
    #[error(
        "Line {line}: a record is longer than {}. Check that the file has line ends, or raise \
         `import.max_record`.", limit(*limit_bytes as u64)
    )]
    RecordTooLong {
        /// 1-based line on which the record starts.
        line: u64,
        /// The limit.
        limit_bytes: usize,
    },
    /// The table has more rows than the limit.
    #[error("Line {line}: the file has more than {limit} rows. Split the file, or raise `import.max_rows`.")]
    TooManyRows {
        /// 1-based line of the first row too many.
        line: u64,
        /// The limit.
        limit: u64,
    },
    /// The file could not be read.
    #[error("The file could not be read: {0}. Check that it is complete and that this program may read it.")]
    Io(#[from] io::Error),
}

impl IngestError {
    /// Said of a table that lies in `container`: the records of a sheet are its rows.
    #[must_use]
    pub fn within(self, container: &Container) -> Self {
        let text = self.to_string();
        match text.strip_prefix("Line ") {
            Some(rest) if container.is_sheet() => Self::Container(format!("Row {rest}")),
            _ => self,
        }
    }
}
