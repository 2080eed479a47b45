//! What a search of the audit log needs to know about a block of events to skip it.

use std::ops::Bound;

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::keys::Key;
use super::tables::AUDIT_BLOCKS;
use super::transaction::{Order, Read, WriteTxn, get};

/// Events of a block: small enough to be read in a millisecond or two, so that a false alarm is cheap; large enough that
/// a thousand filters span a million events.
pub const BLOCK_EVENTS: u64 = 1024;

/// The block in which an event is; events count from 1.
pub fn block_of(seq: u64) -> u64 {
    seq.saturating_sub(1) / BLOCK_EVENTS
}

/// The first and the last event of a block.
pub fn events_of(block: u64) -> (u64, u64) {
    (block * BLOCK_EVENTS + 1, (block + 1) * BLOCK_EVENTS)
}

/// A block that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditBlock {
    /// The earliest time in it: clocks are set back at times.
    pub from: Timestamp,
    /// The latest.
    pub until: Timestamp,
    /// Bits of a Bloom filter over what is in its events.
    pub filter: Vec<u8>,
}

#[derive(Encode, Decode)]
enum AuditBlockRecord {
    V1 { from: i64, until: i64, filter: Vec<u8> },
}

/// Writes a block down.
pub fn put_block(w: &WriteTxn, block: u64, content: &AuditBlock) -> Result<(), StoreError> {
    let AuditBlock { from, until, filter } = content;
    let record = AuditBlockRecord::V1 { from: micros(*from), until: micros(*until), filter: filter.clone() };
    w.put(AUDIT_BLOCKS, &Key::new().number(block).done(), &record)
}

/// The block of this number, once it is complete.
pub fn find_block(r: &impl Read, block: u64) -> Result<Option<AuditBlock>, StoreError> {
    let record: Option<AuditBlockRecord> = get(r, AUDIT_BLOCKS, &Key::new().number(block).done())?;
    Ok(record.map(|AuditBlockRecord::V1 { from, until, filter }| AuditBlock {
        from: timestamp(from),
        until: timestamp(until),
        filter,
    }))
}

/// Takes the blocks before `block` out.
pub fn remove_blocks_before(w: &WriteTxn, block: u64) -> Result<(), StoreError> {
    let end = Key::new().number(block).done();
    let mut keys = Vec::new();
    w.visit_raw(
        AUDIT_BLOCKS,
        (Bound::Unbounded, Bound::Excluded(end.as_slice())),
        Order::Ascending,
        &mut |key, _| {
            keys.push(key.to_vec());
            Ok(std::ops::ControlFlow::Continue(()))
        },
    )?;
    keys.iter().try_for_each(|key| w.remove(AUDIT_BLOCKS, key).map(drop))
}
