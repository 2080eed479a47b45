//! A token by which a program works as a user: less than the user may, and only over the API.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::ids::{ApiTokenId, UserId};
use super::permission::Permission;
use super::session::TokenHash;

/// How tokens begin, so that those who look for secrets in texts find them.
pub const PREFIX: &str = "stockroom_";

/// Longest name of a token in characters.
pub const MAX_NAME_CHARS: usize = 60;

/// What a token may be used for. Whatever it is, it is no more than what the user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenScope {
    /// Read what the user reads: stock, plans, files.
    Read,
    /// Upload files and publish them.
    Import,
    /// Change plans and what they are about.
    Plans,
    /// Add, change and disable users.
    Users,
    /// Settings and sources of the site.
    Site,
    /// Read the audit log.
    Audit,
}

/// A text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is nothing that a token is for; expected read, import, plans, users, site or audit")]
pub struct UnknownTokenScope(pub String);

impl TokenScope {
    /// All, the harmless first.
    pub const ALL: [Self; 6] = [Self::Read, Self::Import, Self::Plans, Self::Users, Self::Site, Self::Audit];

    /// The word of the command line and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Import => "import",
            Self::Plans => "plans",
            Self::Users => "users",
            Self::Site => "site",
            Self::Audit => "audit",
        }
    }

    /// The permission that it lets through, beside reading.
    pub fn permission(self) -> Option<Permission> {
        match self {
            Self::Read => None,
            Self::Import => Some(Permission::ImportData),
            Self::Plans => Some(Permission::EditPlans),
            Self::Users => Some(Permission::ManageUsers),
            Self::Site => Some(Permission::ManageSite),
            Self::Audit => Some(Permission::ReadAudit),
        }
    }
}

impl fmt::Display for TokenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TokenScope {
    type Err = UnknownTokenScope;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| UnknownTokenScope(text.to_owned()))
    }
}

/// What scopes let through together. Hidden columns are seen by who sees them anyway: they are part of reading.
pub fn permissions_of(scopes: &BTreeSet<TokenScope>) -> BTreeSet<Permission> {
    let named = scopes.iter().filter_map(|scope| scope.permission());
    named.chain([Permission::SeeHiddenColumns]).collect()
}

/// A token of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// What pages, the API and the audit log call it. It finds nothing.
    pub id: ApiTokenId,
    /// SHA-256 of the token, its key in the store: the token itself was shown once.
    pub hash: TokenHash,
    /// Whose it is.
    pub user_id: UserId,
    /// The user's credential epoch when it was made: a new password or other rights end it (ASVS 7.4.3, 8.3.2).
    pub credential_epoch: u64,
    /// What it is called.
    pub name: String,
    /// What it is for; never empty.
    pub scopes: BTreeSet<TokenScope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Good until then; `None` for one that ends when it is revoked.
    pub expires_at: Option<Timestamp>,
    /// The latest request, up to a minute late.
    pub used_at: Option<Timestamp>,
}

impl ApiToken {
    /// True for one that is for more than reading.
    pub fn changes(&self) -> bool {
        let reads = [TokenScope::Read, TokenScope::Audit];
        self.scopes.iter().any(|scope| !reads.contains(scope))
    }

    /// True where its time has passed.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires| expires <= now)
    }
}
