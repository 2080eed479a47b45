//! Backups: one file that holds a whole site; its indexes only where that is wanted: they are built again from the
//! stored files.
//!
//! The file is a ZIP archive of members as they are (`archive.rs`): the database, packed, every stored file under its
//! content address, keys where a passphrase seals them, and `manifest.json`, which says of each how large it is and
//! which hash it has. It is written under a name with `.partial` at its end, read back whole, and only then gets its name.

mod archive;
mod create;
pub mod drill;
pub mod elsewhere;
mod examine;
mod indexes;
mod manifest;
mod references;
pub mod restore;
pub mod schedule;
mod sealed_keys;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::error::ServiceError;

pub use create::{Made, Wanted, create};
pub use verify::{Verified, verify};

/// Directory of backups in the data directory.
pub const BACKUPS_DIRECTORY: &str = "backups";
/// At the end of what is not whole yet.
const PARTIAL: &str = ".partial";
/// How directories begin in which a backup is made, and in which one is verified, which may be in another process.
const MAKING: &str = ".making-";
const VERIFYING: &str = ".verifying-";
/// What is older was left behind.
const VERIFYING_TAKES: Duration = Duration::from_hours(24);
/// What is said where something else has the turn.
const BUSY: &str = "a backup is being made or tried out already; wait for its end";
/// How names of backups begin and end that the site gives.
const NAME: (&str, &str) = ("stockroom-", ".backup");
/// The time in such a name, UTC.
const TIME_FORMAT: &str = "%Y%m%d-%H%M%S";

/// Backups that are being made, or tried out.
#[derive(Default)]
pub struct AtWork {
    turn: Mutex<()>,
    /// Stored files stay where they are meanwhile: what the copied database refers to is to be copied as well.
    keeps_files: AtomicBool,
}

impl AtWork {
    /// No backup is begun as long as this is held; `None` while one is being made.
    pub(in crate::services) fn while_none_is_made(&self) -> Option<MutexGuard<'_, ()>> {
        self.turn.try_lock().ok()
    }

    /// True while stored files must not be deleted. Asked under the lock of the stored files.
    pub fn keeps_files(&self) -> bool {
        self.keeps_files.load(Ordering::Acquire)
    }
}

/// A backup in the data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// Name of the file.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was made, as its name says.
    pub made_at: Timestamp,
}

/// The name of a backup of this moment.
fn name_at(at: Timestamp) -> String {
    format!("{}{}{}", NAME.0, at.strftime(TIME_FORMAT), NAME.1)
}

/// The moment that a name says.
fn time_of(name: &str) -> Option<Timestamp> {
    let text = name.strip_prefix(NAME.0)?.strip_suffix(NAME.1)?;
    let at = DateTime::strptime(TIME_FORMAT, text).ok()?;
    Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The backups in a data directory, the newest first. Nothing in them is looked at.
pub fn list(data_dir: &Path) -> Vec<Backup> {
    let entries = fs::read_dir(data_dir.join(BACKUPS_DIRECTORY)).into_iter().flatten().flatten();
    let mut backups: Vec<Backup> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let made_at = time_of(&name)?;
            let meta = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some(Backup { name, path: entry.path(), bytes: meta.len(), made_at })
        })
        .collect();
    backups.sort_by_key(|backup| std::cmp::Reverse(backup.made_at));
    backups
}

/// What backups left behind that never came to an end, or are writing just now.
pub(super) fn leftovers(data_dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data_dir.join(BACKUPS_DIRECTORY)).into_iter().flatten().flatten();
    let is_left = |entry: &fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        // Another process may verify one just now.
        let written = entry.metadata().and_then(|meta| meta.modified());
        let age = written.ok().and_then(|at| at.elapsed().ok()).unwrap_or_default();
        name.ends_with(PARTIAL) && !(name.starts_with(VERIFYING) && age < VERIFYING_TAKES)
    };
    entries.filter(is_left).map(|entry| entry.path()).collect()
}

/// Deletes what backups left behind that never came to an end. Only for who has the turn, or at a start.
pub fn sweep(data_dir: &Path) {
    for path in leftovers(data_dir) {
        let deleted = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        if let Err(error) = deleted {
            tracing::warn!("A leftover of a backup could not be deleted: {error}");
        }
    }
}

/// A directory for what is needed for a moment, beside backups; it goes when it is dropped, and with a later sweep.
fn scratch_in(directory: &Path, beginning: &str) -> std::io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix(beginning).suffix(PARTIAL).tempdir_in(directory)
}

/// What the disk or the file said, in words that say what became of the backup.
fn failed(what: &str, error: &std::io::Error) -> ServiceError {
    if matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded) {
        ServiceError::DiskFull(format!(
            "{what}: the disk is full. Earlier backups are as they were; free some space, or name another place with -o"
        ))
    } else {
        ServiceError::Internal(format!("{what}: {error}"))
    }
}

fn bad(path: &Path, what: impl std::fmt::Display) -> ServiceError {
    ServiceError::BadBackup(format!("{}: {what}. Take another backup", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{name_at, time_of};

    #[test]
    fn a_name_says_when_it_was() {
        let at = "2026-11-21T08:09:10Z".parse().unwrap();
        assert_eq!(name_at(at), "stockroom-20261121-080910.backup");
        assert_eq!(time_of(&name_at(at)), Some(at));
        for other in
            ["stockroom-20261121-080910.backup.partial", "before-schema-2-from-1.redb", "stockroom-.backup"]
        {
            assert_eq!(time_of(other), None, "{other}");
        }
    }
}
