//! Putting a backup in the place of a site: all of it is unpacked and checked beside the data directory first, then the
//! two change places. What was there before is kept under another name.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{CWD, RenameFlags};
use serde::Serialize;
use serde_json::json;

use super::archive::Archive;
use super::examine::{Files, examine};
use super::manifest::Manifest;
use super::sealed_keys::{self, Keys};
use super::{BACKUPS_DIRECTORY, TIME_FORMAT, Verified, failed, indexes};
use crate::base::secret::SecretString;
use crate::services::audit;
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::keys::{KEYS_DIRECTORY, OLD_AUDIT_KEYS_FILE, Ring, audit_keys, sealed};
use crate::services::live_links;
use crate::store::migrations::SCHEMA;
use crate::store::{ReadTxn, Store, StoreError, sessions, tokens};

/// What is of no backup and goes on in the restored site: backups themselves, and the drop folder.
const CARRIED_OVER: [&str; 4] = [BACKUPS_DIRECTORY, "inbox", "done", "failed"];

/// What is wanted.
#[derive(Debug)]
pub struct Wanted<'w> {
    /// The backup.
    pub file: &'w Path,
    /// Where the site is to live.
    pub data_dir: &'w Path,
    /// Opens the keys in the backup.
    pub passphrase: Option<&'w SecretString>,
    /// Everything is checked, and nothing changed.
    pub dry_run: bool,
}

/// Where the keys of the restored site come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeysFrom {
    /// Out of the backup, with its passphrase.
    Backup,
    /// From the site that was there before: it is the same one.
    SiteBefore,
    /// There are none: new ones are made.
    Nowhere,
}

/// What was restored, or would be.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// What is in the backup.
    pub backup: Verified,
    /// Where the site lives now.
    pub data_dir: PathBuf,
    /// Where the site that was there before is now.
    pub kept_as: Option<PathBuf>,
    /// Where the keys come from.
    pub keys: KeysFrom,
    /// What must be entered again, each with where.
    pub enter_again: Vec<String>,
    /// Datasets whose indexes are built at the next start.
    pub rebuilds: u64,
    /// Datasets whose indexes came out of the backup.
    pub indexes: u64,
    /// Nothing was changed.
    pub dry_run: bool,
}

/// What a backup says of itself, before anything is done with it.
///
/// # Errors
/// As [`super::verify`].
pub fn look(file: &Path) -> Result<Manifest, ServiceError> {
    Ok(Archive::open(file)?.manifest)
}

/// Restores a backup.
///
/// # Errors
/// [`StoreError::InUse`] while somebody has the data directory; [`ServiceError::BadBackup`]; the disk. Whatever failed, the
/// data directory is what it was.
pub fn restore(wanted: &Wanted<'_>, now: Timestamp) -> Result<Restored, ServiceError> {
    let mut archive = Archive::open(wanted.file)?;
    if archive.manifest.schema > SCHEMA {
        return Err(ServiceError::Conflict(format!(
            "the backup was made by stockroom {} (schema {}), and this version knows {SCHEMA}; restore it with that version \
             or a newer one",
            archive.manifest.program, archive.manifest.schema
        )));
    }
    // Behind a link, the directory itself changes places.
    let data_dir = fs::canonicalize(wanted.data_dir)
        .or_else(|_| std::path::absolute(wanted.data_dir))
        .map_err(|error| failed("finding the data directory", &error))?;
    let is_there = data_dir.is_dir();
    let _held = if is_there { Some(Store::hold(&data_dir)?) } else { None };
    let new = Beside::make(&data_dir)?;
    let keep = if wanted.dry_run { Files::Checked } else { Files::Kept };
    let mut examined = examine(&mut archive, &new.0, keep, wanted.passphrase, &|| false)?;
    let backup = Verified::of(wanted.file, &archive, &examined);
    backup.must_be_whole()?;
    let manifest = &archive.manifest;
    let store = Store::open(&new.0)?;
    let (from, keys) = match examined.keys.take() {
        Some(keys) => (KeysFrom::Backup, keys),
        None => keys_before(&data_dir, manifest)?,
    };
    let (enter_again, live) =
        store.read(|r| Ok::<_, StoreError>((to_enter_again(r, &keys)?, indexes::live(r)?)))?;
    let carried = if wanted.dry_run {
        indexes::count(manifest, &live)
    } else {
        indexes::keep_fitting(&new.0, manifest, &live)?
    };
    let mut restored = Restored {
        backup,
        data_dir: data_dir.clone(),
        kept_as: is_there.then(|| named(&data_dir, &format!("before-restore-{}", now.strftime(TIME_FORMAT)))),
        keys: from,
        enter_again,
        rebuilds: live.len() as u64 - carried,
        indexes: carried,
        dry_run: wanted.dry_run,
    };
    if wanted.dry_run {
        return Ok(restored);
    }
    begin_anew(&store, &restored, manifest, now)?;
    drop(store);
    put_keys(&new.0, &keys, (from == KeysFrom::Nowhere).then_some(manifest))
        .and_then(|()| Ok(rustix::fs::syncfs(File::open(&new.0)?)?))
        .map_err(|error| failed("writing the restored site", &error))?;
    swap(new, &mut restored)?;
    Ok(restored)
}

/// The directory with another ending: `data` as `data.restoring`.
fn named(data_dir: &Path, ending: &str) -> PathBuf {
    let mut name = data_dir.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// A directory that is being filled; it goes when it is dropped before it got its name.
struct Beside(PathBuf);

impl Beside {
    fn make(data_dir: &Path) -> Result<Self, ServiceError> {
        let path = named(data_dir, "restoring");
        match fs::DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => Ok(Self(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(ServiceError::Conflict(format!(
                    "`{}` is there: another restore is at work, or one was killed; then delete it and try again",
                    path.display()
                )))
            }
            Err(error) => Err(failed(&format!("making `{}`", path.display()), &error)),
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The keys of the site that is there, where it is the one that the backup is of.
fn keys_before(data_dir: &Path, manifest: &Manifest) -> Result<(KeysFrom, Keys), ServiceError> {
    // Also where the site signs with another key by now: it knows the one of then.
    let found = audit_keys(data_dir).unwrap_or_default();
    let is_same = found.iter().any(|key| manifest.audit_keys.first() == Some(&key.to_text()));
    if !is_same {
        return Ok((KeysFrom::Nowhere, Keys::new()));
    }
    let keys = sealed_keys::read(data_dir).map_err(|error| failed("reading the keys", &error))?;
    Ok((KeysFrom::SiteBefore, keys))
}

/// What none of the keys opens that the site is going to have: none may be there, or the site has another one by now.
fn to_enter_again(r: &ReadTxn, keys: &Keys) -> Result<Vec<String>, StoreError> {
    let ring = Ring::of_files(|name| keys.get(name).map(Vec::as_slice));
    let mut again = Vec::new();
    for sealed in sealed::list(r)? {
        let opens =
            ring.as_ref().is_some_and(|ring| ring.open(&sealed.place.purpose(), &sealed.text).is_some());
        if !opens {
            again.extend(sealed.place.enter_again(r)?);
        }
    }
    Ok(again)
}

/// Ends what must not come alive again: sessions and links that were ended since. Says so in the audit log.
fn begin_anew(
    store: &Store,
    restored: &Restored,
    manifest: &Manifest,
    now: Timestamp,
) -> Result<(), ServiceError> {
    let name = restored.backup.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let details = json!({
        "made_at": manifest.made_at, "audit_head": manifest.audit_head, "keys": restored.keys,
    });
    store.write(|w| {
        for session in sessions::list_sessions(w)? {
            sessions::delete_session(w, &session.token_hash)?;
        }
        for token in tokens::list_tokens(w)? {
            tokens::delete_token(w, &token)?;
        }
        live_links::erase_all(w)?;
        let target = format!("backup:{name}");
        audit::append(w, now, By::COMMAND_LINE, "backup.restore", &target, &details)?;
        Ok::<_, ServiceError>(())
    })
}

fn put_keys(directory: &Path, keys: &Keys, without: Option<&Manifest>) -> io::Result<()> {
    let directory = directory.join(KEYS_DIRECTORY);
    fs::DirBuilder::new().mode(0o700).create(&directory)?;
    let put = |name: &str, bytes: &[u8]| {
        let path = directory.join(name);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)
    };
    for (name, bytes) in keys {
        put(name, bytes)?;
    }
    // What was signed before can still be checked, and a new key may go on from there.
    match without {
        Some(manifest) if !manifest.audit_keys.is_empty() => {
            put(OLD_AUDIT_KEYS_FILE, (manifest.audit_keys.join("\n") + "\n").as_bytes())
        }
        _ => Ok(()),
    }
}

/// Gives the new directory the place of the old one, in one step where the file system can.
fn swap(new: Beside, restored: &mut Restored) -> Result<(), ServiceError> {
    let data_dir = &restored.data_dir;
    let swapping = |error: io::Error| {
        failed(&format!("putting the restored site in the place of `{}`", data_dir.display()), &error)
    };
    let parent = data_dir.parent().unwrap_or(Path::new("/"));
    let sync = || File::open(parent).and_then(|parent| parent.sync_all()).map_err(swapping);
    let Some(kept) = &restored.kept_as else {
        fs::rename(&new.0, data_dir).map_err(swapping)?;
        return sync();
    };
    if fs::symlink_metadata(kept).is_ok() {
        return Err(ServiceError::Conflict(format!("`{}` is there already", kept.display())));
    }
    match rustix::fs::renameat_with(CWD, &new.0, CWD, data_dir, RenameFlags::EXCHANGE) {
        Ok(()) => {
            let old = new.0.clone();
            // From here on that name is the site that was there before.
            std::mem::forget(new);
            sync()?;
            fs::rename(&old, kept).map_err(swapping)?;
        }
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            fs::rename(data_dir, kept).map_err(swapping)?;
            fs::rename(&new.0, data_dir).map_err(|error| {
                let _ = fs::rename(kept, data_dir);
                swapping(error)
            })?;
        }
        Err(error) => return Err(swapping(error.into())),
    }
    for name in CARRIED_OVER {
        let (from, to) = (kept.join(name), data_dir.join(name));
        if from.exists()
            && !to.exists()
            && let Err(error) = fs::rename(&from, &to)
        {
            tracing::warn!("`{}` stays where it is: {error}", from.display());
        }
    }
    sync()
}
