//! A file of SQLite in one of the folders that the configuration names, opened for reading alone.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row, SqlSafeStr, Statement, TypeInfo,
    ValueRef,
};

use super::write_csv::{Cell, CsvRows, bytes_as_text};
use super::{Session, Steps};
use crate::config::feeds::FeedsConfig;

/// Memory that SQLite takes at most, for all queries together: <https://sqlite.org/pragma.html#pragma_hard_heap_limit>.
const HEAP_BYTES: &str = "268435456";
/// Steps of SQLite's machine between two looks at the clock.
const LOOK_EVERY: i32 = 10_000;

/// The file that a path names, where it is a plain one in a folder that the configuration names.
///
/// # Errors
/// A sentence without its beginning; the same for what is elsewhere and for what is nowhere.
pub fn find_file(config: &FeedsConfig, path: &str) -> Result<PathBuf, String> {
    let outside = "is no file in a folder that the configuration names (`sources.sqlite_dirs`)";
    let path = Path::new(path);
    let real = path.is_absolute().then(|| path.canonicalize().ok()).flatten().ok_or(outside)?;
    let is_inside = config
        .sqlite_dirs
        .iter()
        .filter_map(|folder| folder.canonicalize().ok())
        .any(|folder| real.starts_with(folder));
    if is_inside && real.is_file() { Ok(real) } else { Err(outside.to_owned()) }
}

pub(super) async fn read(
    session: &Session<'_>,
    rows: &mut CsvRows<'_, '_>,
    steps: &mut Steps,
) -> Result<(), String> {
    let database = &session.ask.source.database;
    let file = find_file(session.config, database)
        .map_err(|error| steps.bad("file", format!("`{database}` {error}")))?;
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .read_only(true)
        .create_if_missing(false)
        .pragma("query_only", "ON")
        .pragma("trusted_schema", "OFF")
        // Of the whole process: a query can make a cell of a gigabyte out of nothing.
        .pragma("hard_heap_limit", HEAP_BYTES)
        .busy_timeout(session.config.connect_timeout)
        .disable_statement_logging();
    let opened = session.within(SqliteConnection::connect_with(&options)).await;
    let mut connection = opened.map_err(|error| steps.bad("file", session.words(&error)))?;
    steps.good("file", file.display().to_string());
    let outcome = ask(session, &mut connection, rows, steps).await;
    // Waited for: whoever writes the file finds it as it was before.
    let _ = session.within(connection.close()).await;
    outcome
}

async fn ask(
    session: &Session<'_>,
    connection: &mut SqliteConnection,
    rows: &mut CsvRows<'_, '_>,
    steps: &mut Steps,
) -> Result<(), String> {
    let asked = connection.fetch_one(sqlx::raw_sql("PRAGMA query_only")).await;
    match asked.and_then(|row| row.try_get_unchecked::<i64, _>(0)) {
        Ok(1) => steps.good("read-only", "opened for reading, and only queries are let through"),
        Ok(word) => return Err(steps.bad("read-only", format!("query_only is {word}"))),
        Err(error) => return Err(steps.bad("read-only", session.words(&error))),
    }
    let (began, limit) = (Instant::now(), session.statement_timeout());
    // The statement runs on a thread of its own, which does not end with whoever waits for it.
    let awaited = Arc::new(());
    let waiting = Arc::downgrade(&awaited);
    let mut handle =
        connection.lock_handle().await.map_err(|error| steps.bad("query", session.words(&error)))?;
    handle.set_progress_handler(LOOK_EVERY, move || began.elapsed() < limit && waiting.strong_count() > 0);
    drop(handle);
    let query = AssertSqlSafe(session.query.to_owned()).into_sql_str();
    let prepared = (&mut *connection).prepare(query.clone()).await;
    let prepared = prepared.map_err(|error| steps.bad("query", session.words(&error)))?;
    let names: Vec<String> = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
    if names.is_empty() {
        return Err(steps.bad("query", "it brings no columns"));
    }
    rows.header(&names).map_err(|error| steps.bad("query", error))?;
    steps.good("query", format!("one statement with {} columns", names.len()));
    let mut answers = sqlx::query(query).fetch(&mut *connection);
    loop {
        let row = answers.try_next().await.map_err(|error| {
            let is_late = began.elapsed() >= limit;
            let late = || format!("it took longer than {} s (`sources.statement_timeout`)", limit.as_secs());
            steps.bad("rows", if is_late { late() } else { session.words(&error) })
        })?;
        let Some(row) = row else { break };
        let cells: Result<Vec<Cell<'_>>, sqlx::Error> =
            (0..names.len()).map(|index| cell(&row, index)).collect();
        let cells = cells.map_err(|error| steps.bad("rows", session.words(&error)))?;
        rows.row(cells.into_iter()).map_err(|error| steps.bad("rows", error))?;
    }
    drop(awaited);
    Ok(())
}

fn cell(row: &SqliteRow, index: usize) -> Result<Cell<'_>, sqlx::Error> {
    let value = row.try_get_raw(index)?;
    if value.is_null() {
        return Ok(None);
    }
    let kind = value.type_info().name().to_owned();
    drop(value);
    Ok(match kind.as_str() {
        "INTEGER" => Some(Cow::Owned(row.try_get_unchecked::<i64, _>(index)?.to_string())),
        "REAL" => Some(Cow::Owned(real(row.try_get_unchecked::<f64, _>(index)?))),
        "BLOB" => Some(bytes_as_text(row.try_get_unchecked::<&[u8], _>(index)?)),
        _ => Some(Cow::Owned(row.try_get_unchecked::<String, _>(index)?)),
    })
}

/// The shortest text that is this number, with an exponent where it would be long.
pub(super) fn real(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-5..1e16).contains(&size) { format!("{number}") } else { format!("{number:e}") }
}
