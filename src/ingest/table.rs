//! The whole table as it was parsed, written as plain CSV.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::domain::limits::ImportLimits;
use crate::domain::profile::Profile;
use crate::domain::record::Record;

use super::IngestError;
use super::body::{Body, Found};
use super::encoding::refuse_binary;
use super::problem::{LeftOut, Problem, ProblemReason, RejectReason};

/// Problems kept in a summary; all are counted.
const KEPT_PROBLEMS: usize = 1_000;

/// What [`write_table`] wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableSummary {
    /// Records below the header that were written.
    pub rows: u64,
    /// Records below the header that are no rows, and were not.
    pub left_out: u64,
    /// The first problems.
    pub problems: Vec<Problem>,
    /// All problems.
    pub problem_count: u64,
}

/// Writes the table in `path` to `out` as UTF-8 CSV (RFC 4180) with LF line ends: the header first, where the file
/// has one, and every cell as its raw text. Nothing is made up: names are as they are written, repeated or missing,
/// and a damaged row has as many cells as it has in the file.
pub fn write_table(
    path: &Path,
    profile: &Profile,
    limits: &ImportLimits,
    out: impl Write,
) -> Result<TableSummary, IngestError> {
    let mut file = File::open(path)?;
    refuse_binary(&mut file)?;
    let mut body = Body::new(file, profile, limits)?;
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
    let header = body.header()?;
    let columns = profile.columns.len().max(header.len());
    if !header.is_empty() {
        writer.write_record(header).map_err(to_io)?;
    }
    let mut summary = TableSummary::default();
    let mut record = Record::default();
    loop {
        let found = body.next(&mut record)?;
        let problems = body.take_problems();
        let about_row = match found {
            Found::End => break,
            Found::LeftOut(LeftOut::Blank) => continue,
            Found::LeftOut(what) => {
                summary.left_out += 1;
                Some(Problem::new(record.line, None, body.raw(), ProblemReason::LeftOut(what)))
            }
            Found::Row if body.cells_found() > limits.max_columns => {
                let reason = RejectReason::TooWide { found: body.cells_found(), limit: limits.max_columns };
                Some(Problem::new(record.line, None, body.raw(), ProblemReason::Rejected(reason)))
            }
            Found::Row => {
                summary.rows += 1;
                writer.write_record(record.iter()).map_err(to_io)?;
                let found = record.len();
                let reason = match found.cmp(&columns) {
                    std::cmp::Ordering::Less => {
                        Some(ProblemReason::MissingCells { expected: columns, found })
                    }
                    std::cmp::Ordering::Greater
                        if record.iter().skip(columns).any(|cell| !cell.is_empty()) =>
                    {
                        Some(ProblemReason::SurplusCells { expected: columns, found })
                    }
                    _ => None,
                };
                reason
                    .map(|reason| Problem::new(record.line, None, record.get(0).unwrap_or_default(), reason))
            }
        };
        for problem in problems.into_iter().chain(about_row) {
            summary.problem_count += 1;
            if summary.problems.len() < KEPT_PROBLEMS {
                summary.problems.push(problem);
            }
        }
    }
    writer.flush()?;
    Ok(summary)
}

fn to_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
