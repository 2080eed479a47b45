//! PostgreSQL. The query is the one of a cursor (`DECLARE … CURSOR FOR`), which takes a SELECT alone, in a transaction that
//! only reads; rows come through `FETCH` in the simple protocol, where the server writes every value as text.

use std::borrow::Cow;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow, PgSslMode};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row, SqlSafeStr, Statement, TypeInfo,
    ValueRef,
};
use tokio::net::TcpStream;

use super::relay::Relay;
use super::write_csv::{Cell, CsvRows};
use super::{Session, Steps};
use crate::domain::feed::SqlTls;

/// Rows that are asked for at a time.
const AT_ONCE: u64 = 1_000;

pub(super) async fn read(
    session: &Session<'_>,
    stream: TcpStream,
    rows: &mut CsvRows<'_, '_>,
    steps: &mut Steps,
) -> Result<(), String> {
    let source = &session.ask.source;
    let relay = Relay::start(stream, &format!(".s.PGSQL.{}", source.port))
        .map_err(|error| steps.bad("connect", error))?;
    let mut options = PgConnectOptions::new_without_pgpass()
        .socket(relay.folder())
        .host(&source.host)
        .port(source.port)
        .username(&source.user)
        .password(session.password())
        .database(&source.database)
        .application_name("stockroom")
        .ssl_mode(match source.tls {
            SqlTls::Verify => PgSslMode::VerifyFull,
            SqlTls::Require => PgSslMode::Require,
            SqlTls::Off => PgSslMode::Disable,
        })
        .disable_statement_logging();
    if let Some(pem) = session.issuers().map_err(|error| steps.bad("tls", error))? {
        options = options.ssl_root_cert_from_pem(pem);
    }
    let mut connection = session
        .within(PgConnection::connect_with(&options))
        .await
        .map_err(|error| session.not_signed_in(&error, steps))?;
    session.signed_in(steps);
    begin(session, &mut connection, steps).await?;
    let kinds = declare(session, &mut connection, rows, steps).await?;
    loop {
        let before = rows.count();
        let fetch = AssertSqlSafe(format!("FETCH FORWARD {AT_ONCE} FROM stockroom")).into_sql_str();
        let mut answers = sqlx::raw_sql(fetch).fetch(&mut connection);
        loop {
            let row = answers.try_next().await.map_err(|error| steps.bad("rows", session.words(&error)))?;
            let Some(row) = row else { break };
            let cells: Result<Vec<Cell<'_>>, sqlx::Error> =
                kinds.iter().enumerate().map(|(index, kind)| cell(&row, index, *kind)).collect();
            let cells = cells.map_err(|error| steps.bad("rows", session.words(&error)))?;
            rows.row(cells.into_iter()).map_err(|error| steps.bad("rows", error))?;
        }
        if rows.count() - before < AT_ONCE {
            break;
        }
    }
    // Its end: nothing was written, and the rows are all here.
    let _ = session.within(connection.close()).await;
    Ok(())
}

async fn begin(
    session: &Session<'_>,
    connection: &mut PgConnection,
    steps: &mut Steps,
) -> Result<(), String> {
    let limit = session.statement_timeout().as_millis();
    let set = AssertSqlSafe(format!(
        "SET default_transaction_read_only = on; SET statement_timeout = {limit}; SET bytea_output = hex; \
         BEGIN READ ONLY; SET LOCAL cursor_tuple_fraction = 1"
    ));
    let asked = async {
        connection.execute(sqlx::raw_sql(set)).await?;
        let row = connection.fetch_one(sqlx::raw_sql("SHOW transaction_read_only")).await?;
        row.try_get_unchecked::<String, _>(0)
    };
    match session.within(asked).await {
        Ok(word) if word == "on" => {
            steps.good("read-only", "the server says that this transaction only reads");
            Ok(())
        }
        Ok(word) => Err(steps.bad("read-only", format!("the server says transaction_read_only = {word}"))),
        Err(error) => Err(steps.bad("read-only", session.words(&error))),
    }
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Truth,
    Bytes,
}

/// Declares the cursor and writes the header.
async fn declare(
    session: &Session<'_>,
    connection: &mut PgConnection,
    rows: &mut CsvRows<'_, '_>,
    steps: &mut Steps,
) -> Result<Vec<Kind>, String> {
    let bad = |error: sqlx::Error, steps: &mut Steps| steps.bad("query", session.words(&error));
    let query = AssertSqlSafe(session.query.to_owned()).into_sql_str();
    let prepared = (&mut *connection).prepare(query).await.map_err(|error| bad(error, steps))?;
    let names: Vec<String> = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
    let kind = |name: &str| match name {
        "BOOL" => Kind::Truth,
        "BYTEA" => Kind::Bytes,
        _ => Kind::Text,
    };
    let kinds = prepared.columns().iter().map(|column| kind(column.type_info().name())).collect();
    if names.is_empty() {
        return Err(steps.bad("query", "it brings no columns"));
    }
    // Prepared, so that it is one statement whatever it holds.
    let declare = AssertSqlSafe(format!("DECLARE stockroom NO SCROLL CURSOR FOR {}", session.query));
    connection.execute(sqlx::query(declare)).await.map_err(|error| bad(error, steps))?;
    rows.header(&names).map_err(|error| steps.bad("query", error))?;
    steps.good("query", format!("one statement with {} columns", names.len()));
    Ok(kinds)
}

fn cell(row: &PgRow, index: usize, kind: Kind) -> Result<Cell<'_>, sqlx::Error> {
    let value = row.try_get_raw(index)?;
    if value.is_null() {
        return Ok(None);
    }
    let text = value.as_str().map_err(sqlx::Error::Decode)?;
    Ok(Some(Cow::Borrowed(match (kind, text) {
        (Kind::Truth, "t") => "true",
        (Kind::Truth, "f") => "false",
        (Kind::Bytes, text) => text.strip_prefix("\\x").unwrap_or(text),
        (_, text) => text,
    })))
}
