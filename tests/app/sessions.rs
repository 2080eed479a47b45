//! How sessions end.

use reqwest::StatusCode;
use serde_json::json;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::commands::AdminCommand;
use stockroom::services::sessions;

use crate::harness::{Browser, PASSWORD, TestApp};

async fn email_of(browser: &mut Browser) -> String {
    browser.get("/api/v1/auth/me").await.json()["user"]["email"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn asvs_7_3_1_an_idle_session_ends_after_half_an_hour() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    app.advance_minutes(29);
    assert_eq!(ann.me().await, StatusCode::OK);
    app.advance_minutes(29);
    assert_eq!(ann.me().await, StatusCode::OK, "being seen counts before it is written down");
    app.advance_minutes(31);
    assert_eq!(ann.me().await, StatusCode::UNAUTHORIZED);
    assert_eq!(sessions::purge(app.services()).unwrap(), 1);
}

#[tokio::test]
async fn asvs_7_3_2_a_busy_session_ends_after_twelve_hours() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    for _ in 0..35 {
        app.advance_minutes(20);
        assert_eq!(ann.me().await, StatusCode::OK);
    }
    app.advance_minutes(20);
    assert_eq!(ann.me().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_admins_session_ends_sooner() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    app.advance_minutes(14);
    assert_eq!(admin.me().await, StatusCode::OK);
    app.advance_minutes(16);
    assert_eq!(admin.me().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_page_that_loads_itself_anew_does_not_keep_the_session() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    for _ in 0..2 {
        app.advance_minutes(14);
        assert_eq!(ann.get("/account?refreshed").await.status, StatusCode::OK);
    }
    app.advance_minutes(3);
    assert_eq!(ann.me().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn being_seen_survives_a_flush() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    app.advance_minutes(20);
    assert_eq!(ann.me().await, StatusCode::OK);
    sessions::flush_seen(app.services()).unwrap();
    app.advance_minutes(20);
    assert_eq!(ann.me().await, StatusCode::OK);
}

#[tokio::test]
async fn a_clock_set_back_does_not_lengthen_a_session() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    app.advance_minutes(-60 * 24 * 400);
    assert_eq!(ann.me().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn asvs_7_4_2_a_disabled_user_is_out_on_the_next_request() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let login = email_of(&mut ann).await;
    app.command(AdminCommand::UserDisable { login: login.clone() });
    assert_eq!(ann.me().await, StatusCode::UNAUTHORIZED);
    app.command(AdminCommand::UserEnable { login });
    assert_eq!(ann.me().await, StatusCode::UNAUTHORIZED, "the old session does not come back");
}

#[tokio::test]
async fn asvs_8_3_2_a_change_of_rights_ends_sessions_at_once() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Operator, &["A"]).await;
    let login = email_of(&mut ann).await;
    let owners = Some(OwnerScope::Owners(["B".to_owned()].into()));
    app.command(AdminCommand::UserRole { login: login.clone(), roles: [Role::Customer].into(), owners });
    assert_eq!(ann.me().await, StatusCode::UNAUTHORIZED);
    let answer = ann.login(&login, PASSWORD).await;
    assert_eq!(answer.json()["user"]["owners"], json!(["B"]));
    assert_eq!(answer.json()["user"]["roles"], json!(["customer"]));
}

#[tokio::test]
async fn sessions_survive_a_restart() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let TestApp { running, clock, directory } = app;
    let mut config = (*running.services.config()).clone();
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    running.shutdown().await;
    let registry = stockroom::app::registry();
    let deps = stockroom::app::Deps {
        clock: clock.clone(),
        registry,
        worker: crate::harness::worker(),
        ..Default::default()
    };
    let running = stockroom::app::App::start(config, deps).await.unwrap();
    ann.base = format!("http://{}", running.address);
    assert_eq!(ann.me().await, StatusCode::OK);
    drop(directory);
}
