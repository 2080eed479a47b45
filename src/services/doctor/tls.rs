//! How the site is reached, and how long its certificate lasts.

use super::Findings;
use crate::config::Config;
use crate::services::{Services, tls};

pub(super) fn check(services: &Services, config: &Config, findings: &mut Findings) {
    check_address(config, findings);
    let standing = match tls::standing(services) {
        Ok(standing) => standing,
        Err(error) => {
            findings.failed(error.to_string(), "tls", "see the log");
            return;
        }
    };
    if standing.mode == "off" {
        return;
    }
    if let Some(certificate) = &standing.certificate {
        findings.ok(format!(
            "the certificate for {} lasts until {}",
            certificate.names.join(", "),
            certificate.expires_at
        ));
    }
    if let Some(trouble) = standing.trouble {
        findings.warn(trouble, "tls.mode", "see Encryption on /admin/system, or `stockroom cert show`");
    }
}

/// What can be said without a site.
pub(super) fn check_address(config: &Config, findings: &mut Findings) {
    if config.is_https() {
        findings.ok("the site is reached over https");
    } else {
        findings.warn(
            "the site is reached over plain HTTP: whoever is on the network can read along",
            "tls.mode",
            "start it with `--tls auto`, or put it behind https; the README says how",
        );
    }
}
