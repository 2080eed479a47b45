//! Signing in with a password.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::json;

use super::Services;
use super::audit::refusals::Tried;
use super::authorize::By;
use super::directory;
use super::error::ServiceError;
use super::logins;
use super::passwords::Verdict;
use super::second_factor::challenge::{self, Asker};
use super::sessions;
use super::throttle::{self, Buckets};
use super::{audit, second_factor};
use crate::base::ids::random_token;
use crate::base::secret::SecretString;
use crate::domain::audit::Actor;
use crate::domain::email::LoginKey;
use crate::domain::permission::{Permission, Role, permissions_of};
use crate::domain::second_factor::SecondFactor;
use crate::domain::user::{Realm, User};
use crate::store::{Read, StoreError, WriteTxn, devices, users as store_users};

/// One attempt to sign in.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// Mail address, user name or mobile number.
    pub login: &'a str,
    /// The password.
    pub password: &'a SecretString,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub user_agent: &'a str,
    /// The device cookie, if the browser has one.
    pub device: Option<&'a str>,
    /// Who is let in.
    pub door: Door,
    /// To whom a challenge is given where a second factor is on.
    pub asker: Asker<'a>,
}

/// The answer to a challenge.
#[derive(Debug)]
pub struct CodeAttempt<'a> {
    /// The challenge, as it was given.
    pub challenge: &'a str,
    /// To whom.
    pub asker: Asker<'a>,
    /// A code of the app, or a recovery code.
    pub code: &'a SecretString,
    /// Whether this browser is to be asked for none for a while.
    pub trust: Trust,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub user_agent: &'a str,
    /// The device cookie, if the browser has one.
    pub device: Option<&'a str>,
}

/// Whether a browser is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It is asked for a code again.
    No,
    /// For some weeks it is not.
    ThisBrowser,
}

/// Who is let in where somebody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Everybody with an account.
    Everybody,
    /// Admins; who is none is refused exactly like a wrong password.
    Admins,
}

impl Door {
    /// True for somebody who may do this.
    pub(super) fn is_open_to(self, roles: &BTreeSet<Role>) -> bool {
        self == Self::Everybody || permissions_of(roles).contains(&Permission::ManageUsers)
    }
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
/// [`ServiceError::WrongCredentials`] for an unknown login and a wrong password alike, after the same work;
/// [`ServiceError::NotActive`] where the password is right and the account is not to be used, and what the company's
/// directory adds to that ([`directory::concerns`]); [`ServiceError::Throttled`]; [`ServiceError::Busy`].
pub fn sign_in(services: &Services, attempt: &Attempt<'_>) -> Result<SignedIn, ServiceError> {
    let mut checked = check(services, attempt)?;
    keep_better_hash(services, &mut checked)?;
    let device = attempt.device.map(sessions::token_hash);
    checked.second_factor = second_factor::step(services, &checked.user, device.as_ref(), attempt.asker)?;
    let origin = Origin { address: attempt.address, user_agent: attempt.user_agent, device: attempt.device };
    services.store.write(|w| begin(services, w, &checked, &origin))
}

/// Answers a challenge with a code and begins the session that it was asked for.
///
/// # Errors
/// [`ServiceError::ChallengeOver`] where the password must be typed again; [`ServiceError::WrongCode`];
/// [`ServiceError::Throttled`]; as [`sign_in`] where the account has changed meanwhile.
pub fn sign_in_with_code(services: &Services, attempt: &CodeAttempt<'_>) -> Result<SignedIn, ServiceError> {
    let challenge = challenge::read(services, attempt.challenge, attempt.asker)?;
    let device_hash = attempt.device.map(sessions::token_hash);
    let (user, buckets) = services.store.read(|r| {
        let user = store_users::find_user(r, challenge.user)?;
        let device_user = device_hash.map(|hash| devices::find_device_user(r, &hash)).transpose()?.flatten();
        let device = device_hash.filter(|_| device_user == Some(challenge.user));
        let login = user.as_ref().map_or_else(|| LoginKey::of(""), |user| user.email.login());
        let buckets = Buckets::of(&login, Some(challenge.user), device.as_ref(), attempt.address);
        Ok::<_, StoreError>((user, buckets))
    })?;
    let is_same = |user: &User| user.credential_epoch == challenge.epoch;
    if !user.as_ref().is_some_and(is_same) {
        return Err(ServiceError::ChallengeOver);
    }
    let by = By { actor: Actor::Visitor, address: attempt.address };
    second_factor::with_code(services, challenge.user, attempt.code, &buckets, by, |w, user, factor| {
        if !is_same(&user) {
            return Err(ServiceError::ChallengeOver);
        }
        if let Some(why) = refusal(&user, services.now()) {
            return Err(why);
        }
        challenge::use_up(services, w, &challenge)?;
        let trust = attempt.trust;
        let checked =
            Checked { user, rehashed: None, buckets: buckets.clone(), second_factor: factor, trust };
        let origin =
            Origin { address: attempt.address, user_agent: attempt.user_agent, device: attempt.device };
        begin(services, w, &checked, &origin)
    })
}

/// A hash of our own is kept as soon as the password was right: what comes after it may take a while, or never come.
fn keep_better_hash(services: &Services, checked: &mut Checked) -> Result<(), ServiceError> {
    if checked.user.second_factor_at.is_none() {
        return Ok(());
    }
    let Some(hash) = checked.rehashed.take() else { return Ok(()) };
    services.store.write(|w| {
        let now = store_users::find_user(w, checked.user.id)?;
        if now.is_some_and(|now| now.credential_epoch == checked.user.credential_epoch) {
            store_users::put_password_hash(w, checked.user.id, &hash)?;
        }
        Ok(())
    })
}

/// The work of a sign-in that the company's directory would have decided, after one that failed here: neither answer nor
/// time tells whose account is where. Nothing to do without a directory.
///
/// # Errors
/// [`ServiceError::DirectoryAway`] and [`ServiceError::Throttled`], as for somebody of the directory.
pub fn pretend(services: &Services, attempt: &Attempt<'_>) -> Result<(), ServiceError> {
    directory::pretend(services, attempt)
}

/// A user whose password was right.
pub(super) struct Checked {
    pub(super) user: User,
    /// A hash of our own, where the present one is not.
    pub(super) rehashed: Option<SecretString>,
    pub(super) buckets: Buckets,
    /// What there was beside the password.
    second_factor: SecondFactor,
    trust: Trust,
}

impl Checked {
    /// A user whose password was right; what comes beside it is not known yet.
    pub(super) fn new(user: User, rehashed: Option<SecretString>, buckets: Buckets) -> Self {
        Self { user, rehashed, buckets, second_factor: SecondFactor::None, trust: Trust::No }
    }
}

/// Where a sign-in comes from.
struct Origin<'a> {
    address: Option<IpAddr>,
    user_agent: &'a str,
    device: Option<&'a str>,
}

/// Finds the user and checks the password; a failure is counted and audited, and so is a try that has to wait.
fn check(services: &Services, attempt: &Attempt<'_>) -> Result<Checked, ServiceError> {
    let checked = try_check(services, attempt);
    services.refusals.note_throttled(&checked, Tried::SignIn, attempt.address, services.now());
    checked
}

fn try_check(services: &Services, attempt: &Attempt<'_>) -> Result<Checked, ServiceError> {
    if let Some(checked) = directory::check(services, attempt)? {
        return Ok(checked);
    }
    let now = services.now();
    let device_hash = attempt.device.map(sessions::token_hash);
    let config = &services.config().throttle;
    let (user, hash, buckets, wait) = services.store.read(|r| {
        let login = logins::typed(services, r, attempt.login)?;
        let user = find_user(r, &login)?;
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
    let local = user.filter(|user| user.realm == Realm::Local);
    let is_admitted = local.as_ref().is_some_and(|user| attempt.door.is_open_to(&user.roles));
    let is_right = matches!(verdict, Verdict::Right { .. }) && is_admitted;
    let why = match &local {
        Some(user) if is_right => refusal(user, now),
        _ => Some(ServiceError::WrongCredentials),
    };
    match (local, verdict, why) {
        (Some(user), Verdict::Right { rehashed }, None) => Ok(Checked::new(user, rehashed, buckets)),
        (user, _, why) => {
            services.store.write(|w| {
                // Whoever has the password guesses nothing.
                if !is_right || user.is_none() {
                    throttle::count_failure(w, config, &buckets, now)?;
                }
                // What was typed is not kept: people type passwords into the wrong field.
                let target = user.as_ref().map_or(String::new(), |user| format!("user:{}", user.id));
                let by = By { actor: Actor::Visitor, address: attempt.address };
                let details = match &why {
                    Some(ServiceError::NotActive(status)) => json!({ "status": status }),
                    _ => json!({}),
                };
                audit::append(w, now, by, "session.refuse", &target, &details)
            })?;
            Err(why.unwrap_or(ServiceError::WrongCredentials))
        }
    }
}

/// The account with this login; where nobody holds it, the latest that asks for it: its user is told where it stands,
/// once the password was right.
fn find_user(r: &impl Read, login: &LoginKey) -> Result<Option<User>, StoreError> {
    match store_users::find_user_by_login(r, login)? {
        Some(user) => Ok(Some(user)),
        // Only of an address that was proved: else anybody could ask for an account with an address, and see by the answer
        // to a sign-in with the same password whether it is taken.
        None => {
            let askers = store_users::find_users_who_ask(r, login)?;
            Ok(askers.into_iter().find(|user| user.confirmed_at.is_some()))
        }
    }
}

/// Why a user with the right password is not let in.
pub(super) fn refusal(user: &User, now: Timestamp) -> Option<ServiceError> {
    if !user.is_active() {
        return Some(ServiceError::NotActive(user.status));
    }
    user.password_expires_at.is_some_and(|end| end <= now).then_some(ServiceError::PasswordExpired)
}

/// Begins a session of a user who proved to be who they are, in the caller's transaction.
fn begin(
    services: &Services,
    w: &WriteTxn,
    checked: &Checked,
    origin: &Origin<'_>,
) -> Result<SignedIn, ServiceError> {
    let now = services.now();
    // Read again: the account may have been switched off while the password was being checked.
    let mut user = store_users::find_user(w, checked.user.id)?
        .filter(|now| now.is_active() && now.credential_epoch == checked.user.credential_epoch)
        .ok_or(ServiceError::WrongCredentials)?;
    // A password that is good once was perhaps used at the same moment.
    if let Some(why) = refusal(&user, now) {
        return Err(why);
    }
    if let Some(hash) = &checked.rehashed {
        store_users::put_password_hash(w, user.id, hash)?;
    }
    throttle::forget_device(w, &checked.buckets)?;
    let device_hash = origin.device.map(sessions::token_hash);
    let device_token = match (origin.device, &device_hash) {
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
    let last_visit = sessions::last_visit(w, &user)?;
    note_sign_in(w, &mut user, now)?;
    if checked.trust == Trust::ThisBrowser {
        let device = sessions::token_hash(device_token.expose());
        second_factor::trust::begin(w, &user, device, origin.user_agent, now)?;
    }
    let Origin { address, user_agent, .. } = *origin;
    let browser = (address, user_agent);
    let session_token = sessions::begin_with(w, now, &user, browser, checked.second_factor, last_visit)?;
    let by = By { actor: Actor::User(user.id), address };
    let details =
        json!({ "second_factor": checked.second_factor, "trusted": checked.trust == Trust::ThisBrowser });
    audit::append(w, now, by, "session.begin", &format!("user:{}", user.id), &details)?;
    Ok(SignedIn { user, session_token, device_token })
}

/// Writes down when the user signed in. A password that was made up by the site was good for this once.
fn note_sign_in(w: &WriteTxn, user: &mut User, now: Timestamp) -> Result<(), StoreError> {
    user.signed_in_at = Some(now);
    if user.password_expires_at.is_some() {
        user.password_expires_at = Some(now);
    }
    store_users::update_user(w, user)
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
    let mut user = user.clone();
    note_sign_in(w, &mut user, now)?;
    let session_token = sessions::begin(w, now, &user, address, user_agent)?;
    let by = By { actor: Actor::User(user.id), address };
    audit::append(w, now, by, "session.begin", &format!("user:{}", user.id), &json!({}))?;
    Ok(SignedIn { user, session_token, device_token })
}
