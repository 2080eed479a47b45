//! How pages look to each user.

use bincode::{Decode, Encode};

use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::Key;
use super::tables::PREFERENCES;
use super::transaction::{Read, WriteTxn, get};
use crate::domain::ids::UserId;
use crate::domain::preferences::Preferences;

#[derive(Encode, Decode)]
enum PreferencesRecord {
    V1(PreferencesV1),
}

#[derive(Encode, Decode)]
struct PreferencesV1 {
    theme: String,
    density: String,
    time_zone: Option<String>,
    language: Option<String>,
    dates: Option<String>,
    numbers: Option<String>,
    read_until: Option<i64>,
}

/// The user's choices; the defaults where none were made.
pub fn get_preferences(r: &impl Read, id: UserId) -> Result<Preferences, StoreError> {
    let key = Key::id(id.0);
    let Some(PreferencesRecord::V1(v1)) = get(r, PREFERENCES, &key)? else {
        return Ok(Preferences::default());
    };
    Ok(Preferences {
        theme: from_word(PREFERENCES, &key, &v1.theme)?,
        density: from_word(PREFERENCES, &key, &v1.density)?,
        time_zone: v1.time_zone,
        language: v1.language,
        dates: v1.dates.map(|word| from_word(PREFERENCES, &key, &word)).transpose()?,
        numbers: v1.numbers.map(|word| from_word(PREFERENCES, &key, &word)).transpose()?,
        read_until: v1.read_until.map(timestamp),
    })
}

/// Forgets them.
pub fn delete_preferences(w: &WriteTxn, id: UserId) -> Result<bool, StoreError> {
    w.remove(PREFERENCES, &Key::id(id.0))
}

/// Sets them.
pub fn put_preferences(w: &WriteTxn, id: UserId, preferences: &Preferences) -> Result<(), StoreError> {
    let record = PreferencesRecord::V1(PreferencesV1 {
        theme: to_word(&preferences.theme),
        density: to_word(&preferences.density),
        time_zone: preferences.time_zone.clone(),
        language: preferences.language.clone(),
        dates: preferences.dates.as_ref().map(to_word),
        numbers: preferences.numbers.as_ref().map(to_word),
        read_until: preferences.read_until.map(micros),
    });
    w.put(PREFERENCES, &Key::id(id.0), &record)
}
