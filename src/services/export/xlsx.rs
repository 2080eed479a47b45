//! Workbooks: numbers and dates typed, codes and text as strings, never a formula.

use std::fs::File;
use std::io::{self, Write};

use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::Export;
use crate::domain::column::{Column, ColumnType};
use crate::domain::value::{parse_bool, parse_date, parse_number};

/// Rows of a sheet, its header included: what Excel opens.
const SHEET_ROWS: u32 = 1_048_576;
/// Characters of a cell: what Excel opens.
const CELL_CHARS: usize = 32_767;
/// A double holds so many digits exactly.
const EXACT_DIGITS: u32 = 15;

struct Formats {
    header: Format,
    date: Format,
    moment: Format,
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other),
    }
}

pub(super) fn write(export: &Export, out: &mut (impl Write + Send)) -> io::Result<()> {
    let columns = export.columns();
    let formats = Formats {
        header: Format::new().set_bold().set_align(FormatAlign::Top),
        date: Format::new().set_num_format("yyyy-mm-dd"),
        moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
    };
    let mut workbook = Workbook::new();
    workbook.set_tempdir(&export.scratch).map_err(failed)?;
    // Sheets in constant memory take one row after the other, so a full one is left for the next.
    let mut number = 1;
    new_sheet(&mut workbook, &sheet_name(export, number), &columns, &formats).map_err(failed)?;
    let mut at = 1;
    export
        .open
        .view
        .for_each_row(&export.found, |row| {
            if at == SHEET_ROWS {
                number += 1;
                new_sheet(&mut workbook, &sheet_name(export, number), &columns, &formats)?;
                at = 1;
            }
            let sheet = workbook.worksheet_from_index(number - 1)?;
            write_row(sheet, at, export.cells(&row), &columns, &formats)?;
            at += 1;
            Ok(())
        })
        .map_err(failed)?;
    about(&mut workbook, export, &formats).map_err(failed)?;
    // A workbook is a ZIP archive: its writer goes back over the file, so it is made on disk first.
    let mut file = tempfile::tempfile_in(&export.scratch)?;
    workbook.save_to_writer(file.try_clone()?).map_err(failed)?;
    rewind_and_copy(&mut file, out)
}

fn rewind_and_copy(file: &mut File, out: &mut impl Write) -> io::Result<()> {
    io::Seek::rewind(file)?;
    io::copy(file, out)?;
    out.flush()
}

/// A sheet's name: Excel takes 31 characters and none of `[]:*?/\`.
fn sheet_name(export: &Export, number: usize) -> String {
    let plain: String = export
        .open
        .dataset
        .name
        .chars()
        .map(|c| if "[]:*?/\\'".contains(c) || c.is_control() { ' ' } else { c })
        .take(24)
        .collect();
    let plain = match plain.trim() {
        "" => "Rows",
        name if name.eq_ignore_ascii_case("about") || name.eq_ignore_ascii_case("history") => "Rows",
        name => name,
    };
    if number == 1 { plain.to_owned() } else { format!("{plain} {number}") }
}

fn new_sheet(
    workbook: &mut Workbook,
    name: &str,
    columns: &[&Column],
    formats: &Formats,
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    for (index, column) in columns.iter().enumerate() {
        let width = match column.column_type {
            ColumnType::Text => 28,
            ColumnType::Code => 18,
            _ => 13,
        };
        sheet.set_column_width(index as u16, width)?;
        sheet.write_string_with_format(0, index as u16, cut(&column.name), &formats.header)?;
    }
    Ok(())
}

fn cut(cell: &str) -> &str {
    cell.char_indices().nth(CELL_CHARS).map_or(cell, |(end, _)| &cell[..end])
}

fn write_row<'c>(
    sheet: &mut Worksheet,
    at: u32,
    cells: impl Iterator<Item = &'c str>,
    columns: &[&Column],
    formats: &Formats,
) -> Result<(), XlsxError> {
    for (index, (cell, column)) in (0_u16..).zip(cells.zip(columns)) {
        if cell.is_empty() {
            continue;
        }
        if !write_typed(sheet, at, index, cell, column, formats)? {
            sheet.write_string(at, index, cut(cell))?;
        }
    }
    Ok(())
}

/// Writes a number, date or yes/no as what it is; false where a string is the only way to keep it exact.
fn write_typed(
    sheet: &mut Worksheet,
    at: u32,
    index: u16,
    cell: &str,
    column: &Column,
    formats: &Formats,
) -> Result<bool, XlsxError> {
    match column.column_type {
        ColumnType::Text | ColumnType::Code => Ok(false),
        ColumnType::Integer | ColumnType::Decimal => {
            let Some(number) = parse_number(cell, column.number_format).map(|number| number.normalize())
            else {
                return Ok(false);
            };
            let digits = number.mantissa().unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
            let Some(double) = number.to_f64().filter(|_| digits <= EXACT_DIGITS) else { return Ok(false) };
            sheet.write_number(at, index, double)?;
            Ok(true)
        }
        ColumnType::Bool => match parse_bool(cell) {
            Some(truth) => sheet.write_boolean(at, index, truth).map(|_| true),
            None => Ok(false),
        },
        ColumnType::Date => {
            let Some(date) = parse_date(cell, column.date_format) else { return Ok(false) };
            // Excel's calendar begins in 1900 and has a 29 February that year which never was.
            let (Ok(year), true) = (u16::try_from(date.year()), date.year() > 1900) else { return Ok(false) };
            let day = ExcelDateTime::from_ymd(year, date.month() as u8, date.day() as u8)?;
            let has_time = date.time() != jiff::civil::Time::midnight();
            if has_time {
                let seconds = f64::from(date.second()) + f64::from(date.subsec_nanosecond()) / 1e9;
                let moment = day.and_hms(date.hour() as u16, date.minute() as u8, seconds)?;
                sheet.write_datetime_with_format(at, index, &moment, &formats.moment)?;
            } else {
                sheet.write_datetime_with_format(at, index, &day, &formats.date)?;
            }
            Ok(true)
        }
    }
}

fn about(workbook: &mut Workbook, export: &Export, formats: &Formats) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name("About")?;
    sheet.set_column_width(0, 18)?;
    sheet.set_column_width(1, 60)?;
    let mut lines = vec![
        ("Dataset".to_owned(), export.open.dataset.name.clone()),
        ("Rows".to_owned(), format!("{} of {}", export.found.matched, export.open.view.total())),
        ("Generation".to_owned(), export.open.generation.to_string()),
        ("Data as of".to_owned(), export.open.published_at.to_string()),
        ("Data checked".to_owned(), export.open.checked_at().map(|at| at.to_string()).unwrap_or_default()),
        ("Exported at".to_owned(), export.about.at.to_string()),
        ("Exported by".to_owned(), export.about.user.clone()),
    ];
    lines.extend(export.about.search.iter().cloned());
    for (at, (name, value)) in (0_u32..).zip(&lines) {
        sheet.write_string_with_format(at, 0, cut(name), &formats.header)?;
        sheet.write_string(at, 1, cut(value))?;
    }
    Ok(())
}
