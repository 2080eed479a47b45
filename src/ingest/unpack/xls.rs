//! XLS, the workbooks of Excel 5.0 to 2003. A sheet has at most 65,536 rows and 256 columns, and all of them are
//! held in memory, which the child's limit bounds.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::Path;

use calamine::{Data, Range, Reader, SheetVisible, Xls, XlsError};

use super::super::IngestError;
use super::choose::choose;
use super::sheet_writer::{Extent, Merged, SheetWriter};
use super::workbook::{Findings, encrypted, text_of, unpacked};
use super::{Part, Unpacked, Wanted, damaged};
use crate::domain::limits::ImportLimits;

/// Writes the sheet that is wanted.
pub fn unpack(
    mut file: &File,
    text: &Path,
    wanted: &Wanted,
    limits: &ImportLimits,
) -> Result<Unpacked, IngestError> {
    file.seek(SeekFrom::Start(0))?;
    let mut book: Xls<_> = Xls::new(BufReader::new(file)).map_err(|error| match error {
        XlsError::Password => encrypted(),
        other => damaged(other),
    })?;
    let is_1904 = book.has_1904_epoch();
    let sheets = book.sheets_metadata().to_vec();
    let mut parts = Vec::new();
    let mut extents = Vec::new();
    for sheet in &sheets {
        let mut extent = Extent::default();
        if let Ok(range) = book.worksheet_range(&sheet.name) {
            each_cell(&range, is_1904, &mut |row, column, _| {
                extent.add(row, column);
                Ok(())
            })?;
        }
        parts.push(Part {
            name: sheet.name.clone(),
            rows: extent.rows,
            columns: extent.columns(),
            bytes: 0,
            hidden: sheet.visible != SheetVisible::Visible,
        });
        extents.push(extent);
    }
    let chosen = choose(&parts, wanted)?;
    let name = &parts[chosen].name;
    let merged = book.merge_cells_by_sheet_name(name).unwrap_or_default();
    let merged = merged
        .iter()
        .map(|area| Merged { row: u64::from(area.start.0), columns: (area.start.1, area.end.1) });
    let mut writer = SheetWriter::create(text, &extents[chosen], merged.collect(), limits)?;
    let range = book.worksheet_range(name).map_err(damaged)?;
    drop(book);
    each_cell(&range, is_1904, &mut |row, column, text| writer.cell(row, column, text))?;
    let record_rows = writer.finish()?;
    Ok(unpacked(text, parts, chosen, record_rows, &Findings::default()))
}

fn each_cell(
    range: &Range<Data>,
    is_1904: bool,
    visit: &mut dyn FnMut(u64, u32, String) -> Result<(), IngestError>,
) -> Result<(), IngestError> {
    let Some((first_row, first_column)) = range.start() else { return Ok(()) };
    for (row, column, value) in range.used_cells() {
        let text = text_of(value, is_1904, None, &mut Findings::default());
        if !text.is_empty() {
            visit(u64::from(first_row) + row as u64, first_column + column as u32, text)?;
        }
    }
    Ok(())
}
