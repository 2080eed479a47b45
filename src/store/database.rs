//! Opening the file, its two doors, and coming back after a failed disk.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{RwLock, RwLockReadGuard};

use redb::{Database, ReadableDatabase};

use super::error::StoreError;
use super::transaction::{ReadTxn, WriteTxn};
use super::{install, migrations};

/// redb's cache in bytes; its own default is 1 GiB, more than the whole server may use.
const CACHE_BYTES: usize = 32 << 20;

/// File name of the database within the data directory.
pub const DATABASE_FILE: &str = "stockroom.redb";

/// The store of one data directory. Share it by reference or [`std::sync::Arc`].
pub struct Store {
    directory: PathBuf,
    /// `None` after a failed write, until the file could be opened again. Transactions hold the read side, so
    /// that the writer who swaps the handle knows that no transaction is left.
    database: RwLock<Option<Database>>,
}

impl Store {
    /// Opens the store in `directory`, making both where this is a new site, and brings it to this version's
    /// schema.
    ///
    /// # Errors
    /// [`StoreError::InUse`] at once where another process has it; [`StoreError::Damaged`] where the site was
    /// set up before and the file is missing, empty or not a database; [`StoreError::TooNew`].
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        make_private_directory(directory)?;
        let path = directory.join(DATABASE_FILE);
        let database = if install::is_installed(directory)? {
            open_existing(directory, &path)?
        } else {
            create(directory, &path)?
        };
        let database = migrations::run(directory, &path, database)?;
        install::mark(directory)?;
        Ok(Self { directory: directory.to_owned(), database: RwLock::new(Some(database)) })
    }

    /// True where a site was set up in `directory`, whatever became of its database since.
    ///
    /// # Errors
    /// [`StoreError::Path`] where the directory cannot be looked at.
    pub fn is_at(directory: &Path) -> Result<bool, StoreError> {
        let path = directory.join(DATABASE_FILE);
        let has_database = path.try_exists().map_err(|source| StoreError::Path { path, source })?;
        Ok(has_database || install::is_installed(directory)?)
    }

    /// The data directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Runs `body` on one consistent picture of the store. Never open another transaction inside.
    pub fn read<T, E: From<StoreError>>(&self, body: impl FnOnce(&ReadTxn) -> Result<T, E>) -> Result<T, E> {
        let _inside = nesting::enter();
        let guard = self.handle()?;
        let database = guard.as_ref().ok_or_else(reopening)?;
        let transaction = ReadTxn(database.begin_read().map_err(StoreError::from)?);
        body(&transaction)
    }

    /// Runs `body` in the write transaction: everything it wrote is kept if it returns `Ok`, nothing otherwise.
    /// On disk when this returns. Hash and parse before; hold it for less than 50 ms.
    pub fn write<T, E: From<StoreError>>(
        &self,
        body: impl FnOnce(&WriteTxn) -> Result<T, E>,
    ) -> Result<T, E> {
        let _inside = nesting::enter();
        let result = self.try_write(body);
        match result {
            Err(WriteFailure::Store(error)) => {
                if error.wants_reopen() {
                    self.drop_handle();
                }
                Err(error.into())
            }
            Err(WriteFailure::Body(error)) => Err(error),
            Ok(value) => Ok(value),
        }
    }

    fn try_write<T, E: From<StoreError>>(
        &self,
        body: impl FnOnce(&WriteTxn) -> Result<T, E>,
    ) -> Result<T, WriteFailure<E>> {
        let guard = self.handle()?;
        let database = guard.as_ref().ok_or_else(reopening)?;
        let mut transaction = database.begin_write().map_err(StoreError::from)?;
        // Without it the next open after a crash walks the whole file.
        transaction.set_quick_repair(true);
        let transaction = WriteTxn(transaction);
        match body(&transaction) {
            Ok(value) => {
                transaction.0.commit().map_err(StoreError::from)?;
                Ok(value)
            }
            Err(error) => match transaction.0.abort() {
                Ok(()) => Err(WriteFailure::Body(error)),
                // The abort fails where a write inside the body met a full disk: the handle is useless now.
                Err(abort) => {
                    let _ = abort;
                    drop(guard);
                    self.drop_handle();
                    Err(WriteFailure::Body(error))
                }
            },
        }
    }

    /// The handle, opened again first where an earlier failure dropped it.
    fn handle(&self) -> Result<RwLockReadGuard<'_, Option<Database>>, StoreError> {
        let guard = self.database.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        if guard.is_some() {
            return Ok(guard);
        }
        drop(guard);
        {
            let mut slot = self.database.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            if slot.is_none() {
                let opened = open_existing(&self.directory, &self.directory.join(DATABASE_FILE));
                *slot = Some(opened.map_err(|error| match error {
                    // The disk is still full: try again on the next call.
                    StoreError::Path { source, .. } => StoreError::Io(source.to_string()),
                    other => other,
                })?);
                tracing::info!("The database is open again");
            }
        }
        Ok(self.database.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn drop_handle(&self) {
        tracing::warn!("Writing the database failed; it will be opened anew");
        *self.database.write().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }
}

enum WriteFailure<E> {
    Store(StoreError),
    Body(E),
}

impl<E> From<StoreError> for WriteFailure<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn reopening() -> StoreError {
    StoreError::Io("the database is being opened again after a failed write".to_owned())
}

/// Makes `directory` for its owner alone. An existing one is left as it is: its owner may have chosen.
fn make_private_directory(directory: &Path) -> Result<(), StoreError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|source| StoreError::Path { path: directory.to_owned(), source })
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn create(directory: &Path, path: &Path) -> Result<Database, StoreError> {
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|source| StoreError::Path { path: path.to_owned(), source })?;
    builder().create_file(file).map_err(|error| open_error(directory, path, error))
}

/// Opens a file that must be there: an empty or missing one is damage, never a new site.
pub(super) fn open_existing(directory: &Path, path: &Path) -> Result<Database, StoreError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() == 0 => return Err(damaged(path, "it is empty")),
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
            tracing::warn!("`{}` can be read by others; making it private", path.display());
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(damaged(path, "it is missing"));
        }
        Err(source) => return Err(StoreError::Path { path: path.to_owned(), source }),
    }
    builder().open(path).map_err(|error| open_error(directory, path, error))
}

fn open_error(directory: &Path, path: &Path, error: redb::DatabaseError) -> StoreError {
    use redb::{DatabaseError, StorageError};
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(directory.to_owned()),
        DatabaseError::Storage(StorageError::Io(source)) => match source.kind() {
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => {
                damaged(path, &source.to_string())
            }
            _ => StoreError::Path { path: path.to_owned(), source },
        },
        other => damaged(path, &other.to_string()),
    }
}

pub(super) fn damaged(path: &Path, reason: &str) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), reason: reason.to_owned() }
}

/// Notices a transaction inside another one: a write inside a write would wait for itself for ever.
mod nesting {
    use std::cell::Cell;

    thread_local!(static INSIDE: Cell<bool> = const { Cell::new(false) });

    pub struct Inside;

    pub fn enter() -> Inside {
        assert!(!INSIDE.replace(true), "a transaction was opened inside another one");
        Inside
    }

    impl Drop for Inside {
        fn drop(&mut self) {
            INSIDE.set(false);
        }
    }
}
