//! A file's rows under a profile: exactly one cell for each column, or a reject.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::domain::limits::ImportLimits;
use crate::domain::profile::Profile;
use crate::domain::record::Record;

use super::IngestError;
use super::encoding::{encoding_for, refuse_binary};
use super::problem::{Problem, ProblemReason, Reject, RejectReason};
use super::record_reader::RecordReader;

/// Reads the rows of a file: the records below the header.
pub struct RowReader {
    records: RecordReader<Box<dyn Read + Send>>,
    names: Vec<String>,
    skip: usize,
    max_rows: u64,
    max_columns: usize,
    rows: u64,
    blank_rows: u64,
    rejects: u64,
    problem_count: u64,
    problems: Vec<Problem>,
    scratch: Record,
}

/// What [`RowReader::next`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// A row; it is in the record that was passed.
    Row,
    /// A record that is no row; the record that was passed means nothing.
    Rejected(Reject),
    /// The end of the file.
    End,
}

impl RowReader {
    /// Opens `path` to be read as `profile` says.
    pub fn open(path: &Path, profile: &Profile, limits: &ImportLimits) -> Result<Self, IngestError> {
        let mut file = File::open(path)?;
        refuse_binary(&mut file)?;
        Self::new(Box::new(file), profile, limits)
    }

    /// Reads `source` as `profile` says.
    pub fn new(
        source: Box<dyn Read + Send>,
        profile: &Profile,
        limits: &ImportLimits,
    ) -> Result<Self, IngestError> {
        let encoding = encoding_for(&profile.encoding)?;
        Ok(Self {
            records: RecordReader::new(source, encoding, profile.dialect, limits).within(&profile.container),
            names: profile.columns.iter().map(|column| column.name.clone()).collect(),
            skip: profile.header_record.map_or(0, |header| header + 1),
            max_rows: limits.max_rows,
            max_columns: limits.max_columns,
            rows: 0,
            blank_rows: 0,
            rejects: 0,
            problem_count: 0,
            problems: Vec::new(),
            scratch: Record::default(),
        })
    }

    /// Reads the next row into `row`: exactly as many cells as the profile has columns, and its line. Short rows
    /// are filled up with blanks and reported, rows without any text are passed over and counted, and a leading
    /// `'` that guards a formula (`'=1+1`, as our own CSV export writes it) is taken off.
    pub fn next(&mut self, row: &mut Record) -> Result<Next, IngestError> {
        let expected = self.names.len();
        loop {
            if !self.records.next_of_any_width(row)? {
                return Ok(Next::End);
            }
            let found = self.records.cells_found();
            if self.skip > 0 {
                self.skip -= 1;
                self.records.take_problems();
                continue;
            }
            self.gather_problems();
            if found > self.max_columns {
                let reason = RejectReason::TooWide { found, limit: self.max_columns };
                return Ok(self.reject(row.line, reason));
            }
            if row.iter().all(|cell| cell.trim().is_empty()) {
                self.blank_rows += 1;
                continue;
            }
            if found > expected {
                if row.iter().skip(expected).any(|cell| !cell.trim().is_empty()) {
                    return Ok(self.reject(row.line, RejectReason::TooManyCells { expected, found }));
                }
                row.truncate(expected);
            } else if found < expected {
                let column = self.names.get(found).map(String::as_str);
                let reason = ProblemReason::MissingCells { expected, found };
                let problem = Problem::new(row.line, column, self.records.raw(), reason);
                self.problem_count += 1;
                self.problems.push(problem);
                for _ in found..expected {
                    row.push_cell("");
                }
            }
            self.rows += 1;
            if self.rows > self.max_rows {
                return Err(IngestError::TooManyRows { line: row.line, limit: self.max_rows });
            }
            self.take_guards_off(row);
            return Ok(Next::Row);
        }
    }

    fn reject(&mut self, line: u64, reason: RejectReason) -> Next {
        self.rejects += 1;
        Next::Rejected(Reject { line, raw: self.records.raw().to_owned(), reason })
    }

    fn gather_problems(&mut self) {
        if self.records.has_problems() {
            let found = self.records.take_problems();
            self.problem_count += found.len() as u64;
            self.problems.extend(found);
        }
    }

    fn take_guards_off(&mut self, row: &mut Record) {
        if !row.iter().any(is_guarded) {
            return;
        }
        self.scratch.clear();
        self.scratch.line = row.line;
        for cell in row.iter() {
            self.scratch.push_cell(if is_guarded(cell) { &cell[1..] } else { cell });
        }
        std::mem::swap(row, &mut self.scratch);
    }

    /// Problems of the rows read since the last call. Take them now and then: they are held in memory.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// Problems met so far, taken or not.
    pub fn problem_count(&self) -> u64 {
        self.problem_count
    }

    /// Rows read so far, without rejects and blank rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Records passed over because every cell is blank.
    pub fn blank_rows(&self) -> u64 {
        self.blank_rows
    }

    /// Records rejected so far.
    pub fn rejects(&self) -> u64 {
        self.rejects
    }

    /// Bytes of the file read so far, for progress.
    pub fn bytes_read(&self) -> u64 {
        self.records.bytes_read()
    }
}

/// True for `'=…` and the like: see the export's rule against formulas. A cell that itself begins with such quotes
/// was given one more.
pub fn is_guarded(cell: &str) -> bool {
    cell.starts_with('\'') && cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}
