//! A site that shows what is there and changes nothing: because it is told to, or because the disk takes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redb::backends::FileBackend;
use reqwest::StatusCode;
use rustix::process::Signal;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::store::file::Disk as RealDisk;
use stockroom::store::{Medium, Store, StoreError, settings};

use crate::full_disk::Disk;
use crate::harness::{PASSWORD, TestApp, stderr, stockroom};
use crate::stopping::{Server, sign_in, site};

/// Every file below a directory, with what is in it.
fn all_of(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.insert(entry.path(), Vec::new());
            found.extend(all_of(&entry.path()));
        } else {
            found.insert(entry.path(), fs::read(entry.path()).unwrap());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_is_read_only_shows_everything_refuses_every_change_and_leaves_every_byte() {
    let app = TestApp::start().await;
    let add = |app: &TestApp| {
        app.add_user("root@example.com", Role::Admin, OwnerScope::All);
        app.add_user("ann@example.com", Role::Customer, OwnerScope::Owners(["Acme".to_owned()].into()));
    };
    add(&app);
    app.import("Stock", "Part,Customer,Qty\nA-1,Acme,1\nB-2,Other,2\n", &["owner=Customer"]).await;
    let data_dir = app.data_dir();
    let TestApp { running, clock, directory } = app;
    let mut config = stockroom::config::Config::clone(&running.services.config());
    running.shutdown().await;
    let before = all_of(&data_dir);

    config.server.read_only = true;
    let deps = || stockroom::app::Deps {
        clock: clock.clone(),
        worker: crate::harness::worker(),
        ..Default::default()
    };
    let running = stockroom::app::App::start(config.clone(), deps()).await.unwrap();
    let app = TestApp { running, clock: clock.clone(), directory };
    assert_eq!(app.browser().get("/readyz").await.text, "ready; read-only\n");
    let mut ann = app.browser();
    assert_eq!(ann.login("ann@example.com", PASSWORD).await.status, StatusCode::OK);
    let rows = ann.get("/api/v1/datasets/stock/rows").await;
    assert!(rows.text.contains("A-1") && !rows.text.contains("B-2"), "{rows:?}");
    let export = ann.get("/api/v1/datasets/stock/export?format=csv").await;
    assert!(export.status == StatusCode::OK && export.text.contains("A-1"), "{export:?}");
    let workbook = ann.request(reqwest::Method::GET, "/api/v1/datasets/stock/export?format=xlsx");
    let workbook = workbook.send().await.unwrap();
    assert_eq!(workbook.status(), StatusCode::OK);
    assert!(workbook.bytes().await.unwrap().starts_with(b"PK"));
    let page = ann.get("/datasets/stock?q=A-1").await;
    assert!(page.status == StatusCode::OK && page.text.contains("read-only-banner"), "{page:?}");

    let mut root = app.browser();
    assert_eq!(root.login("root@example.com", PASSWORD).await.status, StatusCode::OK);
    let mut refused = 0;
    for (method, path) in stockroom::web::router::addresses() {
        if method == "GET" || path.contains("log") {
            continue;
        }
        let answer = root
            .send_json(method.parse().unwrap(), &path.replace(['{', '}'], ""), &serde_json::json!({}))
            .await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{method} {path}: {answer:?}");
        assert!(answer.text.contains("read-only for the time being"), "{method} {path}: {answer:?}");
        refused += 1;
    }
    assert!(refused > 100, "{refused}");
    for path in
        ["/admin", "/admin/customers", "/admin/system", "/admin/doctor", "/admin/audit", "/imports", "/files"]
    {
        assert_eq!(root.get(path).await.status, StatusCode::OK, "{path}");
    }
    let events = root.get("/api/v1/audit/export?format=csv").await;
    assert!(events.status == StatusCode::OK && events.text.contains("import.publish"), "{events:?}");
    // Nobody writes to it meanwhile, and commands say who has it.
    assert!(matches!(Store::open(&data_dir), Err(StoreError::InUse(_))));
    let command = tokio::task::spawn_blocking({
        let directory = app.directory.path().to_owned();
        move || stockroom(&directory, &["user", "list"])
    });
    let said = stderr(&command.await.unwrap());
    assert!(said.contains(&format!("process {}", std::process::id())), "{said}");
    let out = root.post("/api/v1/auth/logout", &serde_json::json!({})).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT, "{out:?}");
    assert_eq!(root.me().await, StatusCode::UNAUTHORIZED);

    let TestApp { running, directory, .. } = app;
    running.shutdown().await;
    let after = all_of(&data_dir);
    let names = |all: &BTreeMap<PathBuf, Vec<u8>>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    for (path, bytes) in &before {
        assert!(after[path] == *bytes, "{} was changed", path.display());
    }
    // What was in memory alone is gone, and all else is there.
    config.server.read_only = false;
    let running = stockroom::app::App::start(config, deps()).await.unwrap();
    let app = TestApp { running, clock, directory };
    ann.base = app.browser().base;
    assert_eq!(ann.me().await, StatusCode::UNAUTHORIZED);
    assert_eq!(ann.login("ann@example.com", PASSWORD).await.status, StatusCode::OK);
    assert!(!ann.get("/inventory").await.text.contains("read-only-banner"));
}

#[test]
fn a_site_on_a_disk_that_can_only_be_read_is_shown_where_that_is_asked_for() {
    let disk = Disk::mount(330);
    let home = tempfile::tempdir().unwrap();
    let data_dir = disk.data_dir();
    let data = data_dir.to_str().unwrap();
    let args = |rest: &[&'static str]| -> Vec<String> {
        ["--data-dir", data].iter().chain(rest).map(|arg| (*arg).to_owned()).collect()
    };
    let run = |rest: &[&'static str]| {
        let args = args(rest);
        stockroom(home.path(), &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    site(home.path(), 500);
    fs::rename(home.path().join("data"), home.path().join("elsewhere")).unwrap();
    let copied =
        Command::new("cp").arg("-a").arg(home.path().join("elsewhere")).arg(&data_dir).status().unwrap();
    assert!(copied.success());
    let imported = run(&["import", "Stock", "stock.csv", "--set", "owner=Customer", "--yes", "--anyway"]);
    assert!(imported.status.success(), "{}", stderr(&imported));
    let remount = |how: &str| {
        let done = Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(data_dir.parent().unwrap())
            .output();
        let done = done.unwrap();
        assert!(done.status.success(), "{}", stderr(&done));
    };
    remount("ro");
    assert!(fs::write(data_dir.join("x"), "x").is_err(), "it can be written");
    let refused = run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("serve --read-only"), "{}", stderr(&refused));

    let settings = [("STOCKROOM_DATA_DIR", data), ("STOCKROOM_SERVER_READ_ONLY", "true")];
    let server = Server::start(home.path(), &settings);
    assert_eq!(server.status("/readyz"), Some(200));
    let cookie = sign_in(&server);
    let mut stream = server.connect();
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nCookie: {cookie}\r\nX:");
    let head = server.send(&mut stream, &get("/api/v1/datasets/stock/rows?q=bolt"), "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0));
    remount("rw");
    assert!(run(&["audit", "verify"]).status.success());
}

#[test]
fn where_there_is_no_site_none_is_made_for_looking_at_it() {
    let directory = tempfile::tempdir().unwrap();
    let output = stockroom(directory.path(), &["serve", "--read-only", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("there is no site in it") && !said.contains("restore"), "{said}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

/// A disk that the system makes read-only while the file is open, as it does after an error of the disk.
#[derive(Clone, Default)]
struct Sick(Arc<AtomicBool>);

#[derive(Debug)]
struct SickFile(FileBackend, Arc<AtomicBool>);

fn check(is_sick: &AtomicBool) -> io::Result<()> {
    if is_sick.load(Ordering::SeqCst) { Err(io::ErrorKind::ReadOnlyFilesystem.into()) } else { Ok(()) }
}

impl Medium for Sick {
    type File = SickFile;

    fn open(&self, path: &Path, make: bool) -> io::Result<SickFile> {
        check(&self.0)?;
        Ok(SickFile(RealDisk.open(path, make)?, Arc::clone(&self.0)))
    }
}

impl redb::StorageBackend for SickFile {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        check(&self.1)?;
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        check(&self.1)?;
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        check(&self.1)?;
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
}

#[test]
fn a_disk_that_becomes_read_only_is_read_on_and_nothing_is_acknowledged_until_it_takes_it() {
    let directory = tempfile::tempdir().unwrap();
    let sick = Sick::default();
    let store = Store::open_on(directory.path(), sick.clone()).unwrap();
    let put = |value: &str| store.write(|w| settings::put_setting(w, "site.name", value));
    let value = || store.read(|r| settings::find_setting(r, "site.name")).unwrap();
    put("before").unwrap();
    sick.0.store(true, Ordering::SeqCst);
    assert!(matches!(put("lost"), Err(StoreError::Io(_))));
    for _ in 0..3 {
        assert_eq!(value().as_deref(), Some("before"));
        assert!(matches!(put("lost"), Err(StoreError::Io(_))));
        assert!(store.is_fallen_back());
    }
    // It was tried again in between, and the disk was as it had been.
    std::thread::sleep(Duration::from_millis(2_100));
    assert!(matches!(put("lost"), Err(StoreError::Io(_))));
    assert_eq!(value().as_deref(), Some("before"));
    sick.0.store(false, Ordering::SeqCst);
    while put("after").is_err() {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!store.is_fallen_back());
    assert_eq!(value().as_deref(), Some("after"));
    drop(store);
    let store = Store::open(directory.path()).unwrap();
    let kept = store.read(|r| settings::find_setting(r, "site.name")).unwrap();
    assert_eq!(kept.as_deref(), Some("after"));
}
