//! The durable queue.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use jiff::Timestamp;

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{JOB_BY_STATE, JOBS};
use super::transaction::{Order, Read, WriteTxn, get, visit_keys};
use crate::domain::ids::JobId;
use crate::domain::job::{Job, JobState};

#[derive(Encode, Decode)]
enum JobRecord {
    V1(JobV1),
}

#[derive(Encode, Decode)]
struct JobV1 {
    kind: String,
    payload: String,
    state: String,
    attempts: u32,
    max_attempts: u32,
    run_at: i64,
    created_at: i64,
    updated_at: i64,
    last_error: Option<String>,
}

fn from_record(key: &[u8], record: JobRecord) -> Result<Job, StoreError> {
    let JobRecord::V1(v1) = record;
    let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(JOBS, key, "its key is no id"))?;
    Ok(Job {
        id: JobId(id),
        kind: v1.kind,
        payload: v1.payload,
        state: from_word(JOBS, key, &v1.state)?,
        attempts: v1.attempts,
        max_attempts: v1.max_attempts,
        run_at: timestamp(v1.run_at),
        created_at: timestamp(v1.created_at),
        updated_at: timestamp(v1.updated_at),
        last_error: v1.last_error,
    })
}

fn state_byte(state: JobState) -> u8 {
    match state {
        JobState::Queued => 1,
        JobState::Running => 2,
        JobState::Done => 3,
        JobState::Dead => 4,
    }
}

fn by_state(job: &Job) -> Vec<u8> {
    let at = if job.state == JobState::Queued { job.run_at } else { job.updated_at };
    Key::new().byte(state_byte(job.state)).time(at).uuid(job.id.0).done()
}

/// The job with this id.
pub fn find_job(r: &impl Read, id: JobId) -> Result<Option<Job>, StoreError> {
    let key = Key::id(id.0);
    get(r, JOBS, &key)?.map(|record| from_record(&key, record)).transpose()
}

/// Adds a job or replaces it.
pub fn put_job(w: &WriteTxn, job: &Job) -> Result<(), StoreError> {
    if let Some(before) = find_job(w, job.id)? {
        w.remove(JOB_BY_STATE, &by_state(&before))?;
    }
    let record = JobRecord::V1(JobV1 {
        kind: job.kind.clone(),
        payload: job.payload.clone(),
        state: to_word(&job.state),
        attempts: job.attempts,
        max_attempts: job.max_attempts,
        run_at: micros(job.run_at),
        created_at: micros(job.created_at),
        updated_at: micros(job.updated_at),
        last_error: job.last_error.clone(),
    });
    w.put(JOBS, &Key::id(job.id.0), &record)?;
    w.put_raw(JOB_BY_STATE, &by_state(job), &[])
}

/// Takes a job out of the queue; true where it was there.
pub fn delete_job(w: &WriteTxn, id: JobId) -> Result<bool, StoreError> {
    let Some(job) = find_job(w, id)? else { return Ok(false) };
    w.remove(JOB_BY_STATE, &by_state(&job))?;
    w.remove(JOBS, &Key::id(id.0))
}

/// How many jobs are in a state.
pub fn count_jobs(r: &impl Read, state: JobState) -> Result<usize, StoreError> {
    let mut count = 0;
    visit_keys(r, JOB_BY_STATE, &[state_byte(state)], Order::Ascending, &mut |_, _| {
        count += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(count)
}

/// Up to `limit` jobs in `state`: queued ones by the time they are due, others by their last change, oldest
/// first, none from after `until`.
pub fn list_jobs(
    r: &impl Read,
    state: JobState,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Job>, StoreError> {
    let mut ids = Vec::new();
    visit_keys(r, JOB_BY_STATE, &[state_byte(state)], Order::Ascending, &mut |key, _| {
        let mut parts = KeyParts::of(key);
        let (Some(_), Some(at), Some(id)) = (parts.byte(), parts.time(), parts.uuid()) else {
            return Err(damaged(JOB_BY_STATE, key, "its key is cut short"));
        };
        if at > until || ids.len() >= limit {
            return Ok(ControlFlow::Break(()));
        }
        ids.push(JobId(id));
        Ok(ControlFlow::Continue(()))
    })?;
    let mut jobs = Vec::with_capacity(ids.len());
    for id in ids {
        jobs.extend(find_job(r, id)?);
    }
    Ok(jobs)
}
