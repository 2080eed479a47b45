//! What an XLSX workbook's parts say before it is read: which sheet is where, how large each is, and what it hides.

use crate::base::size::{limit, size_needed};
use std::io::{BufRead, BufReader};

use super::super::IngestError;
use super::archive::{Archive, index_of, of_zip};
use super::bounded::Budget;
use super::refused;
use super::sheet_writer::{Extent, MAX_COLUMNS, Merged};
use super::workbook::Findings;
use super::xml_tags::{Tags, cell_place};

/// Bytes of the styles: they are held in memory many times over.
const MAX_STYLE_BYTES: u64 = 64 << 20;
/// What a shared string takes in memory beside its text.
const STRING_BYTES: u64 = 56;
/// Memory that shared strings may take.
const MAX_STRING_BYTES: u64 = 640 << 20;
/// Merged cells that are remembered: those of a header.
const MAX_MERGED: usize = 10_000;

/// What was seen of a sheet.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Where it holds something.
    pub extent: Extent,
    /// Its merged cells.
    pub merged: Vec<Merged>,
    /// What to say about it.
    pub findings: Findings,
}

/// Refuses what would take too much memory: strings and styles are held there.
pub fn must_fit(archive: &mut Archive<'_>, budget: &Budget) -> Result<(), IngestError> {
    let mut bytes = 0;
    each_tag(archive, budget, "xl/sharedStrings.xml", |tag| {
        bytes += if tag.name() == b"si" && !tag.closes() { STRING_BYTES } else { 0 };
    })?;
    bytes += size_of(archive, "xl/sharedStrings.xml");
    if bytes > MAX_STRING_BYTES {
        return Err(refused(format!(
            "The workbook's texts would take {} of memory, and the limit is {}. Split it, or save the sheet as CSV.",
            size_needed(bytes),
            limit(MAX_STRING_BYTES)
        )));
    }
    if size_of(archive, "xl/styles.xml") > MAX_STYLE_BYTES {
        return Err(refused(
            "The workbook has too many cell styles to be read in little memory. Save the sheet as CSV and send that.",
        ));
    }
    Ok(())
}

fn size_of(archive: &mut Archive<'_>, name: &str) -> u64 {
    let Some(index) = index_of(archive, name) else { return 0 };
    archive.by_index_raw(index).map_or(0, |entry| entry.size())
}

/// Where the part of each sheet is, in the order of the workbook.
pub fn sheet_paths(archive: &mut Archive<'_>, budget: &Budget) -> Result<Vec<Option<String>>, IngestError> {
    let mut targets = Vec::new();
    each_tag(archive, budget, "xl/_rels/workbook.xml.rels", |tag| {
        if tag.name() == b"Relationship"
            && let (Some(id), Some(target)) = (tag.attribute("Id"), tag.attribute("Target"))
        {
            let path = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("xl/{target}"),
            };
            targets.push((id.to_owned(), path));
        }
    })?;
    let mut paths = Vec::new();
    each_tag(archive, budget, "xl/workbook.xml", |tag| {
        if tag.name() == b"sheet" && !tag.closes() {
            let id = tag.attribute("r:id").or_else(|| tag.attribute("relationships:id"));
            let found = targets.iter().find(|(known, _)| Some(known.as_str()) == id);
            paths.push(found.map(|(_, path)| path.clone()));
        }
    })?;
    Ok(paths)
}

fn each_tag(
    archive: &mut Archive<'_>,
    budget: &Budget,
    name: &str,
    mut visit: impl FnMut(super::xml_tags::Tag<'_>),
) -> Result<(), IngestError> {
    let Some(index) = index_of(archive, name) else { return Ok(()) };
    let entry = archive.by_index(index).map_err(|error| of_zip(&error))?;
    let mut tags = Tags::new(BufReader::with_capacity(64 << 10, budget.read(entry)));
    while let Some(tag) = tags.next().map_err(|error| budget.explain(&error))? {
        visit(tag);
    }
    Ok(())
}

/// Looks at the part of a sheet.
pub fn look_at(archive: &mut Archive<'_>, budget: &Budget, path: &str) -> Result<Option<Seen>, IngestError> {
    let Some(index) = index_of(archive, path) else { return Ok(None) };
    let entry = archive.by_index(index).map_err(|error| of_zip(&error))?;
    let mut tags = Tags::new(BufReader::with_capacity(64 << 10, budget.read(entry)));
    scan(&mut tags).map(Some).map_err(|error| budget.explain(&error))
}

/// Where the scan is.
#[derive(Default)]
struct At {
    row: u64,
    column: u32,
    /// The row is hidden, and nothing was found in it yet.
    hides_unseen: bool,
    has_formula: bool,
    has_value: bool,
}

fn scan(tags: &mut Tags<impl BufRead>) -> std::io::Result<Seen> {
    let mut seen = Seen::default();
    let mut hidden_columns = Vec::new();
    let mut at = At::default();
    while let Some(tag) = tags.next()? {
        match (tag.name(), tag.closes()) {
            (b"row", false) => {
                if let Some(row) = tag.attribute("r").and_then(|row| row.parse::<u64>().ok()) {
                    at.row = row.saturating_sub(1);
                }
                at.column = 0;
                at.hides_unseen = tag.is_set("hidden");
                at.row += u64::from(tag.is_empty());
            }
            (b"row", true) => at.row += 1,
            (b"c", false) => {
                if let Some((row, column)) = tag.attribute("r").and_then(cell_place) {
                    (at.row, at.column) = (row, column.min(MAX_COLUMNS - 1));
                }
                (at.has_formula, at.has_value) = (false, false);
                at.column += u32::from(tag.is_empty());
            }
            (b"v" | b"is", false) if !tag.is_empty() => {
                at.has_value = true;
                seen.extent.add(at.row, at.column);
                seen.findings.hidden_rows += u64::from(std::mem::take(&mut at.hides_unseen));
            }
            (b"f", false) => at.has_formula = true,
            (b"c", true) => {
                if at.has_formula && !at.has_value {
                    seen.findings.without_value += 1;
                    seen.findings
                        .first_without_value
                        .get_or_insert_with(|| format!("{}{}", letters(at.column), at.row + 1));
                }
                at.column += 1;
            }
            (b"col", false) if tag.is_set("hidden") => {
                let number = |name: &str| tag.attribute(name).and_then(|text| text.parse::<u32>().ok());
                if let (Some(first @ 1..), Some(last)) = (number("min"), number("max")) {
                    hidden_columns.push((first - 1, last.min(MAX_COLUMNS)));
                }
            }
            (b"mergeCell", false) if seen.merged.len() < MAX_MERGED => {
                seen.merged.extend(tag.attribute("ref").and_then(merged));
            }
            _ => {}
        }
    }
    let extent = &seen.extent;
    for (first, end) in hidden_columns {
        let end = end.min(extent.end_column);
        seen.findings.hidden_columns += u64::from(end.saturating_sub(first.max(extent.first_column)));
    }
    Ok(seen)
}

fn merged(area: &str) -> Option<Merged> {
    let (from, to) = area.split_once(':')?;
    let ((row, first), (_, last)) = (cell_place(from)?, cell_place(to)?);
    Some(Merged { row, columns: (first, last.min(MAX_COLUMNS)) })
}

/// `AB` for 27.
pub fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        letters.push(char::from(b'A' + ((left - 1) % 26) as u8));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}
