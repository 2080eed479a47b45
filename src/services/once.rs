//! What is done once however often it is asked for: a program that lost an answer asks again under the same key, and is
//! told what came of it the first time. What was at work when the site was stopped is not done again: nobody knows how far
//! it came.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;

use super::Services;
use super::error::ServiceError;
use super::sessions::token_hash;
use crate::domain::ids::UserId;
use crate::domain::once::{Asked, KeptAnswer};
use crate::store::once as store;

/// How long a key counts.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Requests at work in this process, by user and hash of their key.
#[derive(Debug, Default)]
pub struct AtWork(Mutex<HashSet<(UserId, [u8; 32])>>);

/// What a request under a key is.
#[derive(Debug)]
pub enum Turn {
    /// The first; say what came of it.
    First(Place),
    /// A repetition of one that is done.
    Done(KeptAnswer),
    /// A repetition of one that is at work.
    AtWork,
    /// A repetition of one that was at work when the site was stopped.
    Unfinished,
    /// Another request under a key that is taken.
    Taken,
}

/// The place of a request that is at work.
#[derive(Debug)]
pub struct Place {
    user: UserId,
    hash: [u8; 32],
    fingerprint: [u8; 32],
}

/// Looks what a request under this key is, and notes that it is at work where it is the first.
///
/// # Errors
/// The store.
pub fn begin(
    services: &Services,
    user: UserId,
    key: &str,
    fingerprint: [u8; 32],
) -> Result<Turn, ServiceError> {
    let (hash, now) = (token_hash(key), services.now());
    services.store.write(|w| {
        if let Some(asked) = store::find_asked(w, user, &hash)?.filter(|asked| now < asked.at + KEPT) {
            if asked.fingerprint != fingerprint {
                return Ok(Turn::Taken);
            }
            let at_work = services.at_work_once.set().contains(&(user, hash));
            return Ok(match (asked.answer, at_work) {
                (Some(answer), _) => Turn::Done(answer),
                (None, true) => Turn::AtWork,
                (None, false) => Turn::Unfinished,
            });
        }
        store::put_asked(w, user, &hash, &Asked { fingerprint, at: now, answer: None })?;
        services.at_work_once.set().insert((user, hash));
        Ok(Turn::First(Place { user, hash, fingerprint }))
    })
}

/// Keeps what came of it, to be answered again; `None` where nothing was done, so that it may be tried again.
///
/// # Errors
/// The store.
pub fn finish(services: &Services, place: &Place, answer: Option<KeptAnswer>) -> Result<(), ServiceError> {
    let Place { user, hash, fingerprint } = *place;
    let now = services.now();
    services.store.write(|w| match answer {
        Some(answer) => {
            store::put_asked(w, user, &hash, &Asked { fingerprint, at: now, answer: Some(answer) })
        }
        None => store::delete_asked(w, user, &hash).map(drop),
    })?;
    leave(services, place);
    Ok(())
}

/// It is no longer at work, whatever came of it.
pub fn leave(services: &Services, place: &Place) {
    services.at_work_once.set().remove(&(place.user, place.hash));
}

/// Forgets keys that count no longer; how many.
///
/// # Errors
/// The store.
pub fn purge(services: &Services) -> Result<usize, ServiceError> {
    let end = services.now() - KEPT;
    let over = services.store.read(|r| store::asked_before(r, end))?;
    if !over.is_empty() {
        services.store.write(|w| store::delete_at(w, &over))?;
    }
    Ok(over.len())
}

impl AtWork {
    fn set(&self) -> std::sync::MutexGuard<'_, HashSet<(UserId, [u8; 32])>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
