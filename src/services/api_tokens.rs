//! Tokens of programs: made by a user who proves to be there, shown once, kept as a hash, and never worth more than the
//! user is at that moment (ASVS 8.3.3, 13.2.2).

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::authorize::{By, Grant, ManageUsers};
use super::error::ServiceError;
use super::second_factor::{must_enrol, prove};
use super::sessions::{LiveSession, token_hash};
use super::users::{self, reach};
use super::{Services, audit, names};
use crate::base::ids::random_token;
use crate::base::secret::SecretString;
use crate::domain::api_token::{ApiToken, MAX_NAME_CHARS, PREFIX, TokenScope, permissions_of};
use crate::domain::audit::Actor;
use crate::domain::ids::{ApiTokenId, UserId};
use crate::domain::second_factor::SecondFactor;
use crate::domain::session::Session;
use crate::domain::user::User;
use crate::store::{Read, StoreError, WriteTxn, api_tokens as store_tokens, users as store_users};

/// Most tokens of a user.
pub const MAX_TOKENS: usize = 50;
/// The longest life of one that has an end, in days.
pub const MAX_DAYS: u16 = 1_830;
/// What has ended is listed for so long.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A token to be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewApiToken {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub scopes: BTreeSet<TokenScope>,
    /// Days until it ends; `None` for one that ends when it is revoked.
    pub days: Option<u16>,
}

/// A token as it is shown: everything but the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Token)]
pub struct ApiTokenView {
    /// Its id.
    pub id: ApiTokenId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub scopes: BTreeSet<TokenScope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The latest request, up to a minute late.
    pub used_at: Option<Timestamp>,
    /// It opens nothing any more: its time has passed, or the user's password, status or rights changed.
    pub is_over: bool,
}

/// A token that was made, with the token itself: it is nowhere else.
#[derive(Debug)]
pub struct MadeApiToken {
    /// How it is shown.
    pub view: ApiTokenView,
    /// What a program sends.
    pub token: SecretString,
}

fn view(services: &Services, token: ApiToken, user: &User) -> ApiTokenView {
    let is_over = !is_good(&token, user, services.now());
    let used_at = token.used_at.max(services.seen.get(&token.hash));
    let ApiToken { id, name, scopes, created_at, expires_at, .. } = token;
    ApiTokenView { id, name, scopes, created_at, expires_at, used_at, is_over }
}

fn is_good(token: &ApiToken, user: &User, now: Timestamp) -> bool {
    user.is_active() && user.credential_epoch == token.credential_epoch && !token.is_expired(now)
}

/// Makes one of one's own tokens.
///
/// # Errors
/// As [`prove`]; [`ServiceError::Invalid`] for a name, scope or end that does not do; [`ServiceError::Conflict`] for a
/// program, and where there are too many.
pub fn make(
    services: &Services,
    live: &LiveSession,
    new: &NewApiToken,
    password: &SecretString,
    address: Option<IpAddr>,
) -> Result<MadeApiToken, ServiceError> {
    by_a_person(live)?;
    check(new)?;
    prove(services, live, password, address)?;
    let by = By { actor: Actor::User(live.user.id), address };
    services.store.write(|w| make_in(services, w, by, &live.user, new))
}

/// Makes one for a user, at the machine.
///
/// # Errors
/// As [`make`]; [`ServiceError::NotFound`].
pub(super) fn make_for(
    services: &Services,
    login: &str,
    new: &NewApiToken,
) -> Result<MadeApiToken, ServiceError> {
    check(new)?;
    services.store.write(|w| {
        let user = users::get(w, login)?;
        make_in(services, w, By::COMMAND_LINE, &user, new)
    })
}

fn check(new: &NewApiToken) -> Result<(), ServiceError> {
    names::check(&new.name, MAX_NAME_CHARS)?;
    if new.scopes.is_empty() {
        return Err(ServiceError::invalid(
            "scopes",
            "is empty; say at least one thing that the token is for",
        ));
    }
    if new.days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        return Err(ServiceError::invalid("days", format!("is 1 to {MAX_DAYS}")));
    }
    Ok(())
}

fn make_in(
    services: &Services,
    w: &WriteTxn,
    by: By,
    user: &User,
    new: &NewApiToken,
) -> Result<MadeApiToken, ServiceError> {
    let now = services.now();
    if !user.is_active() {
        return Err(ServiceError::Conflict(
            "the account cannot sign in; a token of it would open nothing".to_owned(),
        ));
    }
    // What the user may not do is refused here, not found out by the program.
    let beyond =
        new.scopes.iter().find(|scope| scope.permission().is_some_and(|permission| !user.has(permission)));
    if let Some(scope) = beyond {
        let message = format!("has `{scope}`, which the account itself may not do; leave it out");
        return Err(ServiceError::invalid("scopes", message));
    }
    let own = store_tokens::list_api_tokens_of(w, user.id)?;
    if own.len() >= MAX_TOKENS {
        let message = format!("there are {MAX_TOKENS} tokens already; revoke one that is not used any more");
        return Err(ServiceError::Conflict(message));
    }
    if own.iter().any(|token| token.name == new.name) {
        return Err(ServiceError::invalid(
            "name",
            "is that of another token; choose one that says what it is for",
        ));
    }
    let secret = SecretString::new(format!("{PREFIX}{}", random_token().expose()));
    let token = ApiToken {
        id: ApiTokenId::new(now),
        hash: token_hash(secret.expose()),
        user_id: user.id,
        credential_epoch: user.credential_epoch,
        name: new.name.clone(),
        scopes: new.scopes.clone(),
        created_at: now,
        expires_at: new.days.map(|days| now + SignedDuration::from_hours(i64::from(days) * 24)),
        used_at: None,
    };
    store_tokens::put_api_token(w, &token)?;
    let details = json!({
        "id": token.id, "name": token.name, "scopes": token.scopes,
        "expires": token.expires_at.map(|at| at.to_string()),
    });
    audit::append(w, now, by, "token.add", &target(user.id), &details)?;
    Ok(MadeApiToken { view: view(services, token, user), token: secret })
}

fn target(user: UserId) -> String {
    format!("user:{user}")
}

/// A program makes and ends no tokens: one that was stolen would make others.
fn by_a_person(live: &LiveSession) -> Result<(), ServiceError> {
    match live.program {
        Some(_) => Err(ServiceError::Conflict(
            "a program cannot make or revoke tokens; sign in and do it yourself".to_owned(),
        )),
        None => Ok(()),
    }
}

/// One's own tokens, the oldest first.
///
/// # Errors
/// The store.
pub fn own(services: &Services, live: &LiveSession) -> Result<Vec<ApiTokenView>, ServiceError> {
    let tokens = services.store.read(|r| store_tokens::list_api_tokens_of(r, live.user.id))?;
    Ok(tokens.into_iter().map(|token| view(services, token, &live.user)).collect())
}

/// The tokens of a user.
///
/// # Errors
/// [`ServiceError::NotFound`] where the user is none of those who are managed.
pub fn of_user(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
) -> Result<Vec<ApiTokenView>, ServiceError> {
    services.store.read(|r| {
        let user = users::get(r, login)?;
        reach::check(r, grant.by(), Some(&user), &user.owners)?;
        let tokens = store_tokens::list_api_tokens_of(r, user.id)?;
        Ok(tokens.into_iter().map(|token| view(services, token, &user)).collect())
    })
}

/// Revokes one of one's own: it opens nothing from now on.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn revoke_own(
    services: &Services,
    live: &LiveSession,
    token: &str,
    address: Option<IpAddr>,
) -> Result<ApiTokenView, ServiceError> {
    by_a_person(live)?;
    let by = By { actor: Actor::User(live.user.id), address };
    services.store.write(|w| revoke_in(services, w, by, &live.user, token))
}

/// Revokes one of a user's, by its name or id.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn revoke(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
    token: &str,
) -> Result<ApiTokenView, ServiceError> {
    services.store.write(|w| {
        let user = users::get(w, login)?;
        reach::check(w, grant.by(), Some(&user), &user.owners)?;
        revoke_in(services, w, grant.by(), &user, token)
    })
}

fn revoke_in(
    services: &Services,
    w: &WriteTxn,
    by: By,
    user: &User,
    token: &str,
) -> Result<ApiTokenView, ServiceError> {
    let id: Option<ApiTokenId> = token.parse().ok();
    let mut own = store_tokens::list_api_tokens_of(w, user.id)?.into_iter();
    let found = own.find(|one| Some(one.id) == id || one.name == token);
    let found = found.ok_or_else(|| ServiceError::NotFound("token of this account".to_owned()))?;
    store_tokens::delete_api_token(w, &found)?;
    let details = json!({ "id": found.id, "name": found.name });
    audit::append(w, services.now(), by, "token.revoke", &target(user.id), &details)?;
    Ok(view(services, found, user))
}

/// Ends all of a user's, in the caller's transaction; how many.
pub(super) fn erase(w: &WriteTxn, user: UserId) -> Result<usize, StoreError> {
    let tokens = store_tokens::list_api_tokens_of(w, user)?;
    for token in &tokens {
        store_tokens::delete_api_token(w, token)?;
    }
    Ok(tokens.len())
}

/// The user behind a token, narrowed to what the token is for.
///
/// # Errors
/// [`ServiceError::SignInRequired`] for one that is none, or has ended.
pub fn resume(services: &Services, token: &str) -> Result<LiveSession, ServiceError> {
    let (hash, now) = (token_hash(token), services.now());
    let found = services.store.read(|r| {
        let Some(token) = store_tokens::find_api_token(r, &hash)? else { return Ok::<_, StoreError>(None) };
        Ok(store_users::find_user(r, token.user_id)?.map(|user| (token, user)))
    })?;
    let (token, mut user) =
        found.filter(|(token, user)| is_good(token, user, now)).ok_or(ServiceError::SignInRequired)?;
    services.seen.map().insert(hash, now);
    let must_enrol = must_enrol(&services.config(), &user);
    user.narrowed_to = Some(permissions_of(&token.scopes));
    let session = Session {
        token_hash: hash,
        user_id: user.id,
        credential_epoch: token.credential_epoch,
        created_at: token.created_at,
        seen_at: now,
        address: None,
        user_agent: String::new(),
        second_factor: SecondFactor::None,
        viewing: None,
        visited_before: None,
    };
    Ok(LiveSession { session, user, viewer: None, must_enrol, program: Some(token) })
}

/// True as long as a token is good.
pub(super) fn stands(
    services: &Services,
    r: &impl Read,
    hash: &crate::domain::session::TokenHash,
) -> Result<bool, StoreError> {
    let Some(token) = store_tokens::find_api_token(r, hash)? else { return Ok(false) };
    let user = store_users::find_user(r, token.user_id)?;
    Ok(user.is_some_and(|user| is_good(&token, &user, services.now())))
}

/// Forgets those that ended a while ago; how many.
///
/// # Errors
/// The store.
pub fn purge(services: &Services) -> Result<usize, ServiceError> {
    let now = services.now();
    let stale = services.store.read(|r| {
        let mut stale = Vec::new();
        for token in store_tokens::list_api_tokens(r)? {
            let ended = token.expires_at.is_some_and(|at| now.duration_since(at) > KEPT);
            let user = store_users::find_user(r, token.user_id)?;
            if ended || user.is_none() {
                stale.push(token);
            }
        }
        Ok::<_, StoreError>(stale)
    })?;
    if !stale.is_empty() {
        services.store.write(|w| {
            stale.iter().try_for_each(|token| store_tokens::delete_api_token(w, token).map(drop))
        })?;
    }
    Ok(stale.len())
}
