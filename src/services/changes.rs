//! What changed from one generation of a dataset to another, for one reader; computed once and kept for a while.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use super::authorize::{Grant, ImportData};
use super::error::ServiceError;
use super::{Services, datasets, imports};
use crate::domain::dataset::{Dataset, Import, ImportState};
use crate::domain::ids::{DatasetId, GenerationId, ImportId};
use crate::domain::scope::Scope;
use crate::search::difference::Difference;

/// Differences kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(8).expect("not zero");

/// What a kept difference is one of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    dataset: DatasetId,
    before: GenerationId,
    after: Side,
    owner: Option<String>,
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
    let before = import.judgement.as_ref().and_then(|judgement| judgement.base()).ok_or_else(nothing)?;
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
        owner: dataset.owner_column.clone(),
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
        owner: dataset.owner_column.clone(),
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
