//! Keys are replaced: what was sealed opens at every moment, also where the process is killed, and the old key goes when
//! nothing needs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use stockroom::base::clock::SystemClock;
use stockroom::config::Config;
use stockroom::domain::ids::UserId;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::Services;
use stockroom::services::host_commands::{Company, HostCommand, execute};
use stockroom::services::keys::rotate::{Links, go_on};
use stockroom::services::keys::sealed::{self, Place};
use stockroom::store::StoreError;
use stockroom::store::second_factors::{StoredFactor, put_factor};
use uuid::Uuid;

use crate::crash::serve;
use crate::harness::{PASSWORD, TestApp, stderr, stdout, stockroom};
use crate::restore::set_up;
use crate::second_factor::enrol;

fn ok(directory: &Path, args: &[&str]) -> Value {
    let output = stockroom(directory, args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap_or(Value::Null)
}

fn open(data_dir: &Path) -> Services {
    let config = Config { data_dir: data_dir.to_owned(), ..Config::default() };
    stockroom::app::open_services(config, Arc::new(SystemClock)).unwrap()
}

/// How many sealed values there are, all of which open.
fn all_open(services: &Services) -> usize {
    let all = services.store.read(sealed::list).unwrap();
    for sealed in &all {
        let opened = services.keys.open(&sealed.place.purpose(), &sealed.text).unwrap();
        assert!(opened.is_some(), "{:?}", sealed.place);
    }
    all.len()
}

async fn beside(app: &TestApp, args: &[&str]) -> std::process::Output {
    let directory = app.directory.path().to_owned();
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let run = move || stockroom(&directory, &args.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_takes_over_beside_a_server_and_the_old_one_goes_when_the_last_link_ended() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let _phone = enrol(&app, &mut root).await;
    let bob = app.add_user("bob@example.com", Role::Customer, OwnerScope::All);
    let action = format!("/admin/customers/{}/reset-password", bob.id);
    let slip = root.submit(&action, &action, &[("way", "slip")]).await;
    assert_eq!(slip.status, StatusCode::OK, "{slip:?}");
    let (key, old) = (app.data_dir().join("keys/site.key"), app.data_dir().join("keys/site.old.key"));
    let before = fs::read(&key).unwrap();
    let seed = |app: &TestApp| app.services().store.read(sealed::list).unwrap()[0].text.clone();
    let sealed_before = seed(&app);

    let rotated = beside(&app, &["keys", "rotate", "--json"]).await;
    assert!(rotated.status.success(), "{}", stderr(&rotated));
    let status: Value = serde_json::from_str(&stdout(&rotated)).unwrap();
    assert_eq!((&status["sealed"], &status["sealed_with_old"]), (&json!(1), &json!(0)), "{status}");
    assert_eq!(status["links_of_before"], 1, "{status}");
    assert_ne!(fs::read(&key).unwrap(), before);
    assert_ne!(seed(&app), sealed_before, "it is sealed anew");
    assert_eq!(all_open(app.services()), 1);
    assert_eq!(root.me().await, StatusCode::OK, "sessions stay");
    let again = beside(&app, &["keys", "rotate"]).await;
    assert!(stderr(&again).contains("still needed"), "{}", stderr(&again));

    app.advance_minutes(23 * 60);
    go_on(app.services(), false).unwrap();
    assert!(old.exists(), "the slip is good for a day");
    app.advance_minutes(2 * 60);
    go_on(app.services(), false).unwrap();
    assert!(!old.exists());
    assert_eq!(all_open(app.services()), 1);
    let log = stdout(&beside(&app, &["audit", "tail"]).await);
    assert!(log.contains("keys.rotate") && log.contains("keys.drop"), "{log}");
    assert!(beside(&app, &["keys", "rotate"]).await.status.success(), "and the next can come");
}

#[test]
fn killed_at_any_moment_everything_that_was_sealed_opens_and_the_rotation_comes_to_its_end() {
    let here = tempfile::tempdir().unwrap();
    set_up(here.path());
    let data = here.path().join("data");
    {
        let services = open(&data);
        let put: Result<(), StoreError> = services.store.write(|w| {
            for number in 0..2000_u128 {
                let user = UserId(Uuid::from_u128(number + 1));
                let sealed_seed = services.keys.seal(&Place::Factor(user).purpose(), b"seed").unwrap();
                put_factor(w, user, &StoredFactor { sealed_seed, last_step: 0, answered: Vec::new() })?;
            }
            Ok(())
        });
        put.unwrap();
    }
    let (mut killed_within, old) = (0, data.join("keys/site.old.key"));
    for round in 0..14_u64 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stockroom"))
            .args(["keys", "rotate", "--void-links"])
            .current_dir(here.path())
            .env_clear()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if round % 2 == 0 {
            std::thread::sleep(Duration::from_millis(20 + 35 * round));
        } else {
            // Right after the new key took its place, or a little later.
            while !old.exists() && child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_millis(15 * (round - 1)));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let services = open(&data);
        assert_eq!(all_open(&services), 2002, "round {round}");
        killed_within += u32::from(old.exists());
    }
    assert!(killed_within > 0, "no kill came within a rotation");
    // A server that starts goes on with it.
    if !old.exists() {
        ok(here.path(), &["keys", "rotate"]);
    }
    let (mut server, _) = serve(here.path());
    let status = ok(here.path(), &["keys", "status", "--json"]);
    assert_eq!((&status["sealed"], &status["sealed_with_old"]), (&json!(2002), &json!(0)), "{status}");
    server.kill().unwrap();
    server.wait().unwrap();
    let status = ok(here.path(), &["keys", "rotate", "--void-links", "--json"]);
    assert_eq!((&status["sealed"], &status["sealed_with_old"]), (&json!(2002), &json!(0)), "{status}");
    assert!(!old.exists(), "nobody else is at work: it goes at once");
    ok(here.path(), &["doctor", "keys"]);
    ok(here.path(), &["audit", "verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_rotate_at_once_lose_nothing() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let _phone = enrol(&app, &mut root).await;
    let head = stdout(&beside(&app, &["audit", "head"]).await);
    fs::write(app.directory.path().join("head"), head).unwrap();
    let all: Vec<_> = (0..8)
        .map(|number| {
            let services = Arc::clone(app.services());
            std::thread::spawn(move || {
                let command = if number % 2 == 0 {
                    HostCommand::KeysRotate { links: Links::Kept }
                } else {
                    HostCommand::KeysRotateAudit
                };
                execute(&services, command, Company::Server).is_ok()
            })
        })
        .collect();
    let done: Vec<bool> = all.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(
        done.iter().step_by(2).filter(|done| **done).count(),
        1,
        "the others were told to wait: {done:?}"
    );
    assert!(done.iter().skip(1).step_by(2).all(|done| *done), "{done:?}");
    assert_eq!(all_open(app.services()), 1);
    let verified = beside(&app, &["audit", "verify", "--anchor", "head"]).await;
    assert!(verified.status.success(), "{}", stderr(&verified));
}

#[test]
fn a_key_that_was_written_down_as_the_old_one_and_not_replaced_is_no_rotation() {
    let here = tempfile::tempdir().unwrap();
    set_up(here.path());
    let keys = here.path().join("data/keys");
    // What a kill between the two leaves behind.
    let current = fs::read_to_string(keys.join("site.key")).unwrap();
    fs::write(keys.join("site.old.key"), format!("{current}2026-11-21T08:00:00Z\n\n")).unwrap();
    let status = ok(here.path(), &["keys", "status", "--json"]);
    assert_eq!((&status["sealed"], &status["replaced_at"]), (&json!(2), &Value::Null), "{status}");
    ok(here.path(), &["keys", "rotate"]);
    assert_ne!(fs::read_to_string(keys.join("site.key")).unwrap(), current);
    assert!(fs::read_to_string(keys.join("site.old.key")).unwrap().starts_with(&current));
    let status = ok(here.path(), &["keys", "status", "--json"]);
    assert_eq!((&status["sealed"], &status["unreadable"]), (&json!(2), &json!(0)), "{status}");
}

#[test]
fn a_backup_of_before_brings_its_keys_or_says_what_to_enter_again() {
    let here = tempfile::tempdir().unwrap();
    let dir = here.path();
    set_up(dir);
    fs::write(dir.join("pass"), "correct horse battery staple\n").unwrap();
    ok(dir, &["backup", "create", "-o", "with.backup", "--passphrase-file", "pass"]);
    ok(dir, &["backup", "create", "-o", "without.backup"]);
    ok(dir, &["keys", "rotate", "--json"]);
    let doctor = stdout(&stockroom(dir, &["doctor", "keys"]));
    assert!(doctor.contains("the one before goes when nothing needs it"), "{doctor}");
    // The old key is there still, and so it opens what the backup holds.
    let dry = ok(dir, &["restore", "without.backup", "--dry-run", "--json"]);
    assert_eq!((&dry["keys"], &dry["enter_again"]), (&json!("site_before"), &json!([])), "{dry}");
    ok(dir, &["keys", "rotate", "--void-links"]);
    ok(dir, &["keys", "rotate", "--audit"]);
    let dry = ok(dir, &["restore", "without.backup", "--dry-run", "--json"]);
    assert_eq!(dry["keys"], "site_before", "it is the same site, whatever it signs with: {dry}");
    let again = dry["enter_again"].to_string();
    assert!(again.contains("smtp.password") && again.contains("ann@example.com"), "{again}");
    let with = ["restore", "with.backup", "--yes", "--json", "--passphrase-file", "pass"];
    let restored = ok(dir, &with);
    assert_eq!((&restored["keys"], &restored["enter_again"]), (&json!("backup"), &json!([])), "{restored}");
    assert_eq!(all_open(&open(&dir.join("data"))), 2);
}

#[test]
fn the_audit_log_goes_on_with_another_key_and_heads_of_before_hold() {
    let here = tempfile::tempdir().unwrap();
    let dir = here.path();
    set_up(dir);
    let head = stdout(&stockroom(dir, &["audit", "head"]));
    fs::write(dir.join("head"), &head).unwrap();
    let before = ok(dir, &["keys", "status", "--json"])["audit_key"].clone();
    for turn in 1..=2 {
        let status = ok(dir, &["keys", "rotate", "--audit", "--json"]);
        assert_ne!(status["audit_key"], before);
        assert_eq!(status["old_audit_keys"], turn, "{status}");
        let verified = stockroom(dir, &["audit", "verify", "--anchor", "head"]);
        assert!(verified.status.success(), "{}", stderr(&verified));
    }
    // Without the public halves of then it would not.
    fs::remove_file(dir.join("data/keys/audit.public")).unwrap();
    assert_eq!(stockroom(dir, &["audit", "verify", "--anchor", "head"]).status.code(), Some(5));
}

#[test]
fn whoever_seals_is_known_so_that_nothing_that_is_kept_stays_with_an_old_key() {
    // Kept in the store: these have a line in `services/keys/sealed.rs`. Not kept: links, requests, challenges, a preview.
    let kept = [
        "services/second_factor/totp.rs",
        "services/settings.rs",
        "services/sources/change.rs",
        "services/tls/authority.rs",
    ];
    let fleeting = [
        "services/second_factor/challenge.rs",
        "services/tokens.rs",
        "services/webhooks/mod.rs",
        "web/pages/users/import/mod.rs",
    ];
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut directories = vec![source.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                directories.push(path);
            } else if fs::read_to_string(&path).is_ok_and(|text| text.contains("keys.seal(")) {
                found.push(path.strip_prefix(&source).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let mut known = [&kept[..], &fleeting[..], &["services/keys/rotate.rs"]].concat();
    known.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, known, "who seals what the store keeps gives it a line in services/keys/sealed.rs");
}
