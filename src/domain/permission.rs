//! What a user may do. Code asks for permissions; roles are only bundles of them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

/// One thing a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Add, change and disable users; end their sessions.
    ManageUsers,
    /// Change the site's settings, see dead jobs.
    ManageSite,
    /// Upload files, publish and roll back generations.
    ImportData,
    /// Read the audit log.
    ReadAudit,
    /// Create and change plans.
    EditPlans,
    /// See columns flagged *hidden for customers*.
    SeeHiddenColumns,
}

/// A bundle of permissions given to users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees the rows of their own owners.
    Customer,
    /// Edits plans.
    Planner,
    /// Imports files.
    Operator,
    /// Reads the audit log.
    Auditor,
    /// May do everything. What an admin sees is still a matter of scope.
    Admin,
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no role; expected customer, planner, operator, auditor or admin")]
pub struct UnknownRole(pub String);

impl Role {
    /// All roles, least first.
    pub const ALL: [Self; 5] = [Self::Customer, Self::Planner, Self::Operator, Self::Auditor, Self::Admin];

    /// The word used on the command line and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Planner => "planner",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// What the role allows.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::{EditPlans, ImportData, ManageSite, ManageUsers, ReadAudit, SeeHiddenColumns};
        match self {
            Self::Customer => &[],
            Self::Planner => &[EditPlans, SeeHiddenColumns],
            Self::Operator => &[ImportData, SeeHiddenColumns],
            Self::Auditor => &[ReadAudit, SeeHiddenColumns],
            Self::Admin => &[ManageUsers, ManageSite, ImportData, ReadAudit, EditPlans, SeeHiddenColumns],
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// What `roles` allow together.
pub fn permissions_of(roles: &BTreeSet<Role>) -> BTreeSet<Permission> {
    roles.iter().flat_map(|role| role.permissions()).copied().collect()
}
