//! All copies at a glance, for who manages the site.

use std::collections::BTreeMap;

use super::state_of;
use crate::domain::file_copy::{CopyState, FileCopy};
use crate::services::Services;
use crate::services::authorize::{Grant, ManageSite};
use crate::services::error::ServiceError;
use crate::services::users::reach;
use crate::store::{Read, file_copies as store_copies, user_files as store_files, users as store_users};

/// Troubles that are listed.
const MOST_TROUBLES: usize = 50;

/// What there is.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// Where copies go; `None` where they go nowhere.
    pub place: Option<String>,
    /// Copies that are where copies go now.
    pub copied: usize,
    /// Bytes of those.
    pub copied_bytes: u64,
    /// Copies that are elsewhere than copies go now, by place.
    pub elsewhere: BTreeMap<String, usize>,
    /// Copies that are to be made.
    pub waiting: usize,
    /// Copies whose last try failed.
    pub troubles: usize,
    /// Copies that are to be deleted.
    pub leaving: usize,
    /// The first of the failed ones.
    pub first: Vec<Trouble>,
}

/// A copy whose last try failed.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// The copy.
    pub copy: FileCopy,
    /// How far it is.
    pub state: CopyState,
    /// Its user and their file, where both are still there and the reader reaches them: name and address of its page.
    pub file: Option<(String, String)>,
}

/// Counts them, and looks what is wrong.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn overview(services: &Services, grant: &Grant<ManageSite>) -> Result<Overview, ServiceError> {
    let place = services.config().remote.as_ref().map(|remote| remote.store.place());
    let overview = services.store.read(|r| {
        let mut seen = Overview { place, ..Overview::default() };
        for copy in store_copies::list_all_copies(r)? {
            let state = state_of(r, &copy)?;
            seen.leaving += usize::from(copy.is_leaving);
            match &state {
                CopyState::Retrying { .. } | CopyState::Failed { .. } => {
                    seen.troubles += 1;
                    if seen.first.len() < MOST_TROUBLES {
                        let file = file_of(r, grant, &copy)?;
                        seen.first.push(Trouble { copy, state, file });
                    }
                }
                // Counted as such alone.
                _ if copy.is_leaving => {}
                CopyState::Waiting => seen.waiting += 1,
                CopyState::Copied(copied) if Some(&copied.place) != seen.place.as_ref() => {
                    *seen.elsewhere.entry(copied.place.clone()).or_default() += 1;
                }
                CopyState::Copied(_) => {
                    seen.copied += 1;
                    seen.copied_bytes += copy.bytes;
                }
            }
        }
        Ok::<_, ServiceError>(seen)
    })?;
    Ok(overview)
}

/// Whom the reader does not reach is not named.
fn file_of(
    r: &impl Read,
    grant: &Grant<ManageSite>,
    copy: &FileCopy,
) -> Result<Option<(String, String)>, ServiceError> {
    let Some(user) = store_users::find_user(r, copy.user_id)? else { return Ok(None) };
    if grant.by().user() != Some(user.id) && !reach::reaches(r, grant.by(), &user)? {
        return Ok(None);
    }
    let files = store_files::list_files_of(r, copy.user_id)?;
    let file = files.into_iter().find(|file| file.sha256 == copy.sha256);
    Ok(file.map(|file| {
        (format!("{}: {}", user.shown_name(), file.name), format!("/files/folders/{}/{}", user.id, file.id))
    }))
}
