//! Which entry of the company's directory an account is.

use bincode::{Decode, Encode};

use super::codec::damaged;
use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{DIRECTORY_ACCOUNTS, USER_BY_DIRECTORY_ID};
use super::transaction::{Read, WriteTxn, get};
use crate::domain::directory::{DirectoryAccount, DirectoryId};
use crate::domain::ids::UserId;

#[derive(Encode, Decode)]
enum DirectoryAccountRecord {
    V1 { id: Vec<u8>, dn: String, read_at: i64, missing: Vec<String> },
}

/// The account of the entry with this id.
pub fn find_user_id(r: &impl Read, id: &DirectoryId) -> Result<Option<UserId>, StoreError> {
    let Some(bytes) = r.get_raw(USER_BY_DIRECTORY_ID, &id.0)? else { return Ok(None) };
    match KeyParts::of(&bytes).uuid() {
        Some(user) => Ok(Some(UserId(user))),
        None => Err(damaged(USER_BY_DIRECTORY_ID, &id.0, "it names no user")),
    }
}

/// The entry that the account is.
pub fn find_account(r: &impl Read, user: UserId) -> Result<Option<DirectoryAccount>, StoreError> {
    let record: Option<DirectoryAccountRecord> = get(r, DIRECTORY_ACCOUNTS, &Key::id(user.0))?;
    Ok(record.map(|DirectoryAccountRecord::V1 { id, dn, read_at, missing }| DirectoryAccount {
        id: DirectoryId(id),
        dn,
        read_at: timestamp(read_at),
        missing,
    }))
}

/// Forgets which entry the account is.
pub fn delete_account(w: &WriteTxn, user: UserId) -> Result<(), StoreError> {
    let Some(account) = find_account(w, user)? else { return Ok(()) };
    w.remove(USER_BY_DIRECTORY_ID, &account.id.0)?;
    w.remove(DIRECTORY_ACCOUNTS, &Key::id(user.0)).map(|_| ())
}

/// Remembers which entry the account is.
pub fn put_account(w: &WriteTxn, user: UserId, account: &DirectoryAccount) -> Result<(), StoreError> {
    let record = DirectoryAccountRecord::V1 {
        id: account.id.0.clone(),
        dn: account.dn.clone(),
        read_at: micros(account.read_at),
        missing: account.missing.clone(),
    };
    w.put(DIRECTORY_ACCOUNTS, &Key::id(user.0), &record)?;
    w.put_raw(USER_BY_DIRECTORY_ID, &account.id.0, user.0.as_bytes())
}
