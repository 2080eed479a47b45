//! A forgotten password. The answer to a visitor is made before anybody looks whether there is such an account: what
//! was typed is written down with a job, and nothing else happens while they wait (ASVS 6.3.8). What they typed may be
//! a mail address, a user name or a mobile number.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::target;
use crate::domain::audit::Actor;
use crate::domain::ids::TokenId;
use crate::domain::token::{Token, TokenPurpose};
use crate::domain::user::{Realm, User, UserStatus};
use crate::mail::letters::{Access, Standing};
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::limits::{self, Asking};
use crate::services::notices::{self, AccessMail};
use crate::services::sign_up::{RESEND_AFTER, may_tell};
use crate::services::{Services, audit, jobs, logins, tokens};
use crate::store::{Read, StoreError, WriteTxn, tokens as store_tokens, users as store_users};

/// The kind of job that finds out whose password it is.
pub const RESET_JOB: &str = "reset";
/// Tries of that job.
const MAX_ATTEMPTS: u32 = 20;
/// Longest text that is kept of what was typed.
const MAX_TYPED_BYTES: usize = 254;
/// How long a request waits for an admin.
const WAITS_FOR_ADMIN: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

/// The payload of [`RESET_JOB`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ResetJob {
    /// The request.
    pub token: TokenId,
    /// Where it came from.
    pub address: Option<IpAddr>,
}

/// Writes down that somebody forgot a password; what codes are typed for.
///
/// # Errors
/// [`ServiceError::Throttled`] for too many from one address.
pub fn request(services: &Services, typed: &str, address: Option<IpAddr>) -> Result<TokenId, ServiceError> {
    let token = services.store.write(|w| {
        limits::take(services, w, Asking::Reset, address)?;
        begin(services, w, typed, address)
    })?;
    services.ring_job_bell();
    Ok(token)
}

fn begin(
    services: &Services,
    w: &WriteTxn,
    typed: &str,
    address: Option<IpAddr>,
) -> Result<TokenId, ServiceError> {
    let about: String = typed.trim().chars().filter(|c| !c.is_control()).take(MAX_TYPED_BYTES).collect();
    let token = tokens::new(services, TokenPurpose::Reset, &about, tokens::reset_lifetime(services));
    store_tokens::put_token(w, &token)?;
    jobs::enqueue(w, services.now(), RESET_JOB, &ResetJob { token: token.id, address }, MAX_ATTEMPTS)?;
    Ok(token.id)
}

/// Asks for the mail once more.
///
/// # Errors
/// [`ServiceError::Throttled`] within a minute of the last one; [`ServiceError::LinkVoid`] for no request.
pub fn resend(services: &Services, id: TokenId, address: Option<IpAddr>) -> Result<TokenId, ServiceError> {
    let token = services.store.write(|w| {
        let token = store_tokens::find_token(w, id)?
            .filter(|token| token.purpose == TokenPurpose::Reset)
            .ok_or(ServiceError::LinkVoid)?;
        let left = RESEND_AFTER.saturating_sub(tokens::age(services, &token));
        if !left.is_zero() {
            return Err(ServiceError::Throttled(left));
        }
        limits::take(services, w, Asking::Resend, address)?;
        begin(services, w, &token.about, address)
    })?;
    services.ring_job_bell();
    Ok(token)
}

/// Finds out whose password was forgotten, and mails a link and a code, or where the account stands; on a site without
/// mail it puts the request before the admins. Safe to run twice.
pub fn work(services: &Services, job: ResetJob) -> Result<(), ServiceError> {
    let now = services.now();
    let found = services.store.read(|r| {
        let token = store_tokens::find_token(r, job.token)?;
        let token = token.filter(|token| token.user.is_none() && token.is_live(now));
        let user = match &token {
            Some(token) => find(services, r, &token.about)?,
            None => None,
        };
        Ok::<_, StoreError>(token.zip(user))
    })?;
    let Some((token, user)) = found else { return Ok(()) };
    let by = By { actor: Actor::Visitor, address: job.address };
    let details = json!({});
    if let Some(what) = standing(&user) {
        services.store.write(|w| {
            if services.config().mail.is_on() && may_tell(services, w, &user)? {
                notices::tell_standing(services, w, &user, &what)?;
            }
            audit::append(w, now, by, "user.forgot", &target(&user), &json!({ "told": what.word() }))?;
            Ok::<_, ServiceError>(())
        })?;
    } else if services.config().mail.is_on() {
        let code = tokens::new_code();
        let hash = tokens::hash_code(services, token.id, &code)?;
        services.store.write(|w| {
            let Some((mut token, user)) = again(w, &token, &user)? else { return Ok(()) };
            let live = live(w, services, &user, TokenPurpose::Reset)?;
            if live >= tokens::MAX_LIVE {
                return Ok(());
            }
            token.user = Some(user.id);
            token.epoch = user.credential_epoch;
            token.code_hash = Some(hash.clone());
            token.proves_address = true;
            // Where no link can be made, the code must be good in any browser.
            let mut code = code.clone();
            if services.config().server.public_url.is_none() {
                let (slip, slip_hash) = tokens::new_slip_code();
                (token.slip_hash, token.code_hash) = (Some(slip_hash), None);
                code = slip;
            }
            store_tokens::put_token(w, &token)?;
            let mail = AccessMail {
                access: Access::Reset,
                to: &user.email,
                token: &token,
                path: Some("/reset"),
                code: Some(code),
                asked_from: job.address,
            };
            notices::post_access(services, w, &user, mail)?;
            audit::append(w, now, by, "user.forgot", &target(&user), &details)?;
            Ok::<_, ServiceError>(())
        })?;
    } else {
        services.store.write(|w| {
            let Some((_, user)) = again(w, &token, &user)? else { return Ok(()) };
            if live(w, services, &user, TokenPurpose::ResetWanted)? == 0 {
                let purpose = TokenPurpose::ResetWanted;
                store_tokens::put_token(w, &tokens::new_for(services, purpose, &user, WAITS_FOR_ADMIN))?;
            }
            audit::append(w, now, by, "user.forgot", &target(&user), &details)?;
            Ok::<_, ServiceError>(())
        })?;
        show_to_developer(services, &token, &user)?;
    }
    services.ring_job_bell();
    Ok(())
}

/// Where a site is only tried out, on a loopback address, the page shows what a mail would hold.
fn show_to_developer(services: &Services, token: &Token, user: &User) -> Result<(), ServiceError> {
    let Some(shown) = &services.shown_links else { return Ok(()) };
    let made = tokens::new_for(services, TokenPurpose::Reset, user, tokens::reset_lifetime(services));
    services.store.write(|w| store_tokens::put_token(w, &made))?;
    shown.put(token.id, tokens::seal(services, &made)?);
    Ok(())
}

/// Token and user as they are now, where the job is still to be done.
fn again(w: &WriteTxn, token: &Token, user: &User) -> Result<Option<(Token, User)>, StoreError> {
    let token = store_tokens::find_token(w, token.id)?.filter(|token| token.user.is_none());
    let now = store_users::find_user(w, user.id)?
        .filter(|now| now.is_active() && now.credential_epoch == user.credential_epoch);
    Ok(token.zip(now))
}

/// Requests of a user that are under way.
fn live(r: &impl Read, services: &Services, user: &User, purpose: TokenPurpose) -> Result<usize, StoreError> {
    let now = services.now();
    let tokens = store_tokens::list_tokens_of(r, user.id)?;
    let is_live = |token: &&Token| {
        token.purpose == purpose && token.is_live(now) && token.epoch == user.credential_epoch
    };
    Ok(tokens.iter().filter(is_live).count())
}

/// Whoever holds the login, else whoever asks for it.
fn find(services: &Services, r: &impl Read, typed: &str) -> Result<Option<User>, StoreError> {
    let login = logins::typed(services, r, typed)?;
    match store_users::find_user_by_login(r, &login)? {
        Some(user) => Ok(Some(user)),
        None => Ok(store_users::find_users_who_ask(r, &login)?.into_iter().next()),
    }
}

/// What there is to tell instead of letting the user in.
fn standing(user: &User) -> Option<Standing> {
    match user.status {
        UserStatus::Unconfirmed => Some(Standing::ResetUnconfirmed),
        UserStatus::Pending => Some(Standing::ResetPending),
        UserStatus::Deactivated | UserStatus::Rejected => Some(Standing::ResetDeactivated),
        UserStatus::Active if user.realm == Realm::Ldap => Some(Standing::ResetDirectory),
        UserStatus::Active => None,
    }
}
