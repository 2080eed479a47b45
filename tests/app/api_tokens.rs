//! Tokens of programs: what they open, and that they are never worth more than the user.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::commands::{AdminCommand, AdminReply};

use crate::harness::{Answer, Browser, PASSWORD, TestApp};

/// Makes a token on the API; its id and itself.
async fn make(browser: &mut Browser, name: &str, scopes: &[&str]) -> (String, String) {
    let made = browser.post("/api/v1/tokens", &json!({"name": name, "scopes": scopes})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = made.json();
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

/// What a program without any cookie is told.
async fn with(app: &TestApp, token: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let mut program = app.browser();
    let mut request = program.request(method, path).header("authorization", format!("Bearer {token}"));
    if let Some(body) = body {
        request = request.json(body);
    }
    program.send(request).await
}

#[tokio::test]
async fn a_token_reads_what_its_user_reads_and_changes_what_it_is_for() {
    let app = TestApp::start().await;
    let stock = "Part,Customer,Qty\nS-1,Acme,4\nB-1,Bolt,7\n";
    app.import("Inventory", stock, &["owner=Customer"]).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme"]).await;
    let (_, token) = make(&mut ann, "Excel", &["read"]).await;
    assert!(token.starts_with("stockroom_") && token.len() == 53, "{token}");
    let rows = with(&app, &token, Method::GET, "/api/v1/datasets/inventory/rows", None).await;
    assert_eq!(rows.status, StatusCode::OK, "{rows:?}");
    assert!(rows.text.contains("S-1") && !rows.text.contains("B-1"), "{}", rows.text);
    let me = with(&app, &token, Method::GET, "/api/v1/auth/me", None).await.json();
    assert_eq!(me["user"]["roles"], json!(["customer"]));

    let mut pia = app.signed_in(Role::Planner, &["Acme"]).await;
    let plan = json!({"name": "P"});
    let (_, reads) = make(&mut pia, "reads", &["read"]).await;
    let refused = with(&app, &reads, Method::POST, "/api/v1/plans", Some(&plan)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    assert_eq!(refused.problem(), "token-scope");
    let (_, plans) = make(&mut pia, "plans", &["plans"]).await;
    let made = with(&app, &plans, Method::POST, "/api/v1/plans", Some(&plan)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    // What the account may not do itself is not to be had.
    for scope in ["import", "users", "site", "audit"] {
        let refused = pia.post("/api/v1/tokens", &json!({"name": "x", "scopes": [scope]})).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{scope}: {refused:?}");
    }
    // A token for one thing is none for another, whatever the account may do.
    let mut ada = app.signed_in(Role::Admin, &[]).await;
    let (_, imports) = make(&mut ada, "imports", &["import"]).await;
    let refused = with(&app, &imports, Method::POST, "/api/v1/plans", Some(&json!({"name": "Q"}))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    let imported = with(&app, &imports, Method::GET, "/api/v1/imports", None).await;
    assert_eq!(imported.status, StatusCode::OK, "{imported:?}");
    let refused = with(&app, &plans, Method::GET, "/api/v1/imports", None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
}

#[tokio::test]
async fn a_token_opens_no_page_makes_no_token_and_ends_with_what_it_stands_on() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut ada = app.signed_in(Role::Admin, &[]).await;
    let (id, token) = make(&mut ada, "ERP", &["read", "users", "site"]).await;
    for (method, path, body) in [
        (Method::GET, "/inventory", None),
        (Method::GET, "/account/tokens", None),
        (Method::POST, "/api/v1/tokens", Some(json!({"name": "more", "scopes": ["read"]}))),
        (Method::DELETE, &*format!("/api/v1/tokens/{id}"), None),
        (Method::POST, "/api/v1/auth/logout", None),
        (Method::POST, "/api/v1/auth/password", Some(json!({"new_password": "something else entirely"}))),
    ] {
        let refused = with(&app, &token, method.clone(), path, body.as_ref()).await;
        assert!(matches!(refused.status.as_u16(), 403 | 409), "{method} {path}: {refused:?}");
    }
    // A cookie beside it counts for nothing, and so does a token that is none.
    let request = ada.request(Method::GET, "/api/v1/auth/me").header("authorization", "Bearer stockroom_x");
    assert_eq!(ada.send(request).await.status, StatusCode::UNAUTHORIZED);
    // No other site can make a browser send one: nothing is asked for beside it.
    let made = with(&app, &token, Method::GET, "/api/v1/tokens", None).await.json();
    assert_eq!(made["tokens"][0]["name"], "ERP");
    assert!(!made.to_string().contains(&token[10..]), "the token itself is nowhere");

    let revoked = ada.send_json(Method::DELETE, &format!("/api/v1/tokens/{id}"), &json!({})).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT, "{revoked:?}");
    let is_open = |token: String| {
        let app = &app;
        async move { with(app, &token, Method::GET, "/api/v1/datasets", None).await.status == StatusCode::OK }
    };
    assert!(!is_open(token).await);
    // Time, a disabled account, another role.
    let user = app.add_user("bot@example.com", Role::Operator, OwnerScope::All);
    let mut bot = app.browser();
    bot.login("bot@example.com", PASSWORD).await;
    let (_, short) = make(&mut bot, "short", &["read"]).await;
    let (_, long) = make(&mut bot, "long", &["read"]).await;
    assert!(is_open(short.clone()).await);
    app.advance_minutes(91 * 24 * 60);
    assert!(!is_open(short).await, "90 days are over");
    bot.login("bot@example.com", PASSWORD).await;
    let (_, fresh) = make(&mut bot, "fresh", &["read"]).await;
    assert!(is_open(fresh.clone()).await && !is_open(long).await);
    let login = user.id.to_string();
    app.command(AdminCommand::UserDisable { login: login.clone() });
    assert!(!is_open(fresh.clone()).await);
    app.command(AdminCommand::UserEnable { login: login.clone() });
    assert!(!is_open(fresh).await, "what was ended does not come back");
    let AdminReply::Tokens(tokens) = app.command(AdminCommand::TokenList { login }) else { panic!() };
    assert!(tokens.len() == 3 && tokens.iter().all(|token| token.is_over), "{tokens:?}");
    let actions = app.actions();
    for action in ["token.add", "token.revoke"] {
        assert!(actions.iter().any(|known| known == action), "{action}");
    }
}

#[tokio::test]
async fn a_token_is_made_on_the_page_shown_once_and_asks_for_the_password_after_a_while() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &["Acme"]).await;
    let page = ann.get("/account/tokens").await;
    assert!(page.text.contains("No token yet"), "{}", page.text);
    assert!(!page.text.contains("name=\"scope\" value=\"site\""), "{}", page.text);
    let form = [("token_name", "Excel"), ("scope", "read"), ("days", "365")];
    let made = ann.submit_on(&page, "/account/tokens", &form).await;
    let token = made.text.split("stockroom_").nth(1).expect("the token is shown")[..43].to_owned();
    let token = format!("stockroom_{token}");
    assert_eq!(with(&app, &token, Method::GET, "/api/v1/auth/me", None).await.status, StatusCode::OK);
    let page = ann.get("/account/tokens").await;
    assert!(page.text.contains("Excel") && !page.text.contains(&token), "{}", page.text);
    let twice = ann.submit_on(&page, "/account/tokens", &form).await;
    assert!(twice.text.contains("that of another token"), "{}", twice.text);
    app.advance_minutes(20);
    let page = ann.get("/account/tokens").await;
    assert!(page.text.contains("name=\"token_password\""), "{}", page.text);
    let other = [("token_name", "Other"), ("scope", "read"), ("days", "")];
    let refused = ann.submit_on(&page, "/account/tokens", &other).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = [&other[..], &[("token_password", PASSWORD)]].concat();
    let made = ann.submit_on(&page, "/account/tokens", &right).await;
    assert!(made.text.contains("“Other” was made"), "{}", made.text);
    let id = ann.get("/api/v1/tokens").await.json()["tokens"][0]["id"].as_str().unwrap().to_owned();
    // Who manages the account sees it, and revokes it.
    let user = ann.get("/api/v1/auth/me").await.json()["user"]["id"].as_str().unwrap().to_owned();
    let mut boss = app.signed_in(Role::Admin, &["Acme"]).await;
    let shown = boss.get(&format!("/admin/customers/{user}")).await;
    assert!(shown.text.contains("Other") && shown.text.contains("Tokens of programs"), "{}", shown.text);
    let other = ann.get("/api/v1/tokens").await.json()["tokens"][1]["id"].as_str().unwrap().to_owned();
    let gone = boss.submit_on(&shown, &format!("/admin/customers/{user}/tokens/{other}"), &[]).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{gone:?}");
    assert!(!ann.get("/account/tokens").await.text.contains("Other"));
    // Of somebody else it is not there.
    let mut bob = app.signed_in(Role::Customer, &["Bolt"]).await;
    let refused = bob.send_json(Method::DELETE, &format!("/api/v1/tokens/{id}"), &json!({})).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let page = ann.get("/account/tokens").await;
    let gone = ann.submit_on(&page, &format!("/account/tokens/{id}/revoke"), &[]).await;
    assert_eq!(gone.header("location"), "/account/tokens?done=revoked");
    assert_eq!(
        with(&app, &token, Method::GET, "/api/v1/auth/me", None).await.status,
        StatusCode::UNAUTHORIZED
    );
}
