//! Files in the folders of users; their content lies in `files/`, by its hash.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::USER_FILES;
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::ids::{UserFileId, UserId};
use crate::domain::user_file::UserFile;

#[derive(Encode, Decode)]
enum UserFileRecord {
    V1(UserFileV1),
}

#[derive(Encode, Decode)]
struct UserFileV1 {
    name: String,
    sha256: String,
    bytes: u64,
    kind: String,
    added_at: i64,
    is_kept: bool,
    deleted_at: Option<i64>,
}

fn key_of(user: UserId, id: UserFileId) -> Vec<u8> {
    Key::new().uuid(user.0).uuid(id.0).done()
}

fn from_record(key: &[u8], record: UserFileRecord) -> Result<UserFile, StoreError> {
    let UserFileRecord::V1(v1) = record;
    let mut parts = KeyParts::of(key);
    let (Some(user), Some(id)) = (parts.uuid(), parts.uuid()) else {
        return Err(damaged(USER_FILES, key, "its key is cut short"));
    };
    Ok(UserFile {
        id: UserFileId(id),
        user_id: UserId(user),
        kind: from_word(USER_FILES, key, &v1.kind)?,
        name: v1.name,
        sha256: v1.sha256,
        bytes: v1.bytes,
        added_at: timestamp(v1.added_at),
        is_kept: v1.is_kept,
        deleted_at: v1.deleted_at.map(timestamp),
    })
}

/// Adds a file, or puts it over what it was.
pub fn put_file(w: &WriteTxn, file: &UserFile) -> Result<(), StoreError> {
    let record = UserFileRecord::V1(UserFileV1 {
        name: file.name.clone(),
        sha256: file.sha256.clone(),
        bytes: file.bytes,
        kind: to_word(&file.kind),
        added_at: micros(file.added_at),
        is_kept: file.is_kept,
        deleted_at: file.deleted_at.map(micros),
    });
    w.put(USER_FILES, &key_of(file.user_id, file.id), &record)
}

/// A file of this user.
pub fn find_file(r: &impl Read, user: UserId, id: UserFileId) -> Result<Option<UserFile>, StoreError> {
    let key = key_of(user, id);
    get(r, USER_FILES, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// All of a user, oldest first.
pub fn list_files_of(r: &impl Read, user: UserId) -> Result<Vec<UserFile>, StoreError> {
    list(r, &Key::id(user.0))
}

/// Those of everybody, by user.
pub fn list_all_files(r: &impl Read) -> Result<Vec<UserFile>, StoreError> {
    list(r, &[])
}

fn list(r: &impl Read, prefix: &[u8]) -> Result<Vec<UserFile>, StoreError> {
    let mut files = Vec::new();
    visit(r, USER_FILES, prefix, Order::Ascending, &mut |key, record| {
        files.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(files)
}

/// Takes a file out; its content is deleted by whoever sweeps what nothing needs.
pub fn delete_file(w: &WriteTxn, user: UserId, id: UserFileId) -> Result<bool, StoreError> {
    w.remove(USER_FILES, &key_of(user, id))
}

/// Takes all files of a user out; how many there were.
pub fn delete_files_of(w: &WriteTxn, user: UserId) -> Result<usize, StoreError> {
    let files = list_files_of(w, user)?;
    for file in &files {
        delete_file(w, user, file.id)?;
    }
    Ok(files.len())
}
