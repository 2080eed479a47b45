//! Files of others, for those who manage them or import what they hold.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Contents, contents, find, stored, target};
use crate::domain::dataset::Import;
use crate::domain::ids::{UserFileId, UserId};
use crate::domain::scope::OwnerScope;
use crate::domain::user::User;
use crate::domain::user_file::UserFile;
use crate::services::authorize::{By, Grant, ImportData, ManageUsers};
use crate::services::error::ServiceError;
use crate::services::imports::{self, Into, NewImport};
use crate::services::users::reach;
use crate::services::{Services, audit};
use crate::store::{Read, user_files as store_files, users as store_users};

/// Who looks into folders of others.
#[derive(Debug)]
pub enum Office {
    /// As far as they reach as an admin.
    Admin(Grant<ManageUsers>),
    /// Whoever imports and sees every owner, as with the cells of imports.
    Operator(Grant<ImportData>),
}

impl Office {
    pub(super) fn by(&self) -> By {
        match self {
            Self::Admin(grant) => grant.by(),
            Self::Operator(grant) => grant.by(),
        }
    }

    fn reaches(&self, r: &impl Read, user: &User) -> Result<bool, ServiceError> {
        if self.by().user() == Some(user.id) {
            return Ok(true);
        }
        Ok(match self {
            Self::Admin(grant) => reach::reaches(r, grant.by(), user)?,
            Self::Operator(grant) => {
                let own = grant.by().user().map(|id| store_users::find_user(r, id)).transpose()?.flatten();
                own.is_some_and(|own| own.owners == OwnerScope::All)
            }
        })
    }

    fn user(&self, r: &impl Read, id: UserId) -> Result<User, ServiceError> {
        let unknown = || ServiceError::NotFound("such folder".to_owned());
        let user = store_users::find_user(r, id)?.ok_or_else(unknown)?;
        if self.reaches(r, &user)? { Ok(user) } else { Err(unknown()) }
    }
}

/// A folder that is not empty.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Whose.
    pub user: User,
    /// Files that are kept and not deleted.
    pub files: usize,
    /// Bytes of everything in it.
    pub bytes: u64,
}

/// Folders with anything in them that the reader may look into, by name.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn folders(services: &Services, office: &Office) -> Result<Vec<Folder>, ServiceError> {
    services.store.read(|r| {
        let mut sums: BTreeMap<UserId, (usize, u64)> = BTreeMap::new();
        for file in store_files::list_all_files(r)? {
            let (files, bytes) = sums.entry(file.user_id).or_default();
            *files += usize::from(file.is_kept && file.deleted_at.is_none());
            *bytes += file.bytes;
        }
        let mut folders = Vec::new();
        for (id, (files, bytes)) in sums {
            if let Some(user) = store_users::find_user(r, id)?
                && office.reaches(r, &user)?
            {
                folders.push(Folder { user, files, bytes });
            }
        }
        folders.sort_by_key(|folder| folder.user.shown_name().to_lowercase());
        Ok(folders)
    })
}

/// A folder of somebody: what is kept there.
///
/// # Errors
/// [`ServiceError::NotFound`], also for who is out of reach.
pub fn in_folder(
    services: &Services,
    office: &Office,
    user: UserId,
) -> Result<(User, Contents), ServiceError> {
    let user = services.store.read(|r| office.user(r, user))?;
    let mut contents = contents(services, user.id)?;
    contents.files.retain(|file| file.is_kept && file.deleted_at.is_none());
    Ok((user, contents))
}

/// A kept file in a folder of somebody.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn find_in_folder(
    services: &Services,
    office: &Office,
    user: UserId,
    id: UserFileId,
) -> Result<UserFile, ServiceError> {
    services.store.read(|r| {
        let user = office.user(r, user)?;
        let file = find(r, user.id, id)?;
        let is_there = file.is_kept && file.deleted_at.is_none();
        if is_there { Ok(file) } else { Err(ServiceError::NotFound("such file".to_owned())) }
    })
}

/// Writes down that somebody else than its user takes a copy of a file.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn note_download(
    services: &Services,
    office: &Office,
    user: UserId,
    id: UserFileId,
) -> Result<UserFile, ServiceError> {
    let file = find_in_folder(services, office, user, id)?;
    if office.by().user() != Some(file.user_id) {
        let details = json!({ "file": file.name, "sha256": file.sha256 });
        services.store.write(|w| {
            audit::append(w, services.now(), office.by(), "file.read", &target(&file), &details)
        })?;
    }
    Ok(file)
}

/// Begins an import of a file in a folder, of somebody's or one's own, that waits for a person.
///
/// # Errors
/// As [`imports::preview::begin`]; [`ServiceError::NotFound`].
pub fn import(
    services: &Services,
    grant: &Grant<ImportData>,
    office: &Office,
    (user, id): (UserId, UserFileId),
    dataset: &str,
    into: Into,
) -> Result<Import, ServiceError> {
    let file = find_in_folder(services, office, user, id)?;
    if !file.kind.is_table() {
        return Err(ServiceError::Conflict("only tables can be imported".to_owned()));
    }
    let new = NewImport {
        dataset: dataset.to_owned(),
        file_name: file.name.clone(),
        file: stored(&file),
        set: Vec::new(),
        confirm: false,
    };
    imports::preview::begin(services, grant, &new, into)
}
