//! How the site is reached.

use super::Findings;
use crate::config::Config;

pub(super) fn check(config: &Config, findings: &mut Findings) {
    if config.is_https() {
        findings.ok("the site is reached over https");
    } else {
        findings.warn(
            "the site is reached over plain HTTP: whoever is on the network can read along",
            "server.public_url",
            "put it behind https; the README says how",
        );
    }
}
