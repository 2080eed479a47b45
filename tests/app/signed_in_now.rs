//! Who is signed in, signing them out, and looking at the site as somebody else.

use std::fmt::Write as _;

use futures_util::StreamExt as _;
use reqwest::{Method, StatusCode};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{Browser, PASSWORD, TestApp};

async fn root(app: &TestApp) -> Browser {
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    root
}

#[tokio::test]
async fn an_admin_sees_who_is_signed_in_and_signs_one_browser_out() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let (mut here, mut there) = (app.browser(), app.browser());
    here.login("ann@example.com", PASSWORD).await;
    there.login("ann@example.com", PASSWORD).await;
    let page = root.get("/admin/sessions").await.text;
    assert!(page.contains("3 sessions of 2 users") && page.matches("ann@example.com").count() >= 2, "{page}");
    assert_eq!(page.matches("/end\"").count(), 2, "nobody ends their own here: {page}");
    let found = root.get("/admin/sessions?q=ANN+customer").await.text;
    assert_eq!(found.matches("<tr id=").count(), 2, "{found}");
    assert!(root.get("/admin/sessions?q=nobody").await.text.contains("Nobody like that"));
    let action =
        found.split("action=\"").find(|part| part.starts_with("/admin/sessions/") && part.contains("/end\""));
    let action = action.unwrap().split('"').next().unwrap().to_owned();
    let ended = root.submit("/admin/sessions", &action, &[]).await;
    assert!(ended.header("location").starts_with("/admin/sessions?ended=ann"), "{ended:?}");
    assert!(root.get(ended.header("location")).await.text.contains("is signed out there"));
    let out = [here.me().await, there.me().await];
    assert_eq!(out.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count(), 1, "{out:?}");
    let again = root.post_form(&action, &[]).await;
    assert!(root.get(again.header("location")).await.text.contains("had ended already"));
    assert!(app.actions().iter().any(|action| action == "session.kick"));
}

#[tokio::test]
async fn all_but_mine_end_at_once_after_a_question() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(app.signed_in(Role::Customer, &[]).await);
    }
    let unasked = root.post_form("/admin/sessions/end-others", &[]).await;
    assert_eq!(unasked.header("location"), "/admin/sessions?unconfirmed=1");
    assert_eq!(others[0].me().await, StatusCode::OK);
    let ended = root.submit("/admin/sessions", "/admin/sessions/end-others", &[]).await;
    assert_eq!(ended.header("location"), "/admin/sessions?ended-others=3");
    for other in &mut others {
        assert_eq!(other.me().await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(root.me().await, StatusCode::OK);
}

fn many_rows() -> String {
    let mut csv = "part,owner,qty,notes\n".to_owned();
    for row in 0..60_000 {
        let _ = writeln!(csv, "P-{row},Acme,{row},{}", "long enough to take a while to send ".repeat(8));
    }
    csv
}

#[tokio::test]
async fn a_download_on_its_way_ends_with_the_session() {
    let app = TestApp::start().await;
    app.import("inventory", many_rows(), &["owner=owner"]).await;
    let mut root = root(&app).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme"]).await;
    let request = ann.request(Method::GET, "/api/v1/datasets/inventory/export?format=csv");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let mut chunks = answer.bytes_stream();
    let mut received = chunks.next().await.unwrap().unwrap().len();
    root.submit("/admin/sessions", "/admin/sessions/end-others", &[]).await;
    assert_eq!(ann.me().await, StatusCode::UNAUTHORIZED);
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    let mut cut_off = false;
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) => received += chunk.len(),
            Err(_) => {
                cut_off = true;
                break;
            }
        }
    }
    assert!(cut_off, "all {received} bytes came");
}

#[tokio::test]
async fn an_admin_looks_as_a_user_sees_exactly_their_rows_and_changes_nothing() {
    let app = TestApp::start().await;
    app.import("inventory", "part,owner,qty\nA-1,Acme,1\nG-1,Globex,2\n", &["owner=owner"]).await;
    let mut root = root(&app).await;
    let ann = app.add_user("ann@example.com", Role::Customer, OwnerScope::Owners(["Acme".to_owned()].into()));
    let mut own = app.browser();
    own.login("ann@example.com", PASSWORD).await;
    let of_ann = own.get("/api/v1/datasets/inventory/rows").await.json();
    let user_page = format!("/admin/customers/{}", ann.id);
    let begun = root.submit(&user_page, &format!("/admin/view-as/{}", ann.id), &[]).await;
    assert_eq!(begun.header("location"), "/inventory", "{begun:?}");

    let page = root.get("/inventory").await;
    assert!(page.text.contains("You look at this site as ann@example.com"), "{}", page.text);
    assert!(
        page.text.contains("Nothing is downloaded while") && !page.text.contains("/export?"),
        "{}",
        page.text
    );
    assert!(
        page.text.contains("A-1") && !page.text.contains("G-1") && !page.text.contains("/admin/customers")
    );
    let rows = root.get("/api/v1/datasets/inventory/rows").await.json();
    assert_eq!(rows["rows"], of_ann["rows"]);
    // What they must do first is no wall in front of what they see.
    app.give_password("ann@example.com", "another pass phrase");
    assert_eq!(root.get("/inventory").await.status, StatusCode::OK);
    // Nothing that changes, nothing of the admin's own, no copies.
    for path in ["/account", "/imports", &user_page, "/admin/sessions", "/setup/data"] {
        let elsewhere = root.get(path).await;
        assert_eq!(
            (elsewhere.status, elsewhere.header("location")),
            (StatusCode::SEE_OTHER, "/admin/view-as"),
            "{path}"
        );
    }
    let export = root.get("/api/v1/datasets/inventory/export?format=csv").await;
    assert_eq!(export.status, StatusCode::FORBIDDEN, "{export:?}");
    for path in
        ["/account/name", "/account/theme", "/imports", "/admin/customers", "/admin/sessions/end-others"]
    {
        let refused = root.post_form(path, &[("first_name", "Mallory")]).await;
        assert_eq!(
            (refused.status, refused.header("location")),
            (StatusCode::SEE_OTHER, "/admin/view-as"),
            "{path}"
        );
    }
    let said = root.get("/admin/view-as").await;
    assert!(said.status == StatusCode::FORBIDDEN && said.text.contains("no part of it"), "{said:?}");

    let ended = root.submit_on(&said, "/admin/view-as/end", &[]).await;
    assert_eq!(ended.header("location"), user_page, "{ended:?}");
    assert_eq!(root.get("/admin/customers").await.status, StatusCode::OK);
    let actions = app.actions();
    for action in ["view-as.begin", "view-as.end"] {
        assert!(actions.iter().any(|known| known == action), "{action}: {actions:?}");
    }
}

#[tokio::test]
async fn a_view_ends_by_itself_and_is_no_way_to_rows_that_the_admin_may_not_see() {
    let app = TestApp::start().await;
    app.add_user("office@example.com", Role::Admin, OwnerScope::Owners(["Acme".to_owned()].into()));
    let everything = app.add_user("all@example.com", Role::Customer, OwnerScope::All);
    let acme =
        app.add_user("acme@example.com", Role::Customer, OwnerScope::Owners(["Acme".to_owned()].into()));
    let mut office = app.browser();
    office.login("office@example.com", PASSWORD).await;
    let wider = office.post_form(&format!("/admin/view-as/{}", everything.id), &[]).await;
    assert!(wider.status == StatusCode::CONFLICT && wider.text.contains("not among yours"), "{wider:?}");
    let own = app.add_user("other@example.com", Role::Admin, OwnerScope::All);
    let missing = office.post_form("/admin/view-as/nobody@example.com", &[]).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(
        office.post_form(&format!("/admin/view-as/{}", own.id), &[]).await.status,
        StatusCode::CONFLICT
    );
    office.post_form(&format!("/admin/view-as/{}", acme.id), &[]).await;
    assert_eq!(office.get("/admin/customers").await.header("location"), "/admin/view-as");
    app.advance_minutes(9);
    office.get("/inventory").await;
    app.advance_minutes(9);
    office.get("/inventory").await;
    let of_view = office.get("/inventory").await;
    app.advance_minutes(13);
    // After half an hour it is over, which is said once.
    let over = office.get("/admin/customers").await;
    assert_eq!(over.header("location"), "/admin/view-as?over=1", "{over:?}");
    assert!(office.get("/admin/view-as?over=1").await.text.contains("You are yourself again"));
    assert_eq!(office.get("/admin/customers").await.status, StatusCode::OK);
    let late = office.submit_on(&of_view, "/admin/view-as/end", &[]).await;
    assert_eq!(late.status, StatusCode::FORBIDDEN, "what a page of the view sends fits nothing any more");
    // Whoever cannot sign in sees nothing, so there is nothing to look at.
    office.post_form(&format!("/admin/view-as/{}", acme.id), &[]).await;
    let mut root = app.browser();
    root.login("other@example.com", PASSWORD).await;
    let action = format!("/admin/customers/{}/deactivate", acme.id);
    root.submit(&action, &action, &[("confirm", "1")]).await;
    assert_eq!(office.get("/admin/customers").await.header("location"), "/admin/view-as?over=1");
    let back = format!("/admin/customers/{}/activate", acme.id);
    root.post_form(&back, &[("confirm", "1")]).await;
    assert_eq!(office.get("/admin/customers").await.status, StatusCode::OK, "it does not come back");
    // Who is signed out while they look has ended that as well.
    assert_eq!(
        office.post_form(&format!("/admin/view-as/{}", acme.id), &[]).await.header("location"),
        "/inventory"
    );
    root.post_form("/admin/sessions/end-others", &[("confirm", "1")]).await;
    assert_eq!(office.me().await, StatusCode::UNAUTHORIZED);
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let count = |wanted: &str| app.actions().iter().filter(|action| *action == wanted).count();
    assert_eq!((count("view-as.begin"), count("view-as.end")), (3, 3));
}
