//! The dashboard and the machine's side of the site.

use std::time::Duration;

use reqwest::StatusCode;
use stockroom::config::mail::MailMode;
use stockroom::domain::email::{Email, Mailbox};
use stockroom::domain::ids::JobId;
use stockroom::domain::job::{Job, JobState};
use stockroom::domain::mail::Letter;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::outbox;
use stockroom::store::{StoreError, jobs as store_jobs};
use uuid::Uuid;

use crate::harness::{Browser, PASSWORD, TestApp};

async fn root(app: &TestApp) -> Browser {
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    root
}

fn give_up_a_job(app: &TestApp) -> JobId {
    let now = app.services().now();
    let id = JobId(Uuid::from_u128(7));
    let job = Job {
        id,
        kind: "no-such-kind".to_owned(),
        payload: "{}".to_owned(),
        state: JobState::Dead,
        attempts: 3,
        max_attempts: 3,
        run_at: now,
        created_at: now,
        updated_at: now,
        last_error: Some("cannot read stock-of-acme.csv".to_owned()),
    };
    let put: Result<(), StoreError> = app.services().store.write(|w| store_jobs::put_job(w, &job));
    put.unwrap();
    id
}

#[tokio::test]
async fn the_dashboard_says_what_waits_and_leads_there() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    let calm = root.get("/admin").await.text;
    assert!(calm.contains("Nothing waits for you") && calm.contains("Nothing is imported yet"), "{calm}");
    app.import("inventory", "part,owner,qty\nA-1,Acme,1\n", &["owner=owner"]).await;
    let fields =
        [("first_name", "Bob"), ("last_name", "Ross"), ("email", "bob@acme.example"), ("password", PASSWORD)];
    app.browser().submit("/register", "/register", &fields).await;
    give_up_a_job(&app);
    let busy = root.get("/admin").await.text;
    for (text, href) in
        [("request for an account", "/admin/approvals"), ("job that was given up", "/admin/system")]
    {
        assert!(busy.contains(text) && busy.contains(&format!("href=\"{href}\"")), "{text}: {busy}");
    }
    assert!(busy.contains("One row") && busy.contains("Reached over plain HTTP"), "{busy}");
    app.advance_minutes(37 * 60);
    let mut later = app.browser();
    later.login("root@example.com", PASSWORD).await;
    assert!(
        later.get("/admin").await.text.contains("badge warn\">Look</span></span><strong>One row"),
        "a late feed is told"
    );
}

#[tokio::test]
async fn what_happened_is_told_to_whom_it_concerns_until_they_have_read_it() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    assert!(root.get("/activity").await.text.contains("Nothing happened of late"));
    let mut operator = app.operator().await;
    let begun = operator.upload("Inventory", "part,owner\nA-1,Acme\n", &["owner=owner"], true).await;
    operator.import_ended(begun.json()["id"].as_str().unwrap()).await;
    let fields =
        [("first_name", "Bob"), ("last_name", "Ross"), ("email", "bob@acme.example"), ("password", PASSWORD)];
    app.browser().submit("/register", "/register", &fields).await;
    app.advance_minutes(1);
    let of_admin = root.get("/activity").await.text;
    assert!(
        of_admin.contains("Bob Ross asks for an account") && !of_admin.contains("is published"),
        "{of_admin}"
    );
    assert!(of_admin.contains("New data in Inventory"), "{of_admin}");
    assert!(of_admin.contains("2 things are new"), "the top bar says so: {of_admin}");
    let of_operator = operator.get("/activity").await.text;
    assert!(of_operator.contains("is published") && !of_operator.contains("Bob Ross"), "{of_operator}");
    let read = root.submit("/activity", "/activity/read", &[]).await;
    assert_eq!(read.header("location"), "/activity");
    let page = root.get("/activity").await.text;
    assert!(page.contains("Bob Ross asks") && !page.contains("is new") && !page.contains(">New<"), "{page}");
    assert!(operator.get("/inventory").await.text.contains("One thing is new"), "each reads for themselves");
    app.advance_minutes(37 * 60);
    let mut later = app.browser();
    later.login("root@example.com", PASSWORD).await;
    assert!(later.get("/activity").await.text.contains("Inventory was not imported for more than a day"));
}

#[tokio::test]
async fn customers_are_told_of_new_data_and_find_their_downloads() {
    let app = TestApp::start().await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    app.import("inventory", "part,owner\nA-1,Acme\nB-1,Beta\n", &["owner=owner"]).await;
    app.import("returns", "part,owner\nB-1,Beta\n", &["owner=owner"]).await;
    app.advance_minutes(1);
    let page = acme.get("/activity").await.text;
    assert!(page.contains("New data in inventory") && page.contains("One thing is new"), "{page}");
    assert!(!page.contains("returns"), "what they have no row of is not told: {page}");
    acme.submit("/activity", "/activity/read", &[]).await;
    assert_eq!(acme.get("/api/v1/datasets/inventory/export?format=csv").await.status, StatusCode::OK);
    app.advance_minutes(1);
    let page = acme.get("/activity").await.text;
    assert!(page.contains("You downloaded one row of inventory") && !page.contains("is new"), "{page}");
    let mut beta = app.browser();
    app.add_user("beta@example.com", Role::Customer, OwnerScope::All);
    beta.login("beta@example.com", PASSWORD).await;
    assert!(!beta.get("/activity").await.text.contains("downloaded"), "downloads are one's own");
}

#[tokio::test]
async fn a_job_that_was_given_up_is_tried_again_or_discarded() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    let id = give_up_a_job(&app);
    let page = root.get("/admin/system").await;
    assert!(page.text.contains("stock-of-acme.csv"), "{page:?}");
    let retried = root.submit_on(&page, &format!("/admin/system/jobs/{id}/retry"), &[]).await;
    assert_eq!(retried.header("location"), "/admin/system?done=retry", "{retried:?}");
    let again = root.post_form(&format!("/admin/system/jobs/{id}/discard"), &[]).await;
    assert!(matches!(again.status, StatusCode::CONFLICT | StatusCode::SEE_OTHER), "{again:?}");
    let other = root.post_form(&format!("/admin/system/jobs/{}/retry", Uuid::from_u128(8)), &[]).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    assert!(app.actions().iter().any(|action| action == "job.retry"));
}

#[tokio::test]
async fn the_support_bundle_holds_nothing_of_a_customer() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    app.import("Secret Dataset", "part,owner,qty\nZ-SECRET,Acme Foods,1\n", &["owner=owner"]).await;
    app.add_user("ann@acme.example", Role::Customer, OwnerScope::Owners(["Acme Foods".to_owned()].into()));
    give_up_a_job(&app);
    let bundle = root.submit("/admin/system", "/admin/system/bundle", &[]).await;
    assert_eq!(bundle.status, StatusCode::OK);
    assert!(bundle.header("content-disposition").starts_with("attachment; filename=\"stockroom-support-"));
    let json = bundle.json();
    assert_eq!(
        (json["users"].as_u64(), json["datasets"][0]["generations"][0]["rows"].as_u64()),
        (Some(3), Some(1))
    );
    assert_eq!(json["jobs"][0]["kind"], "no-such-kind");
    let text = bundle.text.to_lowercase();
    for of_customer in ["acme", "secret", "example.com", "ann@", "root@", "csv", "127.0.0.1"] {
        assert!(!text.contains(of_customer), "{of_customer}: {text}");
    }
}

#[tokio::test]
async fn mail_that_nobody_takes_is_told_at_once_and_news_after_a_while() {
    let app = TestApp::start_with(|config| {
        let from = Mailbox::parse("Stock <stock@example.com>").unwrap();
        config.mail.mode = MailMode::File { directory: "/dev/null/mail".into(), from };
    })
    .await;
    let mut root = root(&app).await;
    let calm = root.get("/admin").await.text;
    assert!(calm.contains("Nothing sent yet") && !calm.contains("not taken so far"), "{calm}");
    assert_eq!(calm.matches("badge neutral\">Not known").count(), 2, "mail and audit: {calm}");
    let to = Email::parse("ann@example.com").unwrap();
    let letter = Letter { subject: "Welcome".to_owned(), parts: Vec::new(), expires_at: None };
    let services = app.services();
    let id = services.store.write(|w| outbox::post(services, w, "invite", &to, letter)).unwrap().unwrap();
    services.ring_job_bell();
    let mut mail = String::new();
    for _ in 0..600 {
        mail = root.get(&format!("/admin/outbox/{id}")).await.text;
        // The answer is noted first, when it is tried next a moment later.
        if mail.contains("Last answer") && mail.contains("Tried next") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(mail.contains("Tried next") && mail.contains("Last answer"), "{mail}");
    assert!(root.get("/admin/outbox").await.text.contains("Tried next"));
    let busy = root.get("/admin").await.text;
    assert!(busy.contains("mail that is not taken so far") && busy.contains("Not taken so far"), "{busy}");
    assert!(
        busy.contains("href=\"/admin/outbox?state=waiting\"") && !busy.contains("Nothing waits"),
        "{busy}"
    );
    assert!(!root.get("/activity").await.text.contains("is not taken"), "a server may be starting anew");
    app.advance_minutes(16);
    root.login("root@example.com", PASSWORD).await;
    let told = root.get("/activity").await.text;
    assert!(told.contains("A mail is not taken and tried again: ") && told.contains("is new"), "{told}");
}
