//! What deleted users were called: the audit log names them by id for as long as it is kept.

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::keys::Key;
use super::tables::GONE_USERS;
use super::transaction::{Read, WriteTxn, get};
use crate::domain::ids::UserId;

/// A user who was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneUser {
    /// What the user was called.
    pub name: String,
    /// The address at the end.
    pub email: String,
    /// When the account was deleted.
    pub deleted_at: Timestamp,
}

#[derive(Encode, Decode)]
enum GoneUserRecord {
    V1 { name: String, email: String, deleted_at: i64 },
}

/// The deleted user who had this id.
pub fn find_gone(r: &impl Read, id: UserId) -> Result<Option<GoneUser>, StoreError> {
    let record: Option<GoneUserRecord> = get(r, GONE_USERS, &Key::id(id.0))?;
    Ok(record.map(|GoneUserRecord::V1 { name, email, deleted_at }| GoneUser {
        name,
        email,
        deleted_at: timestamp(deleted_at),
    }))
}

/// Remembers what a user was called.
pub fn put_gone(w: &WriteTxn, id: UserId, gone: &GoneUser) -> Result<(), StoreError> {
    let record = GoneUserRecord::V1 {
        name: gone.name.clone(),
        email: gone.email.clone(),
        deleted_at: micros(gone.deleted_at),
    };
    w.put(GONE_USERS, &Key::id(id.0), &record)
}
