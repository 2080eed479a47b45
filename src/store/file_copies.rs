//! Copies of users' files elsewhere: one of each content of a user, however many files of theirs hold it.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::damaged;
use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::FILE_COPIES;
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::file_copy::{Copied, FileCopy};
use crate::domain::ids::{JobId, UserId};

#[derive(Encode, Decode)]
enum FileCopyRecord {
    V1(FileCopyV1),
}

#[derive(Encode, Decode)]
struct FileCopyV1 {
    sha256: String,
    bytes: u64,
    job: Option<[u8; 16]>,
    copied: Option<CopiedV1>,
    is_leaving: bool,
}

#[derive(Encode, Decode)]
struct CopiedV1 {
    place: String,
    etag: String,
    at: i64,
    checked_at: i64,
}

fn key_of(user: UserId, sha256: &str) -> Vec<u8> {
    Key::new().uuid(user.0).bytes(sha256.as_bytes()).done()
}

fn from_record(key: &[u8], record: FileCopyRecord) -> Result<FileCopy, StoreError> {
    let FileCopyRecord::V1(v1) = record;
    let user = KeyParts::of(key).uuid().ok_or_else(|| damaged(FILE_COPIES, key, "its key is cut short"))?;
    Ok(FileCopy {
        user_id: UserId(user),
        sha256: v1.sha256,
        bytes: v1.bytes,
        job: v1.job.map(|id| JobId(uuid::Uuid::from_bytes(id))),
        copied: v1.copied.map(|copied| Copied {
            place: copied.place,
            etag: copied.etag,
            at: timestamp(copied.at),
            checked_at: timestamp(copied.checked_at),
        }),
        is_leaving: v1.is_leaving,
    })
}

/// Notes a copy, or puts it over what it was.
pub fn put_copy(w: &WriteTxn, copy: &FileCopy) -> Result<(), StoreError> {
    let record = FileCopyRecord::V1(FileCopyV1 {
        sha256: copy.sha256.clone(),
        bytes: copy.bytes,
        job: copy.job.map(|id| *id.0.as_bytes()),
        copied: copy.copied.as_ref().map(|copied| CopiedV1 {
            place: copied.place.clone(),
            etag: copied.etag.clone(),
            at: micros(copied.at),
            checked_at: micros(copied.checked_at),
        }),
        is_leaving: copy.is_leaving,
    });
    w.put(FILE_COPIES, &key_of(copy.user_id, &copy.sha256), &record)
}

/// The copy of this content of this user.
pub fn find_copy(r: &impl Read, user: UserId, sha256: &str) -> Result<Option<FileCopy>, StoreError> {
    let key = key_of(user, sha256);
    get(r, FILE_COPIES, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// All of a user.
pub fn list_copies_of(r: &impl Read, user: UserId) -> Result<Vec<FileCopy>, StoreError> {
    list(r, &Key::id(user.0))
}

/// Those of everybody, by user.
pub fn list_all_copies(r: &impl Read) -> Result<Vec<FileCopy>, StoreError> {
    list(r, &[])
}

fn list(r: &impl Read, prefix: &[u8]) -> Result<Vec<FileCopy>, StoreError> {
    let mut copies = Vec::new();
    visit(r, FILE_COPIES, prefix, Order::Ascending, &mut |key, record| {
        copies.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(copies)
}

/// Forgets a copy.
pub fn delete_copy(w: &WriteTxn, user: UserId, sha256: &str) -> Result<bool, StoreError> {
    w.remove(FILE_COPIES, &key_of(user, sha256))
}
