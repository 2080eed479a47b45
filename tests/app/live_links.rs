//! Live links: what a spreadsheet fetches, for whom, and when it ends.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::base::secret::SecretString;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::commands::AdminCommand;

use crate::harness::{Answer, Browser, PASSWORD, TestApp};

const STOCK: &str =
    "Part,Customer,Qty,Note\nA-1,Acme,1,=1+1\nA-2,Acme,2,b\nA-3,Acme,3,c\nZ-1,Zenith,9,d\nZ-2,Zenith,8,e\n";

async fn user(app: &TestApp, name: &str, owner: &str) -> Browser {
    app.add_user(
        &format!("{name}@example.com"),
        Role::Customer,
        OwnerScope::Owners([owner.to_owned()].into()),
    );
    sign_in(app, name).await
}

async fn sign_in(app: &TestApp, name: &str) -> Browser {
    let mut browser = app.browser();
    assert_eq!(browser.login(&format!("{name}@example.com"), PASSWORD).await.status, StatusCode::OK);
    browser
}

async fn make(browser: &mut Browser, name: &str, query: &str) -> Value {
    let body = json!({ "name": name, "dataset": "inventory", "query": query });
    let made = browser.post("/api/v1/links", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.json()
}

async fn me(browser: &mut Browser) -> String {
    browser.get("/api/v1/auth/me").await.json()["user"]["id"].as_str().unwrap().to_owned()
}

/// As a spreadsheet asks: no cookie, no token.
async fn fetch(app: &TestApp, link: &Value) -> Answer {
    app.browser().get(path_of(link)).await
}

fn path_of(link: &Value) -> &str {
    let url = link["url"].as_str().unwrap();
    &url[url.find("/live/").unwrap()..]
}

#[tokio::test]
async fn two_owners_with_the_same_search_get_their_own_rows() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let (mut ann, mut zoe) = (user(&app, "ann", "Acme").await, user(&app, "zoe", "Zenith").await);
    let search = "sort=-Qty&cols=Part&cols=Qty&f.Part=A-1&f.Part=A-3&f.Part=Z-1";
    let (of_ann, of_zoe) = (make(&mut ann, "Stock", search).await, make(&mut zoe, "Stock", search).await);
    assert_eq!(fetch(&app, &of_ann).await.text, "Part,Qty\nA-3,3\nA-1,1\n");
    assert_eq!(fetch(&app, &of_zoe).await.text, "Part,Qty\nZ-1,9\n");
    // Cells that a spreadsheet would take for formulas are guarded as in every CSV.
    let whole = make(&mut ann, "Whole", "").await;
    let answer = fetch(&app, &whole).await;
    assert!(answer.text.contains("'=1+1") && !answer.text.contains("Zenith"), "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(
        (answer.header("cache-control"), answer.header("referrer-policy")),
        ("private, no-store", "no-referrer")
    );
    // What cannot be searched is not made.
    for query in ["f.Nothing=1", "nonsense=1", "cols=Cost"] {
        let body = json!({ "name": "Wrong", "dataset": "inventory", "query": query });
        assert_eq!(
            ann.post("/api/v1/links", &body).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_link_shows_what_its_user_may_see_now() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut root = app.signed_in(Role::Admin, &[]).await;
    let mut ann = user(&app, "ann", "Acme").await;
    let link = make(&mut ann, "Stock", "cols=Part").await;
    assert!(fetch(&app, &link).await.text.contains("A-1"));
    let id = me(&mut ann).await;
    let path = format!("/api/v1/users/{id}");
    let moved = root.send_json(Method::PATCH, &path, &json!({ "owners": ["Zenith"] })).await;
    assert_eq!(moved.status, StatusCode::OK, "{moved:?}");
    let now = fetch(&app, &link).await;
    assert!(now.text.contains("Z-1") && !now.text.contains("A-1"), "{}", now.text);
    // New rows are there at once.
    app.import("Inventory", format!("{STOCK}Z-3,Zenith,7,f\n"), &["owner=Customer"]).await;
    assert!(fetch(&app, &link).await.text.contains("Z-3"));
    // Who cannot sign in has no link either, and has it again when they can.
    assert_eq!(root.post(&format!("{path}/disable"), &json!({})).await.status, StatusCode::OK);
    let off = fetch(&app, &link).await;
    assert!(off.status == StatusCode::GONE && off.text.contains("cannot sign in"), "{off:?}");
    assert_eq!(root.post(&format!("{path}/enable"), &json!({})).await.status, StatusCode::OK);
    assert_eq!(fetch(&app, &link).await.status, StatusCode::OK);
    // Sessions are another matter: ending them ends no link. A new password does.
    assert!(root.post(&format!("{path}/end-sessions"), &json!({})).await.status.is_success());
    assert_eq!(fetch(&app, &link).await.status, StatusCode::OK);
    app.give_password("ann@example.com", "another battery staple");
    let ended = fetch(&app, &link).await;
    assert!(ended.status == StatusCode::GONE && ended.text.contains("new password"), "{ended:?}");
}

#[tokio::test]
async fn an_own_new_password_ends_links() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut ann = user(&app, "ann", "Acme").await;
    let link = make(&mut ann, "Stock", "").await;
    let body = json!({ "current_password": PASSWORD, "new_password": "something else entirely" });
    let changed = ann.post("/api/v1/auth/password", &body).await;
    assert!(changed.status.is_success(), "{changed:?}");
    assert_eq!(fetch(&app, &link).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn guessed_addresses_find_nothing_and_right_ones_say_why_they_are_over() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut ann = user(&app, "ann", "Acme").await;
    let link = make(&mut ann, "Stock", "").await;
    let (short, revoked) = (make(&mut ann, "Short", "").await, make(&mut ann, "Revoked", "").await);
    let nothing = app.browser().get("/live/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/inventory.csv").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert!(!nothing.text.contains("AAAAAAAA"), "{}", nothing.text);
    let path = format!("/api/v1/links/{}", revoked["id"].as_str().unwrap());
    assert_eq!(ann.send_json(Method::DELETE, &path, &json!({})).await.status, StatusCode::NO_CONTENT);
    let over = fetch(&app, &revoked).await;
    assert!(over.status == StatusCode::GONE && over.text.contains("was revoked"), "{over:?}");
    let listed = ann.get("/api/v1/links").await;
    assert!(
        !listed.text.contains(path_of(&link)) && listed.text.contains("\"ended\":\"revoked\""),
        "{listed:?}"
    );
    app.advance_minutes(91 * 24 * 60);
    let over = fetch(&app, &short).await;
    assert!(over.status == StatusCode::GONE && over.text.contains("expired"), "{over:?}");
    // A month later nobody knows of them any more.
    app.advance_minutes(31 * 24 * 60);
    stockroom::jobs::chores::purge_all(app.services()).unwrap();
    assert_eq!(fetch(&app, &short).await.status, StatusCode::NOT_FOUND);
    assert_eq!(fetch(&app, &revoked).await.status, StatusCode::NOT_FOUND);
    // Whoever tries many is slowed down.
    let mut last = StatusCode::NOT_FOUND;
    for guess in 0..40 {
        last = app.browser().get(&format!("/live/guess{guess}/x.csv")).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_fetch_says_whether_it_is_the_same_and_is_written_down_once_a_day() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut ann = user(&app, "ann", "Acme").await;
    let link = make(&mut ann, "Stock", "").await;
    let uses = |app: &TestApp| app.actions().iter().filter(|action| *action == "live-link.use").count();
    let first = fetch(&app, &link).await;
    let tag = first.header("etag").to_owned();
    let browser = app.browser();
    let same =
        browser.request(Method::GET, path_of(&link)).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    let head = browser.request(Method::HEAD, path_of(&link)).send().await.unwrap();
    assert_eq!((head.status(), head.headers()["etag"].to_str().unwrap()), (StatusCode::OK, tag.as_str()));
    assert_eq!(head.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(
        browser.request(Method::POST, path_of(&link)).send().await.unwrap().status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(uses(&app), 1);
    let listed = ann.get("/api/v1/links").await.json();
    assert_eq!(listed["links"][0]["used_from"], "127.0.0.1");
    app.advance_minutes(24 * 60);
    assert_ne!(fetch(&app, &link).await.header("etag"), "", "days are searched for too");
    assert_eq!(uses(&app), 2);
    app.import("Inventory", format!("{STOCK}A-4,Acme,4,f\n"), &["owner=Customer"]).await;
    let other =
        browser.request(Method::GET, path_of(&link)).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(other.status(), StatusCode::OK);
    // One that is fetched again and again is slowed down.
    let mut last = StatusCode::OK;
    for _ in 0..40 {
        last = fetch(&app, &link).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn links_are_made_from_the_grid_and_revoked_by_the_office() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut root = app.signed_in(Role::Admin, &[]).await;
    let mut ann = user(&app, "ann", "Acme").await;
    let grid = ann.get("/datasets/inventory?sort=-Qty&cols=Part&f.Part=A-1").await.text;
    let at = grid.find("/account/links?dataset=").expect("the grid leads there");
    let address = grid[at..].split('"').next().unwrap().replace("&amp;", "&");
    let page = ann.get(&address).await;
    assert!(page.text.contains("Part = A-1"), "{}", page.text);
    let too_long = [("link_name", "Weekly"), ("days", "367")];
    let refused = ann.submit_on(&page, "/account/links", &too_long).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let made = ann.submit_on(&page, "/account/links", &[("link_name", "Weekly"), ("days", "30")]).await;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    let url = made.text.split("id=\"new-link\">").nth(1).unwrap().split('<').next().unwrap();
    let path = &url[url.find("/live/").unwrap()..];
    assert_eq!(app.browser().get(path).await.text, "Part\nA-1\n");
    let listed = ann.get("/account/links").await.text;
    assert!(listed.contains("Weekly") && !listed.contains(path), "its address is shown once");

    // Who looks as somebody else makes none, and is offered none.
    let id = me(&mut ann).await;
    root.login("admin0@example.com", PASSWORD).await;
    let begun = root.submit(&format!("/admin/customers/{id}"), &format!("/admin/view-as/{id}"), &[]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{begun:?}");
    assert!(!root.get("/datasets/inventory").await.text.contains("/account/links?dataset="));
    let body = json!({ "name": "Mine", "dataset": "inventory" });
    let refused = root.post("/api/v1/links", &body).await;
    assert!(refused.status.is_client_error(), "{refused:?}");
    let mut root = app.signed_in(Role::Admin, &[]).await;

    let page = root.get(&format!("/admin/customers/{id}")).await;
    assert!(page.text.contains("Weekly"), "{}", page.text);
    let at = page.text.find(&format!("/admin/customers/{id}/links/")).unwrap();
    let action = page.text[at..].split('"').next().unwrap().to_owned();
    assert_eq!(root.submit_on(&page, &action, &[]).await.status, StatusCode::SEE_OTHER);
    let over = app.browser().get(path).await;
    assert!(over.status == StatusCode::GONE && over.text.contains("by the office"), "{over:?}");
}

#[tokio::test]
async fn a_site_without_live_links_answers_none() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut root = app.signed_in(Role::Admin, &[]).await;
    let mut ann = user(&app, "ann", "Acme").await;
    let link = make(&mut ann, "Stock", "").await;
    let off = json!({ "links.enabled": { "value": "false" } });
    let changed = root.send_json(Method::PATCH, "/api/v1/settings", &off).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(fetch(&app, &link).await.status, StatusCode::NOT_FOUND);
    assert!(!ann.get("/datasets/inventory").await.text.contains("/account/links?dataset="));
    assert!(ann.get("/account/links").await.text.contains("switched off"));
    let body = json!({ "name": "More", "dataset": "inventory" });
    assert_eq!(ann.post("/api/v1/links", &body).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_program_makes_no_links_and_a_deleted_user_leaves_none() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut ann = user(&app, "ann", "Acme").await;
    let link = make(&mut ann, "Stock", "").await;
    let token = ann.post("/api/v1/tokens", &json!({ "name": "ERP", "scopes": ["read"] })).await.json();
    let request = app.browser().request(Method::POST, "/api/v1/links");
    let request = request.header("authorization", format!("Bearer {}", token["token"].as_str().unwrap()));
    let refused = app.browser().send(request.json(&json!({ "name": "X", "dataset": "inventory" }))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    // A sign-in of a while ago is not enough.
    app.advance_minutes(20);
    let body = json!({ "name": "Later", "dataset": "inventory" });
    assert_eq!(ann.post("/api/v1/links", &body).await.status, StatusCode::FORBIDDEN);
    let with = json!({ "name": "Later", "dataset": "inventory", "password": SecretString::new(PASSWORD.to_owned()).expose() });
    assert_eq!(ann.post("/api/v1/links", &with).await.status, StatusCode::CREATED);
    let mut root = app.signed_in(Role::Admin, &[]).await;
    let id = me(&mut ann).await;
    app.command(AdminCommand::UserDisable { login: "ann@example.com".to_owned() });
    let deleted = root
        .send_json(Method::DELETE, &format!("/api/v1/users/{id}?confirm_email=ann@example.com"), &json!({}))
        .await;
    assert!(deleted.status.is_success(), "{deleted:?}");
    assert_eq!(fetch(&app, &link).await.status, StatusCode::NOT_FOUND);
}
