//! What the child gathers while it reads rows: rejects, problems, cells that do not parse.

use std::fs::{self, File};
use std::path::Path;

use super::worker::{Event, Failure, ListedProblem, MAX_LISTED_PROBLEMS, tell};
use crate::domain::profile::Profile;
use crate::domain::record::Record;
use crate::ingest;

/// What is gathered while rows are read.
pub(super) struct Checks<'p> {
    profile: &'p Profile,
    rejects_path: &'p Path,
    rejects: Option<csv::Writer<File>>,
    /// Records read.
    pub rows: u64,
    rows_rejected: u64,
    problem_count: u64,
    problems: Vec<ListedProblem>,
    /// Cells that do not parse, by column.
    untyped: Vec<u64>,
}

impl<'p> Checks<'p> {
    pub fn new(profile: &'p Profile, rejects_path: &'p Path) -> Self {
        Self {
            profile,
            rejects_path,
            rejects: None,
            rows: 0,
            rows_rejected: 0,
            problem_count: 0,
            problems: Vec::new(),
            untyped: vec![0; profile.columns.len()],
        }
    }

    pub fn list(&mut self, problem: ListedProblem) {
        self.problem_count += 1;
        if self.problems.len() < MAX_LISTED_PROBLEMS {
            self.problems.push(problem);
        }
    }

    pub fn take(&mut self, problems: Vec<ingest::Problem>) {
        for problem in problems {
            let ingest::Problem { line, column, value, reason } = problem;
            self.list(ListedProblem { line, column, value, reason: reason.to_string() });
        }
    }

    pub fn reject(&mut self, reject: &ingest::Reject) -> Result<(), Failure> {
        self.rows_rejected += 1;
        let reason = reject.reason.to_string();
        let writer = match &mut self.rejects {
            Some(writer) => writer,
            None => {
                if let Some(parent) = self.rejects_path.parent() {
                    fs::create_dir_all(parent)?;
                }
                let mut writer = csv::Writer::from_writer(File::create(self.rejects_path)?);
                writer.write_record(["line", "reason", "text"]).map_err(csv_error)?;
                self.rejects.insert(writer)
            }
        };
        writer.write_record([reject.line.to_string().as_str(), &reason, &reject.raw]).map_err(csv_error)?;
        let value: String = reject.raw.chars().take(120).collect();
        self.list(ListedProblem { line: reject.line, column: None, value, reason });
        Ok(())
    }

    pub fn find_untyped(&self, record: &Record, untyped: &mut Vec<usize>) {
        untyped.clear();
        for (index, (column, cell)) in self.profile.columns.iter().zip(record.iter()).enumerate() {
            if ingest::check_cell(column, cell).is_some() {
                untyped.push(index);
            }
        }
    }

    pub fn untyped(&mut self, record: &Record, untyped: &[usize]) {
        for index in untyped {
            self.untyped[*index] += 1;
            if self.problems.len() >= MAX_LISTED_PROBLEMS {
                self.problem_count += 1;
                continue;
            }
            let (column, cell) = (&self.profile.columns[*index], record.get(*index).unwrap_or_default());
            let Some(reason) = ingest::check_cell(column, cell) else { continue };
            let problem = ingest::Problem::new(record.line, Some(&column.name), cell, reason);
            self.take(vec![problem]);
        }
    }

    pub fn finish(mut self) -> Result<(), Failure> {
        if let Some(writer) = &mut self.rejects {
            writer.flush()?;
        }
        self.problems.sort_by_key(|problem| problem.line);
        let untyped = self.profile.columns.iter().zip(self.untyped).filter(|(_, count)| *count > 0);
        let untyped = untyped.map(|(column, count)| (column.name.clone(), count)).collect();
        tell(&Event::Checked {
            untyped,
            rows_read: self.rows,
            rows_rejected: self.rows_rejected,
            problem_count: self.problem_count,
            problems: self.problems,
        });
        Ok(())
    }
}

/// What a CSV writer could not do; a full disk is told as one.
pub(super) fn csv_error(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => Failure::from(format!("writing a table: {other:?}")),
    }
}
