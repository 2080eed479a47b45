//! Sources against servers of the test's own on loopback, and against commands.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::StatusCode;
use stockroom::base::secret::SecretString;
use stockroom::config::feeds::{Allowed, FeedsConfig, NamedCommand};
use stockroom::config::{Config, Sources};
use stockroom::domain::dataset::{Dataset, ImportState};
use stockroom::domain::permission::Role;
use stockroom::services::doctor::{Check, State};
use stockroom::services::host_commands::{Company, HostCommand, HostReply, execute};
use stockroom::sources::{Ask, Brought, Steps, command, http};
use stockroom::store::{imports, sources};

use crate::harness::{Browser, TestApp};

const FIRST: &str = "Part,Customer,Qty\nA-1,Acme,1\nA-2,Acme,2\nA-3,Acme,3\n";
const SECOND: &str = "Part,Customer,Qty\nA-1,Acme,1\nA-2,Acme,2\nA-3,Acme,4\n";

/// Answers one connection after the other with what it was told to, the last answer again and again.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<VecDeque<Vec<u8>>>>,
}

impl Server {
    fn start(answers: &[&[u8]]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let answers =
            Arc::new(Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect::<VecDeque<_>>()));
        let (log, told) = (Arc::clone(&asked), Arc::clone(&answers));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &log, &told);
            }
        });
        Self { address, asked, answers }
    }

    fn url(&self) -> String {
        format!("http://{}/stock.csv", self.address)
    }

    fn last(&self) -> String {
        self.asked.lock().unwrap().last().cloned().unwrap_or_default()
    }

    fn then(&self, answer: &[u8]) {
        *self.answers.lock().unwrap() = [answer.to_vec()].into();
    }
}

fn answer(mut stream: TcpStream, log: &Mutex<Vec<String>>, answers: &Mutex<VecDeque<Vec<u8>>>) {
    let mut request = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while reader.read_line(&mut request).is_ok_and(|read| read > 2) {}
    log.lock().unwrap().push(request);
    let mut answers = answers.lock().unwrap();
    let told = if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() };
    drop(answers);
    let _ = stream.write_all(&told);
    if told.ends_with(b"(slowly)") {
        std::thread::sleep(Duration::from_secs(5));
    }
}

fn ok(body: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

fn config() -> FeedsConfig {
    let allow_private = vec![Allowed::Network("127.0.0.1".parse().unwrap(), 32)];
    FeedsConfig { allow_private, timeout: Duration::from_secs(2), ..Config::default().feeds }
}

async fn fetch(config: FeedsConfig, ask: Ask) -> (Result<Brought, String>, Vec<u8>, Steps) {
    tokio::task::spawn_blocking(move || {
        let (mut got, mut steps) = (Vec::new(), Steps::default());
        let mut sink = |bytes: &[u8]| {
            got.extend_from_slice(bytes);
            Ok(())
        };
        let brought = http::fetch(&config, &ask, &mut sink, &mut steps, &|| false);
        (brought, got, steps)
    })
    .await
    .unwrap()
}

fn ask(url: &str) -> Ask {
    Ask { url: url.to_owned(), max_bytes: 1 << 20, ..Ask::default() }
}

#[tokio::test]
async fn private_targets_are_refused_also_behind_a_redirect() {
    let target = Server::start(&[&ok(FIRST, "")]);
    let url = target.url();
    for url in [
        url.clone(),
        url.replace("127.0.0.1", "localhost"),
        url.replace("127.0.0.1", "[::ffff:127.0.0.1]"),
        url.replace("127.0.0.1", "[::1]"),
        "http://169.254.169.254/latest/".to_owned(),
        "http://2130706433/".to_owned(),
    ] {
        let (brought, got, _) = fetch(Config::default().feeds, ask(&url)).await;
        assert!(brought.is_err() && got.is_empty(), "{url}");
    }
    assert_eq!(target.last(), "", "it was never asked");
    // 127.0.0.1 is let through, 127.0.0.2 is not.
    let to = format!(
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:{}/\r\nContent-Length: 0\r\n\r\n",
        target.address.port()
    );
    let first = Server::start(&[to.as_bytes()]);
    let (brought, _, steps) = fetch(config(), ask(&first.url())).await;
    assert!(brought.unwrap_err().contains("127.0.0.2, which is no public address"), "{steps:?}");
    for (to, why) in [
        ("file:///etc/passwd", "is no address"),
        ("ftp://127.0.0.1/x", "does not begin with"),
        ("http://user@127.0.0.1/", "user and password"),
    ] {
        first.then(format!("HTTP/1.1 301 Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").as_bytes());
        let (brought, ..) = fetch(config(), ask(&first.url())).await;
        assert!(brought.unwrap_err().contains(why), "{to}");
    }
    first.then(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
    let (brought, ..) = fetch(config(), ask(&first.url())).await;
    assert!(brought.unwrap_err().contains("more than 5 redirects"));
}

#[tokio::test]
async fn credentials_go_to_the_origin_they_are_for_and_no_further() {
    let other = Server::start(&[&ok(FIRST, "")]);
    let to = format!("HTTP/1.1 307 Elsewhere\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", other.url());
    let first = Server::start(&[to.as_bytes()]);
    let headers = vec![("X-Key".to_owned(), "abc".to_owned())];
    let secret = Some(SecretString::new("geheim".to_owned()));
    let with = Ask { user: "erp".to_owned(), secret, headers, ..ask(&first.url()) };
    let (brought, got, _) = fetch(config(), with.clone()).await;
    assert_eq!((brought.unwrap().bytes, got.as_slice()), (FIRST.len() as u64, FIRST.as_bytes()));
    assert!(
        first.last().contains("authorization: Basic ZXJwOmdlaGVpbQ==") && first.last().contains("x-key: abc")
    );
    assert!(
        !other.last().to_lowercase().contains("authorization") && !other.last().contains("x-key"),
        "{}",
        other.last()
    );
    let (brought, ..) = fetch(config(), Ask { user: String::new(), url: other.url(), ..with }).await;
    assert!(brought.is_ok() && other.last().contains("authorization: Bearer geheim"), "{}", other.last());
}

#[tokio::test]
async fn what_ends_early_is_too_large_or_takes_too_long_is_an_error() {
    for (answer, why) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nPart,Cust"[..], "ended it early"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nPart,Cust\r\n", "ended it early"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/HTML; charset=utf-8\r\nContent-Length: 6\r\n\r\n<html>",
            "a web page",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\nPart", "larger than 1 MiB"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nPart (slowly)", "took longer than 2 s"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
        (b"SSH-2.0-x\r\n", "no answer in HTTP"),
        (b"", "no answer in HTTP"),
    ] {
        let server = Server::start(&[answer]);
        let (brought, _, steps) = fetch(config(), ask(&server.url())).await;
        let error = brought.unwrap_err();
        assert!(error.contains(why), "{error} is not {why}");
        assert!(!steps.is_good(), "{steps:?}");
    }
    let endless = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec(), vec![b'x'; 3 << 20]].concat();
    let (brought, got, _) = fetch(config(), ask(&Server::start(&[&endless]).url())).await;
    assert!(brought.unwrap_err().contains("larger than 1 MiB") && got.len() <= 1 << 20);
}

#[tokio::test]
async fn a_command_runs_without_a_shell_and_ends_with_all_it_began() {
    let run = |argv: &[&str], max_bytes: u64| {
        let command =
            NamedCommand { name: "x".to_owned(), argv: argv.iter().map(|&part| part.to_owned()).collect() };
        let mut got = Vec::new();
        let mut sink = |bytes: &[u8]| {
            got.extend_from_slice(bytes);
            Ok(())
        };
        let outcome = command::run(
            &command,
            Duration::from_millis(800),
            max_bytes,
            &mut sink,
            &mut Steps::default(),
            &|| false,
        );
        (outcome.map(|brought| brought.bytes), String::from_utf8_lossy(&got).into_owned())
    };
    assert_eq!(run(&["/bin/echo", "$(id);", "a b"], 100), (Ok(11), "$(id); a b\n".to_owned()));
    assert!(run(&["/usr/bin/env"], 1_000).1.lines().all(|line| line.starts_with("PATH=")));
    let (failed, _) = run(&["/bin/sh", "-c", "echo the ERP is closed >&2; exit 3"], 100);
    assert!(failed.clone().unwrap_err().contains("the ERP is closed"), "{failed:?}");
    assert!(run(&["/bin/sh", "-c", "sleep 20 & sleep 20"], 100).0.unwrap_err().contains("took longer"));
    assert!(run(&["/usr/bin/yes"], 10_000).0.unwrap_err().contains("larger than"));
    assert!(run(&["/no/such"], 100).0.unwrap_err().contains("cannot be started"));
}

#[tokio::test]
async fn a_stop_ends_a_command_and_a_request_that_wait() {
    let argv = ["/bin/sh", "-c", "sleep 30 & sleep 30"].map(str::to_owned).to_vec();
    let command = NamedCommand { name: "x".to_owned(), argv };
    let limit = Duration::from_secs(20);
    let outcome = command::run(&command, limit, 100, &mut |_| Ok(()), &mut Steps::default(), &|| true);
    assert!(outcome.clone().unwrap_err().contains("stopping"), "{outcome:?}");
    // Takes connections and answers nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let ask = ask(&format!("http://{}/stock.csv", silent.local_addr().unwrap()));
    let config = FeedsConfig { timeout: limit, ..config() };
    let asked = move || http::fetch(&config, &ask, &mut |_| Ok(()), &mut Steps::default(), &|| true);
    let outcome = tokio::task::spawn_blocking(asked).await.unwrap();
    assert!(outcome.clone().unwrap_err().contains("stopping"), "{outcome:?}");
}

async fn site(configure: impl FnOnce(&mut Config)) -> (TestApp, Browser) {
    let app = TestApp::start_with(|config| {
        config.feeds = self::config();
        config.feeds.inbox_poll = Duration::from_millis(60);
        configure(config);
    })
    .await;
    let import = app.import("Stock", FIRST, &["owner=Customer", "key=Part"]).await;
    assert_eq!(import["state"], "published", "{import}");
    let admin = app.signed_in(Role::Admin, &[]).await;
    (app, admin)
}

fn dataset(app: &TestApp) -> Dataset {
    stockroom::services::datasets::find(app.services(), "stock").unwrap().unwrap()
}

fn source(app: &TestApp) -> stockroom::domain::feed::Source {
    app.services().store.read(sources::list_sources).unwrap().pop().unwrap()
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..400 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn a_source_fills_its_dataset_on_schedule_and_nothing_new_only_renews() {
    let server = Server::start(&[&ok(SECOND, "ETag: \"2\"\r\n")]);
    let (app, mut admin) = site(|_| {}).await;
    let fields = [
        ("kind", "http"),
        ("name", "ERP stock"),
        ("dataset", "stock"),
        ("url", &server.url()),
        ("user", "erp"),
        ("secret", "geheim"),
        ("headers", ""),
        ("every", "10"),
        ("enabled", "1"),
    ];
    let made = admin.submit("/admin/sources/new", "/admin/sources/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let path = made.header("location").to_owned();
    until("published", || dataset(&app).current_generation.unwrap().0 == 2).await;
    // Wherever it says who: no person, and nobody at a keyboard.
    let import = source(&app).runs.import.unwrap();
    for page in ["/imports", &format!("/imports/{import}"), "/datasets/stock/history"] {
        let text = admin.get(page).await.text;
        assert!(text.contains("Source “ERP stock”") && !text.contains("Command line"), "{page}: {text}");
    }
    for action in ["import.begin", "import.publish"] {
        let text = admin.get(&format!("/admin/audit?action={action}")).await.text;
        assert!(text.contains("Source “ERP stock”"), "{action}: {text}");
    }
    let told = admin.get(&format!("/api/v1/imports/{import}")).await.json();
    assert_eq!(told["came_by"], serde_json::json!({ "source": "ERP stock" }));
    assert!(server.last().contains("Basic ZXJwOmdlaGVpbQ==") && !server.last().contains("if-none-match"));
    // 304, and then the same bytes without one: nothing is published, the data were checked.
    for answer in [b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(), ok(SECOND, "")] {
        server.then(&answer);
        app.advance_minutes(10);
        let now = app.services().now();
        // A sign of life: the session must last.
        assert_eq!(admin.get("/admin/sources").await.status, StatusCode::OK);
        until("checked", || dataset(&app).checked_at == Some(now)).await;
        assert!(server.last().contains("if-none-match: \"2\"") || answer.len() > 60, "{}", server.last());
    }
    assert_eq!(dataset(&app).current_generation.unwrap().0, 2);
    // What the guard holds back is brought once, and is no reason to say that the data were checked.
    server.then(&ok("Part,Customer,Qty\n", "ETag: \"3\"\r\n"));
    app.advance_minutes(10);
    let held = || {
        let imports = app.services().store.read(|r| imports::list_imports(r, 10)).unwrap();
        imports.iter().filter(|import| import.state == ImportState::Quarantined).count()
    };
    until("held back", || held() == 1).await;
    let checked = dataset(&app).checked_at;
    assert_eq!(admin.get("/admin/sources").await.status, StatusCode::OK);
    app.advance_minutes(10);
    let now = app.services().now();
    until("asked again", || source(&app).runs.last == Some(now)).await;
    assert!(!server.last().contains("if-none-match"), "{}", server.last());
    assert_eq!((held(), dataset(&app).checked_at), (1, checked));
    // Readers see that the data are late: first a little, then very.
    let reader_sees =
        |page: &str| (page.contains("These data may be old"), page.contains("notice bad\" role=\"status\""));
    let mut reader = app.signed_in(Role::Customer, &["Acme"]).await;
    assert_eq!(admin.get("/admin/sources").await.status, StatusCode::OK);
    app.advance_minutes(5);
    assert_eq!(reader_sees(&reader.get("/datasets/stock").await.text), (true, false));
    assert_eq!(admin.get("/admin/sources").await.status, StatusCode::OK);
    app.advance_minutes(10);
    assert_eq!(admin.get("/admin/sources").await.status, StatusCode::OK);
    app.advance_minutes(10);
    assert_eq!(reader_sees(&reader.get("/datasets/stock").await.text), (true, true));
    // The secret is nowhere to be seen, and another address does not get it.
    let mut page = admin.get(&path).await.text;
    for _ in 0..200 {
        // It was due again meanwhile, and may be asked just now.
        if !page.contains("At work") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        page = admin.get(&path).await.text;
    }
    assert!(!page.contains("geheim") && page.contains("Held back"), "{page}");
    let elsewhere: Vec<(&str, &str)> = fields
        .into_iter()
        .map(|(name, value)| match name {
            "url" => (name, "http://127.0.0.1:1/other"),
            "secret" => (name, ""),
            _ => (name, value),
        })
        .collect();
    let refused = admin.submit(&path, &path, &elsewhere).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("type it again"), "{}", refused.text);
    let test = admin.submit(&path, &format!("{path}/test"), &[]).await;
    for part in ["is 127.0.0.1", "answers", "200 OK", "Part, Customer, Qty"] {
        assert!(test.text.contains(part), "no {part} in {}", test.text);
    }
    // Operators ask it, and change nothing.
    let mut operator = app.operator().await;
    let page = operator.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("name=\"url\"") && page.text.contains("Refresh now"), "{}", page.text);
    assert_eq!(
        operator.submit_on(&page, &format!("{path}/refresh"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let gone = admin.submit(&path, &format!("{path}/delete"), &[]).await;
    assert_eq!(gone.header("location"), "/admin/sources");
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_source_whose_data_somebody_went_back_from_says_what_comes_of_its_file() {
    let server = Server::start(&[&ok(SECOND, "")]);
    let (app, mut admin) = site(|_| {}).await;
    let fields = [
        ("kind", "http"),
        ("name", "ERP stock"),
        ("dataset", "stock"),
        ("url", &server.url()),
        ("headers", ""),
        ("every", "10"),
        ("enabled", "1"),
    ];
    let made = admin.submit("/admin/sources/new", "/admin/sources/new", &fields).await;
    let path = made.header("location").to_owned();
    until("published", || dataset(&app).current_generation.unwrap().0 == 2).await;
    let said = "is not published again until it changes";
    assert!(!admin.get(&path).await.text.contains(said));
    let history = "/datasets/stock/history";
    let back = admin.submit(history, &format!("{history}/1"), &[("live", "2")]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{back:?}");
    assert_eq!(dataset(&app).current_generation.unwrap().0, 1);
    server.then(&ok(SECOND, ""));
    app.advance_minutes(10);
    let now = app.services().now();
    until("asked again", || source(&app).runs.last == Some(now)).await;
    assert_eq!(dataset(&app).current_generation.unwrap().0, 1, "it stays somebody's decision");
    assert!(admin.get(&path).await.text.contains(said));
}

#[tokio::test]
async fn an_admin_of_single_owners_neither_makes_nor_changes_a_source_and_sees_no_cell_of_what_it_brings() {
    let brought = "Part,Customer,Qty\nA-1,Acme,1\nG-7,Globex,40077\nA-3,Acme,one\nG-9,Globex,two-globex\n";
    let server = Server::start(&[&ok(brought, "")]);
    let (app, mut admin) = site(|_| {}).await;
    let url = server.url();
    let fields = [
        ("kind", "http"),
        ("name", "ERP stock"),
        ("dataset", "stock"),
        ("url", url.as_str()),
        ("every", "10"),
        ("enabled", "1"),
    ];
    let made = admin.submit("/admin/sources/new", "/admin/sources/new", &fields).await;
    let path = made.header("location").to_owned();
    until("brought", || source(&app).runs.import.is_some()).await;
    let import = source(&app).runs.import.unwrap();
    let state = || app.services().store.read(|r| imports::find_import(r, import)).unwrap().unwrap().state;
    until("judged", || matches!(state(), ImportState::Quarantined | ImportState::Published)).await;

    let mut lim = app.signed_in(Role::Admin, &["Acme"]).await;
    let before = source(&app);
    let why = "an admin who sees every owner";
    for page in ["/admin/sources", "/admin/sources/new", &path] {
        let text = lim.get(page).await.text;
        assert!(text.contains(why), "{page}: {text}");
        assert!(
            !text.contains("name=\"url\"") && !text.contains("href=\"/admin/sources/new\""),
            "{page}: {text}"
        );
        assert!(!text.contains("/test\"") && !text.contains("/delete\""), "{page}: {text}");
    }
    let (trial, delete) = (format!("{path}/test"), format!("{path}/delete"));
    let asked = server.asked.lock().unwrap().len();
    let other = [&fields[..5], &[("headers", "X-Y: z")]].concat();
    for (post, fields) in
        [("/admin/sources/new", &fields[..]), (&path, &other[..]), (&trial, &[][..]), (&delete, &[][..])]
    {
        let refused = lim.post_form(post, fields).await;
        assert!(refused.status.is_client_error(), "{post}: {refused:?}");
        assert!(refused.text.contains(why), "{post}: {}", refused.text);
    }
    assert_eq!(source(&app), before);
    assert_eq!(app.services().store.read(sources::list_sources).unwrap().len(), 1);
    assert_eq!(server.asked.lock().unwrap().len(), asked, "the test asked nothing");

    // What it brought nobody of single owners sent: counts and their own rows, and no cells of others.
    for path in [
        format!("/imports/{import}"),
        format!("/imports/{import}/difference"),
        format!("/imports/{import}/difference.csv"),
        format!("/imports/{import}/original"),
        format!("/api/v1/imports/{import}"),
        format!("/api/v1/imports/{import}/rejects"),
    ] {
        let text = lim.get(&path).await.text;
        for cell in ["G-7", "G-9", "40077", "two-globex", "Globex"] {
            assert!(!text.contains(cell), "{cell} in {path}: {text}");
        }
    }
    let seen = admin.get(&format!("/imports/{import}/difference")).await.text;
    assert!(seen.contains("G-7"), "{seen}");
    // Having it asked is for whoever imports.
    let refreshed = lim.submit(&path, &format!("{path}/refresh"), &[]).await;
    assert_eq!(refreshed.status, StatusCode::SEE_OTHER, "{refreshed:?}");
}

#[tokio::test]
async fn a_source_that_fails_says_why_and_goes_on_after_a_restart() {
    let (app, mut admin) = site(|config| {
        let argv = ["/bin/sh", "-c", "echo closed >&2; exit 1"].map(str::to_owned).into();
        config.feeds.commands = vec![NamedCommand { name: "erp".to_owned(), argv }];
    })
    .await;
    let fields = [
        ("kind", "command"),
        ("name", "ERP"),
        ("dataset", "stock"),
        ("command", "erp"),
        ("every", "10"),
        ("enabled", "1"),
    ];
    let mut wrong = fields;
    wrong[3].1 = "/bin/id";
    let refused = admin.submit("/admin/sources/new", "/admin/sources/new", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "a page is no shell");
    wrong = fields;
    wrong[4].1 = "0";
    let refused = admin.submit("/admin/sources/new", "/admin/sources/new", &wrong).await;
    assert!(refused.text.contains("not a whole number from 1 to"), "{}", refused.text);
    let made = admin.submit("/admin/sources/new", "/admin/sources/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    until("failed", || source(&app).runs.error.as_ref().is_some_and(|error| error.contains("closed"))).await;
    let before = source(&app);
    assert_eq!(before.next_run, app.services().now() + SignedDuration::from_mins(10));
    assert_eq!(dataset(&app).current_generation.unwrap().0, 1);
    let app = app.restart_after(|_| {}).await;
    assert_eq!(source(&app).next_run, before.next_run, "a restart is no reason to ask early");
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_source_server_that_dies_mid_transfer_publishes_nothing_and_is_asked_again() {
    // Whole to a reader who does not count: what is cut off is a row.
    let whole = ok(SECOND, "");
    let cut = &whole[..whole.len() - "A-3,Acme,4\n".len()];
    let server = Server::start(&[cut]);
    let (app, mut admin) = site(|_| {}).await;
    let fields = [
        ("kind", "http"),
        ("name", "ERP"),
        ("dataset", "stock"),
        ("url", &server.url()),
        ("every", "10"),
        ("enabled", "1"),
    ];
    let made = admin.submit("/admin/sources/new", "/admin/sources/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let said = |words: &str| source(&app).runs.error.is_some_and(|error| error.contains(words));
    until("said", || said("ended it early")).await;
    assert_eq!(dataset(&app).current_generation.unwrap().0, 1);
    assert_eq!((source(&app).runs.import, source(&app).runs.sha256), (None, None));
    let begun: Vec<_> = app.services().store.read(|r| imports::list_imports(r, 10)).unwrap();
    assert_eq!(begun.len(), 1, "the site's own alone: {begun:?}");
    let incoming = app.data_dir().join("files/incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0, "nothing half fetched stays");

    server.then(&whole);
    app.advance_minutes(10);
    until("published", || dataset(&app).current_generation.unwrap().0 == 2).await;
    until("no error any more", || source(&app).runs.error.is_none()).await;
    app.running.shutdown().await;
}

#[test]
fn commands_and_networks_are_read_from_the_configuration_alone() {
    let file =
        |text: &str| Sources { file: Some(("stockroom.toml".into(), text.to_owned())), ..Sources::default() };
    let config = Config::load(&file(
        "[sources]\nallow_private = [\"10.0.0.0/8\", \"erp.local\"]\n\
         commands = ['erp: /usr/bin/export --all', 'two: [\"/usr/bin/x\", \"a b\"]']\n[import]\ninbox_poll = \"9s\"\n",
    ))
    .unwrap();
    assert_eq!(config.feeds.commands[1].argv, ["/usr/bin/x", "a b"]);
    assert_eq!(config.feeds.command("erp").unwrap().argv, ["/usr/bin/export", "--all"]);
    assert_eq!((config.feeds.allow_private.len(), config.feeds.inbox_poll), (2, Duration::from_secs(9)));
    for wrong in [
        "allow_private = \"10.0.0.0/99\"",
        "allow_private = \"10.0.0.0/x\"",
        "commands = [\"x: ls\"]",
        "commands = [\"ls\"]",
    ] {
        assert!(Config::load(&file(&format!("[sources]\n{wrong}\n"))).is_err(), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_asks_each_source_and_imports_nothing() {
    let away = tempfile::tempdir().unwrap();
    let closed = away.path().join("closed");
    let script =
        format!("test -e {} && exit 3; printf 'Part,Customer,Qty\\nA-1,Acme,7\\n'", closed.display());
    let (app, mut admin) = site(|config| {
        let argv = vec!["/bin/sh".to_owned(), "-c".to_owned(), script];
        config.feeds.commands = vec![NamedCommand { name: "erp".to_owned(), argv }];
    })
    .await;
    let fields = [
        ("kind", "command"),
        ("name", "ERP"),
        ("dataset", "stock"),
        ("command", "erp"),
        ("every", "10"),
        ("enabled", "1"),
    ];
    admin.submit("/admin/sources/new", "/admin/sources/new", &fields).await;
    until("brought", || source(&app).runs.import.is_some()).await;
    let many = || app.services().store.read(|r| imports::list_imports(r, 100)).unwrap().len();
    let (before, runs) = (many(), source(&app).runs);
    let ask = || {
        let services = Arc::clone(app.services());
        let doctor = HostCommand::Doctor { checks: [Check::Sources].into(), fix: false };
        tokio::task::spawn_blocking(move || match execute(&services, doctor, Company::Server).unwrap() {
            HostReply::Findings(mut found) => found.remove(0),
            other => panic!("{other:?}"),
        })
    };
    let good = ask().await.unwrap();
    assert!(good.state == State::Ok && good.what.contains("`ERP`"), "{good:?}");
    std::fs::write(closed, "").unwrap();
    let bad = ask().await.unwrap();
    assert!(bad.state == State::Failed && bad.place.unwrap().contains("`ERP`"), "{}", bad.what);
    assert_eq!((many(), source(&app).runs), (before, runs), "it was only asked");
}
