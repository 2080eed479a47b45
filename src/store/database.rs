//! The store's two doors, and coming back after a failed disk.

use std::fs;
use std::io;
use std::ops::{Bound, ControlFlow};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Mutex, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use redb::{CompactionError, Database, ReadableDatabase};

use super::error::StoreError;
use super::file::{DATABASE_FILE, DatabaseFile, Disk, Medium};
use super::migrations::{Before, Migration};
use super::transaction::{Order, Read, ReadTxn, WriteTxn};
use super::{codec, install, migrations, tables};

/// The store of one data directory. Share it by reference or [`std::sync::Arc`].
pub struct Store {
    pub(super) file: DatabaseFile,
    /// `None` after a failed read or write, until the file could be opened again. Transactions hold the read side, so
    /// that the writer who swaps the handle knows that no transaction is left.
    pub(super) database: RwLock<Option<Database>>,
    writing: Writing,
}

/// Where what is written goes.
enum Writing {
    /// To the file; where the disk takes nothing any more, since when it was last asked: what is there is read aside
    /// ([`super::aside`]) until it does.
    ToFile(Mutex<Option<Instant>>),
    /// Into memory, and nowhere else.
    Aside,
}

/// How often a disk that could not be written is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(2);

impl Store {
    /// Opens the store in `directory`, making both where this is a new site, and brings it to this version's
    /// schema.
    ///
    /// # Errors
    /// [`StoreError::InUse`] at once where another process has it; [`StoreError::Damaged`] where the site was
    /// set up before and the file is missing, empty or not a database; [`StoreError::TooNew`].
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_on(directory, Disk)
    }

    /// The same with the database's file on another medium. The marks beside it are on the file system still.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on(directory: &Path, medium: impl Medium) -> Result<Self, StoreError> {
        Self::open_with(directory, medium, migrations::MIGRATIONS)
    }

    /// The same with other steps between schemas.
    pub(super) fn open_with(
        directory: &Path,
        medium: impl Medium,
        steps: &[Migration],
    ) -> Result<Self, StoreError> {
        make_private_directory(directory)?;
        let file = DatabaseFile::new(directory, medium);
        let database = if install::is_installed(directory)? { file.open_existing()? } else { file.create()? };
        // Only now: whoever has the file open has the mark, too.
        let mut database = database;
        if install::was_left_open(directory)? {
            check_integrity(&file, &mut database)?;
        }
        if let Err(error) = install::mark_open(directory) {
            // A full disk is no reason not to serve.
            tracing::warn!("A stop that is no orderly one will not be noticed: {error}");
        }
        let database = file.caught(|| migrations::run(&file, database, steps, Before::Keep))?;
        install::mark(directory)?;
        Ok(Self::of(file, database))
    }

    pub(super) fn of(file: DatabaseFile, database: Database) -> Self {
        Self { file, database: RwLock::new(Some(database)), writing: Writing::ToFile(Mutex::new(None)) }
    }

    /// Opens the store of a site for reading alone: nothing in `directory` is changed. What is written all the same, such as
    /// sessions, stays in memory and is gone with the process. Whoever would write to the file is kept out.
    ///
    /// # Errors
    /// As [`Store::open`]; where there is no site, or one of an earlier schema.
    pub fn open_aside(directory: &Path) -> Result<Self, StoreError> {
        if !Self::is_at(directory)? {
            let why = "there is no site in it, and read-only none is made";
            return Err(StoreError::Path { path: directory.to_owned(), source: io::Error::other(why) });
        }
        let file = DatabaseFile::new(directory, Disk);
        let mut database = file.open_aside()?;
        if install::was_left_open(directory)? {
            check_integrity(&file, &mut database)?;
        }
        let found = file.caught(|| migrations::schema_of(&file, &database))?;
        if found < migrations::SCHEMA {
            let path = file.path().to_owned();
            let why = "it was written by an earlier version; start once without --read-only, which brings it to this one";
            return Err(StoreError::Path { path, source: io::Error::other(why) });
        }
        let database =
            file.caught(|| migrations::run(&file, database, migrations::MIGRATIONS, Before::Nothing))?;
        Ok(Self { file, database: RwLock::new(Some(database)), writing: Writing::Aside })
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
        self.file.directory()
    }

    /// Runs `body` on one consistent picture of the store. Never open another transaction inside.
    pub fn read<T, E: From<StoreError>>(&self, body: impl FnOnce(&ReadTxn) -> Result<T, E>) -> Result<T, E> {
        let _inside = nesting::enter();
        let mut disk_failed = false;
        let result = self.try_read(body, &mut disk_failed);
        if disk_failed {
            // redb refuses all that is not in its cache from now on, also once the disk is well again.
            self.drop_handle();
        }
        result
    }

    fn try_read<T, E: From<StoreError>>(
        &self,
        body: impl FnOnce(&ReadTxn) -> Result<T, E>,
        disk_failed: &mut bool,
    ) -> Result<T, E> {
        let guard = self.handle()?;
        let database = guard.as_ref().ok_or_else(reopening)?;
        let begun = self
            .caught(|| Ok(database.begin_read()?))
            .inspect_err(|error| *disk_failed = error.wants_reopen())?;
        let transaction = ReadTxn::new(begun);
        let result = body(&transaction);
        *disk_failed = transaction.disk_failed();
        // Closing reads and writes as well.
        self.caught(|| {
            drop(transaction);
            Ok(())
        })?;
        result
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
        self.write_to_file_again()?;
        let guard = self.handle()?;
        let database = guard.as_ref().ok_or_else(reopening)?;
        let mut transaction = self.caught(|| Ok(database.begin_write()?))?;
        // Without it the next open after a crash walks the whole file.
        transaction.set_quick_repair(true);
        let transaction = WriteTxn(transaction);
        match body(&transaction) {
            Ok(value) => {
                self.caught(|| Ok(transaction.0.commit()?))?;
                Ok(value)
            }
            Err(error) => match self.caught(|| Ok(transaction.0.abort()?)) {
                Ok(()) => Err(WriteFailure::Body(error)),
                // The abort fails where a write inside the body met a full disk or a page that rotted: the handle is
                // useless now.
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
                *slot = Some(self.reopen()?);
            }
        }
        Ok(self.database.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Opens the file again after a failure: for reading at least.
    fn reopen(&self) -> Result<Database, StoreError> {
        // The disk is still full: try again on the next call.
        let later = |error| match error {
            StoreError::Path { source, .. } => StoreError::Io(source.to_string()),
            other => other,
        };
        let Writing::ToFile(fell) = &self.writing else { return self.file.open_aside().map_err(later) };
        let mut fell = fell.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match self.file.open_existing() {
            Ok(database) => {
                *fell = None;
                tracing::info!("The database is open again");
                Ok(database)
            }
            Err(StoreError::Path { source, .. }) if source.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                let database = self.file.open_aside().map_err(later)?;
                if fell.replace(Instant::now()).is_none() {
                    tracing::error!(
                        "The disk can only be read; the site goes on with what is there until it can be written again"
                    );
                }
                Ok(database)
            }
            Err(error) => Err(later(error)),
        }
    }

    /// Before something is written: where the file is only read because the disk took nothing, it is tried again, now and then.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it is as it was: nothing may be acknowledged that is in memory alone.
    fn write_to_file_again(&self) -> Result<(), StoreError> {
        let Writing::ToFile(fell) = &self.writing else { return Ok(()) };
        let since = *fell.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(since) = since else { return Ok(()) };
        if since.elapsed() >= TRY_AGAIN {
            let mut slot = self.database.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            drop(slot.take());
            *slot = Some(self.reopen()?);
        }
        match *fell.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
            None => Ok(()),
            Some(_) => Err(StoreError::Io("the disk can only be read".to_owned())),
        }
    }

    /// True where what is written stays in memory, on purpose.
    pub fn is_aside(&self) -> bool {
        matches!(self.writing, Writing::Aside)
    }

    /// True where the disk took nothing when it was last asked, and what is there is only read.
    pub fn is_fallen_back(&self) -> bool {
        match &self.writing {
            Writing::ToFile(fell) => fell.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_some(),
            Writing::Aside => false,
        }
    }

    fn drop_handle(&self) {
        tracing::warn!("The disk failed the database; it will be opened anew");
        let dropped = self.database.write().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        // Closing writes too.
        let _ = self.caught(|| {
            drop(dropped);
            Ok(())
        });
    }

    fn caught<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.file.caught(work)
    }

    /// Reads the whole file; false where it had to be put in order. Waits until nobody is in a transaction, and nobody can
    /// begin one meanwhile: for a command that has the store for itself.
    ///
    /// # Errors
    /// [`StoreError::Damaged`]; the disk.
    pub fn check_pages(&self) -> Result<bool, StoreError> {
        drop(self.handle()?);
        let mut slot = self.database.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let database = slot.as_mut().ok_or_else(reopening)?;
        self.caught(|| database.check_integrity().map_err(|error| self.file.open_error(error)))
    }

    /// Makes the file as small as it can be; true where it got smaller. Like [`Store::check_pages`] for a command that has the
    /// store for itself.
    ///
    /// # Errors
    /// The disk.
    pub fn compact(&self) -> Result<bool, StoreError> {
        drop(self.handle()?);
        let mut slot = self.database.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let database = slot.as_mut().ok_or_else(reopening)?;
        self.caught(|| match database.compact() {
            Ok(is_smaller) => Ok(is_smaller),
            Err(CompactionError::Storage(error)) => Err(error.into()),
            Err(other) => Err(StoreError::Database(other.to_string())),
        })
    }

    /// The schema of the store in `directory`, which is left as it is; `None` where there is no file.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn schema_at(directory: &Path) -> Result<Option<u32>, StoreError> {
        let file = DatabaseFile::new(directory, Disk);
        if !file
            .path()
            .try_exists()
            .map_err(|source| StoreError::Path { path: file.path().into(), source })?
        {
            return Ok(None);
        }
        let database = file.open_existing()?;
        file.caught(|| migrations::schema_of(&file, &database)).map(Some)
    }

    /// Reads every value of every table against its checksum, one table at a time, so that writers and a change of
    /// the handle never wait for long. Returns what is damaged.
    ///
    /// # Errors
    /// Where the file cannot be opened at all.
    pub fn verify_values(&self) -> Result<Vec<DamagedTable>, StoreError> {
        let mut found = Vec::new();
        for table in tables::ALL {
            let mut damage = DamagedTable { table: table.0, records: 0, first: String::new() };
            let mut note = |error: StoreError| {
                if damage.records == 0 {
                    damage.first = error.to_string();
                }
                damage.records += 1;
            };
            let has_checksums = !tables::WITHOUT_CHECKSUM.contains(table);
            self.read(|r| {
                let walked = r.visit_raw(
                    *table,
                    (Bound::Unbounded, Bound::Unbounded),
                    Order::Ascending,
                    &mut |key, value| {
                        if has_checksums && let Err(error) = codec::verify(*table, key, value) {
                            note(error);
                        } else if !r.get_raw(*table, key).is_ok_and(|found| found.as_deref() == Some(value)) {
                            // Whole, and yet not found under its key: a page above it points elsewhere.
                            note(codec::damaged(*table, key, "it cannot be found by its key"));
                        }
                        Ok(ControlFlow::Continue(()))
                    },
                );
                match walked {
                    // The rest of the table is behind a page that cannot be read.
                    Err(error @ (StoreError::Record { .. } | StoreError::Database(_))) => note(error),
                    other => other?,
                }
                Ok::<_, StoreError>(())
            })?;
            if damage.records > 0 {
                found.push(damage);
            }
        }
        Ok(found)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let database = self.database.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        // A handle that failed and was not opened again is no orderly end, and neither is a panic while it closes.
        let closed = database.is_some()
            && self
                .caught(|| {
                    drop(database);
                    Ok(())
                })
                .is_ok();
        if closed && matches!(self.writing, Writing::ToFile(_)) {
            install::unmark_open(self.file.directory());
        }
    }
}

/// What [`Store::verify_values`] found in one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedTable {
    /// Its name.
    pub table: &'static str,
    /// Values that are not what was written, as far as they could be reached.
    pub records: u64,
    /// About the first of them.
    pub first: String,
}

/// Reads the whole file: nobody closed it, so nobody knows that it is what was written.
fn check_integrity(file: &DatabaseFile, database: &mut Database) -> Result<(), StoreError> {
    let begun = std::time::Instant::now();
    let checked = file.caught(|| database.check_integrity().map_err(|error| file.open_error(error)))?;
    let milliseconds = begun.elapsed().as_millis() as u64;
    if checked {
        tracing::info!(
            milliseconds,
            "The last stop was no orderly one; the database was checked and is whole"
        );
    } else {
        tracing::warn!(
            milliseconds,
            "The last stop was no orderly one; the database was checked and put in order"
        );
    }
    Ok(())
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
    StoreError::Io("the database is being opened again after a failed disk".to_owned())
}

/// Makes `directory` for its owner alone. An existing one is left as it is: its owner may have chosen.
fn make_private_directory(directory: &Path) -> Result<(), StoreError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|source| StoreError::Path { path: directory.to_owned(), source })
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
