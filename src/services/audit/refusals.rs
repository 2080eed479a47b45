//! Tries that the throttle turned away before anything was checked. One event each would let a stranger fill the disk:
//! they are counted in memory, and written down once a minute, one event for each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::json;

use super::append;
use crate::domain::audit::Actor;
use crate::services::authorize::By;
use crate::services::{ServiceError, Services};
use crate::store::StoreError;

/// Addresses told apart in one minute, for each kind; the rest are counted together.
const MAX_ADDRESSES: usize = 64;

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tried {
    /// A sign-in.
    SignIn,
    /// A code beside the password, or a password of somebody who is signed in.
    Proof,
    /// An account, a new password, a code of a link or slip, a mail once more.
    Request,
}

impl Tried {
    fn action(self) -> &'static str {
        match self {
            Self::SignIn => "session.refuse-many",
            Self::Proof => "code.refuse-many",
            Self::Request => "request.refuse-many",
        }
    }
}

/// From where: an address, or all that were too many to tell apart.
type From = Option<IpAddr>;

#[derive(Debug, Clone, Copy)]
struct Count {
    tries: u64,
    first: Timestamp,
    last: Timestamp,
}

/// Tries turned away since they were last written down.
#[derive(Default)]
pub struct Refusals(Mutex<HashMap<(Tried, From), Count>>);

impl Refusals {
    /// Counts one. Tries without an address come from the machine itself.
    pub fn note(&self, tried: Tried, address: Option<IpAddr>, now: Timestamp) {
        let Some(address) = address.map(network) else { return };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told_apart = counts.keys().filter(|(kind, from)| *kind == tried && from.is_some()).count();
        let is_known = counts.contains_key(&(tried, Some(address)));
        let from = (is_known || told_apart < MAX_ADDRESSES).then_some(address);
        let count = counts.entry((tried, from)).or_insert(Count { tries: 0, first: now, last: now });
        count.tries += 1;
        count.last = now;
    }

    /// Counts one where what came of a try is that it has to wait.
    pub fn note_throttled<T>(
        &self,
        tried_it: &Result<T, ServiceError>,
        tried: Tried,
        address: Option<IpAddr>,
        now: Timestamp,
    ) {
        if matches!(tried_it, Err(ServiceError::Throttled(_))) {
            self.note(tried, address, now);
        }
    }
}

/// An IPv6 address is its /64, which belongs to one person.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Writes down what was counted. Called once a minute and when the site stops; how many events that makes.
///
/// # Errors
/// The store; the counts are kept then.
pub fn flush(services: &Services) -> Result<usize, ServiceError> {
    let lock = || services.refusals.0.lock().unwrap_or_else(PoisonError::into_inner);
    let counts = std::mem::take(&mut *lock());
    if counts.is_empty() {
        return Ok(0);
    }
    let mut sorted: Vec<_> = counts.iter().map(|(key, count)| (*key, *count)).collect();
    sorted.sort_unstable_by_key(|(key, count)| (count.first, *key));
    let now = services.now();
    let written = services.store.write(|w| {
        for ((tried, address), Count { tries, first, last }) in &sorted {
            let by = By { actor: Actor::Visitor, address: *address };
            let mut details = json!({ "count": tries, "first": first, "last": last });
            if address.is_none() {
                details["addresses"] = json!("others");
            } else if matches!(address, Some(IpAddr::V6(_))) {
                details["prefix"] = json!(64);
            }
            append(w, now, by, tried.action(), "", &details)?;
        }
        Ok::<_, StoreError>(())
    });
    if let Err(error) = written {
        let mut counts_now = lock();
        for (key, count) in counts {
            let kept = counts_now.entry(key).or_insert(Count { tries: 0, ..count });
            (kept.tries, kept.first) = (kept.tries + count.tries, kept.first.min(count.first));
        }
        return Err(error.into());
    }
    Ok(sorted.len())
}
