//! Backups: what is made beside a running server is whole, and whatever is not whole is told.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

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
