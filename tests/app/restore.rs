//! Restoring a backup: the site is what it was, what was there before is kept, and an archive that somebody else made
//! reaches nothing outside of its place.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::StatusCode;
use serde_json::{Value, json};
use stockroom::app::{App, Deps};
use stockroom::base::clock::SystemClock;
use stockroom::config::Config;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::keys::sealed::Place;
use stockroom::store::second_factors::{StoredFactor, put_factor};
use stockroom::store::{StoreError, settings, users};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::harness::{Browser, PASSWORD, TestApp, stderr, stdout, stockroom, worker};

/// Runs the binary beside a server of this process.
async fn beside(directory: &Path, args: &[&str]) -> std::process::Output {
    let directory = directory.to_owned();
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let run = move || stockroom(&directory, &args.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn json_of(output: &std::process::Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

async fn rows(browser: &mut Browser) -> Value {
    for _ in 0..600 {
        let answer = browser.get("/api/v1/datasets/stock/rows").await;
        if answer.status == StatusCode::OK {
            return answer.json()["rows"].clone();
        }
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the index is not built");
}

/// Starts a site in `data_dir` with the clock of another.
async fn start(app: &TestApp, data_dir: PathBuf) -> stockroom::app::Running {
    let mut config = Config { data_dir, ..Config::default() };
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    let deps = Deps {
        clock: app.clock.clone(),
        registry: stockroom::app::registry(),
        worker: worker(),
        ..Default::default()
    };
    App::start(config, deps).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_under_load_is_the_whole_site_again_elsewhere() {
    let app = TestApp::start().await;
    let directory = app.directory.path().to_owned();
    app.import("Stock", "Part,Customer,Qty\nA-1,ACME,1\nB-2,Bolt,2\n", &["owner=Customer"]).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut browser = app.browser();
    browser.login("root@example.com", PASSWORD).await;
    let before = rows(&mut browser).await;
    assert_eq!(before.as_array().unwrap().len(), 2);

    let made = browser.post("/api/v1/links", &json!({ "name": "Weekly", "dataset": "stock" })).await.json();
    let url = made["url"].as_str().unwrap();
    let link = url[url.find("/live/").unwrap()..].to_owned();
    assert_eq!(app.browser().get(&link).await.status, StatusCode::OK);

    // Somebody writes all the time.
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, services) = (Arc::clone(&stop), Arc::clone(app.services()));
    let writing = std::thread::spawn(move || {
        let mut count = 0_u32;
        while !stopped.load(Ordering::Relaxed) {
            let name = format!("site.slogan{count}");
            let put = services.store.write(|w| settings::put_setting(w, &name, "x"));
            let _: Result<(), StoreError> = put;
            count += 1;
        }
        count
    });
    let made = beside(&directory, &["backup", "create", "-o", "one.backup", "--json"]).await;
    stop.store(true, Ordering::Relaxed);
    assert!(writing.join().unwrap() > 0);
    assert!(made.status.success(), "{}", stderr(&made));
    app.add_user("later@example.com", Role::Customer, OwnerScope::All);

    let verified = json_of(&beside(&directory, &["backup", "verify", "one.backup", "--json"]).await);
    let head = &verified["audit_head"];
    let restore = ["--data-dir", "other", "restore", "one.backup", "--yes", "--json"];
    let restored = beside(&directory, &restore).await;
    assert!(restored.status.success(), "{}", stderr(&restored));
    let restored = json_of(&restored);
    assert_eq!((&restored["keys"], &restored["kept_as"]), (&json!("nowhere"), &Value::Null));
    assert_eq!(restored["rebuilds"], 1);

    let other = start(&app, directory.join("other")).await;
    let mut there = Browser { base: format!("http://{}", other.address), ..app.browser() };
    there.cookies.clone_from(&browser.cookies);
    assert_eq!(there.me().await, StatusCode::UNAUTHORIZED, "sessions of before are over");
    assert_eq!(there.get(&link).await.status, StatusCode::NOT_FOUND, "and so are live links");
    there.cookies.clear();
    assert_eq!(there.login("root@example.com", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(there.login("later@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(rows(&mut there).await, before);
    let event = other.services.store.read(|r| {
        let seq = head[0].as_u64().unwrap();
        let found = stockroom::store::audit::find_event(r, seq)?.unwrap();
        let next = stockroom::store::audit::find_event(r, seq + 1)?.unwrap();
        Ok::<_, StoreError>((stockroom::base::hex::encode(&found.hash), next.action))
    });
    assert_eq!(event.unwrap(), (head[1].as_str().unwrap().to_owned(), "backup.restore".to_owned()));
    // Signed on with a new key, beside what the old one signed.
    let anchored = beside(&directory, &["--data-dir", "other", "audit", "head"]).await;
    assert!(anchored.status.success(), "{}", stderr(&anchored));
    let audit = beside(&directory, &["--data-dir", "other", "audit", "verify"]).await;
    assert!(audit.status.success(), "{}", stderr(&audit));
    let next = beside(&directory, &["--data-dir", "other", "backup", "create"]).await;
    assert!(next.status.success(), "{}", stderr(&next));
    other.shutdown().await;
}

/// A site without a server in `directory`, with a second factor and a secret setting.
pub fn set_up(directory: &Path) {
    fs::write(directory.join("pw"), PASSWORD).unwrap();
    let init =
        stockroom(directory, &["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"]);
    assert!(init.status.success(), "{}", stderr(&init));
    fs::write(directory.join("stock.csv"), "Part,Customer,Qty\nA-1,ACME,1\n").unwrap();
    let import = stockroom(directory, &["import", "Stock", "stock.csv", "--set", "owner=Customer", "--yes"]);
    assert!(import.status.success(), "{}", stderr(&import));
    let config = Config { data_dir: directory.join("data"), ..Config::default() };
    let services = stockroom::app::open_services(config, Arc::new(SystemClock)).unwrap();
    let sealed = |place: &Place| services.keys.seal(&place.purpose(), b"secret").unwrap();
    let done: Result<(), StoreError> = services.store.write(|w| {
        let ann = users::list_users(w)?.remove(0);
        let sealed_seed = sealed(&Place::Factor(ann.id));
        put_factor(w, ann.id, &StoredFactor { sealed_seed, last_step: 0, answered: Vec::new() })?;
        let name = "smtp.password".to_owned();
        settings::put_setting(w, &name, &sealed(&Place::Setting(name.clone())))
    });
    done.unwrap();
}

fn run(directory: &Path, args: &[&str]) -> std::process::Output {
    stockroom(directory, args)
}

fn ok(directory: &Path, args: &[&str]) -> Value {
    let output = run(directory, args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap_or(Value::Null)
}

fn names(directory: &Path) -> BTreeSet<String> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn keys_come_from_the_backup_or_from_the_same_site_and_else_it_is_said_what_to_enter_again() {
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path();
    set_up(dir);
    fs::write(dir.join("pass"), "correct horse battery staple\n").unwrap();
    fs::write(dir.join("wrong"), "correct horse battery stable\n").unwrap();
    ok(dir, &["backup", "create", "-o", "with.backup", "--passphrase-file", "pass"]);
    ok(dir, &["backup", "create", "-o", "without.backup"]);
    let keys = |data: &str| fs::read(dir.join(data).join("keys/audit.key")).ok();

    // Elsewhere and without keys.
    let restored = ok(dir, &["--data-dir", "a", "restore", "without.backup", "--yes", "--json"]);
    let again = restored["enter_again"].to_string();
    assert!(
        again.contains("smtp.password") && again.contains("reset-second-factor ann@example.com"),
        "{again}"
    );
    assert_eq!(keys("a"), None);
    // With them.
    let wrong =
        run(dir, &["--data-dir", "b", "restore", "with.backup", "--yes", "--passphrase-file", "wrong"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(stderr(&wrong).contains("does not open"), "{}", stderr(&wrong));
    assert!(!dir.join("b").exists() && !dir.join("b.restoring").exists());
    let pass = ["--data-dir", "b", "restore", "with.backup", "--yes", "--json", "--passphrase-file", "pass"];
    let restored = ok(dir, &pass);
    assert_eq!((&restored["keys"], &restored["enter_again"]), (&json!("backup"), &json!([])));
    assert_eq!(keys("b"), keys("data"));
    // In its own place.
    fs::create_dir_all(dir.join("data/inbox")).unwrap();
    fs::write(dir.join("data/inbox/stock.csv"), "Part\nA\n").unwrap();
    ok(dir, &["user", "add", "later@example.com", "--role", "customer", "--password-file", "pw"]);
    let before = names(dir);
    let dry = ok(dir, &["restore", "without.backup", "--dry-run", "--json"]);
    assert_eq!((names(dir), &dry["keys"]), (before, &json!("site_before")));
    ok(dir, &["user", "show", "later@example.com"]);
    let restored = ok(dir, &["restore", "without.backup", "--yes", "--json"]);
    assert_eq!(restored["keys"], "site_before");
    assert_eq!(run(dir, &["user", "show", "later@example.com"]).status.code(), Some(6));
    let kept = PathBuf::from(restored["kept_as"].as_str().unwrap());
    let shown = run(dir, &["--data-dir", kept.to_str().unwrap(), "user", "show", "later@example.com"]);
    assert!(shown.status.success(), "{}", stderr(&shown));
    assert!(dir.join("data/inbox/stock.csv").exists());
    for data in ["a", "b", "data"] {
        let audit = run(dir, &["--data-dir", data, "audit", "verify"]);
        assert!(audit.status.success(), "{data}: {}", stderr(&audit));
        assert!(run(dir, &["--data-dir", data, "audit", "head"]).status.success(), "{data}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_is_served_is_not_replaced_and_nothing_without_a_yes() {
    let app = TestApp::start().await;
    let directory = app.directory.path().to_owned();
    assert!(beside(&directory, &["backup", "create", "-o", "one.backup"]).await.status.success());
    let refused = beside(&directory, &["restore", "one.backup", "--yes"]).await;
    assert_eq!(refused.status.code(), Some(4), "{}", stderr(&refused));
    let asked = beside(&directory, &["--data-dir", "other", "restore", "one.backup"]).await;
    assert_eq!(asked.status.code(), Some(2), "{}", stderr(&asked));
    assert_eq!(names(&directory), BTreeSet::from(["data".to_owned(), "one.backup".to_owned()]));
    assert_eq!(app.browser().get("/healthz").await.status, StatusCode::OK);
}

/// The members of a backup, in their order.
pub fn members(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let count = zip.len();
    let read = |index| {
        let mut member = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        (member.name().unwrap().into_owned(), bytes)
    };
    (0..count).map(read).collect()
}

pub fn pack(path: &Path, members: &[(String, Vec<u8>)]) -> ZipWriter<fs::File> {
    let mut zip = ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in members {
        zip.start_file(name.as_str(), stored()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip
}

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

fn sum(bytes: &[u8]) -> Value {
    use sha2::{Digest, Sha256};
    json!({ "bytes": bytes.len(), "sha256": stockroom::base::hex::encode(&Sha256::digest(bytes)) })
}

/// The same with another member, which the manifest knows as well.
pub fn with_member(good: &[(String, Vec<u8>)], name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut members: Vec<_> = good.iter().filter(|(known, _)| known != name).cloned().collect();
    members.insert(0, (name.to_owned(), bytes.to_vec()));
    let (_, manifest) = members.iter_mut().find(|(name, _)| name == "manifest.json").unwrap();
    let mut value: Value = serde_json::from_slice(manifest).unwrap();
    let listed = value["members"].as_array_mut().unwrap();
    listed.retain(|member| member["name"] != name);
    let mut member = sum(bytes);
    member["name"] = json!(name);
    listed.push(member);
    *manifest = serde_json::to_vec(&value).unwrap();
    members
}

#[test]
fn an_archive_that_somebody_else_made_reaches_nothing_outside() {
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path();
    set_up(dir);
    ok(dir, &["backup", "create", "-o", "good.backup"]);
    let good = members(&dir.join("good.backup"));
    let path = dir.join("bad.backup");
    let refused = |what: &str| {
        for args in [
            &["--data-dir", "new", "restore", "bad.backup", "--yes"][..],
            &["backup", "verify", "bad.backup"],
        ] {
            let output = run(dir, args);
            assert_eq!(output.status.code(), Some(5), "{what}: {}", stderr(&output));
        }
        let left = names(dir);
        let known = ["data", "good.backup", "bad.backup", "pw", "stock.csv"];
        assert!(left.iter().all(|name| known.contains(&name.as_str())), "{what}: {left:?}");
        assert!(!dir.parent().unwrap().join("evil").exists(), "{what}");
    };
    pack(&path, &good).finish().unwrap();
    assert!(run(dir, &["backup", "verify", "bad.backup"]).status.success(), "packed as it was, it is good");

    for name in
        ["../evil", "/tmp/evil", "..\\evil", "files/../../evil.zst", "CON", "keys/site.key", "installed"]
    {
        pack(&path, &with_member(&good, name, b"evil")).finish().unwrap();
        refused(name);
    }
    let content = format!("files/{}/{}.zst", "ab", "cd".repeat(31));
    let mut zip = pack(&path, &good);
    zip.add_symlink(content.as_str(), "/etc/passwd", stored()).unwrap();
    zip.finish().unwrap();
    refused("a symlink");
    pack(&path, &with_member(&good, &content, b"no zstd")).finish().unwrap();
    refused("a content that is none");
    pack(&path, &with_member(&good, &content, &zstd::encode_all(&b"other"[..], 1).unwrap()))
        .finish()
        .unwrap();
    refused("a content under another name");
    let bomb = zstd::encode_all(std::io::repeat(0).take(1 << 30), 1).unwrap();
    pack(&path, &with_member(&good, "stockroom.redb.zst", &bomb)).finish().unwrap();
    refused("a bomb");
    let mut packed = good.clone();
    let zip = {
        let mut zip = ZipWriter::new(fs::File::create(&path).unwrap());
        let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for (name, bytes) in &packed {
            zip.start_file(name.as_str(), deflated).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip
    };
    zip.finish().unwrap();
    refused("packed members");
    packed.retain(|(name, _)| !name.starts_with("files/"));
    pack(&path, &packed).finish().unwrap();
    refused("a missing member");
    // Twice the same name: the zip crate writes none such, so the second gets its name afterwards.
    let twin = "stockroom.redb.zsT";
    let mut twins = good.clone();
    twins.push((twin.to_owned(), b"evil".to_vec()));
    pack(&path, &twins).finish().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let places: Vec<usize> =
        (0..bytes.len() - twin.len()).filter(|at| bytes[*at..].starts_with(twin.as_bytes())).collect();
    for at in places {
        bytes[at + twin.len() - 1] = b't';
    }
    fs::write(&path, &bytes).unwrap();
    refused("a member twice");
}
