//! The restore drill: the newest backup is restored aside, read whole, and the index of one dataset is built from it, so that
//! nobody learns only in need that it cannot be. By itself again and again, and where somebody asks for it.

use std::path::Path;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::archive::Archive;
use super::create::stopped;
use super::examine::{Files, examine};
use super::{BACKUPS_DIRECTORY, Backup, Verified, failed, list, schedule, scratch_in};
use crate::domain::backup::Drill;
use crate::domain::dataset::{Dataset, Generation};
use crate::domain::job::JobState;
use crate::services::authorize::{Grant, ManageSite};
use crate::services::error::ServiceError;
use crate::services::users::reach;
use crate::services::{Services, audit, files, imports, jobs};
use crate::store::{
    Read, Store, StoreError, backups as store_backups, datasets as store_datasets, users as store_users,
};

/// Name of the job.
pub const DRILL_JOB: &str = "backup-drill";
const MAX_ATTEMPTS: u32 = 3;
/// How the directory begins that a backup is restored to. It lies among the backups: there the site may write, also where
/// it may not beside its data directory.
const DRILLING: &str = ".drilling-";
/// A drill that failed is made again after this, with a newer backup or more room.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_hours(24);
/// Room for an index and what it is made of, for each byte of it.
const SPACE_FACTOR: u64 = 2;

/// Payload of the job: there is nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillJob {}

/// How drills are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrillStanding {
    /// The last one.
    pub last: Option<Drill>,
    /// One is being made, or waits for it.
    pub is_at_work: bool,
    /// There was none for twice as long as there should be.
    pub is_late: bool,
}

fn every(services: &Services) -> Option<SignedDuration> {
    let every = services.config().backup.drill?;
    Some(SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX))
}

/// How drills are.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn standing(services: &Services) -> Result<DrillStanding, ServiceError> {
    let (last, jobs, set_up_at) = services.store.read(|r| {
        let set_up_at = store_users::list_users(r)?.into_iter().map(|user| user.created_at).min();
        Ok::<_, StoreError>((store_backups::find_drill(r)?, schedule::jobs_of(r, DRILL_JOB)?, set_up_at))
    })?;
    let is_late = every(services).is_some_and(|every| {
        let since = last.as_ref().map(|drill| drill.at).or(set_up_at);
        since.is_some_and(|since| services.now().duration_since(since) > every.saturating_mul(2))
    });
    Ok(DrillStanding { last, is_at_work: jobs.iter().any(|job| job.state != JobState::Dead), is_late })
}

/// Queues a drill where one is due; true where it was.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn enqueue_due(services: &Services) -> Result<bool, ServiceError> {
    let Some(every) = every(services) else { return Ok(false) };
    let now = services.now();
    let is_recent = |at: Timestamp, than: SignedDuration| now.duration_since(at).abs() < than;
    let (last, jobs) = services
        .store
        .read(|r| Ok::<_, StoreError>((store_backups::find_drill(r)?, schedule::jobs_of(r, DRILL_JOB)?)))?;
    let waits = last.is_some_and(|last| {
        is_recent(last.at, if last.problem.is_some() { every.min(AFTER_FAILURE) } else { every })
    });
    let is_tried =
        jobs.iter().any(|job| job.state != JobState::Dead || is_recent(job.updated_at, AFTER_FAILURE));
    if waits || is_tried || list(services.data_dir()).is_empty() {
        return Ok(false);
    }
    let queued =
        services.store.write(|w| jobs::enqueue_once(w, now, DRILL_JOB, &DrillJob {}, MAX_ATTEMPTS))?;
    services.ring_job_bell();
    Ok(queued)
}

/// Queues a drill now, for somebody who asks for it; one that waits already is enough.
///
/// # Errors
/// [`ServiceError::NotFound`] where there is no backup; [`ServiceError::OutOfScope`] for an admin who does not see every owner.
pub fn ask(services: &Services, grant: &Grant<ManageSite>) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        reach::must_see_all(w, grant.by(), schedule::EVERY_OWNER)?;
        newest(services)?;
        if jobs::enqueue_once(w, now, DRILL_JOB, &DrillJob {}, MAX_ATTEMPTS)? {
            audit::append(w, now, grant.by(), "backup.drill.ask", "site", &json!({}))?;
        }
        Ok::<_, ServiceError>(())
    })?;
    services.ring_job_bell();
    Ok(())
}

fn newest(services: &Services) -> Result<Backup, ServiceError> {
    let missing = || ServiceError::NotFound("backup in the data directory that could be tried".to_owned());
    list(services.data_dir()).into_iter().next().ok_or_else(missing)
}

/// Makes a drill and writes down how it went, which is in the answer also where it failed. Nothing of it stays.
///
/// # Errors
/// [`ServiceError::NotFound`] where there is no backup; [`ServiceError::Conflict`] while one is being made or tried, or where
/// `stops` said so.
pub fn run(
    services: &Services,
    grant: &Grant<ManageSite>,
    stops: &(dyn Fn() -> bool + Sync),
) -> Result<Drill, ServiceError> {
    // What is left behind is swept by who has the turn.
    let Ok(_turn) = services.backups.turn.try_lock() else {
        return Err(ServiceError::Conflict(super::BUSY.to_owned()));
    };
    let backup = newest(services)?;
    super::sweep(services.data_dir());
    let begun = Instant::now();
    let (built, problem) = match try_out(services, &backup, stops) {
        Ok(built) => (built, None),
        Err(_) if stops() => return Err(stopped()),
        Err(error) => (None, Some(error.to_string())),
    };
    let drill =
        Drill { at: services.now(), backup: backup.name.clone(), took: begun.elapsed(), built, problem };
    let details = json!({
        "is_good": drill.problem.is_none(), "problem": drill.problem, "seconds": drill.took.as_secs(),
        "dataset": drill.built.as_ref().map(|(slug, _)| slug), "rows": drill.built.as_ref().map(|(_, rows)| rows),
    });
    services.store.write(|w| {
        store_backups::put_drill(w, &drill)?;
        audit::append(w, drill.at, grant.by(), "backup.drill", &format!("backup:{}", backup.name), &details)
    })?;
    match &drill.problem {
        None => tracing::info!("The backup {} can be restored", backup.name),
        Some(problem) => tracing::error!("The drill with the backup {} failed: {problem}", backup.name),
    }
    Ok(drill)
}

/// Restores the backup aside and builds one index of it: of which dataset, and its rows.
fn try_out(
    services: &Services,
    backup: &Backup,
    stops: &(dyn Fn() -> bool + Sync),
) -> Result<Option<(String, u64)>, ServiceError> {
    let mut archive = Archive::open(&backup.path)?;
    let scratch = scratch_in(&services.data_dir().join(BACKUPS_DIRECTORY), DRILLING)
        .map_err(|error| failed("making room for the drill", &error))?;
    let directory = scratch.path();
    // It looks first whether there is room.
    let examined = examine(&mut archive, directory, Files::Kept, None, stops)?;
    Verified::of(&backup.path, &archive, &examined).must_be_whole()?;
    let store = Store::open(directory)?;
    let smallest = store.read(|r| smallest(r, directory))?;
    drop(store);
    let Some((dataset, record)) = smallest else { return Ok(None) };
    files::need_space(directory, record.index_bytes.saturating_mul(SPACE_FACTOR))?;
    let source = files::path_of(directory, &record.file_sha256);
    let place = directory.join("drill");
    let rows = imports::count_built(services, &source, &record, &place, stops)?.ok_or_else(stopped)?;
    if rows == record.rows {
        Ok(Some((dataset.slug, rows)))
    } else {
        Err(super::bad(
            &backup.path,
            format!("its file of {} gives {rows} rows, and {} were published", dataset.slug, record.rows),
        ))
    }
}

/// The published dataset with the fewest rows among those whose files are in the directory.
fn smallest(r: &impl Read, directory: &Path) -> Result<Option<(Dataset, Generation)>, StoreError> {
    let mut found: Option<(Dataset, Generation)> = None;
    for dataset in store_datasets::list_datasets(r)? {
        let Some(current) = dataset.current_generation else { continue };
        let Some(record) = store_datasets::find_generation(r, dataset.id, current)? else { continue };
        let is_smaller = found.as_ref().is_none_or(|(_, smallest)| record.rows < smallest.rows);
        if is_smaller && files::path_of(directory, &record.file_sha256).exists() {
            found = Some((dataset, record));
        }
    }
    Ok(found)
}
