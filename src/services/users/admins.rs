//! The last active local admin: can be neither switched off, demoted nor deleted, whoever asks and however.

use crate::domain::permission::Permission;
use crate::domain::user::{Realm, User};
use crate::services::error::ServiceError;
use crate::store::{Read, StoreError, WriteTxn, users as store_users};

/// Refuses a change, already made in `w`, that took the last one who can manage users.
pub(super) fn keeps_an_admin(w: &WriteTxn, was_admin: bool, user: &User) -> Result<(), ServiceError> {
    if was_admin && !is_active_admin(user) && !has_active_admin(w)? {
        return Err(ServiceError::Conflict(format!(
            "the last active admin is {}; make another one first",
            user.email
        )));
    }
    Ok(())
}

/// True where nobody else could manage users any more.
pub(super) fn is_last_admin(r: &impl Read, user: &User) -> Result<bool, StoreError> {
    Ok(is_active_admin(user)
        && !store_users::has_user(r, |other| other.id != user.id && is_active_admin(other))?)
}

/// Admins of a directory do not count: one that is down, or a group that is renamed, must not leave the site without.
pub(in crate::services) fn is_active_admin(user: &User) -> bool {
    user.is_active() && user.realm == Realm::Local && user.has(Permission::ManageUsers)
}

/// True where somebody can manage users.
fn has_active_admin(r: &impl Read) -> Result<bool, StoreError> {
    store_users::has_user(r, is_active_admin)
}

/// True where there is a user who may manage users, active or not.
pub(in crate::services) fn has_admin(r: &impl Read) -> Result<bool, StoreError> {
    store_users::has_user(r, |user| user.realm == Realm::Local && user.has(Permission::ManageUsers))
}
