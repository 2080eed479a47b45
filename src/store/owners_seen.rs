//! When admins last chose among owners: what came since is marked as new for them.

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::keys::Key;
use super::tables::OWNERS_SEEN;
use super::transaction::{Read, WriteTxn, get};
use crate::domain::ids::UserId;

#[derive(Encode, Decode)]
enum OwnersSeenRecord {
    V1 { at: i64 },
}

/// When this admin last did; `None` where they never did.
pub fn find_seen(r: &impl Read, admin: UserId) -> Result<Option<Timestamp>, StoreError> {
    let record: Option<OwnersSeenRecord> = get(r, OWNERS_SEEN, &Key::id(admin.0))?;
    Ok(record.map(|OwnersSeenRecord::V1 { at }| timestamp(at)))
}

/// Notes that this admin did.
pub fn put_seen(w: &WriteTxn, admin: UserId, at: Timestamp) -> Result<(), StoreError> {
    w.put(OWNERS_SEEN, &Key::id(admin.0), &OwnersSeenRecord::V1 { at: micros(at) })
}

/// Forgets it.
pub fn delete_seen(w: &WriteTxn, admin: UserId) -> Result<bool, StoreError> {
    w.remove(OWNERS_SEEN, &Key::id(admin.0))
}
