//! Switching a second factor on and off. It is on only once a code has proved that the app has the seed.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{prove, prove_by_password, recovery, totp, with_code};
use crate::base::ids::random_token;
use crate::base::secret::SecretString;
use crate::domain::audit::Actor;
use crate::domain::second_factor::SecondFactor;
use crate::domain::user::User;
use crate::mail::letters::Change;
use crate::services::audit::refusals::Tried;
use crate::services::authorize::By;
use crate::services::end_sessions;
use crate::services::error::ServiceError;
use crate::services::sessions::{self, LiveSession};
use crate::services::sign_in::SignedIn;
use crate::services::throttle::{self, Buckets};
use crate::services::{Services, audit, notices};
use crate::store::second_factors::{Enrolment, StoredFactor};
use crate::store::{StoreError, WriteTxn, devices, second_factors as store_factors, users as store_users};

/// How long a seed that was shown waits for its first code.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_mins(30);

/// Makes a seed for oneself, in place of one that was never proved.
///
/// # Errors
/// As [`prove`]; [`ServiceError::Conflict`] where a second factor is on.
pub fn begin(
    services: &Services,
    live: &LiveSession,
    password: &SecretString,
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    // Whoever switches it on locks all others out: a browser left open is not enough. Where the site wants it, it is the
    // first thing after signing in.
    if live.must_enrol {
        prove(services, live, password, address)?;
    } else {
        prove_by_password(services, live, password, address)?;
    }
    let sealed_seed = totp::seal(services, live.user.id, &totp::new_seed())?;
    let enrolment = Enrolment { sealed_seed, session: live.session.token_hash, begun_at: services.now() };
    let by = By { actor: Actor::User(live.user.id), address };
    services.store.write(|w| {
        let user = own(w, live)?;
        if user.second_factor_at.is_some() {
            return Err(already_on());
        }
        store_factors::put_enrolment(w, user.id, &enrolment)?;
        let target = format!("user:{}", user.id);
        Ok(audit::append(w, services.now(), by, "user.second_factor.begin", &target, &json!({}))?)
    })
}

/// What is shown to somebody who sets up their app.
#[derive(Debug)]
pub struct Shown {
    /// To be typed.
    pub secret: SecretString,
    /// To be scanned or opened.
    pub uri: SecretString,
}

/// The seed that waits for its first code, in the session that it was made in.
pub fn shown(services: &Services, live: &LiveSession, site: &str) -> Result<Option<Shown>, ServiceError> {
    if live.user.second_factor_at.is_some() {
        return Ok(None);
    }
    let found = services.store.read(|r| store_factors::find_enrolment(r, live.user.id))?;
    let Some(enrolment) = found.filter(|found| is_own(found, live, services.now())) else { return Ok(None) };
    let seed = totp::open(services, live.user.id, &enrolment.sealed_seed)?;
    let uri = totp::uri(&seed, site, live.user.email.as_str());
    Ok(Some(Shown { secret: totp::secret_text(&seed), uri }))
}

fn is_own(enrolment: &Enrolment, live: &LiveSession, now: Timestamp) -> bool {
    let age = now.duration_since(enrolment.begun_at);
    enrolment.session == live.session.token_hash && age.abs() < LIFETIME
}

/// Switches it on with the app's first code. All sessions end, this one goes on as one that had a second factor; the
/// recovery codes are told this once.
///
/// # Errors
/// [`ServiceError::WrongCode`], counted; [`ServiceError::Throttled`]; [`ServiceError::Conflict`] where nothing is being
/// set up.
pub fn confirm(
    services: &Services,
    live: &LiveSession,
    code: &SecretString,
    address: Option<IpAddr>,
) -> Result<(SignedIn, Vec<SecretString>), ServiceError> {
    let now = services.now();
    let buckets = Buckets::of_session(live, address);
    let by = By { actor: Actor::User(live.user.id), address };
    let done = services.store.write(|w| {
        if let Some(wait) = throttle::wait(w, &services.config().throttle, &buckets, now)? {
            return Err(ServiceError::Throttled(wait));
        }
        let mut user = own(w, live)?;
        if user.second_factor_at.is_some() {
            return Err(already_on());
        }
        let enrolment =
            store_factors::find_enrolment(w, user.id)?.filter(|found| is_own(found, live, now)).ok_or_else(
                || ServiceError::Conflict("setting it up took too long; begin anew".to_owned()),
            )?;
        let seed = totp::open(services, user.id, &enrolment.sealed_seed)?;
        let step = totp::digits(code.expose()).and_then(|typed| totp::find_step(&seed, &typed, now));
        let Some(last_step) = step else {
            super::count_wrong(services, w, user.id, &buckets, by)?;
            return Ok(None);
        };
        let factor = StoredFactor { sealed_seed: enrolment.sealed_seed, last_step, answered: Vec::new() };
        store_factors::put_factor(w, user.id, &factor)?;
        store_factors::delete_enrolment(w, user.id)?;
        user.second_factor_at = Some(now);
        let codes = recovery::renew(w, user.id, now)?;
        let signed_in = renew(w, live, user, &buckets, SecondFactor::App, address, now)?;
        let target = format!("user:{}", live.user.id);
        audit::append(w, now, by, "user.second_factor.on", &target, &json!({}))?;
        notices::tell(services, w, &signed_in.user, &live.user.email, Change::SecondFactorOn, by)?;
        Ok(Some((signed_in, codes)))
    });
    services.refusals.note_throttled(&done, Tried::Proof, address, now);
    let done = done?;
    services.ring_job_bell();
    done.ok_or(ServiceError::WrongCode)
}

/// Switches one's own off: with the password, and a code or a recovery code. All other sessions end.
///
/// # Errors
/// As [`prove_by_password`] and [`with_code`].
pub fn switch_off(
    services: &Services,
    live: &LiveSession,
    password: &SecretString,
    code: &SecretString,
    address: Option<IpAddr>,
) -> Result<SignedIn, ServiceError> {
    prove_by_password(services, live, password, address)?;
    let buckets = Buckets::of_session(live, address);
    let by = By { actor: Actor::User(live.user.id), address };
    with_code(services, live.user.id, code, &buckets, by, |w, _, _| {
        let now = services.now();
        let mut user = own(w, live)?;
        super::erase(w, user.id)?;
        user.second_factor_at = None;
        let signed_in = renew(w, live, user, &buckets, SecondFactor::None, address, now)?;
        let target = format!("user:{}", live.user.id);
        audit::append(w, now, by, "user.second_factor.off", &target, &json!({ "by": "self" }))?;
        notices::tell(services, w, &signed_in.user, &live.user.email, Change::SecondFactorOff, by)?;
        Ok(signed_in)
    })
}

/// The user of the session as they are now.
fn own(w: &WriteTxn, live: &LiveSession) -> Result<User, ServiceError> {
    store_users::find_user(w, live.user.id)?
        .filter(|user| user.is_active() && user.credential_epoch == live.session.credential_epoch)
        .ok_or(ServiceError::SignInRequired)
}

fn already_on() -> ServiceError {
    ServiceError::Conflict("a second factor is on already".to_owned())
}

/// A new epoch, so that whatever was proved without the change is void, and a new session here (ASVS 7.2.4).
fn renew(
    w: &WriteTxn,
    live: &LiveSession,
    mut user: User,
    buckets: &Buckets,
    second_factor: SecondFactor,
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<SignedIn, StoreError> {
    user.credential_epoch += 1;
    user.updated_at = now;
    store_users::update_user(w, &user)?;
    end_sessions::all_of(w, now, user.id, None)?;
    throttle::forget_device(w, buckets)?;
    let device_token = random_token();
    devices::put_device(w, &sessions::token_hash(device_token.expose()), user.id, now)?;
    let browser = (address, live.session.user_agent.as_str());
    let before = live.session.visited_before;
    let session_token = sessions::begin_with(w, now, &user, browser, second_factor, before)?;
    Ok(SignedIn { user, session_token, device_token })
}
