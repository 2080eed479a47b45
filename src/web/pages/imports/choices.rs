//! What a form says about how a file is to be read.

use crate::domain::column::{ColumnRole, ColumnType};
use crate::domain::value::{DateFormat, NumberFormat};
use crate::services::imports::preview::{Choices, ColumnChoice};
use crate::web::error::AppError;
use crate::web::extract::FormData;

/// Column types with their words in forms.
pub const TYPES: [(ColumnType, &str); 6] = [
    (ColumnType::Text, "text"),
    (ColumnType::Code, "code"),
    (ColumnType::Integer, "integer"),
    (ColumnType::Decimal, "decimal"),
    (ColumnType::Date, "date"),
    (ColumnType::Bool, "bool"),
];

/// Roles with their words in forms. The owner column is named by a field of its own.
pub const ROLES: [(ColumnRole, &str); 13] = [
    (ColumnRole::Part, "part"),
    (ColumnRole::Description, "description"),
    (ColumnRole::Lot, "lot"),
    (ColumnRole::Serial, "serial"),
    (ColumnRole::Order, "order"),
    (ColumnRole::Bin, "bin"),
    (ColumnRole::Location, "location"),
    (ColumnRole::Status, "status"),
    (ColumnRole::Quantity, "quantity"),
    (ColumnRole::Uom, "uom"),
    (ColumnRole::Expiry, "expiry"),
    (ColumnRole::Received, "received"),
    (ColumnRole::Price, "price"),
];

/// Orders of dates with their words in forms.
pub const DATE_FORMATS: [(DateFormat, &str); 3] =
    [(DateFormat::YearMonthDay, "ymd"), (DateFormat::DayMonthYear, "dmy"), (DateFormat::MonthDayYear, "mdy")];

/// Ways to write numbers with an example each, which is also their word in forms.
pub const NUMBER_FORMATS: [(NumberFormat, &str); 8] = [
    (NumberFormat { decimal_comma: false, grouping: None }, "1234.5"),
    (NumberFormat { decimal_comma: false, grouping: Some(',') }, "1,234.5"),
    (NumberFormat { decimal_comma: false, grouping: Some('\'') }, "1'234.5"),
    (NumberFormat { decimal_comma: false, grouping: Some(' ') }, "1 234.5"),
    (NumberFormat { decimal_comma: true, grouping: None }, "1234,5"),
    (NumberFormat { decimal_comma: true, grouping: Some('.') }, "1.234,5"),
    (NumberFormat { decimal_comma: true, grouping: Some(' ') }, "1 234,5"),
    (NumberFormat { decimal_comma: true, grouping: Some('\'') }, "1'234,5"),
];

/// Encodings that exports come in.
pub const ENCODINGS: [&str; 15] = [
    "utf-8",
    "windows-1252",
    "utf-16le",
    "utf-16be",
    "windows-1250",
    "windows-1251",
    "windows-1253",
    "windows-1254",
    "iso-8859-2",
    "iso-8859-15",
    "macintosh",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-kr",
];
/// Delimiters with the names of their texts.
pub const DELIMITERS: [(char, &str); 6] = [
    (',', "imports-delimiter-comma"),
    (';', "imports-delimiter-semicolon"),
    ('\t', "imports-delimiter-tab"),
    ('|', "imports-delimiter-pipe"),
    ('~', "imports-delimiter-tilde"),
    ('^', "imports-delimiter-caret"),
];

fn of_word<T: Copy, const N: usize>(words: &[(T, &str); N], word: &str) -> Option<T> {
    words.iter().find(|(_, known)| *known == word).map(|(value, _)| *value)
}

/// The word of a value in forms; empty where it has none.
pub fn word_of<T: PartialEq, const N: usize>(words: &[(T, &'static str); N], value: &T) -> &'static str {
    words.iter().find(|(known, _)| known == value).map_or("", |(_, word)| *word)
}

/// Reads the form.
///
/// # Errors
/// 422 for what none of our pages sends.
pub fn read(form: &FormData) -> Result<Choices, AppError> {
    let mut delimiter = form.all("delimiter").next().unwrap_or_default().chars();
    let delimiter = match (delimiter.next(), delimiter.next()) {
        (Some(delimiter), None) if !matches!(delimiter, '\n' | '\r' | '"') => delimiter,
        _ => return Err(strange("delimiter")),
    };
    let header = form.text("header").parse().map_err(|_| strange("header"))?;
    // The button beside the warning stands above the list.
    let owner =
        match Some(form.text("use_owner")).filter(|index| !index.is_empty()).unwrap_or(form.text("owner")) {
            "" => None,
            index => Some(index.parse().map_err(|_| strange("owner"))?),
        };
    let columns = read_columns(form)?;
    Ok(Choices {
        shape: form.text("shape").to_owned(),
        sheet: form.text("sheet").to_owned(),
        encoding: form.text("encoding").to_owned(),
        delimiter,
        header,
        owner,
        columns,
    })
}

/// Reads what the form says of each column.
///
/// # Errors
/// 422 for what none of our pages sends.
pub fn read_columns(form: &FormData) -> Result<Vec<ColumnChoice>, AppError> {
    // The button beside a column that looks like one that went stands above the list.
    let pressed = form.text("is_called").split_once('=');
    let checked = |name: &str, index: usize| form.all(name).any(|value| value == index.to_string());
    let mut columns = Vec::new();
    // One for each column: a form has no gaps.
    while form.has(&format!("type.{}", columns.len())) {
        let index = columns.len();
        let field = |name: &str| form.text(&format!("{name}.{index}")).to_owned();
        let role = field("role");
        let format = field("format");
        columns.push(ColumnChoice {
            called: match pressed {
                Some((place, name)) if place == index.to_string() => Some(name.to_owned()),
                _ => form.has(&format!("called.{index}")).then(|| field("called")),
            },
            column_type: of_word(&TYPES, &field("type")).ok_or_else(|| strange("type"))?,
            role: if role.is_empty() {
                None
            } else {
                Some(of_word(&ROLES, &role).ok_or_else(|| strange("role"))?)
            },
            number_format: of_word(&NUMBER_FORMATS, &format),
            date_format: of_word(&DATE_FORMATS, &format),
            key: checked("key", index)
                || form.text("use_key").split(',').any(|place| place == index.to_string()),
            facet: checked("facet", index),
            // The button says that customers are to see whose rows they are, whatever hid the column before.
            hidden: checked("hidden", index) && form.text("use_owner") != index.to_string(),
        });
    }
    Ok(columns)
}

fn strange(name: &str) -> AppError {
    AppError::invalid(format!("`{name}`: there is no such choice."))
}
