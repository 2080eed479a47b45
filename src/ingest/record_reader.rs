//! Every record of a text table as it is written, one after the other, in bounded memory.
//!
//! The text of the record under way is kept from its start, so that a quote that turns out never to be closed
//! can be read again as a character.

use std::collections::VecDeque;
use std::io::Read;

use encoding_rs::Encoding;
use memchr::{memchr, memchr2, memchr3};

use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Container, Dialect, QuoteEscape};
use crate::domain::record::Record;

use super::IngestError;
use super::decode::{CHUNK_BYTES, Repair, RepairKind, TextDecoder};
use super::problem::{Problem, ProblemReason};

/// Line ends in a quoted cell after which it is asked whether the lines inside are records by themselves.
const SUSPICIOUS_LINES: u64 = 32;

/// Quotes of one record that are read again as characters before quoting is given up for its rest.
const MAX_REREADS: usize = 16;

/// Text read again because of unclosed quotes, beyond as much as was read at all, after which a quoted cell may
/// only be [`CAUTIOUS_CELL_BYTES`] long: keeps the time for a hostile file proportional to its size.
const REREAD_BUDGET_BYTES: u64 = 64 << 20;

/// See [`REREAD_BUDGET_BYTES`].
const CAUTIOUS_CELL_BYTES: usize = 4 << 10;

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
    backslash: bool,
    limits: ImportLimits,
    repairs: VecDeque<Repair>,
    problems: Vec<Problem>,
    /// Cells of the last record, kept or not, to recognise records inside a quoted cell; 0 before the first.
    usual_cells: usize,
    /// Bounds of the last record within `text`.
    last: (usize, usize),
    reread_bytes: u64,
    quoted_cells: u64,
    /// A record is a row of a sheet: it counts as one line whatever its cells hold.
    is_sheet: bool,
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
            backslash: dialect.escape == QuoteEscape::Backslash,
            limits: *limits,
            repairs: VecDeque::new(),
            problems: Vec::new(),
            usual_cells: 0,
            last: (0, 0),
            reread_bytes: 0,
            quoted_cells: 0,
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
        let wide = if self.usual_cells == 0 { Wide::Refused } else { Wide::Counted };
        self.read_record(record, wide)
    }

    /// Cells of the last record, also those past the limit.
    pub(super) fn cells_found(&self) -> usize {
        self.usual_cells
    }

    fn read_record(&mut self, record: &mut Record, wide: Wide) -> Result<bool, IngestError> {
        if !self.skip_empty_lines()? {
            record.clear();
            return Ok(false);
        }
        record.line = self.line;
        let mut attempt = Attempt::default();
        let (len, len_with_end) = loop {
            match self.read_cells(record, &mut attempt, wide)? {
                CellEnd::Record(len, len_with_end) => break (len, len_with_end),
                CellEnd::Unclosed(at) => attempt.literals.push(at),
                CellEnd::Delimiter(_) => {}
            }
        };
        self.report(&attempt, len_with_end);
        self.last = (self.start, self.start + len);
        self.start += len_with_end;
        let inner = if self.is_sheet { 0 } else { attempt.line_ends };
        self.line += inner + u64::from(len_with_end > len);
        self.usual_cells = record.len() + attempt.surplus_cells;
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
        while self.ensure(0)? {
            match self.line_end_len(0)? {
                0 => return Ok(true),
                len => {
                    self.start += len;
                    self.line += 1;
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
        let mut at = 0;
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
                CellEnd::Delimiter(next) => at = next,
                end => return Ok(end),
            }
        }
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
        if self.backslash {
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
                    record.push_cell(&self.text[self.start + at..self.start + searched]);
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
            record.push_cell(&self.text[self.start + at..self.start + found]);
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

    /// Reads a cell whose quote opens at `quote_at`.
    fn read_quoted(
        &mut self,
        at: usize,
        quote_at: usize,
        record: &mut Record,
        attempt: &mut Attempt,
    ) -> Result<CellEnd, IngestError> {
        let Some(quote) = self.quote else { return self.read_plain(at, record) };
        let strict = quote_at > at;
        let mut inside = Inside { from: quote_at + 1, counted: quote_at + 1, ..Inside::default() };
        let mut searched = quote_at + 1;
        loop {
            let bytes = self.bytes();
            let found = if self.backslash {
                memchr2(quote, b'\\', &bytes[searched..])
            } else {
                memchr(quote, &bytes[searched..])
            };
            let seen = found.map_or(bytes.len(), |found| found + searched);
            if self.looks_unclosed(quote_at, seen, &mut inside) {
                return Ok(self.unclosed(quote_at, seen));
            }
            if found.is_none() {
                searched = seen;
                if !self.fill()? {
                    return Ok(self.unclosed(quote_at, seen));
                }
                continue;
            }
            let next_is_quote = self.ensure(seen + 1)? && self.bytes()[seen + 1] == quote;
            if self.bytes()[seen] == b'\\' && self.backslash && quote != b'\\' {
                searched = seen + 1;
                if next_is_quote || self.bytes().get(seen + 1) == Some(&b'\\') {
                    record.push_str(&self.text[self.start + inside.from..self.start + seen]);
                    inside.from = seen + 1;
                    searched = seen + 2;
                }
                continue;
            }
            if next_is_quote {
                record.push_str(&self.text[self.start + inside.from..=self.start + seen]);
                inside.from = seen + 2;
                searched = seen + 2;
                continue;
            }
            if let Some(end) = self.end_after_quote(seen + 1)? {
                record.push_str(&self.text[self.start + inside.from..self.start + seen]);
                record.end_cell();
                attempt.line_ends += inside.line_ends;
                self.quoted_cells += 1;
                return Ok(end);
            }
            if strict || (seen > quote_at + 1 && self.is_cell_start(seen)) {
                return Ok(self.unclosed(quote_at, seen));
            }
            let line = self.line + attempt.line_ends + inside.line_ends;
            let cell = record.len();
            if self.next_is_quote_before_cell_end(seen + 1)? {
                attempt.problems.push((line, cell, ProblemReason::UnescapedQuote));
                searched = seen + 1;
                continue;
            }
            attempt.problems.push((line, cell, ProblemReason::TextAfterQuote));
            record.push_str(&self.text[self.start + inside.from..self.start + seen]);
            attempt.line_ends += inside.line_ends;
            self.quoted_cells += 1;
            return self.read_plain(seen + 1, record);
        }
    }

    /// The cell's end after its closing quote, where nothing but spaces lies between.
    fn end_after_quote(&mut self, at: usize) -> Result<Option<CellEnd>, IngestError> {
        let mut end = at;
        loop {
            if let Some(found) = self.cell_end(end)? {
                return Ok(Some(found));
            }
            if self.bytes()[end] != b' ' || end - at > self.limits.max_cell_bytes {
                return Ok(None);
            }
            end += 1;
        }
    }

    /// True where a cell could start at `at`: after a delimiter or a line end.
    fn is_cell_start(&self, at: usize) -> bool {
        let before = &self.bytes()[..at];
        before.ends_with(b"\n") || before.ends_with(b"\r") || before.ends_with(self.delimiter.as_bytes())
    }

    /// True where another quote stands between `at` and the next delimiter or line end.
    fn next_is_quote_before_cell_end(&mut self, at: usize) -> Result<bool, IngestError> {
        let mut here = at;
        while here - at <= self.limits.max_cell_bytes {
            if self.cell_end(here)?.is_some() {
                return Ok(false);
            }
            if Some(self.bytes()[here]) == self.quote {
                return Ok(true);
            }
            here += 1;
        }
        Ok(false)
    }

    /// Counts the line ends of the quoted cell up to `seen`; true where the cell is too long or where the lines
    /// inside are records of the usual number of cells.
    fn looks_unclosed(&self, quote_at: usize, seen: usize, inside: &mut Inside) -> bool {
        let bytes = self.bytes();
        // A CR at the edge waits for its LF.
        let until = if bytes[..seen].ends_with(b"\r") && seen == bytes.len() { seen - 1 } else { seen };
        if until > inside.counted {
            inside.line_ends += count_line_ends(&bytes[inside.counted..until], bytes[inside.counted - 1]);
            inside.counted = until;
        }
        let lost = self.reread_bytes > self.source.bytes_read() + REREAD_BUDGET_BYTES;
        let limit = if lost { CAUTIOUS_CELL_BYTES } else { self.limits.max_cell_bytes };
        if seen - quote_at > limit {
            return true;
        }
        // What we wrote ourselves has no quote too few.
        if inside.line_ends < inside.next_check || self.usual_cells < 2 || self.is_sheet {
            return false;
        }
        inside.next_check = inside.line_ends * 4;
        let delimiter = self.delimiter.as_bytes();
        let lines: Vec<&[u8]> = bytes[quote_at..seen]
            .split(|byte| *byte == b'\n' || *byte == b'\r')
            .filter(|l| !l.is_empty())
            .collect();
        let whole = lines.get(1..lines.len().saturating_sub(1)).unwrap_or_default();
        let alike = whole
            .iter()
            .filter(|line| memchr::memmem::find_iter(line, delimiter).count() + 1 == self.usual_cells)
            .count();
        alike * 10 >= whole.len() * 9 && !whole.is_empty()
    }

    fn unclosed(&mut self, quote_at: usize, seen: usize) -> CellEnd {
        self.reread_bytes += seen as u64;
        CellEnd::Unclosed(quote_at)
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
        for at in &attempt.literals {
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

/// A quoted cell in the making.
struct Inside {
    /// Start of the text not yet copied.
    from: usize,
    /// Where line ends are counted up to.
    counted: usize,
    line_ends: u64,
    /// Line ends at which to look at the lines next.
    next_check: u64,
}

impl Default for Inside {
    fn default() -> Self {
        Self { from: 0, counted: 0, line_ends: 0, next_check: SUSPICIOUS_LINES }
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
