//! PostgreSQL as a source.

use std::time::Duration;

use reqwest::StatusCode;
use stockroom::config::feeds::{FeedsConfig, NamedSecret, SecretTarget};
use stockroom::domain::feed::{SqlEngine, SqlTls};
use stockroom::domain::permission::Role;
use stockroom::store::sources;

use crate::databases::{Database, PASSWORD, ask_as, until};
use crate::harness::TestApp;

const TABLES: &str = "CREATE TABLE IF NOT EXISTS stock (part text, customer text, qty numeric(12,3));
CREATE SEQUENCE IF NOT EXISTS numbers;
CREATE OR REPLACE FUNCTION writes() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO stock VALUES ('X', 'X', 1); RETURN 1; END $$;
CREATE OR REPLACE FUNCTION frees_itself() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN SET transaction_read_only = off; INSERT INTO stock VALUES ('X', 'X', 1); RETURN 1; END $$;
TRUNCATE stock; INSERT INTO stock VALUES ('A-1', 'Acme', 1.500), ('A-2', 'Acme', 2), ('B-1', 'Bolt', 3);";

/// A server of its own for each test that changes what is there.
fn database() -> Database {
    let database = Database::new_postgres();
    database.sql(TABLES);
    database
}

#[test]
fn every_type_comes_as_the_text_that_the_database_writes() {
    let database = Database::postgres();
    let asked = database.ask(
        "SELECT 1::smallint AS i2, -9223372036854775808 AS i8, 12345678901234567890.1234567890::numeric AS exact,
                0.1::real AS r, 0.1::double precision + 0.2 AS d, 'NaN'::numeric AS nan,
                'say \"x\", é €' AS t, E'two\\nlines' AS l, '\\x is text' AS x, 'ab'::char(4) AS c, true AS yes, false AS no,
                DATE '2026-11-22' AS day, TIME '08:09:10.5' AS tm, TIMESTAMP '2026-11-22 08:09:10' AS ts,
                TIMESTAMPTZ '2026-11-22 08:09:10+02' AS tz, INTERVAL '1 day 2 hours' AS iv,
                'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS u, '{\"a\": 1}'::jsonb AS j, '\\xdeadbeef'::bytea AS b,
                '10.0.0.1/8'::inet AS ip, ARRAY[1,2] AS a, NULL AS nothing, '' AS empty, now() IS NULL AS f",
    );
    asked.outcome.as_ref().unwrap();
    let expected = [
        "i2,i8,exact,r,d,nan,t,l,x,c,yes,no,day,tm,ts,tz,iv,u,j,b,ip,a,nothing,empty,f\n",
        "1,-9223372036854775808,12345678901234567890.1234567890,0.1,0.30000000000000004,NaN,",
        "\"say \"\"x\"\", é €\",\"two\nlines\",\\x is text,\"ab  \",true,false,",
        "2026-11-22,08:09:10.5,2026-11-22 08:09:10,2026-11-22 06:09:10+00,1 day 02:00:00,",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,\"{\"\"a\"\": 1}\",deadbeef,10.0.0.1/8,\"{1,2}\",,,false\n",
    ];
    assert_eq!(asked.text, expected.concat(), "{:?}", asked.steps);
    let parts: Vec<&str> = asked.steps.0.iter().map(|step| step.part).collect();
    assert_eq!(parts, ["resolve", "connect", "tls", "sign-in", "read-only", "query", "rows"]);
    // Types of the database's own.
    database.sql(
        "CREATE TYPE colour AS ENUM ('red', 'green'); CREATE DOMAIN pieces AS int CHECK (VALUE > 0);
         CREATE TYPE place AS (hall text, bin int); CREATE TABLE own (c colour, n pieces, p place, cs colour[], r int4range);
         INSERT INTO own VALUES ('red', 5, ROW('A, 1', 2), '{red,green}', '[1,3)'), (NULL, NULL, NULL, NULL, NULL)",
    );
    let own = database.ask("SELECT *, '12.5'::money::numeric AS m FROM own");
    let expected = "c,n,p,cs,r,m\nred,5,\"(\"\"A, 1\"\",2)\",\"{red,green}\",\"[1,3)\",12.50\n,,,,,12.50\n";
    assert_eq!(own.text, expected, "{:?}", own.steps);
    // No row, and more than one block of them.
    assert_eq!(database.ask("SELECT 1 AS one WHERE false").text, "one\n");
    let many = database.ask("SELECT n FROM generate_series(1, 2500) AS n");
    assert_eq!((many.text.lines().count(), many.text.lines().last()), (2_501, Some("2500")));
}

#[test]
fn nothing_that_a_query_does_writes_although_its_user_may() {
    let database = database();
    let state = || {
        database.sql(
            "SELECT count(*), sum(qty) FROM stock; SELECT is_called FROM numbers;
             SELECT count(*) FROM pg_class WHERE relname = 'copy'; SELECT count(*) FROM pg_largeobject_metadata",
        )
    };
    let before = state();
    for query in [
        "INSERT INTO stock VALUES ('X', 'X', 1)",
        "DELETE FROM stock RETURNING *",
        "WITH gone AS (DELETE FROM stock RETURNING *) SELECT * FROM gone",
        "WITH more AS (INSERT INTO stock VALUES ('X', 'X', 1) RETURNING *) SELECT * FROM more",
        "SELECT writes()",
        "SELECT frees_itself()",
        "SELECT set_config('transaction_read_only', 'off', false), writes()",
        "SELECT set_config('default_transaction_read_only', 'off', false), writes()",
        "SELECT 1; DROP TABLE stock",
        "SELECT 1; COMMIT; DELETE FROM stock",
        "SELECT 1 FROM stock; INSERT INTO stock VALUES ('X', 'X', 1) --",
        "SELECT * INTO copy FROM stock",
        "SELECT nextval('numbers')",
        "SELECT * FROM stock FOR UPDATE",
        "TABLE stock; TRUNCATE stock",
        "VALUES (1); DROP TABLE stock",
    ] {
        let asked = database.ask(query);
        assert!(asked.outcome.is_err(), "{query}: {}", asked.text);
        assert_eq!(state(), before, "{query}");
    }
    // What PostgreSQL before 16 lets through in such a transaction is not committed.
    database.ask("SELECT lo_create(4711)");
    assert_eq!(state(), before);
    // The server says so itself, and the same user writes where nothing holds it back.
    let log = database.log();
    assert!(log.contains("cannot execute INSERT in a read-only transaction"), "{log}");
    assert!(log.contains("cannot insert multiple commands into a prepared statement"), "{log}");
    database.sql("SELECT writes()");
    assert_ne!(state(), before);
}

#[test]
fn a_statement_that_takes_too_long_is_stopped_by_the_server() {
    let database = Database::postgres();
    let config = FeedsConfig { statement_timeout: Duration::from_secs(1), ..database.config() };
    let asked = ask_as(&config, database.source(SqlTls::Verify, "SELECT pg_sleep(600)"), PASSWORD);
    assert!(asked.failed().1.contains("sources.statement_timeout"), "{asked:?}");
    assert!(database.log().contains("canceling statement due to statement timeout"));
}

#[test]
fn who_answers_is_checked_and_no_password_is_told() {
    let database = Database::postgres();
    let good = |tls| database.source(tls, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    for (tls, encrypted) in [(SqlTls::Verify, "true"), (SqlTls::Require, "true"), (SqlTls::Off, "false")] {
        let asked = ask_as(&database.config(), good(tls), PASSWORD);
        assert_eq!(asked.text, format!("ssl\n{encrypted}\n"), "{tls:?} {:?}", asked.steps);
    }
    let missing = FeedsConfig { ca_file: Some("/no/such.pem".into()), ..database.config() };
    let asked = ask_as(&missing, good(SqlTls::Verify), PASSWORD);
    assert!(
        asked.failed().0 == "tls" && asked.failed().1.contains("`sources.ca_file` /no/such.pem"),
        "{asked:?}"
    );
    let unknown = FeedsConfig { ca_file: None, ..database.config() };
    let other = FeedsConfig { ca_file: Some(database.other_ca_file()), ..database.config() };
    for config in [&unknown, &other] {
        let asked = ask_as(config, good(SqlTls::Verify), PASSWORD);
        assert_eq!(asked.failed().0, "tls", "{asked:?}");
        assert!(asked.failed().1.contains("certificate"), "{asked:?}");
    }
    // The certificate is for `localhost`, not for its address.
    let mut by_address = good(SqlTls::Verify);
    by_address.host = "127.0.0.1".to_owned();
    assert_eq!(ask_as(&database.config(), by_address, PASSWORD).failed().0, "tls");
    let wrong = ask_as(&database.config(), good(SqlTls::Verify), "not-the-password");
    assert_eq!(wrong.failed().0, "sign-in");
    assert!(!format!("{wrong:?}").contains("not-the-password"), "{wrong:?}");
    // A private address that nothing lets through is not even connected to.
    let closed = FeedsConfig { allow_private: Vec::new(), ..database.config() };
    let asked = ask_as(&closed, good(SqlTls::Verify), PASSWORD);
    assert!(asked.failed().1.contains("sources.allow_private"), "{asked:?}");
    assert_eq!(asked.steps.0.len(), 1, "{asked:?}");
}

#[tokio::test]
async fn a_query_fills_its_dataset_and_a_server_that_dies_publishes_nothing() {
    let database = tokio::task::spawn_blocking(database).await.unwrap();
    let mut feeds = database.config();
    let path = database.folder().join("erp-password");
    std::fs::write(&path, format!("{PASSWORD}\n")).unwrap();
    let target = SecretTarget {
        engine: Some(SqlEngine::Postgres),
        host: "localhost".to_owned(),
        port: Some(database.port),
        may_be_plain: false,
    };
    feeds.secrets = vec![NamedSecret { name: "erp".to_owned(), target: Some(target), path }];
    let app = TestApp::start_with(move |config| {
        config.feeds = feeds;
        config.feeds.inbox_poll = Duration::from_millis(60);
    })
    .await;
    app.import("Stock", "part,customer,qty\nA-1,Acme,1\n", &["owner=customer", "key=part"]).await;
    let dataset = || stockroom::services::datasets::find(app.services(), "stock").unwrap().unwrap();
    let source = || app.services().store.read(sources::list_sources).unwrap().pop().unwrap();
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let mut port = String::new();
    let fields = database.form(&mut port, "SELECT part, customer, qty FROM stock");
    let made = admin.submit("/admin/sources/new?kind=sql", "/admin/sources/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let path = made.header("location").to_owned();
    until("published", || dataset().current_generation.unwrap().0 == 2).await;
    let mut reader = app.signed_in(Role::Customer, &["Acme"]).await;
    let page = reader.get("/datasets/stock").await.text;
    assert!(page.contains("A-2") && page.contains("1.5") && !page.contains("B-1"), "{page}");
    // The same rows in another order are no change, and the data were checked.
    database.sql("DELETE FROM stock WHERE part = 'A-1'; INSERT INTO stock VALUES ('A-1', 'Acme', 1.500)");
    app.advance_minutes(1);
    let now = app.services().now();
    until("checked", || dataset().checked_at == Some(now)).await;
    assert_eq!(dataset().current_generation.unwrap().0, 2);
    let test = admin.submit(&path, &format!("{path}/test"), &[]).await;
    assert_eq!(test.status, StatusCode::OK, "{}", test.text);
    for words in
        ["127.0.0.1", "the certificate is good", "as `erp`", "only reads", "3 rows", "part, customer, qty"]
    {
        assert!(test.text.contains(words), "no {words} in {}", test.text);
    }
    assert!(!test.text.contains(PASSWORD));
    // Rows without an end: the server dies while they come.
    let endless = "SELECT part, customer, qty FROM stock, generate_series(1, 2000000000)";
    let mut fields = database.form(&mut port, endless);
    for field in &mut fields {
        match field.0 {
            "secret" => field.1 = "",
            // From now on the password comes from a file.
            "secret_name" => field.1 = "erp",
            _ => {}
        }
    }
    let saved = admin.submit(&path, &path, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let running =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stockroom' AND query LIKE 'FETCH%'";
    until("rows come", || database.sql(running) != "0").await;
    database.kill();
    until("failed", || source().runs.error.is_some()).await;
    assert!(source().runs.error.unwrap().contains("the connection ended"), "{:?}", source().runs.error);
    assert_eq!(dataset().current_generation.unwrap().0, 2);
    assert!(reader.get("/datasets/stock").await.text.contains("A-2"));
    app.running.shutdown().await;
    tokio::task::spawn_blocking(move || drop(database)).await.unwrap();
}
