//! Section `webhooks`: who may be told over HTTP what happens. Set where the machine is configured, and not on a page: it
//! is the word of the machine's owner, not of whoever manages the site.

use std::net::IpAddr;
use std::path::PathBuf;

use super::feeds::{Allowed, allowed};
use super::parse;
use super::reader::Reader;
use super::setting::Setting;

/// Who may be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhooksConfig {
    /// Networks and hosts; with none there are no webhooks.
    pub allow: Vec<Allowed>,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new(
        "webhooks.allow",
        "Networks and hosts that webhooks may go to, such as 10.0.0.0/8 or chat.local (default: none, so that there are \
         no webhooks)",
    ),
    Setting::new("webhooks.ca_file", "Certificates (PEM) that webhooks trust beside the system's"),
];

impl WebhooksConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            allow: reader.get("webhooks.allow", Vec::new(), parse::list(allowed)),
            ca_file: reader.find("webhooks.ca_file", |text| Ok(PathBuf::from(text))),
        }
    }

    /// False where no address of this host could be one that is listed. Which one it has is known when it is connected to.
    pub fn may_hold(&self, host: &str, is_listed: impl Fn(IpAddr) -> bool) -> bool {
        let host = host.trim_matches(['[', ']']);
        match host.parse::<IpAddr>() {
            Ok(address) => is_listed(address),
            Err(_) => self.allow.iter().any(|allowed| match allowed {
                Allowed::Network(..) => true,
                Allowed::Host(name) => *name == host.trim_end_matches('.').to_lowercase(),
            }),
        }
    }
}
