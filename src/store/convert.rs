//! Between domain types and what records hold: instants as microseconds, enums as the words the API uses.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::damaged;
use super::error::StoreError;
use super::tables::Table;

/// An instant as stored.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The instant behind stored microseconds; an impossible one, which the checksum all but excludes, is the epoch.
pub(super) fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// An enum without fields as its word, anything else as JSON.
pub(super) fn to_word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// The value behind a stored word.
pub(super) fn from_word<T: DeserializeOwned>(table: Table, key: &[u8], word: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .or_else(|_| serde_json::from_str(word))
        .map_err(|_| damaged(table, key, &format!("`{word}` is unknown")))
}

/// A decimal as stored: its digits and how many of them stand after the point.
pub(super) type StoredDecimal = (i128, u8);

/// A decimal as stored.
pub(super) fn stored_decimal(value: Decimal) -> StoredDecimal {
    (value.mantissa(), value.scale() as u8)
}

/// The decimal behind stored digits.
pub(super) fn decimal_of(
    table: Table,
    key: &[u8],
    (digits, scale): StoredDecimal,
) -> Result<Decimal, StoreError> {
    Decimal::try_from_i128_with_scale(digits, scale.into())
        .map_err(|_| damaged(table, key, "a number is impossible"))
}

const FIRST_DAY: Date = date(1970, 1, 1);

/// A date as days since 1970-01-01.
pub(super) fn day_number(day: Date) -> i32 {
    (FIRST_DAY.duration_until(day).as_hours() / 24) as i32
}

/// The date behind a number of days.
pub(super) fn date_of(number: i32) -> Option<Date> {
    FIRST_DAY.checked_add(jiff::Span::new().try_days(number).ok()?).ok()
}
