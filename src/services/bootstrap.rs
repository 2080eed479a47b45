//! The first admin. Counts only while the site has none.

use std::collections::BTreeSet;

use serde_json::json;

use super::authorize::By;
use super::error::ServiceError;
use super::users::{self, FirstSignIn, NewPassword, NewUser, UserView};
use super::{Services, audit, setup};
use crate::base::secret::SecretString;
use crate::config::admin::AdminPassword;
use crate::domain::email::{Email, Username};
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::{PersonName, User};
use crate::store::WriteTxn;

/// True where the site has an admin.
pub fn is_set_up(services: &Services) -> Result<bool, ServiceError> {
    Ok(services.store.read(users::has_admin)?)
}

/// Makes the first admin, who sees everything.
///
/// # Errors
/// [`ServiceError::Conflict`] where there is an admin already.
pub fn init(
    services: &Services,
    email: Email,
    username: Option<Username>,
    password: NewPassword,
    first_sign_in: FirstSignIn,
) -> Result<UserView, ServiceError> {
    if is_set_up(services)? {
        return Err(set_up_already());
    }
    let new = NewUser {
        name: PersonName::default(),
        email,
        username,
        mobile: None,
        roles: BTreeSet::from([Role::Admin]),
        owners: OwnerScope::All,
        password,
        first_sign_in,
    };
    let (user, hash) = users::prepare(services, new, By::COMMAND_LINE)?;
    let view = UserView::from(&user);
    services.store.write(|w| insert_first_admin(w, &user, &hash, By::COMMAND_LINE, json!({})))?;
    setup::close(services);
    Ok(view)
}

/// Puts the first admin into the store, with audit event; `details` are added to it.
///
/// # Errors
/// [`ServiceError::Conflict`] where there is an admin by now.
pub(super) fn insert_first_admin(
    w: &WriteTxn,
    user: &User,
    hash: &SecretString,
    by: By,
    mut details: serde_json::Value,
) -> Result<(), ServiceError> {
    if users::has_admin(w)? {
        return Err(set_up_already());
    }
    users::insert(w, user, hash)?;
    details["after"] = json!(UserView::from(user));
    audit::append(w, user.created_at, by, "site.init", &format!("user:{}", user.id), &details)?;
    Ok(())
}

pub(super) fn set_up_already() -> ServiceError {
    ServiceError::Conflict("the site has an admin already; add others with `stockroom user add`".to_owned())
}

/// Makes the first admin from the configuration, where it names one and the site has none.
pub fn init_from_config(services: &Services) -> Result<Option<UserView>, ServiceError> {
    let admin = &services.config().admin;
    let (Some(email), Some(password)) = (&admin.email, &admin.password) else { return Ok(None) };
    if is_set_up(services)? {
        return Ok(None);
    }
    let plain = |password: &SecretString| NewPassword::Plain(password.clone());
    let (password, first_sign_in) = match password {
        AdminPassword::Hash(hash) => (NewPassword::Hash(hash.clone()), FirstSignIn::KeepsPassword),
        AdminPassword::File(password) => (plain(password), FirstSignIn::KeepsPassword),
        // It stands in plain sight in a file or a process list: good for one sign-in.
        AdminPassword::Plain(password) => (plain(password), FirstSignIn::ChangesPassword),
    };
    init(services, email.clone(), admin.username.clone(), password, first_sign_in).map(Some)
}
