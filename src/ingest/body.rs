//! The rows of a table as a profile cuts it out of its file: below the header, above the footnotes, without what
//! is repeated on each page. Nothing is dropped unseen: what is left out is handed out as such.

use std::collections::VecDeque;
use std::io::Read;

use crate::domain::column::Column;
use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Dialect, Profile};
use crate::domain::record::Record;

use super::IngestError;
use super::encoding::encoding_for;
use super::header;
use super::looks::{Looks, Seen, Verdict};
use super::problem::{LeftOut, Problem, ProblemReason};
use super::record_reader::RecordReader;
use super::resplit;

/// Records held back to see whether they are the table's end.
const HELD: usize = 48;

/// Reads the records of a table, and which of them are no rows.
pub(super) struct Body<R> {
    records: RecordReader<R>,
    dialect: Dialect,
    /// The text is the site's own, and nothing in it is mended.
    is_own: bool,
    columns: Vec<Column>,
    /// Cells of a whole row.
    width: usize,
    above: usize,
    header_records: usize,
    below_header: usize,
    started: bool,
    header: Vec<String>,
    /// Records held back, where some may be no rows.
    holding: Option<Box<Holding>>,
    /// Cells of the last record read, also those past the limit.
    cells: usize,
    problems: Vec<Problem>,
}

/// Records read ahead, so that what follows tells what they are.
#[derive(Default)]
struct Holding {
    looks: Looks,
    held: VecDeque<Held>,
    spare: Vec<Held>,
    last: Held,
    ended: bool,
    is_after_blank: bool,
    has_rows: bool,
    /// Everything from here on is left out.
    cut: Option<LeftOut>,
}

#[derive(Default)]
struct Held {
    seen: Seen,
    raw: String,
    cells_found: usize,
    problems: Vec<Problem>,
}

impl AsRef<Seen> for Held {
    fn as_ref(&self) -> &Seen {
        &self.seen
    }
}

/// What a record below the header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Row,
    LeftOut(LeftOut),
    End,
}

impl<R: Read> Body<R> {
    /// Reads `source` as `profile` says.
    pub fn new(source: R, profile: &Profile, limits: &ImportLimits) -> Result<Self, IngestError> {
        let encoding = encoding_for(&profile.encoding)?;
        Ok(Self {
            records: RecordReader::new(source, encoding, profile.dialect, limits).within(&profile.container),
            dialect: profile.dialect,
            is_own: profile.is_own || profile.container.is_sheet(),
            columns: profile.columns.clone(),
            width: profile.columns.len(),
            above: profile.header_record.unwrap_or(0),
            header_records: profile.header_record.map_or(0, |_| 1 + profile.more_header_records),
            below_header: profile.records_below_header,
            started: false,
            header: Vec::new(),
            holding: profile.has_footer.then(Box::default),
            cells: 0,
            problems: Vec::new(),
        })
    }

    /// The header's cells as they are written; those of several records are joined. Empty where there is none.
    pub fn header(&mut self) -> Result<&[String], IngestError> {
        self.start()?;
        Ok(&self.header)
    }

    /// Reads the next record below the header.
    pub fn next(&mut self, record: &mut Record) -> Result<Found, IngestError> {
        self.start()?;
        let Some(mut holding) = self.holding.take() else {
            return Ok(if self.read(record)? { Found::Row } else { Found::End });
        };
        let found = self.fill(&mut holding).map(|()| holding.next(record, &mut self.problems));
        self.holding = Some(holding);
        found
    }

    /// Reads ahead.
    fn fill(&mut self, holding: &mut Holding) -> Result<(), IngestError> {
        while holding.held.len() < HELD && !holding.ended {
            let mut held = holding.spare.pop().unwrap_or_default();
            if !self.read(&mut held.seen.record)? {
                holding.ended = true;
                break;
            }
            held.raw.clear();
            held.raw.push_str(self.records.raw());
            held.cells_found = self.cells;
            held.problems = std::mem::take(&mut self.problems);
            held.seen.after_gap = self.records.is_after_gap() || holding.is_after_blank;
            holding.is_after_blank = held.seen.record.iter().all(|cell| cell.trim().is_empty());
            holding.looks.learn(&held.seen.record);
            holding.held.push_back(held);
        }
        Ok(())
    }

    /// The text of the last record as it stands in the file, without its line end.
    pub fn raw(&self) -> &str {
        self.holding.as_ref().map_or_else(|| self.records.raw(), |holding| &holding.last.raw)
    }

    /// Cells of the last record, also those past the limit.
    pub fn cells_found(&self) -> usize {
        self.holding.as_ref().map_or(self.cells, |holding| holding.last.cells_found)
    }

    /// Problems of the records handed out since the last call.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// True where [`Body::take_problems`] has something.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Bytes of the file read so far.
    pub fn bytes_read(&self) -> u64 {
        self.records.bytes_read()
    }

    /// Reads up to the first record below the header.
    fn start(&mut self) -> Result<(), IngestError> {
        if self.started {
            return Ok(());
        }
        self.started = true;
        let mut record = Record::default();
        let mut header = Vec::new();
        for at in 0..self.above + self.header_records + self.below_header {
            if !self.records.next_of_any_width(&mut record)? {
                break;
            }
            self.records.take_problems();
            if (self.above..self.above + self.header_records).contains(&at) {
                let blanks_may = record.len() == 1;
                resplit::header(&mut record, self.records.raw(), self.dialect, self.width, blanks_may);
                header.push(record.iter().map(str::to_owned).collect::<Vec<_>>());
            }
        }
        self.header = header::joined(&header);
        self.width = self.width.max(self.header.len());
        if let Some(holding) = &mut self.holding {
            holding.looks = Looks::new(&header);
        }
        Ok(())
    }

    /// Reads the next record and mends it where it is written in another way than the others.
    fn read(&mut self, record: &mut Record) -> Result<bool, IngestError> {
        if !self.records.next_of_any_width(record)? {
            return Ok(false);
        }
        if self.records.has_problems() {
            self.problems.extend(self.records.take_problems());
        }
        self.cells = self.records.cells_found();
        if !self.is_own
            && resplit::is_suspicious(record, self.cells, self.records.raw(), self.width)
            && resplit::row(record, self.records.raw(), self.dialect, self.width, &self.columns)
        {
            self.cells = record.len();
            let raw = self.records.raw();
            self.problems.push(Problem::new(record.line, None, raw, ProblemReason::OtherDialect));
        }
        Ok(true)
    }
}

impl Holding {
    /// Hands out the first record held and says what it is.
    fn next(&mut self, record: &mut Record, problems: &mut Vec<Problem>) -> Found {
        // One that is wider than any table may be was not kept whole: it is refused, not judged by what is left of it.
        let is_cut_off = self.held.front().is_some_and(|held| held.cells_found > held.seen.record.len());
        let verdict = match self.cut {
            Some(kind) => Verdict::LeftOut(kind),
            None if is_cut_off => Verdict::Row,
            None => self.looks.judge(&self.held, self.ended, self.has_rows),
        };
        let Some(mut held) = self.held.pop_front() else { return Found::End };
        std::mem::swap(&mut self.last, &mut held);
        self.spare.push(held);
        std::mem::swap(record, &mut self.last.seen.record);
        problems.append(&mut self.last.problems);
        match verdict {
            Verdict::Row => {
                self.has_rows = true;
                Found::Row
            }
            Verdict::LeftOut(kind) => Found::LeftOut(kind),
            Verdict::AllLeftOut(kind) => {
                self.cut = Some(kind);
                Found::LeftOut(kind)
            }
        }
    }
}
