//! What keeps the audit log honest beside the chain: signed heads, and marks of how far it was dropped or checked.

use std::ops::{Bound, ControlFlow};

use bincode::{Decode, Encode};

use super::codec::{self, damaged};
use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{AUDIT_HEADS, AUDIT_MARKS};
use super::transaction::{Order, Read, WriteTxn, get};
use crate::domain::audit::{AuditHead, AuditMark};

#[derive(Encode, Decode)]
enum AuditHeadRecord {
    V1 { hash: [u8; 32], at: i64, token: String },
}

#[derive(Encode, Decode)]
enum AuditMarkRecord {
    V1 { seq: u64, hash: [u8; 32], at: i64, wrong: Option<(u64, String)> },
}

/// Writes a signed head down.
pub fn put_head(w: &WriteTxn, head: &AuditHead) -> Result<(), StoreError> {
    let record = AuditHeadRecord::V1 { hash: head.hash, at: micros(head.at), token: head.token.clone() };
    w.put(AUDIT_HEADS, &Key::new().number(head.seq).done(), &record)
}

fn from_record(key: &[u8], record: AuditHeadRecord) -> Result<AuditHead, StoreError> {
    let AuditHeadRecord::V1 { hash, at, token } = record;
    let seq = KeyParts::of(key).number().ok_or_else(|| damaged(AUDIT_HEADS, key, "its key is no number"))?;
    Ok(AuditHead { seq, hash, at: timestamp(at), token })
}

/// The head of event `seq`.
pub fn find_head(r: &impl Read, seq: u64) -> Result<Option<AuditHead>, StoreError> {
    let key = Key::new().number(seq).done();
    get(r, AUDIT_HEADS, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// Called with each head; one whose bytes are damaged arrives as an error.
type VisitHead<'v> = dyn FnMut(Result<AuditHead, StoreError>) -> Result<ControlFlow<()>, StoreError> + 'v;

/// Walks the heads: up from event `from`, or down from it.
pub fn visit_heads(
    r: &impl Read,
    from: u64,
    order: Order,
    visitor: &mut VisitHead<'_>,
) -> Result<(), StoreError> {
    let key = Key::new().number(from).done();
    let range = match order {
        Order::Ascending => (Bound::Included(key.as_slice()), Bound::Unbounded),
        Order::Descending => (Bound::Unbounded, Bound::Included(key.as_slice())),
    };
    r.visit_raw(AUDIT_HEADS, range, order, &mut |key, bytes| {
        visitor(codec::decode(AUDIT_HEADS, key, bytes).and_then(|record| from_record(key, record)))
    })
}

/// The newest head.
pub fn last_head(r: &impl Read) -> Result<Option<AuditHead>, StoreError> {
    let mut last = None;
    visit_heads(r, u64::MAX, Order::Descending, &mut |head| {
        last = Some(head?);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(last)
}

/// A mark's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkName {
    /// Events up to here were dropped; the rest continues the signed head of this number.
    Floor,
    /// The last check of the whole log.
    Whole,
    /// The last check, which may have continued an earlier one.
    SoFar,
}

impl MarkName {
    fn key(self) -> &'static [u8] {
        match self {
            Self::Floor => b"floor",
            Self::Whole => b"whole",
            Self::SoFar => b"so-far",
        }
    }
}

/// The mark of this name.
pub fn find_mark(r: &impl Read, name: MarkName) -> Result<Option<AuditMark>, StoreError> {
    let record: Option<AuditMarkRecord> = get(r, AUDIT_MARKS, name.key())?;
    Ok(record.map(|AuditMarkRecord::V1 { seq, hash, at, wrong }| AuditMark {
        seq,
        hash,
        at: timestamp(at),
        wrong,
    }))
}

/// Sets it.
pub fn put_mark(w: &WriteTxn, name: MarkName, mark: &AuditMark) -> Result<(), StoreError> {
    let record = AuditMarkRecord::V1 {
        seq: mark.seq,
        hash: mark.hash,
        at: micros(mark.at),
        wrong: mark.wrong.clone(),
    };
    w.put(AUDIT_MARKS, name.key(), &record)
}
