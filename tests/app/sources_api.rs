//! Sources for programs, several at once, and where it is shown when data were last checked.

use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use stockroom::config::feeds::NamedCommand;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{Browser, TestApp};

const FILE: &str = "Part,Customer,Qty\nA-1,Acme,1\nA-2,Acme,2\n";

fn shell(name: &str, script: &str) -> NamedCommand {
    let argv = ["/bin/sh", "-c", script].map(str::to_owned).into();
    NamedCommand { name: name.to_owned(), argv }
}

async fn site(commands: Vec<NamedCommand>) -> (TestApp, Browser) {
    let app = TestApp::start_with(|config| {
        config.feeds.commands = commands;
        config.feeds.inbox_poll = Duration::from_millis(60);
    })
    .await;
    for dataset in ["Stock", "Other"] {
        let import = app.import(dataset, FILE, &["owner=Customer", "key=Part"]).await;
        assert_eq!(import["state"], "published", "{import}");
    }
    let admin = app.signed_in(Role::Admin, &[]).await;
    (app, admin)
}

async fn add(admin: &mut Browser, command: &str, dataset: &str) {
    let fields = [
        ("kind", "command"),
        ("name", command),
        ("dataset", dataset),
        ("command", command),
        ("every", "60"),
        ("enabled", "1"),
    ];
    let made = admin.submit("/admin/sources/new?kind=command", "/admin/sources/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
}

/// Asks for the list until a source is as it should be.
async fn until(browser: &mut Browser, name: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..400 {
        let list = browser.get("/api/v1/sources").await.json();
        let found = list["sources"].as_array().unwrap().iter().find(|source| source["name"] == name);
        if let Some(found) = found.filter(|found| is_so(found)) {
            return found.clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("`{name}` did not come to that");
}

#[tokio::test]
async fn a_program_has_a_source_asked_and_every_view_says_when_data_were_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stock.csv");
    std::fs::write(&file, FILE).unwrap();
    let (app, mut admin) = site(vec![shell("erp", &format!("cat {}", file.display()))]).await;
    let before = app.services().now();
    add(&mut admin, "erp", "stock").await;
    let ran = |at: jiff::Timestamp| move |source: &Value| source["last_run"] == at.to_string();
    let first = until(&mut admin, "erp", ran(before)).await;
    assert_eq!(
        (&first["state"], &first["lateness"], &first["error"]),
        (&json!("idle"), &json!("on-time"), &json!(null))
    );
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut operator = app.operator().await;
    let mut reader = app.signed_in(Role::Customer, &["Acme"]).await;
    // It is not due for an hour, and the same file is there.
    app.advance_minutes(20);
    let now = app.services().now();
    let address = format!("/api/v1/sources/{}/refresh", first["id"].as_str().unwrap());
    let answer = operator.post(&address, &json!({})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    assert_eq!(answer.json()["id"], first["id"]);
    assert!(app.actions().contains(&"feed.source.refresh".to_owned()));
    let second = until(&mut operator, "erp", ran(now)).await;
    assert_eq!((&second["checked_at"], &second["next_run"]), (&json!(now.to_string()), &first["next_run"]));
    assert!(!second.to_string().contains("stock.csv"), "what is run is not told: {second}");
    // Nothing was published, and whoever sees the data sees that they were checked.
    for path in ["/api/v1/datasets/stock", "/api/v1/datasets/stock/rows"] {
        let data = reader.get(path).await.json();
        assert_eq!(
            (&data["generation"], &data["checked_at"]),
            (&json!(1), &json!(now.to_string())),
            "{path}"
        );
        assert_ne!(data["published_at"], data["checked_at"], "{path}");
    }
    for path in ["/datasets/stock", "/datasets/stock?print=1"] {
        let page = reader.get(path).await.text;
        assert!(page.contains(&format!("title=\"{now}\"")) && page.contains(", unchanged"), "{path}: {page}");
    }
    let other = reader.get("/datasets/other").await.text;
    assert!(!other.contains(", unchanged"), "{other}");
    let refused = reader.post(&address, &json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    app.running.shutdown().await;
}

#[tokio::test]
async fn sources_that_take_their_time_hold_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let end = folder.path().join("end");
    let wait = format!("while [ ! -e {} ]; do sleep 0.05; done; exit 1", end.display());
    let quick = "printf 'Part,Customer,Qty\\nA-1,Acme,1\\nA-2,Acme,3\\n'";
    let names = ["slow one", "slow two", "slow three"];
    let mut commands: Vec<NamedCommand> = names.iter().map(|name| shell(name, &wait)).collect();
    commands.push(shell("quick", quick));
    let (app, mut admin) = site(commands).await;
    let _end = Ending(&end);
    for name in names {
        add(&mut admin, name, "other").await;
    }
    for name in names {
        until(&mut admin, name, |source| source["state"] == "running").await;
    }
    add(&mut admin, "quick", "stock").await;
    until(&mut admin, "quick", |source| source["checked_at"].is_string()).await;
    for name in names {
        until(&mut admin, name, |source| source["state"] == "running").await;
    }
    std::fs::write(&end, "").unwrap();
    for name in names {
        until(&mut admin, name, |source| source["error"].is_string()).await;
    }
    app.running.shutdown().await;
}

/// Ends what waits, also where the test fails.
struct Ending<'p>(&'p Path);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let _ = std::fs::write(self.0, "");
    }
}
