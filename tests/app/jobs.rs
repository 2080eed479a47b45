//! The durable queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use stockroom::base::shutdown::{self, ShutdownSignal};
use stockroom::config::Config;
use stockroom::domain::ids::JobId;
use stockroom::domain::job::{Job, JobState};
use stockroom::jobs::{JobFailure, JobKind, Registry, runner};
use stockroom::services::jobs as queue;
use stockroom::services::{ServiceError, Services};
use stockroom::store::{StoreError, jobs as store_jobs, settings};

use crate::harness::TestApp;

/// Sets a setting; fails as often as told first.
struct Write {
    runs: Arc<AtomicU32>,
    failures: u32,
}

impl JobKind for Write {
    fn name(&self) -> &'static str {
        "write"
    }

    fn run(&self, services: &Services, job: &Job, _stop: &ShutdownSignal) -> Result<(), JobFailure> {
        if self.runs.fetch_add(1, Ordering::SeqCst) < self.failures {
            return Err(JobFailure::Retry("not yet".into()));
        }
        let now = services.now();
        services
            .store
            .write(|w| {
                settings::put_setting(w, "written", &job.payload)?;
                queue::complete(w, now, job.id)
            })
            .map_err(|error: StoreError| JobFailure::Retry(error.to_string()))
    }
}

fn registry(failures: u32) -> (Registry, Arc<AtomicU32>) {
    let runs = Arc::new(AtomicU32::new(0));
    (Registry::default().with(Write { runs: Arc::clone(&runs), failures }), runs)
}

fn enqueue(services: &Services, max_attempts: u32) -> JobId {
    let now = services.now();
    services.store.write(|w| queue::enqueue(w, now, "write", &"payload", max_attempts)).unwrap()
}

fn find(services: &Services, id: JobId) -> Job {
    services
        .store
        .read(|r| store_jobs::find_job(r, id))
        .unwrap_or_else(|error: StoreError| panic!("{error}"))
        .unwrap()
}

#[tokio::test]
async fn a_queued_job_is_run_by_the_server() {
    let (registry, runs) = registry(0);
    let app = TestApp::start_full(|_| {}, registry).await;
    let id = enqueue(app.services(), 3);
    app.services().ring_job_bell();
    for _ in 0..200 {
        if find(app.services(), id).state == JobState::Done {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(find(app.services(), id).state, JobState::Done);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_job_run_twice_has_one_result() {
    let app = TestApp::start_full(|_| {}, Registry::default()).await;
    let (registry, runs) = registry(0);
    let (_handle, stop) = shutdown::channel();
    let services = app.services();
    let now = services.now();
    let id = services
        .store
        .write(|w| {
            let id = queue::enqueue(w, now, "write", &"payload", 3)?;
            let mut job = store_jobs::find_job(w, id)?.unwrap();
            job.state = JobState::Running;
            store_jobs::put_job(w, &job)?;
            Ok::<_, ServiceError>(id)
        })
        .unwrap();
    let job = find(services, id);
    runner::run_one(services, &registry, &job, &stop);
    runner::run_one(services, &registry, &job, &stop);
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(find(services, id).state, JobState::Done);
}

#[tokio::test]
async fn a_failing_job_is_tried_again_later_and_dies_at_last() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(stockroom::base::clock::ManualClock::new("2026-11-21T08:00:00Z".parse().unwrap()));
    let config = Config { data_dir: directory.path().into(), ..Config::default() };
    let services = stockroom::app::open_services(config, clock.clone()).unwrap();
    let (registry, runs) = registry(99);
    let (_handle, stop) = shutdown::channel();
    let id = enqueue(&services, 3);
    for (attempt, wait) in [(1, 5), (2, 10)] {
        let job = queue::claim(&services, |_| true).unwrap().expect("it is due");
        runner::run_one(&services, &registry, &job, &stop);
        let job = find(&services, id);
        assert_eq!((job.state, job.attempts), (JobState::Queued, attempt));
        assert_eq!(job.run_at.duration_since(services.now()).as_secs(), wait);
        assert_eq!(queue::claim(&services, |_| true).unwrap(), None, "not before its time");
        clock.advance(jiff::SignedDuration::from_secs(wait));
    }
    let job = queue::claim(&services, |_| true).unwrap().unwrap();
    runner::run_one(&services, &registry, &job, &stop);
    let job = find(&services, id);
    assert_eq!((job.state, job.last_error.as_deref()), (JobState::Dead, Some("not yet")));
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_job_interrupted_by_a_crash_is_queued_again() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(stockroom::base::clock::ManualClock::new(Timestamp::UNIX_EPOCH));
    let config = Config { data_dir: directory.path().into(), ..Config::default() };
    let services = stockroom::app::open_services(config, clock).unwrap();
    let id = enqueue(&services, 2);
    queue::claim(&services, |_| true).unwrap().unwrap();
    assert_eq!(queue::requeue_interrupted(&services).unwrap(), 1);
    assert_eq!(find(&services, id).state, JobState::Queued);
    queue::claim(&services, |_| true).unwrap().unwrap();
    assert_eq!(queue::requeue_interrupted(&services).unwrap(), 1);
    assert_eq!(
        find(&services, id).state,
        JobState::Dead,
        "a job that brings the server down twice is not tried for ever"
    );
}

#[tokio::test]
async fn a_job_that_a_stop_interrupts_loses_no_try_and_one_that_ended_stays_so() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(stockroom::base::clock::ManualClock::new(Timestamp::UNIX_EPOCH));
    let config = Config { data_dir: directory.path().into(), ..Config::default() };
    let services = stockroom::app::open_services(config, clock).unwrap();
    let id = enqueue(&services, 1);
    for _ in 0..3 {
        assert_eq!(queue::claim(&services, |_| true).unwrap().unwrap().attempts, 1);
        assert_eq!(queue::park_all(&services).unwrap(), 1);
        assert_eq!(queue::requeue_interrupted(&services).unwrap(), 0, "nothing is left as if it had crashed");
    }
    let job = queue::claim(&services, |_| true).unwrap().unwrap();
    services.store.write(|w| queue::complete(w, services.now(), job.id)).unwrap();
    queue::park(&services, id).unwrap();
    assert_eq!(find(&services, id).state, JobState::Done);
}
