//! How encryption stands: what an admin and the command line are shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::facts::{Facts, fingerprint};
use super::{WARN_BEFORE, authority};
use crate::base::base64::encode_standard;
use crate::config::tls::TlsMode;
use crate::domain::certificate::CertificateKind;
use crate::services::Services;
use crate::services::error::ServiceError;

/// How encryption stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// `off`, `auto` or `files`.
    pub mode: String,
    /// The certificate that is shown, or was made to be.
    pub certificate: Option<CertificateView>,
    /// The site's own authority.
    pub authority: Option<AuthorityView>,
    /// Names and addresses of the server that the authority may not vouch for.
    pub outside: Vec<String>,
    /// What is wrong, and what to do.
    pub trouble: Option<String>,
}

/// A server's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateView {
    /// What it is good for.
    pub names: Vec<String>,
    /// Who signed it.
    pub issuer: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// SHA-256.
    pub fingerprint: String,
}

/// An authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityView {
    /// What it is called, in lists of authorities.
    pub name: String,
    /// What it may vouch for.
    pub permitted: Vec<String>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// SHA-256.
    pub fingerprint: String,
    /// The certificate (PEM).
    pub pem: String,
}

/// How encryption stands.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn standing(services: &Services) -> Result<Standing, ServiceError> {
    let mode = services.config().tls.mode;
    let authority = match mode {
        TlsMode::Files => None,
        TlsMode::Off | TlsMode::Auto => authority::find(services, CertificateKind::Authority)?,
    };
    let shown = match (mode, services.tls.shown().certificate()) {
        (TlsMode::Off | TlsMode::Auto, None) => {
            authority::find(services, CertificateKind::Server)?.map(|kept| kept.certificate)
        }
        (_, shown) => shown,
    };
    let certificate = shown.and_then(|der| Facts::read(&der).ok()).map(|facts| CertificateView {
        names: facts.names,
        issuer: facts.issuer,
        expires_at: facts.not_after,
        fingerprint: facts.fingerprint,
    });
    let authority = authority
        .map(|kept| {
            Ok::<_, ServiceError>(AuthorityView {
                name: authority::common_name(&kept.certificate)?,
                permitted: kept.names,
                expires_at: kept.expires_at,
                fingerprint: fingerprint(&kept.certificate),
                pem: to_pem(&kept.certificate),
            })
        })
        .transpose()?;
    let state = services.tls.state();
    let outside = state.outside.clone();
    let ends_soon = certificate.as_ref().filter(|certificate| {
        mode == TlsMode::Files && certificate.expires_at.duration_since(services.now()) < WARN_BEFORE
    });
    let ends_soon = ends_soon.map(|certificate| {
        format!(
            "The certificate ends on {}: put a renewed one in its place; it is taken without a restart.",
            certificate.expires_at
        )
    });
    let trouble = state.trouble.clone().or(ends_soon);
    drop(state);
    let trouble = trouble.or_else(|| (!outside.is_empty()).then(|| outside_message(&outside)));
    Ok(Standing { mode: mode.as_str().to_owned(), certificate, authority, outside, trouble })
}

/// What to do about names that the authority may not vouch for.
pub(super) fn outside_message(outside: &[String]) -> String {
    format!(
        "The site's certificate authority may not vouch for {}: it was made before the site was called so, and browsers \
         will refuse the site under that name. All other names work. To add it: stockroom cert init --again, then \
         install the new authority on each device.",
        outside.join(", ")
    )
}

fn to_pem(der: &[u8]) -> String {
    let text = encode_standard(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
