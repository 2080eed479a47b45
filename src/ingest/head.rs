//! The first records of a file, and some from further on, from which it is known what the file is.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Container, Dialect};
use crate::domain::record::Record;

use super::IngestError;
use super::decode::{CHUNK_BYTES, TextDecoder};
use super::header;
use super::record_reader::RecordReader;
use super::resplit;
use super::types::ColumnSample;

/// Text at the start of a file from which the dialect is found.
const HEAD_TEXT_BYTES: usize = 128 << 10;

/// Rows at the start of a file from which columns are known.
pub const HEAD_ROWS: usize = 5_000;

/// Text of the rows held while the start of a file is looked at.
const HEAD_ROWS_BYTES: usize = 32 << 20;

/// Records at the top whose text is kept until the dialect is settled.
const TOP_RECORDS: usize = 60;

/// Places further on in a large file that are looked at as well.
const SPOTS: u64 = 16;

/// Bytes of one place.
const SPOT_BYTES: u64 = 64 << 10;

/// The first text of the file, and whether that is all of it. Rewinds.
pub(super) fn head_text(file: &mut File, encoding: &'static Encoding) -> Result<(String, bool), IngestError> {
    file.seek(SeekFrom::Start(0))?;
    let mut decoder = TextDecoder::new(&*file, encoding, CHUNK_BYTES);
    let mut text = String::new();
    let mut repairs = VecDeque::new();
    let mut whole = false;
    while text.len() < HEAD_TEXT_BYTES && !whole {
        whole = !decoder.read_into(&mut text, &mut repairs)?;
    }
    if text.len() > HEAD_TEXT_BYTES {
        let end = (0..=HEAD_TEXT_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        whole = false;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok((text, whole))
}

/// The first records of a file; those over the limit of columns without their cells.
#[derive(Default)]
pub(super) struct Head {
    pub records: Vec<Vec<String>>,
    /// How many records are over the limit, and of the first its place, line and cells.
    wide: usize,
    pub first_wide: Option<(usize, u64, usize)>,
    pub lines: Vec<u64>,
    /// Which stand below empty lines.
    pub gaps: Vec<bool>,
    bytes: u64,
    pub ended: bool,
}

impl Head {
    pub fn estimate_rows(&self, file_bytes: u64, first_row: usize) -> u64 {
        let rows = (self.records.len() - first_row) as u64;
        if self.ended || self.bytes == 0 {
            return rows;
        }
        (rows as f64 * file_bytes as f64 / self.bytes as f64).round() as u64
    }

    /// Refuses the file where it is the table that is too wide, and not a row of it.
    pub fn refuse_wide_table(&self, first_row: usize, limits: &ImportLimits) -> Result<(), IngestError> {
        match self.first_wide {
            Some((at, line, found)) if at < first_row || self.wide * 2 > self.records.len() => {
                Err(IngestError::TooManyColumns { line, found, limit: limits.max_columns })
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn read_head(
    file: &mut File,
    encoding: &'static Encoding,
    dialect: Dialect,
    container: &Container,
    limits: &ImportLimits,
) -> Result<Head, IngestError> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = RecordReader::new(&*file, encoding, dialect, limits).within(container);
    let mut head = Head::default();
    let mut record = Record::default();
    let mut held_bytes = 0;
    let mut top = Vec::new();
    while head.records.len() < HEAD_ROWS && held_bytes < HEAD_ROWS_BYTES {
        if !reader.next_of_any_width(&mut record)? {
            head.ended = true;
            break;
        }
        let found = reader.cells_found();
        if found > limits.max_columns {
            head.wide += 1;
            head.first_wide.get_or_insert((head.records.len(), record.line, found));
            record.truncate(0);
        }
        held_bytes += record.text_len();
        head.bytes += reader.raw().len() as u64 + 1;
        head.lines.push(record.line);
        head.gaps.push(reader.is_after_gap());
        head.records.push(record.iter().map(str::to_owned).collect());
        if top.len() < TOP_RECORDS {
            top.push(reader.raw().to_owned());
        }
    }
    // The header may be written with another delimiter than the rows.
    let width = header::usual_width(&head.records);
    for (at, raw) in top.iter().enumerate() {
        // So many words may be a title, unless values stand right below.
        let is_above_values = head.records.get(at + 1).is_some_and(|next| {
            next.len() == width && !head.gaps[at + 1] && next.iter().any(|cell| header::is_value(cell.trim()))
        });
        let cells = &head.records[at];
        let blanks_may = cells.len() == 1 && is_above_values;
        record.clear();
        for cell in cells {
            record.push_cell(cell);
        }
        resplit::header(&mut record, raw, dialect, width, blanks_may);
        head.records[at] = record.iter().map(str::to_owned).collect();
    }
    Ok(head)
}

pub(super) fn add_row(samples: &mut [ColumnSample], row: &[String]) {
    for (index, sample) in samples.iter_mut().enumerate() {
        sample.add(row.get(index).map_or("", String::as_str));
    }
}

/// Adds rows from places spread over the file. A place may begin in the middle of a row or of a quoted cell, so
/// that its first record and all of another width are left out.
pub(super) fn look_further(
    file: &mut File,
    file_bytes: u64,
    encoding: &'static Encoding,
    dialect: Dialect,
    limits: &ImportLimits,
    samples: &mut [ColumnSample],
) -> Result<(), IngestError> {
    if encoding == UTF_16LE || encoding == UTF_16BE || file_bytes < SPOT_BYTES * SPOTS {
        return Ok(());
    }
    let mut record = Record::default();
    for spot in 1..=SPOTS {
        file.seek(SeekFrom::Start(file_bytes / SPOTS * spot - SPOT_BYTES.min(file_bytes / SPOTS)))?;
        let mut reader = RecordReader::new(file.by_ref().take(SPOT_BYTES), encoding, dialect, limits);
        let mut row: Option<Vec<String>> = None;
        let mut first = true;
        // One behind, because the last record is cut off.
        while reader.next_of_any_width(&mut record).unwrap_or(false) {
            if let Some(row) = row.take() {
                add_row(samples, &row);
            }
            if !first && reader.cells_found() == samples.len() && !reader.has_problems() {
                row = Some(record.iter().map(str::to_owned).collect());
            }
            reader.take_problems();
            first = false;
        }
    }
    Ok(())
}
