//! Accounts of people and programs.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::audit::Actor;
use super::email::{Email, Username};
use super::fold::fold;
use super::ids::{AvatarId, UserId};
use super::mobile::Mobile;
use super::permission::{Permission, Role, permissions_of};
use super::scope::{HiddenColumns, OwnerScope, Scope};

/// Where an account stands. Only active users sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
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
    pub name: PersonName,
    /// A second name to sign in with; unique among all logins on its folded form.
    pub username: Option<Username>,
    /// A mobile number, which finds the account as the address does; unique.
    pub mobile: Option<Mobile>,
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
    /// A password that was made up by the site is good until then (ASVS 6.4.1).
    pub password_expires_at: Option<Timestamp>,
    /// When the user proved to read mails at the address.
    pub confirmed_at: Option<Timestamp>,
    /// Who let the account in, where it was asked for.
    pub approval: Option<Approval>,
    /// Since when a second factor is asked for at the sign-in; `None` where there is none.
    pub second_factor_at: Option<Timestamp>,
    /// An admin wants the user to have one, whatever the site wants of their roles.
    pub second_factor_required: bool,
    /// The picture, where there is one.
    pub avatar: Option<AvatarId>,
    /// The latest sign-in.
    pub signed_in_at: Option<Timestamp>,
    /// Who made the account: a visitor for themselves, a user, or the site from the company's directory.
    pub made_by: Actor,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Of what the roles allow, only this: the user works through a program's token. Nothing that is stored.
    pub narrowed_to: Option<BTreeSet<Permission>>,
}

/// The decision on an account that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// Who made it; `None` for a person at the machine.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// What people call a user: either part may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonName {
    /// First name.
    pub first: Option<String>,
    /// Last name.
    pub last: Option<String>,
}

impl PersonName {
    /// Reads both parts.
    ///
    /// # Errors
    /// The field (`first_name` or `last_name`) and what is wrong with it.
    pub fn parse(first: &str, last: &str) -> Result<Self, (&'static str, NameError)> {
        let name = Self {
            first: parse_name(first).map_err(|error| ("first_name", error))?,
            last: parse_name(last).map_err(|error| ("last_name", error))?,
        };
        // Beside what they did such a person would look like the site itself.
        let read = fold(&name.full().unwrap_or_default());
        let read: String = read.chars().filter(|c| c.is_alphanumeric()).collect();
        if RESERVED_NAMES.contains(&read.as_str()) {
            let field = if name.first.is_some() { "first_name" } else { "last_name" };
            return Err((field, NameError::Reserved));
        }
        Ok(name)
    }

    /// Both parts, first name first; `None` where there is neither.
    pub fn full(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.first, &self.last].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// Longest name of a person in characters.
const MAX_NAME_CHARS: usize = 100;

/// What the audit log calls those who act and are no users, letters alone.
const RESERVED_NAMES: [&str; 3] = ["system", "visitor", "commandline"];

/// A text that cannot be a person's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameError {
    /// Too long, or not to be read as it stands.
    #[error("has at most {MAX_NAME_CHARS} characters, and none that turn or hide others")]
    Unreadable,
    /// The name of somebody who is no user.
    #[error("is what this site calls itself or a visitor; take another one")]
    Reserved,
}

/// What people call a user; `None` for an empty text.
///
/// # Errors
/// For one that is too long, or holds control characters or marks that turn the direction of what follows: names stand
/// in lists beside those of others.
fn parse_name(text: &str) -> Result<Option<String>, NameError> {
    let text = text.trim();
    if text.chars().count() > MAX_NAME_CHARS || text.chars().any(|c| c.is_control() || turns_text(c)) {
        return Err(NameError::Unreadable);
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// True for the controls that turn the direction of the text around them (UAX 9): `a\u{202e}vsc.exe` looks like
/// `aexe.csv`.
pub fn turns_text(c: char) -> bool {
    matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl User {
    /// A new user of ours with nothing but an address: active, without a role, seeing nothing.
    pub fn new(id: UserId, email: Email, now: Timestamp) -> Self {
        Self {
            id,
            email,
            name: PersonName::default(),
            username: None,
            mobile: None,
            status: UserStatus::Active,
            realm: Realm::Local,
            roles: BTreeSet::new(),
            owners: OwnerScope::Owners(BTreeSet::new()),
            must_change_password: false,
            credential_epoch: 1,
            password_expires_at: None,
            confirmed_at: None,
            approval: None,
            second_factor_at: None,
            second_factor_required: false,
            avatar: None,
            signed_in_at: None,
            made_by: Actor::System,
            created_at: now,
            updated_at: now,
            narrowed_to: None,
        }
    }

    /// What the user is called: the name, else the address.
    pub fn shown_name(&self) -> String {
        self.name.full().unwrap_or_else(|| self.email.to_string())
    }

    /// True where nobody else may have the address, the user name and the mobile number. What a visitor only typed is
    /// claimed by nobody: else a stranger could take an address by asking for an account with it.
    pub fn holds_logins(&self) -> bool {
        match self.status {
            UserStatus::Active | UserStatus::Deactivated => true,
            UserStatus::Pending => self.confirmed_at.is_some(),
            UserStatus::Unconfirmed | UserStatus::Rejected => false,
        }
    }

    /// True where the user may sign in.
    pub fn is_active(&self) -> bool {
        self.status == UserStatus::Active
    }

    /// True where one of the roles allows it.
    pub fn has(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| role.permissions().contains(&permission))
            && self.narrowed_to.as_ref().is_none_or(|narrowed| narrowed.contains(&permission))
    }

    /// Everything the roles allow.
    pub fn permissions(&self) -> BTreeSet<Permission> {
        let mut allowed = permissions_of(&self.roles);
        allowed.retain(|permission| self.has(*permission));
        allowed
    }

    /// What the user may see. A customer never sees hidden columns, whatever other role they have.
    pub fn scope(&self) -> Scope {
        let shown = self.has(Permission::SeeHiddenColumns) && !self.roles.contains(&Role::Customer);
        let hidden_columns = if shown { HiddenColumns::Shown } else { HiddenColumns::Absent };
        Scope { owners: self.owners.clone(), hidden_columns }
    }
}
