//! CSV and JSON lines.

use std::io::{self, Write};

use serde::Serializer;
use serde::ser::SerializeMap;

use super::Export;
use crate::domain::column::{Column, ColumnType};
use crate::domain::value::parse_number;

/// Whether a spreadsheet would take the cell for a formula (OWASP, "CSV Injection"). A number is none: `-5` in a
/// column of numbers stays as it is. Quotes before it count as part of the guard, so that taking one guard off
/// always gives back what was exported.
fn needs_guard(cell: &str, column: &Column) -> bool {
    if !looks_like_formula(cell) {
        return false;
    }
    let is_number = matches!(column.column_type, ColumnType::Integer | ColumnType::Decimal)
        && parse_number(cell, column.number_format).is_some();
    !is_number
}

fn looks_like_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A cell of text as a spreadsheet takes it for text, in tables that are no dataset's.
pub fn guard_cell(cell: &str) -> std::borrow::Cow<'_, str> {
    guarded(cell, looks_like_formula(cell))
}

/// A cell as it was before [`guard_cell`].
pub fn unguarded(cell: &str) -> &str {
    if crate::ingest::is_guarded(cell) { &cell[1..] } else { cell }
}

fn guarded(cell: &str, guard: bool) -> std::borrow::Cow<'_, str> {
    if guard { format!("'{cell}").into() } else { cell.into() }
}

pub(super) fn write_csv(export: &Export, out: &mut impl Write) -> io::Result<()> {
    let columns = export.columns();
    let mut writer = csv::WriterBuilder::new().buffer_capacity(1 << 16).from_writer(out);
    // A header is text whatever its column's type.
    for column in &columns {
        writer.write_field(&*guard_cell(&column.name))?;
    }
    writer.write_record(None::<&[u8]>)?;
    export.open.view.for_each_row(&export.found, |row| {
        for (cell, column) in export.cells(&row).zip(&columns) {
            writer.write_field(&*guarded(cell, needs_guard(cell, column)))?;
        }
        writer.write_record(None::<&[u8]>)
    })?;
    writer.flush()
}

pub(super) fn write_jsonl(export: &Export, out: &mut impl Write) -> io::Result<()> {
    let columns = export.columns();
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    export.open.view.for_each_row(&export.found, |row| {
        let mut serializer = serde_json::Serializer::new(&mut out);
        let mut map = serializer.serialize_map(Some(columns.len()))?;
        for (cell, column) in export.cells(&row).zip(&columns) {
            map.serialize_entry(&column.name, cell)?;
        }
        map.end()?;
        out.write_all(b"\n")
    })?;
    out.flush()
}
