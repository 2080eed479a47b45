//! A signed-in browser or program.

use std::net::IpAddr;

use jiff::Timestamp;

use super::ids::UserId;
use super::second_factor::SecondFactor;

/// SHA-256 of a session's token: its key in the store. The token itself is only in the browser.
pub type TokenHash = [u8; 32];

/// A signed-in browser or program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token.
    pub token_hash: TokenHash,
    /// Whose it is.
    pub user_id: UserId,
    /// The user's credential epoch at sign-in; the session ends when the user's differs.
    pub credential_epoch: u64,
    /// Sign-in.
    pub created_at: Timestamp,
    /// Last request, up to a minute late.
    pub seen_at: Timestamp,
    /// Where the sign-in came from.
    pub address: Option<IpAddr>,
    /// What the browser called itself, cut to 200 characters.
    pub user_agent: String,
    /// What was asked for beside the password.
    pub second_factor: SecondFactor,
    /// As whom an admin looks at the site, if they do.
    pub viewing: Option<Viewing>,
    /// When the user was here before this session; `None` where they never were.
    pub visited_before: Option<Timestamp>,
}

/// An admin looks at the site as somebody else, and changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewing {
    /// As whom.
    pub user: UserId,
    /// Since when.
    pub since: Timestamp,
}
