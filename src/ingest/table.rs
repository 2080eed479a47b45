//! The whole table as it was parsed, written as plain CSV.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::domain::limits::ImportLimits;
use crate::domain::profile::Profile;
use crate::domain::record::Record;

use super::IngestError;
use super::encoding::{encoding_for, refuse_binary};
use super::names::unique_names;
use super::problem::{Problem, ProblemReason};
use super::record_reader::RecordReader;

/// Problems kept in a summary; all are counted.
const KEPT_PROBLEMS: usize = 1_000;

/// What [`write_table`] wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableSummary {
    /// Records below the header.
    pub rows: u64,
    /// Columns, with those that only surplus cells fill.
    pub columns: usize,
    /// The first problems.
    pub problems: Vec<Problem>,
    /// All problems.
    pub problem_count: u64,
}

/// Writes the table in `path` to `out` as UTF-8 CSV (RFC 4180) with LF line ends, the header first and every
/// cell as its raw text. Damaged rows are kept as best they can be: short ones are filled up with blanks, and
/// surplus cells get columns of their own.
pub fn write_table(
    path: &Path,
    profile: &Profile,
    limits: &ImportLimits,
    out: impl Write,
) -> Result<TableSummary, IngestError> {
    let columns = profile.columns.len();
    let mut summary = TableSummary { columns, ..TableSummary::default() };
    each_record(path, profile, limits, |record, _| {
        let used =
            (0..record.len()).rev().find(|index| record.get(*index).is_some_and(|cell| !cell.is_empty()));
        summary.columns = summary.columns.max(used.map_or(0, |index| index + 1));
        Ok(())
    })?;
    let width = summary.columns;
    let headers = profile.columns.iter().map(|column| column.name.as_str());
    let names = unique_names(headers.chain(std::iter::repeat_n("", width - columns)));
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    writer.write_record(&names).map_err(to_io)?;
    each_record(path, profile, limits, |record, problems| {
        summary.rows += 1;
        let found = record.len();
        let cells = record.iter().chain(std::iter::repeat_n("", width.saturating_sub(found))).take(width);
        writer.write_record(cells).map_err(to_io)?;
        let reason = if found < columns {
            Some(ProblemReason::MissingCells { expected: columns, found })
        } else {
            let surplus = record.iter().skip(columns).any(|cell| !cell.is_empty());
            surplus.then_some(ProblemReason::SurplusCells { expected: columns, found })
        };
        let about_row =
            reason.map(|reason| Problem::new(record.line, None, record.get(0).unwrap_or_default(), reason));
        for problem in problems.into_iter().chain(about_row) {
            summary.problem_count += 1;
            if summary.problems.len() < KEPT_PROBLEMS {
                summary.problems.push(problem);
            }
        }
        Ok(())
    })?;
    writer.flush()?;
    Ok(summary)
}

/// Calls `visit` with every record below the header and the problems met on the way to it.
fn each_record(
    path: &Path,
    profile: &Profile,
    limits: &ImportLimits,
    mut visit: impl FnMut(&Record, Vec<Problem>) -> Result<(), IngestError>,
) -> Result<(), IngestError> {
    let mut file = File::open(path)?;
    refuse_binary(&mut file)?;
    let records = RecordReader::new(file, encoding_for(&profile.encoding)?, profile.dialect, limits);
    let mut records = records.within(&profile.container);
    let mut skip = profile.header_record.map_or(0, |header| header + 1);
    let mut record = Record::default();
    while records.next(&mut record)? {
        if skip > 0 {
            skip -= 1;
            records.take_problems();
            continue;
        }
        visit(&record, records.take_problems())?;
    }
    Ok(())
}

fn to_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
