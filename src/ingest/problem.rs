//! What is wrong with single rows and cells of a file that can be read.

use std::fmt;

use serde::Serialize;

use crate::domain::column::{Column, ColumnType};
use crate::domain::excerpt::excerpt;
use crate::domain::value::{DateFormat, parse_bool, parse_date, parse_number};

use super::decode::RepairKind;

/// Something wrong in a row that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// 1-based line of the file.
    pub line: u64,
    /// The column's name, where it is about one cell and that is known.
    pub column: Option<String>,
    /// The text it is about, cut to a readable length.
    pub value: String,
    /// What is wrong.
    pub reason: ProblemReason,
}

impl Problem {
    /// A problem that quotes the beginning of `value`.
    pub fn new(line: u64, column: Option<&str>, value: &str, reason: ProblemReason) -> Self {
        Self { line, column: column.map(str::to_owned), value: excerpt(value), reason }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": `{}`: {}", self.value, self.reason)
    }
}

/// What is wrong in a row that was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemReason {
    /// Bytes or characters that the encoding does not allow.
    Repaired(RepairKind),
    /// A quote opened and not closed: read as a character.
    UnclosedQuote,
    /// Text between a closing quote and the delimiter: kept.
    TextAfterQuote,
    /// A quote within a quoted cell that is not escaped: kept as a character.
    UnescapedQuote,
    /// Fewer cells than columns: the rest is blank.
    MissingCells {
        /// Columns of the table.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// More cells than columns: the row is as long as it is written.
    SurplusCells {
        /// Columns of the table.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// Written in another dialect than the other records, and read in that.
    OtherDialect,
    /// The record is no row of the table and left out of it.
    LeftOut(LeftOut),
    /// The record is no row of the table.
    Rejected(RejectReason),
    /// Does not parse as the column's type: kept as text.
    NotOfType(ColumnType, DateFormat),
}

impl fmt::Display for ProblemReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repaired(RepairKind::Windows1252) => {
                f.write_str("bytes that are not UTF-8 were read as Windows-1252")
            }
            Self::Repaired(RepairKind::Replaced) => {
                f.write_str("bytes that the file's encoding does not allow were replaced by U+FFFD")
            }
            Self::Repaired(RepairKind::Nul) => f.write_str("NUL bytes are shown as ␀"),
            Self::UnclosedQuote => {
                f.write_str("a quote is opened and never closed; it was read as a character")
            }
            Self::TextAfterQuote => f.write_str("text after the closing quote was kept"),
            Self::UnescapedQuote => f.write_str("a quote inside a quoted cell is not escaped; it was kept"),
            Self::MissingCells { expected, found } => {
                write!(f, "{found} of {expected} cells; the missing ones are blank")
            }
            Self::SurplusCells { expected, found } => {
                let columns = if *expected == 1 { "column" } else { "columns" };
                write!(f, "{found} cells for {expected} {columns}; the surplus cells stay in the row")
            }
            Self::OtherDialect => f.write_str(
                "written with other delimiters or quotes than the other lines; it was read as they stand",
            ),
            Self::LeftOut(what) => write!(f, "left out: {what}"),
            Self::Rejected(reason) => write!(f, "rejected: {reason}"),
            Self::NotOfType(ColumnType::Integer, _) => f.write_str("not a whole number; kept as text"),
            Self::NotOfType(ColumnType::Decimal, _) => f.write_str("not a number; kept as text"),
            Self::NotOfType(ColumnType::Date, format) => {
                let expected = match format {
                    DateFormat::YearMonthDay => "year, month, day",
                    DateFormat::DayMonthYear => "day, month, year",
                    DateFormat::MonthDayYear => "month, day, year",
                };
                write!(f, "not a date; expected {expected}; kept as text")
            }
            Self::NotOfType(ColumnType::Bool, _) => f.write_str("neither yes nor no; kept as text"),
            Self::NotOfType(ColumnType::Text | ColumnType::Code, _) => f.write_str("not text"),
        }
    }
}

impl Serialize for ProblemReason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a record is that is no row of the table it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// The header again, as printed lists have it on each page.
    RepeatedHeader,
    /// A line drawn under something.
    Ruled,
    /// Totals of the rows above.
    Total,
    /// A remark.
    Note,
    /// Nothing, at the end of the table.
    Blank,
    /// Another table below the first, or what stands around it.
    OtherTable,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RepeatedHeader => "the header, repeated",
            Self::Ruled => "a ruled line",
            Self::Total => "totals of the rows above",
            Self::Note => "a note about the table",
            Self::Blank => "a blank record below the table",
            Self::OtherTable => "part of another table in the same file",
        })
    }
}

/// Why `cell` does not parse as its column's type, or `None` if it does or is blank.
pub fn check_cell(column: &Column, cell: &str) -> Option<ProblemReason> {
    if cell.trim().is_empty() {
        return None;
    }
    let fits = match column.column_type {
        ColumnType::Text | ColumnType::Code => true,
        ColumnType::Integer => {
            parse_number(cell, column.number_format).is_some_and(|number| number.fract().is_zero())
        }
        ColumnType::Decimal => parse_number(cell, column.number_format).is_some(),
        ColumnType::Date => parse_date(cell, column.date_format).is_some(),
        ColumnType::Bool => parse_bool(cell).is_some(),
    };
    (!fits).then_some(ProblemReason::NotOfType(column.column_type, column.date_format))
}

/// A record that is no row of the table. Its text goes to the rejects file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// 1-based line on which the record starts.
    pub line: u64,
    /// The record as it stands in the file, without its line end.
    pub raw: String,
    /// Why it is no row.
    pub reason: RejectReason,
}

/// Why a record is no row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// More cells than columns, and the surplus is not blank.
    TooManyCells {
        /// Columns of the table.
        expected: usize,
        /// Cells of the record.
        found: usize,
    },
    /// More cells than any table may have columns.
    TooWide {
        /// Cells of the record.
        found: usize,
        /// The limit.
        limit: usize,
    },
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyCells { expected, found } => {
                let columns = if *expected == 1 { "column" } else { "columns" };
                write!(f, "{found} cells for {expected} {columns}; quote cells that hold the delimiter")
            }
            Self::TooWide { found, limit } => {
                write!(
                    f,
                    "{found} cells, and the limit is {limit} columns; check that the line end is not missing and quote \
                     cells that hold the delimiter"
                )
            }
        }
    }
}

impl Serialize for RejectReason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
