//! What people searched for: how often, and what found nothing. A search is what somebody stopped typing at, not every
//! letter on the way there, so the last one of each user waits a moment before it counts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Services;
use super::error::ServiceError;
use crate::domain::figures::{UseKind, hour_of};
use crate::domain::fold::fold;
use crate::domain::ids::UserId;
use crate::store::{StoreError, figures as store_figures};

/// So long nothing else was searched for: the person is done typing.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(5);
/// Users whose last search waits; more are counted without waiting.
const MAX_WAITING: usize = 10_000;
/// Longest text that is kept, in characters.
const MAX_TEXT_CHARS: usize = 200;
/// Searches that found nothing are kept for so long, and at most so many.
const KEEP: SignedDuration = SignedDuration::from_hours(90 * 24);
const MAX_KEPT: usize = 5_000;

struct Search {
    dataset: String,
    text: String,
    found: u64,
    at: Timestamp,
}

/// Searches in memory.
#[derive(Default)]
pub(crate) struct Searches(Mutex<InMemory>);

#[derive(Default)]
struct InMemory {
    /// The last one of each user.
    waiting: HashMap<UserId, Search>,
    /// Those that count and are not written down yet.
    settled: Vec<(UserId, Search)>,
}

/// Notes a search.
pub fn note(services: &Services, user: UserId, dataset: &str, text: &str, found: u64) {
    let text: String = text.trim().chars().take(MAX_TEXT_CHARS).collect();
    if text.is_empty() {
        return;
    }
    let at = services.now();
    let search = Search { dataset: dataset.to_owned(), text, found, at };
    let mut searches = services.searches.0.lock().unwrap_or_else(PoisonError::into_inner);
    let InMemory { waiting, settled } = &mut *searches;
    if settled.len() >= MAX_WAITING || waiting.len() >= MAX_WAITING && !waiting.contains_key(&user) {
        return;
    }
    if let Some(before) = waiting.insert(user, search)
        && at.duration_since(before.at) >= SETTLED_AFTER
    {
        settled.push((user, before));
    }
}

/// Writes down what counts. Called once a minute, and with `all` at the end.
///
/// # Errors
/// Where the store cannot be written.
pub fn flush(services: &Services, all: bool) -> Result<(), ServiceError> {
    let now = services.now();
    let done = {
        let mut searches = services.searches.0.lock().unwrap_or_else(PoisonError::into_inner);
        let InMemory { waiting, settled } = &mut *searches;
        let is_done = |search: &Search| all || now.duration_since(search.at) >= SETTLED_AFTER;
        let users: Vec<UserId> =
            waiting.iter().filter(|(_, search)| is_done(search)).map(|(user, _)| *user).collect();
        for user in users {
            settled.extend(waiting.remove(&user).map(|search| (user, search)));
        }
        std::mem::take(settled)
    };
    for some in done.chunks(500) {
        services.store.write(|w| {
            for (user, search) in some {
                store_figures::count_use(w, UseKind::Search, hour_of(search.at), *user, 1)?;
                if search.found == 0 {
                    let folded = fold(&search.text);
                    store_figures::count_empty_search(w, &search.dataset, &folded, &search.text, search.at)?;
                }
            }
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(())
}

/// Forgets what is too old.
///
/// # Errors
/// Where the store cannot be written.
pub fn purge(services: &Services) -> Result<usize, ServiceError> {
    let before = services.now() - KEEP;
    Ok(services.store.write(|w| store_figures::forget_empty_searches(w, before, MAX_KEPT))?)
}
