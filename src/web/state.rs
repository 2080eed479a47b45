//! What handlers share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::connections::Gauge;
use super::cookies::CookieNames;
use super::downloads::Downloads;
use super::error::AppError;
use super::hosts::Hosts;
use super::metrics::Requests;
use super::middleware::{on_behalf, request_id};
use super::rate::Rate;
use crate::base::request;
use crate::config::Config;
use crate::services::guarded_store::on_behalf_of;
use crate::services::{ServiceError, Services};
use crate::web::ui::reader;

/// Requests that may wait for a password to be hashed; more are turned away at once.
const MAX_WAITING_TO_HASH: usize = 256;
/// Longest such wait.
const MAX_WAIT_TO_HASH: Duration = Duration::from_secs(10);

/// Sign-ins at once that wait for the company's directory: each holds a thread, for as long as it is slow.
const MAX_ASKING: usize = 48;

/// Threads for service work beside twice the processors. Each thread that once searched keeps some megabytes, and a flood of
/// connections would have one made for every request that waits.
const MORE_AT_WORK: usize = 2;
/// Longest wait for one of them: what takes long (a backup, a test of a source) must not keep others waiting.
const MAX_WAIT_FOR_A_THREAD: Duration = Duration::from_millis(50);

/// What handlers share; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    services: Arc<Services>,
    hosts: Hosts,
    cookies: CookieNames,
    draining: AtomicBool,
    downloads: Downloads,
    rate: Rate,
    requests: Requests,
    connections: Gauge,
    at_work: Arc<Semaphore>,
    hashing: Semaphore,
    waiting_to_hash: AtomicUsize,
    asking: Semaphore,
    waiting_to_ask: AtomicUsize,
}

impl AppState {
    /// The state of one running site.
    pub fn new(services: Arc<Services>) -> Self {
        let config = services.config();
        let hosts = Hosts::from_config(&config);
        let cookies = CookieNames::from_config(&config);
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        // Twice the hashing threads: the next password is ready when one is done.
        let hashing = Semaphore::new(config.password.threads * 2);
        Self(Arc::new(Shared {
            services,
            hosts,
            cookies,
            draining: AtomicBool::new(false),
            downloads: Downloads::default(),
            rate: Rate::default(),
            requests: Requests::default(),
            connections: Gauge::default(),
            at_work: Arc::new(Semaphore::new(processors * 2 + MORE_AT_WORK)),
            hashing,
            waiting_to_hash: AtomicUsize::new(0),
            asking: Semaphore::new(MAX_ASKING),
            waiting_to_ask: AtomicUsize::new(0),
        }))
    }

    /// The downloads on their way.
    pub fn downloads(&self) -> &Downloads {
        &self.0.downloads
    }

    /// Requests of late, by user.
    pub fn rate(&self) -> &Rate {
        &self.0.rate
    }

    /// Requests since the process began.
    pub fn requests(&self) -> &Requests {
        &self.0.requests
    }

    /// Connections that are open now.
    pub fn connections(&self) -> &Gauge {
        &self.0.connections
    }

    /// Runs service work on a thread that may block: the one bridge between async handlers and services.
    ///
    /// # Errors
    /// What the service answered; a panic in it becomes an internal error.
    pub async fn run<T, F>(&self, work: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&Services) -> Result<T, ServiceError> + Send + 'static,
    {
        Ok(self.try_run(work).await??)
    }

    /// The same, with what the service answered left to the caller: a form says it in its own way.
    ///
    /// # Errors
    /// An internal error for a panic.
    pub async fn try_run<T, F>(&self, work: F) -> Result<Result<T, ServiceError>, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&Services) -> Result<T, ServiceError> + Send + 'static,
    {
        let services = Arc::clone(&self.0.services);
        let (name, formats, session) = (request_id::current(), reader::formats(), on_behalf::current());
        let answer = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&answer);
        let place = Arc::clone(&self.0.at_work).acquire_owned();
        let place = tokio::time::timeout(MAX_WAIT_FOR_A_THREAD, place).await.ok().and_then(Result::ok);
        // Of one type, whatever the work: each type of task is kilobytes of the binary.
        let work: Box<dyn FnOnce() + Send> = Box::new(move || {
            let work = || reader::within(formats, || work(&services));
            let result = request::within(name, || on_behalf_of(session, work));
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            // Given back with the work, which goes on when whoever asked has gone.
            drop(place);
        });
        let ended = tokio::task::spawn_blocking(work).await;
        let result = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (ended, result) {
            (Ok(()), Some(result)) => Ok(result),
            (Ok(()), None) => Err(AppError::internal("service work has no answer".to_owned())),
            (Err(error), _) => Err(AppError::internal(format!("service work ended early: {error}"))),
        }
    }

    /// Like [`AppState::run`], for work that hashes passwords. The wait for the hashing threads happens here, where
    /// it costs no thread: a flood of sign-ins would otherwise hold one each, with its memory.
    ///
    /// # Errors
    /// 503 where too many wait already or the wait is too long; what the service answered.
    pub async fn run_hashing<T, F>(&self, work: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&Services) -> Result<T, ServiceError> + Send + 'static,
    {
        Ok(self.try_hashing(work).await??)
    }

    /// The same, with what the service answered left to the caller: a form says it in its own way.
    ///
    /// # Errors
    /// As [`AppState::run_hashing`], but for what the service answered.
    pub async fn try_hashing<T, F>(&self, work: F) -> Result<Result<T, ServiceError>, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&Services) -> Result<T, ServiceError> + Send + 'static,
    {
        let Shared { hashing, waiting_to_hash, .. } = &*self.0;
        self.try_in_turn(hashing, waiting_to_hash, work).await
    }

    /// The same for work that asks the company's directory: when that is slow, those who hash are not.
    ///
    /// # Errors
    /// As [`AppState::try_hashing`].
    pub async fn try_asking<T, F>(&self, work: F) -> Result<Result<T, ServiceError>, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&Services) -> Result<T, ServiceError> + Send + 'static,
    {
        let Shared { asking, waiting_to_ask, .. } = &*self.0;
        self.try_in_turn(asking, waiting_to_ask, work).await
    }

    async fn try_in_turn<T, F>(
        &self,
        places: &Semaphore,
        waiting: &AtomicUsize,
        work: F,
    ) -> Result<Result<T, ServiceError>, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&Services) -> Result<T, ServiceError> + Send + 'static,
    {
        let waiting = Waiting::enter(waiting)?;
        let permit = tokio::time::timeout(MAX_WAIT_TO_HASH, places.acquire())
            .await
            .map_err(|_| ServiceError::Busy(MAX_WAIT_TO_HASH))?;
        drop(waiting);
        let result = self.try_run(work).await;
        drop(permit);
        result
    }

    /// The services, for work that is async of its own accord (streaming).
    pub fn services(&self) -> &Arc<Services> {
        &self.0.services
    }

    /// The configuration.
    pub fn config(&self) -> Arc<Config> {
        self.0.services.config()
    }

    /// Which hosts and origins are ours.
    pub fn hosts(&self) -> &Hosts {
        &self.0.hosts
    }

    /// How our cookies are called and marked.
    pub fn cookies(&self) -> &CookieNames {
        &self.0.cookies
    }

    /// From now on `/readyz` says no, so that balancers send nobody here.
    pub fn start_draining(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// True once the server is stopping.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }
}

/// One request's place among those that wait; given back when dropped.
struct Waiting<'c>(&'c AtomicUsize);

impl<'c> Waiting<'c> {
    fn enter(count: &'c AtomicUsize) -> Result<Self, ServiceError> {
        if count.fetch_add(1, Ordering::Relaxed) >= MAX_WAITING_TO_HASH {
            count.fetch_sub(1, Ordering::Relaxed);
            return Err(ServiceError::Busy(MAX_WAIT_TO_HASH));
        }
        Ok(Self(count))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
