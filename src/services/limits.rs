//! How often strangers may ask for what costs something: a mail, an account, a hash. Counters are in the store, so that
//! a restart forgives nothing, and drain with time.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;

use super::Services;
use super::audit::refusals::Tried;
use super::error::ServiceError;
use super::throttle::{address_key, drained};
use crate::store::WriteTxn;
use crate::store::throttle::{Counter, find_counter, put_counter};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// An account.
    SignUp,
    /// A new password.
    Reset,
    /// A code typed for a link or slip.
    Code,
    /// A mail once more.
    Resend,
}

impl Asking {
    fn word(self) -> &'static [u8] {
        match self {
            Self::SignUp => b"s",
            Self::Reset => b"r",
            Self::Code => b"c",
            Self::Resend => b"m",
        }
    }
}

/// Counts one more from this address, or says how long to wait. Requests without an address come from the machine
/// itself.
///
/// # Errors
/// [`ServiceError::Throttled`].
pub fn take(
    services: &Services,
    w: &WriteTxn,
    asking: Asking,
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    let Some(address) = address else { return Ok(()) };
    let key = [b"a".as_slice(), asking.word(), &address_key(address)].concat();
    let config = &services.config().throttle;
    let (burst, interval) = (config.request_burst, config.request_interval);
    let now = services.now();
    let taken = take_counter(w, &key, f64::from(burst), interval, now);
    services.refusals.note_throttled(&taken, Tried::Request, Some(address), now);
    taken
}

/// Counts one more of `key`; `burst` at once, one more each `interval`.
pub(super) fn take_counter(
    w: &WriteTxn,
    key: &[u8],
    burst: f64,
    interval: Duration,
    now: Timestamp,
) -> Result<(), ServiceError> {
    let level = find_counter(w, key)?.map_or(0.0, |counter| drained(counter, interval, now));
    let over = level + 1.0 - burst;
    if over > 0.0 {
        return Err(ServiceError::Throttled(interval.mul_f64(over)));
    }
    put_counter(w, key, Counter { level: level + 1.0, updated_at: now })?;
    Ok(())
}
