//! What lets somebody do one thing once: a link in a mail, a code to type, a printed slip.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{TokenId, UserId};
use crate::base::secret::SecretString;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenPurpose {
    /// Proving the address of an account that was asked for.
    Confirm,
    /// Setting the first password, or a new one after an admin's reset.
    Invite,
    /// Setting a new password instead of a forgotten one.
    Reset,
    /// Nothing: somebody waits for an admin, because the site has no mail.
    ResetWanted,
    /// Changing one's password while signed in.
    PasswordChange,
    /// Changing one's address: the code that went to the old one.
    EmailOld,
    /// The code that went to the new one.
    EmailNew,
}

impl TokenPurpose {
    /// Its word, which seals links and names mails.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Invite => "invite",
            Self::Reset => "reset",
            Self::ResetWanted => "reset-wanted",
            Self::PasswordChange => "password-change",
            Self::EmailOld => "email-old",
            Self::EmailNew => "email-new",
        }
    }
}

/// Wrong tries after which a code is void (ASVS 6.6.3).
pub const MAX_TRIES: u8 = 5;

/// A token as kept. Links name it by its id and are sealed; codes are in it as hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id, which links carry.
    pub id: TokenId,
    /// What it is good for.
    pub purpose: TokenPurpose,
    /// Whose it is. `None` where a visitor's words fit nobody: the answers to them must not differ.
    pub user: Option<UserId>,
    /// The user's credential epoch: after the next change of password, status or rights it is void.
    pub epoch: u64,
    /// What was typed: a login, or the new address; of a confirmation, the browser that asked for the account.
    pub about: String,
    /// Hash of the mailed code, as of a password (ASVS 6.5.2); gone once it was typed.
    pub code_hash: Option<SecretString>,
    /// SHA-256 of the code on a slip, which has 120 bits.
    pub slip_hash: Option<[u8; 32]>,
    /// Wrong codes that may still be typed.
    pub tries_left: u8,
    /// A mail with it proves that its user reads the address.
    pub proves_address: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From then on it is void.
    pub expires_at: Timestamp,
}

impl Token {
    /// True as long as it is good for something.
    pub fn is_live(&self, now: Timestamp) -> bool {
        // A clock that was set back must not make it live longer.
        now < self.expires_at && now >= self.created_at - jiff::SignedDuration::from_mins(5)
    }
}
