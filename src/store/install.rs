//! The mark that a site was set up here: with it, a missing or empty database is damage and never a new site,
//! which anybody on the network could claim.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::error::StoreError;

/// File name of the mark within the data directory.
pub const MARKER_FILE: &str = "installed";

/// True where the mark is there, or where other parts of a site are.
pub(super) fn is_installed(directory: &Path) -> Result<bool, StoreError> {
    for name in [MARKER_FILE, "files", "index", "keys"] {
        let path = directory.join(name);
        if path.try_exists().map_err(|source| StoreError::Path { path, source })? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// File name of the mark that somebody has the store open, within the data directory.
const OPEN_FILE: &str = "open";

/// True where the last one who opened the store did not close it. Ask only while holding the store's lock: then
/// nobody else has it open.
pub(super) fn was_left_open(directory: &Path) -> Result<bool, StoreError> {
    let path = directory.join(OPEN_FILE);
    path.try_exists().map_err(|source| StoreError::Path { path, source })
}

/// Marks the store as open, so that it is known after a power cut, too.
pub(super) fn mark_open(directory: &Path) -> Result<(), StoreError> {
    let path = directory.join(OPEN_FILE);
    let error = |source| StoreError::Path { path: path.clone(), source };
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    file.and_then(|file| file.sync_all()).map_err(error)?;
    fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(error)
}

/// The store was closed as it should be.
pub(super) fn unmark_open(directory: &Path) {
    // Where it stays, the next start takes a moment longer.
    let _ = fs::remove_file(directory.join(OPEN_FILE));
}

/// Leaves the mark and makes sure that it stays.
pub(super) fn mark(directory: &Path) -> Result<(), StoreError> {
    let path = directory.join(MARKER_FILE);
    let error = |source| StoreError::Path { path: path.clone(), source };
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            file.write_all(
                b"A stockroom site lives in this directory. Keep this file beside stockroom.redb.\n",
            )
            .and_then(|()| file.sync_all())
            .map_err(error)?;
            fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(error)
        }
        Err(found) if found.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(error(source)),
    }
}
