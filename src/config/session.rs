//! Section `session`: how long a sign-in lasts.

use std::time::Duration;

use super::parse;
use super::reader::Reader;
use super::setting::{Alias, Control, Setting, alias};

/// Lifetimes of sessions and links (ASVS 7.3.1, 7.3.2).
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// A session ends after this long without a request.
    pub idle: Duration,
    /// A session ends this long after sign-in.
    pub absolute: Duration,
    /// The same for users who manage users.
    pub admin_idle: Duration,
    /// The same for users who manage users.
    pub admin_absolute: Duration,
    /// Whether cookies are marked `Secure`; where not given, they are if `public_url` is https.
    pub cookie_secure: Option<bool>,
    /// Lifetime of a link to set a new password.
    pub reset_token_ttl: Duration,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("session.idle", "A session ends after this long without a request (default: 30m)")
        .on_page(Control::Time)
        .aliases(&[Alias { name: "IDS_SESSION_TTL_MINUTES", unit: "m" }]),
    Setting::new("session.absolute", "A session ends this long after sign-in (default: 12h)")
        .on_page(Control::Time)
        .aliases(&[Alias { name: "SESSION_HOURS", unit: "h" }]),
    Setting::new("session.admin_idle", "The same for admins (default: 15m)").on_page(Control::Time),
    Setting::new("session.admin_absolute", "The same for admins (default: 8h)").on_page(Control::Time),
    Setting::new("session.cookie_secure", "Mark cookies Secure (default: if public_url is https)")
        .aliases(&[alias("SESSION_COOKIE_SECURE")]),
    Setting::new("session.reset_token_ttl", "Lifetime of a link to set a new password (default: 30m)")
        .on_page(Control::Time)
        .aliases(&[Alias { name: "IDS_RESET_TOKEN_TTL_MINUTES", unit: "m" }]),
];

impl SessionConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let minute = Duration::from_mins(1);
        let day = minute * 60 * 24;
        let lifetime = |most: Duration| parse::duration(minute, most);
        let idle = reader.get("session.idle", 30 * minute, lifetime(30 * day));
        let absolute = reader.get("session.absolute", 720 * minute, lifetime(90 * day));
        // An admin's session is never longer than another's, also where only the general figures were given.
        let admin_idle = reader.get("session.admin_idle", (15 * minute).min(idle), lifetime(30 * day));
        let admin_absolute =
            reader.get("session.admin_absolute", (480 * minute).min(absolute), lifetime(90 * day));
        let reset_token_ttl =
            reader.get("session.reset_token_ttl", 30 * minute, parse::duration(10 * minute, day));
        let cookie_secure = reader.find("session.cookie_secure", parse::flag);
        Self { idle, absolute, admin_idle, admin_absolute, cookie_secure, reset_token_ttl }
    }
}
