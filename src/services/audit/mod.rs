//! The audit log: appending in the caller's transaction, finding, exporting, dropping what is too old, and proving that
//! nothing was changed.

pub mod actions;
pub mod export;
pub mod filter;
pub mod heads;
mod index;
pub mod refusals;
pub mod retention;
pub mod search;
mod text;
pub mod verify;

use std::ops::ControlFlow;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::Services;
use super::authorize::{By, Grant, ReadAudit};
use super::error::ServiceError;
use crate::base::request;
use crate::domain::audit::AuditEvent;
use crate::domain::figures::{UseKind, hour_of};
use crate::store::transaction::Order;
use crate::store::{StoreError, WriteTxn, audit as store_audit, figures as store_figures};

pub use text::actor_word;
pub use verify::AuditReport;

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
    event.hash = event_hash(&event);
    if let (Some(kind), Some(user)) = (UseKind::of_action(action), by.user()) {
        store_figures::count_use(w, kind, hour_of(now), user, 1)?;
    }
    store_audit::append_event(w, &event)?;
    index::complete_block(w, seq)
}

/// SHA-256 over the previous hash and every field, each with its length in front, so that no two events share
/// their bytes.
pub fn event_hash(event: &AuditEvent) -> [u8; 32] {
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

/// Checks everything; see [`verify::verify`].
///
/// # Errors
/// The store; never what is wrong with the log.
pub fn verify(services: &Services) -> Result<AuditReport, ServiceError> {
    verify::verify(services, &[])
}

/// Number of the newest event, 0 where there is none.
fn last_seq(services: &Services) -> Result<u64, ServiceError> {
    Ok(services.store.read(store_audit::last_event)?.map_or(0, |event| event.seq))
}

/// What is done once a minute and at a stop: refused tries are written down, and the log is signed each hour.
///
/// # Errors
/// The store; a key that is gone.
pub fn each_minute(services: &Services) -> Result<(), ServiceError> {
    refusals::flush(services)?;
    heads::sign_if_due(services)?;
    Ok(())
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
