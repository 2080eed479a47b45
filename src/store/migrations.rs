//! From older schemas to this one: numbered steps, one transaction each, a copy of the file before the first.
//! A released step is never edited; the next one is added.

use std::fs;

use redb::{Database, ReadableDatabase, TableHandle};

use super::error::StoreError;
use super::file::DatabaseFile;
use super::tables::{self, META};
use super::transaction::{Read, ReadTxn, WriteTxn};

/// The schema this version reads and writes.
pub const SCHEMA: u32 = 1;

const SCHEMA_KEY: &[u8] = b"schema";

struct Migration {
    to: u32,
    name: &'static str,
    run: fn(&WriteTxn) -> Result<(), StoreError>,
}

const MIGRATIONS: &[Migration] = &[Migration { to: 1, name: "the first tables", run: make_first_tables }];

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

/// Brings the file to [`SCHEMA`] and returns it open.
pub(super) fn run(file: &DatabaseFile, database: Database) -> Result<Database, StoreError> {
    let found = schema_of(file, &database)?;
    if found > SCHEMA {
        return Err(StoreError::TooNew { path: file.path().to_owned(), found, known: SCHEMA });
    }
    check_tables(file, &database, found)?;
    if found == SCHEMA {
        return Ok(database);
    }
    let database = if found == 0 { database } else { keep_copy(file, database, found)? };
    for migration in MIGRATIONS.iter().filter(|migration| migration.to > found) {
        tracing::info!(
            schema = migration.to,
            "Bringing the database to schema {}: {}",
            migration.to,
            migration.name
        );
        let mut transaction = database.begin_write()?;
        transaction.set_quick_repair(true);
        let transaction = WriteTxn(transaction);
        (migration.run)(&transaction)?;
        transaction.put_raw(META, SCHEMA_KEY, &migration.to.to_be_bytes())?;
        transaction.0.commit()?;
    }
    Ok(database)
}

/// A flipped bit in a table's name hides the whole table: without its users a site would look like a new one.
fn check_tables(file: &DatabaseFile, database: &Database, found: u32) -> Result<(), StoreError> {
    let names: Vec<String> =
        database.begin_read()?.list_tables()?.map(|table| table.name().to_owned()).collect();
    if found == 0 {
        return if names.is_empty() {
            Ok(())
        } else {
            Err(file.damaged("it has tables and no schema number"))
        };
    }
    if found == SCHEMA
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

/// Copies the file as it is now to `backups/`, so that a failed migration costs nothing.
fn keep_copy(file: &DatabaseFile, database: Database, found: u32) -> Result<Database, StoreError> {
    drop(database);
    let backups = file.directory().join("backups");
    let copy = backups.join(format!("before-schema-{}-from-{found}.redb", found + 1));
    let error = |source| StoreError::Path { path: copy.clone(), source };
    fs::create_dir_all(&backups).map_err(error)?;
    fs::copy(file.path(), &copy).map_err(error)?;
    fs::File::open(&copy).and_then(|copied| copied.sync_all()).map_err(error)?;
    file.open_existing()
}

#[cfg(test)]
mod tests {
    use super::{META, SCHEMA, SCHEMA_KEY};
    use crate::store::{Store, StoreError};

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
}
