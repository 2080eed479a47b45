//! Letting an admin in again who is locked out, from the machine itself: nobody else could.

use serde_json::json;

use super::{NewPassword, UserView, change_in, get, hash_new, is_changed_here, target};
use crate::base::secret::SecretString;
use crate::domain::permission::Permission;
use crate::domain::user::User;
use crate::services::access::invite::{self, Handover, Slip, Way};
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::services::{Services, audit, live_links, second_factor, throttle};
use crate::store::{trusted_browsers, users as store_users};

/// What came of it.
#[derive(Debug)]
pub struct AdminReset {
    /// The account as it is now.
    pub user: UserView,
    /// What to sign in with, where no password was given.
    pub slip: Option<Slip>,
    /// It had a second factor, which is gone.
    pub had_second_factor: bool,
}

fn is_admin(user: &User) -> Result<(), ServiceError> {
    is_changed_here(user)?;
    if user.has(Permission::ManageUsers) {
        return Ok(());
    }
    Err(ServiceError::Conflict(format!(
        "{} is no admin; an admin resets it at /admin/customers, or use `stockroom user passwd`",
        user.email
    )))
}

/// Sets a new password, to be changed at the next sign-in, or makes a slip that is good once; takes the second factor and
/// trusted browsers away, forgets wrong tries, and ends every session, all in one transaction.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] for who is no admin or comes from a directory; a password that is
/// not good enough.
pub fn reset(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
    password: Option<SecretString>,
) -> Result<AdminReset, ServiceError> {
    let mut user = services.store.read(|r| get(r, login))?;
    is_admin(&user)?;
    // What a password must be depends on whether there is a second factor.
    user.second_factor_at = None;
    let password =
        password.map(|password| hash_new(services, &user, NewPassword::Plain(password))).transpose()?;
    let reset = services.store.write(|w| {
        let now = services.now();
        let mut user = get(w, login)?;
        is_admin(&user)?;
        let had_second_factor = user.second_factor_at.take().is_some();
        second_factor::erase(w, user.id)?;
        store_users::update_user(w, &user)?;
        let tries = throttle::unlock(w, user.id)?;
        let browsers = trusted_browsers::delete_all_trusted(w, user.id, None)?;
        let details = json!({
            "second_factor": had_second_factor, "counters": tries, "browsers": browsers,
            "handed_over": if password.is_some() { "password" } else { "slip" },
        });
        audit::append(w, now, grant.by(), "user.admin-reset", &target(&user), &details)?;
        let (user, slip) = match &password {
            Some(hash) => {
                let view = change_in(services, w, grant, user, "user.password", |w, user| {
                    user.must_change_password = true;
                    store_users::put_password_hash(w, user.id, hash)?;
                    live_links::end_with_password(w, now, user.id)?;
                    Ok(())
                })?;
                (view, None)
            }
            None => match invite::reset_in(services, w, grant, user, Way::Slip)? {
                (view, Handover::Slip(slip)) => (view, Some(slip)),
                (view, _) => (view, None),
            },
        };
        Ok::<_, ServiceError>(AdminReset { user, slip, had_second_factor })
    })?;
    services.ring_job_bell();
    Ok(reset)
}
