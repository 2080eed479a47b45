//! Accounts that an admin makes, and access that an admin resets: by mail and on slips.

use reqwest::StatusCode;
use stockroom::config::accounts::Invitation;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{Answer, Browser, PASSWORD, TestApp};
use crate::mailbox::{Mailbox, with_links, with_mail};

const NEW: &str = "an entirely new one";
const BOB: [(&str, &str); 4] =
    [("email", "bob@acme.example"), ("first_name", "Bob"), ("role", "customer"), ("scope", "owners")];

async fn root(app: &TestApp) -> Browser {
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    root
}

fn slip_code(page: &Answer) -> String {
    let rest = page.text.split("id=\"slip-code\">").nth(1).unwrap_or_else(|| panic!("no slip: {page:?}"));
    rest.split('<').next().unwrap().to_owned()
}

async fn set(visitor: &mut Browser, page: &str, action: &str, password: &str) -> Answer {
    visitor.submit(page, action, &[("new_password", password), ("new_password_again", password)]).await
}

#[tokio::test]
async fn a_new_user_chooses_a_password_by_a_link_that_works_once() {
    let app = TestApp::start_with(with_links).await;
    let mut root = root(&app).await;
    let made = root.submit("/admin/customers/new", "/admin/customers", &BOB).await;
    assert!(made.header("location").ends_with("?done=invited"), "{made:?}");
    assert!(root.get(made.header("location")).await.text.contains("gets a mail that says how"));
    let mail = Mailbox::default().next(&app, "bob@acme.example", "Your account").await;
    assert!(mail.text.contains("Sign in with: bob@acme.example"), "{}", mail.text);
    let mut bob = app.browser();
    assert!(bob.get(&mail.link()).await.text.contains("Choose a password"));
    let different =
        bob.submit(&mail.link(), "/welcome", &[("new_password", NEW), ("new_password_again", "other")]).await;
    assert!(different.status == StatusCode::UNPROCESSABLE_ENTITY && different.text.contains("not the same"));
    let weak = set(&mut bob, &mail.link(), "/welcome", "short").await;
    assert!(weak.status == StatusCode::UNPROCESSABLE_ENTITY && weak.text.contains("too short"), "{weak:?}");
    let done = set(&mut bob, &mail.link(), "/welcome", NEW).await;
    assert_eq!(done.header("location"), "/login?password-set=1", "{done:?}");
    assert!(!bob.cookies.contains_key("sid"), "nobody is signed in by a link");
    assert!(bob.get("/login?password-set=1").await.text.contains("Your new password is set"));
    assert_eq!(bob.get(&mail.link()).await.status, StatusCode::GONE);
    assert_eq!(bob.login("bob@acme.example", NEW).await.status, StatusCode::OK);
    assert_eq!(app.actions()[..2], ["session.begin", "user.password"]);
}

#[tokio::test]
async fn without_mail_a_slip_has_a_code_to_type_and_a_picture_of_it() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    assert!(root.get("/admin/customers/new").await.text.contains("a slip with a code"));
    let slip = root.submit("/admin/customers/new", "/admin/customers", &BOB).await;
    assert!(slip.text.contains("<svg class=\"qr\"") && slip.text.contains("2026-11-22 08:00"), "{slip:?}");
    let code = slip_code(&slip);
    assert!(!root.get("/admin/customers").await.text.contains(&code), "shown once");
    let mut bob = app.browser();
    let wrong = bob.submit("/code", "/code", &[("code", "aaaaaa-aaaaaa-aaaaaa-aaaaaa")]).await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("not known"),
        "{wrong:?}"
    );
    let typed = code.replace('-', " ").to_uppercase();
    let found = bob.submit("/code", "/code", &[("code", &typed)]).await;
    let page = found.header("location").to_owned();
    assert!(page.starts_with("/welcome?token="), "{found:?}");
    let again = bob.submit("/code", "/code", &[("code", &code)]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "typed is not used up");
    set(&mut bob, &page, "/welcome", NEW).await;
    assert_eq!(bob.login("bob@acme.example", NEW).await.status, StatusCode::OK);
    let used = app.browser().submit("/code", "/code", &[("code", &code)]).await;
    assert_eq!(used.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_reset_ends_password_sessions_and_older_links_and_shows_no_password() {
    for way in ["mail", "slip"] {
        let app = TestApp::start_with(with_links).await;
        let mut root = root(&app).await;
        let mut mails = Mailbox::default();
        let bob = app.add_user("bob@acme.example", Role::Customer, OwnerScope::All);
        let mut old = app.browser();
        old.login("bob@acme.example", PASSWORD).await;
        let action = format!("/admin/customers/{}/reset-password", bob.id);
        let page = root.get(&action).await;
        let first = root.submit_on(&page, &action, &[("way", "slip")]).await;
        let first_code = slip_code(&first);
        assert_eq!(old.me().await, StatusCode::UNAUTHORIZED, "signed out at once");
        assert_eq!(app.browser().login("bob@acme.example", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        let second = root.submit(&action, &action, &[("way", way)]).await;
        let mut visitor = app.browser();
        let stale = visitor.submit("/code", "/code", &[("code", &first_code)]).await;
        assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY, "the slip before is void");
        let page = if way == "mail" {
            assert_eq!(second.status, StatusCode::SEE_OTHER, "{second:?}");
            mails.next(&app, "bob@acme.example", "Choose a new password").await.link()
        } else {
            assert!(second.text.contains("stock.example") || second.text.contains("class=\"qr\""));
            let code = slip_code(&second);
            visitor.submit("/code", "/code", &[("code", &code)]).await.header("location").to_owned()
        };
        set(&mut visitor, &page, "/welcome", NEW).await;
        app.advance_minutes(5);
        assert_eq!(app.browser().login("bob@acme.example", NEW).await.status, StatusCode::OK, "{way}");
        let confirmed = root.get(&format!("/admin/customers/{}", bob.id)).await;
        assert_eq!(confirmed.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_mail_without_an_address_of_the_site_has_a_code_for_any_browser() {
    let app = TestApp::start_with(with_mail).await;
    let mut root = root(&app).await;
    root.submit("/admin/customers/new", "/admin/customers", &BOB).await;
    let mail = Mailbox::default().next(&app, "bob@acme.example", "Your account").await;
    assert!(!mail.text.contains("http"), "{}", mail.text);
    let mut bob = app.browser();
    let page = bob.submit("/code", "/code", &[("code", &mail.code())]).await.header("location").to_owned();
    set(&mut bob, &page, "/welcome", NEW).await;
    assert_eq!(bob.login("bob@acme.example", NEW).await.status, StatusCode::OK);
}

#[tokio::test]
async fn by_policy_a_password_is_mailed_that_must_be_changed() {
    let app = TestApp::start_with(|config| {
        with_links(config);
        config.accounts.invitation = Invitation::TemporaryPassword;
    })
    .await;
    let mut root = root(&app).await;
    root.submit("/admin/customers/new", "/admin/customers", &BOB).await;
    let password = Mailbox::default().next(&app, "bob@acme.example", "Your password").await.code();
    let mut bob = app.browser();
    assert_eq!(bob.login("bob@acme.example", &password).await.status, StatusCode::OK);
    for page in ["/inventory", "/account", "/account/password", "/account/email"] {
        assert_eq!(bob.get(page).await.header("location"), "/change-password", "{page}");
    }
    let fields =
        [("current_password", password.as_str()), ("new_password", NEW), ("new_password_again", NEW)];
    let done = bob.submit("/change-password", "/change-password", &fields).await;
    assert_eq!(done.header("location"), "/", "{done:?}");
    assert_eq!(app.browser().login("bob@acme.example", NEW).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_slip_ends_with_a_day_and_with_the_account() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    let code = slip_code(&root.submit("/admin/customers/new", "/admin/customers", &BOB).await);
    let bob = app.browser().get("/").await;
    assert_eq!(bob.status, StatusCode::SEE_OTHER);
    app.advance_minutes(24 * 60);
    let late = app.browser().submit("/code", "/code", &[("code", &code)]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let fields = [("email", "eve@acme.example"), ("role", "customer"), ("scope", "owners")];
    let code = slip_code(&root.submit("/admin/customers/new", "/admin/customers", &fields).await);
    let off = stockroom::services::commands::AdminCommand::UserDisable { login: "eve@acme.example".into() };
    app.command(off);
    let off = app.browser().submit("/code", "/code", &[("code", &code)]).await;
    assert_eq!(off.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn guessing_codes_is_slowed_by_address() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut visitor = app.browser();
    let mut last = StatusCode::OK;
    for n in 0..11 {
        last = visitor.submit("/code", "/code", &[("code", &format!("guess{n}"))]).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
