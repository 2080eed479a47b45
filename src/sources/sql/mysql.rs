//! MySQL and MariaDB, in a transaction that only reads. The server is first asked to prepare the query, which takes one
//! statement and tells whether it brings columns; the rows then come in the text protocol, as the server writes them.

use std::borrow::Cow;

use futures_util::TryStreamExt;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow, MySqlSslMode, MySqlTypeInfo};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, MySql, Row, SqlSafeStr, Statement, Type,
    TypeInfo,
};
use tokio::net::TcpStream;

use super::relay::Relay;
use super::write_csv::{Cell, CsvRows, bytes_as_text};
use super::{Session, Steps};
use crate::domain::feed::SqlTls;

pub(super) async fn read(
    session: &Session<'_>,
    stream: TcpStream,
    rows: &mut CsvRows<'_, '_>,
    steps: &mut Steps,
) -> Result<(), String> {
    let source = &session.ask.source;
    let relay = Relay::start(stream, "mysql").map_err(|error| steps.bad("connect", error))?;
    let mut options = MySqlConnectOptions::new()
        .socket(&relay.socket)
        .host(&source.host)
        .port(source.port)
        .username(&source.user)
        .password(session.password())
        .database(&source.database)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .ssl_mode(match source.tls {
            SqlTls::Verify => MySqlSslMode::VerifyIdentity,
            SqlTls::Require => MySqlSslMode::Required,
            SqlTls::Off => MySqlSslMode::Disabled,
        })
        .disable_statement_logging();
    if let Some(pem) = session.issuers().map_err(|error| steps.bad("tls", error))? {
        options = options.ssl_ca_from_pem(pem);
    }
    let mut connection = session
        .within(MySqlConnection::connect_with(&options))
        .await
        .map_err(|error| session.not_signed_in(&error, steps))?;
    session.signed_in(steps);
    begin(session, &mut connection, steps).await?;
    let kinds = header(session, &mut connection, rows, steps).await?;
    let query = AssertSqlSafe(session.query.to_owned()).into_sql_str();
    let mut answers = sqlx::raw_sql(query).fetch(&mut connection);
    loop {
        let row = answers.try_next().await.map_err(|error| steps.bad("rows", session.words(&error)))?;
        let Some(row) = row else { break };
        let cells: Result<Vec<Cell<'_>>, sqlx::Error> =
            kinds.iter().enumerate().map(|(index, kind)| cell(&row, index, *kind)).collect();
        let cells = cells.map_err(|error| steps.bad("rows", session.words(&error)))?;
        rows.row(cells.into_iter()).map_err(|error| steps.bad("rows", error))?;
    }
    drop(answers);
    let _ = session.within(connection.close()).await;
    Ok(())
}

async fn text(connection: &mut MySqlConnection, query: &'static str) -> Result<String, sqlx::Error> {
    let row = connection.fetch_one(sqlx::raw_sql(query)).await?;
    row.try_get_unchecked::<String, _>(0)
}

async fn begin(
    session: &Session<'_>,
    connection: &mut MySqlConnection,
    steps: &mut Steps,
) -> Result<(), String> {
    let limit = session.statement_timeout();
    let asked = async {
        let is_maria = text(connection, "SELECT VERSION()").await?.contains("MariaDB");
        // https://mariadb.com/kb/en/server-system-variables/#max_statement_time: seconds;
        // https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_max_execution_time: milliseconds.
        let limit = if is_maria {
            format!("max_statement_time = {}", limit.as_secs())
        } else {
            format!("max_execution_time = {}", limit.as_millis())
        };
        let set = AssertSqlSafe(format!("SET SESSION {limit}")).into_sql_str();
        connection.execute(sqlx::raw_sql(set)).await?;
        connection.execute(sqlx::raw_sql("SET SESSION TRANSACTION READ ONLY")).await?;
        connection.execute(sqlx::raw_sql("START TRANSACTION READ ONLY")).await?;
        // MariaDB knew the old name alone for long, MySQL 8 knows the new one alone.
        let name =
            if is_maria { "SELECT @@session.tx_read_only" } else { "SELECT @@session.transaction_read_only" };
        text(connection, name).await
    };
    match session.within(asked).await {
        Ok(word) if word == "1" => {
            steps.good("read-only", "the server says that this session's transactions only read");
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
    Bytes,
    Bits,
}

/// Has the query prepared and writes the header.
async fn header(
    session: &Session<'_>,
    connection: &mut MySqlConnection,
    rows: &mut CsvRows<'_, '_>,
    steps: &mut Steps,
) -> Result<Vec<Kind>, String> {
    let query = AssertSqlSafe(session.query.to_owned()).into_sql_str();
    let prepared = (&mut *connection).prepare(query).await;
    let prepared = prepared.map_err(|error| steps.bad("query", session.words(&error)))?;
    let names: Vec<String> = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
    if names.is_empty() {
        // What writes into a file or a variable brings none, for one.
        return Err(steps.bad("query", "it brings no columns"));
    }
    // A text whose collation is a binary one has a name like bytes have; only the character set tells them apart.
    let kind = |info: &MySqlTypeInfo| match info.name() {
        _ if <str as Type<MySql>>::compatible(info) => Kind::Text,
        "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" | "BINARY" | "VARBINARY" | "GEOMETRY" => Kind::Bytes,
        "BIT" => Kind::Bits,
        _ => Kind::Text,
    };
    let kinds = prepared.columns().iter().map(|column| kind(column.type_info())).collect();
    rows.header(&names).map_err(|error| steps.bad("query", error))?;
    steps.good("query", format!("one statement with {} columns", names.len()));
    Ok(kinds)
}

fn cell(row: &MySqlRow, index: usize, kind: Kind) -> Result<Cell<'_>, sqlx::Error> {
    let Some(bytes) = row.try_get_unchecked::<Option<&[u8]>, _>(index)? else { return Ok(None) };
    Ok(match kind {
        Kind::Bytes => Some(bytes_as_text(bytes)),
        Kind::Bits => {
            let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            Some(Cow::Owned(number.to_string()))
        }
        Kind::Text => {
            let text = std::str::from_utf8(bytes).map_err(|error| sqlx::Error::Decode(error.into()))?;
            Some(Cow::Borrowed(text))
        }
    })
}
