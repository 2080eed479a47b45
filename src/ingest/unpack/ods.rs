//! ODS: one XML part with all sheets, read from one end to the other. Cells and rows say how often they are repeated,
//! so that nothing here is as large as a file claims.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::IngestError;
use super::archive::{Archive, index_of, of_zip};
use super::bounded::Budget;
use super::choose::choose;
use super::sheet_writer::{Extent, MAX_COLUMNS, MAX_ROWS, Merged, SheetWriter};
use super::workbook::{Findings, encrypted, unpacked};
use super::xlsx_parts::letters;
use super::xml_tags::Tags;
use super::{Part, Unpacked, Wanted, damaged, refused, value};
use crate::domain::limits::ImportLimits;

/// Cells that repeats may make.
const MAX_CELLS: u64 = 100_000_000;

/// Writes the sheet that is wanted.
pub fn unpack(
    archive: &mut Archive<'_>,
    budget: &Budget,
    text: &Path,
    wanted: &Wanted,
    limits: &ImportLimits,
) -> Result<Unpacked, IngestError> {
    if is_encrypted(archive, budget)? {
        return Err(encrypted());
    }
    let mut sheets = Counted::default();
    walk(archive, budget, &mut sheets)?;
    let chosen = choose(&sheets.parts, wanted)?;
    let Found { extent, merged, .. } = sheets.found.swap_remove(chosen);
    let writer = SheetWriter::create(text, &extent, merged, limits)?;
    let mut written = Written { at: 0, wanted: chosen, writer, findings: Findings::default() };
    // Read once more: it counts once.
    walk(archive, &Budget::of(u64::MAX, limits), &mut written)?;
    let record_rows = written.writer.finish()?;
    let mut findings = written.findings;
    let found = sheets.hidden.swap_remove(chosen);
    findings.hidden_columns = found
        .iter()
        .map(|(first, end)| (*end).min(extent.end_column).saturating_sub((*first).max(extent.first_column)))
        .map(u64::from)
        .sum();
    Ok(unpacked(text, sheets.parts, chosen, record_rows, &findings))
}

fn is_encrypted(archive: &mut Archive<'_>, budget: &Budget) -> Result<bool, IngestError> {
    let Some(index) = index_of(archive, "META-INF/manifest.xml") else { return Ok(false) };
    let entry = archive.by_index(index).map_err(|error| of_zip(&error))?;
    let mut tags = Tags::new(BufReader::new(budget.read(entry)));
    while let Some(tag) = tags.next().map_err(|error| budget.explain(&error))? {
        if tag.name() == b"encryption-data" {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is done with what is met.
trait Visit {
    /// A sheet begins; false passes it over.
    fn sheet(&mut self, name: String, hidden: bool) -> bool;
    /// Columns that are hidden: the first, and one past the last.
    fn hidden_columns(&mut self, columns: (u32, u32));
    /// A row with something in it, and how often it is repeated.
    fn row(&mut self, row: u64, times: u64, hidden: bool, cells: &[Cell]) -> Result<(), IngestError>;
}

/// A cell, or several that are the same.
#[derive(Debug, Clone, Default)]
struct Cell {
    column: u32,
    times: u32,
    spans: u32,
    text: String,
    is_percent: bool,
    without_value: bool,
}

/// The first look: how large each sheet is.
#[derive(Default)]
struct Counted {
    parts: Vec<Part>,
    found: Vec<Found>,
    hidden: Vec<Vec<(u32, u32)>>,
}

#[derive(Default)]
struct Found {
    extent: Extent,
    merged: Vec<Merged>,
    cells: u64,
}

impl Visit for Counted {
    fn sheet(&mut self, name: String, hidden: bool) -> bool {
        self.parts.push(Part { name, rows: 0, columns: 0, bytes: 0, hidden });
        self.found.push(Found::default());
        self.hidden.push(Vec::new());
        true
    }

    fn hidden_columns(&mut self, columns: (u32, u32)) {
        if let Some(hidden) = self.hidden.last_mut() {
            hidden.push(columns);
        }
    }

    fn row(&mut self, row: u64, times: u64, _hidden: bool, cells: &[Cell]) -> Result<(), IngestError> {
        let (Some(part), Some(found)) = (self.parts.last_mut(), self.found.last_mut()) else { return Ok(()) };
        for cell in cells.iter().filter(|cell| !cell.text.is_empty()) {
            found.cells += u64::from(cell.times) * times;
            found.extent.add(row, cell.column);
            found.extent.add(row, cell.column + cell.times - 1);
            if cell.spans > 1 {
                found.merged.push(Merged { row, columns: (cell.column, cell.column + cell.spans - 1) });
            }
        }
        if row + times > MAX_ROWS || found.cells > MAX_CELLS {
            return Err(refused(format!(
                "Row {}: the sheet “{}” repeats cells more often than any sheet can have. Check the file in the program \
                 that made it.",
                row + 1,
                part.name
            )));
        }
        if cells.iter().any(|cell| !cell.text.is_empty()) {
            part.rows += times;
        }
        part.columns = found.extent.columns();
        Ok(())
    }
}

/// The second: the sheet that is wanted.
struct Written {
    at: usize,
    wanted: usize,
    writer: SheetWriter,
    findings: Findings,
}

impl Visit for Written {
    fn sheet(&mut self, _name: String, _hidden: bool) -> bool {
        self.at += 1;
        self.at - 1 == self.wanted
    }

    fn hidden_columns(&mut self, _columns: (u32, u32)) {}

    fn row(&mut self, row: u64, times: u64, hidden: bool, cells: &[Cell]) -> Result<(), IngestError> {
        let has_text = cells.iter().any(|cell| !cell.text.is_empty());
        self.findings.hidden_rows += if hidden && has_text { times } else { 0 };
        for cell in cells {
            self.findings.percent |= cell.is_percent;
            if cell.without_value {
                self.findings.without_value += times * u64::from(cell.times);
                let place = || format!("{}{}", letters(cell.column), row + 1);
                self.findings.first_without_value.get_or_insert_with(place);
            }
        }
        for row in row..row + if has_text { times } else { 0 } {
            for cell in cells.iter().filter(|cell| !cell.text.is_empty()) {
                for column in cell.column..cell.column + cell.times {
                    self.writer.cell(row, column, cell.text.clone())?;
                }
            }
        }
        Ok(())
    }
}

fn walk(archive: &mut Archive<'_>, budget: &Budget, visit: &mut dyn Visit) -> Result<(), IngestError> {
    let index = index_of(archive, "content.xml").ok_or_else(|| damaged("its content is missing"))?;
    let entry = archive.by_index(index).map_err(|error| of_zip(&error))?;
    let boxed: Box<dyn Read + '_> = Box::new(entry);
    let mut reader = Reader::from_reader(BufReader::with_capacity(64 << 10, budget.read(boxed)));
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_end_names = false;
    let mut content = Content { reader, buffer: Vec::new() };
    let mut hidden_styles = HashSet::new();
    let mut style = None;
    loop {
        match content.next(budget)? {
            Event::Start(tag) => match tag.name().as_ref() {
                "style:style" => style = attribute(&tag, "style:name"),
                "style:table-properties" if attribute(&tag, "table:display").as_deref() == Some("false") => {
                    hidden_styles.extend(style.take());
                }
                "table:table" => {
                    let name = attribute(&tag, "table:name").unwrap_or_default();
                    let style = attribute(&tag, "table:style-name");
                    let is_hidden = style.is_some_and(|style| hidden_styles.contains(&style));
                    let is_wanted = visit.sheet(name, is_hidden);
                    content.table(budget, is_wanted, visit)?;
                }
                _ => {}
            },
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok()??;
    let plain = quick_xml::escape::unescape(&found.value);
    Some(plain.map_or_else(|_| found.value.to_string(), std::borrow::Cow::into_owned))
}

/// How often something is repeated.
fn times<N: std::str::FromStr + From<u8>>(tag: &BytesStart<'_>, name: &str) -> N {
    attribute(tag, name).and_then(|text| text.parse().ok()).unwrap_or_else(|| N::from(1))
}

/// The part with the sheets.
struct Content<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
}

impl<R: BufRead> Content<R> {
    fn next(&mut self, budget: &Budget) -> Result<Event<'_>, IngestError> {
        self.buffer.clear();
        let next = self.reader.read_event_into(&mut self.buffer);
        next.map_err(|error| match error {
            quick_xml::Error::Io(error) => budget.explain(&error),
            _ => damaged("a part of it breaks the rules of XML"),
        })
    }

    /// Reads a sheet up to its end. A table inside of a cell is no sheet.
    fn table(&mut self, budget: &Budget, is_wanted: bool, visit: &mut dyn Visit) -> Result<(), IngestError> {
        let (mut row, mut column, mut columns_told) = (0_u64, 0_u32, 0_u32);
        let (mut row_times, mut row_is_hidden) = (1_u64, false);
        let mut cells: Vec<Cell> = Vec::new();
        let mut inside = 0_usize;
        loop {
            let found = match self.next(budget)? {
                Event::Eof => return Err(damaged("it ends inside of a sheet")),
                Event::End(tag) => match tag.name().as_ref() {
                    "table:table" if inside == 0 => return Ok(()),
                    "table:table" => {
                        inside -= 1;
                        None
                    }
                    "table:table-row" if inside == 0 => {
                        if is_wanted && cells.iter().any(|cell| !cell.text.is_empty() || cell.without_value) {
                            visit.row(row, row_times, row_is_hidden, &cells)?;
                        }
                        row = row.saturating_add(row_times);
                        cells.clear();
                        None
                    }
                    _ => None,
                },
                Event::Start(tag) => match tag.name().as_ref() {
                    "table:table" => {
                        inside += 1;
                        None
                    }
                    _ if inside > 0 => None,
                    "table:table-column" => {
                        let repeated: u32 = times(&tag, "table:number-columns-repeated");
                        let end = columns_told.saturating_add(repeated).min(MAX_COLUMNS);
                        if is_wanted && is_collapsed(&tag) {
                            visit.hidden_columns((columns_told, end));
                        }
                        columns_told = end;
                        None
                    }
                    "table:table-row" => {
                        row_times = times::<u64>(&tag, "table:number-rows-repeated").max(1);
                        row_is_hidden = is_collapsed(&tag);
                        column = 0;
                        None
                    }
                    "table:table-cell" | "table:covered-table-cell" => {
                        Some(Head::of(&tag, column, tag.name().as_ref() == "table:table-cell"))
                    }
                    _ => None,
                },
                _ => None,
            };
            let Some(head) = found else { continue };
            let shown = self.cell_text(budget, is_wanted)?;
            let cell = head.cell(shown);
            column = column.saturating_add(cell.times);
            if (!cell.text.is_empty() || cell.without_value) && is_wanted {
                if column > MAX_COLUMNS {
                    return Err(damaged(format!(
                        "row {} has a cell beyond the last column",
                        row.saturating_add(1)
                    )));
                }
                cells.push(cell);
            }
        }
    }

    /// What a cell shows, up to its end: its paragraphs, without comments and pictures.
    fn cell_text(&mut self, budget: &Budget, is_wanted: bool) -> Result<String, IngestError> {
        let mut text = String::new();
        let (mut depth, mut paragraphs, mut passed_over) = (0_usize, 0_usize, 0_usize);
        let mut in_paragraph = 0_usize;
        loop {
            match self.next(budget)? {
                Event::Eof => return Err(damaged("it ends inside of a cell")),
                Event::Start(tag) => {
                    depth += 1;
                    let name = tag.name();
                    let name = name.as_ref();
                    if passed_over > 0 || matches!(name, "office:annotation" | "draw:frame" | "table:table") {
                        passed_over += 1;
                    } else if matches!(name, "text:p" | "text:h") {
                        in_paragraph += 1;
                        paragraphs += 1;
                        if paragraphs > 1 {
                            text.push('\n');
                        }
                    } else if name == "text:s" {
                        let spaces: usize = times::<u32>(&tag, "text:c") as usize;
                        text.extend(std::iter::repeat_n(' ', spaces.min(1_000)));
                    } else if name == "text:tab" {
                        text.push('\t');
                    } else if name == "text:line-break" {
                        text.push('\n');
                    }
                }
                Event::End(tag) => {
                    let name = tag.name();
                    if depth == 0 {
                        return Ok(text);
                    }
                    depth -= 1;
                    if passed_over > 0 {
                        passed_over -= 1;
                    } else if matches!(name.as_ref(), "text:p" | "text:h") {
                        in_paragraph = in_paragraph.saturating_sub(1);
                    }
                }
                Event::Text(part) if in_paragraph > 0 && passed_over == 0 && is_wanted => {
                    text.push_str(&part.xml10_content());
                }
                Event::CData(part) if in_paragraph > 0 && passed_over == 0 && is_wanted => {
                    text.push_str(&part.xml10_content());
                }
                Event::GeneralRef(entity) if in_paragraph > 0 && passed_over == 0 && is_wanted => {
                    match quick_xml::escape::resolve_xml_entity(entity.as_ref()) {
                        Some(known) => text.push_str(known),
                        // What a document declares itself is not expanded: that is how XML bombs are made.
                        None => text.extend(entity.resolve_char_ref().ok().flatten()),
                    }
                }
                _ => {}
            }
        }
    }
}

fn is_collapsed(tag: &BytesStart<'_>) -> bool {
    matches!(attribute(tag, "table:visibility").as_deref(), Some("collapse" | "filter"))
}

/// What a cell's tag says.
struct Head {
    cell: Cell,
    kind: Option<String>,
    value: Option<String>,
    has_formula: bool,
}

impl Head {
    fn of(tag: &BytesStart<'_>, column: u32, is_uncovered: bool) -> Self {
        let kind = attribute(tag, "office:value-type").filter(|_| is_uncovered);
        let value = match kind.as_deref() {
            Some("float" | "percentage" | "currency") => attribute(tag, "office:value"),
            Some("date") => attribute(tag, "office:date-value"),
            Some("time") => attribute(tag, "office:time-value"),
            Some("boolean") => attribute(tag, "office:boolean-value"),
            Some("string") => attribute(tag, "office:string-value"),
            _ => None,
        };
        let cell = Cell {
            column,
            times: times::<u32>(tag, "table:number-columns-repeated").max(1),
            spans: times::<u32>(tag, "table:number-columns-spanned").clamp(1, MAX_COLUMNS),
            ..Cell::default()
        };
        Self { cell, kind, value, has_formula: attribute(tag, "table:formula").is_some() }
    }

    fn cell(self, shown: String) -> Cell {
        let Self { mut cell, kind, value, has_formula } = self;
        let text = match (kind.as_deref(), value) {
            (Some("float" | "percentage" | "currency"), Some(text)) => {
                cell.is_percent = kind.as_deref() == Some("percentage");
                match text.parse::<f64>() {
                    // A code shows its leading zeros.
                    Ok(number) if is_padded(&shown) && shown.parse() == Ok(number) => shown,
                    // An error is written as the number 0 by some.
                    Ok(_) if shown.starts_with('#') && shown.ends_with(['!', '?', 'A']) => shown,
                    Ok(number) => value::number(number),
                    Err(_) => text,
                }
            }
            (Some("date"), Some(text)) => value::iso_date(&text),
            (Some("time"), Some(text)) => value::iso_duration(&text),
            (Some("boolean"), Some(text)) => value::boolean(text == "true").to_owned(),
            (Some("string"), Some(text)) if shown.is_empty() => text,
            _ => shown,
        };
        cell.without_value = has_formula && text.is_empty() && kind.is_none();
        cell.text = text;
        cell
    }
}

fn is_padded(shown: &str) -> bool {
    shown.len() > 1 && shown.starts_with('0') && shown.bytes().all(|byte| byte.is_ascii_digit())
}
