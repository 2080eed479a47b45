//! The owners that there are: every value of every dataset's owner column, as far as the one who asks may see it. Whoever
//! sees everything is also told which came since they last chose, and which earlier generations had.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use lru::LruCache;

use crate::domain::dataset::{Dataset, Generation as Published};
use crate::domain::fold::{fold, spelling_key};
use crate::domain::ids::{DatasetId, GenerationId, UserId};
use crate::domain::scope::{OwnerScope, Scope};
use crate::search::facets::FacetOptions;
use crate::search::generation::Generation;
use crate::search::view::{SearchRequest, View};
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::services::{Services, datasets, rows};
use crate::store::{datasets as store_datasets, owners_seen, users};

/// Owners of one list.
pub const MAX_OWNERS_LISTED: usize = 50;
/// Owners of earlier generations in one list.
const MAX_GONE_LISTED: usize = 20;
/// Names that are offered instead of one that no row has.
const NEAR: usize = 5;
/// Earlier generations of a dataset that are looked at: a year of monthly files and then some; each is opened once.
const EARLIER: usize = 16;
/// Generations whose owners are kept in memory: they never change. 10,000 owners are half a megabyte.
const KEPT: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");

/// An owner and how many rows are theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The cell as imported.
    pub name: String,
    /// Rows in all datasets together.
    pub rows: u64,
    /// Came since the one who asks last chose owners.
    pub is_new: bool,
}

/// An owner that the current data does not name, and an earlier generation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneOwner {
    /// The cell as imported.
    pub name: String,
    /// When the last generation with rows of theirs was published.
    pub last: Timestamp,
}

/// Owners that were looked for.
#[derive(Debug, Clone, Default)]
pub struct Owners {
    /// The first of them: new ones, those that begin with the words, then those that hold them.
    pub found: Vec<Owner>,
    /// How many there are.
    pub matched: usize,
    /// One of them is spelled exactly as typed.
    pub exact: bool,
    /// Those among the chosen that no row names; none of them where there may be rows that the one who asks may not
    /// see.
    pub missing: BTreeSet<String>,
    /// Rows of the chosen ones that the one who asks sees.
    pub chosen: BTreeMap<String, u64>,
    /// There may be others, which the one who asks may not see.
    pub has_unseen: bool,
    /// Those of earlier generations alone.
    pub gone: Vec<GoneOwner>,
    /// Those among the missing that an earlier generation had.
    pub missing_now: BTreeSet<String>,
    /// When the one who asks last chose owners, where some came since.
    pub new_since: Option<Timestamp>,
    /// How many came since.
    pub new: usize,
}

/// How an owner that somebody named stands in the data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedOwner {
    /// Rows of theirs; `None` where the one who asks sees none, and there may be some.
    pub rows: Option<u64>,
    /// No row names it.
    pub is_missing: bool,
    /// Owners of the data that are spelled nearly so, the nearest first, where no row names this one.
    pub near: Vec<Owner>,
}

type KnownKey = (DatasetId, GenerationId, String);

/// Owners of generations, by generation and owner column.
pub(crate) struct KnownOwners(Mutex<LruCache<KnownKey, Arc<BTreeSet<String>>>>);

impl Default for KnownOwners {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

/// Rows by owner in all datasets together.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnerRows {
    /// How many rows each has; the empty text stands for rows without one.
    pub rows: BTreeMap<String, u64>,
    /// Some dataset has been published.
    pub has_data: bool,
}

/// Counts the rows of each owner as far as `scope` shows them.
pub(super) fn owner_rows(services: &Services, scope: &Scope) -> Result<OwnerRows, ServiceError> {
    let mut all = OwnerRows::default();
    for dataset in datasets::list(services)? {
        // A dataset without rows, or one that is being built anew.
        let Ok(open) = datasets::open(services, &dataset.slug, scope) else { continue };
        all.has_data = true;
        let Some(column) = &dataset.owner_column else { continue };
        for (owner, rows) in owners_of_view(services, &open.view, column) {
            *all.rows.entry(owner).or_default() += rows;
        }
    }
    Ok(all)
}

/// Rows by owner in one dataset; nothing where the column does not exist for the reader.
pub(super) fn owners_of_view(services: &Services, view: &View, column: &str) -> Vec<(String, u64)> {
    let everything = SearchRequest::everything(rows::today(services));
    let options = FacetOptions { prefix: "", limit: usize::MAX };
    let Ok((_, values)) = view.facet(&everything, column, options) else { return Vec::new() };
    values.into_iter().map(|value| (value.value, value.count)).collect()
}

/// How many rows each owner has in all datasets together, as far as `scope` shows them; the empty text stands for rows
/// without one.
pub(super) fn count_rows(services: &Services, scope: &Scope) -> Result<BTreeMap<String, u64>, ServiceError> {
    Ok(owner_rows(services, scope)?.rows)
}

/// The owners with most rows, as far as `scope` shows them, to complete what is typed.
///
/// # Errors
/// Where the store cannot be read.
pub fn largest(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    scope: &Scope,
    most: usize,
) -> Result<Vec<String>, ServiceError> {
    let mut all: Vec<(String, u64)> =
        count_rows(services, scope)?.into_iter().filter(|(owner, _)| !owner.is_empty()).collect();
    all.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    Ok(all.into_iter().take(most).map(|(owner, _)| owner).collect())
}

/// Owners that hold `words`, and which of the `chosen` ones there are not. `scope` is that of the admin who asks: whoever
/// sees only some owners' rows learns of no others, but may still grant one whose exact spelling they know.
pub fn search(
    services: &Services,
    grant: &Grant<ManageUsers>,
    scope: &Scope,
    words: &str,
    chosen: &BTreeSet<String>,
) -> Result<Owners, ServiceError> {
    let mut all = count_rows(services, scope)?;
    // Rows without an owner are nobody's to be given.
    all.remove("");
    let exact = all.contains_key(words);
    let has_unseen = scope.owners != OwnerScope::All;
    let is_missing = |owner: &&String| !has_unseen && !all.contains_key(*owner);
    let missing: BTreeSet<String> = chosen.iter().filter(is_missing).cloned().collect();
    let of_chosen = chosen.iter().filter_map(|owner| Some((owner.clone(), *all.get(owner)?))).collect();
    let history = if has_unseen { History::default() } else { history(services, &all, grant.by().user())? };
    let missing_now = missing.iter().filter(|owner| history.gone.contains_key(*owner)).cloned().collect();
    let words = fold(words);
    let mut found: Vec<(bool, bool, String, Owner)> = all
        .into_iter()
        .map(|(name, rows)| {
            let is_new = history.new.contains(&name);
            (fold(&name), Owner { name, rows, is_new })
        })
        .filter(|(folded, _)| folded.contains(&words))
        .map(|(folded, owner)| (!owner.is_new, !folded.starts_with(&words), folded, owner))
        .collect();
    found.sort_unstable_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
    let matched = found.len();
    let found = found.into_iter().take(MAX_OWNERS_LISTED).map(|(.., owner)| owner).collect();
    let gone = history.gone.into_iter().filter(|(name, _)| fold(name).contains(&words));
    let gone = gone.take(MAX_GONE_LISTED).map(|(name, last)| GoneOwner { name, last }).collect();
    Ok(Owners {
        found,
        matched,
        exact,
        missing,
        chosen: of_chosen,
        has_unseen,
        gone,
        missing_now,
        new_since: history.since.filter(|_| !history.new.is_empty()),
        new: history.new.len(),
    })
}

/// Looks an owner up that was named: how many rows it has, and which names are nearly the same where it has none.
///
/// # Errors
/// Where the store cannot be read.
pub fn look_up(
    services: &Services,
    _grant: &Grant<ManageUsers>,
    scope: &Scope,
    owner: &str,
) -> Result<NamedOwner, ServiceError> {
    let all = count_rows(services, scope)?;
    if let Some(rows) = all.get(owner) {
        return Ok(NamedOwner { rows: Some(*rows), ..NamedOwner::default() });
    }
    if scope.owners != OwnerScope::All {
        return Ok(NamedOwner::default());
    }
    Ok(NamedOwner { rows: Some(0), is_missing: true, near: near(&all, owner) })
}

/// Names that are within a few letters of what was typed, or hold it.
fn near(all: &BTreeMap<String, u64>, typed: &str) -> Vec<Owner> {
    let key = spelling_key(typed);
    let most = (key.chars().count() / 4).clamp(1, 4);
    let mut near: Vec<(usize, std::cmp::Reverse<u64>, &String)> = all
        .iter()
        .filter(|(name, _)| !name.is_empty())
        .filter_map(|(name, rows)| {
            let other = spelling_key(name);
            let distance = strsim::damerau_levenshtein(&key, &other);
            let is_part = key.chars().count() > 2 && other.contains(&key);
            (distance <= most || is_part).then_some((distance, std::cmp::Reverse(*rows), name))
        })
        .collect();
    near.sort();
    let near = near.into_iter().take(NEAR);
    near.map(|(_, rows, name)| Owner { name: name.clone(), rows: rows.0, is_new: false }).collect()
}

/// Notes that an admin has seen the owners that there are now.
///
/// # Errors
/// Where the store cannot be written.
pub fn note_seen(services: &Services, grant: &Grant<ManageUsers>) -> Result<(), ServiceError> {
    let Some(admin) = grant.by().user() else { return Ok(()) };
    let now = services.now();
    Ok(services.store.write(|w| owners_seen::put_seen(w, admin, now))?)
}

/// What earlier generations say about the owners of now.
#[derive(Debug, Default)]
struct History {
    gone: BTreeMap<String, Timestamp>,
    new: BTreeSet<String>,
    since: Option<Timestamp>,
}

fn history(
    services: &Services,
    now: &BTreeMap<String, u64>,
    admin: Option<UserId>,
) -> Result<History, ServiceError> {
    let since = match admin {
        Some(admin) => since(services, admin)?,
        None => None,
    };
    let mut history = History { since, ..History::default() };
    // Where a generation of that time cannot be read, nothing is called new.
    let mut before = since.map(|_| BTreeSet::new());
    for dataset in datasets::list(services)? {
        let Some(current) = dataset.current_generation else { continue };
        let mut published = services.store.read(|r| store_datasets::list_generations(r, dataset.id))?;
        published.retain(|generation| generation.id <= current);
        published.reverse();
        for earlier in published.iter().skip(1).take(EARLIER) {
            let Some(owners) = owners_of_generation(services, &dataset, earlier) else { continue };
            for owner in owners.iter().filter(|owner| !owner.is_empty() && !now.contains_key(*owner)) {
                let last = history.gone.entry(owner.clone()).or_insert(earlier.published_at);
                *last = earlier.published_at.max(*last);
            }
        }
        let Some(since) = since else { continue };
        if let Some(then) = published.iter().find(|generation| generation.published_at <= since) {
            match (owners_of_generation(services, &dataset, then), &mut before) {
                (Some(owners), Some(before)) => before.extend(owners.iter().cloned()),
                _ => before = None,
            }
        }
    }
    if let Some(before) = before {
        history.new = now.keys().filter(|owner| !before.contains(*owner)).cloned().collect();
    }
    Ok(history)
}

/// When an admin last chose owners. Who never did knows those that there were when the first data came, or when they came
/// themselves: so nobody has to choose once before anything is marked.
fn since(services: &Services, admin: UserId) -> Result<Option<Timestamp>, ServiceError> {
    let datasets = datasets::list(services)?;
    services.store.read(|r| {
        if let Some(seen) = owners_seen::find_seen(r, admin)? {
            return Ok(Some(seen));
        }
        let Some(admin) = users::find_user(r, admin)? else { return Ok(None) };
        let mut first: Option<Timestamp> = None;
        for dataset in &datasets {
            let published = store_datasets::list_generations(r, dataset.id)?;
            first = first.into_iter().chain(published.iter().map(|generation| generation.published_at)).min();
        }
        Ok(first.map(|first| first.max(admin.created_at)))
    })
}

/// The owners of one generation; `None` where it cannot be read.
fn owners_of_generation(
    services: &Services,
    dataset: &Dataset,
    published: &Published,
) -> Option<Arc<BTreeSet<String>>> {
    /// A facet of all rows takes nothing from the cache of results.
    const CACHE_BYTES: usize = 1 << 16;
    let column = dataset.owner_column.clone()?;
    let key = (dataset.id, published.id, column.clone());
    let known = || services.known_owners.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known().get(&key) {
        return Some(Arc::clone(known));
    }
    let directory = datasets::generation_dir(services, dataset.id, published.id);
    let generation = Generation::open(&directory, Some(&column), CACHE_BYTES).ok()?;
    let view = generation.view(&Scope::everything());
    let owners = owners_of_view(services, &view, &column);
    let owners: Arc<BTreeSet<String>> = Arc::new(owners.into_iter().map(|(owner, _)| owner).collect());
    known().put(key, Arc::clone(&owners));
    Some(owners)
}
