//! Looking into the drop folder. Whoever may write there is not trusted with anything else: links are not followed,
//! and only plain files are opened.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags};

use super::{DONE, FAILED, INBOX};
use crate::domain::dataset::Dataset;
use crate::domain::feed::FileLooks;
use crate::services::Services;

/// Endings of files that something is still writing.
const UNFINISHED: [&str; 3] = [".part", ".tmp", ".crdownload"];
/// Files that one look takes into account; the others wait for the next.
const MOST_FILES: usize = 1_000;

/// Makes the folders that are not there, one for each dataset.
pub(super) fn make(services: &Services, datasets: &[Dataset]) -> io::Result<()> {
    let data_dir = services.data_dir();
    let mut folders: Vec<PathBuf> = [INBOX, DONE, FAILED].map(|name| data_dir.join(name)).into();
    folders.extend(datasets.iter().map(|dataset| data_dir.join(INBOX).join(&dataset.slug)));
    for folder in folders {
        match fs::DirBuilder::new().mode(0o770).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(io::Error::new(error.kind(), format!("{}: {error}", folder.display())));
            }
            _ => {}
        }
    }
    let inbox = data_dir.join(INBOX);
    let can_move = rustix::fs::access(&inbox, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK);
    can_move.map_err(|error| io::Error::other(format!("{}: {error}", inbox.display())))
}

fn is_left_alone(name: &OsStr) -> bool {
    let name = name.as_bytes().to_ascii_lowercase();
    name.starts_with(b".") || UNFINISHED.iter().any(|end| name.ends_with(end.as_bytes()))
}

/// The files that lie there, with their place in the folder, the oldest first.
pub(super) fn list(inbox: &Path) -> io::Result<Vec<(Vec<u8>, FileLooks)>> {
    let mut files = Vec::new();
    let mut look_into = |dir: &Path, below: Option<&OsStr>, folders: Option<&mut Vec<_>>| -> io::Result<()> {
        let mut folders = folders;
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let name = entry.file_name();
            if is_left_alone(&name) || files.len() >= MOST_FILES {
                continue;
            }
            // Of the entry itself, not of what it points to.
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() {
                if let Some(folders) = &mut folders {
                    folders.push(name);
                }
            } else if meta.is_file() && meta.nlink() == 1 {
                let mut path = below.map(|below| [below.as_bytes(), b"/"].concat()).unwrap_or_default();
                path.extend(name.as_bytes());
                files.push((path, looks(&meta)));
            }
        }
        Ok(())
    };
    let mut folders = Vec::new();
    look_into(inbox, None, Some(&mut folders))?;
    for folder in folders {
        // One that cannot be read is in nobody's way.
        let _ = look_into(&inbox.join(&folder), Some(&folder), None);
    }
    files.sort_by_key(|(_, looks)| (looks.seconds, looks.nanoseconds));
    Ok(files)
}

fn looks(meta: &fs::Metadata) -> FileLooks {
    FileLooks {
        device: meta.dev(),
        inode: meta.ino(),
        bytes: meta.size(),
        seconds: meta.mtime(),
        nanoseconds: meta.mtime_nsec(),
    }
}

/// Folder and name of a place.
pub(super) fn split(path: &[u8]) -> (Option<&OsStr>, &OsStr) {
    match path.iter().position(|byte| *byte == b'/') {
        Some(at) => (Some(OsStr::from_bytes(&path[..at])), OsStr::from_bytes(&path[at + 1..])),
        None => (None, OsStr::from_bytes(path)),
    }
}

/// Opens the folder of a place: a real one, no link to one.
pub(super) fn open_folder(inbox: &Path, path: &[u8]) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
    let root = rustix::fs::openat(CWD, inbox, flags, Mode::empty())?;
    Ok(match split(path).0 {
        None => root,
        Some(folder) => rustix::fs::openat(&root, folder, flags | OFlags::NOFOLLOW, Mode::empty())?,
    })
}

/// Opens the file of a place, where it is one of its own.
pub(super) fn open(inbox: &Path, path: &[u8]) -> io::Result<File> {
    let folder = open_folder(inbox, path)?;
    // Not blocking: opening a pipe would otherwise wait for somebody to write into it.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(&folder, split(path).1, flags, Mode::empty())?);
    let meta = file.metadata()?;
    if !meta.is_file() || meta.nlink() != 1 {
        return Err(io::Error::other("it is no plain file with one name"));
    }
    Ok(file)
}

/// What an open file looks like.
pub(super) fn looks_of(file: &File) -> io::Result<FileLooks> {
    file.metadata().map(|meta| looks(&meta))
}

/// What lies at a place now, if something does.
pub(super) fn looks_at(inbox: &Path, path: &[u8]) -> io::Result<Option<FileLooks>> {
    let (folder, name) = split(path);
    let dir = folder.map_or(inbox.to_owned(), |folder| inbox.join(folder));
    match fs::symlink_metadata(dir.join(name)) {
        Ok(meta) => Ok(Some(looks(&meta))),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A name of bytes.
pub(super) fn os(bytes: Vec<u8>) -> std::ffi::OsString {
    std::ffi::OsString::from_vec(bytes)
}
