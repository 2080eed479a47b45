//! Signing in, signing out, and one's own password.

use reqwest::{Method, StatusCode};
use serde_json::json;
use stockroom::base::secret::SecretString;
use stockroom::domain::email::Email;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::commands::AdminCommand;
use stockroom::services::users::FirstSignIn;

use crate::harness::{PASSWORD, TestApp};

#[tokio::test]
async fn a_user_signs_in_sees_themselves_and_signs_out() {
    let app = TestApp::start().await;
    app.add_user(
        "Bob@Acme.example",
        Role::Customer,
        OwnerScope::Owners(["A|B".to_owned(), "All".to_owned()].into()),
    );
    let mut bob = app.browser();
    let answer = bob.login(" bob@ACME.example", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let user = &answer.json()["user"];
    assert_eq!(user["email"], "Bob@Acme.example");
    assert_eq!(user["owners"], json!(["All", "A|B"]));
    assert_eq!(user["all_owners"], false);
    assert_eq!(bob.get("/api/v1/auth/me").await.json()["user"], *user);

    let stolen = bob.clone();
    assert_eq!(bob.post("/api/v1/auth/logout", &json!({})).await.status, StatusCode::NO_CONTENT);
    assert!(!bob.cookies.contains_key("sid"));
    assert_eq!(bob.me().await, StatusCode::UNAUTHORIZED);
    assert_eq!(stolen.clone().me().await, StatusCode::UNAUTHORIZED, "a copy of the cookie is void too");
}

#[tokio::test]
async fn login_username_and_email_name_the_same_field() {
    let app = TestApp::start().await;
    app.command(AdminCommand::UserAdd {
        email: Email::parse("eve@example.com").unwrap(),
        first_name: None,
        last_name: None,
        mobile: None,
        username: Some(stockroom::domain::email::Username::parse("Eve").unwrap()),
        roles: [Role::Planner].into(),
        owners: OwnerScope::All,
        password: SecretString::new(PASSWORD.to_owned()),
        first_sign_in: FirstSignIn::KeepsPassword,
    });
    for body in [
        json!({"login": "eve", "password": PASSWORD}),
        json!({"username": "EVE", "password": PASSWORD}),
        json!({"email": "eve@example.com", "password": PASSWORD}),
    ] {
        assert_eq!(app.browser().post("/api/v1/auth/login", &body).await.status, StatusCode::OK, "{body}");
    }
}

#[tokio::test]
async fn asvs_6_3_8_unknown_wrong_and_disabled_get_the_same_answer() {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    app.add_user("off@example.com", Role::Customer, OwnerScope::All);
    app.command(AdminCommand::UserDisable { login: "off@example.com".into() });
    let mut answers = Vec::new();
    for (login, password) in [
        ("ann@example.com", "wrong password"),
        ("nobody@example.com", "wrong password"),
        ("off@example.com", "wrong password"),
    ] {
        let answer = app.browser().login(login, password).await;
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("request_id");
        answers.push((answer.status, body, answer.header("set-cookie").to_owned()));
    }
    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    app.advance_minutes(1);
    let told = app.browser().login("off@example.com", PASSWORD).await;
    assert_eq!(told.status, StatusCode::FORBIDDEN, "who knows the password is told");
    assert!(told.text.contains("deactivated"), "{told:?}");
}

#[tokio::test]
async fn asvs_7_2_4_a_planted_session_cookie_is_replaced_at_sign_in() {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut ann = app.browser();
    ann.cookies.insert("sid".into(), "planted".into());
    ann.login("ann@example.com", PASSWORD).await;
    assert_ne!(ann.cookies["sid"], "planted");
    assert_eq!(ann.cookies["sid"].len(), 43, "256 bits");
}

#[tokio::test]
async fn asvs_15_3_3_fields_that_were_never_offered_are_refused() {
    let app = TestApp::start().await;
    let body = json!({"login": "a", "password": "b", "role": "admin"});
    let answer = app.browser().post("/api/v1/auth/login", &body).await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid".to_owned()));
}

#[tokio::test]
async fn bodies_that_are_not_json_get_a_clear_problem() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let login = "/api/v1/auth/login";
    let request = browser.request(Method::POST, login).header("content-type", "text/plain").body("x");
    assert_eq!(browser.send(request).await.problem(), "unsupported-media-type");
    let request = browser.request(Method::POST, login).header("content-type", "application/json").body("{");
    assert_eq!(browser.send(request).await.problem(), "bad-request");
    let request = browser
        .request(Method::POST, login)
        .header("content-type", "application/json")
        .body(vec![b' '; 300 << 10]);
    let answer = browser.send(request).await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::PAYLOAD_TOO_LARGE, "too-large".to_owned()));
    let answer = browser.get(login).await;
    assert_eq!(
        (answer.status, answer.problem()),
        (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed".to_owned())
    );
    let answer = browser.get("/api/v1/nothing").await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::NOT_FOUND, "not-found".to_owned()));
}

#[tokio::test]
async fn a_user_who_must_change_the_password_can_do_that_and_nothing_else() {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    app.give_password("ann@example.com", "given by the admin");
    let mut ann = app.browser();
    let answer = ann.login("ann@example.com", "given by the admin").await;
    assert_eq!(answer.json()["user"]["must_change_password"], true);
    assert_eq!(ann.me().await, StatusCode::OK);
    let mut other = app.browser();
    other.login("ann@example.com", "given by the admin").await;

    let change = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
    let path = "/api/v1/auth/password";
    assert_eq!(ann.post(path, &change("given by the admin", "short")).await.problem(), "invalid");
    assert_eq!(ann.post(path, &change("given by the admin", "passwordpassword")).await.problem(), "invalid");
    let answer = ann.post(path, &change("given by the admin", "an entirely new one")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.json()["user"]["must_change_password"], false);
    assert_eq!(ann.me().await, StatusCode::OK, "the new session goes on");
    assert_eq!(other.me().await, StatusCode::UNAUTHORIZED, "all others ended");
    assert_eq!(
        app.browser().login("ann@example.com", "given by the admin").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing_and_slows_the_next_try() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let body = json!({"current_password": "not this one", "new_password": "an entirely new one"});
    assert_eq!(ann.post("/api/v1/auth/password", &body).await.problem(), "wrong-credentials");
    assert_eq!(ann.post("/api/v1/auth/password", &body).await.problem(), "too-many-tries");
    assert_eq!(ann.me().await, StatusCode::OK);
}
