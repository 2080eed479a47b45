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
