//! Microsoft SQL Server, which knows no transaction that only reads: the query's words are looked at (`query.rs`), a login
//! that may write is refused, and whatever was done is rolled back.

use std::borrow::Cow;

use futures_util::TryStreamExt;
use jiff::civil::{Date, Time};
use jiff::{Span, ToSpan};
use tiberius::{AuthMethod, Client, ColumnData, Config, EncryptionLevel, QueryItem};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::compat::TokioAsyncWriteCompatExt;

use super::sqlite::real;
use super::write_csv::{Cell, CsvRows, bytes_as_text};
use super::{Session, Steps, tds_tls};
use crate::base::tls::{self, ServerName};
use crate::domain::feed::SqlTls;

/// What the login may do to the database beyond reading it.
const MAY_WRITE: &str = "SELECT p FROM (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('ALTER'), ('CONTROL')) AS v(p) \
     WHERE HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', p) = 1";

pub(super) async fn read(
    session: &Session<'_>,
    stream: TcpStream,
    rows: &mut CsvRows<'_, '_>,
    steps: &mut Steps,
) -> Result<(), String> {
    let source = &session.ask.source;
    let mut config = Config::new();
    config.host(&source.host);
    config.port(source.port);
    config.database(&source.database);
    config.application_name("stockroom");
    config.authentication(AuthMethod::sql_server(&source.user, session.password()));
    config.encryption(EncryptionLevel::NotSupported);
    config.readonly(true);
    let tls = match source.tls {
        SqlTls::Off => return ask(session, config, stream, None, rows, steps).await,
        SqlTls::Require => tls::unchecked_client_config(),
        SqlTls::Verify => tls::client_config(session.config.ca_file.as_deref(), "sources.ca_file"),
    };
    let tls = tls.map_err(|error| steps.bad("tls", error))?;
    let name =
        ServerName::try_from(source.host.clone()).map_err(|error| steps.bad("tls", error.to_string()))?;
    let (stream, told) = tds_tls::start(stream, tls, name);
    ask(session, config, stream, Some(told), rows, steps).await
}

/// `told` says why there is no encryption, where there is none.
async fn ask(
    session: &Session<'_>,
    config: Config,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    told: Option<oneshot::Receiver<String>>,
    rows: &mut CsvRows<'_, '_>,
    steps: &mut Steps,
) -> Result<(), String> {
    let limit = session.config.connect_timeout;
    let connected = timeout(limit, Client::connect(config, stream.compat_write())).await;
    if let Some(mut told) = told
        && let Ok(why) = told.try_recv()
    {
        return Err(steps.bad("tls", why));
    }
    let mut client = match connected {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => return Err(steps.bad("sign-in", words(&error))),
        Err(_) => return Err(steps.bad("sign-in", "no answer in time (`sources.connect_timeout`)")),
    };
    session.signed_in(steps);
    let asked = async {
        client
            .simple_query(format!("SET XACT_ABORT ON; SET LOCK_TIMEOUT {}", limit.as_millis()))
            .await?
            .into_results()
            .await?;
        client.simple_query("BEGIN TRANSACTION").await?.into_results().await?;
        client.simple_query(MAY_WRITE).await?.into_first_result().await
    };
    match timeout(limit, asked).await {
        Ok(Ok(rights)) if rights.is_empty() => {
            steps.good("read-only", "the login may not write to the database, and all is rolled back");
        }
        Ok(Ok(rights)) => {
            let rights: Vec<&str> = rights.iter().filter_map(|row| row.get::<&str, _>(0)).collect();
            let rights = rights.join(", ");
            return Err(steps
                .bad("read-only", format!("the login may write ({rights}): give it db_datareader alone")));
        }
        Ok(Err(error)) => return Err(steps.bad("read-only", words(&error))),
        Err(_) => return Err(steps.bad("read-only", "no answer in time (`sources.connect_timeout`)")),
    }
    let limit = session.statement_timeout();
    let late = || format!("it took longer than {} s (`sources.statement_timeout`)", limit.as_secs());
    let mut answers = match timeout(limit, client.simple_query(session.query)).await {
        Ok(Ok(answers)) => answers,
        Ok(Err(error)) => return Err(steps.bad("query", words(&error))),
        Err(_) => return Err(steps.bad("query", late())),
    };
    let mut has_header = false;
    loop {
        let item = match timeout(limit, answers.try_next()).await {
            Ok(Ok(item)) => item,
            Ok(Err(error)) => return Err(steps.bad(if has_header { "rows" } else { "query" }, words(&error))),
            Err(_) => return Err(steps.bad("rows", late())),
        };
        match item {
            None => break,
            Some(QueryItem::Metadata(_)) if has_header => {
                return Err(steps.bad("rows", "it brings a second table"));
            }
            Some(QueryItem::Metadata(table)) => {
                let names: Vec<String> =
                    table.columns().iter().map(|column| column.name().to_owned()).collect();
                rows.header(&names).map_err(|error| steps.bad("query", error))?;
                steps.good("query", format!("one statement with {} columns", names.len()));
                has_header = true;
            }
            Some(QueryItem::Row(row)) => {
                let cells: Result<Vec<Cell<'_>>, String> = row.cells().map(|(_, data)| text(data)).collect();
                let cells = cells.map_err(|error| steps.bad("rows", error))?;
                rows.row(cells.into_iter()).map_err(|error| steps.bad("rows", error))?;
            }
        }
    }
    drop(answers);
    if !has_header {
        return Err(steps.bad("query", "it brings no columns"));
    }
    // Ends the transaction; where it does not arrive, the end of the connection does the same.
    let _ = timeout(session.config.connect_timeout, client.simple_query("ROLLBACK")).await;
    Ok(())
}

fn words(error: &tiberius::error::Error) -> String {
    match error {
        tiberius::error::Error::Server(error) => format!("the database says: {}", error.message()),
        error => error.to_string(),
    }
}

/// A value as text: numbers exactly, times as ISO 8601 writes them.
fn text<'c>(data: &'c ColumnData<'static>) -> Result<Cell<'c>, String> {
    let owned = |text: String| Ok(Some(Cow::Owned(text)));
    let wrong = |_| "a date that no calendar has".to_owned();
    let seconds = |nanoseconds: i64, digits: u8| -> Result<String, String> {
        let time = Time::midnight().checked_add(Span::new().nanoseconds(nanoseconds)).map_err(wrong)?;
        Ok(format!("{time:.*}", usize::from(digits.min(9))))
    };
    let day_after = |from: Date, days: i64| from.checked_add(days.days()).map_err(wrong);
    let (common, of_1900) = (Date::constant(1, 1, 1), Date::constant(1900, 1, 1));
    let scaled = |increments: u64, scale: u8| {
        increments.saturating_mul(10_u64.saturating_pow(9_u32.saturating_sub(scale.into()))) as i64
    };
    match data {
        ColumnData::U8(Some(number)) => owned(number.to_string()),
        ColumnData::I16(Some(number)) => owned(number.to_string()),
        ColumnData::I32(Some(number)) => owned(number.to_string()),
        ColumnData::I64(Some(number)) => owned(number.to_string()),
        ColumnData::F32(Some(number)) => owned(number.to_string()),
        ColumnData::F64(Some(number)) => owned(real(*number)),
        ColumnData::Bit(Some(bit)) => owned(bit.to_string()),
        ColumnData::String(Some(text)) => Ok(Some(Cow::Borrowed(text))),
        ColumnData::Guid(Some(guid)) => owned(guid.to_string()),
        ColumnData::Binary(Some(bytes)) => Ok(Some(bytes_as_text(bytes))),
        ColumnData::Numeric(Some(number)) => owned(decimal(number.value(), number.scale())),
        ColumnData::Xml(Some(xml)) => owned(xml.to_string()),
        ColumnData::DateTime(Some(at)) => {
            // Of a second there are 300 parts, which are shown as thousandths.
            let milliseconds = (i64::from(at.seconds_fragments()) * 10 + 1) / 3;
            let day = day_after(of_1900, at.days().into())?;
            owned(format!("{day}T{}", seconds(milliseconds * 1_000_000, 3)?))
        }
        ColumnData::SmallDateTime(Some(at)) => {
            let day = day_after(of_1900, at.days().into())?;
            owned(format!("{day}T{}", seconds(i64::from(at.seconds_fragments()) * 60_000_000_000, 0)?))
        }
        ColumnData::Time(Some(at)) => owned(seconds(scaled(at.increments(), at.scale()), at.scale())?),
        ColumnData::Date(Some(day)) => owned(day_after(common, day.days().into())?.to_string()),
        ColumnData::DateTime2(Some(at)) => {
            let (day, time) = (day_after(common, at.date().days().into())?, at.time());
            owned(format!("{day}T{}", seconds(scaled(time.increments(), time.scale()), time.scale())?))
        }
        ColumnData::DateTimeOffset(Some(at)) => {
            // What is sent is the time at Greenwich, and how far from there it was written.
            let (date_time, time) = (at.datetime2(), at.datetime2().time());
            let day = day_after(common, date_time.date().days().into())?;
            let span = Span::new().nanoseconds(scaled(time.increments(), time.scale()));
            let there = day.to_datetime(Time::midnight()).checked_add(span).map_err(wrong)?;
            let there = there.checked_add(i64::from(at.offset()).minutes()).map_err(wrong)?;
            let (sign, offset) = (if at.offset() < 0 { '-' } else { '+' }, at.offset().unsigned_abs());
            let digits = usize::from(time.scale().min(9));
            owned(format!("{there:.digits$}{sign}{:02}:{:02}", offset / 60, offset % 60))
        }
        _ => Ok(None),
    }
}

fn decimal(value: i128, scale: u8) -> String {
    let (sign, digits) = (if value < 0 { "-" } else { "" }, value.unsigned_abs().to_string());
    let scale = usize::from(scale);
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{part}")
}

#[cfg(test)]
mod tests {
    use tiberius::ColumnData as Data;
    use tiberius::numeric::Numeric;
    use tiberius::time::{Date, DateTime, DateTime2, DateTimeOffset, SmallDateTime, Time};

    use super::text;

    fn written(data: &Data<'static>) -> String {
        text(data).unwrap().map_or_else(|| "nothing".to_owned(), std::borrow::Cow::into_owned)
    }

    #[test]
    fn every_type_is_written_exactly() {
        let number = |value, scale| Data::Numeric(Some(Numeric::new_with_scale(value, scale)));
        // 08:09:10.5 in parts of a second.
        let (day, at) =
            (Date::new(739_941), |scale: u8| Time::new(293_505 * 10_u64.pow(u32::from(scale)) / 10, scale));
        let there = |offset| DateTimeOffset::new(DateTime2::new(day, at(3)), offset);
        for (data, expected) in [
            (Data::U8(Some(255)), "255"),
            (Data::I16(Some(-1)), "-1"),
            (Data::I32(Some(i32::MIN)), "-2147483648"),
            (Data::I64(Some(i64::MIN)), "-9223372036854775808"),
            (Data::F32(Some(0.1)), "0.1"),
            (Data::F64(Some(0.1 + 0.2)), "0.30000000000000004"),
            (Data::Bit(Some(true)), "true"),
            (Data::String(Some("say \"x\"".into())), "say \"x\""),
            (Data::Binary(Some(vec![0xde, 0xad].into())), "dead"),
            (number(-5, 3), "-0.005"),
            (number(12_345, 2), "123.45"),
            (number(0, 4), "0.0000"),
            (number(99_999_999_999_999_999_999_999_999_999, 0), "99999999999999999999999999999"),
            (Data::Date(Some(day)), "2026-11-22"),
            (Data::Time(Some(at(1))), "08:09:10.5"),
            (Data::Time(Some(at(7))), "08:09:10.5000000"),
            (Data::DateTime(Some(DateTime::new(46_346, 29_350 * 300 + 151))), "2026-11-22T08:09:10.503"),
            (Data::DateTime(Some(DateTime::new(-1, 0))), "1899-12-31T00:00:00.000"),
            (Data::SmallDateTime(Some(SmallDateTime::new(46_346, 489))), "2026-11-22T08:09:00"),
            (Data::DateTime2(Some(DateTime2::new(day, at(3)))), "2026-11-22T08:09:10.500"),
            (Data::DateTimeOffset(Some(there(120))), "2026-11-22T10:09:10.500+02:00"),
            (Data::DateTimeOffset(Some(there(-570))), "2026-11-21T22:39:10.500-09:30"),
            (Data::I32(None), "nothing"),
            (Data::String(None), "nothing"),
        ] {
            assert_eq!(written(&data), expected, "{data:?}");
        }
    }
}
