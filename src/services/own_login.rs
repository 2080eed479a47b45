//! Changing one's own password and mail address while signed in. Where the site has mail, a change of the password
//! takes a code from it beside the present password, and one of the address a code from both mailboxes.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::json;

use super::audit::refusals::Tried;
use super::authorize::By;
use super::error::ServiceError;
use super::limits;
use super::notices::{self, AccessMail};
use super::passwords::Verdict;
use super::sessions::{self, LiveSession};
use super::sign_in::SignedIn;
use super::throttle::{self, Buckets};
use super::tokens::{self, CodeCheck};
use super::{Services, audit, password_policy};
use crate::base::ids::random_token;
use crate::base::secret::SecretString;
use crate::config::accounts::CodePolicy;
use crate::domain::audit::Actor;
use crate::domain::email::Email;
use crate::domain::ids::TokenId;
use crate::domain::session::Session;
use crate::domain::token::{Token, TokenPurpose};
use crate::domain::user::{Realm, User};
use crate::mail::letters::{Access, Change, Standing};
use crate::services::{end_sessions, live_links};
use crate::store::{StoreError, WriteTxn, devices, tokens as store_tokens, users as store_users};

/// What proves that it is the user who sets a new password.
#[derive(Debug)]
pub enum Proof<'a> {
    /// The present one.
    Password(&'a SecretString),
    /// A code that was mailed after the present one was typed.
    Code {
        /// What it was mailed for.
        request: TokenId,
        /// As typed.
        code: &'a str,
    },
}

/// True where a new password takes a code from a mail. One that somebody else set was just proved to have arrived.
pub fn password_needs_code(services: &Services, user: &User) -> bool {
    let policy = services.config().accounts.password_change;
    !user.must_change_password
        && match policy {
            CodePolicy::Never => false,
            CodePolicy::Auto | CodePolicy::Always => services.config().mail.is_on(),
        }
}

/// Checks the present password and mails a code; what the code is typed for.
///
/// # Errors
/// [`ServiceError::WrongCredentials`], throttled like a sign-in.
pub fn begin_password_change(
    services: &Services,
    live: &LiveSession,
    current: &SecretString,
    address: Option<IpAddr>,
) -> Result<TokenId, ServiceError> {
    verify_current(services, live, current, address)?;
    let user = &live.user;
    let (token, code) = coded(services, TokenPurpose::PasswordChange, user)?;
    services.store.write(|w| {
        count_mail(services, w, user)?;
        drop_older(w, user, &[TokenPurpose::PasswordChange])?;
        store_tokens::put_token(w, &token)?;
        let mail = AccessMail {
            access: Access::PasswordChange,
            to: &user.email,
            token: &token,
            path: None,
            code: Some(code),
            asked_from: address,
        };
        notices::post_access(services, w, user, mail)
    })?;
    services.ring_job_bell();
    Ok(token.id)
}

/// A token of a user with a mailed code.
fn coded(
    services: &Services,
    purpose: TokenPurpose,
    user: &User,
) -> Result<(Token, SecretString), ServiceError> {
    let code = tokens::new_code();
    let token = tokens::new_for(services, purpose, user, tokens::CODE_LIFETIME);
    let code_hash = Some(tokens::hash_code(services, token.id, &code)?);
    Ok((Token { code_hash, ..token }, code))
}

/// Codes that a user may ask for at once, and then one more each: so many mails, and five guesses at each.
fn count_mail(services: &Services, w: &WriteTxn, user: &User) -> Result<(), ServiceError> {
    const AT_ONCE: f64 = 5.0;
    const THEN_EVERY: std::time::Duration = std::time::Duration::from_mins(10);
    let key = [b"codes".as_slice(), user.id.0.as_bytes()].concat();
    limits::take_counter(w, &key, AT_ONCE, THEN_EVERY, services.now())
}

/// One change at a time: a code for an earlier one is void.
fn drop_older(w: &WriteTxn, user: &User, purposes: &[TokenPurpose]) -> Result<(), StoreError> {
    for token in store_tokens::list_tokens_of(w, user.id)? {
        if purposes.contains(&token.purpose) {
            store_tokens::delete_token(w, &token)?;
        }
    }
    Ok(())
}

/// Sets a new password for oneself; ends all one's sessions and begins a new one.
///
/// # Errors
/// [`ServiceError::WrongCredentials`] for a wrong present password (ASVS 6.2.3), throttled like a sign-in, and for a
/// wrong code; [`ServiceError::LinkVoid`] where no code can be typed any more; [`ServiceError::Invalid`] where the new
/// one is not acceptable.
pub fn change_password(
    services: &Services,
    live: &LiveSession,
    proof: &Proof<'_>,
    new: &SecretString,
    address: Option<IpAddr>,
) -> Result<SignedIn, ServiceError> {
    let user = &live.user;
    if user.realm != Realm::Local {
        return Err(ServiceError::Conflict(
            "your password is the company directory's, and can be changed only there".to_owned(),
        ));
    }
    // A code is looked at last: it is good for one try that counts.
    password_policy::check(&services.config().password, user, new)?;
    match proof {
        Proof::Password(current) if !password_needs_code(services, user) => {
            verify_current(services, live, current, address)?;
            if *current == new {
                return Err(ServiceError::invalid("new_password", "is the same as the current one"));
            }
        }
        Proof::Password(_) => return Err(ServiceError::CodeRequired),
        Proof::Code { request, code } => {
            prove_code(services, user, *request, TokenPurpose::PasswordChange, code)?;
        }
    }
    let hash = services.passwords.hash(new)?;
    let now = services.now();
    let signed_in = services.store.write(|w| {
        let mut user = still_there(w, live)?;
        if let Proof::Code { request, .. } = proof {
            let token = store_tokens::find_token(w, *request)?.ok_or(ServiceError::LinkVoid)?;
            tokens::use_up(w, &token)?;
        }
        user.must_change_password = false;
        user.password_expires_at = None;
        store_users::put_password_hash(w, user.id, &hash)?;
        live_links::end_with_password(w, now, user.id)?;
        let by = By { actor: Actor::User(user.id), address };
        let signed_in = renew_credentials(services, w, live, &mut user, address, now)?;
        audit::append(w, now, by, "user.password", &format!("user:{}", user.id), &json!({"by": "self"}))?;
        notices::tell(services, w, &user, &user.email, Change::OwnPassword, by)?;
        Ok::<_, ServiceError>(signed_in)
    })?;
    services.ring_job_bell();
    Ok(signed_in)
}

/// Checks a code of the user's own; a right one stays proved until it is used.
fn prove_code(
    services: &Services,
    user: &User,
    id: TokenId,
    purpose: TokenPurpose,
    code: &str,
) -> Result<(), ServiceError> {
    let token = services.store.read(|r| store_tokens::find_token(r, id))?;
    let token = token.filter(|token| {
        let is_theirs = token.user == Some(user.id) && token.epoch == user.credential_epoch;
        is_theirs && token.purpose == purpose && token.is_live(services.now())
    });
    let Some(token) = token else { return Err(ServiceError::LinkVoid) };
    if token.proves_address {
        return Ok(());
    }
    match tokens::check_code(services, id, purpose, code)? {
        CodeCheck::Right(_) => Ok(()),
        CodeCheck::Wrong { .. } => Err(ServiceError::WrongCredentials),
        CodeCheck::Void => Err(ServiceError::LinkVoid),
    }
}

/// The user as they are now, where the session still counts.
fn still_there(w: &WriteTxn, live: &LiveSession) -> Result<User, ServiceError> {
    store_users::find_user(w, live.user.id)?
        .filter(|user| user.is_active() && user.credential_epoch == live.session.credential_epoch)
        .ok_or(ServiceError::SignInRequired)
}

/// Ends all sessions and links of the user, and begins the one session that goes on.
fn renew_credentials(
    services: &Services,
    w: &WriteTxn,
    live: &LiveSession,
    user: &mut User,
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<SignedIn, ServiceError> {
    let buckets = Buckets::of_session(live, address);
    user.credential_epoch += 1;
    user.updated_at = now;
    store_users::update_user(w, user).map_err(super::users::taken)?;
    end_sessions::all_of(w, now, user.id, None)?;
    store_tokens::delete_tokens_of(w, user.id)?;
    throttle::forget_device(w, &buckets)?;
    let device_token = random_token();
    devices::put_device(w, &sessions::token_hash(device_token.expose()), user.id, services.now())?;
    let Session { user_agent, second_factor, visited_before, .. } = &live.session;
    let browser = (address, user_agent.as_str());
    let session_token = sessions::begin_with(w, now, user, browser, *second_factor, *visited_before)?;
    Ok(SignedIn { user: user.clone(), session_token, device_token })
}

/// Checks the present password of whoever is signed in.
///
/// # Errors
/// [`ServiceError::WrongCredentials`], throttled like a sign-in.
pub(super) fn verify_current(
    services: &Services,
    live: &LiveSession,
    current: &SecretString,
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    let now = services.now();
    let config = &services.config().throttle;
    let buckets = Buckets::of_session(live, address);
    let (hash, wait) = services.store.read(|r| {
        let hash = store_users::find_password_hash(r, live.user.id)?;
        Ok::<_, StoreError>((hash, throttle::wait(r, config, &buckets, now)?))
    })?;
    if let Some(wait) = wait {
        services.refusals.note(Tried::Proof, address, now);
        return Err(ServiceError::Throttled(wait));
    }
    let _place = services.in_flight.enter(&buckets)?;
    if let Verdict::Wrong = services.passwords.verify(current, hash.as_ref())? {
        services.store.write(|w| {
            throttle::count_failure(w, config, &buckets, now)?;
            let by = By { actor: Actor::User(live.user.id), address };
            audit::append(w, now, by, "password.refuse", &format!("user:{}", live.user.id), &json!({}))
        })?;
        return Err(ServiceError::WrongCredentials);
    }
    Ok(())
}

/// Begins a change of one's address: a code goes to the old and to the new one; what they are typed for. That the new
/// one is somebody's login is said in its mailbox alone.
///
/// # Errors
/// [`ServiceError::WrongCredentials`], throttled like a sign-in; [`ServiceError::Conflict`] where the site has no mail.
pub fn begin_email_change(
    services: &Services,
    live: &LiveSession,
    current: &SecretString,
    new: &Email,
    address: Option<IpAddr>,
) -> Result<TokenId, ServiceError> {
    let user = &live.user;
    if !services.config().mail.is_on() || user.realm != Realm::Local {
        return Err(ServiceError::Conflict("an admin changes the address of this account".to_owned()));
    }
    if new.login() == user.email.login() {
        return Err(ServiceError::invalid("new_email", "is the address that you have"));
    }
    verify_current(services, live, current, address)?;
    let (new_token, new_code) = coded(services, TokenPurpose::EmailNew, user)?;
    let (old_token, old_code) = coded(services, TokenPurpose::EmailOld, user)?;
    let new_token = Token { about: new.as_str().to_owned(), ..new_token };
    let old_token = Token { about: new_token.id.to_string(), ..old_token };
    services.store.write(|w| {
        count_mail(services, w, user)?;
        drop_older(w, user, &[TokenPurpose::EmailOld, TokenPurpose::EmailNew])?;
        store_tokens::put_token(w, &old_token)?;
        store_tokens::put_token(w, &new_token)?;
        let mail = |access, to, token, code| AccessMail {
            access,
            to,
            token,
            path: None,
            code: Some(code),
            asked_from: address,
        };
        notices::post_access(
            services,
            w,
            user,
            mail(Access::EmailOld, &user.email, &old_token, old_code.clone()),
        )?;
        match store_users::find_user_by_login(w, &new.login())? {
            // The code that was not sent is as wrong as any.
            Some(holder) => notices::tell_standing(services, w, &holder, &Standing::Exists),
            None => notices::post_access(
                services,
                w,
                user,
                mail(Access::EmailNew, new, &new_token, new_code.clone()),
            ),
        }
    })?;
    services.ring_job_bell();
    Ok(old_token.id)
}

/// What became of the two codes.
#[derive(Debug)]
pub enum EmailChange {
    /// The address is the new one; the session goes on under another token.
    Changed(Box<SignedIn>),
    /// These are wrong: the one from the old address, the one from the new.
    Wrong {
        /// From the old address.
        old: bool,
        /// From the new one.
        new: bool,
    },
}

/// The new address that a change under way is about.
///
/// # Errors
/// [`ServiceError::LinkVoid`] where there is none.
pub fn email_under_way(
    services: &Services,
    live: &LiveSession,
    request: TokenId,
) -> Result<Email, ServiceError> {
    let new = new_address_token(services, live, request)?;
    Email::parse(&new.about).map_err(|_| ServiceError::LinkVoid)
}

fn new_address_token(
    services: &Services,
    live: &LiveSession,
    request: TokenId,
) -> Result<Token, ServiceError> {
    let find = |id| services.store.read(|r| store_tokens::find_token(r, id));
    let is_theirs = |token: &Token| {
        token.user == Some(live.user.id)
            && token.epoch == live.user.credential_epoch
            && token.is_live(services.now())
    };
    let old = find(request)?.filter(&is_theirs).ok_or(ServiceError::LinkVoid)?;
    let new = old.about.parse().map_err(|_| ServiceError::LinkVoid)?;
    find(new)?
        .filter(|token| token.purpose == TokenPurpose::EmailNew && is_theirs(token))
        .ok_or(ServiceError::LinkVoid)
}

/// Changes one's address, where both codes are right. A right one need not be typed again.
///
/// # Errors
/// [`ServiceError::LinkVoid`]; [`ServiceError::Conflict`] where the address became somebody's meanwhile.
pub fn finish_email_change(
    services: &Services,
    live: &LiveSession,
    request: TokenId,
    (old_code, new_code): (&str, &str),
    address: Option<IpAddr>,
) -> Result<EmailChange, ServiceError> {
    let user = &live.user;
    let new_token = new_address_token(services, live, request)?;
    let new_email = Email::parse(&new_token.about).map_err(|_| ServiceError::LinkVoid)?;
    let wrong = |result: Result<(), ServiceError>| match result {
        Ok(()) => Ok(false),
        Err(ServiceError::WrongCredentials) => Ok(true),
        Err(other) => Err(other),
    };
    let old = wrong(prove_code(services, user, request, TokenPurpose::EmailOld, old_code))?;
    let new = wrong(prove_code(services, user, new_token.id, TokenPurpose::EmailNew, new_code))?;
    if old || new {
        return Ok(EmailChange::Wrong { old, new });
    }
    let now = services.now();
    let signed_in = services.store.write(|w| {
        let mut user = still_there(w, live)?;
        tokens::use_up(w, &new_token)?;
        let before = std::mem::replace(&mut user.email, new_email);
        user.confirmed_at = Some(now);
        let by = By { actor: Actor::User(user.id), address };
        let signed_in = renew_credentials(services, w, live, &mut user, address, now)?;
        let details = json!({ "before": before, "after": user.email });
        audit::append(w, now, by, "user.email", &format!("user:{}", user.id), &details)?;
        notices::tell(services, w, &user, &before, Change::Email, by)?;
        Ok::<_, ServiceError>(signed_in)
    })?;
    services.ring_job_bell();
    Ok(EmailChange::Changed(Box::new(signed_in)))
}
