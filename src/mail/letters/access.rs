//! What lets its reader in: links and codes to confirm an address, to set a password, to change something.

use jiff::Timestamp;

use crate::base::secret::SecretString;
use crate::base::text::{t, t_with};
use crate::domain::mail::{Hidden, Letter, Part};

/// What a mail lets its reader do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Confirm the address of an account that was asked for.
    Confirm,
    /// Set the first password of an account that an admin made.
    Invite,
    /// Set a new password after an admin's reset.
    NewAccess,
    /// Set a new password instead of a forgotten one.
    Reset,
    /// Change the password while signed in.
    PasswordChange,
    /// Change the address: to the old one.
    EmailOld,
    /// Change the address: to the new one.
    EmailNew,
    /// Sign in once with a password that the site made up.
    TemporaryPassword,
}

impl Access {
    /// Its word in the outbox and in text ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Invite => "invite",
            Self::NewAccess => "new-access",
            Self::Reset => "reset",
            Self::PasswordChange => "password-change",
            Self::EmailOld => "email-old",
            Self::EmailNew => "email-new",
            Self::TemporaryPassword => "temporary-password",
        }
    }
}

/// What stands in the mail.
#[derive(Debug, Clone)]
pub struct AccessLetter<'a> {
    /// The site's name.
    pub site: &'a str,
    /// Who reads it.
    pub person: &'a str,
    /// What it lets them do.
    pub access: Access,
    /// What to sign in with, where the reader may not know it.
    pub login: Option<&'a str>,
    /// A link, where the site knows its own address.
    pub link: Option<SecretString>,
    /// A code or password to type.
    pub code: Option<SecretString>,
    /// The code is good in any browser, at “I have a code”.
    pub code_is_slip: bool,
    /// When and from where it was asked for, where that is the reader's affair.
    pub asked: Option<super::Circumstances>,
    /// The end of it all, as the reader understands it.
    pub until: String,
    /// The same.
    pub expires_at: Timestamp,
}

impl AccessLetter<'_> {
    /// Writes it.
    pub fn write(self) -> Letter {
        let word = self.access.word();
        let site = || [("site", self.site.into())];
        let mut parts = vec![
            Part::Text(t_with("mail-hello", &[("person", self.person.into())])),
            Part::Text(t_with(&format!("mail-{word}-text"), &site())),
        ];
        parts.extend(self.login.map(|login| Part::Fact(t("mail-fact-login"), login.to_owned())));
        let has_link = self.link.is_some();
        parts.extend(self.link.map(|link| Part::Link(t(&format!("mail-{word}-link")), Hidden::Secret(link))));
        if let Some(code) = self.code {
            let before = match (self.access, self.code_is_slip, has_link) {
                (Access::TemporaryPassword, ..) => "mail-code-password",
                (_, true, true) => "mail-slip-or",
                (_, true, false) => "mail-slip-alone",
                (_, false, true) => "mail-code-or",
                (_, false, false) => "mail-code-alone",
            };
            parts.push(Part::Text(t_with(before, &site())));
            parts.push(Part::Code(Hidden::Secret(code)));
        }
        parts.push(Part::Text(t_with("mail-until", &[("until", self.until.into())])));
        if let Some(asked) = self.asked {
            parts.push(Part::Fact(t("mail-fact-asked"), asked.at));
            parts.extend(asked.from.map(|from| Part::Fact(t("mail-fact-from"), from)));
        }
        parts.push(Part::Text(t(&format!("mail-{word}-end"))));
        Letter {
            subject: t_with(&format!("mail-{word}-subject"), &site()),
            parts,
            expires_at: Some(self.expires_at),
        }
    }
}
