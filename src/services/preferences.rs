//! How pages look to each user. A choice of one's own that shows nobody anything: it leaves no audit event.

use jiff::tz::TimeZone;

use super::Services;
use super::error::ServiceError;
use crate::domain::preferences::Preferences;
use crate::domain::user::User;
use crate::store::{StoreError, preferences as store_preferences};

/// The user's choices.
pub fn of(services: &Services, user: &User) -> Result<Preferences, ServiceError> {
    Ok(services.store.read(|r| store_preferences::get_preferences(r, user.id))?)
}

/// Changes one's own.
///
/// # Errors
/// [`ServiceError::Invalid`] for a zone that is not known here.
pub fn change(
    services: &Services,
    user: &User,
    change: impl FnOnce(&mut Preferences),
) -> Result<Preferences, ServiceError> {
    let mut preferences = of(services, user)?;
    change(&mut preferences);
    if let Some(zone) = &preferences.time_zone
        && TimeZone::get(zone).is_err()
    {
        return Err(ServiceError::invalid(
            "time_zone",
            format!("`{zone}` is no time zone known here; expected a name like Europe/Zurich"),
        ));
    }
    services.store.write(|w| {
        store_preferences::put_preferences(w, user.id, &preferences)?;
        Ok::<_, StoreError>(())
    })?;
    Ok(preferences)
}
