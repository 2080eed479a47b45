//! Guessing is slow, and nobody is locked out by it.

use reqwest::{Method, StatusCode};
use serde_json::json;
use stockroom::base::secret::SecretString;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::ServiceError;
use stockroom::services::sign_in::{Attempt, Door, sign_in};

use crate::harness::{PASSWORD, TestApp};

#[tokio::test]
async fn an_account_waits_longer_after_each_failure_from_unknown_devices() {
    let app = TestApp::start().await;
    app.add_user("bob@example.com", Role::Customer, OwnerScope::All);
    for expected in ["1", "2", "4", "8"] {
        assert_eq!(
            app.browser().login("BOB@example.com", "wrong password").await.status,
            StatusCode::UNAUTHORIZED
        );
        let answer = app.browser().login("bob@example.com", PASSWORD).await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, expected));
        app.clock.advance(jiff::SignedDuration::from_secs(expected.parse().unwrap()));
    }
    assert_eq!(app.browser().login("bob@example.com", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn unknown_logins_are_slowed_exactly_like_known_ones() {
    let app = TestApp::start().await;
    for expected in ["1", "2"] {
        assert_eq!(
            app.browser().login("nobody@example.com", "wrong password").await.status,
            StatusCode::UNAUTHORIZED
        );
        let answer = app.browser().login("Nobody@example.com", "wrong password").await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, expected));
        app.clock.advance(jiff::SignedDuration::from_secs(expected.parse().unwrap()));
    }
}

#[tokio::test]
async fn asvs_4_1_3_invented_forwarded_headers_do_not_help() {
    let app = TestApp::start().await;
    let mut refused = 0;
    for number in 0..14 {
        let mut browser = app.browser();
        let request = browser
            .request(Method::POST, "/api/v1/auth/login")
            .header("x-forwarded-for", format!("10.1.2.{number}"))
            .header("x-real-ip", format!("10.1.3.{number}"))
            .header("forwarded", format!("for=10.1.4.{number}"))
            .json(&json!({"login": format!("user{number}@example.com"), "password": "wrong password"}));
        refused += usize::from(browser.send(request).await.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 4, "ten failures at once for the address, whatever it claims to be");
    app.clock.advance(jiff::SignedDuration::from_secs(6));
    assert_eq!(
        app.browser().login("other@example.com", "wrong password").await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        app.browser().login("third@example.com", "wrong password").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn good_sign_ins_never_count_against_an_address() {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    for _ in 0..15 {
        assert_eq!(app.browser().login("ann@example.com", PASSWORD).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_strangers_thousand_failures_do_not_lock_out_a_known_device() {
    let app = TestApp::start().await;
    let bob = app.add_user("bob@example.com", Role::Customer, OwnerScope::All);
    let mut known = app.browser();
    known.login("bob@example.com", PASSWORD).await;
    known.cookies.remove("sid");

    // What a thousand failures leave behind, without hashing a thousand times.
    let wrong = SecretString::new("wrong password".to_owned());
    let mut real = 0;
    for number in 0..1_000_u32 {
        let attempt = Attempt {
            login: "bob@example.com",
            password: &wrong,
            address: Some(std::net::Ipv4Addr::from(number).into()),
            user_agent: "",
            device: None,
            asker: stockroom::services::second_factor::challenge::Asker::Program,
            door: Door::Everybody,
        };
        match sign_in(app.services(), &attempt) {
            Err(ServiceError::WrongCredentials) => real += 1,
            Err(ServiceError::Throttled(_)) => {}
            other => panic!("{other:?}"),
        }
        app.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    assert!(real <= 12, "{real} guesses in a thousand seconds");
    // The stranger shares the owner's address as well.
    for _ in 0..12 {
        app.browser().login(&format!("{}@example.com", bob.id), "wrong password").await;
    }
    let answer = known.login("bob@example.com", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(app.browser().login("bob@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_known_device_of_somebody_else_is_an_unknown_one() {
    let app = TestApp::start().await;
    app.add_user("bob@example.com", Role::Customer, OwnerScope::All);
    let mut mallory = app.signed_in(Role::Customer, &[]).await;
    assert_eq!(mallory.login("bob@example.com", "wrong password").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        mallory.login("bob@example.com", "wrong password").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn parallel_guesses_win_nothing() {
    let app = TestApp::start().await;
    app.add_user("bob@example.com", Role::Customer, OwnerScope::All);
    let guesses = (0..30).map(|_| {
        let mut browser = app.browser();
        async move { browser.login("bob@example.com", "wrong password").await.status }
    });
    let statuses = futures_util::future::join_all(guesses).await;
    let checked = statuses.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count();
    assert!((1..=8).contains(&checked), "{checked} of 30 were checked");
}

#[tokio::test]
async fn the_page_says_how_long_to_wait_to_people_and_to_programs() {
    let app = TestApp::start().await;
    app.add_user("bob@example.com", Role::Customer, OwnerScope::All);
    app.signed_in(Role::Admin, &[]).await;
    let mut bob = app.browser();
    let page = bob.get("/login").await.text;
    let token = page.split_once("name=\"csrf\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let fields = [("csrf", token.as_str()), ("login", "bob@example.com"), ("password", "wrong password")];
    assert_eq!(bob.post_form("/login", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = bob.post_form("/login", &fields).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    assert!(answer.text.contains("You can try again in 1 s.") && answer.text.contains("data-wait=\"1\""));
}
