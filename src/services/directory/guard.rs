//! Keeps guesses that are made here from locking an account in the directory: of the failed tries that it bears within
//! its window, two are left for its owner elsewhere, and one of these for a browser of theirs that is known here.
//!
//! A try is counted before it is made, so that many at once are not more, and taken back where the directory did not
//! count it. Names that nobody has are counted too, so that an answer does not tell them apart.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::config::directory::DirectoryConfig;
use crate::domain::directory::DirectoryId;
use crate::domain::email::LoginKey;
use crate::store::throttle::{Counter, delete_counter, find_counter, put_counter};
use crate::store::{StoreError, WriteTxn};

/// Whose tries are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted(Vec<u8>);

impl Counted {
    /// Those of an entry of the directory, by whatever name.
    pub(super) fn entry(id: &DirectoryId) -> Self {
        Self([b"f", Sha256::digest(&id.0).as_slice()].concat())
    }

    /// Those of a name that the directory does not know.
    pub(super) fn name(login: &LoginKey) -> Self {
        Self([b"g", Sha256::digest(login.as_str().as_bytes()).as_slice()].concat())
    }
}

/// Where a try comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Browser {
    /// It signed in to this very account before.
    Known,
    /// Any other.
    Unknown,
}

/// Counts a try that is about to be made; how long to wait where it must not be made now.
pub(super) fn reserve(
    w: &WriteTxn,
    config: &DirectoryConfig,
    whose: &Counted,
    browser: Browser,
    now: Timestamp,
) -> Result<Option<Duration>, StoreError> {
    let Some(threshold) = config.lockout_threshold else { return Ok(None) };
    let most = f64::from(threshold.saturating_sub(match browser {
        Browser::Known => 1,
        Browser::Unknown => 2,
    }));
    let window = SignedDuration::try_from(config.lockout_window).unwrap_or(SignedDuration::MAX);
    let counter = find_counter(w, &whose.0)?;
    let age = counter.map_or(window, |counter| now.duration_since(counter.updated_at));
    // A clock set back is no reason to forget.
    let failures = counter.filter(|_| age < window).map_or(0.0, |counter| counter.level);
    if failures + 1.0 > most {
        return Ok(Some((window - age.max(SignedDuration::ZERO)).unsigned_abs()));
    }
    put_counter(w, &whose.0, Counter { level: failures + 1.0, updated_at: now })?;
    Ok(None)
}

/// A right password makes the directory forget the wrong ones.
pub(super) fn forget(w: &WriteTxn, whose: &Counted) -> Result<(), StoreError> {
    delete_counter(w, &whose.0)
}

/// Takes one try back that the directory did not count.
pub(super) fn give_back(w: &WriteTxn, whose: &Counted) -> Result<(), StoreError> {
    match find_counter(w, &whose.0)? {
        Some(counter) if counter.level > 1.0 => {
            put_counter(w, &whose.0, Counter { level: counter.level - 1.0, ..counter })
        }
        Some(_) => delete_counter(w, &whose.0),
        None => Ok(()),
    }
}
