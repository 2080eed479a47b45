//! Single records written in another dialect than the rest of their file: `a;b;c` in a table of commas.

use encoding_rs::UTF_8;

use crate::domain::column::{Column, ColumnType};
use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Blanks, Dialect, QuoteEscape};
use crate::domain::record::Record;

use super::problem::check_cell;
use super::record_reader::RecordReader;

/// Delimiters that a single record may have instead; the blank only where the cells fit their columns.
const DELIMITERS: [char; 5] = [';', ',', '\t', '|', ' '];

/// A record of fewer cells is too little to tell anything from.
const MIN_CELLS: usize = 3;

/// Words of a line of which one stands for a number by chance where it should in few notes.
const MANY_WORDS: usize = 5;

/// True where a record may be written in another dialect. Cheap: it is asked of every record.
pub(super) fn is_suspicious(record: &Record, found: usize, raw: &str, width: usize) -> bool {
    width >= MIN_CELLS
        && (found != width
            || record.get(1).is_some_and(|cell| cell.starts_with(' '))
            || (raw.starts_with('\'') && raw.contains("','")))
}

/// Reads a row that is suspicious again; true where another dialect fits it, and `record` holds its cells then.
pub(super) fn row(
    record: &mut Record,
    raw: &str,
    dialect: Dialect,
    width: usize,
    columns: &[Column],
) -> bool {
    if record.len() == width && record.get(1).is_some_and(|cell| cell.starts_with(' ')) {
        return without_blanks(record, raw, dialect);
    }
    if let Some(cells) = quoted_otherwise(raw, dialect, width) {
        replace(record, cells);
        return true;
    }
    if record.len() == width {
        return false;
    }
    for delimiter in others(raw, dialect, width) {
        for quote in [dialect.quote, Some('"')] {
            let other = Dialect { delimiter, quote, escape: QuoteEscape::Doubled, blanks: Blanks::Kept };
            if let Some(cells) = cells_of(raw, other).filter(|cells| cells.len() == width)
                && fits(&cells, columns, delimiter)
            {
                replace(record, cells);
                return true;
            }
        }
    }
    false
}

/// As [`row`], of a header. A title of as many words as there are columns is none, so that it must be said whether
/// blanks may be delimiters.
pub(super) fn header(record: &mut Record, raw: &str, dialect: Dialect, width: usize, blanks_may: bool) {
    if !is_suspicious(record, record.len(), raw, width) || without_blanks(record, raw, dialect) {
        return;
    }
    if let Some(cells) = quoted_otherwise(raw, dialect, width) {
        return replace(record, cells);
    }
    if record.len() == width {
        return;
    }
    for delimiter in others(raw, dialect, width).filter(|delimiter| *delimiter != ' ' || blanks_may) {
        let other = Dialect { delimiter, blanks: Blanks::Kept, ..dialect };
        if let Some(cells) = cells_of(raw, other).filter(|cells| cells.len() == width) {
            replace(record, cells);
            return;
        }
    }
}

/// Delimiters that occur often enough in `raw`.
fn others(raw: &str, dialect: Dialect, width: usize) -> impl Iterator<Item = char> {
    DELIMITERS.into_iter().filter(move |delimiter| {
        *delimiter != dialect.delimiter && raw.matches(*delimiter).nth(width - 2).is_some()
    })
}

/// The cells of `raw`, the whole of which must be one record.
fn cells_of(raw: &str, dialect: Dialect) -> Option<Vec<String>> {
    let limits = ImportLimits::default();
    let chunk_bytes = raw.len().max(1);
    let mut reader = RecordReader::with_chunk_bytes(raw.as_bytes(), UTF_8, dialect, &limits, chunk_bytes);
    let mut record = Record::default();
    let is_read = reader.next(&mut record).ok()? && reader.raw().len() == raw.len();
    is_read.then(|| record.iter().map(str::to_owned).collect())
}

/// True where no more than half of the cells are unlike their columns. Blanks are delimiters only where all fit, or
/// every note of so many words would be a row.
fn fits(cells: &[String], columns: &[Column], delimiter: char) -> bool {
    let telling = || {
        cells.iter().zip(columns).filter(|(cell, column)| {
            !cell.is_empty() && !matches!(column.column_type, ColumnType::Text | ColumnType::Code)
        })
    };
    let misfits = telling().filter(|(cell, column)| check_cell(column, cell).is_some()).count();
    let count = telling().count();
    match delimiter {
        ' ' => misfits == 0 && (count > 1 || (count == 1 && cells.len() >= MANY_WORDS)),
        _ => misfits * 2 <= count,
    }
}

/// Takes off the blanks where each delimiter of the record has one behind it.
fn without_blanks(record: &mut Record, raw: &str, dialect: Dialect) -> bool {
    let Some(cells) = cells_of(raw, Dialect { blanks: Blanks::Skipped, ..dialect }) else { return false };
    let led = record.iter().skip(1).filter(|cell| cell.starts_with(' ')).count();
    let quoted = match dialect.quote {
        Some(quote) => raw.matches(&format!("{} {quote}", dialect.delimiter)).count(),
        None => 0,
    };
    if cells.len() != record.len() || led < 2 || led + quoted + 1 < record.len() {
        return false;
    }
    replace(record, cells);
    true
}

/// The cells of a record whose quotes are `'` where those of the file are not.
fn quoted_otherwise(raw: &str, dialect: Dialect, width: usize) -> Option<Vec<String>> {
    let between = format!("'{}'", dialect.delimiter);
    if dialect.quote == Some('\'') || raw.matches(&between).count() * 2 < width {
        return None;
    }
    cells_of(raw, Dialect { quote: Some('\''), ..dialect }).filter(|cells| cells.len() == width)
}

fn replace(record: &mut Record, cells: Vec<String>) {
    let line = record.line;
    record.clear();
    record.line = line;
    for cell in cells {
        record.push_cell(&cell);
    }
}
