//! Errors as pages: what, the next step, the request id, and the reader's own page around them.

use reqwest::StatusCode;
use stockroom::domain::permission::Role;

use stockroom::domain::scope::OwnerScope;

use crate::harness::TestApp;

#[tokio::test]
async fn an_error_stands_in_the_page_of_its_reader() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    for (path, status) in [
        ("/nowhere", StatusCode::NOT_FOUND),
        ("/datasets/nowhere", StatusCode::NOT_FOUND),
        ("/admin/customers", StatusCode::FORBIDDEN),
    ] {
        let answer = ann.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        let page = &answer.text;
        assert!(page.contains("<nav class=\"side\""), "{path}: {page}");
        assert!(page.contains("action=\"/logout\""), "{path}");
        assert!(!page.contains("href=\"/admin/customers\""), "{path} offers what the reader may not do");
        assert!(page.contains(&format!("Request {}", answer.header("x-request-id"))), "{path}: {page}");
    }
}

#[tokio::test]
async fn a_visitors_error_says_nothing_of_the_site() {
    let app = TestApp::start().await;
    let answer = app.browser().get("/nowhere").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(!answer.text.contains("<nav"));
}

#[tokio::test]
async fn a_program_gets_no_page() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let answer = ann.get("/api/v1/nowhere").await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["status"], 404);
}

#[tokio::test]
async fn who_must_change_the_password_gets_no_page_around_an_error() {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    app.give_password("ann@example.com", "given by the admin");
    let mut ann = app.browser();
    ann.login("ann@example.com", "given by the admin").await;
    let answer = ann.get("/nowhere").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(!answer.text.contains("<nav"));
}
