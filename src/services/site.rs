//! What the site is called.

use super::Services;
use super::audit;
use super::authorize::{Grant, ManageSite};
use super::error::ServiceError;
use crate::store::{StoreError, settings as store_settings};

/// Name of the setting.
pub(super) const NAME: &str = "site.name";
/// What a site is called that was not named.
pub const DEFAULT_NAME: &str = "Stockroom";
/// Longest name in characters: it stands in the top bar.
const MAX_NAME_CHARS: usize = 60;

/// What the site is called.
pub fn name(services: &Services) -> Result<String, ServiceError> {
    let name = services.store.read(|r| store_settings::find_setting(r, NAME))?;
    Ok(name.unwrap_or_else(|| DEFAULT_NAME.to_owned()))
}

/// A name as it is kept.
///
/// # Errors
/// [`ServiceError::Invalid`] for one that is empty, too long or holds control characters.
pub fn parse_name(name: &str) -> Result<String, ServiceError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(ServiceError::invalid("site_name", format!("has 1 to {MAX_NAME_CHARS} characters")));
    }
    Ok(name.to_owned())
}

/// Names the site.
///
/// # Errors
/// As [`parse_name`].
pub fn set_name(services: &Services, grant: &Grant<ManageSite>, new: &str) -> Result<(), ServiceError> {
    let new = parse_name(new)?;
    let now = services.now();
    services.store.write(|w| {
        let before = store_settings::find_setting(w, NAME)?;
        store_settings::put_setting(w, NAME, &new)?;
        let details = serde_json::json!({"before": before, "after": new});
        audit::append(w, now, grant.by(), "site.name", "site", &details)?;
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}
