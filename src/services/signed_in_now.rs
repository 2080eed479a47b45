//! Who is signed in now, for those who manage users.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::json;

use super::authorize::{Grant, ManageUsers};
use super::error::ServiceError;
use super::sessions::{self, LiveSession};
use super::{Services, audit};
use crate::base::hex;
use crate::domain::fold::fold;
use crate::domain::ids::UserId;
use crate::domain::permission::Role;
use crate::domain::second_factor::SecondFactor;
use crate::domain::session::{Session, TokenHash};
use crate::domain::user::User;
use crate::services::end_sessions;
use crate::store::{StoreError, sessions as store_sessions, users as store_users};

/// Most sessions on a page.
pub const PAGE_SESSIONS: usize = 100;

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct SignedInNow {
    /// What forms call the session. Not the token, nor what finds it.
    pub id: String,
    /// It is the one that asks.
    pub is_this: bool,
    /// Whose it is.
    pub user: User,
    /// As whom they look at the site.
    pub viewing: Option<String>,
    /// What the browser called itself.
    pub user_agent: String,
    /// Where the sign-in came from.
    pub address: Option<IpAddr>,
    /// Sign-in.
    pub created_at: Timestamp,
    /// Last request.
    pub seen_at: Timestamp,
    /// What there was beside the password.
    pub second_factor: SecondFactor,
}

/// A page of them.
#[derive(Debug, Clone)]
pub struct SignedInList {
    /// The latest sign-in first: an order that being seen does not change.
    pub sessions: Vec<SignedInNow>,
    /// All who match.
    pub matched: usize,
    /// All there are.
    pub total: usize,
    /// Users among all there are.
    pub users: usize,
}

/// Half of the token's hash: it tells sessions apart and finds none.
fn id_of(hash: &TokenHash) -> String {
    hex::encode(&hash[..16])
}

/// Sessions that are good now and whose user, role or address has all `words`.
pub fn list(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    live: &LiveSession,
    words: &str,
    page: usize,
) -> Result<SignedInList, ServiceError> {
    let mut good = good_sessions(services)?;
    good.sort_by_key(|(session, _)| (std::cmp::Reverse(session.created_at), session.token_hash));
    let total = good.len();
    let users = good.iter().map(|(_, user)| user.id).collect::<std::collections::BTreeSet<_>>().len();
    keep_matching(&mut good, words);
    let matched = good.len();
    let sessions = good
        .into_iter()
        .skip(page.saturating_mul(PAGE_SESSIONS))
        .take(PAGE_SESSIONS)
        .map(|(session, user)| shown(services, live, session, user))
        .collect::<Result<_, StoreError>>()?;
    Ok(SignedInList { sessions, matched, total, users })
}

/// All of them at once.
///
/// # Errors
/// Where the store cannot be read.
pub fn all(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    live: &LiveSession,
    words: &str,
) -> Result<Vec<SignedInNow>, ServiceError> {
    let mut good = good_sessions(services)?;
    good.sort_by_key(|(session, _)| (std::cmp::Reverse(session.created_at), session.token_hash));
    keep_matching(&mut good, words);
    let shown = good.into_iter().map(|(session, user)| shown(services, live, session, user));
    Ok(shown.collect::<Result<_, StoreError>>()?)
}

fn keep_matching(good: &mut Vec<(Session, User)>, words: &str) {
    let words = fold(words);
    let words: Vec<&str> = words.split_whitespace().collect();
    good.retain(|(session, user)| has_words(session, user, &words));
}

/// One of them, with how many the user has; `None` where it ended.
///
/// # Errors
/// Where the store cannot be read.
pub fn find(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    live: &LiveSession,
    id: &str,
) -> Result<Option<(SignedInNow, usize)>, ServiceError> {
    let good = good_sessions(services)?;
    let Some((session, user)) = good.iter().find(|(session, _)| id_of(&session.token_hash) == id) else {
        return Ok(None);
    };
    let of_user = good.iter().filter(|(_, other)| other.id == user.id).count();
    Ok(Some((shown(services, live, session.clone(), user.clone())?, of_user)))
}

fn shown(
    services: &Services,
    live: &LiveSession,
    session: Session,
    user: User,
) -> Result<SignedInNow, StoreError> {
    let viewing = match session.viewing {
        Some(viewing) => services.store.read(|r| store_users::find_user(r, viewing.user))?,
        None => None,
    };
    Ok(SignedInNow {
        id: id_of(&session.token_hash),
        is_this: session.token_hash == live.session.token_hash,
        viewing: viewing.map(|user| user.shown_name()),
        user,
        user_agent: session.user_agent,
        address: session.address,
        created_at: session.created_at,
        seen_at: session.seen_at,
        second_factor: session.second_factor,
    })
}

/// How many sessions are good now.
pub(super) fn count(services: &Services) -> Result<usize, ServiceError> {
    Ok(good_sessions(services)?.len())
}

fn good_sessions(services: &Services) -> Result<Vec<(Session, User)>, ServiceError> {
    let all = sessions::all(services)?;
    let mut users: HashMap<UserId, Option<User>> = HashMap::new();
    let mut good = Vec::new();
    for session in all {
        let user = match users.get(&session.user_id) {
            Some(known) => known.clone(),
            None => {
                let found = services.store.read(|r| store_users::find_user(r, session.user_id))?;
                users.insert(session.user_id, found.clone());
                found
            }
        };
        if let Some(user) = user
            && sessions::is_good_now(services, &session, &user)
        {
            good.push((session, user));
        }
    }
    Ok(good)
}

fn has_words(session: &Session, user: &User, words: &[&str]) -> bool {
    let roles = user.roles.iter().map(|role| Role::as_str(*role)).collect::<Vec<_>>().join(" ");
    let address = session.address.map(|address| address.to_string()).unwrap_or_default();
    let name = user.name.full().unwrap_or_default();
    let text = fold(&[&name, user.email.as_str(), &roles, &address].join(" "));
    words.iter().all(|word| text.contains(word))
}

/// Signs one browser out; whose it was. One that ended already is no error.
pub fn end(
    services: &Services,
    grant: &Grant<ManageUsers>,
    id: &str,
) -> Result<Option<String>, ServiceError> {
    let found = sessions::all(services)?.into_iter().find(|session| id_of(&session.token_hash) == id);
    let Some(session) = found else { return Ok(None) };
    let now = services.now();
    let ended = services.store.write(|w| {
        let user = store_users::find_user(w, session.user_id)?;
        if !end_sessions::one(w, now, &session.token_hash)? {
            return Ok(None);
        }
        let details = json!({
            "address": session.address,
            "signed_in_at": session.created_at,
            "user_agent": session.user_agent,
        });
        audit::append(w, now, grant.by(), "session.kick", &format!("user:{}", session.user_id), &details)?;
        Ok::<_, StoreError>(user)
    })?;
    sessions::forget_seen(services, &[session.token_hash]);
    Ok(ended.map(|user| user.shown_name()))
}

/// Signs out everybody but the browser that asks; how many sessions there were.
pub fn end_all_but(
    services: &Services,
    grant: &Grant<ManageUsers>,
    live: &LiveSession,
) -> Result<usize, ServiceError> {
    let now = services.now();
    let ended = services.store.write(|w| {
        let mut ended = Vec::new();
        for session in store_sessions::list_sessions(w)? {
            if session.token_hash != live.session.token_hash
                && end_sessions::one(w, now, &session.token_hash)?
            {
                ended.push(session.token_hash);
            }
        }
        let details = json!({ "sessions_ended": ended.len() });
        audit::append(w, now, grant.by(), "session.kick-all", "", &details)?;
        Ok::<_, StoreError>(ended)
    })?;
    sessions::forget_seen(services, &ended);
    Ok(ended.len())
}
