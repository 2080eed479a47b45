//! The machine's side of the site: what is where, what is being done, what went wrong.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::authorize::{Grant, ManageSite};
use super::backups::drill::{self, DrillStanding};
use super::backups::elsewhere::{self, CopyStanding};
use super::backups::schedule::{self, Standing};
use super::error::ServiceError;
use super::{Services, audit, files, tls};
use crate::domain::dataset::{Dataset, Generation};
use crate::domain::ids::JobId;
use crate::domain::job::{Job, JobState};
use crate::store::{
    StoreError, datasets as store_datasets, jobs as store_jobs, sessions as store_sessions,
    users as store_users,
};

/// Errors that are remembered.
const MAX_ERRORS: usize = 50;
/// Jobs of one state that are shown.
const MAX_JOBS: usize = 100;
/// Files that are counted below one directory.
const MAX_FILES: usize = 1_000_000;

/// A request that ended in a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedError {
    /// When.
    pub at: Timestamp,
    /// The request, as its answer and the log name it.
    pub request: String,
    /// Method and path, as the route table has it.
    pub route: String,
    /// The status it was answered with.
    pub status: u16,
    /// The stable name of the problem.
    pub kind: String,
}

/// The latest of them, in memory alone.
#[derive(Default)]
pub(crate) struct LastErrors(Mutex<VecDeque<NotedError>>);

/// Remembers that a request ended in a fault.
pub fn note_error(services: &Services, error: NotedError) {
    let mut errors = services.errors.0.lock().unwrap_or_else(PoisonError::into_inner);
    if errors.len() == MAX_ERRORS {
        errors.pop_back();
    }
    errors.push_front(error);
}

/// The machine's side of the site.
#[derive(Debug, Clone)]
pub struct System {
    /// When this process began.
    pub started_at: Timestamp,
    /// Parts of the data directory with their bytes.
    pub sizes: Vec<(String, u64)>,
    /// Free and all bytes of the disk.
    pub disk: (u64, u64),
    /// Datasets with their generations, the newest first.
    pub generations: Vec<(Dataset, Vec<Generation>)>,
    /// Jobs that were given up, are being done, and wait.
    pub jobs: Vec<(JobState, Vec<Job>)>,
    /// The last errors.
    pub errors: Vec<NotedError>,
    /// How backups are.
    pub backups: Standing,
    /// How restore drills are.
    pub drills: DrillStanding,
    /// How copies of backups elsewhere are; `None` where none are made.
    pub copies: Option<CopyStanding>,
    /// How encryption stands.
    pub tls: tls::Standing,
}

/// Looks at all of it.
///
/// # Errors
/// Where the store cannot be read.
pub fn look(services: &Services, _grant: &Grant<ManageSite>) -> Result<System, ServiceError> {
    let (generations, jobs) = services.store.read(|r| {
        let mut generations = Vec::new();
        for dataset in store_datasets::list_datasets(r)? {
            let mut of_dataset = store_datasets::list_generations(r, dataset.id)?;
            of_dataset.reverse();
            generations.push((dataset, of_dataset));
        }
        let mut jobs = Vec::new();
        for state in [JobState::Dead, JobState::Running, JobState::Queued] {
            jobs.push((state, store_jobs::list_jobs(r, state, Timestamp::MAX, MAX_JOBS)?));
        }
        Ok::<_, StoreError>((generations, jobs))
    })?;
    let errors = services.errors.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
    Ok(System {
        started_at: services.started_at,
        sizes: sizes(services.data_dir()),
        disk: files::disk_bytes(services.data_dir())?,
        generations,
        jobs,
        errors,
        backups: schedule::standing(services)?,
        drills: drill::standing(services)?,
        copies: elsewhere::standing(services)?,
        tls: tls::standing(services)?,
    })
}

/// What the parts of the data directory take. What cannot be read counts nothing: somebody else tells of that.
fn sizes(directory: &Path) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let mut left = MAX_FILES;
        let bytes = size(&entry.path(), &mut left);
        if bytes > 0 {
            parts.push((name, bytes));
        }
    }
    parts.sort_by_key(|(name, bytes)| (std::cmp::Reverse(*bytes), name.clone()));
    parts
}

fn size(path: &Path, left: &mut usize) -> u64 {
    let Some(fewer) = left.checked_sub(1) else { return 0 };
    *left = fewer;
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return 0 };
    if !metadata.is_dir() {
        return metadata.len();
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| size(&entry.path(), left)).sum()
}

/// Tries a job once more that was given up.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] where it was not given up.
pub fn retry_job(services: &Services, grant: &Grant<ManageSite>, id: JobId) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let mut job = dead(store_jobs::find_job(w, id)?, id)?;
        job.state = JobState::Queued;
        job.attempts = 0;
        job.run_at = now;
        job.updated_at = now;
        store_jobs::put_job(w, &job)?;
        let details = json!({ "kind": job.kind });
        audit::append(w, now, grant.by(), "job.retry", &format!("job:{id}"), &details)?;
        Ok::<_, ServiceError>(())
    })?;
    services.ring_job_bell();
    Ok(())
}

/// Gives a job up for good.
///
/// # Errors
/// As [`retry_job`].
pub fn discard_job(services: &Services, grant: &Grant<ManageSite>, id: JobId) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let job = dead(store_jobs::find_job(w, id)?, id)?;
        store_jobs::delete_job(w, id)?;
        let details = json!({ "kind": job.kind, "tries": job.attempts });
        audit::append(w, now, grant.by(), "job.discard", &format!("job:{id}"), &details)?;
        Ok(())
    })
}

fn dead(job: Option<Job>, id: JobId) -> Result<Job, ServiceError> {
    let job = job.ok_or_else(|| ServiceError::NotFound(format!("job `{id}`")))?;
    if job.state == JobState::Dead {
        Ok(job)
    } else {
        Err(ServiceError::Conflict("this job was not given up; it is being done or waits".to_owned()))
    }
}

/// What helps somebody who cannot see the site: counts, sizes, states and settings without secrets. No name, no address,
/// no cell, no file name: nothing of a customer.
///
/// # Errors
/// Where the store cannot be read.
pub fn support_bundle(services: &Services, grant: &Grant<ManageSite>) -> Result<Value, ServiceError> {
    let system = look(services, grant)?;
    let now = services.now();
    let (users, sessions) = services.store.read(|r| {
        let users = store_users::list_users(r)?.len();
        Ok::<_, StoreError>((users, store_sessions::list_sessions(r)?.len()))
    })?;
    let config = services.config();
    let settings: Vec<Value> = config
        .shown
        .iter()
        .filter(|shown| shown.value.is_some())
        .map(|shown| json!({ "name": shown.name, "from": origin(&shown.origin) }))
        .collect();
    let datasets: Vec<Value> = system
        .generations
        .iter()
        .enumerate()
        .map(|(at, (_, generations))| {
            let generations: Vec<Value> = generations
                .iter()
                .map(|generation| {
                    json!({
                        "id": generation.id, "rows": generation.rows, "index_bytes": generation.index_bytes,
                        "published_at": generation.published_at,
                    })
                })
                .collect();
            json!({ "dataset": at + 1, "generations": generations })
        })
        .collect();
    let jobs: Vec<Value> = system
        .jobs
        .iter()
        .flat_map(|(state, jobs)| jobs.iter().map(move |job| (state, job)))
        .map(|(state, job)| {
            json!({
                "kind": job.kind, "state": state, "attempts": job.attempts, "of": job.max_attempts,
                "created_at": job.created_at, "run_at": job.run_at,
            })
        })
        .collect();
    let errors: Vec<Value> = system
        .errors
        .iter()
        .map(|error| {
            json!({
                "at": error.at, "request": error.request, "route": error.route, "status": error.status,
                "kind": error.kind,
            })
        })
        .collect();
    services.store.write(|w| audit::append(w, now, grant.by(), "system.bundle", "site", &json!({})))?;
    Ok(json!({
        "stockroom": env!("CARGO_PKG_VERSION"),
        "target": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "made_at": now,
        "started_at": system.started_at,
        "users": users,
        "sessions": sessions,
        "disk": { "free_bytes": system.disk.0, "all_bytes": system.disk.1 },
        "sizes": system.sizes.iter().map(|(name, bytes)| json!({ "part": name, "bytes": bytes })).collect::<Vec<_>>(),
        "datasets": datasets,
        "jobs": jobs,
        "errors": errors,
        "settings_given": settings,
    }))
}

/// Where a setting was said, without paths.
fn origin(origin: &str) -> &str {
    let place = origin.split(',').next().unwrap_or_default();
    if place.contains('/') || place.contains('\\') { "file" } else { place }
}
