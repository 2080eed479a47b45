//! The audit log: append, read, never change.

use std::ops::{Bound, ControlFlow};

use bincode::{Decode, Encode};

use super::codec::{self, damaged};
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::AUDIT;
use super::transaction::{Order, Read, WriteTxn, get};
use crate::domain::audit::AuditEvent;

#[derive(Encode, Decode)]
enum AuditRecord {
    V1(AuditV1),
}

#[derive(Encode, Decode)]
struct AuditV1 {
    at: i64,
    actor: String,
    address: Option<String>,
    request: Option<String>,
    action: String,
    target: String,
    details: String,
    previous_hash: [u8; 32],
    hash: [u8; 32],
}

fn from_record(key: &[u8], record: AuditRecord) -> Result<AuditEvent, StoreError> {
    let AuditRecord::V1(v1) = record;
    Ok(AuditEvent {
        seq: KeyParts::of(key).number().ok_or_else(|| damaged(AUDIT, key, "its key is no number"))?,
        at: timestamp(v1.at),
        actor: from_word(AUDIT, key, &v1.actor)?,
        address: v1.address,
        request: v1.request,
        action: v1.action,
        target: v1.target,
        details: v1.details,
        previous_hash: v1.previous_hash,
        hash: v1.hash,
    })
}

/// The newest event.
pub fn last_event(r: &impl Read) -> Result<Option<AuditEvent>, StoreError> {
    let mut last = None;
    visit_events(r, u64::MAX, Order::Descending, &mut |event| {
        last = Some(event?);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(last)
}

/// Adds an event. The service that calls this fills in number and hashes.
pub fn append_event(w: &WriteTxn, event: &AuditEvent) -> Result<(), StoreError> {
    let record = AuditRecord::V1(AuditV1 {
        at: micros(event.at),
        actor: to_word(&event.actor),
        address: event.address.clone(),
        request: event.request.clone(),
        action: event.action.clone(),
        target: event.target.clone(),
        details: event.details.clone(),
        previous_hash: event.previous_hash,
        hash: event.hash,
    });
    w.put(AUDIT, &Key::new().number(event.seq).done(), &record)
}

/// Called with each event; an event whose bytes are damaged arrives as an error that may be passed on or noted.
type VisitEvent<'v> = dyn FnMut(Result<AuditEvent, StoreError>) -> Result<ControlFlow<()>, StoreError> + 'v;

/// Takes the events up to number `through` out, at most `limit` of them; true where some are left. Only the service that
/// drops what is old calls this.
pub fn remove_events(w: &WriteTxn, through: u64, limit: usize) -> Result<bool, StoreError> {
    let end = Key::new().number(through).done();
    let mut keys = Vec::new();
    w.visit_raw(
        AUDIT,
        (Bound::Unbounded, Bound::Included(end.as_slice())),
        Order::Ascending,
        &mut |key, _| {
            keys.push(key.to_vec());
            Ok(if keys.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        },
    )?;
    for key in keys.iter().take(limit) {
        w.remove(AUDIT, key)?;
    }
    Ok(keys.len() > limit)
}

/// Event number `seq`.
pub fn find_event(r: &impl Read, seq: u64) -> Result<Option<AuditEvent>, StoreError> {
    let key = Key::new().number(seq).done();
    get(r, AUDIT, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// Walks the events: up from number `from`, or down from it.
pub fn visit_events(
    r: &impl Read,
    from: u64,
    order: Order,
    visitor: &mut VisitEvent<'_>,
) -> Result<(), StoreError> {
    let key = Key::new().number(from).done();
    let range = match order {
        Order::Ascending => (Bound::Included(key.as_slice()), Bound::Unbounded),
        Order::Descending => (Bound::Unbounded, Bound::Included(key.as_slice())),
    };
    r.visit_raw(AUDIT, range, order, &mut |key, bytes| {
        visitor(codec::decode(AUDIT, key, bytes).and_then(|record| from_record(key, record)))
    })
}
