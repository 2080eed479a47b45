//! Accounts of people and programs.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::email::{Email, Username};
use super::ids::UserId;
use super::permission::{Permission, Role, permissions_of};
use super::scope::{HiddenColumns, OwnerScope, Scope};

/// Where an account stands. Only active users sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    /// The mail address is not confirmed yet.
    Unconfirmed,
    /// Waits for an admin's approval.
    Pending,
    /// May sign in.
    Active,
    /// Switched off by an admin; can be switched on again.
    Deactivated,
    /// The request for an account was turned down.
    Rejected,
}

/// Who checks the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Realm {
    /// We do.
    Local,
    /// A directory does.
    Ldap,
}

/// An account. Its password hash is kept apart, so that no listing can carry it along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Never changes and is never reused.
    pub id: UserId,
    /// Mail address; unique on its folded form.
    pub email: Email,
    /// What people call the user; shown, never used to sign in.
    pub name: Option<String>,
    /// A second name to sign in with; unique among all logins on its folded form.
    pub username: Option<Username>,
    /// Where the account stands.
    pub status: UserStatus,
    /// Who checks the password.
    pub realm: Realm,
    /// What the user may do.
    pub roles: BTreeSet<Role>,
    /// What the user may see: always stated, never derived from a role.
    pub owners: OwnerScope,
    /// The password was set by somebody else; only a new one opens the rest.
    pub must_change_password: bool,
    /// Counted up by every change of password, status or rights; sessions and links of an older epoch are void
    /// (ASVS 7.4.2, 7.4.3, 8.3.2).
    pub credential_epoch: u64,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl User {
    /// True where the user may sign in.
    pub fn is_active(&self) -> bool {
        self.status == UserStatus::Active
    }

    /// True where one of the roles allows it.
    pub fn has(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| role.permissions().contains(&permission))
    }

    /// Everything the roles allow.
    pub fn permissions(&self) -> BTreeSet<Permission> {
        permissions_of(&self.roles)
    }

    /// What the user may see. A customer never sees hidden columns, whatever other role they have.
    pub fn scope(&self) -> Scope {
        let shown = self.has(Permission::SeeHiddenColumns) && !self.roles.contains(&Role::Customer);
        let hidden_columns = if shown { HiddenColumns::Shown } else { HiddenColumns::Absent };
        Scope { owners: self.owners.clone(), hidden_columns }
    }
}
