//! Headers of several records: group names above, names that go on below, units.

use std::collections::HashSet;

use super::header::{filled, is_value};
use super::words::{is_name_like, is_placeholder, is_ruled_line, is_unit};

/// Records that a header goes on for at most, below its first.
const MAX_MORE: usize = 2;

/// Records that a header goes on for at most, or that lie between it and the rows: those below its first, and a group's above.
pub const MAX_HEIGHT: usize = MAX_MORE + 1;

/// Records below the header that show what columns hold.
const COMPARED: usize = 40;

/// For the header at `first`: 1 where the record above holds names of groups of columns, how many records below go on
/// with it, and how many below those hold units.
pub(super) fn around(records: &[Vec<String>], gaps: &[bool], first: usize) -> (usize, usize, usize) {
    let gap = |at: usize| gaps.get(at).copied().unwrap_or(false);
    let group = first > 0 && !gap(first) && is_group_row(&records[first - 1], &records[first]);
    let (mut more, mut below) = (0, 0);
    let mut at = first + 1;
    while at < records.len() && more + below < MAX_MORE && !gap(at) {
        let rows = &records[at + 1..records.len().min(at + 1 + COMPARED)];
        match kind_of(&records[at], rows, &records[first]) {
            Kind::Names if below == 0 => more += 1,
            Kind::Units => below += 1,
            _ => break,
        }
        at += 1;
    }
    // Lines drawn below the names.
    if at < records.len() && below == 0 && is_ruled_line(records[at].iter().map(String::as_str)) {
        below = 1;
    }
    (usize::from(group), more, below)
}

/// Joins the names of each column, from the top down. A group's name holds for the columns to its right where the
/// names below would be the same without it.
pub(super) fn join(rows: &[Vec<String>]) -> Vec<String> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &Vec<String>, column: usize| row.get(column).map_or("", |cell| cell.trim()).to_owned();
    let plain = |rows: &[Vec<String>]| -> Vec<String> {
        let name = |column| {
            let parts = rows.iter().map(|row| cell(row, column)).filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(" ")
        };
        (0..width).map(name).collect()
    };
    let names = plain(rows);
    let distinct: HashSet<&String> = names.iter().filter(|name| !name.is_empty()).collect();
    if distinct.len() == names.iter().filter(|name| !name.is_empty()).count() {
        return names;
    }
    let mut spread = rows.to_vec();
    for at in 0..rows.len() - 1 {
        let mut group = String::new();
        spread[at].resize(width, String::new());
        for (column, above) in spread[at].iter_mut().enumerate() {
            if !above.trim().is_empty() {
                above.clone_into(&mut group);
            } else if rows[at + 1..].iter().any(|row| !cell(row, column).is_empty()) {
                above.clone_from(&group);
            }
        }
    }
    plain(&spread)
}

/// True where `above` names groups of the columns that `names` names: it has blanks, and not only at its end.
fn is_group_row(above: &[String], names: &[String]) -> bool {
    let last = above.iter().rposition(|cell| !cell.trim().is_empty()).unwrap_or(0);
    let blank_within = above[..last].iter().any(|cell| cell.trim().is_empty());
    let mut seen = HashSet::new();
    let repeats =
        names.iter().any(|name| !name.trim().is_empty() && !seen.insert(name.trim().to_lowercase()));
    above.len() + 1 >= names.len()
        && above.len() <= names.len()
        && filled(above) >= 2
        && (blank_within && (repeats || filled(above) > 2 || last * 2 > names.len()))
        && filled(names) * 10 >= names.len() * 8
        && !names.iter().any(|name| is_value(name.trim()))
}

enum Kind {
    /// More words that name.
    Names,
    Units,
    Row,
}

/// What `record` below a header is, given the `rows` below it.
fn kind_of(record: &[String], rows: &[Vec<String>], header: &[String]) -> Kind {
    let texts = || record.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    if rows.is_empty() || record.len() != header.len() || filled(record) < 2 || record == header {
        return Kind::Row;
    }
    if texts().any(|text| is_value(text) || is_placeholder(text)) {
        return Kind::Row;
    }
    let holds_values = |column: usize| {
        let cells = || rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.trim());
        let telling = || cells().filter(|cell| !cell.is_empty() && !is_placeholder(cell));
        let count = telling().count();
        count > 0 && telling().filter(|cell| is_value(cell)).count() * 10 >= count * 9
    };
    let columns: Vec<usize> = (0..record.len()).filter(|column| holds_values(*column)).collect();
    let words = columns.iter().filter(|column| !record[**column].trim().is_empty()).count();
    let units = texts().filter(|text| is_unit(text)).count();
    if units * 2 >= filled(record) && words > 0 {
        return Kind::Units;
    }
    // One word where numbers should be may be a mistake in a row; that no number is there at all is none.
    let is_above_values = words > 1 || (words == 1 && columns.len() == 1 && rows.len() > 4);
    let stands_again = texts().any(|text| rows.iter().flatten().any(|cell| cell.trim() == text));
    if is_above_values && words * 2 >= columns.len() && !stands_again && texts().all(is_name_like) {
        Kind::Names
    } else {
        Kind::Row
    }
}
