//! A sheet as plain CSV: a record for each row that holds something, an empty line for each that does not, so that
//! the number of a record and a line together is the number of the row.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::super::IngestError;
use super::{damaged, refused};
use crate::base::size::limit;
use crate::domain::limits::ImportLimits;

/// Rows that spreadsheets have.
pub const MAX_ROWS: u64 = 1_048_576;
/// Columns that spreadsheets have.
pub const MAX_COLUMNS: u32 = 16_384;
/// Bytes of a cell: spreadsheets hold 32,767 characters.
const MAX_CELL_BYTES: usize = 128 << 10;
/// Rows at the top in which a merged cell may be a header.
const HEADER_ROWS: u64 = 20;

/// Records of which the row is said.
const SAID_ROWS: usize = 64;

/// Where something is in a sheet: the first and the last row and column that hold anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Rows that hold something.
    pub rows: u64,
    /// The first column, 0-based.
    pub first_column: u32,
    /// One past the last column.
    pub end_column: u32,
    last_row: Option<u64>,
}

impl Extent {
    /// Makes room for a cell that holds something; rows come in order.
    pub fn add(&mut self, row: u64, column: u32) {
        if self.last_row != Some(row) {
            self.first_column = if self.last_row.is_none() { column } else { self.first_column };
            self.rows += 1;
            self.last_row = Some(row);
        }
        self.first_column = self.first_column.min(column);
        self.end_column = self.end_column.max(column + 1);
    }

    /// Columns between the first and the last.
    pub fn columns(&self) -> u64 {
        u64::from(self.end_column - self.first_column)
    }
}

/// A merged cell: 0-based, the last ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Its first row.
    pub row: u64,
    /// Its first and last column.
    pub columns: (u32, u32),
}

/// Writes the rows of a sheet, in order.
pub struct SheetWriter {
    out: BufWriter<File>,
    written: u64,
    first_column: u32,
    width: usize,
    merged: Vec<Merged>,
    /// 0-based number of the row under way.
    row: u64,
    cells: Vec<String>,
    held_bytes: usize,
    max_record_bytes: usize,
    max_text_bytes: u64,
    quoted: String,
    record_rows: Vec<u64>,
}

impl SheetWriter {
    /// Writes to a new file at `to`.
    pub fn create(
        to: &Path,
        extent: &Extent,
        mut merged: Vec<Merged>,
        limits: &ImportLimits,
    ) -> Result<Self, IngestError> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(to)?);
        // Whatever the first cell holds, the file is a text.
        out.write_all("\u{FEFF}".as_bytes())?;
        merged.retain(|merged| merged.row < HEADER_ROWS && merged.columns.1 > merged.columns.0);
        Ok(Self {
            out,
            written: 0,
            first_column: extent.first_column,
            width: usize::try_from(extent.columns()).unwrap_or(0).min(limits.max_columns),
            merged,
            row: 0,
            cells: Vec::new(),
            held_bytes: 0,
            max_record_bytes: limits.max_record_bytes,
            max_text_bytes: limits.max_unpacked_bytes,
            quoted: String::new(),
            record_rows: Vec::new(),
        })
    }

    /// Adds a cell, 0-based. Rows come in order, the cells of a row in any.
    pub fn cell(&mut self, row: u64, column: u32, text: String) -> Result<(), IngestError> {
        if text.is_empty() {
            return Ok(());
        }
        self.go_to(row)?;
        if column >= MAX_COLUMNS {
            return Err(damaged(format!("row {} has a cell beyond the last column", row + 1)));
        }
        self.held_bytes += text.len();
        if text.len() > MAX_CELL_BYTES || self.held_bytes > self.max_record_bytes {
            return Err(refused(format!(
                "Row {}: a cell is longer than a spreadsheet can hold. Check the workbook in the program that made it.",
                row + 1
            )));
        }
        // Something in front of the first column that was seen to hold anything cannot come.
        let index = column.saturating_sub(self.first_column) as usize;
        if self.cells.len() <= index {
            self.cells.resize(index + 1, String::new());
        }
        self.cells[index] = text;
        Ok(())
    }

    fn go_to(&mut self, row: u64) -> Result<(), IngestError> {
        if row == self.row {
            return Ok(());
        }
        if row >= MAX_ROWS {
            return Err(damaged(format!("it has a row {}, more than a sheet can have", row + 1)));
        }
        if row < self.row {
            return Err(damaged(format!("row {} comes after row {}", row + 1, self.row + 1)));
        }
        while self.row < row {
            self.end_row()?;
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), IngestError> {
        self.row += 1;
        self.spread_merged();
        if !self.cells.is_empty() && self.cells.len() < self.width {
            self.cells.resize(self.width, String::new());
        }
        if !self.cells.is_empty() && self.record_rows.len() < SAID_ROWS {
            self.record_rows.push(self.row);
        }
        self.quoted.clear();
        for (index, cell) in self.cells.iter().enumerate() {
            if index > 0 {
                self.quoted.push(',');
            }
            push_quoted(&mut self.quoted, cell);
        }
        self.quoted.push('\n');
        self.written += self.quoted.len() as u64;
        if self.written > self.max_text_bytes {
            return Err(refused(format!(
                "Row {}: the sheet's text is more than {}. Split the workbook, or save it as CSV.",
                self.row,
                limit(self.max_text_bytes)
            )));
        }
        self.out.write_all(self.quoted.as_bytes())?;
        self.cells.clear();
        self.held_bytes = 0;
        Ok(())
    }

    /// A merged cell counts for all columns that it spans, above the table alone: where other cells stand beside it.
    /// A title that spans the table stays one cell.
    fn spread_merged(&mut self) {
        let row = self.row - 1;
        if row >= HEADER_ROWS || self.cells.is_empty() {
            return;
        }
        for merged in &self.merged {
            let place = |column: u32| column.saturating_sub(self.first_column) as usize;
            let (first, last) = (place(merged.columns.0), place(merged.columns.1).min(self.width.max(1) - 1));
            let beside = self.cells.iter().enumerate();
            let stands_alone =
                beside.filter(|(index, cell)| !(first..=last).contains(index) && !cell.is_empty()).count()
                    == 0;
            if merged.row != row || stands_alone {
                continue;
            }
            let Some(text) = self.cells.get(first).filter(|text| !text.is_empty()).cloned() else { continue };
            if self.cells.len() <= last {
                self.cells.resize(last + 1, String::new());
            }
            for cell in &mut self.cells[first + 1..=last.max(first)] {
                if cell.is_empty() {
                    cell.clone_from(&text);
                }
            }
        }
    }

    /// Ends the last row and the file. Says which rows the first records are.
    pub fn finish(mut self) -> Result<Vec<u64>, IngestError> {
        if !self.cells.is_empty() {
            self.end_row()?;
        }
        self.out.flush()?;
        Ok(self.record_rows)
    }
}

/// A cell as RFC 4180 has it, without the control characters that no text has.
fn push_quoted(line: &mut String, cell: &str) {
    let is_control = |c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r');
    let cell = if cell.contains(is_control) { &cell.replace(is_control, "") } else { cell };
    // A byte order mark at the start would be taken for the file's.
    if cell.contains([',', '"', '\n', '\r']) || cell.starts_with([' ', '\u{FEFF}']) || cell.ends_with(' ') {
        line.push('"');
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(cell);
    }
}
