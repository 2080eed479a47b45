//! What keeps one account safe, beyond what the site wants of all: a second factor it must have, and letting its user
//! try again at once after too many wrong passwords.

use serde_json::json;

use super::{UserView, get, reach, target};
use crate::domain::user::User;
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::error::ServiceError;
use crate::services::{Services, audit, throttle};
use crate::store::{WriteTxn, users as store_users};

/// Whether a user must have a second factor, whatever the site wants of their roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Demand {
    /// They must.
    Required,
    /// It is as the site wants it.
    AsTheSite,
}

/// Demands a second factor of a user, or no longer. Who is signed in without one sets it up before anything else.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn demand_second_factor(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
    demand: Demand,
) -> Result<UserView, ServiceError> {
    services.store.write(|w| {
        let user = get(w, login)?;
        demand_in(services, w, grant, user, demand)
    })
}

pub(super) fn demand_in(
    services: &Services,
    w: &WriteTxn,
    grant: &Grant<ManageUsers>,
    mut user: User,
    demand: Demand,
) -> Result<UserView, ServiceError> {
    let now = services.now();
    reach::check(w, grant.by(), Some(&user), &user.owners)?;
    let before = user.second_factor_required;
    user.second_factor_required = demand == Demand::Required;
    user.updated_at = now;
    store_users::update_user(w, &user)?;
    let details = json!({ "before": before, "after": user.second_factor_required });
    audit::append(w, now, grant.by(), "user.second_factor.require", &target(&user), &details)?;
    Ok(UserView::from(&user))
}

/// Forgets the failed tries of an account, so that its user need not wait.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn unlock(
    services: &Services,
    grant: &Grant<ManageUsers>,
    login: &str,
) -> Result<UserView, ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let user = get(w, login)?;
        let standing = throttle::standing(w, &services.config().throttle, user.id, now)?;
        let failures = standing.map_or(0, |(failures, _)| failures);
        let counters = throttle::unlock(w, user.id)?;
        let details = json!({ "failures": failures, "counters": counters });
        audit::append(w, now, grant.by(), "user.unlock", &target(&user), &details)?;
        Ok(UserView::from(&user))
    })
}
