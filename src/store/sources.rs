//! Sources that are asked again and again.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::SOURCES;
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::feed::Source;
use crate::domain::ids::{SourceId, UserId};

#[derive(Encode, Decode)]
enum SourceRecord {
    V1(SourceV1),
}

#[derive(Encode, Decode)]
struct SourceV1 {
    name: String,
    dataset: String,
    kind_json: String,
    secret: Option<String>,
    every_minutes: u32,
    is_enabled: bool,
    created_by: Option<[u8; 16]>,
    since: i64,
    next_run: i64,
    runs_json: String,
}

fn from_record(key: &[u8], record: SourceRecord) -> Result<Source, StoreError> {
    let SourceRecord::V1(v1) = record;
    let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(SOURCES, key, "its key is no id"))?;
    Ok(Source {
        id: SourceId(id),
        name: v1.name,
        dataset: v1.dataset,
        kind: from_word(SOURCES, key, &v1.kind_json)?,
        secret: v1.secret,
        every_minutes: v1.every_minutes,
        is_enabled: v1.is_enabled,
        created_by: v1.created_by.map(|id| UserId(uuid::Uuid::from_bytes(id))),
        since: timestamp(v1.since),
        next_run: timestamp(v1.next_run),
        runs: from_word(SOURCES, key, &v1.runs_json)?,
    })
}

/// The source with this id.
pub fn find_source(r: &impl Read, id: SourceId) -> Result<Option<Source>, StoreError> {
    let key = Key::id(id.0);
    get(r, SOURCES, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// All of them, by creation.
pub fn list_sources(r: &impl Read) -> Result<Vec<Source>, StoreError> {
    let mut sources = Vec::new();
    visit(r, SOURCES, &[], Order::Ascending, &mut |key, record| {
        sources.push(from_record(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(sources)
}

/// Adds a source or replaces it.
pub fn put_source(w: &WriteTxn, source: &Source) -> Result<(), StoreError> {
    let record = SourceRecord::V1(SourceV1 {
        name: source.name.clone(),
        dataset: source.dataset.clone(),
        kind_json: to_word(&source.kind),
        secret: source.secret.clone(),
        every_minutes: source.every_minutes,
        is_enabled: source.is_enabled,
        created_by: source.created_by.map(|id| *id.0.as_bytes()),
        since: micros(source.since),
        next_run: micros(source.next_run),
        runs_json: to_word(&source.runs),
    });
    w.put(SOURCES, &Key::id(source.id.0), &record)
}

/// Forgets a source; true where it was there.
pub fn delete_source(w: &WriteTxn, id: SourceId) -> Result<bool, StoreError> {
    w.remove(SOURCES, &Key::id(id.0))
}
