//! From older schemas to this one: numbered steps, all in one transaction, a copy of the file before the first. Where it
//! fails the copy takes the file's place again. A released step is never edited; the next one is added.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase, TableHandle};

use super::error::StoreError;
use super::file::DatabaseFile;
use super::tables::{self, META};
use super::transaction::{Read, ReadTxn, WriteTxn};

/// The schema this version reads and writes.
pub const SCHEMA: u32 = 1;

const SCHEMA_KEY: &[u8] = b"schema";
/// At the end of a copy that is not whole yet.
const PARTIAL: &str = ".partial";

/// What a step does.
type Step = fn(&WriteTxn) -> Result<(), StoreError>;

/// One step.
pub(super) struct Migration {
    /// The schema that it makes.
    to: u32,
    /// What it does, for people.
    name: &'static str,
    run: Step,
}

/// All of them, in order.
pub(super) const MIGRATIONS: &[Migration] =
    &[Migration { to: 1, name: "the first tables", run: make_first_tables }];

/// What to do before the first step of a file that holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// It is copied to `backups/`.
    Keep,
    /// It is a copy itself.
    Nothing,
}

/// The schema that the store has.
///
/// # Errors
/// [`StoreError`].
pub fn schema(r: &impl Read) -> Result<u32, StoreError> {
    let value = r.get_raw(META, SCHEMA_KEY)?.and_then(|bytes| bytes.try_into().ok());
    Ok(value.map_or(0, u32::from_be_bytes))
}

fn make_first_tables(w: &WriteTxn) -> Result<(), StoreError> {
    for table in tables::ALL {
        w.0.open_table(table.definition())?;
    }
    Ok(())
}

/// Brings the file to the schema of the last of `steps` and returns it open.
///
/// # Errors
/// [`StoreError::TooNew`]; [`StoreError::Migration`], after which the file is what it was.
pub(super) fn run(
    file: &DatabaseFile,
    database: Database,
    steps: &[Migration],
    before: Before,
) -> Result<Database, StoreError> {
    let known = steps.last().map_or(0, |step| step.to);
    let found = schema_of(file, &database)?;
    if found > known {
        return Err(StoreError::TooNew { path: file.path().to_owned(), found, known });
    }
    check_tables(file, &database, found, known)?;
    if found == known {
        return Ok(database);
    }
    if found == 0 || before == Before::Nothing {
        apply(&database, steps, found)?;
        return Ok(database);
    }
    drop(database);
    let copy = keep_copy(file, found)?;
    let database = file.open_existing()?;
    // Also what redb panics on.
    let migrated = file.caught(|| {
        apply(&database, steps, found)?;
        check_tables(file, &database, known, known)
    });
    let Err(source) = migrated else {
        tracing::info!("The database of before is kept as `{}`", copy.display());
        return Ok(database);
    };
    drop(database);
    let put_back = put_in_place(&copy, file.path()).err().map(|error| error.to_string());
    Err(StoreError::Migration {
        path: file.path().to_owned(),
        from: found,
        to: known,
        source: Box::new(source),
        copy,
        put_back,
    })
}

/// All steps or none of them: a process that is killed meanwhile leaves the old data.
fn apply(database: &Database, steps: &[Migration], found: u32) -> Result<(), StoreError> {
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    let transaction = WriteTxn(transaction);
    for step in steps.iter().filter(|step| step.to > found) {
        tracing::info!(schema = step.to, "Bringing the database to schema {}: {}", step.to, step.name);
        (step.run)(&transaction)?;
        transaction.put_raw(META, SCHEMA_KEY, &step.to.to_be_bytes())?;
    }
    Ok(transaction.0.commit()?)
}

/// A flipped bit in a table's name hides the whole table: without its users a site would look like a new one.
fn check_tables(file: &DatabaseFile, database: &Database, found: u32, known: u32) -> Result<(), StoreError> {
    let names: Vec<String> =
        database.begin_read()?.list_tables()?.map(|table| table.name().to_owned()).collect();
    if found == 0 {
        return if names.is_empty() {
            Ok(())
        } else {
            Err(file.damaged("it has tables and no schema number"))
        };
    }
    if found == known
        && let Some(missing) = tables::ALL.iter().find(|table| !names.iter().any(|name| name == table.0))
    {
        return Err(file.damaged(&format!("its table `{}` is missing", missing.0)));
    }
    Ok(())
}

pub(super) fn schema_of(file: &DatabaseFile, database: &Database) -> Result<u32, StoreError> {
    let value = ReadTxn::new(database.begin_read()?).get_raw(META, SCHEMA_KEY)?;
    match value {
        None => Ok(0),
        Some(bytes) => bytes
            .try_into()
            .map(u32::from_be_bytes)
            .map_err(|_| file.damaged("its schema number cannot be read")),
    }
}

/// Copies the file, which nobody has open, as it is now to `backups/`. Whole, or not there under its name.
fn keep_copy(file: &DatabaseFile, found: u32) -> Result<PathBuf, StoreError> {
    let backups = file.directory().join("backups");
    let copy = backups.join(format!("before-schema-{}-from-{found}.redb", found + 1));
    let error = |source| StoreError::Path { path: copy.clone(), source };
    fs::create_dir_all(&backups).map_err(error)?;
    put_in_place(file.path(), &copy).map_err(error)?;
    Ok(copy)
}

/// Makes `to` what `from` is, in one step.
fn put_in_place(from: &Path, to: &Path) -> io::Result<()> {
    let mut partial = to.as_os_str().to_owned();
    partial.push(PARTIAL);
    let partial = PathBuf::from(partial);
    let put = || {
        fs::copy(from, &partial)?;
        File::open(&partial)?.sync_all()?;
        fs::rename(&partial, to)?;
        File::open(to.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    put().inspect_err(|_| {
        let _ = fs::remove_file(&partial);
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::{META, MIGRATIONS, Migration, SCHEMA, SCHEMA_KEY, Step};
    use crate::store::file::{DATABASE_FILE, Disk};
    use crate::store::tables::SETTINGS;
    use crate::store::{Store, StoreError, WriteTxn, settings};

    #[test]
    fn a_newer_file_is_refused_and_left_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.write(|w| w.put_raw(META, SCHEMA_KEY, &(SCHEMA + 1).to_be_bytes())).unwrap();
        drop(store);
        for _ in 0..2 {
            match Store::open(directory.path()).err() {
                Some(StoreError::TooNew { found, known, .. }) => {
                    assert_eq!((found, known), (SCHEMA + 1, SCHEMA));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Those that there are, and two more.
    fn with(last: Step) -> Vec<Migration> {
        let known = |step: &Migration| Migration { to: step.to, name: step.name, run: step.run };
        let mut steps: Vec<Migration> = MIGRATIONS.iter().map(known).collect();
        steps.push(Migration { to: SCHEMA + 1, name: "changes a value", run: change });
        steps.push(Migration { to: SCHEMA + 2, name: "the last", run: last });
        steps
    }

    fn change(w: &WriteTxn) -> Result<(), StoreError> {
        settings::put_setting(w, "name", "new")
    }

    fn open(directory: &Path, last: Step) -> Result<Store, StoreError> {
        Store::open_with(directory, Disk, &with(last))
    }

    /// A store with one value, which is what it was.
    fn old_store(directory: &Path) {
        let store = Store::open(directory).unwrap();
        store.write(|w| settings::put_setting(w, "name", "old")).unwrap();
    }

    fn name(store: &Store) -> Option<String> {
        store.read(|r| settings::find_setting(r, "name")).unwrap()
    }

    fn copies(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory.join("backups")).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn before_a_migration_the_old_data_are_kept_and_open_with_the_older_version() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        old_store(directory);
        // Somebody was killed while copying.
        fs::create_dir(directory.join("backups")).unwrap();
        fs::write(directory.join("backups/before-schema-2-from-1.redb.partial"), "half").unwrap();
        let store = open(directory, |_| Ok(())).unwrap();
        assert_eq!(name(&store).as_deref(), Some("new"));
        drop(store);
        assert_eq!(copies(directory), ["before-schema-2-from-1.redb"]);
        assert!(matches!(Store::open(directory), Err(StoreError::TooNew { .. })));
        // Back to the version before.
        fs::copy(directory.join("backups/before-schema-2-from-1.redb"), directory.join(DATABASE_FILE))
            .unwrap();
        assert_eq!(name(&Store::open(directory).unwrap()).as_deref(), Some("old"));
    }

    #[test]
    fn a_migration_that_fails_puts_the_old_data_back_and_says_so() {
        let faults: [Step; 3] = [
            |_| Err(StoreError::Io("the disk is tired".to_owned())),
            |_| panic!("a page of it cannot be read"),
            // One that does less than it says.
            |w| {
                w.0.delete_table(SETTINGS.definition()).unwrap();
                Ok(())
            },
        ];
        for fault in faults {
            let directory = tempfile::tempdir().unwrap();
            let directory = directory.path();
            old_store(directory);
            let error = open(directory, fault).err().unwrap();
            assert!(matches!(&error, StoreError::Migration { put_back: None, .. }), "{error:?}");
            let said = error.to_string();
            assert!(said.contains("were put back") && said.contains("before-schema-2-from-1.redb"), "{said}");
            let kept = fs::read(directory.join("backups/before-schema-2-from-1.redb")).unwrap();
            assert!(fs::read(directory.join(DATABASE_FILE)).unwrap() == kept, "it is what was copied");
            assert_eq!(name(&Store::open(directory).unwrap()).as_deref(), Some("old"));
            // And the mended version brings it on.
            assert_eq!(name(&open(directory, |_| Ok(())).unwrap()).as_deref(), Some("new"));
        }
    }

    /// Not a test: what the next one starts as a process of its own.
    #[test]
    fn killed_in_between() {
        let Some(directory) = std::env::var_os("STOCKROOM_TEST_KILLED_IN") else { return };
        let _ = open(Path::new(&directory), |_| std::process::abort());
    }

    #[test]
    fn a_migration_that_is_killed_leaves_the_old_data_and_begins_anew() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        old_store(directory);
        let killed = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::migrations::tests::killed_in_between"])
            .env("STOCKROOM_TEST_KILLED_IN", directory)
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None, "it was not killed");
        assert_eq!(copies(directory), ["before-schema-2-from-1.redb"]);
        assert_eq!(name(&Store::open(directory).unwrap()).as_deref(), Some("old"));
        let store = open(directory, |_| Ok(())).unwrap();
        assert_eq!(name(&store).as_deref(), Some("new"));
        assert_eq!(store.read(super::schema).unwrap(), SCHEMA + 2);
    }
}
