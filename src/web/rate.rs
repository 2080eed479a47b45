//! How many requests a user's programs may make in a minute, and what they are told of it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

use crate::base::bucket::{Buckets, Measure};
use crate::domain::ids::UserId;
use crate::services::error::seconds;

/// The time over which requests are counted.
const WINDOW: Duration = Duration::from_mins(1);

/// What is left of a user's requests.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    most: u32,
    requests: u32,
    /// Until all of them are left again.
    all: Duration,
}

/// What a request turned out to leave. Goes with the request and is filled where its user is found.
#[derive(Debug, Clone, Default)]
pub struct LeftSlot(Arc<OnceLock<Left>>);

impl LeftSlot {
    /// Writes the headers (draft-ietf-httpapi-ratelimit-headers-10), where the user is known.
    pub fn write(&self, headers: &mut HeaderMap) {
        let Some(left) = self.0.get() else { return };
        let policy = format!("\"user\";q={};w={}", left.most, WINDOW.as_secs());
        let now = format!("\"user\";r={};t={}", left.requests, left.all.as_secs());
        for (name, text) in [("ratelimit-policy", policy), ("ratelimit", now)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
    }
}

/// Requests of late, by user.
#[derive(Debug, Default)]
pub struct Rate(Buckets<UserId>);

impl Rate {
    /// Counts one more request; `most` in a minute, 0 for no limit.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take(&self, user: UserId, now: Timestamp, most: u32, slot: &LeftSlot) -> Result<(), Duration> {
        // A request counts once, however often its session is looked for.
        if most == 0 || slot.0.get().is_some() {
            return Ok(());
        }
        let every = WINDOW / most;
        let taken = self.0.take(user, now, Measure { most: f64::from(most), every });
        let level = *taken.as_ref().unwrap_or(&f64::from(most));
        let requests = (f64::from(most) - level).max(0.0) as u32;
        let all = Duration::from_secs(seconds(every.mul_f64(level)));
        slot.0.get_or_init(|| Left { most, requests, all });
        taken.map(|_| ())
    }
}
