//! The rows of one query, as CSV: one file a database, each with its own way to let a query do nothing but read.
//!
//! The connection is made here, to an address that was checked, and handed to the driver; the query is one statement
//! that brings rows, in a transaction that reads, and every value comes as the text that the database writes for it.

mod mysql;
mod postgres;
mod query;
mod relay;
mod sqlite;
mod sqlserver;
mod tds_tls;
mod write_csv;

use std::fs::File;
use std::io::Read;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::{Brought, Sink, Steps, Stop, net, until_stopped};
use crate::base::secret::SecretString;
use crate::config::feeds::FeedsConfig;
use crate::domain::feed::{SqlEngine, SqlSource, SqlTls};

pub use query::check as check_query;
pub use sqlite::find_file;
use write_csv::CsvRows;

/// Bytes of a password's file that are read at most.
const SECRET_BYTES: u64 = 4_096;

/// What is said of a secret that is for another database.
pub const NOT_FOR_IT: &str = "is for another host, port or engine, or for an encrypted connection alone";

/// What is asked of a database.
#[derive(Debug, Clone)]
pub struct SqlAsk {
    /// Which, and what.
    pub source: SqlSource,
    /// The password.
    pub password: Option<SecretString>,
    /// Digest of rows that are known already.
    pub known: Option<String>,
    /// Bytes that are taken at most.
    pub max_bytes: u64,
    /// Rows that are taken at most.
    pub max_rows: u64,
}

/// The first line of the file that the configuration names for a source, where that is one that may be told it.
///
/// # Errors
/// A sentence without a word of what is in it.
pub fn named_secret(config: &FeedsConfig, source: &SqlSource) -> Result<SecretString, String> {
    let name = &source.secret_name;
    let Some(secret) = config.secret(name) else {
        return Err(format!("the configuration has no secret `{name}` any more (`sources.secrets`)"));
    };
    if !secret.is_for(source) {
        return Err(format!("secret `{name}` (`sources.secrets`) {NOT_FOR_IT}"));
    }
    let mut text = String::new();
    let read = File::open(&secret.path).and_then(|file| file.take(SECRET_BYTES).read_to_string(&mut text));
    if let Err(error) = read {
        return Err(format!("the file of secret `{name}` (`sources.secrets`) cannot be read: {error}"));
    }
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(SecretString::new(line.to_owned())),
        _ => Err(format!("the file of secret `{name}` (`sources.secrets`) has no first line")),
    }
}

/// Asks, and hands the rows to `sink` as CSV, until a `stop` is asked for.
///
/// # Errors
/// What went wrong, also noted as a step.
pub fn fetch(
    config: &FeedsConfig,
    ask: &SqlAsk,
    sink: &mut Sink<'_>,
    steps: &mut Steps,
    stop: &Stop<'_>,
) -> Result<Brought, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let mut rows = CsvRows::new(sink, ask.max_bytes, ask.max_rows);
    let began = Instant::now();
    let outcome = runtime.block_on(until_stopped(config.timeout, stop, read(config, ask, &mut rows, steps)));
    // Neither a name server nor a database that takes its time keeps anybody waiting.
    runtime.shutdown_background();
    let outcome = outcome.and_then(|()| rows.finish());
    match outcome {
        Ok(done) => {
            let took = began.elapsed().as_millis();
            steps.good("rows", format!("{} rows, {} bytes in {took} ms", done.rows, done.bytes));
            let is_unchanged = ask.known.as_ref() == Some(&done.digest);
            Ok(Brought { is_unchanged, bytes: done.bytes, etag: Some(done.digest), ..Brought::default() })
        }
        Err(error) => {
            if steps.is_good() {
                steps.bad("rows", error.clone());
            }
            Err(error)
        }
    }
}

async fn read(
    config: &FeedsConfig,
    ask: &SqlAsk,
    rows: &mut CsvRows<'_, '_>,
    steps: &mut Steps,
) -> Result<(), String> {
    let source = &ask.source;
    let query = query::check(source.engine, &source.query).map_err(|error| steps.bad("query", error))?;
    let session = Session { config, ask, query: &query };
    if source.engine == SqlEngine::Sqlite {
        return sqlite::read(&session, rows, steps).await;
    }
    let addresses = net::resolve(config, &source.host, source.port, steps).await?;
    let stream = net::connect(config.connect_timeout, &addresses, steps).await?;
    match source.engine {
        SqlEngine::Postgres => postgres::read(&session, stream, rows, steps).await,
        SqlEngine::MySql => mysql::read(&session, stream, rows, steps).await,
        SqlEngine::SqlServer => sqlserver::read(&session, stream, rows, steps).await,
        SqlEngine::Sqlite => Ok(()),
    }
}

/// What every database's way in needs to know.
struct Session<'a> {
    config: &'a FeedsConfig,
    ask: &'a SqlAsk,
    query: &'a str,
}

impl Session<'_> {
    fn password(&self) -> &str {
        self.ask.password.as_ref().map_or("", |password| password.expose())
    }

    /// Certificates that are trusted beside the system's, where any are looked at.
    fn issuers(&self) -> Result<Option<Vec<u8>>, String> {
        match &self.config.ca_file {
            Some(path) if self.ask.source.tls == SqlTls::Verify => match std::fs::read(path) {
                Ok(pem) => Ok(Some(pem)),
                Err(error) => Err(format!("`sources.ca_file` {}: {error}", path.display())),
            },
            _ => Ok(None),
        }
    }

    /// Limits what the driver does before the query.
    async fn within<T>(&self, doing: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        timeout(self.config.connect_timeout, doing).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    fn statement_timeout(&self) -> Duration {
        self.config.statement_timeout
    }

    /// Notes that somebody was let in.
    fn signed_in(&self, steps: &mut Steps) {
        steps.good(
            "tls",
            match self.ask.source.tls {
                SqlTls::Verify => "encrypted, the certificate is good",
                SqlTls::Require => "encrypted, the certificate is not checked",
                SqlTls::Off => "off: what is sent can be read on the way",
            },
        );
        steps.good("sign-in", format!("as `{}` in `{}`", self.ask.source.user, self.ask.source.database));
    }

    /// Notes why nobody was.
    fn not_signed_in(&self, error: &sqlx::Error, steps: &mut Steps) -> String {
        match error {
            sqlx::Error::Tls(error) => steps.bad("tls", error.to_string()),
            // What rustls has to say of a certificate.
            sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                let next = "its issuer goes into `sources.ca_file`";
                steps.bad("tls", format!("{error}; {next}"))
            }
            error => steps.bad("sign-in", self.words(error)),
        }
    }

    /// What went wrong, for a person.
    fn words(&self, error: &sqlx::Error) -> String {
        let late = || {
            let seconds = self.config.statement_timeout.as_secs();
            format!(
                "the statement took longer than {seconds} s (`sources.statement_timeout`) and was stopped"
            )
        };
        match error {
            sqlx::Error::PoolTimedOut => "no answer in time (`sources.connect_timeout`)".to_owned(),
            sqlx::Error::Io(error) => format!("the connection ended: {error}"),
            sqlx::Error::Database(error) => match error.code().as_deref() {
                Some("57014" | "70100") => late(),
                Some("25006") => format!("refused, because sources only read: {}", error.message()),
                _ => format!("the database says: {}", error.message()),
            },
            error => error.to_string(),
        }
    }
}
