//! Cells in quotes, and what is done where a quote seems to stand where it was not meant to.

use std::io::Read;

use memchr::{memchr, memchr2};

use crate::domain::profile::{Blanks, QuoteEscape};
use crate::domain::record::Record;

use super::super::IngestError;
use super::super::problem::ProblemReason;
use super::super::wary::{self, Marks};
use super::{Attempt, CellEnd, RecordReader, count_line_ends};

/// Line ends in a quoted cell after which it is asked whether the lines inside are records by themselves.
const SUSPICIOUS_LINES: u64 = 32;

/// Text read again because of unclosed quotes, beyond as much as was read at all, after which a quoted cell may
/// only be [`CAUTIOUS_CELL_BYTES`] long: keeps the time for a hostile file proportional to its size.
const REREAD_BUDGET_BYTES: u64 = 64 << 20;

/// See [`REREAD_BUDGET_BYTES`].
const CAUTIOUS_CELL_BYTES: usize = 4 << 10;

/// Records of one width in a row, as it were, from which another width is suspicious.
const SURE_VOTES: u32 = 3;

/// Records of one width from which a cell of several lines in a record of another width is suspicious.
const VERY_SURE_VOTES: u32 = 8;

impl<R: Read> RecordReader<R> {
    /// Reads the line on which a doubtful record starts with more care about its quotes, and keeps that reading
    /// where it gives the usual number of cells, and the lines that the record swallowed would too.
    pub(super) fn read_warily(
        &mut self,
        record: &mut Record,
        attempt: &mut Attempt,
        (len, len_with_end): (usize, usize),
    ) -> Option<(usize, usize)> {
        let usual = self.usual.cells;
        // A cell of several lines in a record like the others is what it seems to be.
        let is_fine = record.len() == usual && attempt.problems.is_empty() && attempt.literals.is_empty();
        if is_fine
            || self.escape == QuoteEscape::Backslash
            || self.usual.votes < SURE_VOTES
            || usual > self.limits.max_columns
        {
            return None;
        }
        let quote = self.quote.filter(|_| usual > 1)?;
        let text = &self.text[self.start..self.start + len];
        let line = &text[..wary::first_line_len(text)];
        let marks = Marks {
            delimiter: self.delimiter.as_bytes(),
            quote,
            blanks: self.blanks,
            pairs: self.escape != QuoteEscape::Never,
        };
        let cells = wary::cells_if(line, marks, usual)?;
        if line.len() < len {
            let is_sure = usual > 2 && self.usual.votes >= VERY_SURE_VOTES;
            if !is_sure || !wary::are_records(&text[line.len()..], marks, usual) {
                return None;
            }
            self.reread_bytes += len as u64;
            attempt.problems.clear();
            attempt.problems.push((self.line, 0, ProblemReason::UnclosedQuote));
        }
        let line_record = record.line;
        record.clear();
        record.line = line_record;
        for cell in &cells {
            record.push_cell(cell);
        }
        attempt.line_ends = 0;
        attempt.surplus_cells = 0;
        attempt.literals.retain(|at| *at < line.len());
        let end = wary::line_end_len(&self.text[self.start + line.len()..self.start + len_with_end]);
        Some((line.len(), line.len() + end))
    }

    /// Reads a cell whose quote opens at `quote_at`.
    pub(super) fn read_quoted(
        &mut self,
        at: usize,
        quote_at: usize,
        record: &mut Record,
        attempt: &mut Attempt,
    ) -> Result<CellEnd, IngestError> {
        let Some(quote) = self.quote else { return self.read_plain(at, record) };
        let led = quote_at > at;
        let strict = led && self.blanks == Blanks::Kept;
        let mut inside = Inside { from: quote_at + 1, counted: quote_at + 1, ..Inside::default() };
        let mut searched = quote_at + 1;
        loop {
            let bytes = self.bytes();
            let found = if self.escape == QuoteEscape::Backslash {
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
            if self.bytes()[seen] == b'\\' && self.escape == QuoteEscape::Backslash && quote != b'\\' {
                searched = seen + 1;
                if next_is_quote || self.bytes().get(seen + 1) == Some(&b'\\') {
                    record.push_str(&self.text[self.start + inside.from..self.start + seen]);
                    inside.from = seen + 1;
                    searched = seen + 2;
                }
                continue;
            }
            if next_is_quote && self.escape != QuoteEscape::Never {
                record.push_str(&self.text[self.start + inside.from..=self.start + seen]);
                inside.from = seen + 2;
                searched = seen + 2;
                continue;
            }
            if self.escape == QuoteEscape::Never && self.goes_on_after(seen + 1)? {
                searched = seen + 1;
                continue;
            }
            if let Some(end) = self.end_after_quote(seen + 1)? {
                record.push_str(&self.text[self.start + inside.from..self.start + seen]);
                record.end_cell();
                attempt.line_ends += inside.line_ends;
                self.quoted_cells += 1;
                self.led_quotes += u64::from(led);
                return Ok(end);
            }
            if strict || (seen > quote_at + 1 && self.is_cell_start(seen)) {
                return Ok(self.unclosed(quote_at, seen));
            }
            if self.escape == QuoteEscape::Never {
                searched = seen + 1;
                continue;
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

    /// True where a quote at the end of a word, `"a "b", c"`, does not close its cell although a delimiter comes
    /// next: a blank follows, as in text, and a quote that closes something.
    fn goes_on_after(&mut self, at: usize) -> Result<bool, IngestError> {
        let (Some(quote), true) = (self.quote, self.blanks == Blanks::Kept && self.is_delimiter(at)?) else {
            return Ok(false);
        };
        let next = at + self.delimiter.len;
        if !self.ensure(next)? || self.bytes()[next] != b' ' {
            return Ok(false);
        }
        let mut here = next + 1;
        while here - next <= CAUTIOUS_CELL_BYTES && self.ensure(here)? {
            match self.bytes()[here] {
                b'\n' | b'\r' => return Ok(false),
                byte if byte == quote => {
                    return Ok(!self.is_cell_start(here) && self.bytes()[here - 1] != b' ');
                }
                _ => here += 1,
            }
        }
        Ok(false)
    }

    /// True where a cell could start at `at`: after a delimiter or a line end.
    fn is_cell_start(&self, at: usize) -> bool {
        let mut before = &self.bytes()[..at];
        while self.blanks == Blanks::Skipped && before.ends_with(b" ") {
            before = &before[..before.len() - 1];
        }
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
        if inside.line_ends < inside.next_check || self.usual.cells < 2 {
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
            .filter(|line| memchr::memmem::find_iter(line, delimiter).count() + 1 == self.usual.cells)
            .count();
        alike * 10 >= whole.len() * 9 && !whole.is_empty()
    }

    fn unclosed(&mut self, quote_at: usize, seen: usize) -> CellEnd {
        self.reread_bytes += seen as u64;
        CellEnd::Unclosed(quote_at)
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
