//! Between domain types and what records hold: instants as microseconds, enums as the words the API uses.

use jiff::Timestamp;
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
