//! Our cookies: how they are called, marked, read and set.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use crate::config::Config;
use crate::domain::preferences::Theme;

/// Lifetime of the device cookie: browsers cap it at 400 days.
const DEVICE_LIFETIME: Duration = Duration::from_hours(365 * 24);

/// Names and marks, decided by the configuration and never by a header (ASVS 3.3.1).
#[derive(Debug, Clone)]
pub struct CookieNames {
    secure: bool,
}

impl CookieNames {
    /// Secure where the site is reached over https.
    pub fn from_config(config: &Config) -> Self {
        Self { secure: config.is_https() }
    }

    /// True where the site is reached over https.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The session cookie. Browsers drop `__Host-` names over plain HTTP, so there it goes without.
    pub fn session(&self) -> &'static str {
        if self.secure { "__Host-sid" } else { "sid" }
    }

    /// The device cookie.
    pub fn device(&self) -> &'static str {
        if self.secure { "__Host-device" } else { "device" }
    }

    /// The token against cross-site requests, which scripts of ours read.
    pub const CSRF: &'static str = "csrf";

    /// `Set-Cookie` values of a new sign-in.
    pub fn signed_in(&self, session: &str, csrf: &str, device: &str) -> [HeaderValue; 3] {
        let secure = self.secure_mark();
        [
            header(&format!("{}={session}; Path=/; HttpOnly; SameSite=Lax{secure}", self.session())),
            header(&format!("{}={csrf}; Path=/; SameSite=Lax{secure}", Self::CSRF)),
            self.known_device(device),
        ]
    }

    /// `Set-Cookie` of a browser that is its user's.
    pub fn known_device(&self, device: &str) -> HeaderValue {
        let (name, lifetime) = (self.device(), DEVICE_LIFETIME.as_secs());
        let secure = self.secure_mark();
        header(&format!("{name}={device}; Path=/; Max-Age={lifetime}; HttpOnly; SameSite=Lax{secure}"))
    }

    /// The cookie that a form of a visitor is bound to: somebody who signs in, sets up or asks for a link.
    pub fn flow(&self) -> &'static str {
        if self.secure { "__Host-flow" } else { "flow" }
    }

    /// `Set-Cookie` of a flow.
    pub fn begin_flow(&self, token: &str) -> HeaderValue {
        header(&format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{}", self.flow(), self.secure_mark()))
    }

    /// The theme, for pages before sign-in; says nothing about anybody.
    pub const THEME: &'static str = "theme";

    /// `Set-Cookie` of the theme.
    pub fn theme(&self, theme: Theme) -> HeaderValue {
        header(&format!(
            "{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}",
            Self::THEME,
            theme.as_str(),
            DEVICE_LIFETIME.as_secs(),
            self.secure_mark()
        ))
    }

    /// `Set-Cookie` values that take session and token away. The device stays known.
    pub fn signed_out(&self) -> [HeaderValue; 2] {
        let secure = self.secure_mark();
        [
            header(&format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}", self.session())),
            header(&format!("{}=; Path=/; Max-Age=0; SameSite=Lax{secure}", Self::CSRF)),
        ]
    }

    fn secure_mark(&self) -> &'static str {
        if self.secure { "; Secure" } else { "" }
    }
}

fn header(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("tokens are letters, digits, `-`, `_` and `.`")
}

/// The cookie `name`, where the request has exactly one of it: two mean that somebody planted one.
pub fn find_cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(known, value)| *known == name && !value.is_empty())
        .map(|(_, value)| value);
    let first = values.next()?;
    values.next().is_none().then_some(first)
}
