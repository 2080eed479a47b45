//! Encrypted connections to the site: whose certificate is shown, until when, and what is wrong with it.

pub mod authority;
pub mod facts;
pub mod files;
pub mod names;
mod standing;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

pub use standing::{AuthorityView, Standing, standing};

use super::Services;
use super::authorize::By;
use super::error::ServiceError;
use crate::base::tls_server::Shown;
use crate::config::tls::TlsMode;
use crate::domain::certificate::{CertificateKind, KeptCertificate};

/// A certificate of ours is renewed when it is good for so long yet.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Somebody is told to renew theirs when it is good for so long yet.
pub const WARN_BEFORE: SignedDuration = SignedDuration::from_hours(21 * 24);

/// What is known of the certificate that is shown.
#[derive(Debug, Default)]
pub struct Tls {
    /// The certificate itself.
    shown: Arc<Shown>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The files as they were read, or refused.
    read: files::Stamp,
    /// The files as they were a moment ago.
    glimpsed: files::Stamp,
    /// Why the newest certificate is not shown.
    trouble: Option<String>,
    /// Names that the authority may not vouch for, as they were told last.
    outside: Vec<String>,
    /// It was told that the certificate ends soon.
    is_warned: bool,
}

impl Tls {
    /// What shows it to browsers.
    pub fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gets a certificate ready before anybody connects.
///
/// # Errors
/// Files with which nobody could connect; where the store cannot be written.
pub fn open(services: &Services) -> Result<(), ServiceError> {
    match services.config().tls.mode {
        TlsMode::Off => Ok(()),
        TlsMode::Auto => make_sure(services, By::SYSTEM, None).map(drop),
        TlsMode::Files => read_files(services).map_err(ServiceError::BadCertificate),
    }
}

/// Looks after it: files that changed are read, a certificate of ours that ends soon or lacks a name is made anew.
pub fn keep_up(services: &Services) {
    match services.config().tls.mode {
        TlsMode::Off => {}
        TlsMode::Auto => {
            if let Err(error) = make_sure(services, By::SYSTEM, None) {
                let mut state = services.tls.state();
                if state.trouble.replace(error.to_string()).is_none() {
                    tracing::error!(
                        "The server's certificate could not be renewed; the one before is still shown: {error}"
                    );
                }
            }
        }
        TlsMode::Files => {
            let now = files::stamp(&services.config().tls);
            let mut state = services.tls.state();
            let is_still = state.glimpsed == now;
            let is_new = state.read != now;
            state.glimpsed = now;
            drop(state);
            // Two files are written one after the other: what is read holds still between two looks.
            if is_new && is_still {
                // What is wrong was logged.
                let _ = reload(services);
            }
            warn_early(services);
        }
    }
}

/// Reads the files again, whether they changed or not. What is wrong with them is told, and the certificate stays that is
/// shown. Returns what came of it.
pub fn reload(services: &Services) -> Result<(), String> {
    match services.config().tls.mode {
        TlsMode::Off => Ok(()),
        TlsMode::Auto => make_sure(services, By::SYSTEM, None).map(drop).map_err(|error| error.to_string()),
        TlsMode::Files => {
            let before = services.tls.shown.certificate();
            match read_files(services) {
                Ok(()) => {
                    if services.tls.shown.certificate() != before {
                        tracing::info!("Another certificate is shown from now on; its files changed");
                    }
                    Ok(())
                }
                Err(error) => {
                    tracing::error!("The new certificate is not shown, the one before still is: {error}");
                    Err(error)
                }
            }
        }
    }
}

fn read_files(services: &Services) -> Result<(), String> {
    let config = services.config();
    let stamp = files::stamp(&config.tls);
    let loaded = files::load(&config.tls, services.now());
    let mut state = services.tls.state();
    state.read = stamp;
    match loaded {
        Ok((certified, facts)) => {
            services.tls.shown.replace(certified);
            (state.trouble, state.is_warned) = (None, false);
            if let Some(url) = config.server.public_url.as_ref().filter(|url| !facts.covers(&url.host)) {
                let (host, names) = (&url.host, facts.names.join(", "));
                tracing::warn!(
                    "The certificate is for {names} and not for {host}: browsers will refuse it there"
                );
            }
            Ok(())
        }
        Err(error) => {
            state.trouble = Some(error.clone());
            Err(error)
        }
    }
}

fn warn_early(services: &Services) {
    let Some(facts) = services.tls.shown.certificate().and_then(|der| facts::Facts::read(&der).ok()) else {
        return;
    };
    let mut state = services.tls.state();
    let left = facts.not_after.duration_since(services.now());
    if left < WARN_BEFORE && !state.is_warned {
        state.is_warned = true;
        let at = facts.not_after;
        tracing::warn!(
            "The certificate ends on {at}: put a renewed one in its place; it is taken without a restart"
        );
    }
}

/// Makes what is missing of authority and certificate, and shows the certificate. `renew` asks for a new one whatever
/// there is, and says why.
///
/// # Errors
/// [`ServiceError::Store`].
fn make_sure(services: &Services, by: By, renew: Option<&str>) -> Result<KeptCertificate, ServiceError> {
    let authority = make_sure_of_authority(services, by)?;
    let config = services.config();
    let wanted = names::wanted(&config);
    let outside: Vec<String> =
        wanted.iter().filter(|name| !names::is_permitted(name, &authority.names)).cloned().collect();
    let kept = authority::find(services, CertificateKind::Server)?;
    let opened = match &kept {
        Some(kept) => authority::open_server(services, kept)?,
        None => None,
    };
    let why = renew.map(str::to_owned).or_else(|| match (&kept, &opened) {
        (Some(kept), Some(_)) => why_anew(services, kept, &authority, &wanted),
        _ => Some("there was none".to_owned()),
    });
    let (kept, certified) = match (why, kept, opened) {
        (None, Some(kept), Some(certified)) => (kept, certified),
        (why, ..) => {
            let why = why.unwrap_or_default();
            let kept = authority::issue(services, &authority, &wanted, by, &why)?;
            tracing::info!("Made a certificate for this server ({why}), good until {}", kept.expires_at);
            let certified = authority::open_server(services, &kept)?;
            let unreadable =
                || ServiceError::Internal("a certificate that was made just now does not open".to_owned());
            (kept, certified.ok_or_else(unreadable)?)
        }
    };
    if services.tls.shown.certificate().as_deref() != Some(kept.certificate.as_slice()) {
        services.tls.shown.replace(certified);
    }
    let mut state = services.tls.state();
    state.trouble = None;
    if state.outside != outside {
        if !outside.is_empty() {
            tracing::warn!("{}", standing::outside_message(&outside));
        }
        state.outside = outside;
    }
    Ok(kept)
}

fn why_anew(
    services: &Services,
    kept: &KeptCertificate,
    authority: &KeptCertificate,
    wanted: &[String],
) -> Option<String> {
    if kept.made_at < authority.made_at {
        return Some("the authority is another".to_owned());
    }
    // One that ends together with its authority cannot be made to last longer.
    if kept.expires_at.duration_since(services.now()) <= RENEW_BEFORE
        && kept.expires_at < authority.expires_at
    {
        return Some("it ends soon".to_owned());
    }
    let new =
        wanted.iter().find(|name| names::is_permitted(name, &authority.names) && !kept.names.contains(name));
    new.map(|name| format!("{name} is new"))
}

/// The authority; made where there is none that could be used.
fn make_sure_of_authority(services: &Services, by: By) -> Result<KeptCertificate, ServiceError> {
    let kept = authority::find(services, CertificateKind::Authority)?;
    let why = match &kept {
        None => "there was none",
        Some(kept) if kept.expires_at <= services.now() => "the one before has expired",
        Some(kept) if authority::open_key(services, CertificateKind::Authority, kept)?.is_none() => {
            "the key of the one before was sealed with another key of the site"
        }
        Some(kept) => return Ok(kept.clone()),
    };
    let made = authority::make(services, by, why)?;
    tracing::warn!(
        "Made a certificate authority for this site ({why}): install it on each device, /trust says how. SHA-256: {}",
        facts::fingerprint(&made.certificate)
    );
    Ok(made)
}

/// What a person at the machine asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// An authority and a certificate, where there are none.
    Init,
    /// Another authority, which every device has to be given.
    AnotherAuthority,
    /// Another certificate of the server.
    Renew,
}

/// Does it. A server that runs in mode `auto` shows the new certificate at once.
///
/// # Errors
/// [`ServiceError::Conflict`] where somebody else makes the certificates; [`ServiceError::Store`].
pub fn make(services: &Services, by: By, wanted: Wanted) -> Result<(), ServiceError> {
    if services.config().tls.mode == TlsMode::Files {
        return Err(ServiceError::Conflict(
            "tls.mode is files: the certificate is in the files of tls.cert and tls.key, and is renewed where it came \
             from; what is put there is taken by itself"
                .to_owned(),
        ));
    }
    match wanted {
        Wanted::Init => make_sure(services, by, None)?,
        Wanted::Renew => make_sure(services, by, Some("asked for"))?,
        Wanted::AnotherAuthority => {
            authority::make(services, by, "asked for")?;
            make_sure(services, by, Some("the authority is another"))?
        }
    };
    Ok(())
}

/// The authority's certificate (DER), where the site has one.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn authority_certificate(services: &Services) -> Result<Option<Vec<u8>>, ServiceError> {
    let kept = authority::find(services, CertificateKind::Authority)?;
    Ok(kept.map(|kept| kept.certificate))
}
