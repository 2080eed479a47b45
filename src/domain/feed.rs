//! What comes by itself: files in the drop folder, and sources that are asked again and again.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::{ImportId, SourceId, TakenFileId, UserId};

/// Shortest time between two runs of a source, in minutes.
pub const SHORTEST_INTERVAL: u32 = 1;
/// Longest one: a month.
pub const LONGEST_INTERVAL: u32 = 31 * 24 * 60;

/// What brought a file that nobody sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameBy {
    /// It lay in the drop folder.
    DropFolder,
    /// A source, by the name that it had then.
    Source(String),
}

/// A file of the drop folder that was taken and is not put away yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenFile {
    /// Which.
    pub id: TakenFileId,
    /// Where it lies in the drop folder, as bytes: names are whatever somebody made them.
    pub path: Vec<u8>,
    /// What it looked like when it was read: another file of the same name is another file.
    pub looks: FileLooks,
    /// SHA-256 of what was read.
    pub sha256: String,
    /// The dataset, where one was found.
    pub dataset: Option<String>,
    /// What was decided about it.
    pub verdict: Verdict,
    /// The name it gets where it is put away, as soon as that is settled; true for the folder of good ones.
    pub target: Option<(bool, Vec<u8>)>,
    /// When it was read.
    pub taken_at: Timestamp,
}

/// What tells a file from another of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLooks {
    /// The disk it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// Its size.
    pub bytes: u64,
    /// When it was last written: seconds.
    pub seconds: i64,
    /// And nanoseconds.
    pub nanoseconds: i64,
}

/// What was decided about a file of the drop folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is imported.
    Import(ImportId),
    /// The dataset's live data came from the same file.
    Same,
    /// It cannot be imported, and why.
    Refused(String),
}

/// Something that is asked again and again.
#[derive(Clone, PartialEq)]
pub struct Source {
    /// Never changes.
    pub id: SourceId,
    /// What people call it.
    pub name: String,
    /// Slug of the dataset that it fills.
    pub dataset: String,
    /// What is asked.
    pub kind: SourceKind,
    /// Sealed secret that goes along; never shown.
    pub secret: Option<String>,
    /// Minutes between two runs.
    pub every_minutes: u32,
    /// It runs by itself.
    pub is_enabled: bool,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was made, or last changed: lateness counts from here.
    pub since: Timestamp,
    /// When it runs next.
    pub next_run: Timestamp,
    /// What is known of its runs.
    pub runs: Runs,
}

impl fmt::Debug for Source {
    /// Without the secret and what may hold one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a source asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum SourceKind {
    /// A file behind an address.
    Http {
        /// `https://…`.
        url: String,
        /// User for basic authentication; empty means that a secret is a bearer token.
        user: String,
        /// Further header lines that are not secret.
        headers: Vec<(String, String)>,
    },
    /// What a command of the configuration file writes.
    Command {
        /// Its name there.
        name: String,
    },
    /// The rows of one query.
    Sql(SqlSource),
}

/// A query, and the database that it is put to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlSource {
    /// Which language is spoken.
    pub engine: SqlEngine,
    /// Host; empty for a file.
    pub host: String,
    /// Port; 0 for a file.
    pub port: u16,
    /// Name of the database, or the path of a file.
    pub database: String,
    /// Who signs in; empty for a file.
    pub user: String,
    /// Name of the configuration's secret that is the password; empty where it is kept here, sealed.
    pub secret_name: String,
    /// How the connection is protected.
    pub tls: SqlTls,
    /// One query that brings rows.
    pub query: String,
}

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SqlEngine {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// A file of SQLite.
    Sqlite,
    /// Microsoft SQL Server.
    SqlServer,
}

impl SqlEngine {
    /// All of them, in the order of a form.
    pub const ALL: [Self; 4] = [Self::Postgres, Self::MySql, Self::SqlServer, Self::Sqlite];

    /// The word for it in forms and texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
            Self::Sqlite => "sqlite",
            Self::SqlServer => "sqlserver",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.word() == word)
    }

    /// The port that it listens on where nothing else is said; 0 for a file.
    pub fn usual_port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::MySql => 3306,
            Self::Sqlite => 0,
            Self::SqlServer => 1433,
        }
    }
}

/// How a connection to a database is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SqlTls {
    /// Encrypted, and the certificate is checked: who issued it, and for which name.
    Verify,
    /// Encrypted for whoever answers.
    Require,
    /// In the clear.
    Off,
}

impl SqlTls {
    /// All of them, in the order of a form.
    pub const ALL: [Self; 3] = [Self::Verify, Self::Require, Self::Off];

    /// The word for it in forms and texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Require => "require",
            Self::Off => "off",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tls| tls.word() == word)
    }
}

impl SourceKind {
    /// The word for it in forms, texts and the audit log.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Http { .. } => "http",
            Self::Command { .. } => "command",
            Self::Sql(_) => "sql",
        }
    }
}

/// What is known of a source's runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Runs {
    /// When it last ran.
    pub last: Option<Timestamp>,
    /// How long that took, in milliseconds.
    pub took_ms: u64,
    /// Why that failed.
    pub error: Option<String>,
    /// When the live data were last found to be what it has.
    pub unchanged_at: Option<Timestamp>,
    /// The import that it last began.
    pub import: Option<ImportId>,
    /// Bytes of what it last brought.
    pub bytes: u64,
    /// SHA-256 of that.
    pub sha256: Option<String>,
    /// `ETag` of that.
    pub etag: Option<String>,
    /// `Last-Modified` of that.
    pub last_modified: Option<String>,
}

/// How late a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lateness {
    /// It is not.
    OnTime,
    /// Nothing good for twice its interval.
    Late,
    /// Nothing good for four times its interval.
    VeryLate,
}

impl Lateness {
    /// Of a source with this interval, whose last good run was at `good`.
    pub fn of(every_minutes: u32, good: Timestamp, now: Timestamp) -> Self {
        let interval = SignedDuration::from_mins(i64::from(every_minutes));
        let age = now.duration_since(good);
        if age > interval * 4 {
            Self::VeryLate
        } else if age > interval * 2 {
            Self::Late
        } else {
            Self::OnTime
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Lateness;

    #[test]
    fn late_is_more_than_twice_and_very_late_more_than_four_times_the_interval() {
        let good: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        let after = |minutes: i64| Lateness::of(10, good, good + SignedDuration::from_mins(minutes));
        assert_eq!([after(20), after(21)], [Lateness::OnTime, Lateness::Late]);
        assert_eq!([after(40), after(41)], [Lateness::Late, Lateness::VeryLate]);
    }
}
