//! Queries as sources: SQLite files, and what all databases have in common. PostgreSQL and MariaDB are in `tests/servers`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use rusqlite::Connection;
use stockroom::base::secret::SecretString;
use stockroom::config::feeds::{Allowed, FeedsConfig, NamedSecret, SecretTarget};
use stockroom::config::{Config, Sources};
use stockroom::domain::dataset::ImportState;
use stockroom::domain::feed::{SqlEngine, SqlSource, SqlTls};
use stockroom::domain::job::JobState;
use stockroom::domain::permission::Role;
use stockroom::services::sources::SOURCE_JOB;
use stockroom::sources::sql::{SqlAsk, fetch, find_file, named_secret};
use stockroom::sources::{Brought, Steps};
use stockroom::store::{imports, jobs, sources};

use crate::harness::TestApp;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let database = Connection::open(folder.path().join("stock.db")).unwrap();
    database
        .execute_batch(
            "CREATE TABLE stock (part TEXT, customer TEXT, qty NUMERIC);
             INSERT INTO stock VALUES ('A-1', 'Acme', 1), ('A-2', 'Acme', 2.5), ('B-1', 'Bolt', 3);",
        )
        .unwrap();
    folder
}

fn config(folder: &Path) -> FeedsConfig {
    FeedsConfig { sqlite_dirs: vec![folder.to_owned()], ..Config::default().feeds }
}

fn only_on(host: &str, port: Option<u16>) -> SecretTarget {
    SecretTarget { engine: None, host: host.to_owned(), port, may_be_plain: false }
}

fn source(folder: &Path, query: &str) -> SqlSource {
    SqlSource {
        engine: SqlEngine::Sqlite,
        host: String::new(),
        port: 0,
        database: folder.join("stock.db").display().to_string(),
        user: String::new(),
        secret_name: String::new(),
        tls: SqlTls::Off,
        query: query.to_owned(),
    }
}

fn ask(config: &FeedsConfig, source: SqlSource, password: &str) -> (Result<Brought, String>, String, Steps) {
    let password = Some(SecretString::new(password.to_owned()));
    let ask = SqlAsk { source, password, known: None, max_bytes: 1 << 20, max_rows: 1_000 };
    let (mut text, mut steps) = (Vec::new(), Steps::default());
    let mut sink = |bytes: &[u8]| {
        text.extend_from_slice(bytes);
        Ok(())
    };
    let outcome = fetch(config, &ask, &mut sink, &mut steps, &|| false);
    (outcome, String::from_utf8(text).unwrap(), steps)
}

#[test]
fn rows_of_a_file_come_as_text() {
    let folder = folder();
    let query =
        "SELECT part, qty, 9223372036854775807 AS big, 0.1 + 0.2 AS d, 1e300 AS e, x'DEAD' AS b, NULL AS n,
                 'é, \"x\"' AS t FROM stock ORDER BY part DESC;";
    let (outcome, text, steps) = ask(&config(folder.path()), source(folder.path(), query), "");
    let rest = "9223372036854775807,0.30000000000000004,1e300,dead,,\"é, \"\"x\"\"\"\n";
    assert_eq!(
        text,
        format!("part,qty,big,d,e,b,n,t\nB-1,3,{rest}A-2,2.5,{rest}A-1,1,{rest}"),
        "{outcome:?}"
    );
    let parts: Vec<&str> = steps.0.iter().map(|step| step.part).collect();
    assert_eq!(parts, ["file", "read-only", "query", "rows"]);
    let (_, text, _) =
        ask(&config(folder.path()), source(folder.path(), "SELECT part FROM stock WHERE 0"), "");
    assert_eq!(text, "part\n");
}

#[test]
fn nothing_that_a_query_does_writes_and_no_other_file_is_opened() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let before = std::fs::read(folder.path().join("stock.db")).unwrap();
    for query in [
        "DELETE FROM stock RETURNING *".to_owned(),
        "WITH gone AS (SELECT 1) DELETE FROM stock RETURNING *".to_owned(),
        "WITH more AS (SELECT 1) INSERT INTO stock SELECT 'X', 'X', 1 RETURNING part".to_owned(),
        "SELECT 1; DROP TABLE stock".to_owned(),
        "PRAGMA query_only = 0".to_owned(),
        format!("ATTACH '{}' AS other", path("other.db")),
        format!("SELECT 1; ATTACH '{}' AS other", path("other.db")),
        format!("VACUUM INTO '{}'", path("copy.db")),
        "SELECT load_extension('/x.so')".to_owned(),
    ] {
        let (outcome, text, _) = ask(&config(folder.path()), source(folder.path(), &query), "");
        assert!(outcome.is_err(), "{query}: {text}");
    }
    assert_eq!(std::fs::read(folder.path().join("stock.db")).unwrap(), before);
    assert!(!folder.path().join("other.db").exists() && !folder.path().join("copy.db").exists());
    // Only plain files in the folders that the configuration names, also behind links and dots.
    let outside = tempfile::tempdir().unwrap();
    std::fs::copy(folder.path().join("stock.db"), outside.path().join("stock.db")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("stock.db"), folder.path().join("link.db")).unwrap();
    let config = config(folder.path());
    let name = outside.path().file_name().unwrap().display().to_string();
    for wrong in [
        outside.path().join("stock.db").display().to_string(),
        path("link.db"),
        path(&format!("../{name}/stock.db")),
        path("missing.db"),
        path(""),
        "stock.db".to_owned(),
        format!("file:{}?mode=rwc", path("stock.db")),
    ] {
        assert!(find_file(&config, &wrong).unwrap_err().contains("sources.sqlite_dirs"), "{wrong}");
    }
    assert!(find_file(&config, &path("stock.db")).is_ok());
}

#[test]
fn a_query_without_an_end_is_stopped() {
    let folder = folder();
    let config = FeedsConfig { statement_timeout: Duration::from_secs(1), ..config(folder.path()) };
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let (outcome, ..) = ask(&config, source(folder.path(), endless), "");
    assert!(outcome.unwrap_err().contains("sources.statement_timeout"));
    // A cell out of nothing: it ends before the memory does.
    let (outcome, ..) = ask(&config, source(folder.path(), "SELECT randomblob(900000000) AS big"), "");
    assert!(outcome.unwrap_err().contains("out of memory"));
    let (outcome, ..) = ask(&config, source(folder.path(), "SELECT zeroblob(1500000000) AS big"), "");
    assert!(outcome.unwrap_err().contains("too big"));
    for big in ["printf('%.*c', 1500000000, 'x')", "printf('%900000000s', 'x')"] {
        let (outcome, ..) = ask(&config, source(folder.path(), &format!("SELECT {big} AS big")), "");
        assert!(outcome.unwrap_err().contains("out of memory"), "{big}");
    }
    // SQLite itself gives NULL for this one, which the README says.
    let silent = "SELECT printf('%1500000000s', 'x') AS big";
    let (outcome, text, _) = ask(&config, source(folder.path(), silent), "");
    assert!(outcome.is_ok() && text == "big\n\"\"\n", "{outcome:?} {text}");
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let (outcome, text, _) = ask(&config, source(folder.path(), many), "");
    assert!(outcome.unwrap_err().contains("more than 1000 rows") && text.is_empty());
}

/// Runs until it is stopped, and keeps the file from who would write it.
const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM stock, n";

#[test]
fn a_query_that_nobody_waits_for_any_more_lets_go_of_the_file() {
    let folder = folder();
    let config = FeedsConfig { statement_timeout: Duration::from_mins(1), ..config(folder.path()) };
    let source = source(folder.path(), ENDLESS);
    let ask = SqlAsk { source, password: None, known: None, max_bytes: 1 << 20, max_rows: 1_000 };
    let looks = AtomicU32::new(0);
    let stop = || looks.fetch_add(1, Ordering::Relaxed) > 2;
    let outcome = fetch(&config, &ask, &mut |_| Ok(()), &mut Steps::default(), &stop);
    assert!(outcome.clone().unwrap_err().contains("stopping"), "{outcome:?}");
    let database = Connection::open(folder.path().join("stock.db")).unwrap();
    database.busy_timeout(Duration::from_secs(30)).unwrap();
    database.execute("DELETE FROM stock", ()).expect("its statement has ended before its time");
}

#[tokio::test]
async fn a_stop_interrupts_a_running_query_and_the_next_start_asks_again() {
    let folder = folder();
    let feeds = FeedsConfig { statement_timeout: Duration::from_secs(45), ..config(folder.path()) };
    let app = TestApp::start_with(move |config| {
        config.feeds = feeds;
        config.feeds.inbox_poll = Duration::from_millis(60);
    })
    .await;
    app.import("Stock", "part,customer,qty\nA-1,Acme,1\n", &["owner=customer", "key=part"]).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let file = folder.path().join("stock.db").display().to_string();
    let fields = form(&file, &[("enabled", "1"), ("query", ENDLESS)]);
    let made = admin.submit("/admin/sources/new?kind=sql", "/admin/sources/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let services = Arc::clone(app.services());
    let count = |state| {
        let jobs = services.store.read(|r| jobs::list_jobs(r, state, Timestamp::MAX, 100));
        jobs.unwrap().into_iter().filter(|job| job.kind == SOURCE_JOB).count()
    };
    until("asked", || count(JobState::Running) == 1).await;
    app.running.shutdown().await;
    let source = services.store.read(sources::list_sources).unwrap().pop().unwrap();
    assert_eq!((source.runs.error, source.runs.last), (None, None), "it did not run to its end");
    assert_eq!((count(JobState::Running), count(JobState::Queued)), (0, 1), "parked for the next start");
}

#[tokio::test]
async fn the_first_row_of_a_query_is_the_header_whatever_it_looks_like() {
    let folder = folder();
    let feeds = config(folder.path());
    let app = TestApp::start_with(move |config| {
        config.feeds = feeds;
        config.feeds.inbox_poll = Duration::from_millis(60);
    })
    .await;
    let names = ["1", "2026-11-22", "Total", "customer"];
    app.import("Stock", "1,2026-11-22,Total,customer\nA-0,2,3,Acme\n", &["header=1", "owner=customer"]).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let file = folder.path().join("stock.db").display().to_string();
    let query = "SELECT part AS \"1\", qty AS \"2026-11-22\", 0 AS \"Total\", customer FROM stock
                 UNION ALL SELECT 'Total', 6, 0, 'Acme' ORDER BY 1";
    let fields = form(&file, &[("query", query), ("enabled", "1")]);
    let made = admin.submit("/admin/sources/new?kind=sql", "/admin/sources/new", &fields).await;
    let path = made.header("location").to_owned();
    let test = admin.submit(&path, &format!("{path}/test"), &[]).await;
    assert!(test.text.contains(&names.join(", ")), "{}", test.text);
    let mut reader = app.signed_in(Role::Customer, &["Acme"]).await;
    let mut rows = serde_json::Value::Null;
    for _ in 0..200 {
        rows = reader.get("/api/v1/datasets/stock/rows").await.json();
        if rows["matched"] == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(rows["matched"], 3, "a row that looks like a total is one, too: {rows}");
    assert_eq!(rows["rows"][0]["1"], "A-1", "{rows}");
    app.running.shutdown().await;
}

#[test]
fn a_file_that_another_program_writes_is_read_as_of_its_last_commit() {
    let folder = folder();
    let writer = Connection::open(folder.path().join("stock.db")).unwrap();
    for mode in ["WAL", "DELETE"] {
        writer.pragma_update(None, "journal_mode", mode).unwrap();
        writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO stock VALUES ('C-1', 'Acme', 4)").unwrap();
        let count = source(folder.path(), "SELECT count(*) AS n FROM stock");
        let (outcome, text, steps) = ask(&config(folder.path()), count, "");
        assert_eq!(text, "n\n3\n", "{mode}: {outcome:?} {steps:?}");
        writer.execute_batch("ROLLBACK").unwrap();
    }
}

#[test]
fn where_nothing_listens_each_database_says_so_without_the_password() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let allow_private = vec![Allowed::Network("127.0.0.1".parse().unwrap(), 32)];
    let config = FeedsConfig { allow_private, ..Config::default().feeds };
    for engine in [SqlEngine::Postgres, SqlEngine::MySql, SqlEngine::SqlServer] {
        let source = SqlSource {
            engine,
            host: "127.0.0.1".to_owned(),
            port,
            user: "erp".to_owned(),
            ..source(Path::new("/"), "SELECT 1")
        };
        let (outcome, _, steps) = ask(&config, source.clone(), "geheim");
        assert!(outcome.unwrap_err().contains(&format!("127.0.0.1 port {port}")), "{steps:?}");
        assert_eq!(steps.0.last().unwrap().part, "connect");
        assert!(!format!("{steps:?}").contains("geheim"));
        let (outcome, _, steps) = ask(&Config::default().feeds, source, "geheim");
        assert!(outcome.unwrap_err().contains("sources.allow_private"), "{steps:?}");
    }
}

#[test]
fn secrets_and_folders_are_read_from_the_configuration_alone() {
    let file =
        |text: &str| Sources { file: Some(("stockroom.toml".into(), text.to_owned())), ..Sources::default() };
    let config = Config::load(&file(
        "[sources]\nsecrets = ['erp: /run/secrets/erp', 'two@DB.local: /x']\nsqlite_dirs = ['/srv/my data']\nstatement_timeout = '90s'\n",
    ))
    .unwrap();
    let feeds = config.feeds;
    assert_eq!(feeds.secret("two").unwrap().target, Some(only_on("db.local", None)));
    assert_eq!(feeds.secret("erp").unwrap().path, PathBuf::from("/run/secrets/erp"));
    assert_eq!((feeds.sqlite_dirs, feeds.statement_timeout.as_secs()), (vec!["/srv/my data".into()], 90));
    for wrong in [
        "secrets = ['erp']",
        "secrets = ['erp: relative']",
        "secrets = ['erp@: /x']",
        "sqlite_dirs = ['x']",
        "statement_timeout = '0s'",
    ] {
        assert!(Config::load(&file(&format!("[sources]\n{wrong}\n"))).is_err(), "{wrong}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "geheim\nof no interest\n").unwrap();
    let secrets = vec![NamedSecret {
        name: "erp".to_owned(),
        target: Some(only_on("db.local", Some(7))),
        path: path.clone(),
    }];
    let feeds = FeedsConfig { secrets, ..Config::default().feeds };
    let told = |secret_name: &str, host: &str, port: u16, tls: SqlTls| {
        let (secret_name, host) = (secret_name.to_owned(), host.to_owned());
        let engine = SqlEngine::Postgres;
        let source = SqlSource { engine, secret_name, host, port, tls, ..source(folder.path(), "SELECT 1") };
        named_secret(&feeds, &source).map(|secret| secret.expose().to_owned())
    };
    assert_eq!(told("erp", "db.local", 7, SqlTls::Verify).unwrap(), "geheim");
    assert!(told("other", "db.local", 7, SqlTls::Verify).unwrap_err().contains("no secret `other`"));
    for (host, port, tls) in [
        ("evil.example", 7, SqlTls::Verify),
        ("db.local", 5432, SqlTls::Verify),
        ("db.local", 7, SqlTls::Off),
    ] {
        assert!(told("erp", host, port, tls).unwrap_err().contains("another host, port or engine"), "{host}");
    }
    std::fs::write(&path, "").unwrap();
    assert!(told("erp", "db.local", 7, SqlTls::Verify).unwrap_err().contains("no first line"));
}

#[tokio::test]
async fn the_form_of_a_query_keeps_what_was_typed_and_says_what_is_wrong() {
    let folder = folder();
    let feeds = config(folder.path());
    let app = TestApp::start_with(move |config| {
        config.feeds = feeds;
        config.feeds.inbox_poll = Duration::from_millis(60);
        config.feeds.secrets = vec![NamedSecret {
            name: "erp".to_owned(),
            target: Some(only_on("erp.local", None)),
            path: "/no/such".into(),
        }];
    })
    .await;
    app.import("Stock", "part,customer,qty\nA-1,Acme,1\n", &["owner=customer", "key=part"]).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let database = folder.path().join("stock.db").display().to_string();
    let with = |changes: &[(&'static str, &'static str)]| form(&database, changes);
    let remote = [("engine", "postgres"), ("host", "db.example"), ("user", "erp"), ("database", "erp")];
    let remote_with = |field| with(&[&[field], &remote[..]].concat());
    for (fields, why) in [
        (with(&[("query", "DELETE FROM stock")]), "has to begin with SELECT, WITH or VALUES"),
        (with(&[("query", "SELECT 1; SELECT 2")]), "only one statement"),
        (with(&[("database", "/etc/passwd")]), "sources.sqlite_dirs"),
        (with(&[("engine", "oracle")]), "none of the databases"),
        (with(&[("every", "0")]), "not a whole number from 1"),
        (remote_with(("host", "db.example:5432/x")), "no name of a host"),
        (remote_with(("host", "127.0.0.1:8123")), "write `127.0.0.1` here, 8123 there"),
        (remote_with(("host", "[::1]:8123")), "a port has a field of its own"),
        (remote_with(("port", "99999")), "is no port"),
        (remote_with(("user", "")), "user of its own"),
        (remote_with(("secret_name", "passwd")), "sources.secrets"),
        (remote_with(("secret_name", "erp")), "for another host"),
        (remote_with(("tls", "maybe")), "no way to protect"),
    ] {
        let refused = admin.submit("/admin/sources/new?kind=sql", "/admin/sources/new", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        let query = fields.iter().find(|field| field.0 == "query").unwrap().1;
        assert!(refused.text.contains(why) && refused.text.contains(query), "{why}: {}", refused.text);
        // Above the form, and at the field itself.
        assert!(refused.text.matches(why).count() >= 2, "{why}: {}", refused.text);
        assert!(refused.text.contains("aria-invalid=\"true\""), "{why}: {}", refused.text);
    }
    let made =
        admin.submit("/admin/sources/new?kind=sql", "/admin/sources/new", &with(&[("enabled", "1")])).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let path = made.header("location").to_owned();
    let page = admin.get(&path).await.text;
    assert!(page.contains(&database) && page.contains("FROM stock</textarea>"), "{page}");
    let test = admin.submit(&path, &format!("{path}/test"), &[]).await;
    assert!(test.status == StatusCode::OK && test.text.contains("3 rows"), "{}", test.text);
    let mut reader = app.signed_in(Role::Customer, &["Acme"]).await;
    for _ in 0..200 {
        if reader.get("/datasets/stock").await.text.contains("A-2") {
            return app.running.shutdown().await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the rows are not there");
}

fn form<'f>(database: &'f str, changes: &[(&'static str, &'f str)]) -> Vec<(&'static str, &'f str)> {
    let usual = [
        ("kind", "sql"),
        ("name", "Query"),
        ("dataset", "stock"),
        ("engine", "sqlite"),
        ("host", ""),
        ("port", ""),
        ("database", database),
        ("user", ""),
        ("secret", ""),
        ("secret_name", ""),
        ("tls", "verify"),
        ("query", "SELECT part, customer, qty FROM stock"),
        ("every", "10"),
    ];
    let value_of = |name: &str| changes.iter().find(|change| change.0 == name).map(|change| change.1);
    let mut fields: Vec<_> =
        usual.iter().map(|(name, value)| (*name, value_of(name).unwrap_or(value))).collect();
    fields.extend(value_of("enabled").map(|value| ("enabled", value)));
    fields
}

#[tokio::test]
async fn a_password_that_is_kept_goes_nowhere_else_and_no_less_protected() {
    let app = TestApp::start().await;
    app.import("Stock", "part,customer,qty\nA-1,Acme,1\n", &["owner=customer", "key=part"]).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let remote = [("engine", "postgres"), ("host", "db.example"), ("user", "erp"), ("secret", "geheim")];
    let fields = form("erp", &remote);
    let made = admin.submit("/admin/sources/new?kind=sql", "/admin/sources/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let path = made.header("location").to_owned();
    let page = admin.get(&path).await.text;
    assert!(!page.contains("geheim") && page.contains("value=\"db.example\""), "{page}");
    let kept = [("engine", "postgres"), ("host", "db.example"), ("user", "erp"), ("secret", "")];
    for change in
        [("host", "evil.example"), ("port", "5433"), ("engine", "mysql"), ("tls", "off"), ("tls", "require")]
    {
        let fields = form("erp", &[&[change], &kept[..]].concat());
        let refused = admin.submit(&path, &path, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{change:?}");
        assert!(refused.text.contains("type it again"), "{change:?} {}", refused.text);
    }
    let harmless = form("erp", &[&[("query", "SELECT part FROM stock")], &kept[..]].concat());
    assert_eq!(admin.submit(&path, &path, &harmless).await.status, StatusCode::SEE_OTHER);
    let source = app.services().store.read(sources::list_sources).unwrap().pop().unwrap();
    assert!(source.secret.is_some_and(|sealed| !sealed.contains("geheim")));
    app.running.shutdown().await;
}

#[tokio::test]
async fn rows_that_were_held_back_stay_so_in_whatever_order_they_come() {
    let folder = folder();
    let database = Connection::open(folder.path().join("stock.db")).unwrap();
    database
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
             INSERT INTO stock SELECT 'P-' || i, 'Acme', i FROM n",
        )
        .unwrap();
    let feeds = config(folder.path());
    let app = TestApp::start_with(move |config| {
        config.feeds = feeds;
        config.feeds.inbox_poll = Duration::from_millis(60);
    })
    .await;
    app.import("Stock", "part,customer,qty\nA-1,Acme,1\n", &["owner=customer", "key=part"]).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let file = folder.path().join("stock.db").display().to_string();
    let fields = form(&file, &[("enabled", "1")]);
    let made = admin.submit("/admin/sources/new?kind=sql", "/admin/sources/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let imports = || app.services().store.read(|r| imports::list_imports(r, 100)).unwrap();
    let held = || imports().iter().filter(|import| import.state == ImportState::Quarantined).count();
    let source = || app.services().store.read(sources::list_sources).unwrap().pop().unwrap();
    let published = || imports().iter().filter(|import| import.state == ImportState::Published).count();
    until("published", || published() == 2).await;
    // Nearly everything is gone: held back. Then the same few rows in another order: no second import.
    database.execute_batch("DELETE FROM stock WHERE part LIKE 'P-%'").unwrap();
    app.advance_minutes(10);
    until("held back", || held() == 1).await;
    let (count, checked) = (imports().len(), app.services().now());
    database
        .execute_batch("DELETE FROM stock WHERE part = 'A-1'; INSERT INTO stock VALUES ('A-1', 'Acme', 1)")
        .unwrap();
    app.advance_minutes(10);
    let now = app.services().now();
    until("asked again", || source().runs.last == Some(now)).await;
    assert_eq!((imports().len(), held()), (count, 1));
    let dataset = stockroom::services::datasets::find(app.services(), "stock").unwrap().unwrap();
    assert!(dataset.checked_at < Some(checked), "what is held back is no word about what readers see");
    app.running.shutdown().await;
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..400 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not so: {what}");
}
