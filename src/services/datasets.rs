//! Datasets and what their readers see of them.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use lru::LruCache;

use super::Services;
use super::authorize::{Grant, ImportData};
use super::error::ServiceError;
use super::users::reach;
use super::{audit, files, history, imports};
use crate::domain::dataset::{Dataset, Generation as GenerationRecord};
use crate::domain::excerpt::excerpt;
use crate::domain::ids::{DatasetId, GenerationId};
use crate::domain::preferences::Preferences;
use crate::domain::profile::Profile;
use crate::domain::scope::{OwnerScope, Scope};
use crate::search::error::SearchError;
use crate::search::generation::Generation;
use crate::search::view::View;
use crate::store::datasets as store_datasets;

/// Generations held open: maps cost address space, results are bounded by [`CACHE_BYTES`] each.
const OPEN_GENERATIONS: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");
/// What the results of one generation may keep in memory.
const CACHE_BYTES: usize = 48 << 20;
/// How long after a publication readers may go on in the generation before.
const EARLIER_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);
/// When to ask again for a generation that is being built anew.
const REBUILD_WAIT: Duration = Duration::from_secs(5);

/// A feed of a day that is older than this is late.
pub(super) const LATE: jiff::SignedDuration = jiff::SignedDuration::from_hours(36);

/// What of a dataset, beside a generation's number, decides what readers see of it: its owner column, and its profile,
/// which says what is hidden. Whatever is kept of a generation is kept for this too.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Standing {
    owner: Option<String>,
    profile: u64,
}

impl Standing {
    /// How things stand now. Asked for with every request: the profile is hashed, not read.
    pub fn of(dataset: &Dataset) -> Self {
        let profile = dataset.profile_json.as_deref().unwrap_or_default();
        Self { owner: dataset.owner_column.clone(), profile: xxhash_rust::xxh3::xxh3_64(profile.as_bytes()) }
    }
}

type OpenKey = (DatasetId, GenerationId, Standing);

/// Generations held open.
pub(crate) struct OpenGenerations(Mutex<LruCache<OpenKey, Arc<Generation>>>);

impl Default for OpenGenerations {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(OPEN_GENERATIONS)))
    }
}

/// A dataset opened for one reader.
pub struct OpenDataset {
    /// The dataset.
    pub dataset: Dataset,
    /// Which generation the view is of.
    pub generation: GenerationId,
    /// When it was published.
    pub published_at: Timestamp,
    /// Its rows as the reader sees them.
    pub view: View,
}

impl OpenDataset {
    /// When these rows were last known to be what their source has; `None` where they are not the current ones.
    pub fn checked_at(&self) -> Option<Timestamp> {
        self.dataset.checked_at.filter(|_| self.dataset.current_generation == Some(self.generation))
    }
}

/// The name under which addresses know a dataset: lower-case letters and digits with hyphens between.
pub fn slug_of(name: &str) -> String {
    let folded = crate::domain::fold::fold(name);
    let words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-")
}

/// Where a generation's directory is.
pub(crate) fn generation_dir(services: &Services, dataset: DatasetId, generation: GenerationId) -> PathBuf {
    dataset_dir(services, dataset).join(generation.to_string())
}

/// Where a dataset's generations are.
pub(crate) fn dataset_dir(services: &Services, dataset: DatasetId) -> PathBuf {
    services.data_dir().join("index").join(dataset.to_string())
}

/// All datasets in order of creation.
pub fn list(services: &Services) -> Result<Vec<Dataset>, ServiceError> {
    Ok(services.store.read(store_datasets::list_datasets)?)
}

/// The dataset of this name or slug, if there is one.
pub fn find(services: &Services, name: &str) -> Result<Option<Dataset>, ServiceError> {
    let slug = slug_of(name);
    Ok(services.store.read(|r| store_datasets::find_dataset_by_slug(r, &slug))?)
}

/// Rows of the generation that readers see; `None` before the first.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn current_rows(services: &Services, dataset: &Dataset) -> Result<Option<u64>, ServiceError> {
    let Some(current) = dataset.current_generation else { return Ok(None) };
    let found = services.store.read(|r| store_datasets::find_generation(r, dataset.id, current))?;
    Ok(found.map(|generation| generation.rows))
}

/// The dataset of this name or slug.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn get(services: &Services, name: &str) -> Result<Dataset, ServiceError> {
    find(services, name)?.ok_or_else(|| no_dataset(name))
}

/// Slug of the dataset that every reader is led to. It is there also for those who have no row in it, so that they are
/// told why.
pub const MAIN: &str = "inventory";

/// Whether a dataset exists for a reader: its name and columns are for those who have rows in it, which without an owner
/// column is nobody of limited scope.
pub fn exists_for(services: &Services, dataset: &Dataset, scope: &Scope) -> bool {
    if scope.owners == OwnerScope::All {
        return true;
    }
    dataset.owner_column.is_some()
        && (dataset.slug == MAIN
            || open_generation(services, dataset.clone(), None, scope)
                .is_ok_and(|open| open.view.total() > 0))
}

/// Like [`open`], for pages: with the generation that a reader began with, as long as it is there; and what the list of
/// datasets leaves out is not there.
///
/// # Errors
/// As [`open`].
pub fn open_readable(
    services: &Services,
    name: &str,
    wanted: Option<GenerationId>,
    scope: &Scope,
) -> Result<OpenDataset, ServiceError> {
    let dataset = get(services, name)?;
    if !exists_for(services, &dataset, scope) {
        return Err(no_dataset(name));
    }
    open_generation(services, dataset, wanted, scope)
}

pub(super) fn no_dataset(name: &str) -> ServiceError {
    ServiceError::NotFound(format!("dataset `{name}`"))
}

/// As [`open_readable`], with what readers saw at the end of a day.
///
/// # Errors
/// As [`open`]; [`ServiceError::NotFound`] where nothing was published until then, [`ServiceError::Invalid`] with field
/// `as_of` where the day is in the future.
pub fn open_as_of(
    services: &Services,
    name: &str,
    day: Date,
    scope: &Scope,
) -> Result<OpenDataset, ServiceError> {
    let dataset = get(services, name)?;
    if !exists_for(services, &dataset, scope) {
        return Err(no_dataset(name));
    }
    let today = site_today(services);
    if day > today {
        let message = format!("{day} is in the future; the last day that can be shown is {today}");
        return Err(ServiceError::invalid("as_of", message));
    }
    let until = end_of(services, day);
    let Some(publication) = history::generation_at(services, &dataset, until)? else {
        return Err(ServiceError::NotFound(format!(
            "data of `{}` as of {day}: nothing was published yet",
            dataset.name
        )));
    };
    let view = view_of(services, &dataset, publication.generation, scope)?;
    Ok(OpenDataset { generation: publication.generation, published_at: publication.at, view, dataset })
}

/// Today where the site is: the last day that `as_of` can be.
pub fn site_today(services: &Services) -> Date {
    services.now().to_zoned(site_zone(services)).date()
}

fn site_zone(services: &Services) -> jiff::tz::TimeZone {
    Preferences::default().zone(services.config().site.time_zone.as_deref())
}

/// The last instant of a day where the site is.
fn end_of(services: &Services, day: Date) -> Timestamp {
    let zone = site_zone(services);
    let next = day.tomorrow().ok().and_then(|next| next.to_zoned(zone).ok());
    next.map_or(Timestamp::MAX, |next| next.timestamp() - jiff::SignedDuration::from_micros(1))
}

/// Opens a dataset's current generation for a reader.
///
/// # Errors
/// [`ServiceError::NotFound`] where there is no such dataset or nothing was published yet;
/// [`ServiceError::Busy`] while a damaged generation is built anew.
pub fn open(services: &Services, name: &str, scope: &Scope) -> Result<OpenDataset, ServiceError> {
    let dataset = get(services, name)?;
    let is_for_all = scope.owners == OwnerScope::All || dataset.slug == MAIN;
    match open_generation(services, dataset, None, scope) {
        Ok(open) if is_for_all || open.view.total() > 0 => Ok(open),
        Ok(_) | Err(ServiceError::NotFound(_)) if !is_for_all => Err(no_dataset(name)),
        other => other,
    }
}

/// Opens the wanted generation as long as it is there, else the current one.
fn open_generation(
    services: &Services,
    dataset: Dataset,
    wanted: Option<GenerationId>,
    scope: &Scope,
) -> Result<OpenDataset, ServiceError> {
    let name = dataset.name.clone();
    let Some(current) = dataset.current_generation else {
        return Err(ServiceError::NotFound(format!("published import of dataset `{name}` yet")));
    };
    let missing = || ServiceError::Internal(format!("generation {current} of `{name}` has no record"));
    let find =
        |generation| services.store.read(|r| store_datasets::find_generation(r, dataset.id, generation));
    let published_at = find(current)?.ok_or_else(missing)?.published_at;
    let view = generation_of(services, &dataset, current)?.view(scope);
    let open = OpenDataset { generation: current, published_at, view, dataset };
    let is_fresh = services.now().duration_since(published_at) < EARLIER_FOR;
    match wanted.filter(|wanted| *wanted != current && is_fresh) {
        Some(wanted) => Ok(open_earlier(services, &open, wanted, scope)?.unwrap_or(open)),
        None => Ok(open),
    }
}

/// An earlier generation of an open dataset; `None` where it is gone, or shows what is no longer for this reader: a
/// column that was hidden since.
fn open_earlier(
    services: &Services,
    open: &OpenDataset,
    wanted: GenerationId,
    scope: &Scope,
) -> Result<Option<OpenDataset>, ServiceError> {
    let dataset = &open.dataset;
    let record = services.store.read(|r| store_datasets::find_generation(r, dataset.id, wanted))?;
    let Some(record) = record.filter(|_| generation_dir(services, dataset.id, wanted).exists()) else {
        return Ok(None);
    };
    let view = generation_of(services, dataset, wanted)?.view(scope);
    let known = open.view.columns();
    let is_known = |name: &str| known.iter().any(|column| column.name == name);
    if view.hides_more() || !view.columns().iter().all(|column| is_known(&column.name)) {
        return Ok(None);
    }
    let published_at = record.published_at;
    Ok(Some(OpenDataset { generation: wanted, published_at, view, dataset: dataset.clone() }))
}

/// The current generation as whoever sees everything sees it, not held open: for one look that nobody waits for.
pub(super) fn look_once(
    services: &Services,
    dataset: &Dataset,
) -> Result<Option<(GenerationId, View)>, ServiceError> {
    let Some(current) = dataset.current_generation else { return Ok(None) };
    let dir = generation_dir(services, dataset.id, current);
    Ok(Some((current, look_at(&dir, dataset.owner_column.as_deref())?)))
}

/// The columns that customers must not see, as the dataset is now: of earlier generations they see them no more.
pub(super) fn hidden_now(dataset: &Dataset) -> BTreeSet<String> {
    let profile: Option<Profile> =
        dataset.profile_json.as_deref().and_then(|json| serde_json::from_str(json).ok());
    profile.map(|profile| profile.hidden_names().cloned().collect()).unwrap_or_default()
}

/// Any generation that is kept, as a reader sees it now.
///
/// # Errors
/// [`ServiceError::NotFound`] where there is none of that number; [`ServiceError::Busy`] while it is built anew.
pub(super) fn view_of(
    services: &Services,
    dataset: &Dataset,
    generation: GenerationId,
    scope: &Scope,
) -> Result<View, ServiceError> {
    let known = services.store.read(|r| store_datasets::find_generation(r, dataset.id, generation))?;
    if known.is_none() {
        return Err(ServiceError::NotFound(format!("generation {generation} of `{}`", dataset.name)));
    }
    Ok(generation_of(services, dataset, generation)?.view(scope))
}

/// A generation as a reader sees it now, for one look back: it is not held open, and not built again where it is not at
/// hand.
pub(super) fn look_back(
    services: &Services,
    dataset: &Dataset,
    generation: GenerationId,
    scope: &Scope,
) -> Result<Option<View>, ServiceError> {
    if dataset.current_generation == Some(generation) {
        return Ok(Some(generation_of(services, dataset, generation)?.view(scope)));
    }
    let dir = generation_dir(services, dataset.id, generation);
    let open =
        Generation::open_hiding(&dir, dataset.owner_column.as_deref(), &hidden_now(dataset), CACHE_BYTES);
    Ok(open.ok().map(|open| open.view(scope)))
}

/// A generation in any directory, as a reader sees it, not held open.
pub(super) fn look_as(dir: &Path, owner: Option<&str>, scope: &Scope) -> Result<View, ServiceError> {
    let open = Generation::open(dir, owner, CACHE_BYTES)
        .map_err(|error| ServiceError::Internal(error.to_string()))?;
    Ok(open.view(scope))
}

/// A generation in any directory as whoever sees everything sees it, not held open.
pub(super) fn look_at(dir: &Path, owner: Option<&str>) -> Result<View, ServiceError> {
    look_as(dir, owner, &Scope::everything())
}

fn generation_of(
    services: &Services,
    dataset: &Dataset,
    generation: GenerationId,
) -> Result<Arc<Generation>, ServiceError> {
    let key = (dataset.id, generation, Standing::of(dataset));
    let open = || services.generations.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(open) = open().get(&key) {
        return Ok(Arc::clone(open));
    }
    let dir = generation_dir(services, dataset.id, generation);
    let (owner, hidden) = (dataset.owner_column.as_deref(), hidden_now(dataset));
    match Generation::open_hiding(&dir, owner, &hidden, CACHE_BYTES) {
        Ok(found) => {
            open().put(key, Arc::clone(&found));
            Ok(found)
        }
        Err(error) => {
            if !can_be_built(services, dataset.id, generation)? {
                return Err(ServiceError::NotFound(format!(
                    "generation {generation} of `{}`: its file is no longer kept",
                    dataset.name
                )));
            }
            // Derived, so no loss: it is built again from its file.
            tracing::error!(dataset = dataset.slug, %generation, "A generation cannot be opened: {error}");
            imports::rebuild_later(services, dataset.id, generation)?;
            Err(ServiceError::Busy(REBUILD_WAIT))
        }
    }
}

/// True where the file that a generation came from is kept.
fn can_be_built(
    services: &Services,
    dataset: DatasetId,
    generation: GenerationId,
) -> Result<bool, ServiceError> {
    let record = services.store.read(|r| store_datasets::find_generation(r, dataset, generation))?;
    Ok(record.is_some_and(|record| has_file(services, &record)))
}

/// True where a generation can be shown: its index is there, or its file, from which it is built again.
pub(super) fn is_kept(services: &Services, generation: &GenerationRecord) -> bool {
    generation_dir(services, generation.dataset_id, generation.id).exists() || has_file(services, generation)
}

/// True where the file is kept that a generation is built again from.
pub(super) fn has_file(services: &Services, generation: &GenerationRecord) -> bool {
    files::path_of(services.data_dir(), &generation.file_sha256).exists()
}

/// Forgets the open handle of a generation that is about to be replaced.
pub(crate) fn close(services: &Services, dataset: DatasetId, generation: GenerationId) {
    let mut open = services.generations.0.lock().unwrap_or_else(PoisonError::into_inner);
    let stale: Vec<OpenKey> = open
        .iter()
        .filter(|(key, _)| (key.0, key.1) == (dataset, generation))
        .map(|(key, _)| key.clone())
        .collect();
    for key in &stale {
        open.pop(key);
    }
}

/// Names the column whose cells are owners; `None` takes it away, and with it everybody's rows but `All`'s.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] where the current generation has no such column;
/// [`ServiceError::OutOfScope`] for somebody who does not see every owner: by another column the rows of others could become
/// theirs.
pub fn set_owner(
    services: &Services,
    grant: &Grant<ImportData>,
    name: &str,
    owner: Option<&str>,
) -> Result<(), ServiceError> {
    let dataset = get(services, name)?;
    if let (Some(owner), Some(generation)) = (owner, dataset.current_generation) {
        let columns = generation_of(services, &dataset, generation)?.columns();
        if !columns.iter().any(|column| column.name == owner) {
            return Err(ServiceError::invalid(
                "owner",
                format!("dataset `{name}` has no column `{}`", excerpt(owner)),
            ));
        }
    }
    let now = services.now();
    services.store.write(|w| {
        let Some(mut dataset) = store_datasets::find_dataset(w, dataset.id)? else { return Ok(()) };
        let why = "the owner column says whose every row is: somebody who sees every owner names it";
        reach::must_see_all(w, grant.by(), why)?;
        let details = serde_json::json!({"before": dataset.owner_column, "after": owner});
        dataset.owner_column = owner.map(str::to_owned);
        store_datasets::put_dataset(w, &dataset)?;
        let target = format!("dataset:{}", dataset.slug);
        audit::append(w, now, grant.by(), "dataset.owner", &target, &details)?;
        Ok(())
    })
}

impl From<SearchError> for ServiceError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::NoColumn(name) => Self::invalid(
                "column",
                format!("there is no column `{}`; see GET /api/v1/datasets for the names", excerpt(&name)),
            ),
            other => Self::Internal(other.to_string()),
        }
    }
}
