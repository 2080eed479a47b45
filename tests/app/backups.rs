//! Backups: what is made beside a running server is whole, and whatever is not whole is told.

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::{Method, StatusCode};
use serde_json::Value;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::authorize::{Grant, ManageSite};
use stockroom::services::backups::schedule::{enqueue_due, standing};
use stockroom::services::backups::{BACKUPS_DIRECTORY, Wanted, create as make, list};
use stockroom::services::{ServiceError, Services};
use stockroom::store::users;

use crate::full_disk::Disk;
use crate::harness::{PASSWORD, TestApp, stderr, stdout, stockroom};

fn set_up(directory: &Path) {
    fs::write(directory.join("pw"), PASSWORD).unwrap();
    let init =
        stockroom(directory, &["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"]);
    assert!(init.status.success(), "{}", stderr(&init));
    fs::write(directory.join("stock.csv"), "Part,Customer,Qty\nA-1,ACME,1\nB-2,Bolt,2\n").unwrap();
    let import = stockroom(directory, &["import", "Stock", "stock.csv", "--set", "owner=Customer", "--yes"]);
    assert!(import.status.success(), "{}", stderr(&import));
}

/// Runs the binary beside a server of this process.
async fn beside(directory: &Path, args: &'static [&'static str]) -> std::process::Output {
    let directory = directory.to_owned();
    tokio::task::spawn_blocking(move || stockroom(&directory, args)).await.unwrap()
}

fn json(output: &std::process::Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

fn create(directory: &Path, more: &[&str]) -> PathBuf {
    let made = stockroom(directory, &[&["backup", "create", "--json"], more].concat());
    assert!(made.status.success(), "{}", stderr(&made));
    PathBuf::from(json(&made)["path"].as_str().unwrap())
}

#[test]
fn a_backup_is_one_private_file_that_says_what_is_in_it() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    set_up(directory.path());
    let path = create(directory.path(), &[]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let verified = stockroom(directory.path(), &["backup", "verify", path.to_str().unwrap(), "--json"]);
    assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
    let verified = json(&verified);
    assert_eq!(verified["is_whole"], true);
    assert_eq!(
        (&verified["users"], &verified["datasets"], &verified["files"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(verified["has_keys"], false);
    let listed = json(&stockroom(directory.path(), &["backup", "list", "--json"]));
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["bytes"], fs::metadata(&path).unwrap().len());
    // Nothing else stays, and making it is in the audit log.
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    let tail = stockroom(directory.path(), &["audit", "tail", "-n", "1"]);
    assert!(stdout(&tail).contains("backup.create"), "{}", stdout(&tail));
    // The same name is not taken twice.
    let again = stockroom(directory.path(), &["backup", "create", "-o", path.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("is there already"), "{}", stderr(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_beside_a_running_server() {
    let app = TestApp::start().await;
    let directory = app.directory.path().to_owned();
    app.import("Stock", "Part,Qty\nA-1,1\n", &[]).await;
    fs::create_dir(directory.join("elsewhere")).unwrap();
    let made = beside(&directory, &["backup", "create", "-o", "elsewhere", "--json"]).await;
    assert!(made.status.success(), "{}", stderr(&made));
    let path = json(&made)["path"].as_str().unwrap().to_owned();
    assert!(path.starts_with(directory.join("elsewhere").to_str().unwrap()), "{path}");
    let verified =
        tokio::task::spawn_blocking(move || stockroom(&directory, &["backup", "verify", &path, "--json"]));
    let verified = verified.await.unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
    assert_eq!(json(&verified)["is_whole"], true);
}

#[test]
fn what_a_killed_backup_left_is_swept_and_the_last_good_one_stays() {
    let directory = tempfile::tempdir().unwrap();
    set_up(directory.path());
    let good = create(directory.path(), &[]);
    let before = fs::read(&good).unwrap();
    let backups = good.parent().unwrap();
    fs::write(backups.join("stockroom-20261121-020000.backup.partial"), "half").unwrap();
    fs::create_dir(backups.join(".stockroom-x.partial")).unwrap();
    fs::write(backups.join(".stockroom-x.partial/stockroom.redb"), "half").unwrap();
    let other = create(directory.path(), &["-o", "other.backup"]);
    assert_eq!(fs::read_dir(backups).unwrap().count(), 1);
    assert_eq!(fs::read(&good).unwrap(), before);
    assert_eq!(other, fs::canonicalize(directory.path()).unwrap().join("other.backup"));
}

#[test]
fn every_kind_of_damage_is_found_and_ends_with_exit_code_5() {
    let directory = tempfile::tempdir().unwrap();
    set_up(directory.path());
    let path = create(directory.path(), &[]);
    let whole = fs::read(&path).unwrap();
    let damaged = directory.path().join("damaged.backup");
    let verify = |bytes: &[u8]| {
        fs::write(&damaged, bytes).unwrap();
        stockroom(directory.path(), &["backup", "verify", "damaged.backup"])
    };
    assert_eq!(verify(&whole).status.code(), Some(0));
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        let output = verify(&whole[..length]);
        assert_eq!(output.status.code(), Some(5), "cut to {length}: {}", stderr(&output));
    }
    let mut rotten = 0;
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        let output = verify(&bytes);
        // Names, sizes and contents are each there twice; only what nothing reads may differ.
        rotten += usize::from(output.status.code() == Some(5));
    }
    assert!(rotten >= 38, "only {rotten} of 40 were found");
    assert_eq!(stockroom(directory.path(), &["backup", "verify", "nowhere"]).status.code(), Some(6));
    // Nothing stays of the unpacked databases.
    let left = fs::read_dir(directory.path()).unwrap().flatten();
    let left: Vec<_> =
        left.filter(|entry| entry.file_name().to_string_lossy().contains(".partial")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Waits until backups are as `is_so` wants them.
async fn until(app: &TestApp, is_so: impl Fn(&stockroom::services::backups::schedule::Standing) -> bool) {
    for _ in 0..1200 {
        if is_so(&standing(app.services()).unwrap()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{:?}", standing(app.services()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_each_day_and_the_newest_are_kept() {
    let app = TestApp::start_with(|config| config.backup.keep = 2).await;
    assert!(!enqueue_due(app.services()).unwrap(), "there is nothing worth a backup yet");
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut names = Vec::new();
    for day in 0..3 {
        assert!(enqueue_due(app.services()).unwrap(), "day {day}");
        until(&app, |now| !now.is_at_work && now.failure.is_none()).await;
        let found = list(&app.data_dir());
        assert_eq!(found.len(), (day + 1).min(2));
        names.push(found[0].name.clone());
        assert!(!enqueue_due(app.services()).unwrap(), "one a day");
        app.advance_minutes(24 * 60);
    }
    let kept: Vec<String> = list(&app.data_dir()).into_iter().map(|backup| backup.name).collect();
    assert_eq!(kept, [names[2].clone(), names[1].clone()]);
    assert!(!standing(app.services()).unwrap().is_late);
    app.advance_minutes(25 * 60);
    assert!(standing(app.services()).unwrap().is_late);
    let actions = app.actions();
    assert!(actions.contains(&"backup.drop".to_owned()), "{actions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_fails_is_told_and_leaves_the_last_good_one() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    assert!(enqueue_due(app.services()).unwrap());
    until(&app, |now| !now.is_at_work && now.backups.len() == 1).await;
    let good = list(&app.data_dir()).remove(0);
    let before = fs::read(&good.path).unwrap();
    // Live data whose file rotted: what cannot be restored is no backup.
    app.import("Stock", "Part,Qty\nA-1,1\n", &[]).await;
    for directory in fs::read_dir(app.data_dir().join("files")).unwrap().flatten() {
        if directory.file_name().len() == 2 {
            for file in fs::read_dir(directory.path()).unwrap().flatten() {
                fs::write(file.path(), "rotten").unwrap();
            }
        }
    }
    app.advance_minutes(24 * 60);
    assert!(enqueue_due(app.services()).unwrap());
    until(&app, |now| now.failure.is_some()).await;
    let (_, why) = standing(app.services()).unwrap().failure.unwrap();
    assert!(why.contains("files/"), "{why}");
    assert_eq!(list(&app.data_dir()), std::slice::from_ref(&good));
    assert_eq!(fs::read(&good.path).unwrap(), before);
    assert_eq!(
        fs::read_dir(app.data_dir().join(BACKUPS_DIRECTORY)).unwrap().count(),
        1,
        "nothing half stays"
    );
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let page = root.get("/admin/system").await;
    assert!(page.text.contains("The last try failed"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_who_sees_every_owner_makes_and_downloads_backups_on_the_page() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut limited = app.signed_in(Role::Admin, &["ACME"]).await;
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let asked = root.submit("/admin/system", "/admin/system/backups", &[]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{asked:?}");
    until(&app, |now| !now.is_at_work && now.backups.len() == 1).await;
    let backup = list(&app.data_dir()).remove(0);
    let address = format!("/admin/system/backups/{}", backup.name);
    assert!(root.get("/admin/system").await.text.contains(&address));
    let sent = root.request(Method::GET, &address).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::OK);
    assert_eq!(sent.bytes().await.unwrap().as_ref(), fs::read(&backup.path).unwrap());
    assert_eq!(app.actions()[0], "backup.download");
    assert_eq!(root.get("/admin/system/backups/..%2Fstockroom.redb").await.status, StatusCode::NOT_FOUND);

    let page = limited.get("/admin/system").await;
    assert!(!page.text.contains("/admin/system/backups"), "{}", page.text);
    assert_eq!(limited.get(&address).await.status, StatusCode::FORBIDDEN);
    assert_eq!(limited.post_form("/admin/system/backups", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.actions()[0], "backup.download", "nothing was written for them");
}

/// Rows that no compression makes much smaller, so that a backup takes its time.
fn many_rows() -> String {
    use std::fmt::Write;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut text = String::from("Part,Note\n");
    for part in 0..40_000 {
        let _ = write!(text, "{part},");
        for _ in 0..4 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let _ = write!(text, "{state:016x}");
        }
        text.push('\n');
    }
    text
}

pub fn grant(services: &Services) -> Grant<ManageSite> {
    let found = services.store.read(users::list_users);
    let root = found.unwrap().into_iter().find(|user| user.email.as_str() == "root@example.com");
    Grant::check(&root.unwrap(), None).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_gets_full_meanwhile_leaves_the_last_good_backup_and_nothing_half() {
    let disk = Disk::mount(360);
    let app = TestApp::start_with(|config| config.data_dir = disk.data_dir()).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.import("Stock", many_rows(), &[]).await;
    let services = std::sync::Arc::clone(app.services());
    tokio::task::spawn_blocking(move || {
        let (data_dir, grant) = (disk.data_dir(), grant(&services));
        let good = make(&services, &grant, &Wanted::default(), &|| false).unwrap().path;
        let before = fs::read(&good).unwrap();
        let other = data_dir.join(BACKUPS_DIRECTORY).join("other.backup");
        let wanted = Wanted { output: Some(other.clone()), ..Wanted::default() };
        let partial = other.with_extension("backup.partial");
        let fill = || {
            if partial.exists() && !disk.filler().exists() {
                disk.fill();
            }
            false
        };
        let failed = make(&services, &grant, &wanted, &fill);
        assert!(matches!(failed, Err(ServiceError::DiskFull(_))), "{failed:?}");
        assert!(!other.exists() && !partial.exists());
        assert_eq!(fs::read(&good).unwrap(), before);
        disk.empty();
        make(&services, &grant, &wanted, &|| false).unwrap();
        assert_eq!(fs::read_dir(other.parent().unwrap()).unwrap().count(), 2);
    })
    .await
    .unwrap();
}

#[test]
fn a_backup_killed_at_any_moment_leaves_whole_ones_alone() {
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path();
    set_up(dir);
    fs::write(dir.join("many.csv"), many_rows()).unwrap();
    let import = stockroom(dir, &["import", "Many", "many.csv", "--yes"]);
    assert!(import.status.success(), "{}", stderr(&import));
    let good = create(dir, &["-o", "good.backup"]);
    let before = fs::read(&good).unwrap();
    let mut left_half = 0;
    for round in 0..16 {
        let mut making = std::process::Command::new(env!("CARGO_BIN_EXE_stockroom"))
            .args(["backup", "create"])
            .current_dir(dir)
            .env_clear()
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20 * round));
        making.kill().unwrap();
        making.wait().unwrap();
        let entries = fs::read_dir(dir.join("data/backups")).into_iter().flatten().flatten();
        left_half +=
            entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".partial")).count();
        for whole in list(&dir.join("data")) {
            let verified = stockroom(dir, &["backup", "verify", whole.path.to_str().unwrap()]);
            assert!(verified.status.success(), "round {round}: {}", stderr(&verified));
        }
    }
    assert!(left_half > 0, "none was killed while it was at work");
    assert_eq!(fs::read(&good).unwrap(), before);
    create(dir, &["-o", "last.backup"]);
    let left = fs::read_dir(dir.join("data/backups")).unwrap().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| name.to_string_lossy().ends_with(".backup")), "{left:?}");
    assert!(stockroom(dir, &["audit", "verify"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_file_that_is_put_away_meanwhile_is_in_the_backup_all_the_same() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut operator = app.operator().await;
    let begun = operator.upload("Stock", "Part,Qty\nA-1,1\n", &[], false).await;
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(operator.import_ended(&id).await["state"], "checked");
    let services = std::sync::Arc::clone(app.services());
    let output = app.data_dir().join("one.backup");
    let cancelled = std::cell::Cell::new(false);
    let made = tokio::task::block_in_place(|| {
        let partial = output.with_extension("backup.partial");
        let cancel = || {
            if partial.exists() && !cancelled.replace(true) {
                app.command(stockroom::services::commands::AdminCommand::ImportCancel { id: id.clone() });
            }
            false
        };
        make(
            &services,
            &grant(&services),
            &Wanted { output: Some(output.clone()), ..Wanted::default() },
            &cancel,
        )
    });
    assert_eq!(operator.import_ended(&id).await["state"], "cancelled");
    assert_eq!((made.unwrap().files, cancelled.get()), (1, true));
    // Later it goes.
    app.age_files();
    app.advance_minutes(24 * 60);
    stockroom::services::imports::sweep_files(app.services()).unwrap();
    let files = fs::read_dir(app.data_dir().join("files")).unwrap().flatten();
    let stored = files.filter(|entry| entry.file_name().len() == 2);
    assert_eq!(stored.map(|entry| fs::read_dir(entry.path()).unwrap().count()).sum::<usize>(), 0);
}
