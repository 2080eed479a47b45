//! What can go wrong in the store.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::file::DATABASE_FILE;
use super::holder::{self, Holder};

/// Why the store did not answer.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process has the data directory (exit code 4).
    #[error("{0}")]
    InUse(InUse),
    /// The file is there but is not what was written (exit code 5).
    #[error("`{}` is damaged: {reason}. Nothing was changed. Stop the server, keep a copy of the data directory and restore its newest backup with `stockroom restore`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Written by a newer version.
    #[error(
        "`{}` was written by a newer version of stockroom (schema {found}, this version knows {known}); install that version or a newer one",
        path.display()
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema this version knows.
        known: u32,
    },
    /// It could not be brought to this version's schema.
    #[error(
        "bringing `{}` from schema {from} to {to} failed: {source}. {}. A copy of them is at `{}`. Start the earlier version, \
         which goes on with them, and tell who makes stockroom",
        path.display(), put_back_words(put_back.as_deref()), copy.display()
    )]
    Migration {
        /// The file.
        path: PathBuf,
        /// The schema that it has.
        from: u32,
        /// The schema that it should have.
        to: u32,
        /// Why.
        source: Box<StoreError>,
        /// Where a copy of it lies.
        copy: PathBuf,
        /// Why the old data are not back in their place; `None` where they are.
        put_back: Option<String>,
    },
    /// The directory or file cannot be used.
    #[error("cannot use `{}`: {source}", path.display())]
    Path {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// One value does not match its checksum or cannot be decoded (exit code 5).
    #[error(
        "the record at key {key} of table `{table}` is damaged: {reason}; stop the server, keep a copy of the data directory and restore its newest backup with `stockroom restore`"
    )]
    Record {
        /// Which table.
        table: &'static str,
        /// Which key, in hex.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// The disk is full or failing; the store reopens by itself on the next call.
    #[error("the data directory cannot be written: {0}. Free some space; no restart is needed")]
    Io(String),
    /// A rule of the store was broken, such as a name that is taken. A fault in the program unless a service
    /// turns it into an answer.
    #[error("`{value}` is taken already in table `{table}`")]
    Taken {
        /// Which table.
        table: &'static str,
        /// What is taken.
        value: String,
    },
    /// What was to be written was for somebody who is not signed in any more.
    #[error("the session has ended")]
    SessionEnded,
    /// More than one user has any reason to write in that time.
    #[error("too many changes at once")]
    TooMany(std::time::Duration),
    /// Any other failure of the database.
    #[error("the database failed: {0}")]
    Database(String),
}

/// A data directory that another process has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    /// The directory.
    pub directory: PathBuf,
    /// Who has it, where the system tells.
    pub holder: Option<Holder>,
}

impl InUse {
    /// Of this data directory; looks for who has it.
    pub fn of(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), holder: holder::find(&directory.join(DATABASE_FILE)) }
    }
}

impl fmt::Display for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match &self.holder {
            Some(Holder { pid, name }) => {
                let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
                format!("process {pid}{name}; stop it first (`kill {pid}`")
            }
            None => {
                "another process, which the system does not name; stop it first (the other server".to_owned()
            }
        };
        write!(
            f,
            "the data directory `{}` is in use by {who}, or the service or container that runs it), or name another \
             directory with --data-dir",
            self.directory.display()
        )
    }
}

impl StoreError {
    /// True where dropping the handle and opening the file again may help.
    pub fn wants_reopen(&self) -> bool {
        matches!(self, Self::Io(_) | Self::Damaged { .. })
    }
}

impl From<redb::StorageError> for StoreError {
    fn from(error: redb::StorageError) -> Self {
        match error {
            redb::StorageError::Io(source) => Self::Io(source.to_string()),
            redb::StorageError::PreviousIo | redb::StorageError::DatabaseClosed => {
                Self::Io("an earlier write failed".to_owned())
            }
            other => Self::Database(other.to_string()),
        }
    }
}

impl From<redb::TableError> for StoreError {
    fn from(error: redb::TableError) -> Self {
        match error {
            redb::TableError::Storage(source) => source.into(),
            other => Self::Database(other.to_string()),
        }
    }
}

impl From<redb::TransactionError> for StoreError {
    fn from(error: redb::TransactionError) -> Self {
        match error {
            redb::TransactionError::Storage(source) => source.into(),
            other => Self::Database(other.to_string()),
        }
    }
}

impl From<redb::CommitError> for StoreError {
    fn from(error: redb::CommitError) -> Self {
        match error {
            redb::CommitError::Storage(source) => source.into(),
            other => Self::Database(other.to_string()),
        }
    }
}

/// What became of the old data after a migration that failed.
fn put_back_words(failed: Option<&str>) -> String {
    match failed {
        None => "The old data were put back and are what they were".to_owned(),
        Some(why) => format!(
            "The old data could not be put back ({why}); with the server stopped, copy them to the place of the database by hand"
        ),
    }
}
