//! Ending sessions in the caller's transaction. An admin's view as somebody else ends with the session that has it, and
//! that is told as well.

use jiff::Timestamp;
use serde_json::json;

use super::audit;
use super::authorize::By;
use crate::domain::audit::Actor;
use crate::domain::ids::UserId;
use crate::domain::session::{Session, TokenHash};
use crate::store::{StoreError, WriteTxn, sessions as store_sessions};

/// Ends a session; true where it was there.
pub(super) fn one(w: &WriteTxn, now: Timestamp, token_hash: &TokenHash) -> Result<bool, StoreError> {
    if let Some(session) = store_sessions::find_session(w, token_hash)? {
        tell_end_of_view(w, now, &session, "the session ended")?;
    }
    store_sessions::delete_session(w, token_hash)
}

/// Ends all sessions of the user but `except`; how many there were.
pub(super) fn all_of(
    w: &WriteTxn,
    now: Timestamp,
    user: UserId,
    except: Option<&TokenHash>,
) -> Result<usize, StoreError> {
    let mut ended = 0;
    for session in store_sessions::list_sessions_of(w, user)? {
        if except != Some(&session.token_hash) && one(w, now, &session.token_hash)? {
            ended += 1;
        }
    }
    Ok(ended)
}

/// The view of a session that nobody ended by hand is over.
pub(super) fn tell_end_of_view(
    w: &WriteTxn,
    now: Timestamp,
    session: &Session,
    why: &str,
) -> Result<(), StoreError> {
    let Some(viewing) = session.viewing else { return Ok(()) };
    let by = By { actor: Actor::User(session.user_id), address: None };
    let details = json!({ "seconds": now.duration_since(viewing.since).as_secs(), "why": why });
    audit::append(w, now, by, "view-as.end", &format!("user:{}", viewing.user), &details)
}
