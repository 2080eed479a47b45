//! `stockroom doctor` and its page: what is wrong is found, said with what to do, and mended where that was asked for.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::Value;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::doctor::{Check, State};
use stockroom::services::host_commands::{Company, HostCommand, HostReply, execute};

use crate::copies;
use crate::harness::{PASSWORD, TestApp, stderr, stdout, stockroom};

/// A site in `data`, with a dataset of two rows.
fn site() -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("pw"), PASSWORD).unwrap();
    fs::write(here.path().join("stock.csv"), "Part,Customer,Qty\nA-1,ACME,1\nB-2,Bolt,2\n").unwrap();
    for args in [
        &["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"][..],
        &["import", "Stock", "stock.csv", "--set", "owner=Customer", "--yes"],
        // A key is made with the first of them.
        &["audit", "head"],
    ] {
        let output = stockroom(here.path(), args);
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    }
    here
}

fn report(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

/// The states of a check, in order.
fn states(report: &Value, check: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let of_check = findings.filter(|finding| finding["check"] == check);
    of_check.map(|finding| finding["state"].as_str().unwrap().to_owned()).collect()
}

fn text_of<'r>(report: &'r Value, check: &str, state: &str, key: &str) -> &'r str {
    let mut findings = report["findings"].as_array().unwrap().iter();
    let found = findings.find(|finding| finding["check"] == check && finding["state"] == state);
    found.unwrap_or_else(|| panic!("{check} {state}: {report:#}"))[key].as_str().unwrap_or_default()
}

fn flip(path: &Path, from_end: usize) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.len() - from_end;
    bytes[at] ^= 0x55;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_site_that_is_well_is_said_to_be_and_every_check_has_its_say() {
    let here = site();
    let output = stockroom(here.path(), &["doctor", "--json"]);
    let report = report(&output);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!((report["server"].as_str(), report["data_dir"].as_str()), (Some("none"), Some("data")));
    let named = [
        "configuration",
        "permissions",
        "disk",
        "clock",
        "schema",
        "database",
        "generations",
        "leftovers",
        "keys",
        "mail",
        "directory",
        "sources",
        "remote",
        "tls",
        "backups",
        "audit",
    ];
    for check in named {
        assert!(!states(&report, check).is_empty(), "{check}: {report:#}");
    }
    for check in ["permissions", "schema", "generations", "leftovers", "keys", "audit"] {
        assert!(states(&report, check).iter().all(|state| state == "ok"), "{check}: {report:#}");
    }
    assert_eq!(states(&report, "database"), ["ok", "ok"], "its pages and its values");
    for check in ["mail", "directory", "sources", "remote"] {
        assert_eq!(states(&report, check), ["skipped"], "{report:#}");
    }
    let text = stockroom(here.path(), &["doctor", "keys", "disk"]);
    assert!(stderr(&text).contains("No server has the data."), "{}", stderr(&text));
    let text = stdout(&text);
    let mut findings = text.lines().filter(|line| !line.starts_with(' '));
    assert!(findings.all(|line| line.contains("disk") || line.contains("keys")), "{text}");
    assert_eq!(stockroom(here.path(), &["doctor", "nonsense"]).status.code(), Some(2));
}

#[test]
fn what_others_could_read_and_what_was_left_behind_is_found_and_mended_when_asked() {
    let here = site();
    let data = here.path().join("data");
    let key = data.join("keys/audit.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(data.join("stockroom.redb"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::create_dir_all(data.join("files/incoming")).unwrap();
    fs::write(data.join("files/incoming/.tmpx"), "half").unwrap();
    let dataset = fs::read_dir(data.join("index")).unwrap().flatten().next().unwrap().path();
    fs::create_dir(dataset.join("9.tmp")).unwrap();
    fs::create_dir_all(data.join("backups")).unwrap();
    fs::write(data.join("backups/.making-x.partial"), "half").unwrap();

    let output = stockroom(here.path(), &["doctor", "--json"]);
    let found = report(&output);
    assert_eq!(output.status.code(), Some(1), "{found:#}");
    assert_eq!(states(&found, "permissions"), ["failed", "failed"], "the file and not only its mended mode");
    assert!(text_of(&found, "permissions", "failed", "next").contains("--fix"), "{found:#}");
    let left = text_of(&found, "leftovers", "warn", "what");
    assert!(left.starts_with("3 leftovers") && left.contains("9.tmp"), "{left}");
    assert!(dataset.join("9.tmp").exists(), "nothing is changed without --fix");

    let fixed = stockroom(here.path(), &["doctor", "permissions", "leftovers", "--fix"]);
    assert_eq!(fixed.status.code(), Some(0), "{} {}", stdout(&fixed), stderr(&fixed));
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!dataset.join("9.tmp").exists() && !data.join("files/incoming/.tmpx").exists());
    assert!(!data.join("backups/.making-x.partial").exists());
    let again = stockroom(here.path(), &["doctor", "--json"]);
    assert_eq!(again.status.code(), Some(0), "{}", stdout(&again));
}

#[test]
fn an_index_a_backup_and_a_database_that_rotted_end_with_exit_code_5() {
    let here = site();
    let data = here.path().join("data");
    let dataset = fs::read_dir(data.join("index")).unwrap().flatten().next().unwrap().path();
    let generation = fs::read_dir(&dataset).unwrap().flatten().next().unwrap().path();
    flip(&generation.join("columns.bin"), 200);
    let output = stockroom(here.path(), &["doctor", "generations", "--json"]);
    let found = report(&output);
    assert_eq!(output.status.code(), Some(5), "{found:#}");
    assert!(text_of(&found, "generations", "failed", "next").contains("index rebuild stock"), "{found:#}");
    fs::remove_dir_all(&generation).unwrap();
    let away = stockroom(here.path(), &["doctor", "generations"]);
    assert_eq!(away.status.code(), Some(1), "not there is not damaged: {}", stdout(&away));

    assert!(stockroom(here.path(), &["backup", "create"]).status.success());
    assert_eq!(stockroom(here.path(), &["doctor", "backups"]).status.code(), Some(0));
    let backup = fs::read_dir(data.join("backups")).unwrap().flatten().next().unwrap().path();
    fs::write(&backup, "no archive").unwrap();
    assert_eq!(stockroom(here.path(), &["doctor", "backups"]).status.code(), Some(5));

    let length = fs::metadata(data.join("stockroom.redb")).unwrap().len();
    fs::File::options().write(true).open(data.join("stockroom.redb")).unwrap().set_len(length / 2).unwrap();
    let output = stockroom(here.path(), &["doctor", "--json"]);
    let found = report(&output);
    assert_eq!(output.status.code(), Some(5), "{found:#}");
    assert_eq!(states(&found, "database"), ["failed"], "{found:#}");
    assert!(text_of(&found, "database", "failed", "next").contains("stockroom restore"), "{found:#}");
    assert_eq!(states(&found, "keys"), ["skipped"], "{found:#}");
    assert!(states(&found, "disk").contains(&"ok".to_owned()), "it may be the reason: {found:#}");
}

#[test]
fn a_wrong_configuration_and_a_directory_without_a_site_are_findings_like_any_other() {
    let here = tempfile::tempdir().unwrap();
    let output = stockroom(here.path(), &["doctor", "--json"]);
    let found = report(&output);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text_of(&found, "database", "failed", "what"), "there is no site");
    assert_eq!(states(&found, "audit"), ["skipped"]);
    assert!(!here.path().join("data").exists(), "looking makes no site");
    fs::write(here.path().join("stockroom.toml"), "[session]\nidle = \"soon\"\nidel = \"1h\"\n").unwrap();
    let output = stockroom(here.path(), &["doctor", "--json"]);
    let found = report(&output);
    assert_eq!(states(&found, "configuration"), ["failed", "failed"], "{found:#}");
    assert_eq!(states(&found, "disk"), ["skipped"], "{found:#}");
}

#[test]
fn a_secret_that_no_key_opens_is_named_with_what_to_enter_again() {
    let here = site();
    let data = here.path().join("data");
    let store = stockroom::store::Store::open(&data).unwrap();
    let put: Result<(), stockroom::store::StoreError> =
        store.write(|w| stockroom::store::settings::put_setting(w, "smtp.password", "v4.local.AAAA"));
    put.unwrap();
    drop(store);
    let output = stockroom(here.path(), &["doctor", "keys", "--json"]);
    let found = report(&output);
    assert_eq!(output.status.code(), Some(1), "{found:#}");
    assert!(text_of(&found, "keys", "failed", "next").contains("the setting `smtp.password`"), "{found:#}");
}

#[test]
fn a_mail_server_is_greeted_and_given_no_mail() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        stream.write_all(b"220 mail.example ready\r\n").unwrap();
        let mut heard = Vec::new();
        while let Some(Ok(line)) = lines.next() {
            let answer: &[u8] =
                if line.starts_with("EHLO") { b"250 mail.example\r\n" } else { b"221 bye\r\n" };
            stream.write_all(answer).unwrap();
            heard.push(line);
        }
        heard
    });
    let here = tempfile::tempdir().unwrap();
    let toml = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"stock@example.com\"\n"
    );
    fs::write(here.path().join("stockroom.toml"), toml).unwrap();
    let output = stockroom(here.path(), &["doctor", "mail"]);
    assert_eq!(output.status.code(), Some(0), "{} {}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("would take mails"), "{}", stdout(&output));
    let heard = heard.join().unwrap();
    assert!(heard[0].starts_with("EHLO") && heard[1..].iter().all(|line| line == "QUIT"), "{heard:?}");
    // Now nobody listens there.
    let output = stockroom(here.path(), &["doctor", "mail"]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(stdout(&output).contains("the section [smtp]"), "{}", stdout(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_server_it_asks_the_server_and_the_page_shows_the_quick_checks() {
    let app = TestApp::start().await;
    app.import("Stock", "Part,Customer,Qty\nA-1,ACME,1\n", &["owner=Customer"]).await;
    let directory = app.directory.path().to_owned();
    let run = tokio::task::spawn_blocking(move || stockroom(&directory, &["doctor", "--json"]));
    let output = run.await.unwrap();
    let found = report(&output);
    assert_eq!(found["server"], "running", "{}", stderr(&output));
    assert_eq!(states(&found, "database"), ["skipped", "ok"], "{found:#}");
    assert_eq!(states(&found, "generations"), ["ok"], "{found:#}");
    assert_eq!(states(&found, "audit"), ["ok"], "{found:#}");

    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let page = root.get("/admin/doctor").await;
    assert_eq!(page.status, StatusCode::OK);
    for text in
        ["id=\"doctor-disk\"", "id=\"doctor-backups\"", "Stock: 1 of 1 indexes open", "Nothing failed"]
    {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(!page.text.contains("id=\"doctor-mail\""), "nobody else is asked for a page");
    assert!(root.get("/admin/system").await.text.contains("href=\"/admin/doctor\""));
    assert!(root.get("/admin").await.text.contains("href=\"/admin/doctor#doctor-disk\""));
    let dataset = fs::read_dir(app.data_dir().join("index")).unwrap().flatten().next().unwrap().path();
    let generation = fs::read_dir(dataset).unwrap().flatten().next().unwrap().path();
    fs::remove_dir_all(generation).unwrap();
    let page = root.get("/admin/doctor").await;
    assert!(page.text.contains("One finding is a failure"), "{}", page.text);
    assert!(page.text.contains("the index that readers see is not there"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_of_copies_is_asked_and_left_as_it_is() {
    let (cloud, remote) = copies::cloud().await;
    let (app, mut customer) = copies::site(Some(remote)).await;
    copies::send(&mut customer, "a.pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n").await;
    while copies::held(&cloud).is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let ask = || {
        let services = Arc::clone(app.services());
        let doctor = HostCommand::Doctor { checks: [Check::Remote].into(), fix: false };
        tokio::task::spawn_blocking(move || execute(&services, doctor, Company::Server).unwrap())
    };
    let state = |reply| match reply {
        HostReply::Findings(found) => (found[0].state, found[0].what.clone()),
        other => panic!("{other:?}"),
    };
    let (good, what) = state(ask().await.unwrap());
    assert!(good == State::Ok && what.contains("knows the key"), "{what}");
    assert_eq!(copies::held(&cloud).len(), 1);
    cloud.lock().unwrap().set(copies::Mood::Away);
    assert_eq!(state(ask().await.unwrap()).0, State::Failed);
}
