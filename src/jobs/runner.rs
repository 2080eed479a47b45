//! Takes jobs from the queue and runs them, a few at a time.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use super::{JobFailure, Place, Registry};
use crate::base::request;
use crate::base::shutdown::ShutdownSignal;
use crate::domain::job::{Job, JobState};
use crate::services::jobs::{self as queue, AfterFailure};
use crate::services::{ServiceError, Services};
use crate::store::StoreError;

/// How soon an outcome that could not be written is written again.
const NOTE_AGAIN: Duration = Duration::from_secs(1);
/// Looks at the queue at least this often, for jobs whose time has come.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Who is at work.
#[derive(Clone, Default)]
struct Lanes(Arc<Mutex<AtWork>>);

#[derive(Default)]
struct AtWork {
    lanes: HashSet<String>,
    places: HashMap<Place, usize>,
}

/// A place and a lane that are taken until this is dropped.
struct BusyLane {
    lanes: Lanes,
    name: Option<String>,
    place: Place,
}

impl Lanes {
    fn lock(&self) -> MutexGuard<'_, AtWork> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_place(&self, registry: &Registry, job: &Job) -> bool {
        let at_work = self.lock();
        let place = registry.place(job);
        at_work.places.get(&place).is_none_or(|taken| *taken < place.at_once())
            && registry.lane(job).is_none_or(|lane| !at_work.lanes.contains(&lane))
    }

    fn take(&self, registry: &Registry, job: &Job) -> BusyLane {
        let (name, place) = (registry.lane(job), registry.place(job));
        let mut at_work = self.lock();
        at_work.lanes.extend(name.clone());
        *at_work.places.entry(place).or_default() += 1;
        BusyLane { lanes: self.clone(), name, place }
    }
}

impl Drop for BusyLane {
    fn drop(&mut self) {
        let mut at_work = self.lanes.lock();
        if let Some(name) = &self.name {
            at_work.lanes.remove(name);
        }
        *at_work.places.entry(self.place).or_insert(1) -= 1;
    }
}

/// Runs until a stop is asked for, then waits for the jobs at work.
pub async fn run(services: Arc<Services>, registry: Registry, mut stop: ShutdownSignal) {
    let mut at_work = JoinSet::new();
    let lanes = Lanes::default();
    while !stop.is_stopping() {
        while at_work.try_join_next().is_some() {}
        if let Some(job) = claim(&services, &registry, &lanes).await {
            let (services, registry, stop) = (Arc::clone(&services), registry.clone(), stop.clone());
            let busy = lanes.take(&registry, &job);
            at_work.spawn_blocking(move || {
                let _busy = busy;
                run_one(&services, &registry, &job, &stop);
            });
            continue;
        }
        tokio::select! {
            () = stop.stopped() => {}
            () = services.wait_for_jobs(LOOK_EVERY) => {}
            Some(_) = at_work.join_next() => {}
        }
    }
    // A source that takes its time must not hold the stop up.
    let limit = services.config().server.drain_timeout;
    let all = async { while at_work.join_next().await.is_some() {} };
    if tokio::time::timeout(limit, all).await.is_err() {
        let parked = tokio::task::spawn_blocking(move || queue::park_all(&services)).await;
        match parked {
            Ok(Ok(parked)) => tracing::warn!(
                parked,
                "{parked} jobs did not end in time; the next start takes them up again"
            ),
            Ok(Err(error)) => tracing::error!("Jobs that did not end in time could not be parked: {error}"),
            Err(_) => {}
        }
    }
}

async fn claim(services: &Arc<Services>, registry: &Registry, lanes: &Lanes) -> Option<Job> {
    let (services, registry, lanes) = (Arc::clone(services), registry.clone(), lanes.clone());
    let may_run = move |job: &Job| lanes.has_place(&registry, job);
    match tokio::task::spawn_blocking(move || queue::claim(&services, may_run)).await {
        Ok(Ok(job)) => job,
        Ok(Err(error)) => {
            tracing::error!("Looking for jobs failed: {error}");
            None
        }
        Err(_) => None,
    }
}

/// Runs one claimed job to its end and notes the outcome. Also what tests call to run a job twice.
pub fn run_one(services: &Services, registry: &Registry, job: &Job, stop: &ShutdownSignal) {
    let outcome = match registry.find(&job.kind) {
        None => Err(JobFailure::GiveUp(format!("this version knows no job `{}`", job.kind))),
        Some(kind) => catch_unwind(AssertUnwindSafe(|| {
            let name = format!("job:{}", job.id).into();
            request::within(Some(name), || kind.run(services, job, stop))
        }))
        .unwrap_or_else(|_| Err(JobFailure::Retry("the job panicked; the log has the place".to_owned()))),
    };
    if outcome == Err(JobFailure::Interrupted) {
        // Where it stays "running", the next start takes it for what it is.
        if let Err(error) = queue::park(services, job.id) {
            tracing::error!(job.id = %job.id, "Job `{}` could not be parked: {error}", job.kind);
        }
        return;
    }
    loop {
        match note(services, registry, job, &outcome) {
            Ok(()) => return,
            // A full disk: a job that stayed "running" would never be tried again before the next start.
            Err(ServiceError::Store(StoreError::Io(_)) | ServiceError::DiskFull(_))
                if !stop.is_stopping() =>
            {
                std::thread::sleep(NOTE_AGAIN);
            }
            Err(error) => {
                // It stays "running" and is queued again at the next start.
                tracing::error!(job.id = %job.id, "The outcome of job `{}` could not be written: {error}", job.kind);
                return;
            }
        }
    }
}

/// Writes down how a job ended.
fn note(
    services: &Services,
    registry: &Registry,
    job: &Job,
    outcome: &Result<(), JobFailure>,
) -> Result<(), ServiceError> {
    let (reason, after) = match outcome {
        Ok(()) | Err(JobFailure::Interrupted) => {
            return Ok(services.store.write(|w| queue::complete(w, services.now(), job.id))?);
        }
        Err(JobFailure::Retry(reason)) => (reason, AfterFailure::Retry),
        Err(JobFailure::GiveUp(reason)) => (reason, AfterFailure::GiveUp),
    };
    let dead = queue::fail(services, job.id, reason, after)? == JobState::Dead;
    // The reason may name people, as a mail server does; it is with the job, at `/admin/system`.
    tracing::warn!(job.id = %job.id, job.kind, dead, "Job `{}` failed; the page of the system says why", job.kind);
    match registry.find(&job.kind) {
        Some(kind) if dead => kind.gave_up(services, job, reason),
        _ => Ok(()),
    }
}
