//! The command line, with and without a server.

use std::fs;
use std::path::Path;

use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{PASSWORD, TestApp, stderr, stdout, stockroom, stockroom_with};

fn password_file(directory: &Path) {
    fs::write(directory.join("pw"), format!("{PASSWORD}\n")).unwrap();
}

fn json(output: &std::process::Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_str(&stdout(output)).unwrap()
}

#[test]
fn a_site_is_set_up_and_given_users_without_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| stockroom(directory.path(), args);
    password_file(directory.path());
    let output = run(&["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let again = run(&["init", "--admin-email", "eve@example.com", "--admin-password-file", "pw"]);
    assert_eq!(again.status.code(), Some(1), "there is an admin already");

    let add = ["user", "add", "bob@acme.example", "--role", "customer", "--owner", "A|B", "--owner", "All"];
    let bob = json(&run(&[
        &add[..],
        &["--first-name", " Bob ", "--last-name", "Ross", "--password-file", "pw", "--json"],
    ]
    .concat()));
    assert_eq!(bob["name"], "Bob Ross");
    let shown = run(&["user", "show", "bob@acme.example"]);
    assert!(stdout(&shown).contains("Bob Ross"), "{}", stdout(&shown));
    assert_eq!(bob["owners"], serde_json::json!(["All", "A|B"]));
    assert_eq!(bob["all_owners"], false);
    let twin = run(&["user", "add", "BOB@acme.example", "--role", "customer", "--password-file", "pw"]);
    assert_eq!(twin.status.code(), Some(1));
    assert!(stderr(&twin).contains("another user already"), "{}", stderr(&twin));

    let role = ["user", "role", "bob@acme.example", "--role", "operator", "--all-owners", "--json"];
    assert_eq!(json(&run(&role))["all_owners"], true);
    assert_eq!(json(&run(&["user", "disable", "bob@acme.example", "--json"]))["status"], "deactivated");
    let reset = run(&["user", "reset-second-factor", "bob@acme.example"]);
    assert!(stderr(&reset).contains("has no second factor"), "{}", stderr(&reset));
    assert_eq!(json(&run(&["user", "enable", "bob@acme.example", "--json"]))["status"], "active");
    assert_eq!(json(&run(&["user", "list", "--json"])).as_array().unwrap().len(), 2);
    let add = ["user", "add", "gus@acme.example", "--role", "customer", "--password-file", "pw", "--json"];
    assert_eq!(json(&run(&add))["status"], "active");
    let gone = run(&["user", "delete", "gus@acme.example", "--confirm", "gus@acme.example"]);
    assert!(stdout(&gone).starts_with("deleted gus@acme.example"), "{} {}", stdout(&gone), stderr(&gone));
    assert_eq!(run(&["user", "show", "gus@acme.example"]).status.code(), Some(6));
    assert_eq!(run(&["user", "show", "nobody@example.com"]).status.code(), Some(6));
    for args in [
        &["user", "disable", "ann@example.com"][..],
        &["user", "role", "ann@example.com", "--role", "customer"],
    ] {
        let last = run(args);
        assert!(stderr(&last).contains("last active admin"), "{}", stderr(&last));
    }
    assert!(stdout(&run(&["audit", "verify"])).contains("all in order"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_commands_work_beside_a_running_server() {
    let app = TestApp::start().await;
    let directory = app.directory.path().to_owned();
    password_file(&directory);
    let run = |args: &'static [&'static str]| {
        let directory = directory.clone();
        async move { tokio::task::spawn_blocking(move || stockroom(&directory, args)).await.unwrap() }
    };
    let init = run(&["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"]).await;
    assert!(init.status.success(), "{}", stderr(&init));
    let add = run(&[
        "user",
        "add",
        "bob@acme.example",
        "--role",
        "customer",
        "--owner",
        "A",
        "--password-file",
        "pw",
    ]);
    assert!(add.await.status.success());
    let mut bob = app.browser();
    assert_eq!(bob.login("bob@acme.example", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(json(&run(&["user", "list", "--json"]).await).as_array().unwrap().len(), 2);
    assert!(run(&["user", "disable", "bob@acme.example"]).await.status.success());
    assert_eq!(bob.me().await, StatusCode::UNAUTHORIZED, "at once");
    assert_eq!(run(&["user", "show", "nobody@example.com"]).await.status.code(), Some(6));
    assert!(run(&["audit", "verify"]).await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_is_refused_at_once() {
    let app = TestApp::start().await;
    let directory = app.directory.path().to_owned();
    let begun = std::time::Instant::now();
    let output =
        tokio::task::spawn_blocking(move || stockroom(&directory, &["serve", "--listen", "127.0.0.1:0"]))
            .await
            .unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("data") && begun.elapsed().as_secs() < 5, "{}", stderr(&output));
    let pid = std::process::id();
    let said = stderr(&output);
    assert!(said.contains(&format!("process {pid} (")) && said.contains(&format!("`kill {pid}`")), "{said}");
    assert_eq!(app.browser().get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_a_command_that_has_the_data() {
    let app = TestApp::start().await;
    let app = app.restart_after(|data| {
        let store = stockroom::store::Store::open(data).unwrap();
        std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(700));
            drop(store);
        });
    });
    assert_eq!(app.await.browser().get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_private_socket_works_under_a_long_path() {
    let long = "a-rather-long-directory-name/".repeat(8);
    let app = TestApp::start_with(|config| config.data_dir = config.data_dir.join(&long)).await;
    let directory = app.data_dir().join(&long);
    let output = tokio::task::spawn_blocking(move || {
        stockroom(&directory, &["--data-dir", ".", "user", "list", "--json"])
    })
    .await
    .unwrap();
    assert_eq!(json(&output), serde_json::json!([]));
}

#[test]
fn an_admin_from_the_environment_must_change_a_plain_password() {
    let directory = tempfile::tempdir().unwrap();
    let environment =
        [("ADMIN_EMAIL", "ann@example.com"), ("ADMIN_USERNAME", "ann"), ("ADMIN_PASSWORD", PASSWORD)];
    let output = stockroom_with(directory.path(), &["init"], &environment);
    assert!(output.status.success(), "{}", stderr(&output));
    let ann = json(&stockroom(directory.path(), &["user", "show", "ann", "--json"]));
    assert_eq!(ann["must_change_password"], true);
    assert_eq!(ann["all_owners"], true);
}

#[test]
fn usage_errors_end_with_exit_code_2_and_damage_with_5() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(stockroom(directory.path(), &["serve", "--nope"]).status.code(), Some(2));
    assert_eq!(stockroom(directory.path(), &["init"]).status.code(), Some(2));
    password_file(directory.path());
    let init = ["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"];
    assert!(stockroom(directory.path(), &init).status.success());
    assert!(stockroom(directory.path(), &["user", "list"]).status.success());
    fs::write(directory.path().join("data/stockroom.redb"), b"").unwrap();
    let output = stockroom(directory.path(), &["user", "list"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("stockroom.redb"), "{}", stderr(&output));
}

#[test]
fn short_passwords_are_refused_with_the_rule() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("pw"), "thirteen char").unwrap();
    let output =
        stockroom(directory.path(), &["init", "--admin-email", "a@b.example", "--admin-password-file", "pw"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("at least 15 characters"), "{}", stderr(&output));
}

/// `stockroom user list` in a wrong directory made an empty site there and said nothing.
#[test]
fn only_init_and_serve_make_a_site() {
    let directory = tempfile::tempdir().unwrap();
    password_file(directory.path());
    fs::write(directory.path().join("stock.csv"), "Part,Qty\nA,1\n").unwrap();
    for args in [
        &["user", "list"][..],
        &["user", "add", "bob@acme.example", "--role", "customer", "--password-file", "pw"],
        &["user", "disable", "bob@acme.example"],
        &["audit", "verify"],
        &["export", "Inventory"],
        &["import", "Inventory", "stock.csv", "--yes"],
        &["--data-dir", "else/where", "user", "list"],
    ] {
        let output = stockroom(directory.path(), args);
        assert_eq!(output.status.code(), Some(6), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("no site in") && stderr(&output).contains("init --admin-email"));
        assert!(
            !directory.path().join("data").exists() && !directory.path().join("else").exists(),
            "{args:?}"
        );
    }
    let init = ["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"];
    assert!(stockroom(directory.path(), &init).status.success());
    let imported = stockroom(directory.path(), &["import", "Inventory", "stock.csv", "--yes"]);
    assert!(imported.status.success(), "{}", stderr(&imported));
}

#[test]
fn a_hash_is_only_made_of_a_password_that_an_admin_may_have() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    for (password, is_good) in [("x", false), ("password123456789", false), (PASSWORD, true)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stockroom"))
            .arg("hash-password")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.success(), is_good, "{password}: {}", stderr(&output));
        assert_eq!(stdout(&output).starts_with("$argon2id$"), is_good);
    }
}

#[test]
fn what_is_not_there_ends_with_exit_code_6_and_what_was_not_said_with_2() {
    let directory = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| stockroom(directory.path(), args);
    password_file(directory.path());
    assert!(
        run(&["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"]).status.success()
    );
    for (args, code) in [
        (&["import", "Stock", "nowhere.csv", "--yes"][..], 6),
        (&["inspect", "nowhere.csv"], 6),
        (&["export", "Nothing"], 6),
        (&["user", "show", "nobody@example.com"], 6),
        (&["user", "role", "ann@example.com"], 2),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
        assert!(!stderr(&output).is_empty());
    }
}
