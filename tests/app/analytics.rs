//! Figures about the use of the site.

use reqwest::StatusCode;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::searches;

use crate::harness::{Browser, PASSWORD, TestApp};

const PAGE: &str = "/admin/analytics";
const STOCK: &str = "part,owner,qty\nA-1,Acme,1\nA-2,Acme,2\nG-1,Globex,3\n";

async fn auditor(app: &TestApp, owners: OwnerScope) -> Browser {
    app.add_user("aud@example.com", Role::Auditor, owners);
    let mut auditor = app.browser();
    auditor.login("aud@example.com", PASSWORD).await;
    auditor
}

async fn table(browser: &mut Browser, name: &str) -> Vec<Vec<String>> {
    let answer = browser.get(&format!("{PAGE}/{name}.csv")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(answer.header("content-disposition").contains(name));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(answer.text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn sign_ins_searches_and_exports_are_counted_by_user_and_day() {
    let app = TestApp::start().await;
    app.import("inventory", STOCK, &["owner=owner"]).await;
    let mut auditor = auditor(&app, OwnerScope::All).await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::Owners(["Acme".to_owned()].into()));
    let mut ann = app.browser();
    for _ in 0..2 {
        assert_eq!(ann.login("ann@example.com", PASSWORD).await.status, StatusCode::OK);
    }
    // Typed letter by letter, it is one search.
    for q in ["w", "wi", "widget"] {
        ann.get(&format!("/inventory?q={q}")).await;
    }
    app.advance_minutes(1);
    ann.get("/inventory?q=A-1").await;
    ann.get("/inventory").await;
    app.advance_minutes(1);
    searches::flush(app.services(), false).unwrap();
    ann.get("/api/v1/datasets/inventory/export?format=csv").await;
    let active = table(&mut auditor, "most-active").await;
    let of_ann = active.iter().find(|row| row[1] == "ann@example.com").unwrap();
    assert_eq!(of_ann[2..4], ["2", "2"], "{active:?}");
    let empty = table(&mut auditor, "empty-searches").await;
    assert_eq!(empty.len(), 2, "{empty:?}");
    assert_eq!(empty[1][..3], ["inventory", "widget", "1"]);
    let days = table(&mut auditor, "sign-ins").await;
    assert_eq!((days.len(), days[14][1].parse::<u64>().unwrap() >= 4), (15, true), "{days:?}");
    let recent = table(&mut auditor, "recent-sign-ins").await;
    assert!(recent[1][2] == "ann@example.com" && recent[1][3] == "127.0.0.1", "{recent:?}");
    let page = auditor.get(&format!("{PAGE}?days=90")).await.text;
    assert!(page.contains("<svg") && page.contains("widget") && page.contains("Show as table"), "{page}");
    assert!(!page.contains(" style=") && page.contains("action=session.begin"));
    // A day later the same people sign in again, in another day.
    app.advance_minutes(24 * 60);
    app.browser().login("ann@example.com", PASSWORD).await;
    let mut later = app.browser();
    later.login("aud@example.com", PASSWORD).await;
    let days = table(&mut later, "sign-ins").await;
    assert_eq!(days[14][1..], ["2", "2"], "{days:?}");
}

#[tokio::test]
async fn rows_by_owner_over_time_name_only_owners_of_the_readers_scope() {
    let app = TestApp::start().await;
    app.import("inventory", STOCK, &["owner=owner"]).await;
    app.import("inventory", format!("{STOCK}=cmd(),=Acme,4\n"), &["owner=owner"]).await;
    let mut all = auditor(&app, OwnerScope::All).await;
    let rows = table(&mut all, "rows-by-owner").await;
    let of =
        |owner: &str| rows.iter().filter(|row| row[2] == owner).map(|row| row[3].clone()).collect::<Vec<_>>();
    assert_eq!(
        (of("Acme"), of("Globex"), of("")),
        (vec!["2".into(), "2".into()], vec!["1".into(), "1".into()], vec!["3".into(), "4".into()]),
        "{rows:?}"
    );
    assert_eq!(of("'=Acme"), ["1"], "no formula: {rows:?}");
    app.add_user("part@example.com", Role::Auditor, OwnerScope::Owners(["Globex".to_owned()].into()));
    let mut part = app.browser();
    part.login("part@example.com", PASSWORD).await;
    let page = part.get(PAGE).await.text;
    assert!(page.contains("Globex") && !page.contains("Acme"), "{page}");
    let rows = table(&mut part, "rows-by-owner").await;
    assert!(rows.iter().all(|row| !row[2].contains("Acme")), "{rows:?}");
    assert!(
        rows.iter().filter(|row| row[2].is_empty()).all(|row| row[3] == "1"),
        "nor how many others have: {rows:?}"
    );
}

#[tokio::test]
async fn what_an_admin_tries_as_somebody_else_is_no_search_of_theirs() {
    let app = TestApp::start().await;
    app.import("inventory", STOCK, &["owner=owner"]).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let ann = app.add_user("ann@example.com", Role::Customer, OwnerScope::Owners(["Acme".to_owned()].into()));
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    root.post_form(&format!("/admin/view-as/{}", ann.id), &[]).await;
    root.get("/inventory?q=nothing+like+that").await;
    root.submit("/inventory", "/admin/view-as/end", &[]).await;
    searches::flush(app.services(), true).unwrap();
    assert_eq!(table(&mut root, "empty-searches").await.len(), 1);
}

#[tokio::test]
async fn somebody_who_was_deleted_is_still_called_by_name() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.add_user("tmp@example.com", Role::Customer, OwnerScope::All);
    app.browser().login("tmp@example.com", PASSWORD).await;
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let key = stockroom::domain::email::LoginKey::of("tmp@example.com");
    let user: Result<_, stockroom::store::StoreError> =
        app.services().store.read(|r| stockroom::store::users::find_user_by_login(r, &key));
    let path = format!("/admin/customers/{}/delete", user.unwrap().unwrap().id);
    let gone = root.post_form(&path, &[("confirm", "1"), ("confirm_email", "tmp@example.com")]).await;
    assert_eq!(gone.status, reqwest::StatusCode::SEE_OTHER, "{gone:?}");
    let page = root.get("/admin/analytics").await;
    assert!(page.status == reqwest::StatusCode::OK && page.text.contains("tmp@example.com"), "{page:?}");
}
