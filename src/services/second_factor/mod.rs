//! The second factor: codes of an authenticator app (RFC 6238), recovery codes for when it is lost, and browsers that
//! are trusted for a while.
//!
//! Every way in asks for it after the first proof: [`step`] says what is missing, [`challenge`] carries the state in
//! between, and [`with_code`] does something in the very transaction that uses a code up. Flows of their own (a new
//! password by a link) ask [`is_on`] and then [`with_code`], or [`verify`] in a transaction that they hold themselves.

pub mod challenge;
pub mod enrol;
pub mod recovery;
pub mod totp;
pub mod trust;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::audit::refusals::Tried;
use super::authorize::By;
use super::error::ServiceError;
use super::sessions::LiveSession;
use super::throttle::{self, Buckets};
use super::{Services, audit, notices, own_login};
use crate::base::secret::SecretString;
use crate::config::Config;
use crate::domain::audit::Actor;
use crate::domain::ids::UserId;
use crate::domain::second_factor::SecondFactor;
use crate::domain::session::TokenHash;
use crate::domain::user::{Realm, User};
use crate::mail::letters::Change;
use crate::store::{
    Read, StoreError, WriteTxn, second_factors as store_factors, trusted_browsers, users as store_users,
};

/// A sign-in this long ago stands for typing the password again (ASVS 7.5.1).
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// True where the user's sign-in needs a second factor.
pub fn is_on(r: &impl Read, user: UserId) -> Result<bool, StoreError> {
    Ok(store_users::find_user(r, user)?.is_some_and(|user| user.second_factor_at.is_some()))
}

/// True for a user who must set one up before anything else.
pub fn must_enrol(config: &Config, user: &User) -> bool {
    user.second_factor_at.is_none() && is_required(config, user)
}

/// True for a user who must have one: by their roles, or because an admin wants it of this very user.
pub fn is_required(config: &Config, user: &User) -> bool {
    user.second_factor_required || is_required_by_role(config, user)
}

/// True where the site wants one of a role of theirs.
pub fn is_required_by_role(config: &Config, user: &User) -> bool {
    user.roles.iter().any(|role| config.second_factor.required_roles.contains(role))
}

/// What a user whose first proof was right still has to show: nothing, where there is no second factor or the browser
/// is trusted.
///
/// # Errors
/// [`ServiceError::SecondFactorRequired`] with the challenge for whoever asks.
pub fn step(
    services: &Services,
    user: &User,
    device: Option<&TokenHash>,
    asker: challenge::Asker<'_>,
) -> Result<SecondFactor, ServiceError> {
    if user.second_factor_at.is_none() {
        return Ok(SecondFactor::None);
    }
    if let Some(device) = device
        && services.store.read(|r| trust::is_trusted(r, user, device, services.now()))?
    {
        return Ok(SecondFactor::TrustedBrowser);
    }
    Err(ServiceError::SecondFactorRequired(challenge::make(services, user, asker)?))
}

/// Uses up a code of the user's, from their app or a recovery code, in the caller's transaction: what else that does
/// happens with it or not at all. Ring the job bell afterwards: a recovery code is told by mail.
///
/// # Errors
/// [`ServiceError::WrongCode`]: the caller then counts it with [`count_wrong`] in a transaction of its own, because
/// this one is given up.
pub fn verify(
    services: &Services,
    w: &WriteTxn,
    user: &User,
    code: &SecretString,
    by: By,
) -> Result<SecondFactor, ServiceError> {
    let now = services.now();
    let mut factor = store_factors::find_factor(w, user.id)?.ok_or(ServiceError::WrongCode)?;
    if let Some(typed) = totp::digits(code.expose()) {
        let seed = totp::open(services, user.id, &factor.sealed_seed)?;
        // A step is good once, and none before it is good any more (RFC 6238 §5.2), however the clock is set.
        let step = totp::find_step(&seed, &typed, now).filter(|step| *step > factor.last_step);
        factor.last_step = step.ok_or(ServiceError::WrongCode)?;
        store_factors::put_factor(w, user.id, &factor)?;
        return Ok(SecondFactor::App);
    }
    if !store_factors::take_recovery_code(w, user.id, &recovery::hash(code.expose()))? {
        return Err(ServiceError::WrongCode);
    }
    let (left, _) = store_factors::count_recovery_codes(w, user.id)?;
    // Whoever has it is the user, as far as can be known: the mail says from where.
    let by = By { actor: Actor::User(user.id), address: by.address };
    let details = json!({ "left": left });
    audit::append(w, now, by, "user.recovery_code", &format!("user:{}", user.id), &details)?;
    notices::tell(services, w, user, &user.email, Change::RecoveryCodeUsed, by)?;
    Ok(SecondFactor::RecoveryCode)
}

/// Counts a wrong code like a wrong password.
pub fn count_wrong(
    services: &Services,
    w: &WriteTxn,
    user: UserId,
    buckets: &Buckets,
    by: By,
) -> Result<(), StoreError> {
    let now = services.now();
    throttle::count_failure(w, &services.config().throttle, buckets, now)?;
    audit::append(w, now, by, "code.refuse", &format!("user:{user}"), &json!({}))
}

/// Does `work` with a right code, which it uses up. A wrong one is counted, whatever became of the work; the wait is
/// asked for in the same transaction, so that no two tries are made at the same moment.
///
/// # Errors
/// [`ServiceError::Throttled`], [`ServiceError::WrongCode`], and those of the work.
pub fn with_code<T>(
    services: &Services,
    user: UserId,
    code: &SecretString,
    buckets: &Buckets,
    by: By,
    work: impl FnOnce(&WriteTxn, User, SecondFactor) -> Result<T, ServiceError>,
) -> Result<T, ServiceError> {
    let done = services.store.write(|w| {
        if let Some(wait) = throttle::wait(w, &services.config().throttle, buckets, services.now())? {
            return Err(ServiceError::Throttled(wait));
        }
        let user = store_users::find_user(w, user)?.ok_or(ServiceError::SignInRequired)?;
        match verify(services, w, &user, code, by) {
            Ok(factor) => work(w, user, factor).map(Some),
            Err(ServiceError::WrongCode) => {
                count_wrong(services, w, user.id, buckets, by)?;
                Ok(None)
            }
            Err(other) => Err(other),
        }
    });
    services.refusals.note_throttled(&done, Tried::Proof, by.address, services.now());
    let done = done?;
    services.ring_job_bell();
    done.ok_or(ServiceError::WrongCode)
}

/// Takes everything of a second factor away, in the caller's transaction.
pub fn erase(w: &WriteTxn, user: UserId) -> Result<(), StoreError> {
    store_factors::delete_factor(w, user)?;
    store_factors::delete_enrolment(w, user)?;
    store_factors::delete_recovery_codes(w, user)?;
    trusted_browsers::delete_all_trusted(w, user, None)?;
    Ok(())
}

/// True where the person signed in just now.
pub fn is_fresh(live: &LiveSession, now: Timestamp) -> bool {
    let age = now.duration_since(live.session.created_at);
    !age.is_negative() && age <= FRESH
}

/// Proves once more who is signed in, before something that opens the account: by the password, or by having signed
/// in just now.
///
/// # Errors
/// [`ServiceError::PasswordNeeded`] where there is neither; [`ServiceError::WrongCredentials`];
/// [`ServiceError::Throttled`].
pub fn prove(
    services: &Services,
    live: &LiveSession,
    password: &SecretString,
    address: Option<std::net::IpAddr>,
) -> Result<(), ServiceError> {
    let now = services.now();
    if is_fresh(live, now) {
        return Ok(());
    }
    prove_by_password(services, live, password, address)
}

/// The same, by the password alone; whose password the directory has must have signed in just now.
///
/// # Errors
/// As [`prove`].
pub fn prove_by_password(
    services: &Services,
    live: &LiveSession,
    password: &SecretString,
    address: Option<std::net::IpAddr>,
) -> Result<(), ServiceError> {
    let now = services.now();
    if live.user.realm != Realm::Local {
        return if is_fresh(live, now) { Ok(()) } else { Err(ServiceError::PasswordNeeded) };
    }
    if password.expose().is_empty() {
        return Err(ServiceError::PasswordNeeded);
    }
    own_login::verify_current(services, live, password, address)
}
