//! Coming into an account, for the first time or again: [`invite`] hands an account over, [`forgot`] answers who forgot
//! the password, and here a link or a slip becomes a password that its user chose.

pub mod forgot;
pub mod invite;

use std::net::IpAddr;

use serde_json::json;

use super::audit::refusals::Tried;
use super::authorize::By;
use super::error::ServiceError;
use super::limits::{self, Asking};
use super::throttle::{self, Buckets};
use super::{Services, audit, notices, password_policy, second_factor, security_question, sessions, tokens};
use crate::base::ids::random_token;
use crate::base::secret::SecretString;
use crate::domain::audit::Actor;
use crate::domain::token::TokenPurpose;
use crate::domain::user::{Realm, User};
use crate::mail::letters::Change;
use crate::services::{end_sessions, live_links};
use crate::store::{Read, StoreError, WriteTxn, devices, tokens as store_tokens, users as store_users};

/// Whose password is about to be set.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The user.
    pub user: User,
    /// How long the new password must be.
    pub least_password: usize,
    /// It is the first one, or one after an admin's reset.
    pub is_invitation: bool,
    /// The security question to be answered.
    pub question: Option<String>,
    /// A code of the second factor is needed.
    pub takes_code: bool,
}

/// What a link opens. Uses nothing up: programs that read mails open links too.
///
/// # Errors
/// [`ServiceError::LinkVoid`].
pub fn look(services: &Services, sealed: &str) -> Result<Opened, ServiceError> {
    services.store.read(|r| {
        let (token, user) = open(services, r, sealed)?;
        let least_password = password_policy::least_length(&services.config().password, &user);
        let is_invitation = token.purpose == TokenPurpose::Invite;
        let question = if is_invitation { None } else { security_question::find(services, r, user.id)? };
        let takes_code = !is_invitation && user.second_factor_at.is_some();
        Ok(Opened { user, least_password, is_invitation, question, takes_code })
    })
}

fn open(
    services: &Services,
    r: &impl Read,
    sealed: &str,
) -> Result<(crate::domain::token::Token, User), ServiceError> {
    for purpose in [TokenPurpose::Reset, TokenPurpose::Invite] {
        let opened = tokens::open(services, r, purpose, sealed)?;
        if let Some((token, user)) = opened.filter(|(_, user)| user.is_active() && user.realm == Realm::Local)
        {
            return Ok((token, user));
        }
    }
    Err(ServiceError::LinkVoid)
}

/// The link that the code of a slip stands for. It is used up only with the password that is set.
///
/// # Errors
/// [`ServiceError::LinkVoid`]; [`ServiceError::Throttled`] after too many wrong ones from one address.
pub fn open_slip(
    services: &Services,
    code: &str,
    address: Option<IpAddr>,
) -> Result<SecretString, ServiceError> {
    let opened = services.store.read(|r| tokens::open_slip(services, r, code))?;
    let sealed = match opened {
        Some((token, user)) if user.is_active() => Some(tokens::seal(services, &token)?),
        _ => None,
    };
    if let Some(sealed) = sealed {
        return Ok(sealed);
    }
    // Only wrong ones count: many people share an address.
    services.store.write(|w| {
        limits::take(services, w, Asking::Code, address)?;
        let by = By { actor: Actor::Visitor, address };
        audit::append(w, services.now(), by, "code.refuse", "", &json!({ "what": "slip" }))?;
        Ok::<_, ServiceError>(())
    })?;
    Err(ServiceError::LinkVoid)
}

/// What a visitor gives beside a link to reset a password.
#[derive(Debug)]
pub struct Beside {
    /// The answer to the security question, where there is one.
    pub answer: SecretString,
    /// A code of the second factor, where there is one.
    pub code: SecretString,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
}

/// Sets the password of whoever a link or slip is for. All their sessions end, and so do all other links and codes of
/// theirs; nobody is signed in by it. The browser is one of the user's from then on (the token of its cookie is returned),
/// so that whoever guesses at the account keeps nobody out who reads its mails. A forgotten password takes the answer to the security question and the second
/// factor as well, where the user has them (ASVS 6.4.3); what an admin hands over does not: the admin made sure who it
/// is, and the sign-in asks for the second factor.
///
/// # Errors
/// [`ServiceError::LinkVoid`]; [`ServiceError::Invalid`] for a bad password or a wrong `answer`, and
/// [`ServiceError::WrongCode`], which use nothing up; [`ServiceError::Throttled`] after too many of those.
pub fn set_password(
    services: &Services,
    sealed: &str,
    new: &SecretString,
    beside: &Beside,
) -> Result<SecretString, ServiceError> {
    let (token, user) = services.store.read(|r| open(services, r, sealed))?;
    password_policy::check(&services.config().password, &user, new)?;
    let buckets = Buckets::of(&user.email.login(), Some(user.id), None, beside.address);
    let is_reset = token.purpose == TokenPurpose::Reset;
    if is_reset {
        answer_question(services, &user, beside, &buckets)?;
    }
    let hash = services.passwords.hash(new)?;
    let put = |w: &WriteTxn| put_password(services, w, sealed, &hash, beside.address);
    let device = if is_reset && user.second_factor_at.is_some() {
        let by = By { actor: Actor::Visitor, address: beside.address };
        let code = &beside.code;
        second_factor::with_code(services, user.id, code, &buckets, by, |w, _, _| put(w))?
    } else {
        services.store.write(put)?
    };
    services.ring_job_bell();
    Ok(device)
}

fn answer_question(
    services: &Services,
    user: &User,
    beside: &Beside,
    buckets: &Buckets,
) -> Result<(), ServiceError> {
    let (now, config) = (services.now(), &services.config().throttle);
    let (question, wait) = services.store.read(|r| {
        let question = security_question::find(services, r, user.id)?;
        Ok::<_, StoreError>((question, throttle::wait(r, config, buckets, now)?))
    })?;
    if question.is_none() {
        return Ok(());
    }
    if let Some(wait) = wait {
        services.refusals.note(Tried::Proof, beside.address, now);
        return Err(ServiceError::Throttled(wait));
    }
    let _place = services.in_flight.enter(buckets)?;
    if security_question::verify(services, user.id, &beside.answer)? {
        return Ok(());
    }
    services.store.write(|w| {
        throttle::count_failure(w, config, buckets, now)?;
        let by = By { actor: Actor::Visitor, address: beside.address };
        audit::append(w, now, by, "answer.refuse", &target(user), &json!({}))
    })?;
    Err(ServiceError::invalid("answer", "is not the one that was given"))
}

fn put_password(
    services: &Services,
    w: &WriteTxn,
    sealed: &str,
    hash: &SecretString,
    address: Option<IpAddr>,
) -> Result<SecretString, ServiceError> {
    let now = services.now();
    let (token, mut user) = open(services, w, sealed)?;
    tokens::use_up(w, &token)?;
    let had_one = store_users::find_password_hash(w, user.id)?.is_some();
    user.must_change_password = false;
    user.password_expires_at = None;
    user.credential_epoch += 1;
    user.updated_at = now;
    if token.proves_address {
        user.confirmed_at = user.confirmed_at.or(Some(now));
    }
    store_users::update_user(w, &user)?;
    store_users::put_password_hash(w, user.id, hash)?;
    live_links::end_with_password(w, now, user.id)?;
    let ended = end_sessions::all_of(w, now, user.id, None)?;
    store_tokens::delete_tokens_of(w, user.id)?;
    let by = By { actor: Actor::User(user.id), address };
    let details = json!({ "by": token.purpose.word(), "sessions_ended": ended });
    audit::append(w, now, by, "user.password", &target(&user), &details)?;
    if had_one || token.purpose == TokenPurpose::Reset {
        notices::tell(services, w, &user, &user.email, Change::OwnPassword, by)?;
    }
    throttle::forget_account(w, user.id)?;
    let device = random_token();
    devices::put_device(w, &sessions::token_hash(device.expose()), user.id, now)?;
    Ok(device)
}

fn target(user: &User) -> String {
    format!("user:{}", user.id)
}
