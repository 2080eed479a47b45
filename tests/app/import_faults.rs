//! Imports when something breaks: the child, the server, the upload, the disk. Whatever dies, the generation before keeps
//! serving, nothing half-made stays behind, and the message says what to do.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use stockroom::domain::dataset::ImportState;
use stockroom::domain::ids::{DatasetId, ImportId};
use stockroom::domain::job::{Job, JobState};
use stockroom::jobs::{Registry, runner};
use stockroom::services::{files, imports};
use stockroom::store::{StoreError, datasets, imports as store_imports, jobs as store_jobs};

use crate::crash::serve;
use crate::full_disk::Disk;
use crate::harness::{Browser, PASSWORD, TestApp, stderr, stdout, stockroom};

const SMALL: &str = "Part,Customer,Qty\nA,Acme,1\nB,Acme,2\nC,Blue,3\n";
/// Rows of a file that takes the better part of a second to build.
const MANY: u64 = 20_000;

fn many() -> Vec<u8> {
    let mut csv = b"Part,Description,Customer,Bin,Qty\n".to_vec();
    for row in 0..MANY {
        writeln!(
            csv,
            "CM-{row:06}-{},Folding carton {row} of many,Owner {},A{}-{},{row}",
            row % 97,
            row % 50,
            row % 9,
            row % 31
        )
        .unwrap();
    }
    csv
}

/// The child at work on this data directory.
fn find_worker(data_dir: &Path) -> Option<Pid> {
    fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        let environment = fs::read(entry.path().join("environ")).ok()?;
        let scratch = environment.split(|byte| *byte == 0).find_map(|pair| pair.strip_prefix(b"TMPDIR="))?;
        let directory = fs::read_link(entry.path().join("cwd")).ok()?;
        directory.join(std::str::from_utf8(scratch).ok()?).starts_with(data_dir).then_some(pid)
    })
}

async fn worker(data_dir: &Path) -> Pid {
    let begun = Instant::now();
    loop {
        if let Some(pid) = find_worker(data_dir) {
            return pid;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "no child came");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn stopped_worker(data_dir: &Path) -> Pid {
    let pid = worker(data_dir).await;
    kill_process(pid, Signal::STOP).unwrap();
    pid
}

/// Names under `index/` and `files/incoming/` that are not whole generations; and those that are.
fn left(data_dir: &Path) -> (Vec<String>, Vec<String>) {
    let names = |path: PathBuf| -> Vec<PathBuf> {
        fs::read_dir(path)
            .map_or_else(|_| Vec::new(), |entries| entries.map(|entry| entry.unwrap().path()).collect())
    };
    let generations = names(data_dir.join("index")).into_iter().flat_map(names);
    let (mut odd, mut whole): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for path in generations {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.parse::<u64>().is_ok() { whole.push(name) } else { odd.push(name) }
    }
    odd.extend(names(data_dir.join("files/incoming")).iter().map(|path| path.display().to_string()));
    whole.sort_by_key(|name| name.parse::<u64>().unwrap());
    (odd, whole)
}

fn nothing_left(data_dir: &Path) {
    assert_eq!(left(data_dir).0, Vec::<String>::new(), "something half-made stayed behind");
}

async fn begin(browser: &mut Browser, dataset: &str, csv: impl Into<Vec<u8>>) -> String {
    let begun = browser.upload(dataset, csv, &["owner=Customer"], true).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{begun:?}");
    begun.json()["id"].as_str().unwrap().to_owned()
}

async fn rows(browser: &mut Browser, dataset: &str) -> (Option<u64>, Option<u64>) {
    let rows = browser.get(&format!("/api/v1/datasets/{dataset}/rows?limit=1")).await.json();
    (rows["generation"].as_u64(), rows["total"].as_u64())
}

fn error(import: &Value) -> &str {
    assert_eq!(import["state"], "failed", "{import}");
    import["error"].as_str().unwrap()
}

async fn state_is(browser: &mut Browser, id: &str, states: &[&str]) {
    for _ in 0..10_000 {
        let import = browser.get(&format!("/api/v1/imports/{id}")).await.json();
        if states.contains(&import["state"].as_str().unwrap()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("import {id} does not become one of {states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_killed_at_any_moment_fails_its_import_and_nothing_else() {
    let app = TestApp::start().await;
    app.import("Inventory", SMALL, &["owner=Customer"]).await;
    let mut operator = app.operator().await;
    for moment in ["stored", "inspected", "indexing"] {
        let id = begin(&mut operator, "Inventory", many()).await;
        let child = worker(&app.data_dir()).await;
        state_is(&mut operator, &id, &[moment, "inspected", "checked", "indexing"]).await;
        kill_process(child, Signal::KILL).unwrap();
        let import = operator.import_ended(&id).await;
        let error = error(&import);
        assert!(error.contains("stock.csv") && error.contains("was killed"), "{moment}: {error}");
        assert_eq!(rows(&mut operator, "inventory").await, (Some(1), Some(3)), "{moment}");
        nothing_left(&app.data_dir());
    }
    let id = begin(&mut operator, "Inventory", many()).await;
    assert_eq!(operator.import_ended(&id).await["rows_published"], MANY);
}

/// A site served by the real binary.
struct Site {
    directory: tempfile::TempDir,
    server: Child,
    base: String,
}

impl Site {
    fn start(configuration: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("pw"), PASSWORD).unwrap();
        fs::write(directory.path().join("stockroom.toml"), configuration).unwrap();
        let made = stockroom(
            directory.path(),
            &["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"],
        );
        assert!(made.status.success(), "{}", stderr(&made));
        let (server, base) = serve(directory.path());
        Self { directory, server, base }
    }

    fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    async fn admin(&self) -> Browser {
        let client = reqwest::Client::builder().build().unwrap();
        let mut browser = Browser { client, base: self.base.clone(), cookies: BTreeMap::new() };
        assert_eq!(browser.login("ann@example.com", PASSWORD).await.status, StatusCode::OK);
        browser
    }

    fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    fn restart(&mut self) {
        let (server, base) = serve(self.directory.path());
        (self.server, self.base) = (server, base);
    }

    fn audit_is_whole(&self) {
        let verified = stockroom(self.directory.path(), &["audit", "verify"]);
        assert!(verified.status.success(), "{}{}", stdout(&verified), stderr(&verified));
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_at_any_moment_of_an_import_publishes_the_whole_file_after_its_restart() {
    let mut site = Site::start("");
    let mut admin = site.admin().await;
    let first = begin(&mut admin, "Inventory", SMALL).await;
    assert_eq!(admin.import_ended(&first).await["state"], "published");
    let mut before = (Some(1), Some(3));
    for moment in ["acknowledged", "child", "inspected", "indexing", "staged", "in place", "published"] {
        // Another file each time, so that a stored copy of the last one helps nobody.
        let mut csv = many();
        writeln!(csv, "LAST,{moment},Acme,Z9,1").unwrap();
        let id = begin(&mut admin, "Inventory", csv).await;
        match moment {
            "acknowledged" => {}
            "child" => {
                worker(&site.data_dir()).await;
            }
            "staged" => {
                // Built and about to be judged.
                while !left(&site.data_dir()).0.iter().any(|name| name.starts_with("staged-")) {
                    std::thread::yield_now();
                }
            }
            "in place" => {
                // The generation has its name, and whether it is current yet is a matter of microseconds.
                let known = left(&site.data_dir()).1;
                while left(&site.data_dir()).1 == known {
                    std::thread::yield_now();
                }
            }
            state => state_is(&mut admin, &id, &[state, "indexing", "published"]).await,
        }
        site.kill();
        let begun = Instant::now();
        while find_worker(&site.data_dir()).is_some() {
            assert!(begun.elapsed() < Duration::from_secs(5), "{moment}: the child outlives its server");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        site.restart();
        admin = site.admin().await;
        let now = rows(&mut admin, "inventory").await;
        assert!(now == before || now.1 == Some(MANY + 1), "{moment}: half an import is served: {now:?}");
        let import = admin.import_ended(&id).await;
        assert_eq!(
            (&import["state"], import["rows_published"].as_u64()),
            (&json!("published"), Some(MANY + 1)),
            "{moment}"
        );
        before = rows(&mut admin, "inventory").await;
        assert_eq!(before.1, Some(MANY + 1), "{moment}");
        let found = admin
            .get(&format!("/api/v1/datasets/inventory/rows?q=LAST%20{}", moment.replace(' ', "%20")))
            .await;
        assert_eq!(found.json()["matched"], 1, "{moment}");
        nothing_left(&site.data_dir());
        site.audit_is_whole();
    }
    let imports = admin.get("/api/v1/imports").await.json();
    let imports = imports["imports"].as_array().unwrap();
    assert_eq!(imports.len(), 8);
    let mut generations: Vec<_> =
        imports.iter().map(|import| import["generation"].as_u64().unwrap()).collect();
    generations.sort_unstable();
    assert_eq!(
        generations.iter().map(u64::to_string).collect::<Vec<_>>(),
        left(&site.data_dir()).1,
        "each published once"
    );
}

/// Begins an upload over a bare connection and sends `bytes` of its file.
fn half_an_upload(browser: &Browser, bytes: usize) -> TcpStream {
    let mut stream = TcpStream::connect(browser.base.trim_start_matches("http://")).unwrap();
    let cookies: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    write!(
        stream,
        "POST /api/v1/datasets/inventory/imports HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {}\r\nX-CSRF-Token: {}\r\n\
         Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: 9000000\r\n\r\n\
         --XX\r\nContent-Disposition: form-data; name=\"confirm\"\r\n\r\ntrue\r\n\
         --XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cut.csv\"\r\n\r\n",
        cookies.join("; "),
        browser.cookies["csrf"]
    )
    .unwrap();
    stream.write_all(&many()[..bytes]).unwrap();
    stream.flush().unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_cut_off_half_way_leaves_nothing() {
    let mut site = Site::start("");
    let admin = site.admin().await;
    let incoming = site.data_dir().join("files/incoming");
    let arriving = || fs::read_dir(&incoming).is_ok_and(|mut entries| entries.next().is_some());
    let until = async |wanted: bool| {
        let begun = Instant::now();
        while arriving() != wanted {
            assert!(begun.elapsed() < Duration::from_secs(10), "the upload is there: {}", arriving());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    for end in ["the client goes", "the server is killed"] {
        let stream = half_an_upload(&admin, 600_000);
        until(true).await;
        if end == "the server is killed" {
            site.kill();
            assert!(arriving());
            site.restart();
        }
        drop(stream);
        until(false).await;
        let mut admin = site.admin().await;
        assert_eq!(admin.get("/api/v1/imports").await.json()["imports"], json!([]), "{end}");
        assert_eq!(admin.get("/api/v1/datasets").await.json()["datasets"], json!([]), "{end}");
        let kept: Vec<_> = fs::read_dir(site.data_dir().join("files"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(kept, ["incoming"], "{end}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_at_once_are_both_published() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    // One dataset: one after the other. Another one: beside them.
    let ids = [
        begin(&mut operator, "Inventory", many()).await,
        begin(&mut operator, "Inventory", SMALL).await,
        begin(&mut operator, "Orders", many()).await,
    ];
    // The small one after the large one is held back, and still the other way round is none of its business.
    for (id, published) in ids.iter().zip([MANY, 3, MANY]) {
        let import = operator.import_ended(id).await;
        let import =
            if import["state"] == "quarantined" { operator.publish_anyway(&import).await } else { import };
        assert_eq!(import["rows_published"], published);
    }
    assert_eq!(rows(&mut operator, "orders").await, (Some(1), Some(MANY)));
    let (generation, total) = rows(&mut operator, "inventory").await;
    let last = operator.get("/api/v1/imports").await.json();
    let last = last["imports"]
        .as_array()
        .unwrap()
        .iter()
        .find(|import| import["dataset"] == "inventory" && import["generation"].as_u64() == generation);
    assert_eq!((generation, total), (Some(2), last.unwrap()["rows_published"].as_u64()));
    nothing_left(&app.data_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_of_one_dataset_do_not_hold_up_those_of_another() {
    let app = TestApp::start().await;
    let mut browser = app.operator().await;
    let first = begin(&mut browser, "Busy", many()).await;
    let child = stopped_worker(&app.data_dir()).await;
    let second = begin(&mut browser, "Busy", SMALL).await;
    let third = begin(&mut browser, "Busy", SMALL).await;
    let other = begin(&mut browser, "Other", SMALL).await;
    assert_eq!(browser.import_ended(&other).await["state"], "published");
    state_is(&mut browser, &second, &["stored"]).await;
    kill_process(child, Signal::CONT).unwrap();
    assert_eq!(browser.import_ended(&first).await["state"], "published");
    for id in [&second, &third] {
        assert_eq!(
            browser.import_ended(id).await["state"],
            "quarantined",
            "it would take nearly all rows away"
        );
    }
    assert_eq!(rows(&mut browser, "busy").await.1, Some(MANY));
    for job in jobs_in(&app, JobState::Done) {
        assert_eq!(job.attempts, 1, "waiting counts as no try");
    }
}

#[tokio::test]
async fn a_stored_file_whose_import_was_never_noted_goes_after_an_hour() {
    let app = TestApp::start().await;
    app.import("Stock", SMALL, &["owner=Customer"]).await;
    let store = |text: &str| {
        let mut incoming = files::Incoming::create(&app.data_dir(), 1 << 20).unwrap();
        incoming.write(text.as_bytes()).unwrap();
        files::path_of(&app.data_dir(), &incoming.finish().unwrap().sha256)
    };
    let (known, young, old) = (store(SMALL), store("young"), store("old"));
    let now = app.services().now();
    let two_hours_ago = now - jiff::SignedDuration::from_hours(2);
    for (path, written) in [(&known, two_hours_ago), (&young, now), (&old, two_hours_ago)] {
        fs::File::options().append(true).open(path).unwrap().set_modified(written.into()).unwrap();
    }
    stockroom::jobs::chores::purge_all(app.services()).unwrap();
    assert_eq!([&known, &young, &old].map(|path| path.exists()), [true, true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_cancelled_while_it_is_built_leaves_nothing() {
    let app = TestApp::start().await;
    app.import("Inventory", SMALL, &["owner=Customer"]).await;
    let mut operator = app.operator().await;
    let id = begin(&mut operator, "Inventory", many()).await;
    stopped_worker(&app.data_dir()).await;
    let cancelled = operator.post(&format!("/api/v1/imports/{id}/cancel"), &json!({})).await;
    assert_eq!((cancelled.status, &cancelled.json()["state"]), (StatusCode::OK, &json!("cancelled")));
    let begun = Instant::now();
    while find_worker(&app.data_dir()).is_some() || !left(&app.data_dir()).0.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(5), "the child is stopped and its directory cleared");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(rows(&mut operator, "inventory").await, (Some(1), Some(3)));
    assert_eq!(operator.import_ended(&id).await["state"], "cancelled");
    assert_eq!(left(&app.data_dir()).1, ["1"]);
}

fn jobs_in(app: &TestApp, state: JobState) -> Vec<Job> {
    let found = app.services().store.read(|r| store_jobs::list_jobs(r, state, Timestamp::MAX, 100));
    found.unwrap_or_else(|error: StoreError| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_job_run_twice_publishes_once() {
    let app = TestApp::start().await;
    let import = app.import("Inventory", SMALL, &["owner=Customer"]).await;
    let id: ImportId = import["id"].as_str().unwrap().parse().unwrap();
    let begun = Instant::now();
    while jobs_in(&app, JobState::Done).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let job = jobs_in(&app, JobState::Done).remove(0);
    let services = app.services().clone();
    // Again after its end, and twice at once before it.
    let mut operator = app.operator().await;
    let held = begin(&mut operator, "Other", many()).await.parse::<ImportId>().unwrap();
    tokio::task::spawn_blocking(move || {
        let (_handle, stop) = stockroom::base::shutdown::channel();
        runner::run_one(&services, &stockroom::app::registry(), &job, &stop);
        imports::run(&services, id, services.now(), &|| false).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| imports::run(&services, held, services.now(), &|| false).unwrap());
            }
        });
    })
    .await
    .unwrap();
    assert_eq!(rows(&mut operator, "inventory").await, (Some(1), Some(3)));
    assert_eq!(rows(&mut operator, "other").await, (Some(1), Some(MANY)));
    let list = |name: &str| {
        let read = |r: &_| {
            let dataset = datasets::find_dataset_by_slug(r, name)?.unwrap();
            datasets::list_generations(r, dataset.id)
        };
        app.services().store.read(read).unwrap_or_else(|error: StoreError| panic!("{error}")).len()
    };
    assert_eq!((list("inventory"), list("other")), (1, 1));
}

/// A try that is made again after a full disk or a crash comes late.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_file_is_not_published_over_a_newer_one() {
    let app = TestApp::start_full(|_| {}, Registry::default()).await;
    let mut operator = app.operator().await;
    let older = begin(&mut operator, "Inventory", "Part,Customer,Qty\nOLD,Acme,1\n").await;
    let decided_at = app.services().now();
    app.advance_minutes(1);
    let newer = begin(&mut operator, "Inventory", SMALL).await;
    let run = |id: &str, at: Timestamp| {
        let (services, id) = (app.services().clone(), id.parse::<ImportId>().unwrap());
        tokio::task::spawn_blocking(move || imports::run(&services, id, at, &|| false).unwrap())
    };
    run(&newer, app.services().now()).await.unwrap();
    run(&older, decided_at).await.unwrap();
    assert_eq!(rows(&mut operator, "inventory").await, (Some(1), Some(3)));
    let import = operator.import_ended(&older).await;
    assert!(error(&import).contains("came later") && error(&import).contains("again"), "{import}");
    // Decided anew, as by somebody who confirms a file that waited: it is published.
    let waiting = operator
        .upload("Inventory", "Part,Customer,Qty\nOLD,Acme,1\n", &["owner=Customer"], true)
        .await
        .json();
    app.advance_minutes(1);
    run(waiting["id"].as_str().unwrap(), app.services().now()).await.unwrap();
    assert_eq!(rows(&mut operator, "inventory").await.1, Some(1));
}

#[test]
fn an_import_of_the_command_line_that_was_killed_leaves_nothing_once_the_next_one_ran() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("pw"), PASSWORD).unwrap();
    fs::write(directory.path().join("many.csv"), many()).unwrap();
    fs::write(directory.path().join("small.csv"), SMALL).unwrap();
    let init = ["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"];
    assert!(stockroom(directory.path(), &init).status.success());
    let data_dir = directory.path().join("data");
    let mut killed = Command::new(env!("CARGO_BIN_EXE_stockroom"))
        .args(["import", "Inventory", "many.csv", "--yes", "--quiet"])
        .current_dir(directory.path())
        .env_clear()
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while find_worker(&data_dir).is_none() {
        assert!(begun.elapsed() < Duration::from_secs(20), "no child came");
        std::thread::sleep(Duration::from_millis(1));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let imported = stockroom(directory.path(), &["import", "Inventory", "small.csv", "--yes"]);
    assert!(imported.status.success(), "{}", stderr(&imported));
    nothing_left(&data_dir);
    // The job of the killed one is still queued: the server finds it and leaves the newer file alone.
    let (mut server, _) = serve(directory.path());
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        let rows = stockroom(directory.path(), &["export", "Inventory"]);
        assert_eq!(stdout(&rows).lines().count(), 4, "{}", stderr(&rows));
        std::thread::sleep(Duration::from_millis(200));
    }
    server.kill().unwrap();
    server.wait().unwrap();
    nothing_left(&data_dir);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_job_is_given_up_is_failed_with_the_reason() {
    // Nobody runs imports here: the job dies and the import is told at the next start.
    let app = TestApp::start_full(|_| {}, Registry::default()).await;
    let mut operator = app.operator().await;
    let unknown = begin(&mut operator, "Inventory", SMALL).await;
    let last_try = begin(&mut operator, "Inventory", SMALL).await;
    let begun = Instant::now();
    while jobs_in(&app, JobState::Dead).len() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The other was at its last try when the server died.
    let died = jobs_in(&app, JobState::Dead).into_iter().find(|job| job.payload.contains(&last_try)).unwrap();
    let running = Job { state: JobState::Running, attempts: 10, ..died };
    app.services().store.write(|w| store_jobs::put_job(w, &running)).unwrap();
    // A third loses its dataset, so that its job fails for good while the server runs.
    let orphan = begin(&mut operator, "Inventory", SMALL).await.parse::<ImportId>().unwrap();
    let services = app.services().clone();
    services
        .store
        .write(|w| {
            let mut import = store_imports::find_import(w, orphan)?.unwrap();
            import.dataset_id = DatasetId(uuid::Uuid::from_u128(1));
            store_imports::put_import(w, &import)
        })
        .unwrap();
    let find = |id: &str| {
        let id = id.parse::<ImportId>().unwrap();
        let found = services.store.read(|r| store_imports::find_import(r, id));
        found.unwrap_or_else(|error: StoreError| panic!("{error}")).unwrap()
    };
    let orphan_job = Job {
        id: stockroom::domain::ids::JobId::new(app.services().now()),
        payload: serde_json::json!({"import": orphan, "dataset": DatasetId(uuid::Uuid::from_u128(1))})
            .to_string(),
        state: JobState::Running,
        attempts: 1,
        ..jobs_in(&app, JobState::Dead).remove(0)
    };
    services.store.write(|w| store_jobs::put_job(w, &orphan_job)).unwrap();
    let (_handle, stop) = stockroom::base::shutdown::channel();
    runner::run_one(&services, &stockroom::app::registry(), &orphan_job, &stop);
    let import = find(&orphan.to_string());
    assert_eq!(import.state, ImportState::Failed, "told at once: {import:?}");
    // The same steps as at a start.
    assert_eq!(find(&unknown).state, ImportState::Stored);
    stockroom::services::jobs::requeue_interrupted(&services).unwrap();
    imports::give_up_abandoned(&services).unwrap();
    for (id, words) in [(&unknown, "knows no job"), (&last_try, "the server stopped")] {
        let import = find(id);
        assert_eq!(import.state, ImportState::Failed);
        let error = import.error.unwrap();
        assert!(
            error.contains("stock.csv") && error.contains(words) && error.contains("import the file again"),
            "{error}"
        );
    }
}

/// Takes away what was built when the files were checked, so that they are read once more.
fn forget_staged(data_dir: &Path) {
    for dataset in fs::read_dir(data_dir.join("index")).unwrap().flatten() {
        for entry in fs::read_dir(dataset.path()).unwrap().flatten() {
            if entry.file_name().to_string_lossy().starts_with("staged-") {
                fs::remove_dir_all(entry.path()).unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_file_that_rotted_fails_clearly_and_sending_it_again_helps() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let waiting = operator.upload("Inventory", SMALL, &["owner=Customer"], false).await.json();
    let id = waiting["id"].as_str().unwrap();
    operator.import_ended(id).await;
    let stored = fs::read_dir(app.data_dir().join("files"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().len() == 2)
        .and_then(|path| Some(fs::read_dir(path).unwrap().next()?.unwrap().path()))
        .unwrap();
    let whole = fs::read(&stored).unwrap();
    // One letter of a cell, which only the checksum can tell.
    let mut rotten = whole.clone();
    let at = rotten.windows(4).position(|bytes| bytes == b"Acme").unwrap();
    rotten[at] = b'B';
    fs::write(&stored, rotten).unwrap();
    forget_staged(&app.data_dir());
    operator.post(&format!("/api/v1/imports/{id}/confirm"), &json!({})).await;
    state_is(&mut operator, id, &["failed", "published"]).await;
    let import = operator.import_ended(id).await;
    let error = error(&import);
    assert!(
        error.contains("stock.csv")
            && error.contains("not what was stored")
            && error.contains("send the file again"),
        "{error}"
    );
    for damage in [&whole[..20], b"no such thing"] {
        let id = operator.upload("Inventory", SMALL, &["owner=Customer"], false).await.json();
        let id = id["id"].as_str().unwrap();
        operator.import_ended(id).await;
        fs::write(&stored, damage).unwrap();
        forget_staged(&app.data_dir());
        operator.post(&format!("/api/v1/imports/{id}/confirm"), &json!({})).await;
        state_is(&mut operator, id, &["failed", "published"]).await;
        assert!(operator.get(&format!("/api/v1/imports/{id}")).await.text.contains("not what was stored"));
    }
    let again = begin(&mut operator, "Inventory", SMALL).await;
    assert_eq!(operator.import_ended(&again).await["rows_published"], 3);
    assert_eq!(fs::read(&stored).unwrap(), whole);
    nothing_left(&app.data_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_over_its_memory_or_time_is_ended_with_a_clear_message() {
    for megabytes in [8, 16, 24, 32, 48] {
        let app = TestApp::start_with(|config| config.import.max_worker_bytes = megabytes << 20).await;
        let import = app.import("Inventory", many(), &[]).await;
        let told = error(&import);
        assert!(told.contains("stock.csv") && told.contains("memory"), "{megabytes} MB: {told}");
        assert!(
            told.contains("raise") && told.contains("import.max_worker_memory"),
            "{megabytes} MB: {told}"
        );
        nothing_left(&app.data_dir());
    }

    let app = TestApp::start_with(|config| config.import.max_worker_seconds = 1).await;
    let mut operator = app.operator().await;
    let id = begin(&mut operator, "Inventory", many()).await;
    stopped_worker(&app.data_dir()).await;
    let import = operator.import_ended(&id).await;
    let told = error(&import);
    assert!(told.contains("longer than 2 s") && told.contains("import.max_worker_seconds"), "{told}");
    nothing_left(&app.data_dir());
    assert_eq!(find_worker(&app.data_dir()), None);
}

fn high_water_mark(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_over_the_limit_is_refused_early_in_little_memory() {
    const BLOCKS: usize = 400;
    let site = Site::start("[import]\nmax_upload = \"8MiB\"\n");
    let mut admin = site.admin().await;
    let before = high_water_mark(site.server.id());
    // With its length, and without.
    let block = vec![b'x'; 256 << 10];
    let said = admin.upload("inventory", block.repeat(BLOCKS), &[], true).await;
    assert_eq!(said.status, StatusCode::PAYLOAD_TOO_LARGE, "{said:?}");
    let blocks = futures_util::stream::iter((0..BLOCKS).map(move |_| Ok::<_, std::io::Error>(block.clone())));
    let part = reqwest::multipart::Part::stream(reqwest::Body::wrap_stream(blocks)).file_name("big.csv");
    let request = admin
        .request(reqwest::Method::POST, "/api/v1/datasets/inventory/imports")
        .header("x-csrf-token", admin.cookies["csrf"].clone())
        .multipart(reqwest::multipart::Form::new().part("file", part));
    let unsaid = admin.send(request).await;
    assert_eq!(unsaid.status, StatusCode::PAYLOAD_TOO_LARGE, "{unsaid:?}");
    assert!(unsaid.text.contains("8 MiB") && unsaid.text.contains("import.max_upload"), "{unsaid:?}");
    let grown = high_water_mark(site.server.id()) - before;
    assert!(grown < 48 << 20, "the server grew by {} MB", grown >> 20);
    let begun = Instant::now();
    while !left(&site.data_dir()).0.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(5), "the file is taken away");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(admin.get("/api/v1/imports").await.json()["imports"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_during_a_build_costs_nothing_but_the_import() {
    let disk = Disk::mount(330);
    let data_dir = disk.data_dir();
    let app = TestApp::start_with(|config| config.data_dir.clone_from(&data_dir)).await;
    app.import("Inventory", SMALL, &["owner=Customer"]).await;
    let mut operator = app.operator().await;
    let id = begin(&mut operator, "Inventory", many()).await;
    let child = stopped_worker(&data_dir).await;
    disk.fill();
    kill_process(child, Signal::CONT).unwrap();
    let begun = Instant::now();
    while find_worker(&data_dir).is_some() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the child gives up");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Full to the last byte: readers notice nothing, writers are told.
    for _ in 0..20 {
        assert_eq!(rows(&mut operator, "inventory").await, (Some(1), Some(3)));
        assert_eq!(operator.get("/healthz").await.status, StatusCode::OK);
    }
    let ready = operator.get("/readyz").await;
    assert!(ready.status == StatusCode::SERVICE_UNAVAILABLE && ready.text.contains("disk"), "{ready:?}");
    let refused = operator.upload("Inventory", SMALL, &["owner=Customer"], true).await;
    assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE, "{refused:?}");
    assert_eq!(refused.problem(), "storage-full");
    let email = format!("{}0@example.com", stockroom::domain::permission::Role::Operator);
    let signed_in = app.browser().login(&email, PASSWORD).await;
    let status = signed_in.status;
    assert!(status == StatusCode::OK || status == StatusCode::INSUFFICIENT_STORAGE, "{signed_in:?}");
    disk.empty();
    // The import says so, or was tried again by itself once there was space.
    let import = operator.import_ended(&id).await;
    if import["state"] == "failed" {
        let told = error(&import);
        assert!(told.contains("disk was full") && told.contains("free some space"), "{told}");
    }
    let again = begin(&mut operator, "Inventory", many()).await;
    assert_eq!(operator.import_ended(&again).await["rows_published"], MANY);
    nothing_left(&data_dir);
    let services = app.services().clone();
    let report = stockroom::services::audit::verify(&services).unwrap();
    assert_eq!(report.first_bad, None);
}
