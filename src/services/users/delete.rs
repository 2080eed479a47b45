//! Deleting an account: nothing of it stays but the audit log, and what it was called, so that the log can say who it
//! was.

use std::collections::BTreeSet;

use serde_json::json;

use super::admins::is_last_admin;
use super::reach;
use super::{UserView, get, target};
use crate::domain::email::LoginKey;
use crate::domain::ids::UserId;
use crate::domain::session::TokenHash;
use crate::domain::user::User;
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::end_sessions;
use crate::services::error::ServiceError;
use crate::services::user_files::copies;
use crate::services::{Services, api_tokens, audit, imports, live_links, second_factor, throttle};
use crate::store::gone_users::{GoneUser, put_gone};
use crate::store::{
    WriteTxn, avatars, devices, directory as store_directory, owners_seen, preferences as store_preferences,
    tokens as store_tokens, user_files as store_user_files, users as store_users,
};

/// Deletes an account for good. `typed` is its address, typed by whoever means it.
///
/// # Errors
/// [`ServiceError::Invalid`] where another address was typed; [`ServiceError::Conflict`] for oneself and for the last
/// active admin.
pub fn delete(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
    typed: &str,
) -> Result<UserView, ServiceError> {
    let id = services.store.read(|r| get(r, login))?.id;
    let devices = devices_of(services, id)?;
    let contents = services.store.read(|r| store_user_files::list_files_of(r, id))?;
    let deleted = services.store.write(|w| {
        let user = get(w, &id.to_string())?;
        if LoginKey::of(typed) != user.email.login() {
            let message = format!("is not {}: type the address of the account that is to go", user.email);
            return Err(ServiceError::invalid("confirm_email", message));
        }
        if grant.by().user() == Some(user.id) {
            return Err(ServiceError::Conflict(
                "you cannot delete your own account; another admin can".to_owned(),
            ));
        }
        reach::check(w, grant.by(), Some(&user), &user.owners)?;
        if is_last_admin(w, &user)? {
            let message = format!("the last active admin is {}; make another one first", user.email);
            return Err(ServiceError::Conflict(message));
        }
        erase(services, w, grant, &user, &devices)?;
        Ok(UserView::from(&user))
    })?;
    // What stays here goes with the next sweep.
    if let Err(error) = imports::discard_all(services, contents.iter().map(|file| file.sha256.as_str())) {
        tracing::warn!("Files of a deleted account stay for the next sweep: {error}");
    }
    Ok(deleted)
}

fn devices_of(services: &Services, id: UserId) -> Result<Vec<TokenHash>, ServiceError> {
    let found = services.store.read(|r| devices::list_devices_of(r, &BTreeSet::from([id])))?;
    Ok(found.into_values().flatten().collect())
}

/// Deletes all there is of a user, in the caller's transaction, which has made sure that they may go. `devices` are
/// those that signed in as them.
pub(super) fn erase(
    services: &Services,
    w: &WriteTxn,
    grant: &Grant<ManageUsers>,
    user: &User,
    devices: &[TokenHash],
) -> Result<(), ServiceError> {
    let now = services.now();
    let ended = end_sessions::all_of(w, now, user.id, None)?;
    api_tokens::erase(w, user.id)?;
    live_links::erase(w, user.id)?;
    store_tokens::delete_tokens_of(w, user.id)?;
    for device in devices {
        // One that another user has signed in on meanwhile is theirs.
        if devices::find_device_user(w, device)? == Some(user.id) {
            devices::delete_device(w, device)?;
        }
    }
    second_factor::erase(w, user.id)?;
    throttle::unlock(w, user.id)?;
    if let Some(avatar) = user.avatar {
        avatars::delete_avatar(w, avatar)?;
    }
    // Their contents go after the transaction, or with the next sweep of stored files.
    let files = store_user_files::delete_files_of(w, user.id)?;
    copies::let_all_go(services, w, user.id)?;
    store_preferences::delete_preferences(w, user.id)?;
    owners_seen::delete_seen(w, user.id)?;
    store_directory::delete_account(w, user.id)?;
    store_users::delete_user(w, user)?;
    let gone = GoneUser { name: user.shown_name(), email: user.email.to_string(), deleted_at: now };
    put_gone(w, user.id, &gone)?;
    let details = json!({ "before": UserView::from(user), "sessions_ended": ended, "files": files });
    audit::append(w, now, grant.by(), "user.delete", &target(user), &details)?;
    Ok(())
}
