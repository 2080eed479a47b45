//! Which record names the columns: below a title block, or none at all.

use std::collections::HashSet;

use crate::domain::value::{DateFormat, NumberFormat, parse_date, parse_number};

use super::roles::named_roles;

/// Records at the start among which the header is looked for.
const MAX_TITLE_RECORDS: usize = 40;

/// Records below a header that are compared with it.
const COMPARED: usize = 60;

/// So few rows look alike by chance: cells of one length say nothing, and words above words are names.
const FEW_ROWS: usize = 20;

/// Where the header is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DetectedHeader {
    /// 0-based record, or `None` where the first record is already data.
    pub record: Option<usize>,
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

/// Finds the header among the first records of a file.
pub(super) fn detect(records: &[Vec<String>]) -> DetectedHeader {
    let width = usual_width(records);
    let Some(first) = first_full_record(records, width) else {
        return DetectedHeader { record: None, confidence: 0.5 };
    };
    let header = &records[first];
    let below = &records[first + 1..records.len().min(first + 1 + COMPARED)];
    let mut score = header_score(header, below);
    if score < 0.0 && names_few_rows(header, below) {
        score = 0.0;
    }
    let per_column = score / header.len().max(1) as f64;
    if score >= 0.0 {
        DetectedHeader { record: Some(first), confidence: (0.5 + per_column).clamp(0.5, 1.0) }
    } else {
        DetectedHeader { record: None, confidence: (0.5 - per_column).clamp(0.5, 1.0) }
    }
}

/// The first record that fills most columns: what is above is a title block.
fn first_full_record(records: &[Vec<String>], width: usize) -> Option<usize> {
    let filled = |record: &Vec<String>| record.iter().filter(|cell| !cell.trim().is_empty()).count();
    // Columns that data fill: a table may have more columns than anybody fills.
    let mut usual: Vec<usize> = records.iter().filter(|record| record.len() == width).map(filled).collect();
    usual.sort_unstable();
    let usual = usual.get(usual.len() / 2).copied().unwrap_or(width).max(1);
    records
        .iter()
        .take(MAX_TITLE_RECORDS)
        .position(|record| {
            record.len() * 2 > width && filled(record) * 2 >= usual.min(width) && filled(record) > 0
        })
        .or_else(|| (!records.is_empty()).then_some(0))
}

/// True where the first record of a small table can be names: distinct words, none of which stands in its column
/// again. Codes in capitals above codes in capitals are data.
fn names_few_rows(header: &[String], below: &[Vec<String>]) -> bool {
    let mut seen = HashSet::new();
    (1..=FEW_ROWS).contains(&below.len())
        && header.iter().enumerate().all(|(index, cell)| {
            let cell = cell.trim();
            let mut values =
                below.iter().filter_map(|record| record.get(index)).map(|value| value.trim()).peekable();
            let is_word = cell.starts_with(char::is_alphabetic) && !cell.contains(char::is_numeric);
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
        let is_value = is_value(cell);
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

/// True for a number or a date, which name no column.
fn is_value(cell: &str) -> bool {
    let formats = [
        NumberFormat { decimal_comma: false, grouping: Some(',') },
        NumberFormat { decimal_comma: true, grouping: Some('.') },
    ];
    formats.iter().any(|format| parse_number(cell, *format).is_some())
        || [DateFormat::YearMonthDay, DateFormat::DayMonthYear, DateFormat::MonthDayYear]
            .iter()
            .any(|format| parse_date(cell, *format).is_some())
}
