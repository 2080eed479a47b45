//! Which records below a header are no rows of its table, by their looks: a repeated header, a ruled line, totals,
//! notes, another table.

use std::collections::HashMap;
use std::collections::VecDeque;

use crate::domain::record::Record;

use super::header::is_value;
use super::problem::LeftOut;
use super::words::{is_name_like, is_note_marker, is_placeholder, is_ruled_line, is_total_word};

/// Records from which the table's looks are learned.
const LEARNED: u64 = 500;

/// Records below a header that are compared with it.
const COMPARED: usize = 8;

/// A record and what stands before it.
#[derive(Default)]
pub(super) struct Seen {
    pub record: Record,
    /// Empty lines or a blank record stand before it.
    pub after_gap: bool,
}

impl Seen {
    fn filled(&self) -> usize {
        self.record.iter().filter(|cell| !cell.trim().is_empty()).count()
    }

    fn first_text(&self) -> &str {
        self.record.iter().map(str::trim).find(|cell| !cell.is_empty()).unwrap_or_default()
    }
}

/// What a record below the header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Row,
    LeftOut(LeftOut),
    /// This record and all below it.
    AllLeftOut(LeftOut),
}

/// What is known of a table's rows.
#[derive(Default)]
pub(super) struct Looks {
    /// Each record of the header.
    header: Vec<Vec<String>>,
    widths: HashMap<usize, u64>,
    width: usize,
    /// By the number of cells.
    columns: HashMap<usize, Vec<ColumnLooks>>,
    records: u64,
}

#[derive(Default, Clone)]
struct ColumnLooks {
    filled: u64,
    values: u64,
}

impl Looks {
    pub fn new(header: &[Vec<String>]) -> Self {
        let trim = |record: &Vec<String>| record.iter().map(|cell| cell.trim().to_owned()).collect();
        Self { header: header.iter().map(trim).collect(), ..Self::default() }
    }

    /// Learns from a record, row or not: most are rows.
    pub fn learn(&mut self, record: &Record) {
        if self.records >= LEARNED || record.iter().all(|cell| cell.trim().is_empty()) {
            return;
        }
        self.records += 1;
        let count = self.widths.entry(record.len()).or_default();
        *count += 1;
        if *count > self.widths.get(&self.width).copied().unwrap_or(0) || self.width == record.len() {
            self.width = record.len();
        }
        let columns =
            self.columns.entry(record.len()).or_insert_with(|| vec![ColumnLooks::default(); record.len()]);
        for (column, cell) in columns.iter_mut().zip(record.iter()) {
            let cell = cell.trim();
            if !cell.is_empty() && !is_placeholder(cell) {
                column.filled += 1;
                column.values += u64::from(is_value(cell));
            }
        }
    }

    fn column(&self, column: usize) -> Option<&ColumnLooks> {
        self.columns.get(&self.width)?.get(column)
    }

    /// Records of the usual number of cells.
    fn usual_records(&self) -> u64 {
        self.widths.get(&self.width).copied().unwrap_or(0)
    }

    /// A small table may be learned together with another below it, so that not all need be values.
    fn holds_values(&self, column: usize) -> bool {
        self.column(column).is_some_and(|looks| looks.filled >= 2 && looks.values * 10 >= looks.filled * 6)
    }

    /// Of a record that leaves the column blank: whether others do not.
    fn is_usually_filled(&self, column: usize) -> bool {
        let others = self.usual_records().saturating_sub(1);
        self.column(column).is_some_and(|looks| looks.filled > 0 && looks.filled * 10 >= others * 8)
    }

    fn usual_filled(&self) -> f64 {
        let filled: u64 = self.columns.get(&self.width).into_iter().flatten().map(|looks| looks.filled).sum();
        filled as f64 / self.usual_records().max(1) as f64
    }

    /// What the first record of `window` is; `ended` says that nothing comes after the
    /// window, `has_rows` that something stands above: no table begins with another.
    pub fn judge(&self, window: &VecDeque<impl AsRef<Seen>>, ended: bool, has_rows: bool) -> Verdict {
        let Some(front) = window.front().map(AsRef::as_ref) else { return Verdict::Row };
        if self.repeats_header(&front.record) {
            return Verdict::LeftOut(LeftOut::RepeatedHeader);
        }
        if is_ruled_line(front.record.iter()) {
            return Verdict::LeftOut(LeftOut::Ruled);
        }
        let next_repeats = || window.get(1).is_some_and(|next| self.repeats_header(&next.as_ref().record));
        if self.is_note(front) && next_repeats() {
            return Verdict::LeftOut(LeftOut::Note);
        }
        if self.is_comment(front) {
            return Verdict::LeftOut(LeftOut::Note);
        }
        if has_rows && self.begins_other_table(window) {
            return Verdict::AllLeftOut(LeftOut::OtherTable);
        }
        if self.is_total(front) {
            return Verdict::LeftOut(LeftOut::Total);
        }
        // A blank cell of a table of one column is written as such, and a row.
        if ended && self.width > 1 && self.is_tail(window) {
            let is_blank = front.filled() == 0;
            return Verdict::LeftOut(if is_blank { LeftOut::Blank } else { LeftOut::Note });
        }
        Verdict::Row
    }

    fn repeats_header(&self, record: &Record) -> bool {
        record.len() > 1
            && self
                .header
                .iter()
                .any(|header| header.iter().map(String::as_str).eq(record.iter().map(str::trim)))
    }

    fn is_comment(&self, seen: &Seen) -> bool {
        seen.first_text().starts_with('#')
            && self.width > 1
            && (seen.filled() == 1 || seen.record.len() != self.width)
    }

    /// `Total,,,1234`: a word for it, and blanks where rows have text.
    fn is_total(&self, seen: &Seen) -> bool {
        let missing = || {
            (0..self.width).any(|column| {
                self.is_usually_filled(column)
                    && seen.record.get(column).is_none_or(|cell| cell.trim().is_empty())
            })
        };
        self.width > 1
            && is_total_word(seen.first_text())
            && seen.record.len() <= self.width
            && seen.filled() > 1
            && (missing() || seen.after_gap)
    }

    /// True where everything in the window is notes, totals or blank.
    fn is_tail(&self, window: &VecDeque<impl AsRef<Seen>>) -> bool {
        // Below an empty line, lines of few cells are notes whatever is in them.
        let narrow = |seen: &Seen| seen.filled() <= 1 || seen.record.len() * 2 <= self.width;
        let all_narrow = window.iter().all(|seen| narrow(seen.as_ref()));
        let gap = window.front().is_some_and(|seen| seen.as_ref().after_gap);
        (gap && all_narrow && self.usual_filled() > 1.5)
            || window.iter().all(|seen| {
                let seen = seen.as_ref();
                seen.filled() == 0
                    || self.is_note(seen)
                    || self.is_total(seen)
                    || is_ruled_line(seen.record.iter())
            })
    }

    fn is_note(&self, seen: &Seen) -> bool {
        let text = seen.first_text();
        let is_marked = is_note_marker(text);
        match self.width {
            0 | 1 => false,
            2 => seen.filled() == 1 && (is_marked || (seen.after_gap && seen.record.len() == 1)),
            width => {
                (seen.filled() == 1 && self.usual_filled() >= 2.5 && !is_value(text))
                    || (seen.record.len() * 2 <= width && (is_marked || seen.after_gap))
                    || (seen.record.len() < width && is_marked && seen.after_gap)
            }
        }
    }

    /// True where the window begins with another table: lines of text, names unlike the rows here, and rows.
    fn begins_other_table(&self, window: &VecDeque<impl AsRef<Seen>>) -> bool {
        let at = |index: usize| window.get(index).map(AsRef::as_ref);
        let titles = window.iter().take(5).take_while(|seen| seen.as_ref().filled() <= 1).count();
        let (Some(front), Some(names)) = (at(0), at(titles)) else { return false };
        let gap = front.after_gap || names.after_gap;
        let holds_value = |seen: &Seen| seen.record.iter().any(|cell| is_value(cell.trim()));
        // Most records by far.
        if !gap && titles == 0 && names.record.len() == self.width && holds_value(names) {
            return false;
        }
        if titles > 4
            || self.width < 2
            || (titles > 0 && !gap && self.width < 3)
            || self.repeats_header(&names.record)
        {
            return false;
        }
        let below: Vec<&Record> =
            (titles + 1..=titles + COMPARED).map_while(at).map(|seen| &seen.record).collect();
        let below = &below[..below
            .iter()
            .position(|record| record.iter().all(|cell| cell.trim().is_empty()))
            .unwrap_or(below.len())];
        let names_width = names.record.len();
        // A row whose numbers are missing is still a row: names are words, and none stands in its column again.
        let stands_again = |(column, name): (usize, &str)| {
            let mut rows = window.iter().skip(titles + 1).map(|seen| &seen.as_ref().record);
            rows.any(|record| record.get(column).is_some_and(|cell| cell.trim() == name.trim()))
        };
        let are_names = names_width > 1
            && names.record.iter().all(|cell| is_name_like(cell.trim()))
            && !names.record.iter().enumerate().any(stands_again);
        let alike = below.iter().filter(|record| record.len() == names_width).count();
        let same = alike == below.len();
        // Cells here and there: what a column holds below the names, and what it holds in this table.
        let holds_values_below = |column: usize| {
            alike > 0
                && below.iter().all(|record| record.get(column).is_some_and(|cell| is_value(cell.trim())))
        };
        let words_over_values =
            (0..names_width.min(self.width)).filter(|column| self.holds_values(*column)).count();
        let differing = (0..names_width.min(self.width))
            .filter(|column| holds_values_below(*column) && !self.holds_values(*column))
            .count();
        let is_sure = |count: usize| count > usize::from(!gap);
        if names_width == self.width {
            // Rows like those above belong to them, unless something stands between.
            let is_other =
                differing > 0 || (gap && words_over_values > 0) || (alike > 2 && words_over_values > 1);
            return are_names && same && alike > 0 && is_other && is_sure(words_over_values + differing);
        }
        same && ((are_names && alike > 0 && (gap || (alike > 1 && words_over_values + differing > 0)))
            || (gap && alike > 2 && names_width > 1))
    }
}
