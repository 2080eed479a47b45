//! The configuration and the certificate, read again while the site runs.

use std::sync::PoisonError;

use serde_json::json;
use thiserror::Error;

use super::authorize::By;
use super::error::ServiceError;
use super::{Services, audit, tls};
use crate::config::reload::Reloaded;
use crate::config::{ConfigError, Sources};

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum ReloadError {
    /// What is said now is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It could not be written down.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Takes over what is said now, as far as that can change while the site runs, and reads the certificate again.
///
/// # Errors
/// All problems at once; then everything stays as it was. A certificate that is wrong is told and changes nothing.
pub fn reload(services: &Services, sources: Sources) -> Result<Reloaded, ReloadError> {
    // Whoever saves settings meanwhile waits.
    let turn = services.settings_turn.lock().unwrap_or_else(PoisonError::into_inner);
    let (config, reloaded) = services.config().reloaded(sources)?;
    if reloaded != Reloaded::default() {
        let now = services.now();
        // Names alone: there are secrets among the values.
        let details = json!({ "changed": reloaded.at_once, "after_restart": reloaded.after_restart });
        services
            .store
            .write(|w| audit::append(w, now, By::COMMAND_LINE, "settings.reload", "site", &details))
            .map_err(ServiceError::from)?;
    }
    services.reconfigure(config);
    drop(turn);
    // What is wrong with it was logged, and the page of the system says so.
    let _ = tls::reload(services);
    Ok(reloaded)
}
