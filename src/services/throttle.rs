//! Slowing guessing without locking anybody out (ASVS 6.1.1, 6.3.1).
//!
//! Three counters, of failures only. An address (IPv6: its /64) may fail ten times at once and once more every six
//! seconds. An account waits 1, 2, 4 … 900 seconds after each failure from devices it does not know. A device
//! that signed in to the account before carries a cookie and has a counter of its own, and the other two do not
//! touch it: whatever a stranger does, the owner's own browser gets in. Counters are written in a transaction of
//! their own and survive a restart.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::error::ServiceError;
use super::sessions::LiveSession;
use crate::config::throttle::ThrottleConfig;
use crate::domain::email::LoginKey;
use crate::domain::ids::UserId;
use crate::domain::session::TokenHash;
use crate::store::throttle::{Counter, delete_counter, delete_counters, find_counter, put_counter};
use crate::store::{Read, StoreError, WriteTxn};

/// After this long without a failure an account or device starts afresh.
const FORGET_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Sign-ins of one account being checked at the same moment; more would be free guesses.
const MAX_AT_ONCE: usize = 4;

/// Which counters one attempt touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    /// Counts by address; `None` for a known device, and where there is no address.
    address: Option<Vec<u8>>,
    /// Counts by account or device.
    account: Vec<u8>,
}

impl Buckets {
    /// The counters for an attempt on `user` (where the login is known) from `address`, with the device's cookie
    /// if it belongs to that very user.
    pub fn of(
        login: &LoginKey,
        user: Option<UserId>,
        device: Option<&TokenHash>,
        address: Option<IpAddr>,
    ) -> Self {
        if let (Some(user), Some(device)) = (user, device) {
            return Self { address: None, account: [b"d", user.0.as_bytes().as_slice(), device].concat() };
        }
        let account = match user {
            Some(user) => [b"u", user.0.as_bytes().as_slice()].concat(),
            None => [b"n", Sha256::digest(login.as_str().as_bytes()).as_slice()].concat(),
        };
        Self { address: address.map(address_key), account }
    }

    /// The counters for what somebody who is signed in types to prove who they are: the session's own.
    pub fn of_session(live: &LiveSession, address: Option<IpAddr>) -> Self {
        Self::of(&live.user.email.login(), Some(live.user.id), Some(&live.session.token_hash), address)
    }
}

/// What counters call an address: an IPv6 one is its /64, which belongs to one person.
pub(super) fn address_key(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(v4) => [b"4".as_slice(), &v4.octets()].concat(),
        IpAddr::V6(v6) => [b"6".as_slice(), &v6.octets()[..8]].concat(),
    }
}

/// How long to wait before the next attempt; `None` where it may be made now.
pub fn wait(
    r: &impl Read,
    config: &ThrottleConfig,
    buckets: &Buckets,
    now: Timestamp,
) -> Result<Option<Duration>, StoreError> {
    let mut longest = None;
    if let Some(key) = &buckets.address
        && let Some(counter) = find_counter(r, key)?
    {
        let used = drained(counter, config.address_interval, now);
        let over = used + 1.0 - f64::from(config.address_burst);
        if over > 0.0 {
            longest = longest.max(Some(config.address_interval.mul_f64(over)));
        }
    }
    if let Some(counter) = find_counter(r, &buckets.account)? {
        let age = now.duration_since(counter.updated_at);
        let delay = SignedDuration::try_from(delay(config, counter.level)).unwrap_or(SignedDuration::MAX);
        // A clock set back must not lock anybody out for longer than the delay itself: a failure further ahead than that
        // was counted by a clock that was wrong.
        let left = if age < -delay { SignedDuration::ZERO } else { delay - age.max(SignedDuration::ZERO) };
        if !left.is_negative() && !left.is_zero() {
            longest = longest.max(Some(left.unsigned_abs()));
        }
    }
    Ok(longest)
}

/// 1, 2, 4 … seconds up to the longest.
fn delay(config: &ThrottleConfig, failures: f64) -> Duration {
    if failures < 1.0 {
        return Duration::ZERO;
    }
    let doublings = (failures - 1.0).min(30.0) as u32;
    Duration::from_secs(1 << doublings).min(config.account_max_delay)
}

/// What is left of a counter that loses one each `interval`.
pub(super) fn drained(counter: Counter, interval: Duration, now: Timestamp) -> f64 {
    let age = now.duration_since(counter.updated_at).as_secs_f64().max(0.0);
    (counter.level - age / interval.as_secs_f64()).max(0.0)
}

/// Counts a failure.
pub fn count_failure(
    w: &WriteTxn,
    config: &ThrottleConfig,
    buckets: &Buckets,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(key) = &buckets.address {
        let used =
            find_counter(w, key)?.map_or(0.0, |counter| drained(counter, config.address_interval, now));
        put_counter(w, key, Counter { level: used + 1.0, updated_at: now })?;
    }
    let failures = find_counter(w, &buckets.account)?
        .filter(|counter| now.duration_since(counter.updated_at) < FORGET_AFTER)
        .map_or(0.0, |counter| counter.level);
    put_counter(w, &buckets.account, Counter { level: failures + 1.0, updated_at: now })
}

/// After a good sign-in the device starts afresh. The account's counter for unknown devices stays: otherwise
/// the owner's sign-ins would hand a guesser new tries.
pub fn forget_device(w: &WriteTxn, buckets: &Buckets) -> Result<(), StoreError> {
    if buckets.address.is_none() && buckets.account.first() == Some(&b'd') {
        delete_counter(w, &buckets.account)?;
    }
    Ok(())
}

/// Whoever reads the mails of an account is its user: what strangers did to its counter is over.
pub fn forget_account(w: &WriteTxn, user: UserId) -> Result<(), StoreError> {
    delete_counter(w, &[b"u", user.0.as_bytes().as_slice()].concat())
}

/// Failures that are counted for an account from devices it does not know, and how long its next try has to wait.
pub fn standing(
    r: &impl Read,
    config: &ThrottleConfig,
    user: UserId,
    now: Timestamp,
) -> Result<Option<(u32, Option<Duration>)>, StoreError> {
    let key = [b"u", user.0.as_bytes().as_slice()].concat();
    let Some(counter) = find_counter(r, &key)? else { return Ok(None) };
    if now.duration_since(counter.updated_at) >= FORGET_AFTER {
        return Ok(None);
    }
    let buckets = Buckets { address: None, account: key };
    Ok(Some((counter.level as u32, wait(r, config, &buckets, now)?)))
}

/// Forgets all failures of an account, from whatever device; how many counters there were.
pub fn unlock(w: &WriteTxn, user: UserId) -> Result<usize, StoreError> {
    let of_devices = delete_counters(w, &[b"d", user.0.as_bytes().as_slice()].concat())?;
    Ok(of_devices + delete_counters(w, &[b"u", user.0.as_bytes().as_slice()].concat())?)
}

/// Attempts that are being checked at this moment.
#[derive(Default)]
pub struct InFlight(Mutex<HashMap<Vec<u8>, usize>>);

/// An attempt's place; given back when dropped.
pub struct Place<'f> {
    in_flight: &'f InFlight,
    key: Vec<u8>,
}

impl InFlight {
    /// Takes a place for an attempt on this account.
    ///
    /// # Errors
    /// [`ServiceError::Throttled`] where as many as allowed are being checked already.
    pub fn enter(&self, buckets: &Buckets) -> Result<Place<'_>, ServiceError> {
        let mut map = self.map();
        let count = map.entry(buckets.account.clone()).or_insert(0);
        if *count >= MAX_AT_ONCE {
            return Err(ServiceError::Throttled(Duration::from_secs(1)));
        }
        *count += 1;
        Ok(Place { in_flight: self, key: buckets.account.clone() })
    }

    fn map(&self) -> MutexGuard<'_, HashMap<Vec<u8>, usize>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut map = self.in_flight.map();
        if let Some(count) = map.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                map.remove(&self.key);
            }
        }
    }
}
