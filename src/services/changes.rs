//! What changed from one generation of a dataset to another, for one reader; computed once and kept for a while.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use lru::LruCache;

use super::authorize::{By, Grant, ImportData};
use super::datasets::Standing;
use super::error::ServiceError;
use super::{Services, audit, datasets, history, imports};
use crate::domain::dataset::{Dataset, Import, ImportState};
use crate::domain::guard::Judgement;
use crate::domain::ids::{DatasetId, GenerationId, ImportId};
use crate::domain::scope::Scope;
use crate::search::difference::Difference;
use crate::store::publications as store_publications;

/// Differences kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(8).expect("not zero");

/// What a kept difference is one of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    dataset: DatasetId,
    before: GenerationId,
    after: Side,
    standing: Standing,
    scope: Scope,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Side {
    Published(GenerationId),
    /// Of an import that waits, by its settings.
    Staged(ImportId, String),
}

/// Differences made lately.
pub(crate) struct Differences(Mutex<LruCache<Key, Arc<Difference>>>);

impl Default for Differences {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

/// A difference and what it is between.
pub struct Changes {
    /// Whose.
    pub dataset: Dataset,
    /// The older generation.
    pub before: GenerationId,
    /// The newer one; `None` where it is not published.
    pub after: Option<GenerationId>,
    /// What changed.
    pub difference: Arc<Difference>,
}

/// What an import changes, or changed when it was published.
///
/// # Errors
/// [`ServiceError::NotFound`] where it is not read whole yet, has ended without publishing, or was the first of its dataset.
pub fn of_import(
    services: &Services,
    grant: &Grant<ImportData>,
    scope: &Scope,
    id: ImportId,
) -> Result<Changes, ServiceError> {
    let import = imports::get(services, grant, id)?;
    let dataset = datasets::get(services, &import.dataset_slug)?;
    let nothing = || ServiceError::NotFound(format!("difference that import `{id}` makes"));
    let before = import.judgement.as_ref().and_then(Judgement::base).ok_or_else(nothing)?;
    if let Some(after) = import.generation {
        return between(services, dataset, before, after, scope);
    }
    let is_judged = matches!(import.state, ImportState::Checked | ImportState::Quarantined);
    let (dir, owner) = imports::staged_dir(services, &import).filter(|_| is_judged).ok_or_else(nothing)?;
    staged(services, dataset, before, &import, (dir, owner), scope)
}

fn staged(
    services: &Services,
    dataset: Dataset,
    before: GenerationId,
    import: &Import,
    (dir, owner): (PathBuf, Option<String>),
    scope: &Scope,
) -> Result<Changes, ServiceError> {
    let key = Key {
        dataset: dataset.id,
        before,
        after: Side::Staged(import.id, imports::version(import)),
        standing: Standing::of(&dataset),
        scope: scope.clone(),
    };
    let difference = kept(services, key, || {
        let old = datasets::view_of(services, &dataset, before, scope)?;
        let new = datasets::look_as(&dir, owner.as_deref(), scope)?;
        Ok(Difference::between(&old, &new))
    })?;
    Ok(Changes { dataset, before, after: None, difference })
}

/// What changed between two published generations of a dataset. What is hidden from the reader now was hidden in both.
///
/// # Errors
/// [`ServiceError::NotFound`] where either is not kept.
pub fn between(
    services: &Services,
    dataset: Dataset,
    before: GenerationId,
    after: GenerationId,
    scope: &Scope,
) -> Result<Changes, ServiceError> {
    let key = Key {
        dataset: dataset.id,
        before,
        after: Side::Published(after),
        standing: Standing::of(&dataset),
        scope: scope.clone(),
    };
    let difference = kept(services, key, || {
        let old = datasets::view_of(services, &dataset, before, scope)?;
        let new = datasets::view_of(services, &dataset, after, scope)?;
        Ok(Difference::between(&old, &new))
    })?;
    Ok(Changes { dataset, before, after: Some(after), difference })
}

fn kept(
    services: &Services,
    key: Key,
    make: impl FnOnce() -> Result<Difference, ServiceError>,
) -> Result<Arc<Difference>, ServiceError> {
    let lock = || services.differences.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(difference) = lock().get(&key) {
        return Ok(Arc::clone(difference));
    }
    let difference = Arc::new(make()?);
    lock().put(key, Arc::clone(&difference));
    Ok(difference)
}

/// Since when changes are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Since what readers saw before the newer generation.
    Before,
    /// Since a generation.
    Generation(GenerationId),
    /// Since an instant.
    Instant(Timestamp),
}

/// What changed in a dataset up to `to`, or the generation that readers see now.
///
/// # Errors
/// [`ServiceError::NotFound`] where the dataset is not for this reader, has not had two generations, or does not keep one
/// that was asked for.
pub fn in_dataset(
    services: &Services,
    name: &str,
    (since, to): (Since, Option<GenerationId>),
    scope: &Scope,
) -> Result<Changes, ServiceError> {
    let (dataset, from, to) = ends(services, name, (since, to), scope)?;
    let from = from.ok_or_else(|| {
        ServiceError::NotFound(format!("generation of `{}` before generation {to}", dataset.name))
    })?;
    between(services, dataset, from, to, scope)
}

/// The dataset, where its first data are its only ones and nothing can have changed yet that was asked for.
///
/// # Errors
/// [`ServiceError::NotFound`] where the dataset is not for this reader.
pub fn only_data(
    services: &Services,
    name: &str,
    range: (Since, Option<GenerationId>),
    scope: &Scope,
) -> Result<Option<Dataset>, ServiceError> {
    let (dataset, from, to) = ends(services, name, range, scope)?;
    let is_only =
        from.is_none() && dataset.current_generation == Some(to) && !has_earlier(services, &dataset)?;
    Ok(is_only.then_some(dataset))
}

/// True where readers of a dataset saw other data before those that are live.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn has_earlier(services: &Services, dataset: &Dataset) -> Result<bool, ServiceError> {
    Ok(services.store.read(|r| store_publications::list_publications(r, dataset.id, 2))?.len() > 1)
}

/// The dataset, and the generations that are meant; `None` where there was none to begin with.
fn ends(
    services: &Services,
    name: &str,
    (since, to): (Since, Option<GenerationId>),
    scope: &Scope,
) -> Result<(Dataset, Option<GenerationId>, GenerationId), ServiceError> {
    let dataset = datasets::open_readable(services, name, None, scope)?.dataset;
    let to = to.or(dataset.current_generation);
    let to = to.ok_or_else(|| datasets::no_dataset(name))?;
    let from = match since {
        Since::Generation(from) => Some(from),
        Since::Before => earlier(services, &dataset, to)?,
        Since::Instant(at) => match history::generation_at(services, &dataset, at)? {
            Some(then) => Some(then.generation),
            None => first(services, &dataset)?,
        },
    };
    Ok((dataset, from, to))
}

/// What readers saw first, where they saw something else since: for whoever was here before there were data.
fn first(services: &Services, dataset: &Dataset) -> Result<Option<GenerationId>, ServiceError> {
    let publications =
        services.store.read(|r| store_publications::list_publications(r, dataset.id, usize::MAX))?;
    let oldest = publications.last().filter(|_| publications.len() > 1);
    Ok(oldest.map(|publication| publication.generation))
}

/// What readers saw before a generation became current the last time.
fn earlier(
    services: &Services,
    dataset: &Dataset,
    generation: GenerationId,
) -> Result<Option<GenerationId>, ServiceError> {
    let publications =
        services.store.read(|r| store_publications::list_publications(r, dataset.id, usize::MAX))?;
    let last = publications.into_iter().find(|publication| publication.generation == generation);
    Ok(last.and_then(|publication| publication.before))
}

/// Notes that changes were taken away as a file.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn note_export(services: &Services, by: By, changes: &Changes, rows: u64) -> Result<(), ServiceError> {
    let details = serde_json::json!({
        "rows": rows, "format": "csv", "from": changes.before.0, "to": changes.after.map(|after| after.0),
    });
    let target = format!("dataset:{}", changes.dataset.slug);
    let now = services.now();
    services.store.write(|w| audit::append(w, now, by, "dataset.export", &target, &details))?;
    Ok(())
}
