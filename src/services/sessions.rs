//! Sessions: begun at sign-in, looked up on every request, ended at once when they must.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::Services;
use super::api_tokens;
use super::audit;
use super::authorize::By;
use super::error::ServiceError;
use super::second_factor;
use super::view_as;
use crate::base::ids::random_token;
use crate::base::secret::SecretString;
use crate::config::Config;
use crate::domain::api_token::ApiToken;
use crate::domain::audit::Actor;
use crate::domain::permission::Permission;
use crate::domain::second_factor::SecondFactor;
use crate::domain::session::{Session, TokenHash};
use crate::domain::user::User;
use crate::services::end_sessions;
use crate::store::{
    StoreError, WriteTxn, api_tokens as store_tokens, sessions as store_sessions, users as store_users,
};

/// When sessions were last seen: gathered here and written down once a minute, so that a plain request costs no
/// write.
#[derive(Default)]
pub struct SeenSessions(Mutex<HashMap<TokenHash, Timestamp>>);

impl SeenSessions {
    pub(super) fn get(&self, hash: &TokenHash) -> Option<Timestamp> {
        self.map().get(hash).copied()
    }

    pub(super) fn map(&self) -> std::sync::MutexGuard<'_, HashMap<TokenHash, Timestamp>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A session found good, with its user as they are now.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// The session.
    pub session: Session,
    /// Its user, read on this very request; while an admin looks at the site as somebody else, that one.
    pub user: User,
    /// The admin who looks at the site as [`LiveSession::user`].
    pub viewer: Option<User>,
    /// The site wants the user to have a second factor, and there is none: setting one up comes first.
    pub must_enrol: bool,
    /// The token, where it is a program that works as the user.
    pub program: Option<ApiToken>,
}

/// Key of a token in the store.
pub fn token_hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// Begins a session in the caller's transaction; returns its token, which is nowhere else.
pub(super) fn begin(
    w: &WriteTxn,
    now: Timestamp,
    user: &User,
    address: Option<IpAddr>,
    user_agent: &str,
) -> Result<SecretString, StoreError> {
    begin_with(w, now, user, (address, user_agent), SecondFactor::None, None)
}

/// The same, for a sign-in that had something beside the password, of a user who was here before.
pub(super) fn begin_with(
    w: &WriteTxn,
    now: Timestamp,
    user: &User,
    (address, user_agent): (Option<IpAddr>, &str),
    second_factor: SecondFactor,
    visited_before: Option<Timestamp>,
) -> Result<SecretString, StoreError> {
    let token = random_token();
    let session = Session {
        token_hash: token_hash(token.expose()),
        user_id: user.id,
        credential_epoch: user.credential_epoch,
        created_at: now,
        seen_at: now,
        address,
        user_agent: user_agent.chars().filter(|c| !c.is_control()).take(200).collect(),
        second_factor,
        viewing: None,
        visited_before,
    };
    store_sessions::put_session(w, &session)?;
    Ok(token)
}

/// When the user was here last, before a session that is about to begin.
pub(super) fn last_visit(w: &WriteTxn, user: &User) -> Result<Option<Timestamp>, StoreError> {
    let sessions = store_sessions::list_sessions_of(w, user.id)?;
    Ok(sessions.into_iter().map(|session| session.seen_at).max().max(user.signed_in_at))
}

/// Whether a request is a sign of life of the person, or only of an open page (ASVS 7.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The person did something: the idle time begins anew.
    ByPerson,
    /// A poll or a prefetch: the session goes on ending.
    InBackground,
}

/// The session behind a token, if it is still good: neither idle nor old too long, its user active, and nothing
/// about the user's credentials or rights changed since.
///
/// # Errors
/// [`ServiceError::SignInRequired`] for anything else.
pub fn resume(services: &Services, token: &str, seen: Seen) -> Result<LiveSession, ServiceError> {
    let hash = token_hash(token);
    let now = services.now();
    let found = services.store.read(|r| {
        let Some(session) = store_sessions::find_session(r, &hash)? else { return Ok::<_, StoreError>(None) };
        Ok(store_users::find_user(r, session.user_id)?.map(|user| {
            let must_enrol = second_factor::must_enrol(&services.config(), &user);
            LiveSession { session, user, viewer: None, must_enrol, program: None }
        }))
    })?;
    let mut live = found.ok_or(ServiceError::SignInRequired)?;
    if let Some(seen_at) = services.seen.get(&hash) {
        live.session.seen_at = live.session.seen_at.max(seen_at);
    }
    if !is_good(&services.config(), &live.session, &live.user, now) {
        return Err(ServiceError::SignInRequired);
    }
    if seen == Seen::ByPerson {
        services.seen.map().insert(hash, now);
        live.session.seen_at = now;
    }
    view_as::apply(services, live)
}

/// True as long as the session of this token is good: what takes a while asks again.
pub fn stands(services: &Services, hash: &TokenHash) -> Result<bool, ServiceError> {
    let now = services.now();
    services.store.read(|r| {
        let Some(session) = store_sessions::find_session(r, hash)? else {
            return Ok(api_tokens::stands(services, r, hash)?);
        };
        let user = store_users::find_user(r, session.user_id)?;
        let session = with_seen(services, session);
        Ok(user.is_some_and(|user| is_good(&services.config(), &session, &user, now)))
    })
}

/// How long the session goes on if nothing is done.
pub fn ends_in(services: &Services, live: &LiveSession) -> Duration {
    let now = services.now();
    let (idle, absolute) = lifetimes(&services.config(), live.viewer.as_ref().unwrap_or(&live.user));
    let left = |since: Timestamp, limit: Duration| {
        let age = now.duration_since(since).max(SignedDuration::ZERO).unsigned_abs();
        limit.saturating_sub(age)
    };
    left(live.session.created_at, absolute).min(left(live.session.seen_at, idle))
}

fn is_good(config: &Config, session: &Session, user: &User, now: Timestamp) -> bool {
    let (idle, absolute) = lifetimes(config, user);
    let within = |since: Timestamp, limit: Duration| {
        // A clock set back must not lengthen a session: time before its beginning ends it too.
        let age = now.duration_since(since);
        age < SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX)
            && age > SignedDuration::from_mins(-5)
    };
    user.is_active()
        && user.credential_epoch == session.credential_epoch
        && within(session.created_at, absolute)
        && within(session.seen_at, idle)
}

fn lifetimes(config: &Config, user: &User) -> (Duration, Duration) {
    let session = &config.session;
    if user.has(Permission::ManageUsers) {
        (session.admin_idle, session.admin_absolute)
    } else {
        (session.idle, session.absolute)
    }
}

/// Signs out: the row goes, and with it every copy of the cookie.
pub fn end(services: &Services, session: &Session, address: Option<IpAddr>) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        if end_sessions::one(w, now, &session.token_hash)? {
            let by = By { actor: Actor::User(session.user_id), address };
            let target = format!("user:{}", session.user_id);
            audit::append(w, now, by, "session.end", &target, &serde_json::json!({}))?;
        }
        Ok::<_, StoreError>(())
    })?;
    forget_seen(services, &[session.token_hash]);
    Ok(())
}

/// All sessions in the store, with when they were last seen.
pub(super) fn all(services: &Services) -> Result<Vec<Session>, ServiceError> {
    let sessions = services.store.read(store_sessions::list_sessions)?;
    Ok(sessions.into_iter().map(|session| with_seen(services, session)).collect())
}

/// The user's sessions that are still good.
pub(super) fn of_user(services: &Services, user: &User) -> Result<Vec<Session>, ServiceError> {
    let now = services.now();
    let sessions = services.store.read(|r| store_sessions::list_sessions_of(r, user.id))?;
    let is_live = |session: &Session| is_good(&services.config(), session, user, now);
    Ok(sessions.into_iter().map(|session| with_seen(services, session)).filter(is_live).collect())
}

/// True for a session that its user can go on with.
pub(super) fn is_good_now(services: &Services, session: &Session, user: &User) -> bool {
    is_good(&services.config(), session, user, services.now())
}

/// Sessions that are over were never seen.
pub(super) fn forget_seen(services: &Services, ended: &[TokenHash]) {
    let mut seen = services.seen.map();
    for hash in ended {
        seen.remove(hash);
    }
}

fn with_seen(services: &Services, mut session: Session) -> Session {
    if let Some(seen) = services.seen.get(&session.token_hash) {
        session.seen_at = session.seen_at.max(seen);
    }
    session
}

/// Writes down when sessions were last seen. Called once a minute.
pub fn flush_seen(services: &Services) -> Result<(), ServiceError> {
    // It stays in memory until the store has it: in between, a session must not look as if it had been idle.
    let seen = services.seen.map().clone();
    if seen.is_empty() {
        return Ok(());
    }
    services.store.write(|w| {
        for (hash, at) in &seen {
            if let Some(mut session) = store_sessions::find_session(w, hash)?
                && session.seen_at < *at
            {
                session.seen_at = *at;
                store_sessions::put_session(w, &session)?;
            } else if let Some(mut token) = store_tokens::find_api_token(w, hash)? {
                token.used_at = token.used_at.max(Some(*at));
                store_tokens::put_api_token(w, &token)?;
            }
        }
        Ok::<_, StoreError>(())
    })?;
    services.seen.map().retain(|hash, at| seen.get(hash) != Some(at));
    Ok(())
}

/// Deletes sessions that nobody can resume any more; how many there were.
pub fn purge(services: &Services) -> Result<usize, ServiceError> {
    let now = services.now();
    let stale = services.store.read(|r| {
        let mut stale = Vec::new();
        for mut session in store_sessions::list_sessions(r)? {
            if let Some(seen) = services.seen.get(&session.token_hash) {
                session.seen_at = session.seen_at.max(seen);
            }
            let hash = session.token_hash;
            let user = store_users::find_user(r, session.user_id)?;
            let good = user.as_ref().is_some_and(|user| is_good(&services.config(), &session, user, now));
            if !good {
                let is_over = user.is_some_and(|user| {
                    user.is_active() && user.credential_epoch == session.credential_epoch
                });
                stale.push((hash, session.user_id, is_over));
            }
        }
        Ok::<_, StoreError>(stale)
    })?;
    for chunk in stale.chunks(200) {
        services.store.write(|w| {
            for (hash, user, is_over) in chunk {
                // What ended the others was audited when it did.
                if end_sessions::one(w, now, hash)? && *is_over {
                    let target = format!("user:{user}");
                    audit::append(w, now, By::SYSTEM, "session.expire", &target, &serde_json::json!({}))?;
                }
            }
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(stale.len())
}
