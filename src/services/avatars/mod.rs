//! Pictures of users: whatever is sent is read by a child process and written anew, so that nothing of the file itself
//! is ever served.

mod child;
pub mod worker;

use std::net::IpAddr;
use std::sync::atomic::AtomicUsize;

use serde_json::json;

use super::authorize::By;
use super::error::ServiceError;
use super::sessions::LiveSession;
use super::{Services, audit};
use crate::base::size;
use crate::domain::audit::Actor;
use crate::domain::avatar::{MAX_FILE_BYTES, Picture, Shape};
use crate::domain::ids::AvatarId;
use crate::store::{avatars as store_avatars, users as store_users};

/// Pictures that are being read right now.
#[derive(Default)]
pub(crate) struct AtWork(AtomicUsize);

/// Takes a file as one's own picture, in place of any before.
///
/// # Errors
/// [`ServiceError::Invalid`] for what is no picture; [`ServiceError::TooLarge`]; [`ServiceError::Busy`].
pub fn set(
    services: &Services,
    live: &LiveSession,
    file: &[u8],
    address: Option<IpAddr>,
) -> Result<AvatarId, ServiceError> {
    let picture = read(services, file, Shape::Avatar, "avatar")?;
    let id = AvatarId::random();
    put(services, live, Some((id, &picture)), address)?;
    Ok(id)
}

/// The file as a picture of our own.
///
/// # Errors
/// [`ServiceError::Invalid`] of `field` for what is no picture; [`ServiceError::TooLarge`]; [`ServiceError::Busy`].
pub(super) fn read(
    services: &Services,
    file: &[u8],
    shape: Shape,
    field: &'static str,
) -> Result<Picture, ServiceError> {
    if file.len() > MAX_FILE_BYTES {
        let most = size::limit(MAX_FILE_BYTES as u64);
        return Err(ServiceError::TooLarge(format!("a picture has at most {most}; make it smaller")));
    }
    child::read(services, file, shape, field)
}

/// Takes one's own picture away.
pub fn remove(services: &Services, live: &LiveSession, address: Option<IpAddr>) -> Result<(), ServiceError> {
    put(services, live, None, address)
}

fn put(
    services: &Services,
    live: &LiveSession,
    picture: Option<(AvatarId, &Picture)>,
    address: Option<IpAddr>,
) -> Result<(), ServiceError> {
    let by = By { actor: Actor::User(live.user.id), address };
    services.store.write(|w| {
        let mut user = store_users::find_user(w, live.user.id)?.ok_or(ServiceError::SignInRequired)?;
        if let Some(before) = user.avatar.take() {
            store_avatars::delete_avatar(w, before)?;
        }
        if let Some((id, picture)) = picture {
            store_avatars::put_avatar(w, id, picture)?;
            user.avatar = Some(id);
        }
        store_users::update_user(w, &user)?;
        let details = json!({ "has_picture": picture.is_some() });
        Ok(audit::append(w, services.now(), by, "user.avatar", &format!("user:{}", user.id), &details)?)
    })
}

/// The picture with this id.
pub fn find(services: &Services, id: AvatarId) -> Result<Picture, ServiceError> {
    let found = services.store.read(|r| store_avatars::find_avatar(r, id))?;
    found.ok_or_else(|| ServiceError::NotFound("such picture".to_owned()))
}
