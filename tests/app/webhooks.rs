//! Webhooks: what is told, how it is signed, and what becomes of it when the other side does not behave.

use std::fmt::Write as _;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::config::Config;
use stockroom::config::accounts::SignupMode;
use stockroom::config::feeds::Allowed;
use stockroom::domain::job::JobState;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::keys::sealed;
use stockroom::services::webhooks;
use stockroom::store::StoreError;

use crate::crash::serve;
use crate::harness::{Browser, PASSWORD, TestApp, stderr, stockroom};
use crate::hook_server::{HookServer, Reply, ok};

const STOCK: &str = "Part,Customer,Qty\nA-1,Acme,1\nA-2,Acme,2\nA-3,Acme,3\n";

fn loopback(config: &mut Config) {
    config.webhooks.allow = vec![Allowed::Network("127.0.0.1".parse().unwrap(), 32)];
}

async fn make(admin: &mut Browser, url: &str, events: &[&str]) -> (String, String) {
    let body = json!({ "name": "Chat", "url": url, "events": events });
    let made = admin.post("/api/v1/webhooks", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = made.json();
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

/// What the webhook was told, once its latest message is in this state.
async fn messages(admin: &mut Browser, id: &str, state: &str) -> Vec<Value> {
    for _ in 0..1200 {
        let listed = admin.get(&format!("/api/v1/webhooks/{id}/messages")).await.json();
        let messages = listed["messages"].as_array().unwrap().clone();
        if messages.first().is_some_and(|message| message["state"] == state) {
            return messages;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the latest message does not become {state}");
}

/// Waits until the latest message was tried so often.
async fn tried(admin: &mut Browser, id: &str, times: u64) -> Value {
    for _ in 0..1200 {
        let listed = admin.get(&format!("/api/v1/webhooks/{id}/messages")).await.json();
        let message = listed["messages"][0].clone();
        if message["attempts"].as_u64() >= Some(times) {
            return message;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let listed = admin.get(&format!("/api/v1/webhooks/{id}/messages?limit=1")).await;
    panic!("the latest message is not tried {times} times: {listed:?}");
}

/// Lets the time of the next try come, once it is known.
async fn next_try(app: &TestApp) {
    for _ in 0..1200 {
        let queued = app.services().store.read(|r| {
            stockroom::store::jobs::list_jobs(r, JobState::Queued, jiff::Timestamp::MAX, usize::MAX)
        });
        let queued: Result<Vec<_>, StoreError> = queued;
        let job =
            queued.unwrap().into_iter().find(|job| job.kind == webhooks::DELIVER_JOB && job.attempts > 0);
        if let Some(job) = job {
            app.clock.advance(job.run_at.duration_since(app.clock_now()));
            app.services().ring_job_bell();
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("nothing is to be tried again");
}

#[tokio::test]
async fn nothing_goes_anywhere_until_the_configuration_names_where() {
    let server = HookServer::start(&[ok()]);
    let app = TestApp::start().await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let page = admin.get("/admin/webhooks").await;
    assert!(page.text.contains("not possible yet") && !page.text.contains("/admin/webhooks/new"), "{page:?}");
    let body = json!({ "name": "Chat", "url": server.url(), "events": ["import.published"] });
    let refused = admin.post("/api/v1/webhooks", &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("webhooks.allow"), "{refused:?}");

    let app = TestApp::start_with(|config| {
        config.webhooks.allow =
            vec![Allowed::Network("0.0.0.0".parse().unwrap(), 0), Allowed::Host("localhost".to_owned())];
    })
    .await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    for url in [server.url(), "http://169.254.169.254/latest".to_owned(), "http://[::1]/".to_owned()] {
        let body = json!({ "name": "Chat", "url": url, "events": ["import.published"] });
        let refused = admin.post("/api/v1/webhooks", &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{url}: {refused:?}");
    }
    // A name tells where it leads only when it is asked for: this one leads to this machine, which is not listed.
    let url = server.url().replace("127.0.0.1", "localhost");
    let (id, _) = make(&mut admin, &url, &["import.published"]).await;
    let message = admin.post(&format!("/api/v1/webhooks/{id}/ping"), &json!({})).await.json();
    assert_eq!(message["state"], "failed");
    assert!(message["tries"][0]["answer"].as_str().unwrap().contains("does not let through"), "{message}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_published_import_is_told_signed_and_again_after_a_fault() {
    let server = HookServer::start(&[Reply::Status(500, "busy".to_owned()), ok()]);
    let app = TestApp::start_with(loopback).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let (id, secret) = make(&mut admin, &server.url(), &["import.published", "import.failed"]).await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let first = server.wait(0).await;
    assert!(first.head.starts_with("POST /hooks/stock HTTP/1.1"), "{}", first.head);
    assert_eq!(first.header("content-type"), "application/json");
    assert!(first.is_signed_with(&secret) && !first.is_signed_with("whsec_AAAA"), "{first:?}");
    assert_eq!(first.header("webhook-timestamp"), app.clock_now().as_second().to_string());
    let told = first.json();
    assert_eq!((told["type"].as_str(), told["data"]["rows"].as_u64()), (Some("import.published"), Some(3)));
    assert_eq!(told["id"], first.header("webhook-id"));
    assert_eq!(told["data"]["dataset_name"], "Inventory");
    assert!(told["data"]["link"].as_str().unwrap().starts_with("/imports/"), "{told}");
    assert!(
        !first.body.contains("A-1") && !first.body.contains("Acme") && !first.body.contains('@'),
        "{told}"
    );
    tried(&mut admin, &id, 1).await;

    next_try(&app).await;
    let second = server.wait(1).await;
    assert_eq!((second.header("webhook-id"), &second.body), (first.header("webhook-id"), &first.body));
    assert_ne!(second.header("webhook-timestamp"), first.header("webhook-timestamp"));
    assert!(second.is_signed_with(&secret));
    let told = messages(&mut admin, &id, "delivered").await;
    let statuses: Vec<_> =
        told[0]["tries"].as_array().unwrap().iter().map(|one| one["status"].as_u64()).collect();
    assert_eq!(statuses, [Some(500), Some(200)]);
    let page = admin.get(&format!("/admin/webhooks/{id}")).await.text;
    assert!(page.contains("Delivered") && page.contains(first.header("webhook-id")), "{page}");

    // Sent again under the same id, on request.
    let path = format!("/api/v1/webhooks/{id}/messages/{}/resend", told[0]["id"].as_str().unwrap());
    assert_eq!(admin.post(&path, &json!({})).await.status, StatusCode::ACCEPTED);
    assert_eq!(server.wait(2).await.header("webhook-id"), first.header("webhook-id"));
}

#[tokio::test]
async fn imports_that_fail_or_are_held_and_accounts_are_told_too() {
    let server = HookServer::start(&[ok()]);
    let app = TestApp::start_with(|config| {
        loopback(config);
        config.accounts.signup = SignupMode::Approval;
    })
    .await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let mut many = "Part,Customer,Qty\n".to_owned();
    for row in 0..40 {
        writeln!(many, "P-{row},Acme,{row}").unwrap();
    }
    app.import("Inventory", many, &["owner=Customer"]).await;
    let events =
        ["import.failed", "import.held", "approval.requested", "approval.approved", "approval.rejected"];
    make(&mut admin, &server.url(), &events).await;
    let mut operator = app.operator().await;
    let begun =
        operator.upload("Inventory", "Part,Customer,Qty\nA-1,Acme,1\n", &["owner=Customer"], true).await;
    operator.import_ended(begun.json()["id"].as_str().unwrap()).await;
    let held = server.wait(0).await.json();
    assert_eq!(held["type"], "import.held", "{held}");
    assert_eq!(held["data"]["import"], begun.json()["id"]);
    let begun = operator.upload("Inventory", STOCK, &["owner=Nobody"], true).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{begun:?}");
    operator.import_ended(begun.json()["id"].as_str().unwrap()).await;
    assert_eq!(server.wait(1).await.json()["type"], "import.failed");

    for (email, number) in [("one@example.com", 2), ("two@example.com", 3)] {
        let fields = [("first_name", "Ask"), ("last_name", "Er"), ("email", email), ("password", PASSWORD)];
        let asked = app.browser().submit("/register", "/register", &fields).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{asked:?}");
        let told = server.wait(number).await;
        assert_eq!(told.json()["type"], "approval.requested");
        assert!(!told.body.contains('@') && !told.body.contains("Ask"), "{}", told.body);
        app.advance_minutes(1);
    }
    let id = server.wait(2).await.json()["data"]["user"].as_str().unwrap().to_owned();
    let body = json!({ "roles": ["customer"], "owners": ["Acme"] });
    let approved = admin.post(&format!("/api/v1/users/{id}/approve"), &body).await;
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    assert_eq!(server.wait(4).await.json()["type"], "approval.approved");
    let id = server.wait(3).await.json()["data"]["user"].as_str().unwrap().to_owned();
    let rejected = admin.post(&format!("/api/v1/users/{id}/reject"), &json!({ "reason": "who?" })).await;
    assert_eq!(rejected.status, StatusCode::OK, "{rejected:?}");
    let told = server.wait(5).await;
    assert!(told.json()["type"] == "approval.rejected" && !told.body.contains("who?"), "{}", told.body);
}

#[tokio::test]
async fn an_alert_is_told_once_as_long_as_it_stands() {
    let server = HookServer::start(&[ok()]);
    let app = TestApp::start_with(loopback).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    make(&mut admin, &server.url(), &["alert.feed_late"]).await;
    let look = |app: &TestApp| {
        let services = std::sync::Arc::clone(app.services());
        async move {
            tokio::task::spawn_blocking(move || webhooks::alerts::watch(&services).unwrap()).await.unwrap()
        }
    };
    // Whatever else stands here (no backup, a full disk) is not what this one is told.
    look(&app).await;
    assert_eq!(server.count(), 0);
    app.advance_minutes(37 * 60);
    assert_eq!(look(&app).await, 1);
    let told = server.wait(0).await.json();
    assert_eq!(
        (told["type"].as_str(), told["data"]["dataset"].as_str()),
        (Some("alert.feed_late"), Some("inventory"))
    );
    assert_eq!(look(&app).await, 0, "it is told once");
    app.import("Inventory", format!("{STOCK}A-4,Acme,4\n"), &["owner=Customer"]).await;
    assert_eq!(look(&app).await, 0);
    app.advance_minutes(37 * 60);
    assert_eq!(look(&app).await, 1, "and once more when it begins anew");
    server.wait(1).await;
}

#[tokio::test]
async fn no_redirect_is_followed_and_of_a_long_answer_the_beginning_is_read() {
    let server = HookServer::start(&[ok()]);
    let elsewhere = HookServer::start(&[ok()]);
    let app = TestApp::start_with(loopback).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let (id, _) = make(&mut admin, &server.url(), &["import.published"]).await;
    let redirect = format!("HTTP/1.1 307 X\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", elsewhere.url());
    server.then(&[Reply::Raw(redirect.into_bytes())]);
    let path = format!("/api/v1/webhooks/{id}/ping");
    let message = admin.post(&path, &json!({})).await.json();
    assert_eq!((&message["state"], &message["tries"][0]["status"]), (&json!("failed"), &json!(307)));
    assert_eq!(elsewhere.count(), 0, "the redirect is not followed");

    server.then(&[Reply::Endless]);
    let message = admin.post(&path, &json!({})).await.json();
    assert_eq!((&message["state"], &message["tries"][0]["status"]), (&json!("delivered"), &json!(200)));
    assert_eq!(message["tries"][0]["answer"].as_str().unwrap().len(), 1024);
    assert!(server.talked() < 64 << 20, "the rest is not read");

    // A head that does not end is no answer.
    server.then(&[Reply::Raw([b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &vec![b'x'; 1 << 20]].concat())]);
    let message = admin.post(&path, &json!({})).await.json();
    assert_eq!(
        (&message["state"], &message["tries"][0]["status"]),
        (&json!("failed"), &Value::Null),
        "{message}"
    );
    server.then(&[Reply::Raw(b"nonsense\r\n\r\n".to_vec())]);
    assert_eq!(admin.post(&path, &json!({})).await.json()["state"], "failed");
}

#[tokio::test]
async fn one_that_says_nothing_is_left_after_ten_seconds_and_holds_up_nobody_else() {
    let silent = HookServer::start(&[Reply::Hang]);
    let other = HookServer::start(&[ok()]);
    let app = TestApp::start_with(loopback).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let (id, _) = make(&mut admin, &silent.url(), &["import.published"]).await;
    let body = json!({ "name": "Other", "url": other.url(), "events": ["import.published"] });
    assert_eq!(admin.post("/api/v1/webhooks", &body).await.status, StatusCode::CREATED);
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    silent.wait(0).await;
    // The other one has it while the first one is waited for: nothing was noted of that yet.
    other.wait(0).await;
    let message = tried(&mut admin, &id, 1).await;
    assert_eq!((&message["state"], &message["tries"][0]["status"]), (&json!("waiting"), &Value::Null));
    assert!(message["tries"][0]["answer"].as_str().unwrap().contains("10 s"), "{message}");
}

#[tokio::test]
async fn one_that_is_gone_is_turned_off_and_one_that_fails_for_a_day_is_given_up_with_a_notice() {
    let server = HookServer::start(&[Reply::Status(410, String::new())]);
    let app = TestApp::start_with(loopback).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let (id, _) = make(&mut admin, &server.url(), &["import.published"]).await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    messages(&mut admin, &id, "failed").await;
    let webhook = admin.get(&format!("/api/v1/webhooks/{id}")).await.json();
    assert!(webhook["on"] == false && webhook["gone_at"].is_string(), "{webhook}");
    assert!(app.actions().contains(&"webhook.gone".to_owned()));
    assert!(admin.get("/activity").await.text.contains("the other side says that it is gone"));
    app.import("Inventory", format!("{STOCK}A-4,Acme,4\n"), &["owner=Customer"]).await;
    assert_eq!(server.count(), 1, "one that is off is told nothing");

    server.then(&[Reply::Status(503, "later".to_owned())]);
    let on = json!({ "on": true });
    let changed = admin.send_json(Method::PATCH, &format!("/api/v1/webhooks/{id}"), &on).await;
    assert!(changed.status == StatusCode::OK && changed.json()["gone_at"].is_null(), "{changed:?}");
    // Ids are of the time: the next message is later than the first.
    app.advance_minutes(1);
    app.import("Inventory", format!("{STOCK}A-5,Acme,5\n"), &["owner=Customer"]).await;
    let begun = app.clock_now();
    for number in 1..=34 {
        assert_eq!(admin.login("root@example.com", PASSWORD).await.status, StatusCode::OK);
        tried(&mut admin, &id, number).await;
        if number < 34 {
            next_try(&app).await;
        }
    }
    assert!(app.clock_now().duration_since(begun).as_hours() >= 24);
    messages(&mut admin, &id, "failed").await;
    assert_eq!(server.count(), 35);
    assert!(admin.get("/activity").await.text.contains("not once"), "whoever manages the site is told");
    assert!(admin.get(&format!("/api/v1/webhooks/{id}")).await.json()["failed_at"].is_string());
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    let server = HookServer::start(&[ok()]);
    let app = TestApp::start_with(loopback).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut admin = app.browser();
    admin.login("root@example.com", PASSWORD).await;
    let (id, old) = make(&mut admin, &server.url(), &["import.published"]).await;
    let ping = format!("/api/v1/webhooks/{id}/ping");
    let shown = admin.get(&format!("/api/v1/webhooks/{id}")).await;
    assert!(!shown.text.contains(&old) && !admin.get("/admin/webhooks").await.text.contains("whsec_"));
    let new = admin.post(&format!("/api/v1/webhooks/{id}/rotate"), &json!({})).await.json();
    let new = new["secret"].as_str().unwrap().to_owned();
    // Both are carried over when the site's own key is replaced.
    let kept: Result<_, StoreError> = app.services().store.read(sealed::list);
    let kept = kept.unwrap();
    assert_eq!(kept.len(), 2);
    for sealed in kept {
        let purpose = sealed.place.purpose();
        let plain = app.services().keys.open(&purpose, &sealed.text).unwrap().unwrap();
        let anew = app.services().keys.seal(&purpose, &plain).unwrap();
        let replaced: Result<_, StoreError> =
            app.services().store.write(|w| sealed.place.replace(w, &sealed.text, &anew));
        assert!(replaced.unwrap(), "{:?}", sealed.place);
    }
    admin.post(&ping, &json!({})).await;
    let both = server.wait(0).await;
    assert!(both.is_signed_with(&old) && both.is_signed_with(&new), "{both:?}");
    assert_eq!(both.json()["type"], "ping");
    app.advance_minutes(24 * 60 + 1);
    admin.login("root@example.com", PASSWORD).await;
    admin.post(&ping, &json!({})).await;
    let one = server.wait(1).await;
    assert!(!one.is_signed_with(&old) && one.is_signed_with(&new), "{one:?}");
    // The log of it goes after 30 days.
    app.advance_minutes(31 * 24 * 60);
    admin.login("root@example.com", PASSWORD).await;
    stockroom::jobs::chores::purge_all(app.services()).unwrap();
    let listed = admin.get(&format!("/api/v1/webhooks/{id}/messages")).await.json();
    assert_eq!(listed["messages"], json!([]));
}

#[tokio::test]
async fn webhooks_are_made_changed_and_removed_on_the_page_by_who_sees_every_owner() {
    let server = HookServer::start(&[ok()]);
    let app = TestApp::start_with(loopback).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let url = server.url();
    let fields = [("name", "Chat"), ("url", url.as_str()), ("events", "import.published"), ("on", "1")];
    let wrong = [("name", "Chat"), ("url", "https://8.8.8.8/x"), ("events", "import.published")];
    let refused = admin.submit("/admin/webhooks/new", "/admin/webhooks/new", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("is not among the networks and hosts"), "{}", refused.text);
    let made = admin.submit("/admin/webhooks/new", "/admin/webhooks/new", &fields).await;
    assert!(made.status == StatusCode::OK && made.text.contains("whsec_"), "{made:?}");
    let all = admin.get("/api/v1/webhooks").await.json();
    let id = all["webhooks"][0]["id"].as_str().unwrap().to_owned();
    let page = format!("/admin/webhooks/{id}");
    assert!(!admin.get(&page).await.text.contains("whsec_"), "it is shown once");
    let pinged = admin.submit(&page, &format!("{page}/ping"), &[]).await;
    assert!(pinged.text.contains("The ping was taken"), "{}", pinged.text);
    // What somebody else changed meanwhile is not written over.
    let open = admin.get(&page).await;
    app.advance_minutes(1);
    let change = json!({ "events": ["import.failed"] });
    assert_eq!(
        admin.send_json(Method::PATCH, &format!("/api/v1{}", &page[6..]), &change).await.status,
        StatusCode::OK
    );
    let stale = admin.submit_on(&open, &page, &fields).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY, "{stale:?}");
    let seen = admin.get(&format!("/api/v1{}", &page[6..])).await;
    let request = admin.request(Method::PATCH, &format!("/api/v1{}", &page[6..]));
    let request = request.header("if-match", "\"1\"").header("x-csrf-token", admin.cookies["csrf"].clone());
    let refused = admin.send(request.json(&change)).await;
    assert!(
        refused.status == StatusCode::PRECONDITION_FAILED && !seen.header("etag").is_empty(),
        "{refused:?}"
    );

    let mut limited = app.signed_in(Role::Admin, &["Acme"]).await;
    assert!(limited.get(&page).await.text.contains("an admin who sees every owner changes them"));
    for action in ["ping", "rotate", "remove"] {
        let refused = limited.post_form(&format!("{page}/{action}"), &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{action}: {refused:?}");
    }
    let many = (0..25).map(|n| json!({ "name": format!("No {n}"), "url": url, "events": ["import.failed"] }));
    let mut last = StatusCode::CREATED;
    for body in many {
        last = admin.post("/api/v1/webhooks", &body).await.status;
    }
    assert_eq!(last, StatusCode::CONFLICT, "there are 20 at most");
    let removed = admin.submit(&page, &format!("{page}/remove"), &[]).await;
    assert_eq!(removed.header("location"), "/admin/webhooks");
    assert_eq!(admin.get(&page).await.status, StatusCode::NOT_FOUND);
    let actions = app.actions();
    assert!(actions.contains(&"webhook.remove".to_owned()), "{actions:?}");
}

#[tokio::test]
async fn a_server_killed_between_a_try_and_the_note_of_it_tells_again_under_the_same_id() {
    let server = HookServer::start(&[Reply::Hang, ok()]);
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("pw"), PASSWORD).unwrap();
    std::fs::write(directory.path().join("stockroom.toml"), "webhooks.allow = \"127.0.0.1\"\n").unwrap();
    let made = stockroom(
        directory.path(),
        &["init", "--admin-email", "root@example.com", "--admin-password-file", "pw"],
    );
    assert!(made.status.success(), "{}", stderr(&made));
    let (mut program, base) = serve(directory.path());
    let client = reqwest::Client::new();
    let mut admin = Browser { client, base, cookies: std::collections::BTreeMap::new() };
    assert_eq!(admin.login("root@example.com", PASSWORD).await.status, StatusCode::OK);
    let (id, secret) = make(&mut admin, &server.url(), &["import.published"]).await;
    let begun = admin.upload("Inventory", STOCK, &["owner=Customer"], true).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{begun:?}");
    let first = server.wait(0).await;
    // It has the message, and the sender does not know it yet.
    program.kill().unwrap();
    program.wait().unwrap();
    let (mut program, base) = serve(directory.path());
    admin.base = base;
    let second = server.wait(1).await;
    assert_eq!((second.header("webhook-id"), &second.body), (first.header("webhook-id"), &first.body));
    assert!(second.is_signed_with(&secret));
    let told = messages(&mut admin, &id, "delivered").await;
    assert_eq!(told.len(), 1);
    program.kill().unwrap();
    program.wait().unwrap();
}
