//! Who can read the data directory: nobody but the account that the server runs under.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Findings;
use crate::services::keys::KEYS_DIRECTORY;
use crate::store::file::DATABASE_FILE;

/// What others may do.
const OTHERS: u32 = 0o077;

/// Looks at the directory, the database, the socket and the keys, and takes away what others may do where `fix` says so.
/// Before the store is opened, which mends its own file.
pub fn check(data_dir: &Path, fix: bool, findings: &mut Findings) {
    let me = rustix::process::geteuid().as_raw();
    let mut looked_at = 0;
    for path in paths(data_dir) {
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        looked_at += 1;
        let shown = path.display().to_string();
        if meta.uid() != me && me != 0 {
            findings.failed(
                format!("it belongs to the account {} and this is {me}", meta.uid()),
                &shown,
                format!(
                    "run the command as that account, or give it back: chown -R {me} {}",
                    data_dir.display()
                ),
            );
            continue;
        }
        let mode = meta.permissions().mode() & 0o7777;
        if mode & OTHERS == 0 || meta.file_type().is_symlink() {
            continue;
        }
        let wanted = if meta.is_dir() { 0o700 } else { 0o600 };
        let what = format!("other accounts of the machine can reach it (mode {mode:04o})");
        if fix {
            match fs::set_permissions(&path, fs::Permissions::from_mode(wanted)) {
                Ok(()) => findings.ok(format!("{shown}: mode {mode:04o} is now {wanted:04o}")),
                Err(error) => findings.failed(
                    format!("{what}, and that cannot be changed: {error}"),
                    &shown,
                    format!("as its owner: chmod {wanted:o} {shown}"),
                ),
            }
        } else {
            findings.failed(
                what,
                &shown,
                format!("stockroom doctor permissions --fix, or chmod {wanted:o} {shown}"),
            );
        }
    }
    if looked_at > 0 && findings.is_good() {
        findings.ok(format!("{looked_at} files and directories are for their owner alone"));
    }
}

fn paths(data_dir: &Path) -> Vec<PathBuf> {
    let keys = data_dir.join(KEYS_DIRECTORY);
    let mut paths =
        vec![data_dir.to_owned(), data_dir.join(DATABASE_FILE), data_dir.join("admin.sock"), keys.clone()];
    let mut below: Vec<PathBuf> =
        fs::read_dir(keys).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    below.sort();
    paths.extend(below);
    paths
}
