//! One's own password and address, with codes from mails.

use reqwest::StatusCode;
use serde_json::json;
use stockroom::config::accounts::CodePolicy;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{Browser, PASSWORD, TestApp};
use crate::mailbox::{Mailbox, with_links};

const NEW: &str = "an entirely new one";

async fn ann(app: &TestApp) -> Browser {
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut ann = app.browser();
    assert_eq!(ann.login("ann@example.com", PASSWORD).await.status, StatusCode::OK);
    ann
}

#[tokio::test]
async fn a_new_password_takes_the_present_one_and_a_code() {
    let app = TestApp::start_with(with_links).await;
    let (mut here, mut there) = (ann(&app).await, app.browser());
    there.login("ann@example.com", PASSWORD).await;
    let first = here.get("/account/password").await;
    assert!(first.text.contains("Send the code") && !first.text.contains("new_password"), "{first:?}");
    let past = here
        .post_form(
            "/account/password",
            &[("current_password", PASSWORD), ("new_password", NEW), ("new_password_again", NEW)],
        )
        .await;
    assert_eq!(past.status, StatusCode::FORBIDDEN, "the code cannot be left out");
    let sent =
        here.submit("/account/password", "/account/password/code", &[("current_password", PASSWORD)]).await;
    let page = sent.header("location").to_owned();
    let code = Mailbox::default().next(&app, "ann@example.com", "Your code").await.code();
    let with = |code: &str| vec![("code".to_owned(), code.to_owned())];
    let new = [("new_password", NEW), ("new_password_again", NEW)];
    let wrong_code = with("nonsense");
    let fields: Vec<(&str, &str)> =
        wrong_code.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(new).collect();
    let wrong = here.submit(&page, "/account/password", &fields).await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("not the code"),
        "{wrong:?}"
    );
    let done = here
        .submit(
            &page,
            "/account/password",
            &[("code", &code), ("new_password", NEW), ("new_password_again", NEW)],
        )
        .await;
    assert_eq!(done.header("location"), "/account?done=password", "{done:?}");
    assert_eq!((here.me().await, there.me().await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    assert_eq!(app.browser().login("ann@example.com", NEW).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_is_its_own_users_for_ten_minutes_and_five_tries() {
    let app = TestApp::start_with(with_links).await;
    let mut here = ann(&app).await;
    app.add_user("eve@example.com", Role::Customer, OwnerScope::All);
    let mut eve = app.browser();
    eve.login("eve@example.com", PASSWORD).await;
    let mut mails = Mailbox::default();
    let begin = "/account/password/code";
    let page = here.post_form(begin, &[("current_password", PASSWORD)]).await.header("location").to_owned();
    let request = page.split("request=").nth(1).unwrap().to_owned();
    let code = mails.next(&app, "ann@example.com", "Your code").await.code();
    let fields = |code: &'static str| [("new_password", NEW), ("new_password_again", NEW), ("code", code)];
    let theirs = [
        ("request", request.as_str()),
        ("code", code.as_str()),
        ("new_password", NEW),
        ("new_password_again", NEW),
    ];
    let stolen = eve.post_form("/account/password", &theirs).await;
    assert_eq!(stolen.status, StatusCode::UNPROCESSABLE_ENTITY, "another user's code");
    assert_eq!(app.browser().login("eve@example.com", PASSWORD).await.status, StatusCode::OK);
    for _ in 0..5 {
        here.submit(&page, "/account/password", &fields("no")).await;
    }
    let late = here.post_form("/account/password", &theirs).await;
    assert!(late.status == StatusCode::UNPROCESSABLE_ENTITY && late.text.contains("used up"), "{late:?}");
    let page = here.post_form(begin, &[("current_password", PASSWORD)]).await.header("location").to_owned();
    let code = mails.next(&app, "ann@example.com", "Your code").await.code();
    app.advance_minutes(10);
    let old = here
        .submit(
            &page,
            "/account/password",
            &[("code", &code), ("new_password", NEW), ("new_password_again", NEW)],
        )
        .await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY, "ten minutes are over");
    assert_eq!(app.browser().login("ann@example.com", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn programs_get_the_code_too_and_policy_may_do_without() {
    let app = TestApp::start_with(with_links).await;
    let mut here = ann(&app).await;
    let path = "/api/v1/auth/password";
    let asked = here.post(path, &json!({"current_password": PASSWORD, "new_password": NEW})).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    let request = asked.json()["request"].clone();
    let code = Mailbox::default().next(&app, "ann@example.com", "Your code").await.code();
    let done = here.post(path, &json!({"request": request, "code": code, "new_password": NEW})).await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");

    let app = TestApp::start_with(|config| {
        with_links(config);
        config.accounts.password_change = CodePolicy::Never;
    })
    .await;
    let mut here = ann(&app).await;
    let done = here.post(path, &json!({"current_password": PASSWORD, "new_password": NEW})).await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
}

#[tokio::test]
async fn a_new_address_is_confirmed_at_both() {
    let app = TestApp::start_with(with_links).await;
    let (mut here, mut there) = (ann(&app).await, app.browser());
    there.login("ann@example.com", PASSWORD).await;
    let mut mails = Mailbox::default();
    let ask = |new: &'static str| [("new_email", new), ("current_password", PASSWORD)];
    let page = here.submit("/account/email", "/account/email", &ask("ann@new.example")).await;
    let page = page.header("location").to_owned();
    let old = mails.next(&app, "ann@example.com", "Your code to change").await.code();
    let new = mails.next(&app, "ann@new.example", "Your code to confirm").await.code();
    let confirm = "/account/email/confirm";
    let half = here.submit(&page, confirm, &[("old_code", &old), ("new_code", "no")]).await;
    assert!(
        half.status == StatusCode::UNPROCESSABLE_ENTITY && half.text.contains("new_code-error"),
        "{half:?}"
    );
    assert!(!half.text.contains("old_code-error"), "the right one need not be typed again: {half:?}");
    assert_eq!(app.browser().login("ann@example.com", PASSWORD).await.status, StatusCode::OK, "not yet");
    let done = here.submit(&page, confirm, &[("old_code", "x"), ("new_code", &new)]).await;
    assert_eq!(done.header("location"), "/account?done=email", "{done:?}");
    assert_eq!((here.me().await, there.me().await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    assert_eq!(app.browser().login("ann@new.example", PASSWORD).await.status, StatusCode::OK);
    mails.next(&app, "ann@example.com", "Your address").await;
    let again = here.submit("/account/email", "/account/email", &ask("ann@new.example")).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "the address that it is");
}

#[tokio::test]
async fn that_an_address_is_taken_is_said_in_its_own_mailbox_alone() {
    let app = TestApp::start_with(with_links).await;
    let mut here = ann(&app).await;
    app.add_user("eve@example.com", Role::Customer, OwnerScope::All);
    let mut mails = Mailbox::default();
    let fields = [("new_email", "eve@example.com"), ("current_password", PASSWORD)];
    let page = here.submit("/account/email", "/account/email", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{page:?}");
    mails.next(&app, "eve@example.com", "You have an account").await;
    let old = mails.next(&app, "ann@example.com", "Your code").await.code();
    let page = page.header("location").to_owned();
    let wrong =
        here.submit(&page, "/account/email/confirm", &[("old_code", &old), ("new_code", "123456")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn codes_are_mailed_only_so_often() {
    let app = TestApp::start_with(with_links).await;
    let mut here = ann(&app).await;
    let fields = [("new_email", "foreign@example.com"), ("current_password", PASSWORD)];
    for _ in 0..5 {
        assert_eq!(here.post_form("/account/email", &fields).await.status, StatusCode::SEE_OTHER);
    }
    for (path, fields) in [("/account/email", &fields[..]), ("/account/password/code", &fields[1..])] {
        let sixth = here.post_form(path, fields).await;
        assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS, "{sixth:?}");
        assert!(sixth.text.contains("Too many tries"), "{sixth:?}");
    }
}
