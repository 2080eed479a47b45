//! One form with everything about an account. What somebody else changed meanwhile is not written over unseen.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use jiff::Timestamp;
use serde_json::json;

use super::admins::{is_usable_admin, keeps_an_admin};
use super::reach;
use super::{UserView, get, is_changed_here, taken, target, version};
use crate::domain::audit::Actor;
use crate::domain::email::{Email, Username};
use crate::domain::mobile::Mobile;
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::{PersonName, User};
use crate::mail::letters::Change;
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::end_sessions;
use crate::services::error::ServiceError;
use crate::services::{Services, audit, notices};
use crate::store::transaction::Order;
use crate::store::{Read, StoreError, audit as store_audit, users as store_users};

/// Events looked through for who changed an account last.
const EVENTS_LOOKED_AT: usize = 10_000;

/// What a form changes of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFields {
    /// Mail address.
    pub email: Email,
    /// What people call the user.
    pub name: PersonName,
    /// User name.
    pub username: Option<Username>,
    /// Mobile number.
    pub mobile: Option<Mobile>,
    /// Roles, at least one.
    pub roles: BTreeSet<Role>,
    /// What the user may see.
    pub owners: OwnerScope,
}

/// An account as somebody wants it.
#[derive(Debug, Clone)]
pub struct UserEdit {
    /// The version that was shown.
    pub version: String,
    /// As it was shown, where what others change meanwhile is to be kept.
    pub from: Option<UserFields>,
    /// As it is wanted.
    pub to: UserFields,
}

/// What was written.
#[derive(Debug)]
pub struct Saved {
    /// The account as it is now.
    pub view: UserView,
    /// Roles or owners are new, and the sessions ended.
    pub new_rights: bool,
    /// What somebody else changed meanwhile is kept beside it.
    pub is_merged: bool,
}

/// What became of an edit.
#[derive(Debug)]
pub enum Edited {
    /// It is as wanted now.
    Saved(Box<Saved>),
    /// Nothing was written: somebody changed the account since it was shown.
    Stale(Box<Meanwhile>),
}

/// What happened to an account meanwhile.
#[derive(Debug)]
pub struct Meanwhile {
    /// The account as it is.
    pub now: UserView,
    /// Who changed it, where that is known and a user.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// What would be written: each one's own changes, and where both changed the same, what was wanted here.
    pub merged: UserFields,
}

impl UserFields {
    fn of(user: &User) -> Self {
        Self {
            email: user.email.clone(),
            name: user.name.clone(),
            username: user.username.clone(),
            mobile: user.mobile.clone(),
            roles: user.roles.clone(),
            owners: user.owners.clone(),
        }
    }

    /// The account as it is `now`, with what was changed between `from` and `self`; and whether both changed one and the
    /// same field in different ways. Then it is as in `self`.
    fn merged_into(self, now: Self, from: &Self) -> (Self, bool) {
        let mut both_changed = false;
        let merged = Self {
            email: pick(now.email, &from.email, self.email, &mut both_changed),
            name: PersonName {
                first: pick(now.name.first, &from.name.first, self.name.first, &mut both_changed),
                last: pick(now.name.last, &from.name.last, self.name.last, &mut both_changed),
            },
            username: pick(now.username, &from.username, self.username, &mut both_changed),
            mobile: pick(now.mobile, &from.mobile, self.mobile, &mut both_changed),
            roles: pick(now.roles, &from.roles, self.roles, &mut both_changed),
            owners: pick(now.owners, &from.owners, self.owners, &mut both_changed),
        };
        (merged, both_changed)
    }
}

fn pick<T: PartialEq>(now: T, from: &T, to: T, both_changed: &mut bool) -> T {
    if to == *from {
        return now;
    }
    *both_changed |= now != *from && now != to;
    to
}

/// Writes an edit. New roles or owners end the user's sessions, since rights change at once (ASVS 8.3.2).
///
/// # Errors
/// [`ServiceError::Conflict`] where a login is taken or no active admin would be left; [`ServiceError::Invalid`]
/// without a role.
pub fn edit(
    services: &Services,
    grant: &Grant<ManageUsers>,
    id: &str,
    mut edit: UserEdit,
) -> Result<Edited, ServiceError> {
    if edit.to.roles.is_empty() {
        return Err(ServiceError::invalid("role", "is missing; choose at least one"));
    }
    let now = services.now();
    let edited = services.store.write(|w| {
        let mut user = get(w, id)?;
        let is_merged = version(&user) != edit.version;
        if is_merged && let Some(from) = &edit.from {
            let (merged, both_changed) = edit.to.clone().merged_into(UserFields::of(&user), from);
            edit.to = merged;
            if !both_changed {
                edit.version = version(&user);
            }
        }
        if let Some(stale) = stale(w, &user, &edit)? {
            return Ok::<_, ServiceError>(stale);
        }
        is_changed_here(&user)?;
        reach::check(w, grant.by(), Some(&user), &edit.to.owners)?;
        let before = UserView::from(&user);
        let was_admin = is_usable_admin(w, &user)?;
        let new_rights = user.roles != edit.to.roles || user.owners != edit.to.owners;
        put(&mut user, edit.to.clone());
        user.updated_at = now;
        let mut ended = 0;
        if new_rights {
            user.credential_epoch += 1;
            ended = end_sessions::all_of(w, now, user.id, None)?;
        }
        store_users::update_user(w, &user).map_err(taken)?;
        keeps_an_admin(w, was_admin, &user)?;
        let view = UserView::from(&user);
        let details = json!({ "before": before, "after": view, "sessions_ended": ended });
        audit::append(w, now, grant.by(), "user.edit", &target(&user), &details)?;
        if before.email != user.email {
            // Told where it no longer is: whoever took the account over reads the new one.
            notices::tell(services, w, &user, &before.email, Change::Email, grant.by())?;
        }
        Ok(Edited::Saved(Box::new(Saved { view, new_rights, is_merged })))
    })?;
    services.ring_job_bell();
    Ok(edited)
}

/// What is there instead, where the account is not what was shown any more.
pub(in crate::services) fn stale(
    r: &impl Read,
    user: &User,
    edit: &UserEdit,
) -> Result<Option<Edited>, StoreError> {
    if version(user) == edit.version {
        return Ok(None);
    }
    let by = last_changed_by(r, &target(user))?;
    let meanwhile = Meanwhile { now: UserView::from(user), by, at: user.updated_at, merged: edit.to.clone() };
    Ok(Some(Edited::Stale(Box::new(meanwhile))))
}

/// The account as it is wanted.
pub(in crate::services) fn put(user: &mut User, wanted: UserFields) {
    if user.email.login() != wanted.email.login() {
        // Nobody proved to read mails there.
        user.confirmed_at = None;
    }
    user.email = wanted.email;
    user.name = wanted.name;
    user.username = wanted.username;
    user.mobile = wanted.mobile;
    user.roles = wanted.roles;
    user.owners = wanted.owners;
}

/// Who changed an account last, in words, as the audit log has it.
fn last_changed_by(r: &impl Read, target: &str) -> Result<Option<String>, StoreError> {
    let (mut actor, mut looked_at) = (None, 0);
    store_audit::visit_events(r, u64::MAX, Order::Descending, &mut |event| {
        looked_at += 1;
        match event {
            Ok(event) if event.target == target && event.action.starts_with("user.") => {
                actor = Some(event.actor);
                Ok(ControlFlow::Break(()))
            }
            _ if looked_at >= EVENTS_LOOKED_AT => Ok(ControlFlow::Break(())),
            _ => Ok(ControlFlow::Continue(())),
        }
    })?;
    let Some(Actor::User(id)) = actor else { return Ok(None) };
    Ok(store_users::find_user(r, id)?.map(|user| user.shown_name()))
}
