//! The last active local admin: can be neither switched off, demoted nor deleted, whoever asks and however.

use crate::domain::ids::UserId;
use crate::domain::permission::Permission;
use crate::domain::user::{Realm, User};
use crate::services::error::ServiceError;
use crate::store::{Read, StoreError, WriteTxn, users as store_users};

/// Refuses a change, already made in `w`, that took the last one who can manage users.
pub(super) fn keeps_an_admin(w: &WriteTxn, was_admin: bool, user: &User) -> Result<(), ServiceError> {
    if was_admin && !is_active_admin(user) && !has_usable_admin(w, None)? {
        return Err(ServiceError::Conflict(format!(
            "the last active admin is {}; make another one first",
            user.email
        )));
    }
    Ok(())
}

/// True where nobody else could manage users any more.
pub(super) fn is_last_admin(r: &impl Read, user: &User) -> Result<bool, StoreError> {
    Ok(is_usable_admin(r, user)? && !has_usable_admin(r, Some(user.id))?)
}

/// Admins of a directory do not count: one that is down, or a group that is renamed, must not leave the site without.
pub(in crate::services) fn is_active_admin(user: &User) -> bool {
    user.is_active() && user.realm == Realm::Local && user.has(Permission::ManageUsers)
}

/// One who can sign in as well: an account whose slip nobody used yet is nobody to leave the site to.
pub(in crate::services) fn is_usable_admin(r: &impl Read, user: &User) -> Result<bool, StoreError> {
    Ok(is_active_admin(user) && store_users::find_password_hash(r, user.id)?.is_some())
}

/// True where somebody, but for `except`, can sign in and manage users.
fn has_usable_admin(r: &impl Read, except: Option<UserId>) -> Result<bool, StoreError> {
    let admins = std::cell::RefCell::new(Vec::new());
    store_users::has_user(r, |user| {
        if is_active_admin(user) && Some(user.id) != except {
            admins.borrow_mut().push(user.id);
        }
        false
    })?;
    for id in admins.into_inner() {
        if store_users::find_password_hash(r, id)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// True where there is a user who may manage users, active or not.
pub(in crate::services) fn has_admin(r: &impl Read) -> Result<bool, StoreError> {
    store_users::has_user(r, |user| user.realm == Realm::Local && user.has(Permission::ManageUsers))
}
