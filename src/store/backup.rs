//! A copy of the whole store while it is in use, a copy that is opened to be looked at, and a store that nobody may open
//! meanwhile.

use std::ops::{Bound, ControlFlow};
use std::path::Path;

use redb::backends::FileBackend;
use redb::{BackendError, Database, StorageBackend};

use super::error::{InUse, StoreError};
use super::file::{DATABASE_FILE, DatabaseFile, Disk, Medium};
use super::migrations::Before;
use super::tables::{self, Table};
use super::transaction::{Order, Read, ReadTxn};
use super::{Store, codec, migrations};

/// Bytes of keys and values that are written in one transaction: what a copy holds in memory.
const BATCH_BYTES: usize = 16 << 20;

/// Nobody can open the store of a directory as long as this is there.
pub struct Held(Option<FileBackend>);

impl Held {
    /// True where there is a database.
    pub fn has_database(&self) -> bool {
        self.0.is_some()
    }
}

impl Store {
    /// Copies every table into a new store in `directory`, all of it out of one picture of this one, which `look` sees as
    /// well. `None` where `stops` said so.
    ///
    /// # Errors
    /// [`StoreError::Record`] for a value that is not what was written; the disk, of either.
    pub fn copy_to<T, E: From<StoreError>>(
        &self,
        directory: &Path,
        look: impl FnOnce(&ReadTxn) -> Result<T, E>,
        stops: &dyn Fn() -> bool,
    ) -> Result<Option<T>, E> {
        let file = DatabaseFile::new(directory, Disk);
        let target = file.create()?;
        self.read(|r| {
            let seen = look(r)?;
            for table in tables::ALL {
                if !copy_table(r, &target, *table, stops)? {
                    return Ok(None);
                }
            }
            Ok(Some(seen))
        })
    }

    /// Opens a copy to look at it: all of the file is read first. One of an older schema is brought to this one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`]; [`StoreError::TooNew`].
    pub fn open_copy(directory: &Path) -> Result<Self, StoreError> {
        let file = DatabaseFile::new(directory, Disk);
        let mut database = file.open_existing()?;
        let is_whole = file.caught(|| database.check_integrity().map_err(|error| file.open_error(error)))?;
        if !is_whole {
            return Err(file.damaged("its pages are not in order"));
        }
        let database =
            file.caught(|| migrations::run(&file, database, migrations::MIGRATIONS, Before::Nothing))?;
        Ok(Self::of(file, database))
    }

    /// Takes the lock of the store in `directory`, whatever became of its database.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where somebody has it.
    pub fn hold(directory: &Path) -> Result<Held, StoreError> {
        let path = directory.join(DATABASE_FILE);
        let backend = match Disk.open(&path, false) {
            Ok(backend) => backend,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Held(None)),
            Err(source) => return Err(StoreError::Path { path, source }),
        };
        match backend.try_lock_range(Bound::Unbounded, Bound::Unbounded) {
            Ok(false) => Err(StoreError::InUse(InUse::of(directory))),
            Err(BackendError::Io(source)) => Err(StoreError::Path { path, source }),
            _ => Ok(Held(Some(backend))),
        }
    }
}

/// Copies one table; false where it was stopped.
fn copy_table(
    r: &ReadTxn,
    target: &Database,
    table: Table,
    stops: &dyn Fn() -> bool,
) -> Result<bool, StoreError> {
    let has_checksums = !tables::WITHOUT_CHECKSUM.contains(&table);
    let mut after: Option<Vec<u8>> = None;
    loop {
        if stops() {
            return Ok(false);
        }
        let from = after.take();
        let transaction = target.begin_write()?;
        let mut open = transaction.open_table(table.definition())?;
        let mut bytes = 0;
        // What fails over there is nothing that this store is opened anew for.
        let mut failed = None;
        let start = from.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        r.visit_raw(table, (start, Bound::Unbounded), Order::Ascending, &mut |key, value| {
            if has_checksums {
                codec::verify(table, key, value)?;
            }
            if let Err(error) = open.insert(key, value) {
                failed = Some(error);
                return Ok(ControlFlow::Break(()));
            }
            bytes += key.len() + value.len();
            if bytes < BATCH_BYTES {
                return Ok(ControlFlow::Continue(()));
            }
            after = Some(key.to_vec());
            Ok(ControlFlow::Break(()))
        })?;
        drop(open);
        if let Some(error) = failed {
            return Err(error.into());
        }
        transaction.commit()?;
        if after.is_none() {
            return Ok(true);
        }
    }
}
