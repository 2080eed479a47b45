//! What users do with files of their own.

use std::net::IpAddr;

use serde_json::json;

use super::{by, copies, find, must_have_folder, recognise, target, typed_name};
use crate::domain::ids::UserFileId;
use crate::domain::user_file::UserFile;
use crate::services::error::ServiceError;
use crate::services::sessions::LiveSession;
use crate::services::{Services, audit, imports};
use crate::store::{WriteTxn, user_files as store_files};

/// What can be done with a file, without a word more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A table that was looked at is to stay.
    Keep,
    /// Put it where it can be brought back from.
    Delete,
    /// Bring it back.
    Restore,
    /// Delete for good; also what was not kept.
    Erase,
}

impl Act {
    fn action(self) -> &'static str {
        match self {
            Self::Keep => "file.keep",
            Self::Delete => "file.delete",
            Self::Restore => "file.restore",
            Self::Erase => "file.erase",
        }
    }
}

/// Does it with a file of one's own. What is so already stays as it is.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] for erasing what was not deleted before.
pub fn act(
    services: &Services,
    live: &LiveSession,
    id: UserFileId,
    act: Act,
    address: Option<IpAddr>,
) -> Result<UserFile, ServiceError> {
    let now = services.now();
    let file = change(services, live, id, address, act.action(), |w, file| {
        let before = file.clone();
        match act {
            Act::Keep => file.is_kept = true,
            Act::Delete => {
                file.is_kept = true;
                file.deleted_at = file.deleted_at.or(Some(now));
            }
            Act::Restore => file.deleted_at = None,
            Act::Erase => {
                if file.is_kept && file.deleted_at.is_none() {
                    return Err(ServiceError::Conflict("delete the file first".to_owned()));
                }
                store_files::delete_file(w, file.user_id, file.id)?;
                copies::let_go(services, w, std::iter::once(&*file))?;
                return Ok(true);
            }
        }
        let is_new = *file != before;
        if is_new {
            store_files::put_file(w, file)?;
            copies::want(services, w, file)?;
        }
        Ok(is_new)
    })?;
    services.ring_job_bell();
    if act == Act::Erase {
        imports::discard(services, &file.sha256)?;
    }
    Ok(file)
}

/// Gives a file of one's own another name; one that ends in nothing that fits what it is gets that behind it.
///
/// # Errors
/// [`ServiceError::Invalid`] of `name`; [`ServiceError::NotFound`].
pub fn rename(
    services: &Services,
    live: &LiveSession,
    id: UserFileId,
    name: &str,
    address: Option<IpAddr>,
) -> Result<UserFile, ServiceError> {
    let name = typed_name(name)?;
    change(services, live, id, address, "file.rename", |w, file| {
        let name = recognise::fitting_name(services, &file.sha256, file.kind, &name)?;
        if file.name == name {
            return Ok(false);
        }
        file.name = name;
        store_files::put_file(w, file)?;
        Ok(true)
    })
}

/// One transaction with its event, where anything is different afterwards.
fn change(
    services: &Services,
    live: &LiveSession,
    id: UserFileId,
    address: Option<IpAddr>,
    action: &str,
    change: impl FnOnce(&WriteTxn, &mut UserFile) -> Result<bool, ServiceError>,
) -> Result<UserFile, ServiceError> {
    must_have_folder(services, &live.user)?;
    services.store.write(|w| {
        let mut file = find(w, live.user.id, id)?;
        let before = file.name.clone();
        if change(w, &mut file)? {
            let mut details = json!({ "file": file.name, "sha256": file.sha256 });
            if before != file.name {
                details["before"] = before.into();
            }
            audit::append(w, services.now(), by(live, address), action, &target(&file), &details)?;
        }
        Ok(file)
    })
}
