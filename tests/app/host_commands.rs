//! Commands for whoever runs the machine: indexes, and an admin who is locked out. With and without a server.

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::StatusCode;
use serde_json::Value;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{PASSWORD, TestApp, stderr, stdout, stockroom};
use crate::second_factor::enrol;

fn json(output: &std::process::Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_str(&stdout(output)).unwrap()
}

/// Runs the binary beside a server of this process.
async fn beside(app: &TestApp, args: &[&str]) -> std::process::Output {
    let directory = app.directory.path().to_owned();
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let run = move || stockroom(&directory, &args.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn index_dir(data: &Path) -> PathBuf {
    fs::read_dir(data.join("index")).unwrap().flatten().next().unwrap().path()
}

#[test]
fn an_index_that_rotted_is_told_and_built_again_from_its_file() {
    let here = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| stockroom(here.path(), args);
    fs::write(here.path().join("pw"), PASSWORD).unwrap();
    assert!(
        run(&["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"]).status.success()
    );
    for rows in ["A,1\n", "A,1\nB,2\n"] {
        fs::write(here.path().join("stock.csv"), format!("Part,Qty\n{rows}")).unwrap();
        let imported = run(&["import", "Stock", "stock.csv", "--yes"]);
        assert!(imported.status.success(), "{}", stderr(&imported));
    }
    let status = json(&run(&["index", "status", "--json"]));
    let seen: Vec<_> =
        status.as_array().unwrap().iter().map(|view| (&view["rows"], &view["current"])).collect();
    assert_eq!(format!("{seen:?}"), "[(Number(1), Bool(false)), (Number(2), Bool(true))]");
    assert!(
        status[1]["segments"].as_u64().unwrap() > 0 && status[1]["bytes"].as_u64().unwrap() > 0,
        "{status}"
    );

    let current = index_dir(&here.path().join("data")).join("2");
    fs::write(current.join("columns.bin"), "no columns").unwrap();
    let status = run(&["index", "status"]);
    assert_eq!(status.status.code(), Some(5), "{}", stdout(&status));
    assert!(stdout(&status).contains("stock  2  damaged"), "{}", stdout(&status));
    let built = json(&run(&["index", "rebuild", "stock", "--json"]));
    assert_eq!((&built[0]["state"], &built[0]["rows"]), (&Value::from("ok"), &Value::from(2)));
    assert!(stdout(&run(&["export", "stock"])).contains('B'));
    assert!(stdout(&run(&["audit", "tail"])).contains("index.rebuild"));

    assert_eq!(run(&["index", "rebuild", "nothing"]).status.code(), Some(6));
    assert_eq!(run(&["index", "rebuild", "stock", "--generation", "9"]).status.code(), Some(6));
    let compacted = json(&run(&["index", "compact", "--json"]));
    assert_eq!(compacted["indexes"], 0, "a dataset keeps all of its indexes unless told otherwise");
    let sizes = compacted["database"].as_array().unwrap();
    assert!(sizes[1].as_u64() <= sizes[0].as_u64(), "{compacted}");
    assert!(stdout(&run(&["doctor", "database", "generations"])).contains("2 of 2 indexes"));

    // What is not there any more for good cannot be built.
    fs::remove_dir_all(here.path().join("data/files")).unwrap();
    let refused = run(&["index", "rebuild", "stock"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("import it again"), "{}", stderr(&refused));
    assert!(stdout(&run(&["export", "stock"])).contains('B'), "what is there stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_built_again_beside_its_readers() {
    let app = TestApp::start().await;
    app.import("Stock", "Part,Qty\nA-1,1\nB-2,2\n", &[]).await;
    let mut reader = app.operator().await;
    let before = reader.get("/api/v1/datasets/stock/rows").await.json()["rows"].clone();
    let columns = index_dir(&app.data_dir()).join("1/columns.bin");
    let written = fs::metadata(&columns).unwrap().modified().unwrap();
    let built = json(&beside(&app, &["index", "rebuild", "--json"]).await);
    assert_eq!(built[0]["state"], "ok", "{built}");
    assert_ne!(fs::metadata(&columns).unwrap().modified().unwrap(), written, "it is another file");
    assert_eq!(reader.get("/api/v1/datasets/stock/rows").await.json()["rows"], before);
    let compacted = json(&beside(&app, &["index", "compact", "--json"]).await);
    assert_eq!(compacted["database"], Value::Null, "a server goes on with it");
    assert_eq!(json(&beside(&app, &["index", "status", "--json"]).await)[0]["state"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_who_is_locked_out_comes_in_with_a_slip_or_a_password() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.add_user("bob@example.com", Role::Customer, OwnerScope::All);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let _phone = enrol(&app, &mut root).await;
    assert_eq!(root.me().await, StatusCode::OK);
    for _ in 0..12 {
        app.browser().login("root@example.com", "a wrong password").await;
    }
    assert_eq!(app.browser().login("root@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);

    let reset = json(&beside(&app, &["user", "admin-reset", "root@example.com", "--json"]).await);
    assert_eq!(reset["had_second_factor"], true, "{reset}");
    assert_eq!(reset["user"]["second_factor"], false, "{reset}");
    assert_eq!(root.me().await, StatusCode::UNAUTHORIZED, "sessions are over");
    app.advance_minutes(60);
    let mut visitor = app.browser();
    let found = visitor.submit("/code", "/code", &[("code", reset["code"].as_str().unwrap())]).await;
    let page = found.header("location").to_owned();
    assert!(page.starts_with("/welcome?token="), "{found:?}");
    let new = "another horse battery staple";
    let set = visitor.submit(&page, "/welcome", &[("new_password", new), ("new_password_again", new)]).await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{set:?}");
    assert_eq!(
        app.browser().login("root@example.com", new).await.status,
        StatusCode::OK,
        "no factor is asked for"
    );

    fs::write(app.directory.path().join("pw"), "yet another horse battery\n").unwrap();
    let args = ["user", "admin-reset", "root@example.com", "--password-file", "pw"];
    let output = beside(&app, &args).await;
    assert!(output.status.success() && stdout(&output).is_empty(), "{} {}", stdout(&output), stderr(&output));
    let answer = app.browser().login("root@example.com", "yet another horse battery").await;
    assert_eq!(answer.json()["user"]["must_change_password"], true, "{answer:?}");
    let tail = stdout(&beside(&app, &["audit", "tail", "--json"]).await);
    assert_eq!(tail.matches("\"user.admin-reset\"").count(), 2, "{tail}");

    fs::write(app.directory.path().join("pw"), "short\n").unwrap();
    assert_eq!(beside(&app, &args).await.status.code(), Some(1));
    let bob = beside(&app, &["user", "admin-reset", "bob@example.com"]).await;
    assert!(stderr(&bob).contains("is no admin"), "{}", stderr(&bob));
    assert_eq!(beside(&app, &["user", "admin-reset", "nobody@example.com"]).await.status.code(), Some(6));

    // The same with nobody at work.
    let TestApp { running, directory, clock: _ } = app;
    running.shutdown().await;
    let output = stockroom(directory.path(), &["user", "admin-reset", "root@example.com"]);
    assert!(output.status.success() && stdout(&output).trim().len() > 20, "{}", stderr(&output));
}
