//! Dropping what is older than the site keeps it: whole segments up to a signed head, which stays, so that the rest
//! still verifies. That something was dropped is an event itself.

use jiff::SignedDuration;
use serde_json::json;

use super::append;
use crate::base::hex;
use crate::domain::audit::{AuditHead, AuditMark};
use crate::services::authorize::By;
use crate::services::{ServiceError, Services};
use crate::store::audit_blocks::{block_of, remove_blocks_before};
use crate::store::audit_heads::{MarkName, find_mark, put_mark, visit_heads};
use crate::store::transaction::Order;
use crate::store::{Read, StoreError, audit as store_audit};

/// The event that says that events were dropped.
pub(super) const DROP: &str = "audit.drop";
/// Events taken out in one transaction, which others wait for.
const DROPPED_AT_ONCE: usize = 2_000;

/// Drops what is too old, and goes on with what a stop interrupted. Returns up to which event the log was dropped now.
///
/// # Errors
/// The store.
pub fn drop_old(services: &Services) -> Result<Option<u64>, ServiceError> {
    let dropped = begin(services)?;
    let floor = services.store.read(|r| find_mark(r, MarkName::Floor))?;
    if let Some(floor) = floor {
        while services.store.write(|w| store_audit::remove_events(w, floor.seq, DROPPED_AT_ONCE))? {}
        // The block in which the floor is still has events.
        services.store.write(|w| remove_blocks_before(w, block_of(floor.seq + 1)))?;
    }
    Ok(dropped)
}

/// Decides and writes down what goes: from then on it is not there for anybody.
fn begin(services: &Services) -> Result<Option<u64>, ServiceError> {
    let Some(keep) = services.config().retention.audit else { return Ok(None) };
    let now = services.now();
    let before = now - SignedDuration::try_from(keep).unwrap_or(SignedDuration::MAX);
    Ok(services.store.write(|w| {
        let floor = find_mark(w, MarkName::Floor)?.map_or(0, |mark| mark.seq);
        let Some(head) = last_head_before(w, floor, before)? else { return Ok(None) };
        let mark = AuditMark { seq: head.seq, hash: head.hash, at: now, wrong: None };
        put_mark(w, MarkName::Floor, &mark)?;
        let details = json!({
            "from": floor + 1,
            "through": head.seq,
            "hash": hex::encode(&head.hash),
            "signed_at": head.at,
            "kept_days": keep.as_secs() / 86_400,
        });
        append(w, now, By::SYSTEM, DROP, "audit", &details)?;
        Ok::<_, StoreError>(Some(head.seq))
    })?)
}

/// The newest head that was signed, over events that happened, before then.
fn last_head_before(
    r: &impl Read,
    floor: u64,
    before: jiff::Timestamp,
) -> Result<Option<AuditHead>, StoreError> {
    let mut found = None;
    visit_heads(r, floor + 1, Order::Ascending, &mut |head| {
        let head = head?;
        if head.at >= before {
            return Ok(std::ops::ControlFlow::Break(()));
        }
        found = Some(head);
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    // A head that does not fit its event proves nothing; that is for the check to tell, with everything still there.
    let Some(head) = found else { return Ok(None) };
    let event = store_audit::find_event(r, head.seq)?;
    Ok(event.filter(|event| event.hash == head.hash && event.at < before).map(|_| head))
}

/// Events up to this number were dropped.
///
/// # Errors
/// The store.
pub fn floor(services: &Services) -> Result<u64, ServiceError> {
    Ok(services.store.read(super::heads::floor)?)
}
