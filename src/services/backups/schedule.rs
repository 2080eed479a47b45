//! Backups that the site makes by itself, and those that an admin asks for on the page: both are a job. How many are kept,
//! and how the last ones went, which is what the directory of backups and the queue of jobs say.

use std::fs::{self, File};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Backup, Wanted, create, elsewhere, list};
use crate::domain::job::{Job, JobState};
use crate::services::authorize::{By, Grant, ManageSite};
use crate::services::error::ServiceError;
use crate::services::users::reach;
use crate::services::{Services, audit, bootstrap, jobs};
use crate::store::{Read, StoreError, jobs as store_jobs};

/// Name of the job.
pub const BACKUP_JOB: &str = "backup";
/// A disk that is full is full again a moment later.
const MAX_ATTEMPTS: u32 = 3;
/// How long nothing is tried by itself after a backup that was given up.
const AFTER_GIVING_UP: SignedDuration = SignedDuration::from_hours(6);
/// What holds the rows of every owner.
pub(super) const EVERY_OWNER: &str =
    "a backup holds what belongs to every owner: an admin who sees every owner makes and downloads it";

/// Payload of the job: there is nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupJob {}

/// How backups are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Those in the data directory, the newest first.
    pub backups: Vec<Backup>,
    /// One is being made, or waits for it.
    pub is_at_work: bool,
    /// When one failed after the newest was made, and why.
    pub failure: Option<(Timestamp, String)>,
    /// The newest is much older than it is to be, or there is none.
    pub is_late: bool,
}

/// Jobs of this kind that were given up, are being done or wait.
pub(super) fn jobs_of(r: &impl Read, kind: &str) -> Result<Vec<Job>, StoreError> {
    let mut found = Vec::new();
    for state in [JobState::Dead, JobState::Running, JobState::Queued] {
        let of_state = store_jobs::list_jobs(r, state, Timestamp::MAX, usize::MAX)?;
        found.extend(of_state.into_iter().filter(|job| job.kind == kind));
    }
    Ok(found)
}

/// How backups are.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn standing(services: &Services) -> Result<Standing, ServiceError> {
    let jobs = services.store.read(|r| jobs_of(r, BACKUP_JOB))?;
    let backups = list(services.data_dir());
    let newest = backups.first().map(|backup| backup.made_at);
    let failed = jobs.iter().filter(|job| newest.is_none_or(|newest| job.updated_at > newest));
    let failure =
        failed.filter_map(|job| Some((job.updated_at, job.last_error.clone()?))).max_by_key(|(at, _)| *at);
    let is_late = services.config().backup.every.is_some_and(|every| {
        let twice =
            SignedDuration::try_from(every).map_or(SignedDuration::MAX, |every| every.saturating_mul(2));
        newest.is_none_or(|newest| services.now().duration_since(newest) > twice)
    });
    let is_at_work = jobs.iter().any(|job| job.state != JobState::Dead);
    Ok(Standing { backups, is_at_work, failure, is_late })
}

/// Queues a backup where one is due; true where it was.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn enqueue_due(services: &Services) -> Result<bool, ServiceError> {
    let Some(every) = services.config().backup.every else { return Ok(false) };
    let now = services.now();
    let every = SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX);
    // Of a clock that was set back, too: the name of a backup may lie ahead.
    let is_recent = |at: Timestamp, than: SignedDuration| now.duration_since(at).abs() < than;
    if list(services.data_dir()).first().is_some_and(|newest| is_recent(newest.made_at, every)) {
        return Ok(false);
    }
    if !bootstrap::is_set_up(services)? {
        return Ok(false);
    }
    let jobs = services.store.read(|r| jobs_of(r, BACKUP_JOB))?;
    if jobs.iter().any(|job| job.state != JobState::Dead || is_recent(job.updated_at, AFTER_GIVING_UP)) {
        return Ok(false);
    }
    let queued =
        services.store.write(|w| jobs::enqueue_once(w, now, BACKUP_JOB, &BackupJob {}, MAX_ATTEMPTS))?;
    services.ring_job_bell();
    Ok(queued)
}

/// Queues a backup now, for somebody who asks for it; one that waits already is enough.
///
/// # Errors
/// [`ServiceError::OutOfScope`] for an admin who does not see every owner.
pub fn ask(services: &Services, grant: &Grant<ManageSite>) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        if jobs::enqueue_once(w, now, BACKUP_JOB, &BackupJob {}, MAX_ATTEMPTS)? {
            audit::append(w, now, grant.by(), "backup.ask", "site", &json!({}))?;
        }
        Ok::<_, ServiceError>(())
    })?;
    services.ring_job_bell();
    Ok(())
}

/// The job: makes a backup in the usual place, and deletes those that are too many.
///
/// # Errors
/// As [`create`].
pub fn run(services: &Services, stops: &dyn Fn() -> bool) -> Result<(), ServiceError> {
    create(services, &Grant::system(), &Wanted::default(), stops)?;
    // Only now: until there is a newer one that was read back whole, the old ones are all there is.
    let keep = services.config().backup.keep as usize;
    for old in list(services.data_dir()).into_iter().skip(keep) {
        match fs::remove_file(&old.path) {
            Ok(()) => {
                services.store.write(|w| {
                    let target = format!("backup:{}", old.name);
                    audit::append(w, services.now(), By::SYSTEM, "backup.drop", &target, &json!({}))
                })?;
            }
            Err(error) => tracing::warn!("The backup {} could not be deleted: {error}", old.name),
        }
    }
    elsewhere::enqueue_due(services)?;
    Ok(())
}

/// Opens a backup for somebody who takes it elsewhere, which is written down.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::OutOfScope`] for an admin who does not see every owner.
pub fn open(
    services: &Services,
    grant: &Grant<ManageSite>,
    name: &str,
) -> Result<(Backup, File), ServiceError> {
    let missing = || ServiceError::NotFound("such backup".to_owned());
    let found =
        list(services.data_dir()).into_iter().find(|backup| backup.name == name).ok_or_else(missing)?;
    let file = File::open(&found.path).map_err(|_| missing())?;
    let now = services.now();
    services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        let details = json!({ "bytes": found.bytes });
        audit::append(w, now, grant.by(), "backup.download", &format!("backup:{}", found.name), &details)?;
        Ok::<_, ServiceError>(())
    })?;
    Ok((found, file))
}
