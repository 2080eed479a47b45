//! Folders of users: each keeps files of their own, within a quota, recognised by content. A table is looked at
//! first and kept when its user says so; what is deleted can be brought back for a while.
//!
//! Contents lie in `files/` by their hash, together with those of imports: one is deleted only when neither an import,
//! a generation nor any folder needs it ([`super::imports`] asks [`wanted`]).

mod change;
pub mod copies;
mod office;
mod recognise;
mod table;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;

use super::authorize::By;
use super::error::ServiceError;
use super::files::{self, StoredFile};
use super::imports::{self, preview};
use super::sessions::LiveSession;
use super::{Services, audit};
use crate::base::size::{size, size_needed};
use crate::domain::audit::Actor;
use crate::domain::file_copy::CopyState;
use crate::domain::ids::{UserFileId, UserId};
use crate::domain::user::{User, turns_text};
use crate::domain::user_file::{MAX_NAME_CHARS, UserFile};
use crate::store::{Read, ReadTxn, StoreError, user_files as store_files, users as store_users};

pub use change::{Act, act, rename};
pub use office::{Folder, Office, find_in_folder, folders, import, in_folder, note_download};
pub use table::{TABLE_JOB, TableJob, make_table, open_table, table_failed};
pub(super) use table::{TABLES_DIR, Tables, forget_table};

/// Files of one user, so that lists and quotas stay quick.
const MAX_FILES: usize = 10_000;
/// How long a table that nobody decided about is there.
const UNDECIDED: SignedDuration = SignedDuration::from_hours(1);
/// How long a deleted file can be brought back.
pub const DELETED_DAYS: i64 = 30;

/// What there is in a folder.
#[derive(Debug, Clone)]
pub struct Contents {
    /// All files, newest first: also those that are not kept yet or were deleted.
    pub files: Vec<UserFile>,
    /// Bytes of all of them.
    pub used_bytes: u64,
    /// Bytes there may be.
    pub quota_bytes: u64,
    /// How far copies elsewhere are, by content; `None` where none are made and there are none.
    pub copies: Option<BTreeMap<String, CopyState>>,
}

/// Refuses a user who has no folder.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn must_have_folder(services: &Services, user: &User) -> Result<(), ServiceError> {
    if services.config().files.has_folder(user) {
        return Ok(());
    }
    Err(ServiceError::NotFound(
        "folder of files for your account: the site gives it to other roles".to_owned(),
    ))
}

/// One's own folder.
///
/// # Errors
/// [`ServiceError::NotFound`] where there is none.
pub fn own(services: &Services, live: &LiveSession) -> Result<Contents, ServiceError> {
    must_have_folder(services, &live.user)?;
    contents(services, live.user.id)
}

fn contents(services: &Services, user: UserId) -> Result<Contents, ServiceError> {
    let (mut files, copies) = services.store.read(|r| {
        let files = store_files::list_files_of(r, user)?;
        Ok::<_, StoreError>((files, copies::states_of(r, user)?))
    })?;
    files.reverse();
    let copies = (services.config().remote.is_some() || !copies.is_empty()).then_some(copies);
    let used_bytes = files.iter().map(|file| file.bytes).sum();
    Ok(Contents { files, used_bytes, quota_bytes: services.config().files.quota_bytes, copies })
}

/// A file of one's own.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn find_own(services: &Services, live: &LiveSession, id: UserFileId) -> Result<UserFile, ServiceError> {
    must_have_folder(services, &live.user)?;
    services.store.read(|r| find(r, live.user.id, id))
}

fn find(r: &impl Read, user: UserId, id: UserFileId) -> Result<UserFile, ServiceError> {
    let found = store_files::find_file(r, user, id)?;
    found.ok_or_else(|| ServiceError::NotFound("such file".to_owned()))
}

fn by(live: &LiveSession, address: Option<IpAddr>) -> By {
    By { actor: Actor::User(live.user.id), address }
}

fn target(file: &UserFile) -> String {
    format!("user:{}", file.user_id)
}

/// Refuses what would not fit: before any of it is sent where the size is known, and again when it is noted.
///
/// # Errors
/// [`ServiceError::TooLarge`], which says how much room there is.
pub fn must_fit(services: &Services, live: &LiveSession, bytes: u64) -> Result<(), ServiceError> {
    services.store.read(|r| fits(services, r, live.user.id, bytes))
}

fn fits(services: &Services, r: &impl Read, user: UserId, bytes: u64) -> Result<(), ServiceError> {
    let files = store_files::list_files_of(r, user)?;
    let taken: u64 = files.iter().map(|file| file.bytes).sum();
    let quota = services.config().files.quota_bytes;
    if taken.saturating_add(bytes) > quota {
        let left = quota.saturating_sub(taken);
        return Err(ServiceError::TooLarge(format!(
            "your folder has {} left and this needs {}; delete files you do not need, for good",
            size(left),
            size_needed(bytes)
        )));
    }
    if files.len() >= MAX_FILES {
        return Err(ServiceError::TooLarge(format!(
            "a folder holds {MAX_FILES} files; delete some for good first"
        )));
    }
    Ok(())
}

/// Takes a stored file into one's folder; a table is to be looked at first. What is refused is put away again.
///
/// # Errors
/// [`ServiceError::Invalid`] of `file` for what may not be kept; [`ServiceError::TooLarge`].
pub fn add(
    services: &Services,
    live: &LiveSession,
    name: &str,
    file: &StoredFile,
    address: Option<IpAddr>,
) -> Result<UserFile, ServiceError> {
    let added = look_and_add(services, live, name, file, address);
    if added.is_err() {
        imports::discard(services, &file.sha256)?;
    }
    added
}

fn look_and_add(
    services: &Services,
    live: &LiveSession,
    name: &str,
    file: &StoredFile,
    address: Option<IpAddr>,
) -> Result<UserFile, ServiceError> {
    must_have_folder(services, &live.user)?;
    must_fit(services, live, file.bytes)?;
    let kind = recognise::kind_of(services, file)?;
    let types = &services.config().files.types;
    if !types.contains(&kind.class()) {
        let allowed: Vec<&str> = types.iter().map(|class| class.as_str()).collect();
        let message = format!("this site keeps {} alone, and this is another kind", allowed.join(", "));
        return Err(ServiceError::invalid("file", message));
    }
    let now = services.now();
    let added = UserFile {
        id: UserFileId::new(now),
        user_id: live.user.id,
        name: sent_name(name),
        sha256: file.sha256.clone(),
        bytes: file.bytes,
        kind,
        added_at: now,
        is_kept: !kind.is_table(),
        deleted_at: None,
    };
    if kind.is_table() {
        // What cannot be read is no table, whatever it begins with.
        preview::of_file(services, added.id, file)?;
    }
    // The same content may be put away elsewhere at this very moment.
    let _files = services.builds.lock_files();
    if !files::path_of(services.data_dir(), &file.sha256).exists() {
        return Err(ServiceError::Conflict(
            "another copy of the same file was just put away; send it again".to_owned(),
        ));
    }
    services.store.write(|w| {
        let user = store_users::find_user(w, live.user.id)?.ok_or(ServiceError::SignInRequired)?;
        // Two uploads at once see each other here.
        fits(services, w, user.id, added.bytes)?;
        store_files::put_file(w, &added)?;
        copies::want(services, w, &added)?;
        let details = json!({
            "file": added.name, "sha256": added.sha256, "bytes": added.bytes, "kind": added.kind, "kept": added.is_kept,
        });
        audit::append(w, now, by(live, address), "file.add", &target(&added), &details)?;
        Ok::<_, ServiceError>(())
    })?;
    services.ring_job_bell();
    Ok(added)
}

/// A table as it reads: its first rows.
///
/// # Errors
/// [`ServiceError::Invalid`] with the reason where it cannot be read; [`ServiceError::Busy`].
pub fn preview(services: &Services, file: &UserFile) -> Result<Arc<preview::Preview>, ServiceError> {
    preview::of_file(services, file.id, &stored(file))
}

fn stored(file: &UserFile) -> StoredFile {
    StoredFile { sha256: file.sha256.clone(), bytes: file.bytes }
}

/// The content of a file, to be read from the beginning.
///
/// # Errors
/// [`ServiceError::Internal`] where it is not there.
pub fn open(services: &Services, file: &UserFile) -> Result<impl std::io::Read + Send + use<>, ServiceError> {
    content(services, &file.sha256)
}

fn content(services: &Services, sha256: &str) -> Result<impl std::io::Read + Send + use<>, ServiceError> {
    files::open(services.data_dir(), sha256)
        .map_err(|error| ServiceError::Internal(format!("reading a stored file: {error}")))
}

/// The first bytes of a stored file.
fn head_of(services: &Services, sha256: &str) -> Result<Vec<u8>, ServiceError> {
    let mut head = Vec::new();
    let read = content(services, sha256)?.take(1 << 10).read_to_end(&mut head);
    read.map_err(|error| ServiceError::Internal(format!("reading a stored file: {error}")))?;
    Ok(head)
}

fn is_hostile(c: char) -> bool {
    c.is_control() || turns_text(c) || matches!(c, '\u{61C}' | '\u{2028}' | '\u{2029}' | '/' | '\\')
}

/// No name, or one that means a folder wherever it is downloaded to.
fn is_place(name: &str) -> bool {
    name.chars().all(|c| c == '.')
}

/// What a sent file is called: its sender's name where that is fit to be shown, with a mark for what is not.
pub fn sent_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name: String =
        last.chars().map(|c| if is_hostile(c) { '\u{FFFD}' } else { c }).take(MAX_NAME_CHARS).collect();
    if is_place(&name) { "file".to_owned() } else { name }
}

/// A name that a person typed.
fn typed_name(typed: &str) -> Result<String, ServiceError> {
    let name = typed.trim();
    let reason = if is_place(name) {
        "needs at least one character other than a dot".to_owned()
    } else if name.chars().count() > MAX_NAME_CHARS {
        format!("has at most {MAX_NAME_CHARS} characters")
    } else if name.chars().any(is_hostile) {
        "has no slashes, and no characters that cannot be seen".to_owned()
    } else {
        return Ok(name.to_owned());
    };
    Err(ServiceError::invalid("name", reason))
}

/// Contents that folders need.
pub(super) fn wanted(r: &ReadTxn) -> Result<impl Iterator<Item = String> + use<>, StoreError> {
    Ok(store_files::list_all_files(r)?.into_iter().map(|file| file.sha256))
}

/// Takes out what nobody decided about within an hour, and what was deleted long ago; the sweep of stored files then
/// deletes the contents that nothing needs.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn purge(services: &Services) -> Result<usize, ServiceError> {
    let now = services.now();
    let deleted = now - SignedDuration::from_hours(24 * DELETED_DAYS);
    let is_over = |file: &UserFile| {
        (!file.is_kept && file.added_at < now - UNDECIDED)
            || file.deleted_at.is_some_and(|deleted_at| deleted_at < deleted)
    };
    let over: Vec<UserFile> =
        services.store.read(store_files::list_all_files)?.into_iter().filter(is_over).collect();
    let mut purged = 0;
    for some in over.chunks(50) {
        services.store.write(|w| {
            let mut gone = Vec::new();
            for file in some {
                // It may have been kept or brought back meanwhile.
                let found = store_files::find_file(w, file.user_id, file.id)?;
                if let Some(file) = found.filter(is_over) {
                    store_files::delete_file(w, file.user_id, file.id)?;
                    let details = json!({ "file": file.name, "sha256": file.sha256, "kept": file.is_kept });
                    audit::append(w, now, By::SYSTEM, "file.erase", &target(&file), &details)?;
                    gone.push(file);
                }
            }
            copies::let_go(services, w, gone.iter())?;
            purged += gone.len();
            Ok::<_, ServiceError>(())
        })?;
    }
    services.ring_job_bell();
    table::drop_unused(services)?;
    Ok(purged)
}

#[cfg(test)]
mod tests {
    use super::{sent_name, typed_name};

    #[test]
    fn names_are_data_and_show_what_they_are() {
        assert_eq!(sent_name("C:\\Users\\ann\\stock.csv"), "stock.csv");
        assert_eq!(sent_name("../../etc/passwd"), "passwd");
        assert_eq!(sent_name("a\u{202E}vsc.exe\n"), "a\u{FFFD}vsc.exe");
        assert_eq!(sent_name(".."), "file");
        assert_eq!(sent_name(" / "), "file");
        assert_eq!(sent_name(&"x".repeat(9999)).len(), 200);
        for bad in ["", " ", "a/b", "a\\b", "a\u{7}b", "a\u{202E}b", &"x".repeat(201)] {
            assert!(typed_name(bad).is_err(), "{bad:?}");
        }
        assert_eq!(typed_name(" Größe <b>.csv ").unwrap(), "Größe <b>.csv");
    }
}
