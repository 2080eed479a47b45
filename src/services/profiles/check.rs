//! What no file could be read with, or none is called: refused in a profile that a person changed or brought.

use crate::domain::column::{Column, ColumnRole};
use crate::domain::excerpt::excerpt;
use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Container, Profile, Reading, Remembered};
use crate::ingest::{self, MAX_HEADER_HEIGHT, MAX_HEADER_RECORDS};
use crate::services::error::ServiceError;
use crate::services::imports::settings::{must_differ, two_owners};

/// Longest name of a column, in characters.
const MAX_NAME: usize = 200;
/// Longest name of a sheet or of a member of an archive, in characters: as many as are remembered of one.
const MAX_PART: usize = 200;
/// What may stand between cells.
const DELIMITERS: &str =
    "one character that is no letter, digit, quote or line end: for instance , ; | or a tab";

/// Refuses columns that no dataset could have.
pub(super) fn check_columns(profile: &Profile) -> Result<(), ServiceError> {
    for column in &profile.columns {
        let refused =
            |message: &str| Err(ServiceError::invalid("columns", quoting(column.header(), message)));
        if !is_name(&column.name) {
            return refused("a column needs a name, without control characters and without blanks around it");
        }
        if column.name.chars().count() > MAX_NAME {
            return refused("a column's name has at most 200 characters");
        }
        if column.role == Some(ColumnRole::Owner) && column.hidden {
            return refused("the owner column cannot be hidden from customers; it decides what they see");
        }
    }
    let owners = profile.columns.iter().filter(|column| column.role == Some(ColumnRole::Owner));
    let owners: Vec<String> = owners.map(|column| column.name.clone()).collect();
    if owners.len() > 1 {
        return Err(ServiceError::invalid("columns", two_owners(&owners)));
    }
    must_differ(&profile.columns).map_err(|message| ServiceError::invalid("columns", message))
}

/// Refuses what a person cannot have said about how cells are found.
pub(super) fn check_reading(reading: &Reading) -> Result<(), ServiceError> {
    check_encoding("encoding", reading.encoding.as_deref())?;
    if let Some(delimiter) = reading.delimiter {
        check_delimiter(delimiter, None)?;
    }
    if reading.header.is_some_and(|record| record > MAX_HEADER_RECORDS) {
        let message =
            format!("`header` is a number from 0 to {MAX_HEADER_RECORDS}; 0 says that there is none");
        return Err(ServiceError::invalid("header", message));
    }
    Ok(())
}

/// Refuses what nobody can set on the page and no file is found to have.
pub(super) fn check_brought(remembered: &Remembered, limits: &ImportLimits) -> Result<(), ServiceError> {
    let Remembered { reading, profile } = remembered;
    check_reading(reading)?;
    let field = |name: &'static str, message: String| {
        Err(ServiceError::invalid(name, format!("`{name}`: {message}")))
    };
    check_encoding("encoding", Some(&profile.encoding))?;
    let quote = profile.dialect.quote;
    if let Some(quote) = quote.filter(|quote| !matches!(quote, '"' | '\'')) {
        return field("quote", format!("{quote:?}: expected \" or ', or null where the file has no quotes"));
    }
    check_delimiter(profile.dialect.delimiter, quote)?;
    if profile.header_record.is_some_and(|record| record >= MAX_HEADER_RECORDS) {
        return field(
            "header_record",
            format!("expected a number from 0 to {}, or null", MAX_HEADER_RECORDS - 1),
        );
    }
    for (name, records) in [
        ("more_header_records", profile.more_header_records),
        ("records_below_header", profile.records_below_header),
    ] {
        if records > MAX_HEADER_HEIGHT {
            return field(name, format!("expected a number from 0 to {MAX_HEADER_HEIGHT}"));
        }
    }
    match &profile.container {
        Container::Zip { member } if !is_part(member) || !is_inside(member) => {
            return field(
                "member",
                quoting(member, "expected the name of a file in an archive, without `..` in it"),
            );
        }
        Container::Sheet { sheet } if !is_part(sheet) => {
            return field("sheet", quoting(sheet, "expected the name of a sheet"));
        }
        _ => {}
    }
    check_names(profile, limits)
}

fn check_names(profile: &Profile, limits: &ImportLimits) -> Result<(), ServiceError> {
    let elsewhere = profile.hidden_elsewhere.iter().map(|name| ("hidden_elsewhere", name));
    let suggested = profile.suggested_owner.iter().map(|name| ("suggested_owner", name));
    for (field, name) in elsewhere.chain(suggested) {
        if !is_name(name) || name.chars().count() > MAX_NAME {
            let message = "expected the name of a column: at most 200 characters, none of them a control character, and no \
                           blanks around it";
            return Err(invalid(field, name, message));
        }
    }
    if profile.hidden_elsewhere.len() > super::MAX_COLUMNS {
        let message = format!("`hidden_elsewhere`: at most {} columns", super::MAX_COLUMNS);
        return Err(ServiceError::invalid("hidden_elsewhere", message));
    }
    for header in profile.columns.iter().map(Column::header) {
        if header.len() > limits.max_cell_bytes || header.is_empty() {
            let message =
                format!("a header has between 1 and {} bytes, like any cell", limits.max_cell_bytes);
            return Err(invalid("header", header, &message));
        }
    }
    Ok(())
}

fn check_delimiter(delimiter: char, quote: Option<char>) -> Result<(), ServiceError> {
    if is_delimiter(delimiter) && quote != Some(delimiter) {
        return Ok(());
    }
    let message = format!("`delimiter`: {delimiter:?}: expected {DELIMITERS}");
    Err(ServiceError::invalid("delimiter", message))
}

fn check_encoding(field: &'static str, label: Option<&str>) -> Result<(), ServiceError> {
    match label.filter(|label| !ingest::knows_encoding(label)) {
        None => Ok(()),
        Some(label) => {
            let message = format!(
                "`encoding`: there is no `{}`; use a name such as utf-8, windows-1252 or utf-16le",
                excerpt(label)
            );
            Err(ServiceError::invalid(field, message))
        }
    }
}

fn invalid(field: &'static str, quoted: &str, message: &str) -> ServiceError {
    ServiceError::invalid(field, format!("`{field}`: {}", quoting(quoted, message)))
}

fn quoting(quoted: &str, message: &str) -> String {
    format!("“{}”: {message}", excerpt(quoted))
}

fn is_name(name: &str) -> bool {
    let is_strange = |c: char| c.is_control() || crate::domain::user::turns_text(c);
    !name.is_empty() && name.trim() == name && !name.contains(is_strange)
}

/// The separators of ASCII (0x1C to 0x1F) are delimiters, too, and other control characters are none.
fn is_delimiter(delimiter: char) -> bool {
    let is_mark =
        |mark: char| !(mark.is_control() || mark.is_alphanumeric() || (mark.is_whitespace() && mark != ' '));
    matches!(delimiter, '\t' | '\u{1C}'..='\u{1F}') || (is_mark(delimiter) && delimiter != '"')
}

fn is_part(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= MAX_PART && !name.contains(char::is_control)
}

/// True for what a packer calls a file inside of an archive.
fn is_inside(member: &str) -> bool {
    !member.starts_with(['/', '\\']) && !member.split(['/', '\\']).any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::{is_delimiter, is_inside};

    #[test]
    fn delimiters_are_those_that_files_have() {
        for delimiter in [',', ';', '\t', '|', '~', '^', '#', ':', ' ', '\u{1F}', '\u{1E}', '§', '¦'] {
            assert!(is_delimiter(delimiter), "{delimiter:?}");
        }
        for delimiter in ['\n', '\r', '\0', '"', 'é', 'a', '7', '\u{7F}', '\u{85}', '\u{A0}'] {
            assert!(!is_delimiter(delimiter), "{delimiter:?}");
        }
    }

    #[test]
    fn a_member_lies_in_its_archive() {
        assert!(is_inside("export/stock..csv") && is_inside("a.csv"));
        assert!(!is_inside("../../etc") && !is_inside("/a.csv") && !is_inside("a\\..\\b"));
    }
}
