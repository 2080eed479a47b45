//! The site's logo: a picture that the server wrote itself, named by the setting `site.logo`.

use serde_json::json;

use super::authorize::{Grant, ManageSite};
use super::error::ServiceError;
use super::{Services, audit, avatars, settings};
use crate::domain::avatar::{Picture, Shape};
use crate::domain::ids::AvatarId;
use crate::store::{StoreError, avatars as store_avatars, settings as store_settings};

const SETTING: &str = "site.logo";

/// Takes a file as the logo, in place of any before.
///
/// # Errors
/// As [`avatars::set`].
pub fn set(services: &Services, grant: &Grant<ManageSite>, file: &[u8]) -> Result<(), ServiceError> {
    let picture = avatars::read(services, file, Shape::Logo, "logo")?;
    put(services, grant, Some((AvatarId::random(), &picture)))
}

/// Takes it away.
///
/// # Errors
/// Where the store cannot be written.
pub fn remove(services: &Services, grant: &Grant<ManageSite>) -> Result<(), ServiceError> {
    put(services, grant, None)
}

fn put(
    services: &Services,
    grant: &Grant<ManageSite>,
    logo: Option<(AvatarId, &Picture)>,
) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let before = store_settings::find_setting(w, SETTING)?;
        if let Some(before) = before.as_deref().and_then(|id| id.parse().ok()) {
            store_avatars::delete_avatar(w, before)?;
        }
        match logo {
            Some((id, picture)) => {
                store_avatars::put_avatar(w, id, picture)?;
                store_settings::put_setting(w, SETTING, &id.to_string())?;
            }
            None => {
                store_settings::delete_setting(w, SETTING)?;
            }
        }
        let change = json!({ "before": before.is_some(), "after": logo.is_some() });
        let details = json!({ "changes": { SETTING: change } });
        audit::append(w, now, grant.by(), "settings.change", "site", &details)
    })?;
    settings::apply_stored(services)
}

/// The logo with this id, where it is the site's: other pictures are for who is signed in.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn find(services: &Services, id: AvatarId) -> Result<Picture, ServiceError> {
    let found = if services.config().site.logo == Some(id) {
        services.store.read(|r| store_avatars::find_avatar(r, id)).map_err(|error: StoreError| error)?
    } else {
        None
    };
    found.ok_or_else(|| ServiceError::NotFound("such picture".to_owned()))
}
