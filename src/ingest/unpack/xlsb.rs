//! XLSB: the same workbook in binary parts.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use calamine::{Reader, SheetVisible, Xlsb, XlsbError};

use super::super::IngestError;
use super::archive::{Archive, of_zip};
use super::bounded::Budget;
use super::choose::choose;
use super::sheet_writer::{Extent, SheetWriter};
use super::workbook::{Findings, encrypted, text_of, unpacked};
use super::{Part, Unpacked, Wanted, damaged_book};
use crate::domain::limits::ImportLimits;

/// Writes the sheet that is wanted.
pub fn unpack(
    file: &File,
    archive: &mut Archive<'_>,
    budget: &Budget,
    text: &Path,
    wanted: &Wanted,
    limits: &ImportLimits,
) -> Result<Unpacked, IngestError> {
    // What it says about its sizes may be a lie, and its parser believes it.
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| of_zip(&error))?;
        let mut part = budget.read(entry);
        let mut buffer = vec![0; 64 << 10];
        while part.read(&mut buffer).map_err(|error| budget.explain(&error))? > 0 {}
    }
    let mut book: Xlsb<_> = Xlsb::new(BufReader::new(file)).map_err(|error| of_xlsb(&error))?;
    let is_1904 = book.has_1904_epoch();
    let sheets = book.sheets_metadata().to_vec();
    let mut parts = Vec::new();
    let mut extents = Vec::new();
    for sheet in &sheets {
        let mut extent = Extent::default();
        each_cell(&mut book, &sheet.name, is_1904, &mut |row, column, _| {
            extent.add(row, column);
            Ok(())
        })?;
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
    let mut writer = SheetWriter::create(text, &extents[chosen], Vec::new(), limits)?;
    each_cell(&mut book, &parts[chosen].name, is_1904, &mut |row, column, text| {
        writer.cell(row, column, text)
    })?;
    let record_rows = writer.finish()?;
    Ok(unpacked(text, parts, chosen, record_rows, &Findings::default()))
}

fn each_cell(
    book: &mut Xlsb<BufReader<&File>>,
    name: &str,
    is_1904: bool,
    visit: &mut dyn FnMut(u64, u32, String) -> Result<(), IngestError>,
) -> Result<(), IngestError> {
    let Ok(mut reader) = book.worksheet_cells_reader(name) else { return Ok(()) };
    while let Some(cell) = reader.next_cell().map_err(|error| of_xlsb(&error))? {
        let text = text_of(cell.get_value(), is_1904, None, &mut Findings::default());
        if !text.is_empty() {
            let (row, column) = cell.get_position();
            visit(u64::from(row), column, text)?;
        }
    }
    Ok(())
}

fn of_xlsb(error: &XlsbError) -> IngestError {
    match error {
        XlsbError::Password => encrypted(),
        XlsbError::Xml(_) | XlsbError::XmlAttr(_) => damaged_book("a part of it breaks the rules of XML"),
        other => damaged_book(other),
    }
}
