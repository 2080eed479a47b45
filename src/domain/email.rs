//! What a user signs in with: a mail address, and optionally a short name.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::fold::fold;

/// A mail address, trimmed and checked for shape. Its case is kept for display; [`Email::login`] is what
/// counts for uniqueness.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// Why a text is no mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EmailError {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// Longer than SMTP can carry.
    #[error("is longer than 254 characters")]
    TooLong,
    /// Not `name@domain`.
    #[error("is not a mail address; expected name@domain")]
    Shape,
}

impl Email {
    /// Reads an address. At most 254 bytes (RFC 5321 §4.5.3.1.3), one `@` with something on both sides, no
    /// spaces, control characters, quotes, angle brackets or commas: what could smuggle a second recipient or a
    /// header into a mail is refused here (ASVS 1.3.11).
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.len() > 254 {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError::Shape)?;
        // Letters and digits of any script, and the signs of RFC 5322 §3.2.3: nothing that cannot be seen, or that turns
        // what stands beside it. An address stands in lists beside those of others.
        let forbidden = |c: char| !c.is_alphanumeric() && !"!#$%&'*+-/=?^_`{|}~.".contains(c);
        let domain_ok = domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
        if local.is_empty() || local.len() > 64 || text.chars().filter(|c| *c == '@').count() != 1 {
            return Err(EmailError::Shape);
        }
        if local.contains(forbidden) || domain.contains(forbidden) || !domain_ok {
            return Err(EmailError::Shape);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An address that stands for none, for an account that has none of its own; `name` tells it from others.
    pub fn nobodys(name: &str) -> Option<Self> {
        Self::parse(&format!("{name}{NOBODYS}")).ok()
    }

    /// True for one that stands for none.
    pub fn is_nobodys(&self) -> bool {
        self.0.ends_with(NOBODYS)
    }

    /// The form that is unique among all logins.
    pub fn login(&self) -> LoginKey {
        LoginKey::of(&self.0)
    }
}

/// The end of addresses that no mail can reach (RFC 2606 §2).
const NOBODYS: &str = "@directory.invalid";

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who a mail is from: `stock@example.com`, or with a name `Stock <stock@example.com>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// What people read.
    pub name: Option<String>,
    /// Where it is.
    pub address: Email,
}

impl Mailbox {
    /// Reads either form. A name has no control characters, which could add a header (ASVS 1.3.11).
    ///
    /// # Errors
    /// For what is no address.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"'), address),
            None => ("", text),
        };
        if name.chars().any(char::is_control) {
            return Err(EmailError::Shape);
        }
        let name = (!name.is_empty()).then(|| name.to_owned());
        Ok(Self { name, address: Email::parse(address)? })
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// A short name to sign in with: 1 to 64 letters, digits, `.`, `_` or `-`. It holds no `@`, so it cannot be
/// taken for somebody's address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

/// A text that is no user name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is not a user name; expected 1 to 64 letters, digits, `.`, `_` or `-`")]
pub struct UsernameError;

impl Username {
    /// Reads a user name.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        let text = text.trim();
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
        if text.is_empty() || text.chars().count() > 64 || !text.chars().all(allowed) {
            return Err(UsernameError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique among all logins.
    pub fn login(&self) -> LoginKey {
        LoginKey::of(&self.0)
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Username {
    type Error = UsernameError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

/// The folded form of whatever a person types to sign in. Twins that differ in case, width or marks are one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LoginKey(String);

impl LoginKey {
    /// The key of `text`; only its first 254 bytes count, which is more than any login has.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        let end = (0..=text.len().min(254)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        Self(fold(&text[..end]))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Email, EmailError, LoginKey, Username};

    #[test]
    fn ordinary_addresses_are_read() {
        for text in ["ann@example.com", " Ann.B+tag@sub.example.co ", "a@localhost", "jürgen@größe.de"] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn addresses_that_could_smuggle_are_refused() {
        for text in [
            "a@b\r\nBcc: c@d",
            "a b@c.d",
            "a@b@c.d",
            "<a@b.c>",
            "a@",
            "@b",
            "a@b..c",
            "a,b@c.d",
            "bob\u{200b}@c.d",
            "bob\u{202e}@c.d",
            "bob@c\u{ad}.d",
            "bob\u{115f}\u{feff}@c.d",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError::Shape), "{text:?}");
        }
        assert_eq!(Email::parse("  "), Err(EmailError::Empty));
    }

    #[test]
    fn twins_share_one_login() {
        assert_eq!(LoginKey::of(" Bob@Example.com"), Email::parse("bob@EXAMPLE.com").unwrap().login());
        assert_eq!(Username::parse("ＢＯＢ").unwrap().login(), Username::parse("bob").unwrap().login());
        assert!(Username::parse("bob@x").is_err());
    }
}
