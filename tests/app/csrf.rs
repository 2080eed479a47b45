//! Requests that other sites make in a user's name.

use reqwest::{Method, StatusCode};
use serde_json::json;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{PASSWORD, TestApp};

#[tokio::test]
async fn asvs_3_5_1_unsafe_requests_need_the_sessions_own_token_and_our_origin() {
    let app = TestApp::start().await;
    let ann = app.signed_in(Role::Customer, &[]).await;
    let mallory = app.signed_in(Role::Customer, &[]).await;
    let own = ann.cookies["csrf"].clone();
    let others = mallory.cookies["csrf"].clone();
    let ours = ann.base.clone();

    // (token in the header, token in the cookie, origin, expected)
    let matrix: [[Option<&str>; 4]; 7] = [
        [None, Some(&own), None, Some("csrf")],
        [Some(&own), None, None, Some("csrf")],
        [Some("x.y"), Some("x.y"), None, Some("csrf")],
        [Some(&others), Some(&others), None, Some("csrf")],
        [Some(&own), Some(&own), Some("https://evil.example"), Some("foreign-origin")],
        [Some(&own), Some(&own), Some("null"), Some("foreign-origin")],
        [Some(&own), Some(&own), Some("http://127.0.0.1:1"), Some("foreign-origin")],
    ];
    for [header, cookie, origin, expected] in matrix {
        let mut browser = ann.clone();
        browser.cookies.remove("csrf");
        if let Some(cookie) = cookie {
            browser.cookies.insert("csrf".into(), cookie.into());
        }
        let mut request = browser.request(Method::POST, "/api/v1/auth/logout");
        if let Some(header) = header {
            request = request.header("x-csrf-token", header);
        }
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{header:?} {cookie:?} {origin:?}");
        assert_eq!(Some(answer.problem().as_str()), expected);
    }
    assert_eq!(ann.clone().me().await, StatusCode::OK, "nothing was done");
    let request =
        ann.request(Method::POST, "/api/v1/auth/logout").header("x-csrf-token", &own).header("origin", &ours);
    assert_eq!(ann.clone().send(request).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn nobody_is_signed_in_from_another_site() {
    let app = TestApp::start_with(|config| {
        config.server.allowed_origins = vec!["https://intranet.example".to_owned()];
    })
    .await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    for (origin, expected) in [
        ("https://evil.example", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
        ("https://intranet.example", StatusCode::OK),
        (app.browser().base.as_str(), StatusCode::OK),
    ] {
        let mut browser = app.browser();
        let request = browser
            .request(Method::POST, "/api/v1/auth/login")
            .header("origin", origin)
            .json(&json!({"login": "ann@example.com", "password": PASSWORD}));
        assert_eq!(browser.send(request).await.status, expected, "{origin}");
    }
}

#[tokio::test]
async fn a_second_session_cookie_voids_both() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let cookie = format!("sid={}; sid=planted", ann.cookies["sid"]);
    ann.cookies.clear();
    let request = ann.request(Method::GET, "/api/v1/auth/me").header("cookie", cookie);
    assert_eq!(ann.send(request).await.status, StatusCode::UNAUTHORIZED);
}
