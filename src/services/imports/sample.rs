//! The child's part of a preview: what the file was taken for, and its first rows under that reading.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::memory::{self, Memory};
use super::settings::{Guarded, ImportSettings};
use super::worker::{Failure, Looked, Order};
use crate::domain::column::ColumnRole;
use crate::domain::excerpt::excerpt;
use crate::domain::profile::Profile;
use crate::domain::record::Record;
use crate::ingest::{self, Next, Part, RowReader, Unpacked, Wanted};

/// Bytes of a file that a preview looks at: as many as the encoding is found from in a file of this size.
pub(super) const MAX_BYTES: u64 = 64 << 20;
/// Rows shown.
const SHOWN_ROWS: usize = 50;
/// Rows in which cells that do not parse are counted.
const COUNTED_ROWS: u64 = 5_000;
/// Columns of which cells are shown; all columns can be set.
const SHOWN_COLUMNS: usize = 100;
/// Characters of a cell.
const SHOWN_CHARS: usize = 500;
/// Characters of an example beside a column.
const EXAMPLE_CHARS: usize = 60;
/// Characters of all cells shown: fewer rows of a file with long cells.
const SHOWN_TEXT: usize = 400_000;

/// What a file looks like before it is imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// How the file is read under the settings it was made with.
    pub profile: Profile,
    /// What there was to choose from in the file: sheets, or members of an archive.
    pub parts: Vec<Part>,
    /// The rows of the sheet that the first records are; empty where the file is no workbook.
    pub record_rows: Vec<u64>,
    /// The owner column, where one is named.
    pub owner: Option<String>,
    /// The dataset's owner column, where the file has no such column.
    pub missing_owner: Option<String>,
    /// Something was taken over from what the dataset remembers.
    pub remembers: bool,
    /// A file with just these headers was published before.
    pub is_known: bool,
    /// The columns of the last file that this one does not have.
    pub missing: Vec<String>,
    /// Bytes that were looked at, where the file has more.
    pub looked_at_bytes: Option<u64>,
    /// Rows of the file, counted or estimated.
    pub estimated_rows: u64,
    /// True where they were counted.
    pub rows_counted: bool,
    /// How sure the encoding is, 0 to 1; `None` where it was set by hand.
    pub encoding_confidence: Option<f64>,
    /// How sure the delimiter is, as above.
    pub delimiter_confidence: Option<f64>,
    /// How sure the header is, as above.
    pub header_confidence: Option<f64>,
    /// What is known of each of the profile's columns.
    pub columns: Vec<PreviewColumn>,
    /// 0-based places of the columns that may name a row, where none is said to: a guess, to be offered.
    pub suggested_key: Vec<usize>,
    /// The first rows.
    pub rows: Vec<PreviewRow>,
    /// Rows in which cells that do not parse were counted.
    pub rows_looked_at: u64,
    /// Records among them that are no rows.
    pub rows_rejected: u64,
    /// A column that customers must not see is gone, and what was done about it.
    pub guarded: Option<String>,
    /// What a person should know about the file.
    pub notes: Vec<String>,
}

impl Preview {
    /// The sheet or the member of an archive that is read.
    pub fn part(&self) -> Option<String> {
        Wanted::like(&self.profile.container)
    }
}

/// Where a column's type and format come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// They were found in the cells and the name.
    Detected,
    /// The dataset's last file had them.
    Remembered,
    /// A person chose them.
    Chosen,
}

/// A column of a preview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviewColumn {
    /// Where its type comes from.
    pub source: Source,
    /// How sure a detected type is, 0 to 1.
    pub confidence: f64,
    /// The order of day and month or the decimal mark is a guess.
    pub ambiguous: bool,
    /// Cells looked at that have text.
    pub filled: u64,
    /// The first few distinct values.
    pub examples: Vec<String>,
    /// Cells that do not parse as the type.
    pub misfits: u64,
    /// No file of the dataset has had it yet.
    pub is_new: bool,
    /// The missing column that it may be under another header: a guess.
    pub looks_like: Option<String>,
}

/// A row of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewRow {
    /// 1-based line of the file.
    pub line: u64,
    /// Its cells; the whole record where it is no row.
    pub cells: Vec<PreviewCell>,
    /// Why it is no row of the table.
    pub rejected: Option<String>,
}

/// A cell of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewCell {
    /// Its text, cut to a readable length.
    pub text: String,
    /// Why it does not parse as its column's type.
    pub reason: Option<String>,
}

/// Makes the preview of a file, which is all of it or its first `looked_at` bytes.
pub(super) fn make(
    order: &Order,
    unpacked: &Unpacked,
    looked_at: Option<u64>,
    looked: Looked,
) -> Result<Preview, Failure> {
    let Looked { profile, owner, missing_owner, inspection, reading } = looked;
    let rows = read_rows(order, &unpacked.text, &profile)?;
    // What it would be had nobody chosen anything.
    let memory = Memory::of(order.standing.as_ref(), &order.known, &inspection.profile);
    let mut base = inspection.profile.clone();
    ImportSettings::default().apply(&mut base, &memory, &inspection.columns, None)?;
    let missing = memory.missing(&profile);
    let columns = profile.columns.iter().zip(&base.columns).zip(&inspection.columns).enumerate();
    let columns = columns.map(|(index, ((column, base), evidence))| {
        let as_base = (column.column_type, column.number_format, column.date_format)
            == (base.column_type, base.number_format, base.date_format);
        let source = if !as_base {
            Source::Chosen
        } else if memory.column(column.header()).is_some() {
            Source::Remembered
        } else {
            Source::Detected
        };
        let is_new = memory.is_new(column);
        let looks_like = if is_new { memory::looks_like(column, &missing) } else { None };
        PreviewColumn {
            source,
            confidence: evidence.type_confidence,
            ambiguous: evidence.ambiguous && source == Source::Detected,
            filled: evidence.filled,
            examples: evidence.examples.iter().take(3).map(|text| cut(text, EXAMPLE_CHARS)).collect(),
            misfits: rows.misfits.get(index).copied().unwrap_or(0),
            is_new,
            looks_like: looks_like.map(|column| column.name.clone()),
        }
    });
    let columns: Vec<PreviewColumn> = columns.collect();
    // Estimated by bytes where the end was not seen.
    let mut estimated_rows = inspection.estimated_rows;
    if let Some(looked_at) = looked_at.filter(|bytes| *bytes > 0) {
        estimated_rows = (estimated_rows as f64 * order.file_bytes as f64 / looked_at as f64) as u64;
    }
    let guarded = Guarded::of(&profile, &memory);
    // Said once, of a dataset that is new: later its columns are as somebody left them.
    let prices = profile
        .columns
        .iter()
        .filter(|column| memory.is_blank() && column.role == Some(ColumnRole::Price) && !column.hidden);
    let prices = prices.map(|column| {
        format!(
            "“{}” looks like a price, and customers see it; hide it where they should not.",
            excerpt(&column.name)
        )
    });
    let prices: Vec<String> = prices.collect();
    let notes = inspection.notes.into_iter().map(|note| note.text).chain(rows.broken);
    let has_key = profile.columns.iter().any(|column| column.key);

    Ok(Preview {
        suggested_key: if has_key { Vec::new() } else { inspection.suggested_key },
        parts: inspection.parts,
        record_rows: unpacked.record_rows.clone(),
        remembers: columns.iter().any(|column| column.source == Source::Remembered),
        is_known: memory.is_known(),
        missing: missing.into_iter().map(|column| column.name.clone()).collect(),
        profile,
        owner,
        missing_owner,
        looked_at_bytes: looked_at,
        estimated_rows,
        rows_counted: inspection.rows_counted && looked_at.is_none(),
        encoding_confidence: reading.encoding.is_none().then_some(inspection.encoding_confidence),
        delimiter_confidence: reading.delimiter.is_none().then_some(inspection.dialect_confidence),
        header_confidence: reading.header.is_none().then_some(inspection.header_confidence),
        columns,
        rows: rows.shown,
        rows_looked_at: rows.read,
        rows_rejected: rows.rejected,
        guarded: guarded.map(|guarded| guarded.note()),
        notes: prices.into_iter().chain(notes).collect(),
    })
}

#[derive(Default)]
struct Rows {
    shown: Vec<PreviewRow>,
    misfits: Vec<u64>,
    read: u64,
    rejected: u64,
    /// Why reading ended early.
    broken: Option<String>,
}

fn read_rows(order: &Order, file: &Path, profile: &Profile) -> Result<Rows, Failure> {
    let mut reader = RowReader::open(file, profile, &order.limits)?;
    let mut rows = Rows { misfits: vec![0; profile.columns.len()], ..Rows::default() };
    let mut record = Record::default();
    let mut room = SHOWN_TEXT;
    while rows.read + rows.rejected < COUNTED_ROWS {
        let is_shown = rows.shown.len() < SHOWN_ROWS && room > 0;
        let row = match reader.next(&mut record) {
            Ok(Next::End) => break,
            Ok(Next::Rejected(reject)) => {
                rows.rejected += 1;
                let cell = PreviewCell { text: cut(&reject.raw, SHOWN_CHARS), reason: None };
                let rejected = Some(reject.reason.to_string());
                PreviewRow { line: reject.line, cells: vec![cell], rejected }
            }
            Ok(Next::Row) => {
                rows.read += 1;
                let mut cells = Vec::new();
                for (index, (column, cell)) in profile.columns.iter().zip(record.iter()).enumerate() {
                    let reason = ingest::check_cell(column, cell);
                    rows.misfits[index] += u64::from(reason.is_some());
                    if is_shown && index < SHOWN_COLUMNS {
                        let reason = reason.map(|reason| reason.to_string());
                        cells.push(PreviewCell { text: cut(cell, SHOWN_CHARS), reason });
                    }
                }
                PreviewRow { line: record.line, cells, rejected: None }
            }
            Err(error) => {
                rows.broken = Some(error.within(&profile.container).to_string());
                break;
            }
        };
        reader.take_problems();
        if is_shown {
            room = room.saturating_sub(row.cells.iter().map(|cell| cell.text.len()).sum());
            rows.shown.push(row);
        }
    }
    Ok(rows)
}

/// The beginning of a text, with an ellipsis where it was cut.
fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
