//! Signs of life for the service manager. A timer would tick on while nobody gets an answer: each sign is given only after a
//! request went the whole way over the private socket, through the event loop, to a thread that may block, to the store, and
//! back. An answer that tells of a failure is a sign of life, too: a full disk is not mended by killing who reads from it.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;

use super::error::CliError;
use super::site::connect;
use crate::base::service_manager::{ServiceManager, watchdog};
use crate::services::{Services, bootstrap};

/// Gives them as often as they are waited for; for ever, also where nobody waits.
pub async fn run(manager: &ServiceManager, services: &Arc<Services>) {
    let Some(limit) = watchdog() else { return std::future::pending().await };
    // The manager recommends half of it; a third leaves room for one answer that is slow.
    let every = (limit / 3).max(Duration::from_millis(1));
    loop {
        match tokio::time::timeout(every, ask(services)).await {
            Ok(Ok(())) => manager.tell("WATCHDOG=1"),
            Ok(Err(error)) => tracing::error!("The site does not answer itself: {}", error.message),
            Err(_) => tracing::error!("The site does not answer itself in time"),
        }
        tokio::time::sleep(every).await;
    }
}

async fn ask(services: &Arc<Services>) -> Result<(), CliError> {
    if services.is_read_only() {
        // There is no private socket then: no way in from outside, but a thread and the store all the same.
        let services = Arc::clone(services);
        let asked = tokio::task::spawn_blocking(move || bootstrap::is_set_up(&services).is_ok()).await;
        return asked.map(drop).map_err(|error| CliError::failed(error.to_string()));
    }
    let request = Request::get("/alive")
        .header("host", "admin")
        .header("connection", "close")
        .body(Full::new(Bytes::new()).map_err(|never| match never {}).boxed())
        .map_err(|error| CliError::failed(error.to_string()))?;
    let answer = connect(services.data_dir()).await?.send_request(request).await;
    let answer = answer.map_err(|error| CliError::failed(error.to_string()))?;
    answer.into_body().collect().await.map(drop).map_err(|error| CliError::failed(error.to_string()))
}
