//! What is kept of backups beside the files themselves: how the last restore drill went.

use std::time::Duration;

use bincode::{Decode, Encode};

use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::tables::DRILLS;
use super::transaction::{Read, WriteTxn, get};
use crate::domain::backup::Drill;

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
