//! An address under which a spreadsheet finds what one search of one user shows, again and again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::{LiveLinkId, UserId};
use super::session::TokenHash;

/// Longest name in characters.
pub const MAX_NAME_CHARS: usize = 60;
/// Days that one lives unless said otherwise.
pub const USUAL_DAYS: u16 = 90;
/// The longest life, in days.
pub const MAX_DAYS: u16 = 366;

/// Why a link was ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WhyEnded {
    /// Its user revoked it.
    Revoked,
    /// Somebody who manages its user revoked it.
    Office,
    /// The user has another password.
    Password,
}

/// A link of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveLink {
    /// What pages, the API and the audit log call it. It opens nothing.
    pub id: LiveLinkId,
    /// SHA-256 of the token in its address, its key in the store: the token itself was shown once.
    pub hash: TokenHash,
    /// Whose rows it shows, as that user may see them when it is asked.
    pub user_id: UserId,
    /// What it is called.
    pub name: String,
    /// Slug of the dataset.
    pub dataset: String,
    /// The search, as the API's parameters.
    pub query: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Good until then.
    pub expires_at: Timestamp,
    /// When it was last fetched, up to a minute late, and from which address.
    pub used: Option<(Timestamp, Option<String>)>,
    /// When and why it was ended before its time.
    pub ended: Option<(Timestamp, WhyEnded)>,
}

impl LiveLink {
    /// When it opened nothing any more; `None` while it does.
    pub fn over_since(&self, now: Timestamp) -> Option<Timestamp> {
        let expired = Some(self.expires_at).filter(|at| *at <= now);
        self.ended.map(|(at, _)| at).or(expired)
    }
}
