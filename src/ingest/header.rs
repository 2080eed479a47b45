//! Which record names the columns: below a title block, or none at all.

use std::collections::HashSet;

use crate::domain::value::{DateFormat, NumberFormat, parse_date, parse_number};

use super::header_rows;
use super::roles::named_roles;
use super::words::is_ruled_line;

/// Records that decide about the header.
const LOOKED_AT: usize = 200;

/// Records at the start among which the header is looked for.
const MAX_TITLE_RECORDS: usize = 40;

/// Records above the header that may look like a table: names and values of a report, a few lines of sums.
const MAX_FALSE_START: usize = 8;

/// Records below a header that are compared with it.
const COMPARED: usize = 60;

/// So few rows look alike by chance.
const FEW_ROWS: usize = 20;

/// Where the header is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DetectedHeader {
    /// 0-based record, or `None` where the first record is already data.
    pub record: Option<usize>,
    /// Records that it goes on for, below its first.
    pub more: usize,
    /// Records between the header and the rows, which hold units and the like.
    pub below: usize,
    /// 0 to 1.
    pub confidence: f64,
}

/// The number of cells that most records have; of equals the larger.
pub(super) fn usual_width(records: &[Vec<String>]) -> usize {
    let mut counts = std::collections::BTreeMap::new();
    for record in records {
        *counts.entry(record.len()).or_insert(0_usize) += 1;
    }
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(0, |(width, _)| width)
}

/// Finds the header among the first records of a file, from the record `from` on; `gaps` tells which records stand
/// below empty lines.
pub(super) fn detect(records: &[Vec<String>], gaps: &[bool], from: usize) -> DetectedHeader {
    let until = records.len().min(from + LOOKED_AT);
    let found = detect_first(&records[from..until], &gaps[from..until]);
    DetectedHeader { record: found.record.map(|record| record + from), ..found }
}

fn detect_first(records: &[Vec<String>], gaps: &[bool]) -> DetectedHeader {
    let width = usual_width(records);
    let Some(first) = first_full_record(records, gaps, width) else {
        return DetectedHeader { record: None, more: 0, below: 0, confidence: 0.5 };
    };
    let (group, more, below) = header_rows::around(records, gaps, first);
    let header = &records[first];
    let rows = &records[records.len().min(first + 1 + more + below)..];
    let rows = &rows[..rows.len().min(COMPARED)];
    let mut score = header_score(header, rows);
    if more + below > 0 || group > 0 {
        score = score.max(1.0);
    }
    // What stands below titles and is no row of values is a header.
    let below_titles = first > 0 && !header.iter().any(|cell| is_value(cell.trim()));
    if score < 0.0 && (below_titles || are_names(header, rows)) {
        score = 0.0;
    }
    let per_column = score / header.len().max(1) as f64;
    if score >= 0.0 {
        let confidence = (0.5 + per_column).clamp(0.5, 1.0);
        DetectedHeader { record: Some(first - group), more: more + group, below, confidence }
    } else {
        // Nothing is left out above rows that have no names: a title still is.
        DetectedHeader { record: None, more: 0, below: 0, confidence: (0.5 - per_column).clamp(0.5, 1.0) }
    }
}

/// The header that a person named: how high it is follows from its looks.
pub(super) fn given(records: &[Vec<String>], gaps: &[bool], record: Option<usize>) -> DetectedHeader {
    let (more, below) = match record {
        Some(first) if first < records.len() => {
            let (_, more, below) = header_rows::around(records, gaps, first);
            (more, below)
        }
        _ => (0, 0),
    };
    DetectedHeader { record, more, below, confidence: 1.0 }
}

/// The cells of a header's records, joined where they are several.
pub(super) fn joined(header: &[Vec<String>]) -> Vec<String> {
    match header {
        [] => Vec::new(),
        [names] => names.clone(),
        rows => header_rows::join(rows),
    }
}

/// The first record that fills most columns: what is above is a title block.
fn first_full_record(records: &[Vec<String>], gaps: &[bool], width: usize) -> Option<usize> {
    // Columns that data fill: a table may have more columns than anybody fills.
    let mut usual: Vec<usize> =
        records.iter().filter(|record| record.len() == width).map(|record| filled(record)).collect();
    // Titles and notes may be as wide as rows and as many.
    if usual.iter().filter(|filled| **filled > 1).count() > 1 {
        usual.retain(|filled| *filled > 1);
    }
    usual.sort_unstable();
    let usual = usual.get(usual.len() / 2).copied().unwrap_or(width).max(1);
    let is_full = |record: &Vec<String>| {
        record.len() * 2 > width && filled(record) * 2 >= usual.min(width) && filled(record) > 0
    };
    let is_aside = |record: &Vec<String>| {
        let text = record.first().map_or("", |cell| cell.trim());
        let is_sep = record.len() <= 2 && text.len() <= 5 && text.to_lowercase().starts_with("sep=");
        is_sep
            || is_ruled_line(record.iter().map(String::as_str))
            || (text.starts_with('#') && filled(record) < usual.min(width))
    };
    let top = &records[..records.len().min(MAX_TITLE_RECORDS)];
    let Some(first) = top.iter().position(|record| is_full(record) && !is_aside(record)) else {
        return (!records.is_empty()).then_some(0);
    };
    // A title may have as many cells as half a row, and a short table may stand above a long one: what comes first
    // must not look less like a header than what stands where the usual width begins.
    let score = |at: usize| {
        let below = &records[at + 1..records.len().min(at + 1 + COMPARED)];
        header_score(&records[at], below) / records[at].len().max(1) as f64
    };
    let starts = (first + 1..top.len()).filter(|at| {
        top[*at].len() == width
            && filled(&top[*at]) == width.min(usual.max(2))
            && (gaps.get(*at).copied().unwrap_or(false)
                || (top[at - 1].len() != width && records[first].len() != width))
    });
    let regular = top.len() > 4
        && gaps.iter().take(top.len()).skip(first + 1).filter(|gap| **gap).count() * 2 > top.len();
    let below_first = records.get(first + 1).map_or(0, Vec::len);
    let better = starts.take(8).find(|at| {
        !regular
            && header_score(&records[*at], &records[at + 1..records.len().min(at + 1 + COMPARED)]) > 0.0
            && (score(*at) > score(first) + 0.1 || records[first].len() != width && below_first != width)
            && at - first <= MAX_FALSE_START
            && at - first < records.len() - at
    });
    Some(better.unwrap_or(first))
}

/// Cells with text.
pub(super) fn filled(record: &[String]) -> usize {
    record.iter().filter(|cell| !cell.trim().is_empty()).count()
}

/// True where the first record can be names: distinct words, none of which stands in its column again. Codes in
/// capitals above codes in capitals are data.
fn are_names(header: &[String], below: &[Vec<String>]) -> bool {
    let mut seen = HashSet::new();
    !below.is_empty()
        && header.iter().enumerate().all(|(index, cell)| {
            let cell = cell.trim();
            let mut values =
                below.iter().filter_map(|record| record.get(index)).map(|value| value.trim()).peekable();
            let has_number = cell.contains(char::is_numeric);
            let is_word = cell.starts_with(char::is_alphabetic)
                && (!has_number || below.len() > FEW_ROWS && cell.contains(' '));
            let in_capitals =
                |text: &str| text.contains(char::is_uppercase) && !text.contains(char::is_lowercase);
            is_word
                && seen.insert(cell.to_lowercase())
                && values.peek().is_some()
                && values.clone().all(|value| value.to_lowercase() != cell.to_lowercase())
                && !(in_capitals(cell) && values.all(in_capitals))
        })
}

/// More than 0 where `header` looks like names for the cells below.
fn header_score(header: &[String], below: &[Vec<String>]) -> f64 {
    let mut score = 0.0;
    let mut seen = HashSet::new();
    let is_numbered = numbers_columns(header, below);
    for (index, cell) in header.iter().enumerate() {
        let cell = cell.trim();
        let values: Vec<&str> = below
            .iter()
            .filter_map(|record| record.get(index).map(|value| value.trim()))
            .filter(|value| !value.is_empty())
            .collect();
        if cell.is_empty() {
            score -= if values.is_empty() { 0.0 } else { 0.2 };
            continue;
        }
        if !seen.insert(cell.to_lowercase()) {
            score -= 0.5;
        }
        if named_roles(cell).first().is_some_and(|guess| guess.confidence >= 0.6) {
            score += 1.0;
        }
        let is_value = is_value(cell) && !is_numbered;
        if values.is_empty() {
            score -= if is_value { 0.5 } else { 0.0 };
            continue;
        }
        let share = |test: &dyn Fn(&str) -> bool| {
            values.iter().filter(|value| test(value)).count() as f64 / values.len() as f64
        };
        if share(&self::is_value) >= 0.8 {
            score += if is_value { -1.5 } else { 1.0 };
            continue;
        }
        if is_value {
            score -= 1.0;
        }
        if values.len() > 2 && values.contains(&cell) {
            score -= 1.0;
        }
        let has_digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
        if share(&has_digit) >= 0.8 {
            score += if has_digit(cell) { -0.5 } else { 0.5 };
        }
        let same_length = values.len() > 2 && values.iter().all(|value| value.len() == values[0].len());
        if same_length {
            score += if cell.len() == values[0].len() { -0.3 } else { 0.3 };
        }
    }
    score
}

/// True where the numbers among the names count up and the rows do not: years, months, runs.
fn numbers_columns(header: &[String], below: &[Vec<String>]) -> bool {
    let numbers = |record: &[String]| -> Vec<(usize, i64)> {
        let number = |(at, cell): (usize, &String)| Some((at, cell.trim().parse().ok()?));
        record.iter().enumerate().filter_map(number).collect()
    };
    let counts_up = |found: &[(usize, i64)]| {
        found.len() >= 3
            && found
                .windows(2)
                .all(|pair| pair[1].1 - pair[0].1 == found[1].1 - found[0].1 && pair[1].1 != pair[0].1)
    };
    let are_years = |found: &[(usize, i64)]| {
        found.len() > 1 && found.iter().all(|(_, number)| (1900..=2100).contains(number))
    };
    let looks_numbered = |found: &[(usize, i64)]| counts_up(found) || are_years(found);
    let rows = &below[..below.len().min(5)];
    let alike = rows.iter().filter(|record| looks_numbered(&numbers(record))).count();
    looks_numbered(&numbers(header)) && alike * 2 <= rows.len()
}

/// True for a number or a date, which name no column.
pub(super) fn is_value(cell: &str) -> bool {
    is_number(cell)
        || [DateFormat::YearMonthDay, DateFormat::DayMonthYear, DateFormat::MonthDayYear]
            .iter()
            .any(|format| parse_date(cell, *format).is_some())
}

/// True for a number, written in whatever way.
pub(super) fn is_number(cell: &str) -> bool {
    let formats = [
        NumberFormat { decimal_comma: false, grouping: Some(',') },
        NumberFormat { decimal_comma: true, grouping: Some('.') },
    ];
    formats.iter().any(|format| parse_number(cell, *format).is_some())
}
