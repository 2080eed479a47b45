//! Sources: what is asked again and again, and fills a dataset.
//!
//! The schedule is in the store ([`enqueue_due`] moves it on and queues the job in one transaction), a run
//! ([`run::run`]) is a job, and what a run finds out is written together with the import that it begins.

mod change;
mod run;
mod trial;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::authorize::{Grant, ImportData};
use super::error::ServiceError;
use super::{Services, audit, jobs};
use crate::domain::dataset::ImportState;
use crate::domain::feed::{Lateness, Source};
use crate::domain::ids::SourceId;
use crate::domain::job::JobState;
use crate::store::{
    Read, StoreError, datasets as store_datasets, imports as store_imports, jobs as store_jobs,
    sources as store_sources,
};

pub(in crate::services) use change::sealed_for;
pub use change::{Draft, DraftKind, SqlDraft, add, change, delete};
pub use run::{gave_up, run};
pub use trial::{Tested, test};

/// Name of the job that asks a source.
pub const SOURCE_JOB: &str = "source";
/// A run is tried again, later each time; then the next one is due anyway.
const MAX_ATTEMPTS: u32 = 3;

/// Why an admin of single owners leaves sources alone: what a query says is an owner's is published as theirs, so that
/// whoever writes it gives rows away, and reads them in what would change.
const EVERY_OWNER: &str = "a source brings rows of every owner: an admin who sees every owner changes it";

/// Payload of that job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceJob {
    /// Which source.
    pub source: SourceId,
}

/// A source as pages show it.
#[derive(Debug, Clone)]
pub struct SourceView {
    /// The source, without its secret.
    pub source: Source,
    /// It has a secret.
    pub has_secret: bool,
    /// Where the import stands that it last began.
    pub import: Option<ImportState>,
    /// When the data were last known to be what it has; `None` where they never were.
    pub good_at: Option<Timestamp>,
    /// How late it is.
    pub lateness: Lateness,
    /// What it last brought was published and is not what is live: somebody went back, or published another file. It is
    /// not published again by itself.
    pub is_replaced: bool,
}

fn view(r: &impl Read, source: Source, now: Timestamp) -> Result<SourceView, StoreError> {
    let import = match source.runs.import {
        Some(id) => store_imports::find_import(r, id)?,
        None => None,
    };
    let published = import.as_ref().filter(|import| import.state == ImportState::Published);
    let good_at = source.runs.unchanged_at.max(published.map(|import| import.updated_at));
    let lateness = if source.is_enabled {
        Lateness::of(source.every_minutes, good_at.map_or(source.since, |at| at.max(source.since)), now)
    } else {
        Lateness::OnTime
    };
    let live = current_file(r, &source.dataset)?;
    // The live file may be what the source has now, though somebody else published it.
    let is_replaced = published.is_some_and(|import| {
        live.is_some_and(|live| live != import.file_sha256 && Some(&live) != source.runs.sha256.as_ref())
    });
    let has_secret = source.secret.is_some();
    let source = Source { secret: None, ..source };
    let import = import.map(|import| import.state);
    Ok(SourceView { source, has_secret, import, good_at, lateness, is_replaced })
}

/// SHA-256 of the file that a dataset's live data came from.
fn current_file(r: &impl Read, slug: &str) -> Result<Option<String>, StoreError> {
    let Some(dataset) = store_datasets::find_dataset_by_slug(r, slug)? else { return Ok(None) };
    let Some(current) = dataset.current_generation else { return Ok(None) };
    let Some(generation) = store_datasets::find_generation(r, dataset.id, current)? else { return Ok(None) };
    Ok(store_imports::find_import(r, generation.import_id)?.map(|import| import.file_sha256))
}

/// All sources, by name.
///
/// # Errors
/// The store.
pub fn list(services: &Services, _grant: &Grant<ImportData>) -> Result<Vec<SourceView>, ServiceError> {
    let now = services.now();
    services.store.read(|r| {
        let mut views = Vec::new();
        for source in store_sources::list_sources(r)? {
            views.push(view(r, source, now)?);
        }
        views.sort_by_cached_key(|view| view.source.name.to_lowercase());
        Ok(views)
    })
}

/// One source.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn get(
    services: &Services,
    _grant: &Grant<ImportData>,
    id: SourceId,
) -> Result<SourceView, ServiceError> {
    let now = services.now();
    services.store.read(|r| {
        let source = store_sources::find_source(r, id)?.ok_or_else(|| no_source(id))?;
        Ok(view(r, source, now)?)
    })
}

fn no_source(id: SourceId) -> ServiceError {
    ServiceError::NotFound(format!("source `{id}`"))
}

/// How late the feeds of a dataset are: for whoever sees its data. The latest one counts, with when its data were good.
///
/// # Errors
/// The store.
pub fn lateness(services: &Services, slug: &str) -> Result<Option<(Lateness, Timestamp)>, ServiceError> {
    let now = services.now();
    services.store.read(|r| {
        let mut worst = None;
        for source in store_sources::list_sources(r)?.into_iter().filter(|source| source.dataset == slug) {
            let view = view(r, source, now)?;
            let at = view.good_at.unwrap_or(view.source.since);
            if view.lateness > worst.map_or(Lateness::OnTime, |(lateness, _)| lateness) {
                worst = Some((view.lateness, at));
            }
        }
        Ok(worst)
    })
}

/// Queues a job for each source that is due, and says when it is due next.
///
/// # Errors
/// The store.
pub fn enqueue_due(services: &Services) -> Result<(), ServiceError> {
    let now = services.now();
    let due = |source: &Source| source.is_enabled && source.next_run <= now;
    let ids: Vec<SourceId> = services
        .store
        .read(store_sources::list_sources)?
        .iter()
        .filter(|source| due(source))
        .map(|source| source.id)
        .collect();
    for id in &ids {
        services.store.write(|w| {
            let Some(mut source) = store_sources::find_source(w, *id)?.filter(due) else { return Ok(()) };
            source.next_run = now + SignedDuration::from_mins(i64::from(source.every_minutes));
            store_sources::put_source(w, &source)?;
            enqueue(w, now, *id)
        })?;
    }
    if !ids.is_empty() {
        services.ring_job_bell();
    }
    Ok(())
}

/// Queues a run unless one waits or is at work.
fn enqueue(w: &crate::store::WriteTxn, now: Timestamp, id: SourceId) -> Result<(), ServiceError> {
    jobs::enqueue_once(w, now, SOURCE_JOB, &SourceJob { source: id }, MAX_ATTEMPTS).map(|_| ())
}

/// Asks a source now.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn refresh(services: &Services, grant: &Grant<ImportData>, id: SourceId) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let source = store_sources::find_source(w, id)?.ok_or_else(|| no_source(id))?;
        enqueue(w, now, id)?;
        let details = serde_json::json!({"name": source.name});
        audit::append(w, now, grant.by(), "feed.source.refresh", &format!("source:{id}"), &details)?;
        Ok::<_, ServiceError>(())
    })?;
    services.ring_job_bell();
    Ok(())
}

/// Sources that wait or are at work, by id.
///
/// # Errors
/// The store.
pub fn at_work(services: &Services) -> Result<HashMap<SourceId, JobState>, ServiceError> {
    services.store.read(|r| {
        let mut found = HashMap::new();
        for state in [JobState::Queued, JobState::Running] {
            for job in store_jobs::list_jobs(r, state, Timestamp::MAX, usize::MAX)? {
                if job.kind == SOURCE_JOB
                    && let Ok(SourceJob { source }) = serde_json::from_str(&job.payload)
                {
                    found.insert(source, state);
                }
            }
        }
        Ok(found)
    })
}
