//! What the site is called.

use super::Services;
use super::error::ServiceError;
use crate::domain::user::turns_text;
use crate::store::{Read, StoreError, settings as store_settings};

/// Name of the setting.
pub(super) const NAME: &str = "site.name";
/// What a site is called that was not named.
pub const DEFAULT_NAME: &str = "Stockroom";
/// Longest name in characters: it stands in the top bar.
pub const MAX_NAME_CHARS: usize = 60;

/// What the site is called.
pub fn name(services: &Services) -> Result<String, ServiceError> {
    Ok(services.store.read(name_in)?)
}

/// The same in a transaction.
pub(super) fn name_in(r: &impl Read) -> Result<String, StoreError> {
    let name = store_settings::find_setting(r, NAME)?;
    Ok(name.unwrap_or_else(|| DEFAULT_NAME.to_owned()))
}

/// A name as it is kept.
///
/// # Errors
/// [`ServiceError::Invalid`] for one that is empty, too long or holds control characters.
pub fn parse_name(name: &str) -> Result<String, ServiceError> {
    let name = name.trim();
    if name.is_empty()
        || name.chars().count() > MAX_NAME_CHARS
        || name.chars().any(|c| c.is_control() || turns_text(c))
    {
        let rule = format!("has 1 to {MAX_NAME_CHARS} characters, and none that turn or hide others");
        return Err(ServiceError::invalid("site_name", rule));
    }
    Ok(name.to_owned())
}
