//! The pages of the audit log.

use reqwest::StatusCode;
use stockroom::base::text::t;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::audit::actions::{ACTIONS, groups};
use stockroom::services::authorize::By;
use stockroom::services::commands::AdminCommand;
use stockroom::services::{Services, audit};
use stockroom::store::StoreError;

use crate::harness::{Browser, PASSWORD, TestApp};

fn append(services: &Services, action: &str, target: &str, details: &serde_json::Value) {
    let written: Result<(), StoreError> =
        services.store.write(|w| audit::append(w, services.now(), By::SYSTEM, action, target, details));
    written.unwrap();
}

async fn auditor(app: &TestApp) -> Browser {
    app.signed_in(Role::Auditor, &[]).await
}

/// Numbers of the events on a page, in their order.
fn numbers(page: &str) -> Vec<u64> {
    let links = page.split("<td class=\"who\"><a href=\"/admin/audit/").skip(1);
    links.map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn auditors_read_it_and_others_do_not() {
    let app = TestApp::start().await;
    for (role, status) in [
        (Role::Customer, 403),
        (Role::Planner, 403),
        (Role::Operator, 403),
        (Role::Auditor, 200),
        (Role::Admin, 200),
    ] {
        let mut browser = app.signed_in(role, &[]).await;
        for path in ["/admin/audit", "/admin/audit/1", "/admin/audit/head", "/admin/audit/export"] {
            assert_eq!(browser.get(path).await.status.as_u16(), status, "{role} {path}");
        }
        let shown = browser.get("/account").await;
        assert_eq!(shown.text.contains("href=\"/admin/audit\""), status == 200, "{role}");
    }
    let mut auditor = auditor(&app).await;
    assert_eq!(auditor.get("/admin/customers").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn events_are_found_by_who_what_when_and_words_and_turned_page_by_page() {
    let app = TestApp::start().await;
    let mut browser = auditor(&app).await;
    app.add_user("bob@acme.example", Role::Customer, OwnerScope::All);
    app.browser().login("bob@acme.example", PASSWORD).await;
    app.browser().login("bob@acme.example", "wrong password").await;
    let found = browser.get("/admin/audit?actor=bob%40acme.example").await;
    assert_eq!(numbers(&found.text), [4]);
    assert!(found.text.contains("Signed in") && found.text.contains("session.begin"), "{}", found.text);
    assert_eq!(
        numbers(&browser.get("/admin/audit?target=bob%40acme.example&action=session.").await.text),
        [5, 4]
    );
    assert_eq!(
        numbers(&browser.get("/admin/audit?q=ACME").await.text),
        [5, 4, 3],
        "also by the name of who it is about"
    );
    assert_eq!(numbers(&browser.get("/admin/audit?q=acme+refuse").await.text), [5]);
    assert_eq!(numbers(&browser.get("/admin/audit?actor=visitor").await.text), [5]);
    assert_eq!(numbers(&browser.get("/admin/audit?from=2026-11-22").await.text), [0; 0]);
    assert_eq!(numbers(&browser.get("/admin/audit?from=2026-11-21&to=2026-11-21").await.text).len(), 5);
    let none = browser.get("/admin/audit?q=nothing+like+that").await;
    assert!(none.text.contains("No event matches"));
    // A filter is a chip, and a chip takes it away.
    let two = browser.get("/admin/audit?q=acme&action=session.refuse").await;
    assert!(
        two.text.contains("href=\"/admin/audit?q=acme\"")
            && two.text.contains("Remove: Action: Sign-in failed")
    );
    let wrong = browser.get("/admin/audit?from=yesterday").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("value=\"yesterday\"") && wrong.text.contains("This is no time"));

    for n in 0..120 {
        append(app.services(), "test.event", "site", &serde_json::json!({ "n": n }));
    }
    let newest = browser.get("/admin/audit").await;
    assert_eq!(numbers(&newest.text), (76..=125).rev().collect::<Vec<_>>());
    let next = browser.get("/admin/audit?before=76").await;
    assert_eq!(numbers(&next.text), (26..=75).rev().collect::<Vec<_>>());
    assert!(next.text.contains("/admin/audit?after=75") && next.text.contains("/admin/audit?before=26"));
    assert_eq!(numbers(&browser.get("/admin/audit?after=25").await.text), numbers(&next.text));
    assert_eq!(
        numbers(&browser.get("/admin/audit?after=100").await.text),
        numbers(&newest.text),
        "the newest page"
    );
    assert_eq!(numbers(&browser.get("/admin/audit?before=26").await.text).len(), 25);
}

#[tokio::test]
async fn an_event_shows_field_by_field_what_changed() {
    let app = TestApp::start().await;
    let mut browser = auditor(&app).await;
    app.add_user("bob@acme.example", Role::Customer, OwnerScope::All);
    app.command(AdminCommand::UserDisable { login: "bob@acme.example".into() });
    let shown = browser.get("/admin/audit/4").await.text;
    assert!(shown.contains("Account deactivated") && shown.contains("<code>status</code>"), "{shown}");
    assert!(shown.contains("Changed") && shown.contains("active") && shown.contains("deactivated"));
    assert!(shown.contains("href=\"/admin/audit/3\"") && !shown.contains("href=\"/admin/audit/5\""));
    assert!(!shown.contains("argon2"));
    // Signing in had a request; all of it is one link away.
    let event = browser.get("/admin/audit/2").await.text;
    let link = event.split("/admin/audit?request=").nth(1).expect("a link").split('"').next().unwrap();
    assert_eq!(numbers(&browser.get(&format!("/admin/audit?request={link}")).await.text), [2]);
    // Markup in what people typed stays text, and long values keep their end.
    let long = format!("<script>alert(1)</script>{}END", "long ".repeat(200));
    append(app.services(), "test.event", "<b>site</b>", &serde_json::json!({ "after": { "note": long } }));
    let shown = browser.get("/admin/audit/5").await.text;
    assert!(
        !shown.contains("<script>alert") && shown.contains("&lt;script&gt;alert") && shown.contains("END")
    );
    assert!(shown.contains("Show all of it") && shown.contains("Added"));
    assert_eq!(browser.get("/admin/audit/99").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/admin/audit/x").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_export_has_the_filters_no_formulas_and_is_written_down_and_signed() {
    let app = TestApp::start().await;
    let mut browser = auditor(&app).await;
    append(app.services(), "test.event", "=cmd|' /C calc'!A0", &serde_json::json!({}));
    append(app.services(), "test.event", "@SUM(1)", &serde_json::json!({}));
    let csv = browser.get("/admin/audit/export?format=csv&action=test.").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert!(csv.header("content-disposition").contains("audit-2026-11-21.csv"), "{csv:?}");
    let rows: Vec<&str> = csv.text.lines().collect();
    assert_eq!(rows.len(), 3, "{}", csv.text);
    assert!(
        rows[1].starts_with("3,") && rows[1].contains(",'=cmd|") && rows[2].contains(",'@SUM(1),"),
        "{rows:?}"
    );
    let jsonl = browser.get("/admin/audit/export?format=jsonl&action=test.").await;
    let event: serde_json::Value = serde_json::from_str(jsonl.text.lines().next().unwrap()).unwrap();
    assert_eq!((event["seq"].as_u64(), event["target"].as_str()), (Some(3), Some("=cmd|' /C calc'!A0")));
    let listed = browser.get("/admin/audit?action=audit.export").await;
    assert_eq!(numbers(&listed.text), [6, 5]);
    assert!(browser.get("/admin/audit/head").await.text.contains("v4.public."), "an export signs");
    assert_eq!(browser.get("/admin/audit/export?format=xml").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.get("/admin/audit/export?from=x").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_page_says_how_far_the_log_is_whole_and_where_it_is_not() {
    let app = TestApp::start().await;
    let mut browser = auditor(&app).await;
    assert!(browser.get("/admin/audit").await.text.contains("Not checked yet"));
    let answer = browser.submit("/admin/audit", "/admin/audit/verify", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/admin/audit?checked=1"));
    assert!(browser.get("/admin/audit").await.text.contains("Verified up to #2"));
    // A head is signed on demand, and shown with the key that proves it.
    assert!(browser.get("/admin/audit/head").await.text.contains("Nothing was signed yet"));
    assert_eq!(
        browser.submit("/admin/audit/head", "/admin/audit/head", &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let head = browser.get("/admin/audit/head").await.text;
    assert!(head.contains("v4.public.") && head.contains("k4.public."));
    // Somebody writes past the site.
    let services = app.services();
    let mut event = services
        .store
        .read(|r| stockroom::store::audit::find_event(r, 1))
        .unwrap_or_else(|error: StoreError| panic!("{error}"))
        .unwrap();
    event.target = "user:somebody else".into();
    services
        .store
        .write(|w| stockroom::store::audit::append_event(w, &event))
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    browser.submit("/admin/audit", "/admin/audit/verify", &[]).await;
    let broken = browser.get("/admin/audit").await.text;
    assert!(
        broken.contains("event #1 is the first that does not fit") && broken.contains("it was changed"),
        "{broken}"
    );
}

#[test]
fn every_action_of_the_services_is_in_the_filter_and_has_words() {
    for action in ACTIONS {
        let id = format!("audit-action-{}", action.replace(['.', '_'], "-"));
        assert_ne!(t(&id), id, "assets/text/en/audit.ftl");
    }
    for (group, _) in groups() {
        let id = format!("audit-group-{}", group.trim_end_matches('.'));
        assert_ne!(t(&id), id, "assets/text/en/audit.ftl");
    }
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap_or_default();
            for action in literals(&source) {
                seen += 1;
                assert!(
                    ACTIONS.contains(&action),
                    "{}: `{action}` belongs into services/audit/actions.rs and assets/text/en/audit.ftl",
                    path.display()
                );
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

/// What may be an action in a file that appends events: a text like one of a group that is known, or that stands in the
/// call itself.
fn literals(source: &str) -> Vec<&str> {
    let code = source.split("#[cfg(test)]").next().unwrap();
    let is_action = |text: &&str| {
        text.contains('.')
            && !text.starts_with('.')
            && text.chars().all(|c| c.is_ascii_lowercase() || "._-".contains(c))
    };
    let in_calls = code.split("append(").skip(1).filter_map(|call| {
        let call = call.split(';').next().unwrap();
        call.split('"').nth(1)
    });
    let others = ["site.key", "site.name", "site.logo", "audit.key"];
    let known = code.split('"').skip(1).step_by(2).filter(|text| {
        let is_known = groups().iter().any(|(group, _)| text.starts_with(group) && text.len() > group.len());
        code.contains("audit::") && is_known && !others.contains(text)
    });
    in_calls.chain(known).filter(is_action).collect()
}

#[tokio::test]
async fn events_read_as_they_did_then_and_an_export_says_what_it_was() {
    let app = TestApp::start().await;
    app.import("inventory", "part,owner\nA-1,Acme\nB-2,Acme\n", &["owner=owner"]).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let ann = app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let then = serde_json::json!({ "name": "Ann Archer", "email": "archer@example.com" });
    let details =
        serde_json::json!({ "before": then, "after": { "name": null, "email": "ann@example.com" } });
    append(app.services(), "user.edit", &format!("user:{}", ann.id), &details);
    let edits = root.get("/admin/audit?action=user.edit").await.text;
    assert!(edits.contains(">Ann Archer</a>") && edits.contains("now ann@example.com"), "{edits}");
    root.get("/api/v1/datasets/inventory/export?format=jsonl&q=A-1").await;
    let exports = root.get("/admin/audit?action=dataset.export").await.text;
    assert!(exports.contains("One row, JSONL · q=A-1"), "{exports}");
    let turned = root.get("/admin/audit?from=2026-11-22&to=2026-11-21").await;
    assert!(turned.status == StatusCode::UNPROCESSABLE_ENTITY && turned.text.contains("This is before From"));
}
