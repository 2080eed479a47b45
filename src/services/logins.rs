//! Which login somebody means by what they typed.

use super::Services;
use super::error::ServiceError;
use crate::domain::email::{Email, LoginKey, Username};
use crate::domain::fold::mixes_scripts;
use crate::domain::mobile::Mobile;
use crate::store::{Read, StoreError, users as store_users};

/// The login that was typed. What nobody holds as it stands and reads as a telephone number is one, however it is
/// written; without a country in front it is one of the site's.
pub(super) fn typed(services: &Services, r: &impl Read, text: &str) -> Result<LoginKey, StoreError> {
    let as_it_stands = LoginKey::of(text);
    if store_users::find_user_by_login(r, &as_it_stands)?.is_some() {
        return Ok(as_it_stands);
    }
    let mobile = Mobile::parse(text, services.config().accounts.country).ok();
    Ok(mobile.map_or(as_it_stands, |mobile| mobile.login()))
}

/// Refuses an address that a visitor brings and that looks like another one.
///
/// # Errors
/// [`ServiceError::Invalid`].
pub(super) fn check_brought(email: &Email) -> Result<(), ServiceError> {
    // Each part by itself: `größe@пример.рф` is no mixture.
    let is_mixed = email.as_str().split(['@', '.']).any(mixes_scripts);
    if is_mixed { Err(mixed("email")) } else { Ok(()) }
}

fn mixed(field: &'static str) -> ServiceError {
    ServiceError::invalid(field, "has letters of different scripts side by side that look alike")
}

/// Refuses a user name that somebody chooses for themselves and that could be taken for somebody's telephone number: it
/// would stand before the number. Also one that mixes scripts, to look like another's. Admins may give such names, since many sites call their customers by number.
///
/// # Errors
/// [`ServiceError::Invalid`].
pub(super) fn check_chosen(services: &Services, name: Option<&Username>) -> Result<(), ServiceError> {
    if name.is_some_and(|name| mixes_scripts(name.as_str())) {
        return Err(mixed("username"));
    }
    let country = services.config().accounts.country;
    if name.is_some_and(|name| Mobile::parse(name.as_str(), country).is_ok()) {
        return Err(ServiceError::invalid(
            "username",
            "could be taken for a telephone number; choose another",
        ));
    }
    Ok(())
}
