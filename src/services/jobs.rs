//! The durable queue: work enqueued in the transaction that wants it done, taken up by the runner in
//! [`crate::jobs`].

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::Notify;

use super::Services;
use super::error::ServiceError;
use crate::domain::ids::JobId;
use crate::domain::job::{Job, JobState};
use crate::store::{Read, StoreError, WriteTxn, jobs as store_jobs};

/// First wait before a failed job is tried again; doubles each time.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(5);
/// Longest wait between two tries.
const LONGEST_RETRY: SignedDuration = SignedDuration::from_hours(1);
/// How long finished jobs can be looked at.
const KEEP_DONE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Rings when a job is queued.
#[derive(Default)]
pub struct JobBell(Notify);

impl JobBell {
    /// Tells the runner that there is work. Ring after the transaction.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits for the next ring, or for `at_most`.
    pub async fn wait(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.0.notified()).await;
    }
}

impl Services {
    /// Tells the runner that a job was queued. Call it after the transaction that did.
    pub fn ring_job_bell(&self) {
        self.job_bell.ring();
    }

    /// Waits until a job is queued, or for `at_most`.
    pub async fn wait_for_jobs(&self, at_most: Duration) {
        self.job_bell.wait(at_most).await;
    }
}

/// Queues a job in the caller's transaction: it exists exactly if the rest of the transaction does.
pub fn enqueue<P: Serialize>(
    w: &WriteTxn,
    now: Timestamp,
    kind: &str,
    payload: &P,
    max_attempts: u32,
) -> Result<JobId, ServiceError> {
    put(w, now, kind, text_of(payload)?, max_attempts)
}

fn text_of(payload: &impl Serialize) -> Result<String, ServiceError> {
    serde_json::to_string(payload)
        .map_err(|error| ServiceError::Internal(format!("a job's payload: {error}")))
}

fn put(
    w: &WriteTxn,
    now: Timestamp,
    kind: &str,
    payload: String,
    max_attempts: u32,
) -> Result<JobId, ServiceError> {
    let job = Job {
        id: JobId::new(now),
        kind: kind.to_owned(),
        payload,
        state: JobState::Queued,
        attempts: 0,
        max_attempts: max_attempts.max(1),
        run_at: now,
        created_at: now,
        updated_at: now,
        last_error: None,
    };
    store_jobs::put_job(w, &job)?;
    Ok(job.id)
}

/// As [`enqueue`], unless a job of this kind with this payload waits or is at work; true where it was queued.
pub fn enqueue_once<P: Serialize>(
    w: &WriteTxn,
    now: Timestamp,
    kind: &str,
    payload: &P,
    max_attempts: u32,
) -> Result<bool, ServiceError> {
    let text = text_of(payload)?;
    for state in [JobState::Queued, JobState::Running] {
        let waiting = store_jobs::list_jobs(w, state, Timestamp::MAX, usize::MAX)?;
        if waiting.iter().any(|job| job.kind == kind && job.payload == text) {
            return Ok(false);
        }
    }
    put(w, now, kind, text, max_attempts)?;
    Ok(true)
}

/// Takes the job that is due longest among those that `may_run` now, if there is one.
pub fn claim(services: &Services, may_run: impl Fn(&Job) -> bool) -> Result<Option<Job>, ServiceError> {
    let now = services.now();
    // Look before writing: an idle queue must not cost a write transaction.
    if services.store.read(|r| first_due(r, now, &may_run))?.is_none() {
        return Ok(None);
    }
    services.store.write(|w| {
        let Some(mut job) = first_due(w, now, &may_run)? else {
            return Ok(None);
        };
        job.state = JobState::Running;
        job.attempts += 1;
        job.updated_at = now;
        store_jobs::put_job(w, &job)?;
        Ok(Some(job))
    })
}

fn first_due(
    r: &impl Read,
    now: Timestamp,
    may_run: impl Fn(&Job) -> bool,
) -> Result<Option<Job>, StoreError> {
    Ok(store_jobs::list_jobs(r, JobState::Queued, now, usize::MAX)?.into_iter().find(may_run))
}

/// Marks a job as done, in the transaction that holds its result. Doing it twice is harmless.
pub fn complete(w: &WriteTxn, now: Timestamp, id: JobId) -> Result<(), StoreError> {
    let Some(mut job) = store_jobs::find_job(w, id)? else { return Ok(()) };
    job.state = JobState::Done;
    job.updated_at = now;
    job.last_error = None;
    store_jobs::put_job(w, &job)
}

/// What becomes of a failed job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// It is tried again, later each time, until its tries are used up.
    Retry,
    /// It is dead at once: trying again cannot help.
    GiveUp,
}

/// Notes a failure. A job that completed itself before failing stays done.
pub fn fail(
    services: &Services,
    id: JobId,
    reason: &str,
    after: AfterFailure,
) -> Result<JobState, ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let Some(mut job) = store_jobs::find_job(w, id)? else { return Ok(JobState::Done) };
        if job.state != JobState::Running {
            return Ok(job.state);
        }
        job.last_error = Some(reason.chars().take(2_000).collect());
        job.updated_at = now;
        if after == AfterFailure::GiveUp || job.attempts >= job.max_attempts {
            job.state = JobState::Dead;
        } else {
            job.state = JobState::Queued;
            let doublings = (job.attempts.saturating_sub(1)).min(20);
            job.run_at = now + (FIRST_RETRY * (1 << doublings)).min(LONGEST_RETRY);
        }
        store_jobs::put_job(w, &job)?;
        Ok(job.state)
    })
}

/// Puts a job back that was interrupted because the site stops: it goes on at the next start, and the try does not count,
/// so that no number of restarts gives it up. One that ended meanwhile stays as it is.
pub fn park(services: &Services, id: JobId) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let Some(mut job) = store_jobs::find_job(w, id)? else { return Ok(()) };
        if job.state == JobState::Running {
            job.state = JobState::Queued;
            job.attempts = job.attempts.saturating_sub(1);
            job.run_at = now;
            job.updated_at = now;
            store_jobs::put_job(w, &job)?;
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}

/// On the way out: parks what is still at work. How many jobs there were.
pub fn park_all(services: &Services) -> Result<usize, ServiceError> {
    let running =
        services.store.read(|r| store_jobs::list_jobs(r, JobState::Running, Timestamp::MAX, usize::MAX))?;
    running.iter().try_for_each(|job| park(services, job.id))?;
    Ok(running.len())
}

/// On start: what was running when the process ended is queued again. A job that brought the process down on
/// every try ends up dead.
pub fn requeue_interrupted(services: &Services) -> Result<usize, ServiceError> {
    let now = services.now();
    let interrupted =
        services.store.read(|r| store_jobs::list_jobs(r, JobState::Running, Timestamp::MAX, usize::MAX))?;
    if interrupted.is_empty() {
        return Ok(0);
    }
    services.store.write(|w| {
        for mut job in interrupted.iter().cloned() {
            job.updated_at = now;
            if job.attempts >= job.max_attempts {
                job.state = JobState::Dead;
                job.last_error = Some("the server stopped while the job was running".to_owned());
            } else {
                job.state = JobState::Queued;
                job.run_at = now;
            }
            store_jobs::put_job(w, &job)?;
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(interrupted.len())
}

/// When the next queued job is due.
pub fn next_due(services: &Services) -> Result<Option<Timestamp>, ServiceError> {
    let next = services.store.read(|r| store_jobs::list_jobs(r, JobState::Queued, Timestamp::MAX, 1))?;
    Ok(next.first().map(|job| job.run_at))
}

/// Forgets jobs done long ago; how many there were.
pub fn purge(services: &Services) -> Result<usize, ServiceError> {
    let before = services.now() - KEEP_DONE;
    let old = services.store.read(|r| store_jobs::list_jobs(r, JobState::Done, before, 500))?;
    if old.is_empty() {
        return Ok(0);
    }
    services.store.write(|w| old.iter().try_for_each(|job| store_jobs::delete_job(w, job.id).map(|_| ())))?;
    Ok(old.len())
}
