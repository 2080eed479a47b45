//! What tells that a file of a plan was cut off.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::table::FileFault;
use crate::ingest::{LeftOut, Problem, ProblemReason};

/// Rows of a text that are not whole. Workbooks write no cells behind the last one.
pub(super) struct Damage {
    /// True for a text.
    pub is_text: bool,
    /// Columns up to the last that has a name.
    pub named: usize,
    /// What was left out as a remark last: its line and its text.
    pub note: Option<(u64, String)>,
}

impl Damage {
    /// What was wrong with records as such; a fault where one is not whole.
    pub fn take(&mut self, problems: Vec<Problem>) -> Option<FileFault> {
        let mut fault = None;
        for problem in problems {
            let message = match problem.reason {
                ProblemReason::MissingCells { expected, found } if self.is_text && found < self.named => {
                    format!(
                        "has {found} cells and the header {expected}: the file may have been cut off there; send it whole, with every cell of a \
                         row, also those that are blank"
                    )
                }
                ProblemReason::SurplusCells { expected, found } => format!(
                    "has {found} cells and the header {expected}; a text or a number with the separator in it needs quotes"
                ),
                ProblemReason::UnclosedQuote => {
                    "a quote opens there and does not close; close it, or see whether the file was cut off"
                        .to_owned()
                }
                ProblemReason::LeftOut(LeftOut::Note) if self.is_text => {
                    // One word is rather the beginning of a row than a remark.
                    if !problem.value.trim().contains(char::is_whitespace) {
                        return Some(Self::cut_off(problem.line, &problem.value));
                    }
                    self.note = Some((problem.line, problem.value));
                    continue;
                }
                _ => continue,
            };
            fault = Some(FileFault::new(Some(problem.line), message));
        }
        fault
    }

    fn cut_off(line: u64, text: &str) -> FileFault {
        let message = format!(
            "“{text}” is no row: the file may have been cut off there; send it whole, or take that line out if it is a remark"
        );
        FileFault::new(Some(line), message)
    }

    /// The fault of a file whose last row is `line` and that ends with a remark that may be the beginning of a row: right
    /// below the rows, without the end of a line, or one of the items.
    pub fn at_end(&self, line: u64, path: &Path, is_item: impl Fn(&str) -> bool) -> Option<FileFault> {
        let (at, text) = self.note.as_ref().filter(|(at, _)| *at > line)?;
        let is_open = *at == line + 1 && !ends_a_line(path);
        (is_open || is_item(text.trim())).then(|| Self::cut_off(*at, text))
    }
}

/// True for a file whose last character ends a line.
fn ends_a_line(path: &Path) -> bool {
    let mut end = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        let bytes = file.metadata()?.len();
        file.seek(SeekFrom::Start(bytes.saturating_sub(2)))?;
        file.read_to_end(&mut end)
    });
    read.is_ok() && end.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
}
