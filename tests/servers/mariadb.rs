//! MariaDB as a source.

use std::time::Duration;

use reqwest::StatusCode;
use stockroom::config::feeds::FeedsConfig;
use stockroom::domain::feed::SqlTls;
use stockroom::domain::permission::Role;
use stockroom::store::sources;

use crate::databases::{Database, PASSWORD, ask_as, until};
use crate::harness::TestApp;

const TABLES: &str = "CREATE TABLE stock (part varchar(20), customer varchar(20), qty decimal(12,3));
CREATE TABLE old (part varchar(20)) ENGINE=MyISAM;
CREATE SEQUENCE numbers;
DELIMITER //
CREATE FUNCTION writes() RETURNS int MODIFIES SQL DATA
  BEGIN INSERT INTO stock VALUES ('X', 'X', 1); RETURN 1; END //
CREATE FUNCTION writes_old() RETURNS int MODIFIES SQL DATA
  BEGIN INSERT INTO old VALUES ('X'); RETURN 1; END //
CREATE PROCEDURE shows() BEGIN SELECT 1; DELETE FROM stock; END //
DELIMITER ;
INSERT INTO stock VALUES ('A-1', 'Acme', 1.500), ('A-2', 'Acme', 2), ('B-1', 'Bolt', 3);";

/// A server of its own for each test that changes what is there.
fn database() -> Database {
    let database = Database::new_mariadb();
    database.sql(TABLES);
    database
}

#[test]
fn every_type_comes_as_the_text_that_the_database_writes() {
    let database = Database::mariadb();
    database.sql(
        "CREATE TABLE types (t1 tinyint, yes boolean, u bigint unsigned, i bigint, exact decimal(38,10), f double,
           t text, c char(4), day date, tm time(1), dt datetime(3), ts timestamp, y year, b blob, vb varbinary(4),
           bits bit(10), j json, e enum('x','y'), s set('x','y'), ip inet6, id uuid, zero date, nothing int, empty text);
         SET sql_mode = ''; SET time_zone = '+02:00';
         INSERT INTO types VALUES (-1, true, 18446744073709551615, -9223372036854775808,
           1234567890123456789012345678.1234567890, 0.1e0 + 0.2e0, 'say \"x\", é €', 'ab', '2026-11-22', '08:09:10.5',
           '2026-11-22 08:09:10.123', '2026-11-22 08:09:10', 2026, x'deadbeef', x'00ff', b'1000000001', '{\"a\": 1}',
           'y', 'x,y', '::1', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '0000-00-00', NULL, '');
         SET GLOBAL time_zone = '+02:00'",
    );
    let asked = database.ask("SELECT * FROM types");
    asked.outcome.as_ref().unwrap();
    let expected = [
        "t1,yes,u,i,exact,f,t,c,day,tm,dt,ts,y,b,vb,bits,j,e,s,ip,id,zero,nothing,empty\n",
        "-1,1,18446744073709551615,-9223372036854775808,1234567890123456789012345678.1234567890,",
        "0.30000000000000004,\"say \"\"x\"\", é €\",ab,2026-11-22,08:09:10.5,2026-11-22 08:09:10.123,",
        "2026-11-22 08:09:10,2026,deadbeef,00ff,513,\"{\"\"a\"\": 1}\",y,\"x,y\",::1,",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,0000-00-00,,\n",
    ];
    assert_eq!(asked.text, expected.concat(), "{:?}", asked.steps);
    let parts: Vec<&str> = asked.steps.0.iter().map(|step| step.part).collect();
    assert_eq!(parts, ["resolve", "connect", "tls", "sign-in", "read-only", "query", "rows"]);
    assert_eq!(database.ask("SELECT 1 AS one FROM dual WHERE false").text, "one\n");
    let many = database.ask("SELECT seq FROM seq_1_to_2500");
    assert_eq!((many.text.lines().count(), many.text.lines().last()), (2_501, Some("2500")));
}

#[test]
fn nothing_that_a_query_does_writes_although_its_user_may() {
    let database = database();
    let state = || {
        database.sql(
            "SELECT count(*), sum(qty) FROM stock; SELECT count(*) FROM old; SHOW TABLES; SELECT next_not_cached_value FROM numbers",
        )
    };
    let before = state();
    let file = database.folder().join("written.txt");
    let into_file = format!("SELECT * FROM stock INTO OUTFILE '{}'", file.display());
    for query in [
        "INSERT INTO stock VALUES ('X', 'X', 1)",
        "INSERT INTO stock VALUES ('X', 'X', 1) RETURNING part",
        "DELETE FROM stock RETURNING *",
        "SELECT writes()",
        "SELECT writes_old()",
        "SELECT 1; DROP TABLE stock",
        "SELECT 1; COMMIT; DELETE FROM stock",
        "SELECT 1 /*! ; DROP TABLE stock */",
        "SELECT 1 /*M! ; DROP TABLE stock */",
        "/*! DELETE FROM stock */",
        "SELECT 1 -- \n; DELETE FROM stock",
        "CALL shows()",
        "SELECT NEXT VALUE FOR numbers",
        "SELECT part INTO @part FROM stock LIMIT 1",
        "WITH gone AS (SELECT 1) DELETE FROM stock",
        into_file.as_str(),
    ] {
        let asked = database.ask(query);
        assert!(asked.outcome.is_err(), "{query}: {}", asked.text);
        assert_eq!(state(), before, "{query}");
    }
    assert!(!file.exists());
    // Whatever stands before a statement: these are sent and the server refuses them.
    for query in ["SELECT writes()", "SELECT writes_old()"] {
        let (_, words) = database.ask(query).failed();
        assert!(words.contains("READ ONLY"), "{words}");
    }
    let log = database.log();
    assert!(log.contains("START TRANSACTION READ ONLY") && !log.contains("Execute"), "{log}");
    database.sql("SELECT writes(), writes_old()");
    assert_ne!(state(), before);
}

#[test]
fn a_statement_that_takes_too_long_is_stopped_by_the_server() {
    let database = Database::mariadb();
    let config = FeedsConfig { statement_timeout: Duration::from_secs(1), ..database.config() };
    let long = "SELECT count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b";
    let asked = ask_as(&config, database.source(SqlTls::Verify, long), PASSWORD);
    assert!(asked.failed().1.contains("sources.statement_timeout"), "{asked:?}");
    assert_eq!(database.sql("SELECT count(*) FROM information_schema.processlist WHERE user = 'erp'"), "0");
}

#[test]
fn who_answers_is_checked_and_no_password_is_told() {
    let database = Database::mariadb();
    let good = |tls| {
        database.source(tls, "SELECT variable_value <> '' AS tls FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'")
    };
    for (tls, encrypted) in [(SqlTls::Verify, "1"), (SqlTls::Require, "1"), (SqlTls::Off, "0")] {
        let asked = ask_as(&database.config(), good(tls), PASSWORD);
        assert_eq!(asked.text, format!("tls\n{encrypted}\n"), "{tls:?} {:?}", asked.steps);
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
    let mut by_address = good(SqlTls::Verify);
    by_address.host = "127.0.0.1".to_owned();
    assert_eq!(ask_as(&database.config(), by_address, PASSWORD).failed().0, "tls");
    let wrong = ask_as(&database.config(), good(SqlTls::Verify), "not-the-password");
    assert_eq!(wrong.failed().0, "sign-in");
    assert!(!format!("{wrong:?}").contains("not-the-password"), "{wrong:?}");
    let closed = FeedsConfig { allow_private: Vec::new(), ..database.config() };
    let asked = ask_as(&closed, good(SqlTls::Verify), PASSWORD);
    assert!(asked.failed().1.contains("sources.allow_private"), "{asked:?}");
}

#[tokio::test]
async fn a_query_fills_its_dataset_and_a_server_that_dies_publishes_nothing() {
    let database = tokio::task::spawn_blocking(database).await.unwrap();
    let feeds = database.config();
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
    // Rows without an end: the server dies while they come.
    let endless = "SELECT part, customer, qty FROM stock, seq_1_to_2000000000";
    let mut fields = database.form(&mut port, endless);
    for field in &mut fields {
        if field.0 == "secret" {
            field.1 = "";
        }
    }
    let saved = admin.submit(&path, &path, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let running =
        "SELECT count(*) FROM information_schema.processlist WHERE user = 'erp' AND info LIKE '%2000000000'";
    until("rows come", || database.sql(running) != "0").await;
    database.kill();
    until("failed", || source().runs.error.is_some()).await;
    assert!(source().runs.error.unwrap().contains("the connection ended"), "{:?}", source().runs.error);
    assert_eq!(dataset().current_generation.unwrap().0, 2);
    app.running.shutdown().await;
    tokio::task::spawn_blocking(move || drop(database)).await.unwrap();
}
