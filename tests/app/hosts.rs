//! Which names the site answers to, and what every answer carries.

use reqwest::{Method, StatusCode};
use stockroom::config::server::PublicUrl;

use crate::harness::TestApp;

async fn status_for(app: &TestApp, host: &str, path: &str) -> StatusCode {
    let mut browser = app.browser();
    let request = browser.request(Method::GET, path).header("host", host);
    browser.send(request).await.status
}

#[tokio::test]
async fn without_a_public_address_any_ip_and_the_machines_names_are_answered() {
    let app = TestApp::start().await;
    for host in ["10.1.2.3:8080", "[::1]:80", "localhost", "LOCALHOST:9", "192.168.0.1"] {
        assert_eq!(status_for(&app, host, "/").await, StatusCode::SEE_OTHER, "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "10.1.2.3.evil.example"] {
        assert_eq!(status_for(&app, host, "/").await, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
}

#[tokio::test]
async fn with_a_public_address_only_that_and_listed_names_are_answered() {
    let app = TestApp::start_with(|config| {
        config.server.public_url = Some(PublicUrl::parse("https://stock.example").unwrap());
        config.server.hosts = vec!["stock.lan".to_owned()];
    })
    .await;
    assert_eq!(status_for(&app, "stock.example", "/").await, StatusCode::SEE_OTHER);
    assert_eq!(status_for(&app, "stock.lan", "/").await, StatusCode::SEE_OTHER);
    assert_eq!(status_for(&app, "127.0.0.1", "/").await, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(
        status_for(&app, "127.0.0.1", "/healthz").await,
        StatusCode::OK,
        "health checks come by address"
    );
}

#[tokio::test]
async fn a_wrong_host_gets_a_problem_and_no_session() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let request = browser.request(Method::GET, "/api/v1/auth/me").header("host", "evil.example");
    let answer = browser.send(request).await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::MISDIRECTED_REQUEST, "wrong-host".to_owned()));
}

#[tokio::test]
async fn asvs_3_4_every_answer_carries_the_security_headers() {
    let app = TestApp::start().await;
    for path in ["/", "/healthz", "/api/v1/auth/me", "/nowhere"] {
        let answer = app.browser().get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-request-id").len(), 32);
    }
    assert!(!app.browser().get("/").await.text.contains("<script"));
}
