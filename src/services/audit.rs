//! The audit log: appending in the caller's transaction, reading, and proving that nothing was changed.

use std::ops::ControlFlow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Services;
use super::authorize::{By, Grant, ReadAudit};
use super::error::ServiceError;
use crate::base::{hex, request};
use crate::domain::audit::AuditEvent;
use crate::domain::figures::{UseKind, hour_of};
use crate::store::transaction::Order;
use crate::store::{StoreError, WriteTxn, audit as store_audit, figures as store_figures};

/// Appends an event in the transaction that makes the change. `details` must hold no secrets.
pub fn append(
    w: &WriteTxn,
    now: Timestamp,
    by: By,
    action: &str,
    target: &str,
    details: &serde_json::Value,
) -> Result<(), StoreError> {
    let last = store_audit::last_event(w)?;
    let (seq, previous_hash) = last.map_or((1, [0; 32]), |event| (event.seq + 1, event.hash));
    let mut event = AuditEvent {
        seq,
        // To the microsecond, as it is stored: the hash must come out the same later.
        at: Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now),
        actor: by.actor,
        address: by.address.map(|address| address.to_string()),
        request: request::current().map(|request| request.to_string()),
        action: action.to_owned(),
        target: target.to_owned(),
        details: details.to_string(),
        previous_hash,
        hash: [0; 32],
    };
    event.hash = hash(&event);
    if let (Some(kind), Some(user)) = (UseKind::of_action(action), by.user()) {
        store_figures::count_use(w, kind, hour_of(now), user, 1)?;
    }
    store_audit::append_event(w, &event)
}

/// SHA-256 over the previous hash and every field, each with its length in front, so that no two events share
/// their bytes.
fn hash(event: &AuditEvent) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(event.previous_hash);
    hasher.update(event.seq.to_be_bytes());
    hasher.update(event.at.as_microsecond().to_be_bytes());
    let actor = serde_json::to_string(&event.actor).unwrap_or_default();
    for field in [
        &actor,
        event.address.as_ref().unwrap_or(&String::new()),
        event.request.as_ref().unwrap_or(&String::new()),
        &event.action,
        &event.target,
        &event.details,
    ] {
        hasher.update((field.len() as u64).to_be_bytes());
        hasher.update(field.as_bytes());
    }
    hasher.finalize().into()
}

/// What the check of the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditReport {
    /// Events checked.
    pub events: u64,
    /// Number and hash (hex) of the newest good event: keep it elsewhere to notice a log that was cut.
    pub head: Option<(u64, String)>,
    /// The first event that does not fit, and why.
    pub first_bad: Option<(u64, String)>,
}

/// Walks the whole chain: numbers without gaps, each hash right and each continuing the one before.
pub fn verify(services: &Services) -> Result<AuditReport, ServiceError> {
    let mut report = AuditReport { events: 0, head: None, first_bad: None };
    let (mut seq, mut previous_hash) = (1, [0; 32]);
    services.store.read(|r| {
        store_audit::visit_events(r, 0, Order::Ascending, &mut |event| {
            let wrong = match event {
                Err(error) => Some(error.to_string()),
                Ok(event) if event.seq != seq => Some(format!("event {seq} is missing")),
                Ok(event) if event.previous_hash != previous_hash => {
                    Some("it does not continue the event before".to_owned())
                }
                Ok(event) if event.hash != hash(&event) => Some("it was changed".to_owned()),
                Ok(event) => {
                    previous_hash = event.hash;
                    report.head = Some((seq, hex::encode(&event.hash)));
                    None
                }
            };
            report.events += 1;
            if let Some(wrong) = wrong {
                report.first_bad = Some((seq, wrong));
                return Ok(ControlFlow::Break(()));
            }
            seq += 1;
            Ok(ControlFlow::Continue(()))
        })
    })?;
    Ok(report)
}

/// Up to `limit` events, newest first, from number `from` down.
pub fn list(
    services: &Services,
    _grant: &Grant<ReadAudit>,
    from: Option<u64>,
    limit: usize,
) -> Result<Vec<AuditEvent>, ServiceError> {
    let mut events = Vec::new();
    services.store.read(|r| {
        store_audit::visit_events(r, from.unwrap_or(u64::MAX), Order::Descending, &mut |event| {
            events.push(event?);
            Ok(if events.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
    })?;
    Ok(events)
}
