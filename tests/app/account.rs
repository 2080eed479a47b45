//! One's own account, and the password that somebody else set.

use reqwest::StatusCode;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{PASSWORD, TestApp};

const NEW: &str = "an entirely new one";

#[tokio::test]
async fn a_name_is_changed_shown_and_escaped() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let saved = ann.post_form("/account/name", &[("first_name", " <img src=x onerror=alert(1)> ")]).await;
    assert_eq!(saved.header("location"), "/account?done=name");
    let page = ann.get("/account?done=name").await;
    assert!(page.text.contains("&lt;img src=x") && !page.text.contains("<img"), "{}", page.text);
    let bad = ann.post_form("/account/name", &[("first_name", "Ann\u{202e}nnA")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.text.contains("href=\"#first_name\""), "the error leads to the field");
    assert_eq!(ann.me().await, StatusCode::OK, "a name ends no session");
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let (mut here, mut there) = (app.browser(), app.browser());
    here.login("ann@example.com", PASSWORD).await;
    there.login("ann@example.com", PASSWORD).await;
    let path = "/account/password";
    let wrong = here
        .post_form(path, &[("current_password", "no"), ("new_password", NEW), ("new_password_again", NEW)])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("not your current password") && !wrong.text.contains(NEW), "{}", wrong.text);
    let soon = here
        .post_form(
            path,
            &[("current_password", PASSWORD), ("new_password", NEW), ("new_password_again", NEW)],
        )
        .await;
    assert!(soon.text.contains("Too many tries"), "guessing is slowed here too");
    app.advance_minutes(10);
    let weak = here
        .post_form(
            path,
            &[("current_password", PASSWORD), ("new_password", "short"), ("new_password_again", "short")],
        )
        .await;
    assert!(weak.text.contains("New password is too short"), "{}", weak.text);
    let old = here.cookies["sid"].clone();
    let done = here
        .post_form(
            path,
            &[("current_password", PASSWORD), ("new_password", NEW), ("new_password_again", NEW)],
        )
        .await;
    assert_eq!(done.header("location"), "/account?done=password");
    assert_ne!(here.cookies["sid"], old);
    assert_eq!((here.me().await, there.me().await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    assert_eq!(app.browser().login("ann@example.com", NEW).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_theme_is_kept_and_its_form_leads_nowhere_else() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let page = ann.get("/account?done=name").await;
    assert!(page.text.contains("name=\"next\" value=\"/account?done=name\""), "the form knows its page");
    let back = ann.post_form("/account/theme", &[("theme", "dark"), ("next", "/inventory?q=a%20b")]).await;
    assert_eq!((back.status, back.header("location")), (StatusCode::SEE_OTHER, "/inventory?q=a%20b"));
    assert_eq!(ann.cookies["theme"], "dark");
    assert!(ann.get("/account").await.text.contains("data-theme=\"dark\""));
    let mut visitor = app.browser();
    visitor.cookies.insert("theme".into(), "dark".into());
    assert!(
        visitor.get("/login").await.status.is_redirection()
            || visitor.get("/login").await.text.contains("data-theme")
    );
    for hostile in ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", ""] {
        let answer = ann.post_form("/account/theme", &[("theme", "light"), ("next", hostile)]).await;
        assert_eq!(answer.header("location"), "/", "{hostile}");
    }
    let odd = ann.post_form("/account/theme", &[("theme", "pink")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn preferences_hold_on_every_page() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let chosen = [("theme", "system"), ("density", "compact"), ("time_zone", "Asia/Tokyo")];
    let saved = ann.post_form("/account/preferences", &chosen).await;
    assert_eq!(saved.header("location"), "/account?done=preferences", "{saved:?}");
    let page = ann.get("/account").await.text;
    assert!(page.contains("data-density=\"compact\"") && page.contains("2026-11-21 17:00"), "{page}");
    let odd = [("theme", "system"), ("density", "compact"), ("time_zone", "Mars/Olympus")];
    let refused = ann.post_form("/account/preferences", &odd).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Time zone `Mars/Olympus` is no time zone"), "{}", refused.text);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_only_ones_own() {
    let app = TestApp::start().await;
    let mut eve = app.signed_in(Role::Customer, &[]).await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let (mut here, mut there, mut third) = (app.browser(), app.browser(), app.browser());
    for browser in [&mut here, &mut there, &mut third] {
        browser.login("ann@example.com", PASSWORD).await;
    }
    let page = here.get("/account").await.text;
    let ids: Vec<String> = page
        .split("/account/sessions/")
        .skip(1)
        .filter_map(|rest| rest.split_once("/end\"").map(|(id, _)| id.to_owned()))
        .filter(|id| id.len() == 16)
        .collect();
    assert_eq!(ids.len(), 2, "this one is not offered: {page}");
    assert_eq!(page.matches("This one").count(), 1);
    for id in &ids {
        eve.post_form(&format!("/account/sessions/{id}/end"), &[]).await;
    }
    assert_eq!(there.me().await, StatusCode::OK, "somebody else's session is not mine to end");
    here.post_form(&format!("/account/sessions/{}/end", ids[0]), &[]).await;
    let left = [there.me().await, third.me().await];
    assert_eq!(left.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{left:?}");
    here.post_form("/account/sessions/end-others", &[]).await;
    assert_eq!([there.me().await, third.me().await], [StatusCode::UNAUTHORIZED; 2]);
    assert_eq!(here.me().await, StatusCode::OK);
}

#[tokio::test]
async fn who_must_change_the_password_gets_nowhere_else() {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let given = "given by the admin".to_owned();
    app.give_password("ann@example.com", &given);
    let mut ann = app.browser();
    ann.login("ann@example.com", &given).await;
    for page in ["/account", "/inventory", "/admin/customers", "/setup/data"] {
        assert_eq!(ann.get(page).await.header("location"), "/change-password", "{page}");
    }
    let card = ann.get("/change-password").await;
    assert!(card.status == StatusCode::OK && card.text.contains("action=\"/logout\""), "{card:?}");
    let same = ann
        .post_form(
            "/change-password",
            &[("current_password", &given), ("new_password", &given), ("new_password_again", &given)],
        )
        .await;
    assert_eq!(same.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = ann
        .post_form(
            "/change-password",
            &[("current_password", &given), ("new_password", NEW), ("new_password_again", NEW)],
        )
        .await;
    assert_eq!(done.header("location"), "/", "{done:?}");
    assert_eq!(ann.get("/account").await.status, StatusCode::OK);
    assert_eq!(ann.get("/change-password").await.header("location"), "/account");
}
