//! XLSX and XLSM: cells are read one after the other, whatever size the sheet claims to have.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::super::IngestError;
use super::archive::Archive;
use super::bounded::Budget;
use super::choose::choose;
use super::number_format::Shown;
use super::sheet_writer::SheetWriter;
use super::workbook::{Findings, encrypted, text_of, unpacked};
use super::xlsx_parts::{Seen, look_at, must_fit, sheet_paths};
use super::{Part, Unpacked, Wanted, damaged_book};
use crate::domain::excerpt::excerpt;
use crate::domain::limits::ImportLimits;

type Book<'f> = Xlsx<BufReader<&'f File>>;

/// Writes the sheet that is wanted.
pub fn unpack(
    file: &File,
    archive: &mut Archive<'_>,
    budget: &Budget,
    text: &Path,
    wanted: &Wanted,
    limits: &ImportLimits,
) -> Result<Unpacked, IngestError> {
    must_fit(archive, budget)?;
    let paths = sheet_paths(archive, budget)?;
    let mut found = Vec::new();
    for path in &paths {
        found.push(match path {
            Some(path) => look_at(archive, budget, path)?,
            None => None,
        });
    }
    let mut book: Book<'_> = Xlsx::new(BufReader::new(file)).map_err(|error| of_xlsx(&error))?;
    let sheets = book.sheets_metadata().to_vec();
    // Where the parts are called otherwise than everybody calls them, the cells are counted.
    found.resize(sheets.len(), None);
    let mut parts = Vec::new();
    let mut seen = Vec::new();
    for (sheet, found) in sheets.iter().zip(found) {
        let is_sheet = matches!(sheet.typ, SheetType::WorkSheet | SheetType::MacroSheet);
        let found = match found {
            _ if !is_sheet => Seen::default(),
            Some(found) => found,
            None => count(&mut book, &sheet.name)?,
        };
        parts.push(Part {
            name: sheet.name.clone(),
            rows: found.extent.rows,
            columns: found.extent.columns(),
            bytes: 0,
            hidden: sheet.visible != SheetVisible::Visible,
        });
        seen.push(found);
    }
    let chosen = choose(&parts, wanted)?;
    let Seen { extent, merged, mut findings } = seen.swap_remove(chosen);
    let mut writer = SheetWriter::create(text, &extent, merged, limits)?;
    let is_1904 = book.has_1904_epoch();
    let mut reader = book.worksheet_cells_reader(&parts[chosen].name).map_err(|error| of_xlsx(&error))?;
    let formats: Vec<Shown> = reader
        .styles()
        .iter()
        .map(|style| {
            style.number_format.as_ref().map_or(Shown::Plain, |format| Shown::of(&format.format_code))
        })
        .collect();
    let mut last = (0, 0);
    loop {
        let next = reader.next_cell_with_style_id();
        let next =
            next.map_err(|error| damaged_book(format!("after row {}: {}", last.0 + 1, say(&error))))?;
        let Some((cell, style)) = next else { break };
        last = cell.get_position();
        let text = text_of(cell.get_value(), is_1904, formats.get(style), &mut findings);
        writer.cell(u64::from(last.0), last.1, text)?;
    }
    let record_rows = writer.finish()?;
    Ok(unpacked(text, parts, chosen, record_rows, &findings))
}

fn count(book: &mut Book<'_>, name: &str) -> Result<Seen, IngestError> {
    let mut seen = Seen::default();
    let mut reader = match book.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        // A chart, or a part that is not there.
        Err(XlsxError::NotAWorksheet(_) | XlsxError::WorksheetNotFound(_)) => return Ok(seen),
        Err(error) => return Err(of_xlsx(&error)),
    };
    while let Some(cell) = reader.next_cell().map_err(|error| of_xlsx(&error))? {
        let (row, column) = cell.get_position();
        if !text_of(cell.get_value(), false, None, &mut Findings::default()).is_empty() {
            seen.extent.add(u64::from(row), column);
        }
    }
    Ok(seen)
}

fn of_xlsx(error: &XlsxError) -> IngestError {
    match error {
        XlsxError::Password => encrypted(),
        other => damaged_book(say(other)),
    }
}

/// What is wrong, without the library's words for what only it knows.
fn say(error: &XlsxError) -> String {
    let text = match error {
        XlsxError::Xml(quick_xml::Error::Io(_)) | XlsxError::Io(_) | XlsxError::Zip(_) => {
            "a part of it cannot be unpacked"
        }
        XlsxError::Xml(_) | XlsxError::XmlAttr(_) | XlsxError::Encoding(_) => {
            "a part of it breaks the rules of XML"
        }
        XlsxError::XmlEof(_) => "a part of it ends too early",
        XlsxError::Parse(_) | XlsxError::ParseFloat(_) | XlsxError::ParseInt(_) => {
            "a number in it cannot be read"
        }
        XlsxError::FileNotFound(name) => return format!("its part “{}” is missing", excerpt(name)),
        XlsxError::RelationshipNotFound => "what names its sheets is missing",
        other => return excerpt(other.to_string().trim_end_matches('.')),
    };
    text.to_owned()
}
