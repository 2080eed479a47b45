//! One's own account: the name others see, and where one is signed in.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::json;

use super::authorize::By;
use super::error::ServiceError;
use super::sessions::{self, LiveSession};
use super::{Services, audit};
use crate::base::hex;
use crate::domain::audit::Actor;
use crate::domain::session::Session;
use crate::domain::user::PersonName;
use crate::store::{sessions as store_sessions, users as store_users};

/// One of one's own sessions.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// What forms call it. Not the token, nor what finds it.
    pub id: String,
    /// It is the one that asks.
    pub is_this: bool,
    /// What the browser called itself.
    pub user_agent: String,
    /// Where the sign-in came from.
    pub address: Option<IpAddr>,
    /// Sign-in.
    pub created_at: Timestamp,
    /// Last request.
    pub seen_at: Timestamp,
}

/// The first bytes of the token's hash tell one's own few sessions apart, and find none.
fn id_of(session: &Session) -> String {
    hex::encode(&session.token_hash[..8])
}

/// Where one is signed in: this session first, then the latest.
pub fn sessions(services: &Services, live: &LiveSession) -> Result<Vec<OwnSession>, ServiceError> {
    let mut own: Vec<OwnSession> = sessions::of_user(services, &live.user)?
        .into_iter()
        .map(|session| OwnSession {
            id: id_of(&session),
            is_this: session.token_hash == live.session.token_hash,
            user_agent: session.user_agent,
            address: session.address,
            created_at: session.created_at,
            seen_at: session.seen_at,
        })
        .collect();
    own.sort_by_key(|session| (!session.is_this, std::cmp::Reverse(session.seen_at)));
    Ok(own)
}

/// Ends one of one's own sessions; one that ended already is no error.
pub fn end_session(
    services: &Services,
    live: &LiveSession,
    id: &str,
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    let own = sessions::of_user(services, &live.user)?;
    match own.iter().find(|session| id_of(session) == id) {
        Some(session) => sessions::end(services, session, address),
        None => Ok(()),
    }
}

/// Ends all of one's own sessions but this one; how many there were.
pub fn end_other_sessions(
    services: &Services,
    live: &LiveSession,
    address: Option<IpAddr>,
) -> Result<usize, ServiceError> {
    let now = services.now();
    let by = By { actor: Actor::User(live.user.id), address };
    services.store.write(|w| {
        let ended = store_sessions::delete_sessions_of(w, live.user.id, Some(&live.session.token_hash))?;
        let details = json!({ "sessions_ended": ended, "by": "self" });
        audit::append(w, now, by, "user.sessions", &format!("user:{}", live.user.id), &details)?;
        Ok(ended)
    })
}

/// Changes what one is called, first and last name; empty takes it away.
///
/// # Errors
/// [`ServiceError::Invalid`] for a text that cannot be a name.
pub fn rename(
    services: &Services,
    live: &LiveSession,
    name: (&str, &str),
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    let name = PersonName::parse(name.0, name.1)
        .map_err(|(field, error)| ServiceError::invalid(field, error.to_string()))?;
    let now = services.now();
    let by = By { actor: Actor::User(live.user.id), address };
    services.store.write(|w| {
        let mut user = store_users::find_user(w, live.user.id)?.ok_or(ServiceError::SignInRequired)?;
        let details = json!({ "before": user.name.full(), "after": name.full() });
        user.name = name;
        user.updated_at = now;
        store_users::update_user(w, &user)?;
        audit::append(w, now, by, "user.name", &format!("user:{}", user.id), &details)?;
        Ok(())
    })
}
