//! Every record of a text table as it is written, one after the other, in bounded memory.
//!
//! The text of the record under way is kept from its start, so that a quote that turns out never to be closed
//! can be read again as a character.

mod quoted;

use std::collections::VecDeque;
use std::io::Read;

use encoding_rs::Encoding;
use memchr::memchr3;

use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Blanks, Container, Dialect, QuoteEscape};
use crate::domain::record::Record;

use super::IngestError;
use super::decode::{CHUNK_BYTES, Repair, RepairKind, TextDecoder};
use super::problem::{Problem, ProblemReason};

/// Quotes of one record that are read again as characters before quoting is given up for its rest.
const MAX_REREADS: usize = 16;

/// Problems held for the caller; it is expected to take them after every record.
const MAX_HELD_PROBLEMS: usize = 10_000;

/// Reads records: lines cut into cells, no padding, no names. Empty lines are skipped.
pub struct RecordReader<R> {
    source: TextDecoder<R>,
    /// Decoded text; the record under way starts at `start`.
    text: String,
    start: usize,
    /// Offset of `text` in the decoded text of the whole file.
    text_offset: u64,
    ended: bool,
    line: u64,
    delimiter: Delimiter,
    quote: Option<u8>,
    escape: QuoteEscape,
    blanks: Blanks,
    limits: ImportLimits,
    repairs: VecDeque<Repair>,
    problems: Vec<Problem>,
    /// Cells of the last record, kept or not; 0 before the first.
    last_cells: usize,
    usual: UsualCells,
    /// Empty lines stand between the last record and the one before.
    after_gap: bool,
    /// Bounds of the last record within `text`.
    last: (usize, usize),
    reread_bytes: u64,
    quoted_cells: u64,
    /// Quoted cells with blanks before the quote.
    led_quotes: u64,
    /// A record is a row of a sheet: it counts as one line whatever its cells hold.
    is_sheet: bool,
}

/// How many cells most records have, by a running vote: a damaged record now and then changes nothing.
#[derive(Default)]
struct UsualCells {
    cells: usize,
    votes: u32,
}

impl UsualCells {
    fn add(&mut self, cells: usize) {
        if cells == self.cells {
            self.votes = (self.votes + 1).min(16);
        } else if self.votes <= 1 {
            (self.cells, self.votes) = (cells, 1);
        } else {
            self.votes -= 1;
        }
    }
}

/// The delimiter as UTF-8.
#[derive(Clone, Copy)]
struct Delimiter {
    bytes: [u8; 4],
    len: usize,
}

impl Delimiter {
    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Where a cell ends.
enum CellEnd {
    /// At a delimiter; the next cell starts here, counted from the start of the record.
    Delimiter(usize),
    /// With its record: length of the record, and of the record with its line end.
    Record(usize, usize),
    /// The quote there is never closed.
    Unclosed(usize),
}

/// What a record in the making collects beside its cells.
#[derive(Default)]
struct Attempt {
    /// Opening quotes that are characters, counted from the start of the record.
    literals: Vec<usize>,
    line_ends: u64,
    /// Cells past the limit, which are not kept.
    surplus_cells: usize,
    problems: Vec<(u64, usize, ProblemReason)>,
}

impl Attempt {
    /// True where a quote may stand where it was not meant to.
    fn is_doubtful(&self) -> bool {
        self.line_ends > 0 || !self.problems.is_empty() || !self.literals.is_empty()
    }
}

/// What is done with a record of more cells than the limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wide {
    Refused,
    Counted,
}

impl<R: Read> RecordReader<R> {
    /// Reads `inner`, text in `encoding`, cut as `dialect` says.
    pub fn new(inner: R, encoding: &'static Encoding, dialect: Dialect, limits: &ImportLimits) -> Self {
        Self::with_chunk_bytes(inner, encoding, dialect, limits, CHUNK_BYTES)
    }

    /// As [`RecordReader::new`], reading `chunk_bytes` at once.
    pub(super) fn with_chunk_bytes(
        inner: R,
        encoding: &'static Encoding,
        dialect: Dialect,
        limits: &ImportLimits,
        chunk_bytes: usize,
    ) -> Self {
        let mut bytes = [0; 4];
        let len = dialect.delimiter.encode_utf8(&mut bytes).len();
        Self {
            source: TextDecoder::new(inner, encoding, chunk_bytes),
            text: String::new(),
            start: 0,
            text_offset: 0,
            ended: false,
            line: 1,
            delimiter: Delimiter { bytes, len },
            quote: dialect.quote.and_then(|quote| u8::try_from(quote).ok()).filter(u8::is_ascii),
            escape: dialect.escape,
            blanks: dialect.blanks,
            limits: *limits,
            repairs: VecDeque::new(),
            problems: Vec::new(),
            last_cells: 0,
            usual: UsualCells::default(),
            after_gap: false,
            last: (0, 0),
            reread_bytes: 0,
            quoted_cells: 0,
            led_quotes: 0,
            is_sheet: false,
        }
    }

    /// Numbers records as the rows of the sheet that the text was made of.
    #[must_use]
    pub(super) fn within(mut self, container: &Container) -> Self {
        self.is_sheet = container.is_sheet();
        self
    }

    /// Reads the next record into `record`; false at the end of the file.
    ///
    /// # Errors
    /// Also where the record has more cells than the limit.
    pub fn next(&mut self, record: &mut Record) -> Result<bool, IngestError> {
        self.read_record(record, Wide::Refused)
    }

    /// As [`RecordReader::next`], but of a record with more cells than the limit, unless it is the first of all, it
    /// keeps the first ones and counts the others: [`RecordReader::cells_found`]. The text of a record is bounded,
    /// so that its cells are.
    pub(super) fn next_of_any_width(&mut self, record: &mut Record) -> Result<bool, IngestError> {
        let wide = if self.last_cells == 0 { Wide::Refused } else { Wide::Counted };
        self.read_record(record, wide)
    }

    /// Cells of the last record, also those past the limit.
    pub(super) fn cells_found(&self) -> usize {
        self.last_cells
    }

    /// True where empty lines stand before the last record.
    pub(super) fn is_after_gap(&self) -> bool {
        self.after_gap
    }

    fn read_record(&mut self, record: &mut Record, wide: Wide) -> Result<bool, IngestError> {
        if !self.skip_empty_lines()? {
            record.clear();
            return Ok(false);
        }
        record.line = self.line;
        let mut attempt = Attempt::default();
        let (mut len, mut len_with_end) = loop {
            match self.read_cells(record, &mut attempt, wide)? {
                CellEnd::Record(len, len_with_end) => break (len, len_with_end),
                CellEnd::Unclosed(at) => attempt.literals.push(at),
                CellEnd::Delimiter(_) => {}
            }
        };
        if attempt.is_doubtful()
            && let Some(lens) = self.read_warily(record, &mut attempt, (len, len_with_end))
        {
            (len, len_with_end) = lens;
        }
        self.report(&attempt, len_with_end);
        self.last = (self.start, self.start + len);
        self.start += len_with_end;
        let inner = if self.is_sheet { 0 } else { attempt.line_ends };
        self.line += inner + u64::from(len_with_end > len);
        self.last_cells = record.len() + attempt.surplus_cells;
        self.usual.add(self.last_cells);
        Ok(true)
    }

    /// The text of the last record as it stands in the file, without its line end.
    pub fn raw(&self) -> &str {
        &self.text[self.last.0..self.last.1]
    }

    /// Problems met since the last call.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// True where [`RecordReader::take_problems`] has something.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Bytes of the file read so far.
    pub fn bytes_read(&self) -> u64 {
        self.source.bytes_read()
    }

    /// Quoted cells met so far.
    pub(super) fn quoted_cells(&self) -> u64 {
        self.quoted_cells
    }

    /// Quoted cells with blanks before the quote.
    pub(super) fn led_quotes(&self) -> u64 {
        self.led_quotes
    }

    /// Text of the record under way.
    fn bytes(&self) -> &[u8] {
        &self.text.as_bytes()[self.start..]
    }

    /// Makes more text of the record under way available; false at the end of the file.
    fn fill(&mut self) -> Result<bool, IngestError> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.text.drain(..self.start);
            self.text_offset += self.start as u64;
            self.start = 0;
        }
        if self.text.len() > self.limits.max_record_bytes {
            return Err(IngestError::RecordTooLong {
                line: self.line,
                limit_bytes: self.limits.max_record_bytes,
            });
        }
        self.ended = !self.source.read_into(&mut self.text, &mut self.repairs)?;
        Ok(!self.ended)
    }

    /// Makes the byte at `at` available; false where the file ends before it.
    fn ensure(&mut self, at: usize) -> Result<bool, IngestError> {
        while self.bytes().len() <= at {
            if !self.fill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// True where a record starts, false at the end of the file.
    fn skip_empty_lines(&mut self) -> Result<bool, IngestError> {
        self.after_gap = false;
        while self.ensure(0)? {
            match self.line_end_len(0)? {
                0 => return Ok(true),
                len => {
                    self.start += len;
                    self.line += 1;
                    self.after_gap = true;
                }
            }
        }
        Ok(false)
    }

    /// Length of the line end at `at`: LF, CR LF or CR; 0 where there is none.
    fn line_end_len(&mut self, at: usize) -> Result<usize, IngestError> {
        if !self.ensure(at)? {
            return Ok(0);
        }
        match self.bytes()[at] {
            b'\n' => Ok(1),
            b'\r' => Ok(if self.ensure(at + 1)? && self.bytes()[at + 1] == b'\n' { 2 } else { 1 }),
            _ => Ok(0),
        }
    }

    fn is_delimiter(&mut self, at: usize) -> Result<bool, IngestError> {
        self.ensure(at + self.delimiter.len - 1)?;
        let delimiter = self.delimiter;
        Ok(self.bytes().get(at..).is_some_and(|rest| rest.starts_with(delimiter.as_bytes())))
    }

    /// What stands at `at` where a cell may end there: a delimiter, a line end or the end of the file.
    fn cell_end(&mut self, at: usize) -> Result<Option<CellEnd>, IngestError> {
        if !self.ensure(at)? {
            return Ok(Some(CellEnd::Record(at, at)));
        }
        if self.is_delimiter(at)? {
            return Ok(Some(CellEnd::Delimiter(at + self.delimiter.len)));
        }
        Ok(match self.line_end_len(at)? {
            0 => None,
            len => Some(CellEnd::Record(at, at + len)),
        })
    }

    /// Reads the record's cells from its start; ends with the record or at an unclosed quote.
    fn read_cells(
        &mut self,
        record: &mut Record,
        attempt: &mut Attempt,
        wide: Wide,
    ) -> Result<CellEnd, IngestError> {
        record.clear();
        attempt.line_ends = 0;
        attempt.surplus_cells = 0;
        attempt.problems.clear();
        let mut at = if self.blanks == Blanks::Joined { self.skip_blanks(0)? } else { 0 };
        loop {
            let end = match self.opening_quote(at, attempt)? {
                Some(quote_at) => self.read_quoted(at, quote_at, record, attempt)?,
                None => self.read_plain(at, record)?,
            };
            if record.len() > self.limits.max_columns {
                if wide == Wide::Counted {
                    record.truncate(self.limits.max_columns);
                    attempt.surplus_cells += 1;
                } else {
                    return Err(IngestError::TooManyColumns {
                        line: self.line,
                        found: record.len(),
                        limit: self.limits.max_columns,
                    });
                }
            }
            match end {
                CellEnd::Delimiter(next) if self.blanks == Blanks::Joined => {
                    at = self.skip_blanks(next)?;
                    // Blanks at the end of a line are no cell.
                    if let Some(CellEnd::Record(len, len_with_end)) = self.cell_end(at)? {
                        return Ok(CellEnd::Record(len, len_with_end));
                    }
                }
                CellEnd::Delimiter(next) => at = next,
                end => return Ok(end),
            }
        }
    }

    /// The first place from `at` on that holds no blank.
    fn skip_blanks(&mut self, mut at: usize) -> Result<usize, IngestError> {
        while self.ensure(at)? && self.bytes()[at] == b' ' {
            at += 1;
        }
        Ok(at)
    }

    /// `cell` as the dialect has it: with the blanks in front, or without.
    fn plain_cell(&self, at: usize, end: usize) -> &str {
        let cell = &self.text[self.start + at..self.start + end];
        if self.blanks == Blanks::Skipped { cell.trim_start_matches(' ') } else { cell }
    }

    /// Where the cell at `at` opens a quote, perhaps after spaces.
    fn opening_quote(&mut self, at: usize, attempt: &Attempt) -> Result<Option<usize>, IngestError> {
        let Some(quote) = self.quote else { return Ok(None) };
        let mut quote_at = at;
        loop {
            if !self.ensure(quote_at)? {
                return Ok(None);
            }
            let byte = self.bytes()[quote_at];
            if byte == quote {
                let literal = attempt.literals.len() >= MAX_REREADS || attempt.literals.contains(&quote_at);
                return Ok((!literal).then_some(quote_at));
            }
            if byte != b' ' || self.delimiter.bytes[0] == b' ' || quote_at - at > self.limits.max_cell_bytes {
                return Ok(None);
            }
            quote_at += 1;
        }
    }

    /// Reads a cell that is not quoted.
    fn read_plain(&mut self, at: usize, record: &mut Record) -> Result<CellEnd, IngestError> {
        if self.escape == QuoteEscape::Backslash {
            return self.read_plain_escaped(at, record);
        }
        let first = self.delimiter.bytes[0];
        let mut searched = at;
        loop {
            let bytes = self.bytes();
            let Some(found) = memchr3(first, b'\n', b'\r', &bytes[searched..]).map(|found| found + searched)
            else {
                searched = bytes.len();
                self.check_cell_len(searched - at)?;
                if !self.fill()? {
                    record.push_cell(self.plain_cell(at, searched));
                    return Ok(CellEnd::Record(searched, searched));
                }
                continue;
            };
            let end = if bytes[found] == first && self.delimiter.len == 1 {
                CellEnd::Delimiter(found + 1)
            } else if let Some(end) = self.cell_end(found)? {
                end
            } else {
                searched = found + 1;
                continue;
            };
            self.check_cell_len(found - at)?;
            record.push_cell(self.plain_cell(at, found));
            return Ok(end);
        }
    }

    /// Reads a cell that is not quoted in a dialect where a backslash takes the meaning off what follows.
    fn read_plain_escaped(&mut self, at: usize, record: &mut Record) -> Result<CellEnd, IngestError> {
        let mut from = at;
        let mut here = at;
        loop {
            self.check_cell_len(here - at)?;
            if let Some(end) = self.cell_end(here)? {
                record.push_str(&self.text[self.start + from..self.start + here]);
                record.end_cell();
                return Ok(end);
            }
            if self.bytes()[here] == b'\\' && self.ensure(here + 1)? {
                let escaped = self.bytes()[here + 1];
                if escaped == b'\\' || Some(escaped) == self.quote || self.is_delimiter(here + 1)? {
                    record.push_str(&self.text[self.start + from..self.start + here]);
                    from = here + 1;
                    here += 1 + if escaped.is_ascii() { 1 } else { self.delimiter.len };
                    continue;
                }
            }
            here += 1;
        }
    }

    fn check_cell_len(&self, len: usize) -> Result<(), IngestError> {
        if len > self.limits.max_cell_bytes {
            return Err(IngestError::CellTooLong {
                line: self.line,
                limit_bytes: self.limits.max_cell_bytes,
            });
        }
        Ok(())
    }

    /// Turns what the attempt and the decoder collected into problems.
    fn report(&mut self, attempt: &Attempt, len_with_end: usize) {
        let end = self.text_offset + (self.start + len_with_end) as u64;
        if attempt.problems.is_empty() && attempt.literals.is_empty() {
            match self.repairs.front() {
                Some(repair) if repair.at < end => {}
                _ => return,
            }
        }
        let bytes = &self.text.as_bytes()[self.start..self.start + len_with_end];
        let raw = &self.text[self.start..self.start + len_with_end];
        let mut found = Vec::new();
        // One further on was found when the record was thought to be longer; it is told with the record that it is in.
        for at in attempt.literals.iter().filter(|at| **at < len_with_end) {
            // A quote after spaces was only a guess: nothing is wrong with the text.
            if *at == 0 || bytes[at - 1] != b' ' {
                let line = self.line + count_line_ends(&bytes[..*at], 0);
                found.push(Problem::new(line, None, raw[*at..].trim_end(), ProblemReason::UnclosedQuote));
            }
        }
        for (line, _, reason) in &attempt.problems {
            found.push(Problem::new(*line, None, raw.trim_end(), *reason));
        }
        let mut last_kind: Option<RepairKind> = None;
        while let Some(repair) = self.repairs.pop_front_if(|repair| repair.at < end) {
            if last_kind == Some(repair.kind) {
                continue;
            }
            last_kind = Some(repair.kind);
            let at = (repair.at.saturating_sub(self.text_offset) as usize).saturating_sub(self.start);
            let line = self.line + count_line_ends(&bytes[..at.min(bytes.len())], 0);
            let from = (0..=at.min(raw.len()).saturating_sub(20)).rev().find(|at| raw.is_char_boundary(*at));
            let value = raw[from.unwrap_or(0)..].lines().next().unwrap_or_default();
            found.push(Problem::new(line, None, value, ProblemReason::Repaired(repair.kind)));
        }
        let room = MAX_HELD_PROBLEMS.saturating_sub(self.problems.len());
        self.problems.extend(found.into_iter().take(room));
    }
}

/// Line ends in `bytes`: LF, CR LF and CR count one each. `before` is the byte in front.
fn count_line_ends(bytes: &[u8], before: u8) -> u64 {
    let mut count = 0;
    for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
        let previous = if at == 0 { before } else { bytes[at - 1] };
        count += u64::from(bytes[at] == b'\r' || previous != b'\r');
    }
    count
}
