//! How a text is cut into cells: the consistency measure of van den Burg, Nazábal and Sutton, "Wrangling Messy
//! CSV Files by Detecting Row and Type Patterns" (2019): pattern score times type score, the best candidate wins.
//!
//! Two things differ from the paper. Where it divides by the number of row patterns, this divides by their
//! effective number (the exponential of their entropy), so that a few damaged rows and a title block do not
//! outweigh a thousand good ones. And delimiters that occur in ordinary text (space, colon) count for less.

use std::collections::HashMap;

use encoding_rs::UTF_8;

use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Blanks, Dialect, QuoteEscape};
use crate::domain::record::Record;
use crate::domain::value::{DateFormat, NumberFormat, parse_date, parse_number};

use super::record_reader::RecordReader;

/// Candidates with how much each counts.
const DELIMITERS: [(char, f64); 10] = [
    (',', 1.0),
    (';', 1.0),
    ('\t', 1.0),
    ('|', 1.0),
    ('~', 0.9),
    ('^', 0.9),
    ('#', 0.7),
    (':', 0.6),
    (' ', 0.5),
    ('\u{1F}', 1.0),
];

/// What a dialect without any way to write quotes within quotes counts: a stray quote does not make one.
const UNESCAPED: f64 = 0.97;

/// Delimiters that occur in times, dates and addresses.
const IN_VALUES: [char; 5] = [' ', ':', '#', '~', '^'];

/// What a record of one cell counts, as in the paper.
const SINGLE_CELL: f64 = 1e-3;

/// Records of the sample that are scored.
const MAX_RECORDS: usize = 600;

/// The quote that is known beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WantedQuote {
    /// Nothing is known.
    Any,
    /// Exactly this, or none.
    Only(Option<char>),
}

impl WantedQuote {
    fn allows(self, candidate: Option<char>) -> bool {
        self == Self::Any || self == Self::Only(candidate)
    }
}

/// The dialect of a text and how far ahead of the next best it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct DetectedDialect {
    pub dialect: Dialect,
    /// 0 to 1.
    pub confidence: f64,
}

/// Finds the dialect of `text`, the beginning of a file; `whole` says that the file ends with it. What is given
/// as `delimiter` and `quote` is taken as it is.
pub(super) fn detect(
    text: &str,
    whole: bool,
    delimiter: Option<char>,
    quote: WantedQuote,
) -> DetectedDialect {
    let mut scored: Vec<(f64, Score, Dialect)> = Vec::new();
    for (candidate, prior) in DELIMITERS.iter().filter(|(candidate, _)| text.contains(*candidate)) {
        if delimiter.is_none_or(|wanted| wanted == *candidate) {
            score_quotings(text, whole, *candidate, *prior, quote, &mut scored);
        }
    }
    if let Some(wanted) = delimiter {
        if scored.is_empty() {
            score_quotings(text, whole, wanted, 1.0, quote, &mut scored);
        }
    } else {
        let is_list = holds_values_alone(text);
        scored.retain(|(_, score, dialect)| {
            score.is_table(dialect.delimiter) && !(is_list && IN_VALUES.contains(&dialect.delimiter))
        });
    }
    let mut best: Option<(f64, Dialect)> = None;
    let mut second = 0.0_f64;
    for (score, _, dialect) in scored {
        match best {
            // Equal readings keep the earlier, more usual dialect.
            Some((top, kept)) if score <= top * 1.001 => {
                if kept.delimiter != dialect.delimiter {
                    second = second.max(score);
                }
            }
            _ => {
                if let Some((top, kept)) = best
                    && kept.delimiter != dialect.delimiter
                {
                    second = second.max(top);
                }
                best = Some((score, dialect));
            }
        }
    }
    match best {
        Some((top, dialect)) => DetectedDialect {
            dialect,
            confidence: if top > 0.0 { 1.0 - (second / top).min(1.0) / 2.0 } else { 0.0 },
        },
        None => single_column(text, whole, quote),
    }
}

/// True where nearly every line is one value as a whole: a time, an address, a date with blanks.
fn holds_values_alone(text: &str) -> bool {
    let is_clock = |line: &str| {
        line.contains(':')
            && line.len() <= 12
            && line.bytes().all(|byte| byte.is_ascii_digit() || b":.".contains(&byte))
    };
    let lines = || {
        text.lines()
            .map(|line| line.trim().trim_matches('"'))
            .filter(|line| !line.is_empty())
            .take(MAX_RECORDS)
    };
    let is_one = |line: &&str| {
        is_value(line) || is_clock(line) || (line.contains("://") && !line.contains([' ', ',', ';', '\t']))
    };
    lines().skip(1).filter(is_one).count() * 10 > lines().skip(1).count() * 9
}

/// One column: any delimiter that does not occur.
fn single_column(text: &str, whole: bool, quote: WantedQuote) -> DetectedDialect {
    let absent =
        [',', ';', '\t', '|', '\u{1F}', '\u{1E}'].into_iter().find(|delimiter| !text.contains(*delimiter));
    let delimiter = absent.unwrap_or('\u{1E}');
    let mut scored = Vec::new();
    score_quotings(text, whole, delimiter, 1.0, quote, &mut scored);
    let dialect = scored
        .into_iter()
        .reduce(|best, next| if next.0 > best.0 * 1.001 { next } else { best })
        .map_or(Dialect { delimiter, ..Dialect::default() }, |(_, _, dialect)| dialect);
    DetectedDialect { dialect, confidence: 0.5 }
}

/// Scores `delimiter` with every quoting that the text may have, the most usual first.
fn score_quotings(
    text: &str,
    whole: bool,
    delimiter: char,
    prior: f64,
    quote: WantedQuote,
    scored: &mut Vec<(f64, Score, Dialect)>,
) {
    let mut quotings: Vec<(Option<char>, QuoteEscape)> = Vec::new();
    let wanted = |candidate: Option<char>| quote.allows(candidate);
    for mark in ['"', '\''] {
        if !wanted(Some(mark)) || (mark == '\'' && !text.contains(mark)) {
            continue;
        }
        quotings.push((Some(mark), QuoteEscape::Doubled));
        if text.contains(&format!("\\{mark}")) {
            quotings.push((Some(mark), QuoteEscape::Backslash));
        } else if has_bare_quotes(text, mark, delimiter) {
            quotings.push((Some(mark), QuoteEscape::Never));
        }
    }
    if wanted(None) {
        if text.contains(['"', '\'']) || quote != WantedQuote::Any {
            quotings.push((None, QuoteEscape::Doubled));
        }
        if text.contains(&format!("\\{delimiter}")) {
            quotings.push((None, QuoteEscape::Backslash));
        }
    }
    if let WantedQuote::Only(Some(other)) = quote
        && !matches!(other, '"' | '\'')
    {
        quotings.push((Some(other), QuoteEscape::Doubled));
    }
    for (quote, escape) in quotings {
        for blanks in [Blanks::Kept, Blanks::Joined] {
            if blanks == Blanks::Joined && (delimiter != ' ' || !text.contains("  ")) {
                continue;
            }
            let mut dialect = Dialect { delimiter, quote, escape, blanks };
            let score = Score::of(text, whole, dialect);
            // Single quotes are apostrophes more often than not: they must quote something.
            if quote == Some('\'') && score.quoted_cells == 0 {
                continue;
            }
            if delimiter != ' ' && score.blanks_follow() {
                dialect.blanks = Blanks::Skipped;
            }
            let rare = if escape == QuoteEscape::Never { UNESCAPED } else { 1.0 };
            scored.push((score.value() * prior * rare, score, dialect));
        }
    }
}

/// True where a quote stands within a quoted cell and nothing says so: `"a "b" c"`.
fn has_bare_quotes(text: &str, quote: char, delimiter: char) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| c == delimiter || c == quote || c == '\n' || c == '\r');
    text.match_indices(quote).any(|(at, mark)| {
        !is_edge(text[..at].chars().next_back()) && !is_edge(text[at + mark.len()..].chars().next())
    })
}

/// How a dialect reads a text.
#[derive(Default)]
struct Score {
    /// Cells of a record → records with so many.
    widths: HashMap<usize, usize>,
    records: usize,
    damaged: usize,
    quoted_cells: u64,
    cells: usize,
    typed: f64,
    /// Cells after a delimiter, and how many of them begin with a blank.
    followers: u64,
    led_by_blank: u64,
    /// Records with a cell that opens with a quote and is not closed by one.
    torn: usize,
}

impl Score {
    fn of(text: &str, whole: bool, dialect: Dialect) -> Self {
        let limits = ImportLimits {
            max_columns: usize::MAX,
            max_cell_bytes: text.len() + 1,
            max_record_bytes: text.len() + 1,
            ..ImportLimits::default()
        };
        let mut reader =
            RecordReader::with_chunk_bytes(text.as_bytes(), UTF_8, dialect, &limits, text.len().max(1));
        let mut score = Self::default();
        let mut record = Record::default();
        let mut held = Record::default();
        // One record behind, so that the one cut off by the end of the sample is left out.
        while score.records < MAX_RECORDS && reader.next_of_any_width(&mut record).unwrap_or(false) {
            if !held.is_empty() {
                score.add(&held, dialect.delimiter, dialect.quote == Some('"'));
            }
            score.damaged += usize::from(!reader.take_problems().is_empty());
            std::mem::swap(&mut held, &mut record);
        }
        if !held.is_empty() && (whole || score.records == 0) {
            score.add(&held, dialect.delimiter, dialect.quote == Some('"'));
        }
        score.quoted_cells = reader.quoted_cells();
        score.led_by_blank += reader.led_quotes();
        score
    }

    fn add(&mut self, record: &Record, delimiter: char, quotes: bool) {
        self.records += 1;
        *self.widths.entry(record.len()).or_default() += 1;
        self.followers += record.len().saturating_sub(1) as u64;
        self.led_by_blank += record.iter().skip(1).filter(|cell| cell.starts_with(' ')).count() as u64;
        let is_torn = |cell: &str| {
            cell.trim().starts_with('"') && (cell.trim().len() < 2 || !cell.trim().ends_with('"'))
        };
        self.torn += usize::from(!quotes && record.iter().any(is_torn));
        for cell in record.iter().take(200) {
            self.cells += 1;
            self.typed += cell_score(cell, delimiter);
        }
    }

    /// True where the delimiter is followed by a blank nearly always.
    fn blanks_follow(&self) -> bool {
        self.followers > 0 && self.led_by_blank * 10 >= self.followers * 9
    }

    fn value(&self) -> f64 {
        if self.records == 0 {
            return 0.0;
        }
        let records = self.records as f64;
        let mut pattern = 0.0;
        let mut entropy = 0.0;
        for (width, count) in &self.widths {
            let (width, count) = (*width as f64, *count as f64);
            pattern += count * (width - 1.0).max(SINGLE_CELL) / width;
            entropy -= count / records * (count / records).ln();
        }
        let damage = 1.0 - 0.5 * (self.damaged as f64 / records).min(1.0);
        pattern / entropy.exp() * (self.typed / self.cells.max(1) as f64) * damage
    }

    /// False where the delimiter seems to be part of the text of a single column.
    fn is_table(&self, delimiter: char) -> bool {
        let several =
            self.widths.iter().filter(|(width, _)| **width > 1).map(|(_, count)| count).sum::<usize>();
        let usual =
            self.widths.iter().filter(|(width, _)| **width > 1).map(|(_, count)| *count).max().unwrap_or(0);
        // Quotes that open and do not close are marks of another reading.
        if self.torn * 10 > self.records {
            return false;
        }
        let pairs = self.widths.get(&2).copied().unwrap_or(0);
        // `this; that` in a list of remarks.
        if pairs == usual && self.blanks_follow() && usual * 10 < self.records * 9 {
            return false;
        }
        match delimiter {
            ' ' => usual * 100 >= self.records * 85,
            ':' | '#' => usual * 10 >= self.records * 7,
            _ => several * 2 >= self.records || (usual >= 3 && several * 4 >= self.records),
        }
    }
}

/// How much a cell looks like something a person would put into one: 0 to 1.
fn cell_score(cell: &str, delimiter: char) -> f64 {
    let text = cell.trim();
    if text.is_empty() {
        return 0.7;
    }
    // Only quotes can have kept the delimiter or a line end inside.
    if text.contains(delimiter) || text.contains('\n') {
        return 1.0;
    }
    if text.starts_with(['"', '\'']) || text.ends_with('"') {
        return 0.1;
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || "+-.$€£(".contains(c)) && is_value(text) {
        return 1.0;
    }
    let mut score: f64 = 1.0;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let spaced = bytes.get(at + 1) == Some(&b' ');
        score = score.min(match byte {
            b'\t' | b'|' | 0x1F => 0.2,
            b';' | b',' | b'~' | b'^' if !spaced => 0.3,
            b';' | b',' | b'{' | b'}' | b'<' | b'>' | b'\\' => 0.8,
            _ => 1.0,
        });
    }
    score
}

fn is_value(text: &str) -> bool {
    const FORMATS: [NumberFormat; 4] = [
        NumberFormat { decimal_comma: false, grouping: None },
        NumberFormat { decimal_comma: true, grouping: Some('.') },
        NumberFormat { decimal_comma: false, grouping: Some(',') },
        NumberFormat { decimal_comma: true, grouping: Some(' ') },
    ];
    FORMATS.iter().any(|format| parse_number(text, *format).is_some())
        || [DateFormat::DayMonthYear, DateFormat::MonthDayYear]
            .iter()
            .any(|format| parse_date(text, *format).is_some())
}
