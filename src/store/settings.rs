//! Settings made in the app, by name.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::error::StoreError;
use super::tables::SETTINGS;
use super::transaction::{Order, Read, WriteTxn, get, visit};

#[derive(Encode, Decode)]
enum SettingRecord {
    V1(String),
}

/// The setting's value.
pub fn find_setting(r: &impl Read, name: &str) -> Result<Option<String>, StoreError> {
    let record: Option<SettingRecord> = get(r, SETTINGS, name.as_bytes())?;
    Ok(record.map(|SettingRecord::V1(value)| value))
}

/// All of them, by name.
pub fn list_settings(r: &impl Read) -> Result<Vec<(String, String)>, StoreError> {
    let mut settings = Vec::new();
    visit(r, SETTINGS, &[], Order::Ascending, &mut |key, SettingRecord::V1(value)| {
        settings.push((String::from_utf8_lossy(key).into_owned(), value));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(settings)
}

/// Sets it.
pub fn put_setting(w: &WriteTxn, name: &str, value: &str) -> Result<(), StoreError> {
    w.put(SETTINGS, name.as_bytes(), &SettingRecord::V1(value.to_owned()))
}

/// Forgets it; true where it was set.
pub fn delete_setting(w: &WriteTxn, name: &str) -> Result<bool, StoreError> {
    w.remove(SETTINGS, name.as_bytes())
}
