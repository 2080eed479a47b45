//! A restart between any two steps of what takes several: nothing is lost, nothing can be done twice.

use reqwest::StatusCode;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{Browser, PASSWORD, TestApp};
use crate::mailbox::{Mailbox, with_links};

const NEW_PASSWORD: &str = "nine herons by the weir";

/// The site after a restart; browsers go on where they were.
async fn restarted(app: TestApp, browsers: &mut [&mut Browser]) -> TestApp {
    let app = app.restart_after(|_| {}).await;
    for browser in browsers {
        browser.base = app.browser().base;
    }
    app
}

async fn with_users() -> TestApp {
    let app = TestApp::start_with(with_links).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    app
}

#[tokio::test]
async fn a_forgotten_password_is_set_over_restarts_between_all_steps() {
    let app = with_users().await;
    let mut mails = Mailbox::default();
    let (mut asks, mut reads) = (app.browser(), app.browser());
    let asked = asks.submit("/forgot", "/forgot", &[("login", "ann@example.com")]).await;
    let app = restarted(app, &mut [&mut asks, &mut reads]).await;
    let mail = mails.next(&app, "ann@example.com", "password").await;
    let page = asks.get(asked.header("location")).await;
    let app = restarted(app, &mut [&mut asks, &mut reads]).await;
    let coded = asks.submit_on(&page, "/reset/code", &[("code", &mail.code())]).await;
    assert_eq!(coded.status, StatusCode::SEE_OTHER, "{coded:?}");
    let app = restarted(app, &mut [&mut asks, &mut reads]).await;
    let form = reads.get(&mail.link()).await;
    let app = restarted(app, &mut [&mut asks, &mut reads]).await;
    let fields = [("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
    let set = reads.submit_on(&form, "/reset", &fields).await;
    assert_eq!(set.header("location"), "/login?password-set=1", "{set:?}");
    let app = restarted(app, &mut [&mut asks, &mut reads]).await;
    assert_eq!(asks.get(coded.header("location")).await.status, StatusCode::GONE, "one of the two is enough");
    assert_eq!(reads.get(&mail.link()).await.status, StatusCode::GONE);
    assert_eq!(app.browser().login("ann@example.com", NEW_PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_invitation_is_taken_over_restarts_between_all_steps() {
    let app = with_users().await;
    let mut mails = Mailbox::default();
    let (mut root, mut new) = (app.browser(), app.browser());
    root.login("root@example.com", PASSWORD).await;
    let form = root.get("/admin/customers/new").await;
    let app = restarted(app, &mut [&mut root, &mut new]).await;
    let fields = [("email", "new@example.com"), ("role", "customer"), ("scope", "owners"), ("way", "mail")];
    let made = root.submit_on(&form, "/admin/customers", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made:?}");
    let app = restarted(app, &mut [&mut root, &mut new]).await;
    let mail = mails.next(&app, "new@example.com", "").await;
    let form = new.get(&mail.link()).await;
    let app = restarted(app, &mut [&mut root, &mut new]).await;
    let fields = [("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
    let set = new.submit_on(&form, "/welcome", &fields).await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{set:?}");
    let app = restarted(app, &mut [&mut root, &mut new]).await;
    assert_eq!(new.get(&mail.link()).await.status, StatusCode::GONE);
    assert_eq!(app.browser().login("new@example.com", NEW_PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn password_and_address_are_changed_over_restarts_between_all_steps() {
    let app = with_users().await;
    let mut mails = Mailbox::default();
    let mut ann = app.browser();
    ann.login("ann@example.com", PASSWORD).await;
    let asked =
        ann.submit("/account/password", "/account/password/code", &[("current_password", PASSWORD)]).await;
    let app = restarted(app, &mut [&mut ann]).await;
    let code = mails.next(&app, "ann@example.com", "code").await.code();
    let form = ann.get(asked.header("location")).await;
    let app = restarted(app, &mut [&mut ann]).await;
    let fields =
        [("code", code.as_str()), ("new_password", NEW_PASSWORD), ("new_password_again", NEW_PASSWORD)];
    let set = ann.submit_on(&form, "/account/password", &fields).await;
    assert_eq!(set.header("location"), "/account?done=password", "{set:?}");
    let app = restarted(app, &mut [&mut ann]).await;
    let fields = [("new_email", "anna@example.com"), ("current_password", NEW_PASSWORD)];
    let asked = ann.submit("/account/email", "/account/email", &fields).await;
    let app = restarted(app, &mut [&mut ann]).await;
    let old = mails.next(&app, "ann@example.com", "code").await.code();
    let new = mails.next(&app, "anna@example.com", "code").await.code();
    let form = ann.get(asked.header("location")).await;
    let app = restarted(app, &mut [&mut ann]).await;
    let set = ann.submit_on(&form, "/account/email/confirm", &[("old_code", &old), ("new_code", &new)]).await;
    assert_eq!(set.header("location"), "/account?done=email", "{set:?}");
    let app = restarted(app, &mut [&mut ann]).await;
    assert_eq!(app.browser().login("anna@example.com", NEW_PASSWORD).await.status, StatusCode::OK);
    assert_eq!(app.browser().login("ann@example.com", NEW_PASSWORD).await.status, StatusCode::UNAUTHORIZED);
}
