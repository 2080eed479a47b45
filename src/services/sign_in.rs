//! Signing in with a password, and changing it.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::json;

use super::Services;
use super::authorize::By;
use super::error::ServiceError;
use super::passwords::Verdict;
use super::sessions::{self, LiveSession};
use super::throttle::{self, Buckets};
use super::{audit, notices, password_policy};
use crate::base::ids::random_token;
use crate::base::secret::SecretString;
use crate::domain::audit::Actor;
use crate::domain::email::LoginKey;
use crate::domain::user::{Realm, User};
use crate::mail::letters::Change;
use crate::store::{StoreError, WriteTxn, devices, sessions as store_sessions, users as store_users};

/// One attempt to sign in.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// Mail address or user name.
    pub login: &'a str,
    /// The password.
    pub password: &'a SecretString,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub user_agent: &'a str,
    /// The device cookie, if the browser has one.
    pub device: Option<&'a str>,
}

/// A good sign-in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The new session's token.
    pub session_token: SecretString,
    /// The device's token, new or the one it came with.
    pub device_token: SecretString,
}

/// Checks the password and begins a session.
///
/// # Errors
/// [`ServiceError::WrongCredentials`] for an unknown login, a wrong password and an account that is switched off
/// alike, after the same work; [`ServiceError::Throttled`]; [`ServiceError::Busy`].
pub fn sign_in(services: &Services, attempt: &Attempt<'_>) -> Result<SignedIn, ServiceError> {
    let now = services.now();
    let login = LoginKey::of(attempt.login);
    let device_hash = attempt.device.map(sessions::token_hash);
    let config = &services.config.throttle;
    let (user, hash, buckets, wait) = services.store.read(|r| {
        let user = store_users::find_user_by_login(r, &login)?;
        let hash =
            user.as_ref().map(|user| store_users::find_password_hash(r, user.id)).transpose()?.flatten();
        let device_user = device_hash.map(|hash| devices::find_device_user(r, &hash)).transpose()?.flatten();
        let user_id = user.as_ref().map(|user| user.id);
        let device = device_hash.filter(|_| device_user.is_some() && device_user == user_id);
        let buckets = Buckets::of(&login, user_id, device.as_ref(), attempt.address);
        let wait = throttle::wait(r, config, &buckets, now)?;
        Ok::<_, StoreError>((user, hash, buckets, wait))
    })?;
    if let Some(wait) = wait {
        return Err(ServiceError::Throttled(wait));
    }
    let _place = services.in_flight.enter(&buckets)?;
    let verdict = services.passwords.verify(attempt.password, hash.as_ref())?;
    let by_user = |user: &User| By { actor: Actor::User(user.id), address: attempt.address };

    let usable = user.filter(|user| user.is_active() && user.realm == Realm::Local);
    let (Some(user), Verdict::Right { rehashed }) = (usable.as_ref(), verdict) else {
        services.store.write(|w| {
            throttle::count_failure(w, config, &buckets, now)?;
            // What was typed is not kept: people type passwords into the wrong field.
            let target = usable.as_ref().map_or(String::new(), |user| format!("user:{}", user.id));
            let by = By { actor: Actor::Visitor, address: attempt.address };
            audit::append(w, now, by, "session.refuse", &target, &json!({}))
        })?;
        return Err(ServiceError::WrongCredentials);
    };

    services.store.write(|w| {
        // Read again: the account may have been switched off while the password was being checked.
        let user = store_users::find_user(w, user.id)?
            .filter(|now| now.is_active() && now.credential_epoch == user.credential_epoch)
            .ok_or(ServiceError::WrongCredentials)?;
        if let Some(hash) = &rehashed {
            store_users::put_password_hash(w, user.id, hash)?;
        }
        throttle::forget_device(w, &buckets)?;
        let device_token = match (attempt.device, &device_hash) {
            (Some(token), Some(hash)) if devices::find_device_user(w, hash)? == Some(user.id) => {
                devices::put_device(w, hash, user.id, now)?;
                SecretString::new(token.to_owned())
            }
            _ => {
                let token = random_token();
                devices::put_device(w, &sessions::token_hash(token.expose()), user.id, now)?;
                token
            }
        };
        let session_token = sessions::begin(w, now, &user, attempt.address, attempt.user_agent)?;
        let target = format!("user:{}", user.id);
        audit::append(w, now, by_user(&user), "session.begin", &target, &json!({}))?;
        Ok(SignedIn { user, session_token, device_token })
    })
}

/// The first session of an account that was just made, from a browser that is known from now on.
pub(super) fn first_session(
    w: &WriteTxn,
    now: Timestamp,
    user: &User,
    address: Option<IpAddr>,
    user_agent: &str,
) -> Result<SignedIn, ServiceError> {
    let device_token = random_token();
    devices::put_device(w, &sessions::token_hash(device_token.expose()), user.id, now)?;
    let session_token = sessions::begin(w, now, user, address, user_agent)?;
    let by = By { actor: Actor::User(user.id), address };
    audit::append(w, now, by, "session.begin", &format!("user:{}", user.id), &json!({}))?;
    Ok(SignedIn { user: user.clone(), session_token, device_token })
}

/// Sets a new password for oneself; ends all one's sessions and begins a new one.
///
/// # Errors
/// [`ServiceError::WrongCredentials`] for a wrong current password (ASVS 6.2.3), throttled like a sign-in;
/// [`ServiceError::Invalid`] where the new one is not acceptable.
pub fn change_password(
    services: &Services,
    live: &LiveSession,
    current: &SecretString,
    new: &SecretString,
    address: Option<IpAddr>,
) -> Result<SignedIn, ServiceError> {
    let now = services.now();
    let user = &live.user;
    let config = &services.config.throttle;
    let buckets = Buckets::of(&user.email.login(), Some(user.id), Some(&live.session.token_hash), address);
    let (hash, wait) = services.store.read(|r| {
        let hash = store_users::find_password_hash(r, user.id)?;
        Ok::<_, StoreError>((hash, throttle::wait(r, config, &buckets, now)?))
    })?;
    if let Some(wait) = wait {
        return Err(ServiceError::Throttled(wait));
    }
    let _place = services.in_flight.enter(&buckets)?;
    if let Verdict::Wrong = services.passwords.verify(current, hash.as_ref())? {
        services.store.write(|w| throttle::count_failure(w, config, &buckets, now))?;
        return Err(ServiceError::WrongCredentials);
    }
    if current == new {
        return Err(ServiceError::invalid("new_password", "is the same as the current one"));
    }
    password_policy::check(&services.config.password, user, new)?;
    let hash = services.passwords.hash(new)?;
    let signed_in = services.store.write(|w| {
        let mut user = store_users::find_user(w, user.id)?.ok_or(ServiceError::SignInRequired)?;
        if user.credential_epoch != live.session.credential_epoch || !user.is_active() {
            return Err(ServiceError::SignInRequired);
        }
        user.must_change_password = false;
        user.credential_epoch += 1;
        user.updated_at = now;
        store_users::update_user(w, &user)?;
        store_users::put_password_hash(w, user.id, &hash)?;
        store_sessions::delete_sessions_of(w, user.id, None)?;
        throttle::forget_device(w, &buckets)?;
        let device_token = random_token();
        devices::put_device(w, &sessions::token_hash(device_token.expose()), user.id, now)?;
        let session_token = sessions::begin(w, now, &user, address, &live.session.user_agent)?;
        let by = By { actor: Actor::User(user.id), address };
        audit::append(w, now, by, "user.password", &format!("user:{}", user.id), &json!({"by": "self"}))?;
        notices::tell(services, w, &user, &user.email, Change::OwnPassword, by)?;
        Ok(SignedIn { user, session_token, device_token })
    })?;
    services.ring_job_bell();
    Ok(signed_in)
}
