//! Accounts and sessions over the API.

use reqwest::{Method, StatusCode};
use serde_json::json;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{PASSWORD, TestApp};

#[tokio::test]
async fn an_account_is_made_changed_and_deleted() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut ada = app.signed_in(Role::Admin, &[]).await;
    let new = json!({"email": "bob@acme.example", "first_name": "Bob", "roles": ["customer"], "owners": ["Acme"], "hand_over": "slip"});
    let made = ada.post("/api/v1/users", &new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let (user, code) =
        (made.json()["user"].clone(), made.json()["slip"]["code"].as_str().unwrap().to_owned());
    assert!(code.len() > 20, "{code}");
    let id = user["id"].as_str().unwrap();
    let by_login = ada.get("/api/v1/users/bob@acme.example").await;
    assert_eq!(by_login.json(), user);
    let etag = by_login.headers["etag"].to_str().unwrap().to_owned();
    let at = format!("/api/v1/users/{id}");

    // What is not said stays; null takes away.
    let changed = ada
        .send_json(
            Method::PATCH,
            &at,
            &json!({"mobile": "+43 660 1234567", "roles": ["customer", "planner"]}),
        )
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let now = changed.json();
    assert_eq!((&now["first_name"], &now["owners"]), (&json!("Bob"), &json!(["Acme"])));
    assert_eq!(now["roles"], json!(["customer", "planner"]));
    let taken = ada.send_json(Method::PATCH, &at, &json!({"mobile": null, "owners": ["Bolt"]})).await.json();
    assert_eq!((&taken["mobile"], &taken["owners"]), (&json!(null), &json!(["Bolt"])));
    let all = ada.send_json(Method::PATCH, &at, &json!({"all_owners": true})).await.json();
    assert_eq!((&all["all_owners"], &all["owners"]), (&json!(true), &json!([])));
    let request = ada
        .request(Method::PATCH, &at)
        .header("if-match", &etag)
        .header("x-csrf-token", &ada.cookies["csrf"]);
    let stale = ada.send(request.json(&json!({"first_name": "Rob"}))).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{stale:?}");
    for (wrong, field) in [
        (json!({"email": "nonsense"}), "email"),
        (json!({"roles": []}), "role"),
        (json!({"roles": ["king"]}), "roles.0"),
        (json!({"owners": ["A"], "all_owners": true}), "owners"),
        (json!({"password": "x"}), "password"),
    ] {
        let refused = ada.send_json(Method::PATCH, &at, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {refused:?}");
        assert_eq!(refused.json()["errors"][0]["field"], field, "{wrong}: {refused:?}");
    }
    let listed = ada.get("/api/v1/users?q=bob&role=planner&limit=1").await.json();
    assert_eq!((&listed["total"], &listed["users"][0]["id"]), (&json!(1), &json!(id)));
    assert_eq!(ada.get("/api/v1/users?limit=1&offset=2").await.json()["users"].as_array().unwrap().len(), 1);

    let refused =
        ada.send_json(Method::DELETE, &format!("{at}?confirm_email=eve@acme.example"), &json!({})).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    let gone =
        ada.send_json(Method::DELETE, &format!("{at}?confirm_email=bob@acme.example"), &json!({})).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
    assert_eq!(ada.get(&at).await.status, StatusCode::NOT_FOUND);
    let actions = app.actions();
    for action in ["user.add", "user.edit", "user.delete"] {
        assert!(actions.iter().any(|done| done == action), "{action} in {actions:?}");
    }
}

#[tokio::test]
async fn access_is_taken_given_and_let_in() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut ada = app.signed_in(Role::Admin, &[]).await;
    let with_password = json!({"email": "eve@acme.example", "roles": ["customer"], "hand_over": "password", "password": PASSWORD});
    let made = ada.post("/api/v1/users", &with_password).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(
        (&made.json()["slip"], &made.json()["user"]["must_change_password"]),
        (&json!(null), &json!(true))
    );
    let mut eve = app.browser();
    let act = |what: &str| format!("/api/v1/users/eve@acme.example/{what}");
    assert_eq!(ada.post(&act("disable"), &json!({})).await.json()["status"], "deactivated");
    let login = json!({"login": "eve@acme.example", "password": PASSWORD});
    assert_eq!(eve.post("/auth/login", &login).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ada.post(&act("enable"), &json!({})).await.json()["status"], "active");
    assert_eq!(eve.post("/auth/login", &login).await.status, StatusCode::OK);
    let sessions = ada.get("/api/v1/sessions?q=eve").await.json();
    assert_eq!(sessions["total"], 1, "{sessions}");
    let session = sessions["sessions"][0]["id"].as_str().unwrap().to_owned();
    let ended = ada.send_json(Method::DELETE, &format!("/api/v1/sessions/{session}"), &json!({})).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT, "{ended:?}");
    assert_eq!(eve.get("/auth/me").await.status, StatusCode::UNAUTHORIZED);
    let again = ada.send_json(Method::DELETE, &format!("/api/v1/sessions/{session}"), &json!({})).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert_eq!(ada.post(&act("unlock"), &json!({})).await.status, StatusCode::OK);
    let demanded = ada.post(&act("require-second-factor"), &json!({"required": true})).await;
    assert_eq!(demanded.json()["second_factor_required"], true, "{demanded:?}");
    assert_eq!(ada.post(&act("reset-second-factor"), &json!({})).await.status, StatusCode::CONFLICT);
    let access = ada.post(&act("access"), &json!({"by": "slip"})).await;
    assert!(access.json()["slip"]["code"].is_string(), "{access:?}");
    assert_eq!(
        eve.post("/auth/login", &login).await.status,
        StatusCode::UNAUTHORIZED,
        "the old password is void"
    );
    assert_eq!(ada.post(&act("end-sessions"), &json!({})).await.json()["ended"], 0);
    assert_eq!(ada.get("/api/v1/users/coverage").await.status, StatusCode::OK);

    // One's own sessions are everybody's.
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let own = ann.get("/api/v1/auth/sessions").await.json();
    assert_eq!(own["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(ann.get("/api/v1/sessions").await.status, StatusCode::FORBIDDEN);
    let session = own["sessions"][0]["id"].as_str().unwrap().to_owned();
    // Not somebody else's by the same way.
    let nothing =
        ada.send_json(Method::DELETE, &format!("/api/v1/auth/sessions/{session}"), &json!({})).await;
    assert_eq!(nothing.status, StatusCode::NO_CONTENT);
    assert_eq!(ann.get("/auth/me").await.status, StatusCode::OK);
    ann.send_json(Method::DELETE, &format!("/api/v1/auth/sessions/{session}"), &json!({})).await;
    assert_eq!(ann.get("/auth/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_asked_for_an_account_is_let_in_or_not() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in(Role::Admin, &[]).await;
    for name in ["one", "two"] {
        let mut visitor = app.browser();
        let email = format!("{name}@acme.example");
        let sent = visitor
            .submit(
                "/register",
                "/register",
                &[("first_name", name), ("last_name", "X"), ("email", &email), ("password", PASSWORD)],
            )
            .await;
        assert!(sent.status.is_redirection(), "{sent:?}");
    }
    let waiting = ada.get("/api/v1/approvals").await.json();
    assert_eq!(waiting["accounts"].as_array().unwrap().len(), 2, "{waiting}");
    // Until they are let in, their address may be anybody's: they go by their ids.
    let id_of = |email: &str| {
        let mut accounts = waiting["accounts"].as_array().unwrap().iter();
        let account = accounts.find(|account| account["user"]["email"] == email).unwrap();
        account["user"]["id"].as_str().unwrap().to_owned()
    };
    let (one, two) = (id_of("one@acme.example"), id_of("two@acme.example"));
    let let_in = ada
        .post(&format!("/api/v1/users/{one}/approve"), &json!({"roles": ["customer"], "owners": ["Acme"]}))
        .await;
    assert_eq!(let_in.status, StatusCode::OK, "{let_in:?}");
    assert_eq!((&let_in.json()["status"], &let_in.json()["owners"]), (&json!("active"), &json!(["Acme"])));
    let refused = ada.post(&format!("/api/v1/users/{two}/reject"), &json!({"reason": "unknown"})).await;
    assert_eq!(refused.json()["status"], "rejected", "{refused:?}");
    let over = ada.post(&format!("/api/v1/users/{one}/approve"), &json!({})).await;
    assert_eq!(over.status, StatusCode::CONFLICT, "{over:?}");
    assert!(ada.get("/api/v1/approvals").await.json()["accounts"].as_array().unwrap().is_empty());
}
