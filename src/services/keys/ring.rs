//! The site's key as a file, and the one before it for as long as something is sealed with it.
//!
//! Turning: the key that is there is written down as the old one, then a new one takes its name in one rename. Whatever
//! moment the power goes at, the key that something was sealed with is there under one of the two names.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pasetors::Local;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};

use super::{KEY_FILE, damaged, read_or_make};
use crate::base::base64;
use crate::base::ids::random_bytes;
use crate::services::error::ServiceError;

/// The key before.
pub const OLD_KEY_FILE: &str = "site.old.key";
/// In the file of the key before: nothing waits for links.
const AT_ONCE: &str = "at once";

/// The key before.
pub struct OldKey {
    key: SymmetricKey<V4>,
    /// When another took its place.
    pub replaced_at: Timestamp,
    /// It goes without waiting for links and forms that are under way.
    pub at_once: bool,
}

/// Keys that open.
pub struct Ring {
    current: SymmetricKey<V4>,
    /// Where one is being left.
    pub old: Option<OldKey>,
}

/// Which key opened something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The one that seals.
    Current,
    /// The one before.
    Old,
}

impl Ring {
    /// Reads the keys, and makes one where there is none.
    pub(super) fn load(directory: &Path) -> Result<Self, ServiceError> {
        let path = directory.join(KEY_FILE);
        let bytes = read_or_make(directory, &path, || random_bytes::<32>().to_vec())
            .map_err(|error| cannot("read", &path, &error))?;
        let current = SymmetricKey::<V4>::from(&bytes).map_err(|_| damaged(&path))?;
        let path = directory.join(OLD_KEY_FILE);
        let old = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot("read", &path, &error)),
            Ok(text) => Some(parse_old(&text).ok_or_else(|| damaged(&path))?),
        };
        Ok(Self::of(current, old))
    }

    fn of(current: SymmetricKey<V4>, old: Option<OldKey>) -> Self {
        // Written down as the old one, and not replaced yet: the power went in between.
        let old = old.filter(|old| old.key.as_bytes() != current.as_bytes());
        Self { current, old }
    }

    /// The same from files by name; `None` where the key is not among them.
    pub fn of_files<'f>(file: impl Fn(&str) -> Option<&'f [u8]>) -> Option<Self> {
        let text = |name: &str| std::str::from_utf8(file(name)?).ok();
        let current = SymmetricKey::from(&base64::decode(text(KEY_FILE)?.trim())?).ok()?;
        Some(Self::of(current, text(OLD_KEY_FILE).and_then(parse_old)))
    }

    pub(super) fn seal(&self, purpose: &str, bytes: &[u8]) -> Result<String, ServiceError> {
        // The crate opens texts alone.
        let text = base64::encode(bytes);
        LocalToken::encrypt(&self.current, text.as_bytes(), None, Some(purpose.as_bytes()))
            .map_err(|_| ServiceError::Internal("sealing failed".to_owned()))
    }

    /// What was sealed for `purpose`, and which key opened it; `None` for anything else.
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<(By, Vec<u8>)> {
        let token = UntrustedToken::<Local, V4>::try_from(sealed).ok()?;
        let with = |key: &SymmetricKey<V4>| {
            let opened = LocalToken::decrypt(key, &token, None, Some(purpose.as_bytes())).ok()?;
            base64::decode(opened.payload())
        };
        let current = with(&self.current).map(|bytes| (By::Current, bytes));
        current.or_else(|| Some((By::Old, with(&self.old.as_ref()?.key)?)))
    }

    /// Puts a new key in the place of the one that is there, which stays as the old one.
    pub(super) fn turn(&self, directory: &Path, now: Timestamp, at_once: bool) -> Result<(), ServiceError> {
        put_old(directory, self.current.as_bytes(), now, at_once)?;
        let fresh = base64::encode(&random_bytes::<32>());
        replace(directory, KEY_FILE, &format!("{fresh}\n"))
    }

    /// Has the old key go without waiting for links.
    pub(super) fn hurry(&self, directory: &Path) -> Result<(), ServiceError> {
        match &self.old {
            Some(old) => put_old(directory, old.key.as_bytes(), old.replaced_at, true),
            None => Ok(()),
        }
    }
}

fn put_old(directory: &Path, key: &[u8], at: Timestamp, at_once: bool) -> Result<(), ServiceError> {
    let mark = if at_once { AT_ONCE } else { "" };
    replace(directory, OLD_KEY_FILE, &format!("{}\n{at}\n{mark}\n", base64::encode(key)))
}

fn parse_old(text: &str) -> Option<OldKey> {
    let mut lines = text.lines();
    let key = SymmetricKey::from(&base64::decode(lines.next()?.trim())?).ok()?;
    let replaced_at = lines.next()?.trim().parse().ok()?;
    Some(OldKey { key, replaced_at, at_once: lines.next() == Some(AT_ONCE) })
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> ServiceError {
    ServiceError::Internal(format!("cannot {what} the key {}: {error}", path.display()))
}

/// Writes a file whole or not at all, over the one of this name.
pub(super) fn replace(directory: &Path, name: &str, text: &str) -> Result<(), ServiceError> {
    let path: PathBuf = directory.join(name);
    let written = || -> io::Result<()> {
        let mut file =
            tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o600)).tempfile_in(directory)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        fs::File::open(directory)?.sync_all()
    };
    written().map_err(|error| cannot("write", &path, &error))
}

/// Deletes the old key's file.
pub(super) fn drop_old(directory: &Path) -> Result<(), ServiceError> {
    let path = directory.join(OLD_KEY_FILE);
    let deleted = || -> io::Result<()> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::File::open(directory)?.sync_all()
    };
    deleted().map_err(|error| cannot("delete", &path, &error))
}
