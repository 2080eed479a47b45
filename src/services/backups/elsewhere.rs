//! Copies of backups in a bucket of S3, where one is set: each good backup is sent in parts, compared with what the store has
//! then, and noted. Only what is noted is ever deleted there: names that this site put there itself.

use std::fs::File;
use std::io;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::archive::{Hashing, copy};
use super::{Backup, failed, list, schedule, time_of};
use crate::domain::backup::BackupCopy;
use crate::domain::job::JobState;
use crate::remote::{Name, Object, Remote, RemoteError, Stops};
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::{Services, audit, jobs};
use crate::store::{StoreError, backups as store_backups, jobs as store_jobs};

/// Name of the job.
pub const COPY_JOB: &str = "backup-copy";
/// A store that is away is away for minutes or hours.
const MAX_ATTEMPTS: u32 = 8;
/// How long nothing is tried by itself after that.
const AFTER_GIVING_UP: SignedDuration = SignedDuration::from_hours(6);
/// A newest backup that is older than this and not copied is told.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// Payload of the job: there is nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyJob {}

/// How copies are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyStanding {
    /// Where they go, for people.
    pub place: String,
    /// How many are kept there.
    pub keep: u32,
    /// Those that are there, the newest first.
    pub copies: Vec<BackupCopy>,
    /// Backups that are to be copied.
    pub waiting: usize,
    /// One is being made, or waits for it.
    pub is_at_work: bool,
    /// When one failed after the newest was made, and why.
    pub failure: Option<(Timestamp, String)>,
    /// One waits for more than a day.
    pub is_late: bool,
}

/// Those at this place, the newest first.
fn copies_at(copies: Vec<BackupCopy>, place: &str) -> Vec<BackupCopy> {
    let mut here: Vec<BackupCopy> = copies.into_iter().filter(|copy| copy.place == place).collect();
    here.sort_by_key(|copy| std::cmp::Reverse(time_of(&copy.name)));
    here
}

/// The newest backups that are to be there and are not noted, the newest first.
fn missing(services: &Services, copies: &[BackupCopy], keep: u32) -> Vec<Backup> {
    let is_there = |backup: &Backup| copies.iter().any(|copy| copy.name == backup.name);
    let newest = list(services.data_dir()).into_iter().take(keep as usize);
    newest.filter(|backup| !is_there(backup)).collect()
}

/// How copies are; `None` where none are made.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn standing(services: &Services) -> Result<Option<CopyStanding>, ServiceError> {
    let Some(config) = services.config().backup.remote.clone() else { return Ok(None) };
    let place = config.to.store.place();
    let (copies, jobs) = services
        .store
        .read(|r| Ok::<_, StoreError>((store_backups::list_copies(r)?, schedule::jobs_of(r, COPY_JOB)?)))?;
    let copies = copies_at(copies, &place);
    let missing = missing(services, &copies, config.keep);
    let newest = copies.iter().map(|copy| copy.at).max();
    let failed = jobs.iter().filter(|job| newest.is_none_or(|newest| job.updated_at > newest));
    let failure = failed
        .filter_map(|job| Some((job.updated_at, job.last_error.clone()?)))
        .max_by_key(|(at, _)| *at)
        .filter(|_| !missing.is_empty());
    let now = services.now();
    Ok(Some(CopyStanding {
        place,
        keep: config.keep,
        waiting: missing.len(),
        is_at_work: jobs.iter().any(|job| job.state != JobState::Dead),
        failure,
        is_late: missing.iter().any(|backup| now.duration_since(backup.made_at) > LATE),
        copies,
    }))
}

/// Queues copying where a backup is to be copied, or too many are there; true where it was.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn enqueue_due(services: &Services) -> Result<bool, ServiceError> {
    let Some(standing) = standing(services)? else { return Ok(false) };
    if standing.is_at_work || (standing.waiting == 0 && standing.copies.len() <= standing.keep as usize) {
        return Ok(false);
    }
    let now = services.now();
    let queued = services.store.write(|w| {
        let given_up = schedule::jobs_of(w, COPY_JOB)?;
        if given_up.iter().any(|job| now.duration_since(job.updated_at).abs() < AFTER_GIVING_UP) {
            return Ok(false);
        }
        // The one that comes now takes their place.
        for job in given_up {
            store_jobs::delete_job(w, job.id)?;
        }
        jobs::enqueue_once(w, now, COPY_JOB, &CopyJob {}, MAX_ATTEMPTS)
    })?;
    services.ring_job_bell();
    Ok(queued)
}

/// The job: copies what is to be there, the newest first, then deletes what is too many.
///
/// # Errors
/// [`ServiceError::Internal`] with what the store says; the disk.
pub fn run(services: &Services, stops: &Stops<'_>) -> Result<(), ServiceError> {
    let Some(config) = services.config().backup.remote.clone() else { return Ok(()) };
    let remote = Remote::new(config.to);
    let place = remote.place();
    let known = |services: &Services| -> Result<Vec<BackupCopy>, ServiceError> {
        Ok(copies_at(services.store.read(store_backups::list_copies)?, &place))
    };
    for backup in missing(services, &known(services)?, config.keep) {
        send(services, &remote, &backup, stops)?;
    }
    for old in known(services)?.into_iter().skip(config.keep as usize) {
        remote.delete(&object(&old), services.now(), stops).map_err(|error| said(&place, &error))?;
        services.store.write(|w| {
            store_backups::delete_copy(w, &old.name)?;
            let target = format!("backup:{}", old.name);
            audit::append(
                w,
                services.now(),
                By::SYSTEM,
                "backup.copy.drop",
                &target,
                &json!({ "place": place }),
            )
        })?;
    }
    Ok(())
}

fn object(copy: &BackupCopy) -> Object {
    Object { name: Name::Backup(copy.name.clone()), sha256: copy.sha256.clone(), bytes: copy.bytes }
}

fn said(place: &str, error: &RemoteError) -> ServiceError {
    ServiceError::Internal(format!("{place}: {error}"))
}

fn send(
    services: &Services,
    remote: &Remote,
    backup: &Backup,
    stops: &Stops<'_>,
) -> Result<(), ServiceError> {
    // Deleted meanwhile, because newer ones came.
    let mut file = match File::open(&backup.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file.map_err(|error| failed("reading the backup", &error))?,
    };
    let mut hashing = Hashing::new(&mut file);
    copy(&mut hashing, &mut io::sink(), stops).map_err(|error| failed("reading the backup", &error))?;
    let sum = hashing.sum();
    let mut copied = BackupCopy {
        name: backup.name.clone(),
        bytes: sum.bytes,
        sha256: sum.sha256,
        place: remote.place(),
        etag: String::new(),
        at: services.now(),
    };
    io::Seek::rewind(&mut file).map_err(|error| failed("reading the backup", &error))?;
    // It compares size and checksum with what the store has then.
    let proof = remote.put(&object(&copied), &mut file, services.now(), stops);
    copied.etag = proof.map_err(|error| said(&copied.place, &error))?.etag;
    copied.at = services.now();
    let details = json!({ "place": copied.place, "bytes": copied.bytes, "sha256": copied.sha256 });
    services.store.write(|w| {
        store_backups::put_copy(w, &copied)?;
        audit::append(w, copied.at, By::SYSTEM, "backup.copy", &format!("backup:{}", backup.name), &details)
    })?;
    tracing::info!(bytes = copied.bytes, "Copied the backup {} to {}", backup.name, copied.place);
    Ok(())
}
