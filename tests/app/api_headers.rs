//! What the API says and hears beside its bodies: versions, keys of what is done once, limits, other origins, encodings.

use std::fmt::Write;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{Answer, Browser, TestApp};

/// Sends JSON with further headers, as the pages' scripts do.
async fn send(
    browser: &mut Browser,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Answer {
    let mut request = browser.request(method, path);
    if let Some(token) = browser.cookies.get("csrf") {
        request = request.header("x-csrf-token", token);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    browser.send(request).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn nobody_writes_over_what_they_have_not_seen() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let made = pia.post("/api/v1/items", &json!({"sku": "A-1", "name": "Carton"})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let first = header(&made, "etag").to_owned();
    assert!(first.starts_with('"') && first.ends_with('"'), "{first}");
    let item = "/api/v1/items/A-1";
    assert_eq!(header(&pia.get(item).await, "etag"), first);
    let same = send(&mut pia, Method::GET, item, &[("if-none-match", &first)], None).await;
    assert_eq!((same.status, same.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let change = json!({"name": "Carton, blue"});
    let changed = send(&mut pia, Method::PATCH, item, &[("if-match", &first)], Some(&change)).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let second = header(&changed, "etag").to_owned();
    assert_ne!(first, second);
    for stale in [&*first, "W/\"2\"", "\"\""] {
        for (method, body) in [(Method::PATCH, Some(&change)), (Method::DELETE, None)] {
            let refused = send(&mut pia, method.clone(), item, &[("if-match", stale)], body).await;
            assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED, "{method} {stale}: {refused:?}");
            assert_eq!(refused.problem(), "changed-meanwhile");
        }
    }
    for wrong in ["nonsense", "{}", "\"1\" \"2\"", "\"1"] {
        let refused = send(&mut pia, Method::DELETE, item, &[("if-match", wrong)], None).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}: {refused:?}");
    }
    let both = format!("{first}, {second}");
    let gone = send(&mut pia, Method::DELETE, item, &[("if-match", &both)], None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");

    let plan = pia.post("/api/v1/plans", &json!({"name": "P"})).await;
    let seen = header(&plan, "etag").to_owned();
    app.advance_minutes(1);
    let renamed =
        send(&mut pia, Method::PATCH, "/api/v1/plans/P", &[("if-match", &seen)], Some(&json!({"name": "Q"})))
            .await;
    assert_eq!(renamed.status, StatusCode::OK, "{renamed:?}");
    let refused = send(&mut pia, Method::POST, "/api/v1/plans/Q/lock", &[("if-match", &seen)], None).await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED, "{refused:?}");
}

#[tokio::test]
async fn what_is_asked_for_again_under_its_key_is_done_once() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let key = [("idempotency-key", "\"5f1c\"")];
    let body = json!({"name": "Once"});
    let first = send(&mut pia, Method::POST, "/api/v1/plans", &key, Some(&body)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    assert_eq!(header(&first, "idempotency-replayed"), "");
    let again =
        send(&mut pia, Method::POST, "/api/v1/plans", &[("idempotency-key", "5f1c")], Some(&body)).await;
    assert_eq!((again.status, &again.text), (StatusCode::CREATED, &first.text));
    assert_eq!(header(&again, "idempotency-replayed"), "true");
    assert_eq!(pia.get("/api/v1/plans").await.json()["plans"].as_array().unwrap().len(), 1);
    // Another thing, another place: none of its repetitions.
    for (path, body) in [("/api/v1/plans", json!({"name": "Twice"})), ("/api/v1/items", body.clone())] {
        let taken = send(&mut pia, Method::POST, path, &key, Some(&body)).await;
        assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY, "{taken:?}");
        assert_eq!(taken.problem(), "idempotency-key-taken");
    }
    // Somebody else's keys are theirs.
    let mut bob = app.signed_in(Role::Admin, &[]).await;
    let other =
        send(&mut bob, Method::POST, "/api/v1/items", &key, Some(&json!({"sku": "B", "name": "B"}))).await;
    assert_eq!(other.status, StatusCode::CREATED, "{other:?}");
    // What was refused may be tried again.
    let retry = [("idempotency-key", "later")];
    let wrong = send(&mut pia, Method::POST, "/api/v1/plans", &retry, Some(&json!({"name": ""}))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = send(&mut pia, Method::POST, "/api/v1/plans", &retry, Some(&json!({"name": "Right"}))).await;
    assert_eq!(right.status, StatusCode::CREATED, "{right:?}");
    for wrong in ["", "\"\"", "a b", "é"] {
        let refused =
            send(&mut pia, Method::POST, "/api/v1/plans", &[("idempotency-key", wrong)], Some(&body)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {refused:?}");
    }
    // After a day a key is free.
    app.advance_minutes(24 * 60 + 1);
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let fresh = send(&mut pia, Method::POST, "/api/v1/plans", &key, Some(&json!({"name": "Next day"}))).await;
    assert_eq!(fresh.status, StatusCode::CREATED, "{fresh:?}");
}

#[tokio::test]
async fn an_answer_with_a_secret_is_kept_nowhere() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let key = [("idempotency-key", "token-1")];
    let body = json!({"name": "Excel", "scopes": ["read"]});
    let made = send(&mut ann, Method::POST, "/api/v1/tokens", &key, Some(&body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let token = made.json()["token"].as_str().unwrap().to_owned();
    let again = send(&mut ann, Method::POST, "/api/v1/tokens", &key, Some(&body)).await;
    assert_eq!((again.status, again.problem()), (StatusCode::CONFLICT, "idempotency-not-kept".to_owned()));
    assert!(!again.text.contains(&token));
    let store = std::fs::read(app.data_dir().join("stockroom.redb")).unwrap();
    assert!(!store.windows(token.len()).any(|bytes| bytes == token.as_bytes()), "the token is at rest");
}

#[tokio::test]
async fn two_at_once_under_one_key_are_done_once() {
    let app = TestApp::start().await;
    let pia = app.signed_in(Role::Admin, &[]).await;
    let tries = (0..8).map(|_| {
        let mut pia = pia.clone();
        async move {
            let body = json!({"name": "At once"});
            send(&mut pia, Method::POST, "/api/v1/plans", &[("idempotency-key", "k")], Some(&body)).await
        }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 409)), "{answers:?}");
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).collect();
    let first = made.iter().filter(|answer| header(answer, "idempotency-replayed").is_empty()).count();
    assert_eq!(first, 1, "{answers:?}");
    let mut pia = pia;
    assert_eq!(pia.get("/api/v1/plans").await.json()["plans"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_user_has_so_many_requests_and_is_told_how_many_are_left() {
    let app = TestApp::start_with(|config| config.server.api_requests_per_minute = 5).await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    for left in (0..5).rev() {
        let answer = ann.get("/api/v1/auth/me").await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(header(&answer, "ratelimit-policy"), "\"user\";q=5;w=60");
        let told = header(&answer, "ratelimit").to_owned();
        assert!(told.starts_with(&format!("\"user\";r={left};t=")), "{told}");
    }
    let refused = ann.get("/api/v1/auth/me").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
    assert_eq!((refused.problem(), header(&refused, "retry-after")), ("too-many-requests".to_owned(), "12"));
    // Pages are no programs, and others are others.
    assert_eq!(ann.get("/account").await.status, StatusCode::OK);
    let mut bob = app.signed_in(Role::Customer, &[]).await;
    assert_eq!(bob.get("/api/v1/auth/me").await.status, StatusCode::OK);
    app.advance_minutes(1);
    assert_eq!(ann.get("/auth/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn pages_of_listed_origins_may_use_the_api_and_no_others() {
    let app = TestApp::start_with(|config| {
        config.server.allowed_origins =
            ["http://10.1.2.3:3000", "https://intra.example"].map(str::to_owned).to_vec();
    })
    .await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    for (origin, is_listed) in [
        ("http://10.1.2.3:3000", true),
        ("https://intra.example", true),
        ("http://10.1.2.3", false),
        ("null", false),
    ] {
        let preflight = [
            ("origin", origin),
            ("access-control-request-method", "PATCH"),
            ("access-control-request-headers", "authorization,if-match"),
            ("access-control-request-private-network", "true"),
        ];
        for asked in [
            send(&mut ann, Method::OPTIONS, "/api/v1/plans/x", &preflight, None).await,
            send(&mut ann, Method::GET, "/api/v1/auth/me", &[("origin", origin)], None).await,
            // Refusals are for the page's eyes too.
            send(&mut ann, Method::GET, "/api/v1/imports", &[("origin", origin)], None).await,
        ] {
            let (allowed, credentials) = (
                header(&asked, "access-control-allow-origin"),
                header(&asked, "access-control-allow-credentials"),
            );
            if is_listed {
                assert_eq!((allowed, credentials), (origin, "true"), "{asked:?}");
            } else {
                assert_eq!(allowed, "", "{asked:?}");
            }
            let varies =
                asked.headers.get_all("vary").iter().any(|value| value.to_str().unwrap().contains("origin"));
            assert!(varies, "{asked:?}");
        }
    }
    // Pages are for no other origin.
    let page = send(&mut ann, Method::GET, "/account", &[("origin", "https://intra.example")], None).await;
    assert_eq!(header(&page, "access-control-allow-origin"), "");
    // Whose page cannot read our cookies finds the token in the answer.
    let me = send(&mut ann, Method::GET, "/auth/me", &[("origin", "https://intra.example")], None).await;
    let token = header(&me, "x-csrf-token").to_owned();
    assert_eq!(Some(&token), ann.cookies.get("csrf"));
    assert!(header(&me, "access-control-expose-headers").contains("x-csrf-token"), "{me:?}");
    let posted =
        send(&mut ann, Method::POST, "/auth/logout", &[("origin", "https://intra.example")], None).await;
    assert_eq!(posted.status, StatusCode::NO_CONTENT, "{posted:?}");
}

#[tokio::test]
async fn answers_are_compressed_for_who_asks_and_files_that_are_already_are_not() {
    let app = TestApp::start().await;
    let mut rows = "Part,Customer,Qty\n".to_owned();
    for part in 0..200 {
        writeln!(rows, "A-{part},Acme,{part}").unwrap();
    }
    app.import("Inventory", rows, &["owner=Customer"]).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme"]).await;
    let plain = ann.get("/api/v1/datasets/inventory/rows").await;
    for encoding in ["gzip", "br"] {
        for path in
            ["/api/v1/datasets/inventory/rows", "/api/v1/datasets/inventory/export", "/api/openapi.json"]
        {
            let request = ann.request(Method::GET, path).header("accept-encoding", encoding);
            let response = request.send().await.unwrap();
            assert_eq!(response.headers()["content-encoding"], encoding, "{path}");
            let bytes = response.bytes().await.unwrap();
            assert!(bytes.len() < 40_000 && !bytes.starts_with(b"{"), "{path}: {}", bytes.len());
            if encoding == "gzip" && path.ends_with("rows") {
                let mut text = String::new();
                std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*bytes), &mut text).unwrap();
                assert_eq!(text, plain.text);
                assert!(bytes.len() * 4 < text.len(), "{} of {}", bytes.len(), text.len());
            }
        }
    }
    // What the framework itself refuses is told anew, and not compressed.
    let mut root = app.signed_in(Role::Admin, &[]).await;
    let request = root.request(Method::GET, "/api/v1/audit/x").header("accept-encoding", "gzip");
    let refused = root.send(request).await;
    assert_eq!((refused.status, refused.problem()), (StatusCode::BAD_REQUEST, "bad-request".to_owned()));
    assert!(refused.headers.get("content-encoding").is_none(), "{refused:?}");
    let request = ann
        .request(Method::GET, "/api/v1/datasets/inventory/export?format=xlsx")
        .header("accept-encoding", "gzip, br");
    let workbook = request.send().await.unwrap();
    assert!(workbook.headers().get("content-encoding").is_none(), "{:?}", workbook.headers());
    assert!(plain.headers.get("content-encoding").is_none());
}

#[tokio::test]
async fn a_refusal_says_how_to_sign_in_and_which_field_is_wrong() {
    let app = TestApp::start().await;
    let mut nobody = app.browser();
    let refused = nobody.get("/api/v1/datasets").await;
    assert_eq!(header(&refused, "www-authenticate"), "Bearer realm=\"Stockroom\"");
    let request = nobody.request(Method::GET, "/auth/me").header("authorization", "Bearer stockroom_x");
    let refused = nobody.send(request).await;
    assert_eq!(header(&refused, "www-authenticate"), "Bearer realm=\"Stockroom\", error=\"invalid_token\"");

    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    for (path, body, field) in [
        ("/api/v1/plans", json!({"name": ""}), "name"),
        ("/api/v1/plans", json!({"name": 5}), "name"),
        ("/api/v1/plans", json!({"name": "x", "more": 1}), "more"),
        ("/api/v1/plans/x/copy", json!({}), "name"),
        ("/api/v1/items", json!({"sku": "A", "name": "A", "lead_time_days": -1}), "lead_time_days"),
        ("/api/v1/plans", json!(5), "body"),
    ] {
        let refused = pia.post(path, &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {refused:?}");
        assert_eq!(refused.json()["errors"][0]["field"], field, "{body}: {refused:?}");
    }
    let cells = json!({"cells": [{"line": 1, "measure": "sales", "date": "2026-11-21"}, {"line": 1, "measure": "x", "date": "2026-11-21"}]});
    let refused = pia.send_json(Method::PATCH, "/api/v1/plans/x/cells", &cells).await;
    assert_eq!(refused.json()["errors"][0]["field"], "cells.1.measure", "{refused:?}");
}
