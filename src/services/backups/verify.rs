//! Proving that a backup can be restored, by reading all of it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::archive::Archive;
use super::examine::{Examined, Files, examine};
use super::manifest::KEYS;
use super::{VERIFYING, failed, scratch_in};
use crate::base::secret::SecretString;
use crate::services::error::ServiceError;

/// What is in a backup, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// True where everything in it is as it was written.
    pub is_whole: bool,
    /// What is wrong.
    pub problems: Vec<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// Version of the program that made it.
    pub program: String,
    /// Schema of its database.
    pub schema: u32,
    /// What its site is called.
    pub site: String,
    /// Accounts.
    pub users: u64,
    /// Datasets.
    pub datasets: u64,
    /// Stored files.
    pub files: u64,
    /// Number and hash of the newest event of its audit log.
    pub audit_head: Option<(u64, String)>,
    /// Keys are in it, under a passphrase.
    pub has_keys: bool,
    /// Live data and files of users that the site had lost before the backup was made.
    pub lost: u64,
}

impl Verified {
    pub(super) fn of(path: &Path, archive: &Archive, examined: &Examined) -> Self {
        let manifest = &archive.manifest;
        Self {
            file: path.to_owned(),
            bytes: archive.bytes,
            is_whole: examined.problems.is_empty(),
            problems: examined.problems.clone(),
            made_at: manifest.made_at,
            program: manifest.program.clone(),
            schema: manifest.schema,
            site: manifest.site.clone(),
            users: manifest.users,
            datasets: manifest.datasets,
            files: manifest.members.iter().filter(|member| member.name.starts_with("files/")).count() as u64,
            audit_head: manifest.audit_head.clone(),
            has_keys: manifest.find(KEYS).is_some(),
            lost: examined.lost,
        }
    }

    /// What is wrong, as an error.
    ///
    /// # Errors
    /// [`ServiceError::BadBackup`].
    pub fn must_be_whole(&self) -> Result<(), ServiceError> {
        match self.problems.as_slice() {
            [] => Ok(()),
            [first, rest @ ..] => {
                let more = match rest.len() {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                };
                Err(super::bad(&self.file, format!("{first}{more}")))
            }
        }
    }
}

/// Opens a backup and reads all of it; the database is unpacked beside it for that, or among temporary files where
/// nothing can be written there.
///
/// # Errors
/// The disk; [`ServiceError::BadBackup`] for a file that is no backup. What is wrong inside of one is in the answer.
pub fn verify(
    path: &Path,
    passphrase: Option<&SecretString>,
    stops: &dyn Fn() -> bool,
) -> Result<Verified, ServiceError> {
    let beside = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // That there is no such file is said before.
    Archive::open(path)?;
    let scratch = scratch_in(beside, VERIFYING)
        .or_else(|_| scratch_in(&std::env::temp_dir(), VERIFYING))
        .map_err(|error| failed("making room to unpack the database", &error))?;
    verify_in(path, scratch.path(), passphrase, stops)
}

/// The same with an empty directory for the database.
pub(super) fn verify_in(
    path: &Path,
    scratch: &Path,
    passphrase: Option<&SecretString>,
    stops: &dyn Fn() -> bool,
) -> Result<Verified, ServiceError> {
    let mut archive = Archive::open(path)?;
    let examined = examine(&mut archive, scratch, Files::Checked, passphrase, stops)?;
    Ok(Verified::of(path, &archive, &examined))
}
