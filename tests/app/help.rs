//! The help: for everybody, with the site's navigation around it for who is signed in.

use reqwest::StatusCode;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::TestApp;

#[tokio::test]
async fn visitors_read_and_search_the_help() {
    let app = TestApp::start().await;
    // Without an admin every page is the way to make one.
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut browser = app.browser();
    let index = browser.get("/help").await;
    assert_eq!(index.status, StatusCode::OK);
    for topic in
        ["first-steps", "imports", "directory", "mail", "backups", "upgrade", "troubleshooting", "keyboard"]
    {
        assert!(index.text.contains(&format!("href=\"/help/{topic}\"")), "{topic}");
        let page = browser.get(&format!("/help/{topic}")).await;
        assert_eq!(page.status, StatusCode::OK, "{topic}");
        assert!(!page.text.contains("class=\"side\""), "who is not signed in has no navigation");
    }
    let found = browser.get("/help?q=Restore+a+backup").await;
    assert!(found.text.contains("href=\"/help/backups#restore\""), "{}", found.text);
    let nothing = browser.get("/help?q=%3Cb%3Exyzzy").await;
    assert!(nothing.text.contains("&lt;b&gt;xyzzy"), "{}", nothing.text);
    assert!(nothing.text.contains("href=\"/help/first-steps\""), "the way on");
    assert_eq!(browser.get("/help/nothing").await.status, StatusCode::NOT_FOUND);
    assert!(browser.get("/login").await.text.contains("href=\"/help/signing-in\""));
}

#[tokio::test]
async fn the_menu_leads_to_the_help_on_the_page_one_is_on() {
    let app = TestApp::start().await;
    let mut customer = app.signed_in(Role::Customer, &["Acme"]).await;
    let help = customer.get("/help/pages").await;
    assert!(help.text.contains("class=\"side\""), "the navigation is there: {}", help.text);
    assert!(customer.get("/inventory").await.text.contains("href=\"/help/pages#inventory\""));
    assert!(customer.get("/account").await.text.contains("href=\"/help/pages#account\""));
}
