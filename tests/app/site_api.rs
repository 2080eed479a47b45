//! Files, audit, settings, jobs and backups over the API.

use reqwest::{Method, StatusCode};
use serde_json::json;
use stockroom::domain::permission::Role;

use crate::harness::TestApp;

#[tokio::test]
async fn a_file_is_sent_renamed_read_deleted_and_brought_back() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &["Acme"]).await;
    let token = ann.cookies["csrf"].clone();
    let content = "Part,Qty\nA-1,5\n";
    let request =
        ann.request(Method::POST, "/api/v1/files?name=my%20stock.csv").header("x-csrf-token", &token);
    let sent = ann.send(request.body(content)).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{sent:?}");
    let file = sent.json();
    assert_eq!(
        (&file["name"], &file["kind"], &file["is_kept"]),
        (&json!("my stock.csv"), &json!("text"), &json!(true))
    );
    let at = format!("/api/v1/files/{}", file["id"].as_str().unwrap());
    assert_eq!(ann.get(&format!("{at}/content")).await.text, content);
    let renamed = ann.send_json(Method::PATCH, &at, &json!({"name": "stock.csv"})).await;
    assert_eq!(renamed.json()["name"], "stock.csv", "{renamed:?}");
    assert_eq!(ann.get("/api/v1/files").await.json()["total"], 1);
    // Somebody else's is nobody's.
    let mut bob = app.signed_in(Role::Customer, &["Acme"]).await;
    for path in [at.clone(), format!("{at}/content")] {
        assert_eq!(bob.get(&path).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(ann.send_json(Method::DELETE, &at, &json!({})).await.status, StatusCode::NO_CONTENT);
    assert!(ann.get(&at).await.json()["deleted_at"].is_string());
    let back = ann.post(&format!("{at}/restore"), &json!({})).await;
    assert_eq!(back.json()["deleted_at"], json!(null), "{back:?}");
    let gone = ann.send_json(Method::DELETE, &format!("{at}?for_good=true"), &json!({})).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(ann.get(&at).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_log_is_read_in_parts_exported_and_proved() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in(Role::Admin, &[]).await;
    for name in ["one", "two", "three"] {
        ada.post("/api/v1/plans", &json!({"name": name})).await;
    }
    let first = ada.get("/api/v1/audit?action=plan.&limit=2").await.json();
    let events = first["events"].as_array().unwrap();
    assert_eq!(events.len(), 2, "{first}");
    assert_eq!(events[0]["action"], "plan.create");
    let next = ada.get(&format!("/api/v1/audit?action=plan.&limit=2&before={}", first["older"])).await.json();
    assert_eq!(next["events"].as_array().unwrap().len(), 1, "{next}");
    let seq = events[0]["seq"].as_u64().unwrap();
    assert_eq!(ada.get(&format!("/api/v1/audit/{seq}")).await.json(), events[0]);
    assert_eq!(ada.get("/api/v1/audit/999999").await.status, StatusCode::NOT_FOUND);
    assert_eq!(ada.get("/api/v1/audit?nonsense=1").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let file = ada.get("/api/v1/audit/export?format=jsonl&action=plan.create").await;
    assert_eq!(file.text.lines().count(), 3, "{file:?}");
    let proved = ada.post("/api/v1/audit/verify", &json!({})).await.json();
    assert_eq!((&proved["is_good"], &proved["first_bad"]), (&json!(true), &json!(null)), "{proved}");
}

#[tokio::test]
async fn settings_are_changed_together_or_not_at_all_and_backups_are_made() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in(Role::Admin, &[]).await;
    let settings = ada.get("/api/v1/settings").await.json();
    let value = |settings: &serde_json::Value, name: &str| {
        let mut all = settings["settings"].as_array().unwrap().iter();
        all.find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("{name}"))["value"].clone()
    };
    let before = value(&settings, "site.name");
    let wrong = json!({"site.name": {"value": "Depot"}, "session.idle": {"value": "soon"}});
    let refused = ada.send_json(Method::PATCH, "/api/v1/settings", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert_eq!(value(&ada.get("/api/v1/settings").await.json(), "site.name"), before);
    let unknown =
        ada.send_json(Method::PATCH, "/api/v1/settings", &json!({"server.listen": {"value": "x"}})).await;
    assert_eq!(unknown.json()["errors"][0]["field"], "server.listen", "{unknown:?}");
    let stale = json!({"site.name": {"value": "Depot", "seen": "Another"}});
    let refused = ada.send_json(Method::PATCH, "/api/v1/settings", &stale).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    let done =
        ada.send_json(Method::PATCH, "/api/v1/settings", &json!({"site.name": {"value": "Depot"}})).await;
    assert_eq!(value(&done.json(), "site.name"), "Depot", "{done:?}");
    let reset =
        ada.send_json(Method::PATCH, "/api/v1/settings", &json!({"site.name": {"value": null}})).await;
    assert_eq!(value(&reset.json(), "site.name"), before, "{reset:?}");

    assert_eq!(ada.get("/api/v1/backups").await.json()["backups"], json!([]));
    assert_eq!(ada.post("/api/v1/backups", &json!({})).await.status, StatusCode::ACCEPTED);
    let name = loop {
        let now = ada.get("/api/v1/backups").await.json();
        if let Some(backup) = now["backups"].as_array().unwrap().first() {
            break backup["name"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let file = ada.request(Method::GET, &format!("/api/v1/backups/{name}")).send().await.unwrap();
    assert_eq!(file.status(), StatusCode::OK);
    assert!(file.bytes().await.unwrap().len() > 1_000);
    let health = ada.get("/api/v1/health").await.json();
    assert!(health["disk_free_bytes"].as_u64().unwrap() > 0, "{health}");
}
