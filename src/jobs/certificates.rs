//! Looks after the certificate that browsers are shown.

use std::sync::Arc;
use std::time::Duration;

use crate::base::shutdown::ShutdownSignal;
use crate::config::tls::TlsMode;
use crate::services::{Services, tls};

/// How often files are looked at.
const FILES_EVERY: Duration = Duration::from_secs(3);
/// How often the machine's addresses are, and when a certificate of ours ends.
const OWN_EVERY: Duration = Duration::from_mins(1);

/// Runs until a stop is asked for.
pub async fn run(services: Arc<Services>, mut stop: ShutdownSignal) {
    let every = match services.config().tls.mode {
        TlsMode::Off => return,
        TlsMode::Auto => OWN_EVERY,
        TlsMode::Files => FILES_EVERY,
    };
    loop {
        tokio::select! {
            () = stop.stopped() => return,
            () = tokio::time::sleep(every) => {}
        }
        let services = Arc::clone(&services);
        if tokio::task::spawn_blocking(move || tls::keep_up(&services)).await.is_err() {
            tracing::error!("Looking after the certificate failed; it will be tried again");
        }
    }
}
