//! The file that the database lies in: making it, opening it, and what it lies on.

use std::fs;
use std::io;
use std::ops::Bound;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{BackendError, Database, DatabaseError, StorageBackend, StorageError};

use super::aside::Aside;
use super::error::{InUse, StoreError};

/// redb's cache in bytes; its own default is 1 GiB, more than the whole server may use.
const CACHE_BYTES: usize = 32 << 20;
/// Bytes of redb's magic number, which it writes last when it makes a database.
const MAGIC_BYTES: usize = 9;

/// File name of the database within the data directory.
pub const DATABASE_FILE: &str = "stockroom.redb";

/// What the database's file lies on: [`Disk`] for a site. Another one stands in where a disk's failures are to be
/// seen.
pub trait Medium: Send + Sync + 'static {
    /// An open file. Dropped, or closed by redb, it lets go of its locks.
    type File: StorageBackend;

    /// Opens the file at `path` for reading and writing; where `make` says so, makes an empty one if there is none.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] where there is none; whatever else the medium has.
    fn open(&self, path: &Path, make: bool) -> io::Result<Self::File>;
}

/// The file system. The file is for its owner alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Medium for Disk {
    type File = FileBackend;

    fn open(&self, path: &Path, make: bool) -> io::Result<FileBackend> {
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(make)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            tracing::warn!("`{}` can be read by others; making it private", path.display());
            let _ = file.set_permissions(fs::Permissions::from_mode(0o600));
        }
        FileBackend::new(file).map_err(io::Error::other)
    }
}

/// Opens or makes the database; kept by the store, which opens it again after a failed disk.
type OpenFile = dyn Fn(&DatabaseFile, New) -> Result<Database, StoreError> + Send + Sync;

#[derive(Clone, Copy, PartialEq, Eq)]
enum New {
    Yes,
    No,
}

/// The database's file in one data directory.
pub(super) struct DatabaseFile {
    directory: PathBuf,
    path: PathBuf,
    open: Box<OpenFile>,
}

impl DatabaseFile {
    pub(super) fn new(directory: &Path, medium: impl Medium) -> Self {
        Self {
            directory: directory.to_owned(),
            path: directory.join(DATABASE_FILE),
            open: Box::new(move |file, new| file.open_on(&medium, new)),
        }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file of a new site, making it where it is not there yet.
    pub(super) fn create(&self) -> Result<Database, StoreError> {
        self.caught(|| (self.open)(self, New::Yes))
    }

    /// Opens a file that must be there: an empty or missing one is damage, never a new site.
    pub(super) fn open_existing(&self) -> Result<Database, StoreError> {
        self.caught(|| (self.open)(self, New::No))
    }

    /// The same for reading alone: what is written stays in memory.
    pub(super) fn open_aside(&self) -> Result<Database, StoreError> {
        self.caught(|| self.open_on(&Aside, New::No))
    }

    /// Does one thing with redb, which panics on some pages that rotted.
    pub(super) fn caught<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err(self.damaged("a page of it cannot be read")))
    }

    pub(super) fn damaged(&self, reason: &str) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), reason: reason.to_owned() }
    }

    fn open_on(&self, medium: &impl Medium, new: New) -> Result<Database, StoreError> {
        let backend = match medium.open(&self.path, new == New::Yes) {
            Ok(backend) => backend,
            Err(error) if error.kind() == io::ErrorKind::NotFound && new == New::No => {
                return Err(self.damaged("it is missing"));
            }
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => return Err(self.in_use()),
            Err(error) => return Err(self.unusable(error)),
        };
        match new {
            New::Yes => self.begin_again(&backend)?,
            // redb would make a new database of an empty file.
            New::No if backend.len().map_err(|error| self.unusable(error))? == 0 => {
                return Err(self.damaged("it is empty"));
            }
            New::No => {}
        }
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE_BYTES);
        builder.create_with_backend(backend).map_err(|error| self.open_error(error))
    }

    /// Empties a file that redb began to make when the power went: it has a length, but not the magic number, and redb
    /// takes that for a file of another kind. Only where no site was set up: there it is damage.
    fn begin_again(&self, backend: &impl StorageBackend) -> Result<(), StoreError> {
        // Under the lock: another process may be making it right now.
        let all = (Bound::Unbounded, Bound::Unbounded);
        let locked = match backend.try_lock_range(all.0, all.1) {
            Ok(true) => true,
            Ok(false) => return Err(self.in_use()),
            Err(BackendError::Io(error)) => return Err(self.unusable(error)),
            Err(_) => false,
        };
        let emptied = begun_only(backend).and_then(|begun| if begun { backend.set_len(0) } else { Ok(()) });
        if locked && let Err(BackendError::Io(error)) = backend.unlock_range(all.0, all.1) {
            return Err(self.unusable(error));
        }
        emptied.map_err(|error| self.unusable(error))
    }

    fn in_use(&self) -> StoreError {
        StoreError::InUse(InUse::of(&self.directory))
    }

    fn unusable(&self, source: io::Error) -> StoreError {
        StoreError::Path { path: self.path.clone(), source }
    }

    /// What an error of redb means that came while the file was opened or checked. A disk that fails is no damage:
    /// nobody is to restore a backup for it.
    pub(super) fn open_error(&self, error: DatabaseError) -> StoreError {
        match error {
            DatabaseError::DatabaseAlreadyOpen => self.in_use(),
            DatabaseError::Storage(StorageError::PreviousIo) => {
                self.unusable(io::Error::other("an earlier read or write failed"))
            }
            DatabaseError::Storage(StorageError::Io(source)) => match source.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                    self.damaged(&source.to_string())
                }
                _ => self.unusable(source),
            },
            other => self.damaged(&other.to_string()),
        }
    }
}

/// True for a file without a magic number: zeros, or cut off before its end.
fn begun_only(backend: &impl StorageBackend) -> io::Result<bool> {
    let mut magic = [0; MAGIC_BYTES];
    let bytes = backend.len()?.min(MAGIC_BYTES as u64) as usize;
    backend.read(0, &mut magic[..bytes])?;
    Ok(bytes > 0 && magic == [0; MAGIC_BYTES])
}
