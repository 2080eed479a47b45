//! Mobile numbers.

use std::fmt;

use phonenumber::Mode;
use phonenumber::country;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::email::LoginKey;

/// A telephone number in the international form, `+` and digits (ITU-T E.164).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Mobile(String);

/// A text that is no telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MobileError {
    /// Not a number, or none that there can be.
    #[error("is not a telephone number; expected one like +49 151 23456789")]
    Shape,
    /// Which country it is in cannot be known.
    #[error("needs the country in front; expected one like +49 151 23456789")]
    Country,
}

/// A country by the two letters of ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(country::Id);

impl Country {
    /// The country of these two letters, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        text.to_ascii_uppercase().parse().ok().map(Self)
    }
}

impl Mobile {
    /// Reads a number as people write it; without a country in front it is one of `country`.
    pub fn parse(text: &str, country: Option<Country>) -> Result<Self, MobileError> {
        let text = text.trim();
        // The crate reads letters as the keys of a telephone, and what follows a number as its extension.
        let allowed = |c: char| c.is_ascii_digit() || " +-./()\u{a0}".contains(c);
        if text.is_empty() || text.len() > 40 || !text.chars().all(allowed) {
            return Err(MobileError::Shape);
        }
        let international = match text.strip_prefix("00") {
            Some(rest) => format!("+{rest}"),
            None => text.to_owned(),
        };
        if !international.starts_with('+') && country.is_none() {
            return Err(MobileError::Country);
        }
        let number = phonenumber::parse(country.map(|country| country.0), international)
            .map_err(|_| MobileError::Shape)?;
        if !phonenumber::is_valid(&number) {
            return Err(MobileError::Shape);
        }
        Ok(Self(number.format().mode(Mode::E164).to_string()))
    }

    /// `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique among all logins.
    pub fn login(&self) -> LoginKey {
        LoginKey::of(&self.0)
    }
}

impl fmt::Display for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Mobile {
    type Error = MobileError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        // Stored ones were checked by the rules of their day: numbering plans change.
        let digits = text.strip_prefix('+').ok_or(MobileError::Country)?;
        if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MobileError::Shape);
        }
        Ok(Self(text))
    }
}

impl From<Mobile> for String {
    fn from(mobile: Mobile) -> Self {
        mobile.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Country, Mobile};

    #[test]
    fn numbers_are_kept_in_one_form() {
        let germany = Country::parse("de");
        for (text, country, expected) in [
            ("0151 23456789", germany, Some("+4915123456789")),
            ("+49 (151) 2345-6789", None, Some("+4915123456789")),
            ("0049 151 23456789", germany, Some("+4915123456789")),
            ("+1 202 555 0143", germany, Some("+12025550143")),
            ("0151 23456789", None, None),
            ("12", germany, None),
            ("+49", germany, None),
            ("call me", germany, None),
            ("+49 151 23456789;ext=1", germany, None),
        ] {
            let read = Mobile::parse(text, country).ok();
            assert_eq!(read.as_ref().map(Mobile::as_str), expected, "{text}");
        }
    }

    #[test]
    fn countries_have_two_letters() {
        assert_eq!(Country::parse("de"), Country::parse("DE"));
        assert!(Country::parse("de").is_some());
        assert!(Country::parse("germany").is_none() && Country::parse("").is_none());
    }
}
