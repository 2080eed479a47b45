//! Everything that the site keeps about somebody, for themselves: no secret, and nobody else's address.

use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::error::ServiceError;
use super::second_factor::{recovery, trust};
use super::sessions::LiveSession;
use super::user_files::copies;
use super::users::UserView;
use super::{Services, account, preferences, security_question};
use crate::domain::audit::Actor;
use crate::domain::file_copy::CopyState;
use crate::store::transaction::Order;
use crate::store::{StoreError, audit as store_audit, user_files};

/// Events at most, the latest ones.
const MAX_EVENTS: usize = 10_000;
/// Events of everybody that are looked through for them.
const MAX_LOOKED_AT: usize = 1_000_000;

/// Account, preferences, sessions and what the audit log says about one.
pub fn collect(services: &Services, live: &LiveSession) -> Result<Value, ServiceError> {
    let user = &live.user;
    let sessions: Vec<Value> = account::sessions(services, live)?
        .into_iter()
        .map(|session| {
            json!({
                "is_this": session.is_this,
                "user_agent": session.user_agent,
                "address": session.address,
                "signed_in_at": session.created_at,
                "seen_at": session.seen_at,
                "second_factor": session.second_factor,
            })
        })
        .collect();
    let trusted: Vec<Value> = trust::own(services, user)?
        .into_iter()
        .map(|browser| json!({ "user_agent": browser.user_agent, "trusted_at": browser.trusted_at, "until": browser.until }))
        .collect();
    let files: Vec<Value> = services
        .store
        .read(|r| user_files::list_files_of(r, user.id))?
        .into_iter()
        .map(|file| {
            let copied = match copies::find_state(services, &file)? {
                Some(CopyState::Copied(copied)) => Some(copied.at),
                _ => None,
            };
            Ok(json!({
                "name": file.name, "kind": file.kind, "bytes": file.bytes, "sha256": file.sha256,
                "added_at": file.added_at, "kept": file.is_kept, "deleted_at": file.deleted_at,
                "copied_elsewhere_at": copied,
            }))
        })
        .collect::<Result<_, ServiceError>>()?;
    Ok(json!({
        "account": UserView::from(user),
        "preferences": preferences::of(services, user)?,
        "second_factor": {
            "on_since": user.second_factor_at,
            "recovery_codes_left": recovery::left(services, user.id)?,
            "trusted_browsers": trusted,
        },
        "has_security_question": security_question::own(services, live)?.is_some(),
        "files": files,
        "sessions": sessions,
        "events": events(services, live)?,
        "made_at": services.now(),
    }))
}

/// What one did, and what was done to one's account; where others sat is theirs.
fn events(services: &Services, live: &LiveSession) -> Result<Vec<Value>, ServiceError> {
    let own = Actor::User(live.user.id);
    let target = format!("user:{}", live.user.id);
    let (mut events, mut looked_at) = (Vec::new(), 0);
    services.store.read(|r| {
        store_audit::visit_events(r, u64::MAX, Order::Descending, &mut |event| {
            looked_at += 1;
            if let Ok(event) = event
                && (event.actor == own || event.target == target)
            {
                let is_own = event.actor == own;
                events.push(json!({
                    "at": event.at,
                    "by": if is_own { "you" } else { "others" },
                    "address": event.address.filter(|_| is_own || event.actor == Actor::Visitor),
                    "action": event.action,
                    "target": event.target,
                    "details": serde_json::from_str::<Value>(&event.details).unwrap_or(Value::Null),
                }));
            }
            let enough = events.len() >= MAX_EVENTS || looked_at >= MAX_LOOKED_AT;
            Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok::<_, StoreError>(())
    })?;
    Ok(events)
}
