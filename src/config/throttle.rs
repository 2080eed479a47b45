//! Section `throttle`: how guessing is slowed (ASVS 6.1.1, 6.3.1).

use std::time::Duration;

use super::parse;
use super::reader::Reader;
use super::setting::{Control, Setting};

/// Failures only; a good sign-in never counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThrottleConfig {
    /// Failures an address (IPv6: a /64) may make at once.
    pub address_burst: u32,
    /// One more failure each.
    pub address_interval: Duration,
    /// Longest wait between two tries on one account from unknown devices.
    pub account_max_delay: Duration,
    /// Sign-ups, forgotten passwords, resends and codes that an address may send at once, of each.
    pub request_burst: u32,
    /// One more of each.
    pub request_interval: Duration,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("throttle.address_burst", "Failed sign-ins an address may make at once (default: 10)"),
    Setting::new("throttle.address_interval", "One more failure each (default: 6s)"),
    Setting::new("throttle.account_max_delay", "Longest wait between tries on one account (default: 900s)"),
    Setting::new(
        "throttle.request_burst",
        "Sign-ups, forgotten passwords, resends, codes that an address may send at once (default: 10)",
    )
    .on_page(Control::Number),
    Setting::new("throttle.request_interval", "One more of each (default: 6m)"),
];

impl ThrottleConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let second = Duration::from_secs(1);
        Self {
            address_burst: reader.get("throttle.address_burst", 10, parse::number(1, 10_000)),
            address_interval: reader.get(
                "throttle.address_interval",
                6 * second,
                parse::duration(second / 10, 3_600 * second),
            ),
            account_max_delay: reader.get(
                "throttle.account_max_delay",
                900 * second,
                parse::duration(second, 86_400 * second),
            ),
            request_burst: reader.get("throttle.request_burst", 10, parse::number(1, 1_000)),
            request_interval: reader.get(
                "throttle.request_interval",
                360 * second,
                parse::duration(second / 10, 86_400 * second),
            ),
        }
    }
}
