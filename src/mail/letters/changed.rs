//! What a user is told after a change that whoever has their password or their mail could have made (ASVS 6.3.7).

use crate::base::text::{t, t_with};
use crate::domain::mail::{Letter, Part};

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The password, by the user.
    OwnPassword,
    /// The password, by somebody who manages users.
    PasswordByAdmin,
    /// The mail address; told at the one before.
    Email,
    /// A second factor was switched on.
    SecondFactorOn,
    /// It was switched off, by the user.
    SecondFactorOff,
    /// It was switched off by somebody who manages users.
    SecondFactorReset,
    /// A recovery code was used in its place.
    RecoveryCodeUsed,
}

impl Change {
    /// Its word in the outbox and in text ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::OwnPassword => "password-changed",
            Self::PasswordByAdmin => "password-reset",
            Self::Email => "email-changed",
            Self::SecondFactorOn => "second-factor-on",
            Self::SecondFactorOff => "second-factor-off",
            Self::SecondFactorReset => "second-factor-reset",
            Self::RecoveryCodeUsed => "recovery-code-used",
        }
    }
}

/// When and from where, as the reader understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circumstances {
    /// The instant in the reader's zone.
    pub at: String,
    /// The address that the change came from, over the network.
    pub from: Option<String>,
}

/// Tells of a change.
pub fn changed(site: &str, person: &str, change: Change, circumstances: &Circumstances) -> Letter {
    let word = change.word();
    let site_value = || [("site", site.into())];
    let mut parts = vec![
        Part::Text(t_with("mail-hello", &[("person", person.into())])),
        Part::Text(t_with(&format!("mail-{word}-text"), &site_value())),
        Part::Fact(t("mail-fact-when"), circumstances.at.clone()),
    ];
    parts.extend(circumstances.from.clone().map(|from| Part::Fact(t("mail-fact-from"), from)));
    parts.push(Part::Text(t("mail-not-you")));
    Letter { subject: t_with(&format!("mail-{word}-subject"), &site_value()), parts, expires_at: None }
}
