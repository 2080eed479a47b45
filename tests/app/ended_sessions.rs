//! What is on its way when a session ends changes nothing any more.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::domain::user::UserStatus;
use stockroom::services::authorize::{Grant, ManageUsers};
use stockroom::services::guarded_store::{OnBehalf, on_behalf_of};
use stockroom::services::{ServiceError, users};
use stockroom::store::{StoreError, sessions, users as store_users};

use crate::harness::{Browser, PASSWORD, TestApp};

async fn admin(app: &TestApp, email: &str) -> Browser {
    app.add_user(email, Role::Admin, OwnerScope::All);
    let mut browser = app.browser();
    browser.login(email, PASSWORD).await;
    browser
}

/// Sends a form but for its last byte; the answer comes with that.
fn held(browser: &Browser, path: &str, body: &str) -> TcpStream {
    let address = browser.base.trim_start_matches("http://");
    let cookies: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut stream = TcpStream::connect(address).unwrap();
    let (cookies, length) = (cookies.join("; "), body.len());
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookies}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{}",
        &body[..length - 1]
    )
    .unwrap();
    stream
}

fn finish(mut stream: TcpStream, body: &str) -> String {
    // It may be cut off already.
    let _ = stream.write_all(&body.as_bytes()[body.len() - 1..]);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_held_back_does_nothing_for_who_is_out_meanwhile() {
    let app = TestApp::start().await;
    let mut root = admin(&app, "root@example.com").await;
    for (n, ending) in ["deactivate", "end-sessions", "delete", "sign-out"].iter().enumerate() {
        let email = format!("mallory{n}@example.com");
        let mut mallory = admin(&app, &email).await;
        let csrf = &mallory.cookies["csrf"];
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("csrf", csrf)
            .extend_pairs([("email", format!("held{n}@example.com").as_str()), ("role", "admin")])
            .extend_pairs([("scope", "owners"), ("way", "slip"), ("pad", "zzz")])
            .finish();
        let held_back = held(&mallory, "/admin/customers", &body);
        // Its head is there before the session ends.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let find =
            |r: &_| store_users::find_user_by_login(r, &stockroom::domain::email::LoginKey::of(&email));
        let user: Result<_, StoreError> = app.services().store.read(|r| find(r));
        let id = user.unwrap().unwrap().id;
        let done = match *ending {
            "sign-out" => mallory.post_form("/logout", &[]).await,
            "delete" => {
                root.post_form(
                    &format!("/admin/customers/{id}/delete"),
                    &[("confirm_email", &email), ("confirm", "1")],
                )
                .await
            }
            other => root.post_form(&format!("/admin/customers/{id}/{other}"), &[("confirm", "1")]).await,
        };
        assert_eq!(done.status, reqwest::StatusCode::SEE_OTHER, "{ending}: {done:?}");
        let answer = finish(held_back, &body);
        assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("/login"), "{ending}: {answer}");
    }
    let held: Result<Vec<_>, StoreError> = app.services().store.read(store_users::list_users);
    assert!(held.unwrap().iter().all(|user| !user.email.as_str().starts_with("held")));
}

#[tokio::test]
async fn a_change_that_runs_beside_the_end_of_its_session_is_not_made() {
    let app = TestApp::start().await;
    admin(&app, "root@example.com").await;
    admin(&app, "mallory@example.com").await;
    let victim = app.add_user("victim@example.com", Role::Customer, OwnerScope::All);
    let services = app.services();
    let find = |email: &str| {
        let key = stockroom::domain::email::LoginKey::of(email);
        let user: Result<_, StoreError> = services.store.read(|r| store_users::find_user_by_login(r, &key));
        user.unwrap().unwrap()
    };
    let mallory = find("mallory@example.com");
    let session: Result<Vec<_>, StoreError> =
        services.store.read(|r| sessions::list_sessions_of(r, mallory.id));
    let behalf = Arc::new(OnBehalf::of(&session.unwrap()[0], &mallory));
    // The check of the request is behind it, and then the account is deactivated.
    let grant = Grant::<ManageUsers>::check(&mallory, None).unwrap();
    let root = Grant::<ManageUsers>::check(&find("root@example.com"), None).unwrap();
    users::disable(services, &root, &mallory.id.to_string()).unwrap();
    let done =
        on_behalf_of(Some(Arc::clone(&behalf)), || users::disable(services, &grant, &victim.id.to_string()));
    assert!(matches!(done, Err(ServiceError::SignInRequired)), "{done:?}");
    assert_eq!(find("victim@example.com").status, UserStatus::Active);
}

#[tokio::test]
async fn what_a_request_does_to_its_own_session_does_not_stop_it_half_way() {
    let app = TestApp::start().await;
    let mut ann = admin(&app, "ann@example.com").await;
    admin(&app, "root@example.com").await;
    let key = stockroom::domain::email::LoginKey::of("ann@example.com");
    let user: Result<_, StoreError> = app.services().store.read(|r| store_users::find_user_by_login(r, &key));
    let path = format!("/admin/customers/{}", user.unwrap().unwrap().id);
    // New rights of one's own end all sessions, this one too, and what comes after is still done.
    let fields =
        [("email", "ann@example.com"), ("role", "operator"), ("scope", "all"), ("confirm_all", "ALL")];
    let saved = ann.submit(&path, &path, &fields).await;
    assert!(saved.status.is_redirection() && !saved.header("location").starts_with("/login"), "{saved:?}");
    assert_eq!(ann.me().await, reqwest::StatusCode::UNAUTHORIZED);
}
