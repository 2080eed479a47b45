//! Whether a file has records that are no rows, among its rows or below them.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::domain::column::{Column, ColumnType};
use crate::domain::limits::ImportLimits;
use crate::domain::profile::Profile;
use crate::domain::record::Record;

use super::IngestError;
use super::body::{Body, Found};
use super::head::HEAD_ROWS;
use super::header::DetectedHeader;
use super::inspect::Note;
use super::problem::LeftOut;

/// Bytes at the end of a large file that are looked at.
const TAIL_BYTES: u64 = 64 << 10;

/// Records of which each gets a note of its own.
const NOTED: usize = 5;

/// Records that are no rows, with their lines; 0 where the line is not known.
pub(super) type Outside = Vec<(u64, LeftOut)>;

/// Finds the records that are no rows in the first records of `file`, and at its end where that is elsewhere; sets
/// the profile's flag. Rewinds.
pub(super) fn find(
    file: &mut File,
    profile: &mut Profile,
    shape: DetectedHeader,
    names: &[String],
    is_whole: bool,
    limits: &ImportLimits,
) -> Result<Outside, IngestError> {
    profile.header_record = shape.record;
    profile.more_header_records = shape.more;
    profile.records_below_header = shape.below;
    profile.has_footer = true;
    profile.columns = names.iter().map(|name| text_column(name)).collect();
    file.seek(SeekFrom::Start(0))?;
    let mut outside = Outside::new();
    collect(Body::new(&*file, profile, limits)?, HEAD_ROWS, &mut outside)?;
    let len = file.metadata()?.len();
    if !is_whole && len > TAIL_BYTES && !profile.encoding.starts_with("utf-16") {
        // The place may be in the middle of a record or of a quoted cell: only what ends the file counts.
        let mut tail = Outside::new();
        file.seek(SeekFrom::Start(len - TAIL_BYTES))?;
        let below = Profile {
            header_record: None,
            more_header_records: 0,
            records_below_header: 0,
            ..profile.clone()
        };
        if collect(Body::new(file.take(TAIL_BYTES), &below, limits)?, usize::MAX, &mut tail).is_ok() {
            tail.retain(|(_, what)| matches!(what, LeftOut::Note | LeftOut::Total | LeftOut::Blank));
            outside.extend(tail.into_iter().map(|(_, what)| (0, what)));
        }
    }
    file.seek(SeekFrom::Start(0))?;
    profile.has_footer = !outside.is_empty();
    profile.columns.clear();
    Ok(outside)
}

/// The record with which another table begins that is much larger than the one above.
pub(super) fn larger_table(outside: &Outside, lines: &[u64], first_row: usize) -> Option<usize> {
    let (line, _) = outside.iter().find(|(_, what)| *what == LeftOut::OtherTable)?;
    let at = lines.iter().position(|known| known == line)?;
    (lines.len() - at > 2 * at.saturating_sub(first_row)).then_some(at)
}

fn collect(mut body: Body<impl Read>, rows: usize, outside: &mut Outside) -> Result<(), IngestError> {
    let mut record = Record::default();
    for _ in 0..rows {
        match body.next(&mut record)? {
            Found::End => break,
            Found::Row => {}
            Found::LeftOut(what) => outside.push((record.line, what)),
        }
        body.take_problems();
    }
    Ok(())
}

fn text_column(name: &str) -> Column {
    Column::new(name, ColumnType::Text)
}

/// The rows without those that are none.
pub(super) fn without(rows: Vec<Vec<String>>, lines: &[u64], outside: &Outside) -> Vec<Vec<String>> {
    let lines_outside: HashSet<u64> = outside.iter().map(|(line, _)| *line).collect();
    rows.into_iter()
        .zip(lines.iter().chain(std::iter::repeat(&0)))
        .filter(|(_, line)| **line == 0 || !lines_outside.contains(line))
        .map(|(row, _)| row)
        .collect()
}

/// What is left out, in words.
pub(super) fn notes(outside: &Outside, is_whole: bool) -> Vec<Note> {
    let mut notes = Vec::new();
    let told = outside.iter().filter(|(_, what)| *what != LeftOut::Blank);
    for (line, what) in told.clone().filter(|(_, what)| *what != LeftOut::OtherTable).take(NOTED) {
        let line = (*line > 0).then_some(*line);
        let text = match line {
            Some(line) => format!("Line {line} is {what}; it is no row and left out."),
            None => format!("The end of the file holds {what}; it is no row and left out."),
        };
        notes.push(Note::new(line, text));
    }
    if let Some((line, _)) = outside.iter().find(|(_, what)| *what == LeftOut::OtherTable) {
        let text = format!("Line {line} begins another table; from there on everything is left out.");
        notes.push(Note::new(Some(*line), text));
    }
    if told.clone().filter(|(_, what)| *what != LeftOut::OtherTable).count() > NOTED {
        let more = if is_whole { "" } else { " at least, for the whole file was not read" };
        let count = told.count();
        notes.push(Note::new(None, format!("{count} records are left out in all{more}.")));
    }
    notes
}
