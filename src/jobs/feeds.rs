//! The drop folder, looked at again and again, and sources whose time has come.

use std::sync::Arc;

use crate::base::shutdown::ShutdownSignal;
use crate::services::feeds::{self, Watch};
use crate::services::{Services, sources};

/// Runs until a stop is asked for.
pub async fn run(services: Arc<Services>, mut stop: ShutdownSignal) {
    let mut watch = Watch::default();
    while !stop.is_stopping() {
        let site = Arc::clone(&services);
        let looked = tokio::task::spawn_blocking(move || {
            let outcome = feeds::poll(&site, &mut watch).and(sources::enqueue_due(&site));
            (watch, outcome)
        });
        watch = match looked.await {
            Ok((watch, outcome)) => {
                if let Err(error) = outcome {
                    tracing::error!(
                        "Looking for what comes by itself failed and will be tried again: {error}"
                    );
                }
                watch
            }
            Err(_) => Watch::default(),
        };
        tokio::select! {
            () = stop.stopped() => {}
            () = tokio::time::sleep(services.config().feeds.inbox_poll) => {}
        }
    }
}
