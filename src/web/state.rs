//! What handlers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cookies::CookieNames;
use super::error::AppError;
use super::hosts::Hosts;
use crate::config::Config;
use crate::services::{ServiceError, Services};

/// What handlers share; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    services: Arc<Services>,
    hosts: Hosts,
    cookies: CookieNames,
    draining: AtomicBool,
}

impl AppState {
    /// The state of one running site.
    pub fn new(services: Arc<Services>) -> Self {
        let config = Arc::clone(&services.config);
        let hosts = Hosts::from_config(&config.server);
        let cookies = CookieNames::from_config(&config);
        Self(Arc::new(Shared { services, hosts, cookies, draining: AtomicBool::new(false) }))
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
        let services = Arc::clone(&self.0.services);
        match tokio::task::spawn_blocking(move || work(&services)).await {
            Ok(result) => Ok(result?),
            Err(error) => Err(AppError::internal(format!("service work ended early: {error}"))),
        }
    }

    /// The services, for work that is async of its own accord (streaming).
    pub fn services(&self) -> &Arc<Services> {
        &self.0.services
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.0.services.config
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
