//! Files of the drop folder between being read and being put away: what a start after a crash goes on with.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::TAKEN_FILES;
use super::transaction::{Order, Read, WriteTxn, visit};
use crate::domain::feed::TakenFile;
use crate::domain::ids::TakenFileId;

#[derive(Encode, Decode)]
enum TakenFileRecord {
    V1(TakenFileV1),
}

#[derive(Encode, Decode)]
struct TakenFileV1 {
    path: Vec<u8>,
    looks_json: String,
    sha256: String,
    dataset: Option<String>,
    verdict_json: String,
    target: Option<(bool, Vec<u8>)>,
    taken_at: i64,
}

fn from_record(key: &[u8], record: TakenFileRecord) -> Result<TakenFile, StoreError> {
    let TakenFileRecord::V1(v1) = record;
    let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(TAKEN_FILES, key, "its key is no id"))?;
    Ok(TakenFile {
        id: TakenFileId(id),
        path: v1.path,
        looks: from_word(TAKEN_FILES, key, &v1.looks_json)?,
        sha256: v1.sha256,
        dataset: v1.dataset,
        verdict: from_word(TAKEN_FILES, key, &v1.verdict_json)?,
        target: v1.target,
        taken_at: timestamp(v1.taken_at),
    })
}

/// All of them, the first taken first.
pub fn list_taken(r: &impl Read) -> Result<Vec<TakenFile>, StoreError> {
    let mut files = Vec::new();
    visit(r, TAKEN_FILES, &[], Order::Ascending, &mut |key, record| {
        files.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(files)
}

/// Notes a file, or what is new about it.
pub fn put_taken(w: &WriteTxn, file: &TakenFile) -> Result<(), StoreError> {
    let record = TakenFileRecord::V1(TakenFileV1 {
        path: file.path.clone(),
        looks_json: to_word(&file.looks),
        sha256: file.sha256.clone(),
        dataset: file.dataset.clone(),
        verdict_json: to_word(&file.verdict),
        target: file.target.clone(),
        taken_at: micros(file.taken_at),
    });
    w.put(TAKEN_FILES, &Key::id(file.id.0), &record)
}

/// Forgets a file that is put away.
pub fn delete_taken(w: &WriteTxn, id: TakenFileId) -> Result<bool, StoreError> {
    w.remove(TAKEN_FILES, &Key::id(id.0))
}
