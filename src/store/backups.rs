//! What is kept of backups beside the files themselves: how the last restore drill went, and the copies elsewhere.

use std::ops::ControlFlow;
use std::time::Duration;

use bincode::{Decode, Encode};

use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::tables::{BACKUP_COPIES, DRILLS};
use super::transaction::{Order, Read, WriteTxn, get, visit};
use crate::domain::backup::{BackupCopy, Drill};

/// Key of the last one.
const LAST: &[u8] = b"last";

#[derive(Encode, Decode)]
enum DrillRecord {
    V1 { at: i64, backup: String, took_ms: u64, built: Option<(String, u64)>, problem: Option<String> },
}

/// The last drill.
pub fn find_drill(r: &impl Read) -> Result<Option<Drill>, StoreError> {
    let record: Option<DrillRecord> = get(r, DRILLS, LAST)?;
    Ok(record.map(|DrillRecord::V1 { at, backup, took_ms, built, problem }| Drill {
        at: timestamp(at),
        backup,
        took: Duration::from_millis(took_ms),
        built,
        problem,
    }))
}

/// Keeps it in the place of the one before.
pub fn put_drill(w: &WriteTxn, drill: &Drill) -> Result<(), StoreError> {
    let Drill { at, backup, took, built, problem } = drill.clone();
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    w.put(DRILLS, LAST, &DrillRecord::V1 { at: micros(at), backup, took_ms, built, problem })
}

#[derive(Encode, Decode)]
enum BackupCopyRecord {
    V1 { name: String, bytes: u64, sha256: String, place: String, etag: String, at: i64 },
}

/// All copies, by name.
pub fn list_copies(r: &impl Read) -> Result<Vec<BackupCopy>, StoreError> {
    let mut copies = Vec::new();
    visit(r, BACKUP_COPIES, &[], Order::Ascending, &mut |_, record: BackupCopyRecord| {
        let BackupCopyRecord::V1 { name, bytes, sha256, place, etag, at } = record;
        copies.push(BackupCopy { name, bytes, sha256, place, etag, at: timestamp(at) });
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(copies)
}

/// Notes one, in the place of one of the same name.
pub fn put_copy(w: &WriteTxn, copy: &BackupCopy) -> Result<(), StoreError> {
    let BackupCopy { name, bytes, sha256, place, etag, at } = copy.clone();
    let key = name.clone();
    let record = BackupCopyRecord::V1 { name, bytes, sha256, place, etag, at: micros(at) };
    w.put(BACKUP_COPIES, key.as_bytes(), &record)
}

/// Forgets one; true where it was there.
pub fn delete_copy(w: &WriteTxn, name: &str) -> Result<bool, StoreError> {
    w.remove(BACKUP_COPIES, name.as_bytes())
}
