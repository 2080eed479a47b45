//! Browsers that signed in before: each has a throttle of its own, so that a stranger's guesses never lock the
//! owner out.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::tables::DEVICES;
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::ids::UserId;
use crate::domain::session::TokenHash;

#[derive(Encode, Decode)]
enum DeviceRecord {
    V1 { user_id: [u8; 16], used_at: i64 },
}

/// Whose browser it is, where the token is known.
pub fn find_device_user(r: &impl Read, token_hash: &TokenHash) -> Result<Option<UserId>, StoreError> {
    let record: Option<DeviceRecord> = get(r, DEVICES, token_hash)?;
    Ok(record.map(|DeviceRecord::V1 { user_id, .. }| UserId(uuid::Uuid::from_bytes(user_id))))
}

/// Remembers that `user_id` signed in from this browser.
pub fn put_device(
    w: &WriteTxn,
    token_hash: &TokenHash,
    user_id: UserId,
    now: Timestamp,
) -> Result<(), StoreError> {
    w.put(DEVICES, token_hash, &DeviceRecord::V1 { user_id: *user_id.0.as_bytes(), used_at: micros(now) })
}

/// The devices of these users: nothing leads from a user to them, so all are read.
pub fn list_devices_of(
    r: &impl Read,
    users: &BTreeSet<UserId>,
) -> Result<HashMap<UserId, Vec<TokenHash>>, StoreError> {
    let mut found: HashMap<UserId, Vec<TokenHash>> = HashMap::new();
    visit(r, DEVICES, &[], Order::Ascending, &mut |key, DeviceRecord::V1 { user_id, .. }| {
        let user = UserId(uuid::Uuid::from_bytes(user_id));
        if users.contains(&user)
            && let Ok(hash) = key.try_into()
        {
            found.entry(user).or_default().push(hash);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// Forgets a device.
pub fn delete_device(w: &WriteTxn, token_hash: &TokenHash) -> Result<bool, StoreError> {
    w.remove(DEVICES, token_hash)
}

/// When each user last signed in from some browser.
pub fn last_used(r: &impl Read) -> Result<HashMap<UserId, Timestamp>, StoreError> {
    let mut last = HashMap::new();
    visit(r, DEVICES, &[], Order::Ascending, &mut |_, DeviceRecord::V1 { user_id, used_at }| {
        let latest = last.entry(UserId(uuid::Uuid::from_bytes(user_id))).or_insert(Timestamp::UNIX_EPOCH);
        *latest = (*latest).max(timestamp(used_at));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(last)
}

/// Forgets browsers not used since `before`; how many there were.
pub fn purge_devices(w: &WriteTxn, before: Timestamp) -> Result<usize, StoreError> {
    let mut stale = Vec::new();
    visit(w, DEVICES, &[], Order::Ascending, &mut |key, DeviceRecord::V1 { used_at, .. }| {
        if timestamp(used_at) < before {
            stale.push(key.to_vec());
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for key in &stale {
        w.remove(DEVICES, key)?;
    }
    Ok(stale.len())
}
