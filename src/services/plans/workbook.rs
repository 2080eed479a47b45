//! A table of a plan as a workbook: numbers and days typed, texts as strings, so that no cell is ever a formula.

use std::io;

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::services::Services;
use crate::services::error::ServiceError;
use crate::services::files;

/// A double holds numbers of so many digits exactly; longer ones are written as text.
const EXACT: u128 = 10_u128.pow(15);
/// Characters of a cell: what Excel opens.
const CELL_CHARS: usize = 32_767;
/// Rows of a sheet, its header included: what Excel opens.
pub(super) const SHEET_ROWS: usize = 1_048_576;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// As it is.
    Text(String),
    /// A quantity.
    Number(Decimal),
    /// A day.
    Day(Date),
    /// Nothing.
    Blank,
}

impl Cell {
    pub(super) fn number(amount: Option<Decimal>) -> Self {
        amount.map_or(Self::Blank, Self::Number)
    }

    pub(super) fn day(day: Option<Date>) -> Self {
        day.map_or(Self::Blank, Self::Day)
    }
}

/// How the table looks.
pub(super) struct Look<'l> {
    /// What the sheet is called.
    pub name: &'l str,
    /// What stands above the columns.
    pub header: &'l [String],
    /// Columns that stay at the left.
    pub frozen: u16,
}

/// What a failed write of a workbook is.
pub(super) fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other),
    }
}

/// Writes a cell; `day` is how days look.
pub(super) fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    day: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Blank => return Ok(()),
        Cell::Text(text) => {
            let cut = text.char_indices().nth(CELL_CHARS).map_or(&text[..], |(end, _)| &text[..end]);
            sheet.write_string(row, column, cut)?
        }
        Cell::Day(date) => {
            let date = ExcelDateTime::from_ymd(
                date.year().unsigned_abs(),
                date.month().unsigned_abs(),
                date.day().unsigned_abs(),
            )?;
            sheet.write_datetime_with_format(row, column, date, day)?
        }
        Cell::Number(number) => match number.normalize() {
            exact if exact.mantissa().unsigned_abs() < EXACT => {
                sheet.write_number(row, column, exact.to_f64().unwrap_or_default())?
            }
            long => sheet.write_string(row, column, long.to_string())?,
        },
    };
    Ok(())
}

/// A workbook of one sheet with the rows that `rows` hands over, one after the other.
///
/// # Errors
/// What `rows` returns; [`ServiceError::Internal`] where the disk is full.
pub(super) fn write(
    services: &Services,
    look: &Look<'_>,
    rows: impl FnOnce(&mut dyn FnMut(&[Cell]) -> io::Result<()>) -> Result<io::Result<()>, ServiceError>,
) -> Result<Vec<u8>, ServiceError> {
    let broken = |error: io::Error| ServiceError::Internal(format!("writing a workbook: {error}"));
    let scratch = files::workshop(services).map_err(broken)?;
    let bold = Format::new().set_bold();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let mut workbook = Workbook::new();
    workbook.set_tempdir(&scratch).map_err(|error| broken(failed(error)))?;
    let mut begin = || -> Result<(), XlsxError> {
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(look.name)?;
        sheet.set_freeze_panes(1, look.frozen)?;
        sheet.set_column_width(0, 18)?;
        for (column, name) in (0..).zip(look.header) {
            sheet.write_string_with_format(0, column, name, &bold)?;
        }
        Ok(())
    };
    begin().map_err(|error| broken(failed(error)))?;
    let mut at = 0;
    rows(&mut |cells| {
        at += 1;
        let sheet = workbook.worksheet_from_index(0).map_err(failed)?;
        for (column, cell) in (0..).zip(cells) {
            put(sheet, (at, column), cell, &day).map_err(failed)?;
        }
        Ok(())
    })?
    .map_err(broken)?;
    // A workbook is a ZIP archive: its writer goes back over the file, so it is made on disk first.
    let mut file = tempfile::tempfile_in(&scratch).map_err(broken)?;
    let copy = file.try_clone().map_err(broken)?;
    workbook.save_to_writer(copy).map_err(|error| broken(failed(error)))?;
    let mut bytes = Vec::new();
    io::Seek::rewind(&mut file)
        .and_then(|()| io::Read::read_to_end(&mut file, &mut bytes))
        .map_err(broken)?;
    Ok(bytes)
}
