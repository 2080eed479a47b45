//! The settings of a plan, what is done with it as a whole, and the list of plans.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::domain::permission::Role;

use crate::harness::{Browser, TestApp};

/// A plan of January with values on three days of it, and its address.
async fn plan(browser: &mut Browser, name: &str) -> String {
    let made = browser
        .post("/api/v1/plans", &json!({"name": name, "first": "2026-01-01", "last": "2026-01-31"}))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let file = "item,date,production,sales\nA-1,2026-01-01,5,2\nA-1,2026-01-02,,4\nA-1,2026-01-20,,3\n";
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let path = format!("/api/v1/plans/{name}/import?create_items=true");
    let request = browser.request(Method::POST, &path).header("x-csrf-token", token).body(file);
    let sent = browser.send(request).await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    format!("/plan/{}", made.json()["id"].as_str().unwrap())
}

async fn of_api(browser: &mut Browser, name: &str) -> Value {
    browser.get(&format!("/api/v1/plans/{name}")).await.json()
}

/// The form of the settings as a browser sends it, with these fields changed.
fn fields<'f>(changed: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let known = [
        ("name", "Base"),
        ("description", ""),
        ("first", "2026-01-01"),
        ("last", "2026-01-31"),
        ("bucket", "day"),
        ("shared_with", "planners"),
    ];
    let kept = known.into_iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    kept.chain(changed.iter().copied()).collect()
}

#[tokio::test]
async fn settings_are_saved_where_nobody_else_saved_them_meanwhile() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let address = format!("{}/settings", plan(&mut pia, "Base").await);
    let page = pia.get(&address).await;
    assert!(page.text.contains("value=\"2026-01-31\""), "{}", page.text);
    let saved = pia
        .submit_on(
            &page,
            &address,
            &[
                ("name", "Plan A"),
                ("description", "Of the north"),
                ("bucket", "week"),
                ("shared_with", "customers"),
            ],
        )
        .await;
    assert_eq!(saved.header("location"), format!("{address}?done=save"), "{saved:?}");
    let now = of_api(&mut pia, "Plan A").await;
    assert_eq!(
        (&now["description"], &now["bucket"], &now["shared_with"], &now["opens_with_stock"]),
        (&json!("Of the north"), &json!("week"), &json!("customers"), &json!(false))
    );
    // What was typed or imported meanwhile is none of the settings; what somebody saved is.
    pia.send_json(
        Method::PATCH,
        "/api/v1/plans/Plan%20A/cells",
        &json!({"cells": [{"line": 1, "measure": "sales", "date": "2026-01-03", "value": 1, "version": 0}]}),
    )
    .await;
    let stale = pia.submit_on(&page, &address, &fields(&[("name", "Plan B"), ("bucket", "day")])).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["changed by somebody else", "Saved now: Plan A", "value=\"Plan B\""] {
        assert!(stale.text.contains(said), "{said}: {}", stale.text);
    }
    let over = pia.submit_on(&stale, &address, &fields(&[("name", "Plan B")])).await;
    assert_eq!(over.status, StatusCode::SEE_OTHER, "{over:?}");
    assert_eq!(of_api(&mut pia, "Plan B").await["bucket"], "day");
    // The API has the same guard.
    let old = json!({"description": "Mine", "version": now["version"]});
    let stale = pia.send_json(Method::PATCH, "/api/v1/plans/Plan%20B", &old).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{stale:?}");
    for (field, value, said) in [
        ("name", " ", "Name needs 1 to 120 characters"),
        ("first", "soon", "First day is no date"),
        ("last", "2025-12-31", "Last day the plan would end"),
        ("last", "", "Last day is missing"),
        ("bucket", "year", "is none of those offered"),
        ("shared_with", "", "is none of those offered"),
    ] {
        let page = pia.get(&address).await;
        let wrong = pia.submit_on(&page, &address, &fields(&[(field, value)])).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(wrong.text.contains(said), "{said}: {}", wrong.text);
    }
}

#[tokio::test]
async fn cells_outside_of_narrower_days_are_told_kept_and_come_back() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let home = plan(&mut pia, "Base").await;
    let address = format!("{home}/settings");
    let before = pia.get("/api/v1/plans/Base/export").await.text;
    let page = pia.get(&address).await;
    assert!(!page.text.contains("outside the days of this plan"), "{}", page.text);
    pia.submit_on(&page, &address, &fields(&[("last", "2026-01-10")])).await;
    let narrow = pia.get(&address).await;
    assert!(narrow.text.contains("1 value, on 2026-01-20, lies outside"), "{}", narrow.text);
    assert!(!pia.get("/api/v1/plans/Base/export").await.text.contains("2026-01-20"));
    pia.submit_on(&narrow, &address, &fields(&[("first", "2026-01-05"), ("last", "2026-01-10")])).await;
    let narrower = pia.get(&address).await;
    assert!(
        narrower.text.contains("4 values, from 2026-01-01 to 2026-01-20, lie outside"),
        "{}",
        narrower.text
    );
    // Without days of its own, the plan has those of what it holds, and not those that it had last.
    let saved = pia.submit_on(&narrower, &address, &fields(&[("first", ""), ("last", "")])).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
    let now = of_api(&mut pia, "Base").await;
    assert_eq!(
        (&now["first"], &now["last"], &now["follows_files"]),
        (&json!("2026-01-01"), &json!("2026-01-20"), &json!(true))
    );
    assert_eq!(pia.get("/api/v1/plans/Base/export").await.text, before);
    assert!(
        pia.get(&address).await.text.contains("follow the files that are imported: 2026-01-01 to 2026-01-20")
    );
}

#[tokio::test]
async fn a_plan_is_copied_led_locked_archived_and_deleted_from_its_settings() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    app.import("Inventory", "Part,Qty\nA-1,40\n", &[]).await;
    let home = plan(&mut pia, "Base").await;
    let address = format!("{home}/settings");
    assert!(pia.get(&home).await.text.contains(&format!("href=\"{address}\"")), "the sheet leads there");
    let nameless = pia.post_form(&address, &[("act", "copy"), ("copy_name", "base")]).await;
    assert!(nameless.text.contains("there is a plan “base” already"), "{}", nameless.text);
    let copy = pia.post_form(&address, &[("act", "copy"), ("copy_name", "Scenario")]).await;
    let copied = copy.header("location").trim_end_matches("?done=copy").to_owned();
    assert!(pia.get(copy.header("location")).await.text.contains("This is the copy."));
    let taken = pia.post_form(&copied, &[("act", "stock"), ("dataset", "inventory")]).await;
    let told = pia.get(taken.header("location")).await.text;
    assert!(told.contains("Inventory, generation 1, taken over by"), "{told}");
    let lead = pia.post_form(&copied, &[("act", "lead")]).await;
    assert_eq!(lead.header("location"), format!("{copied}?done=lead"));
    pia.post_form(&copied, &[("act", "lock")]).await;
    let refused = pia.post_form(&address, &[("act", "lead")]).await;
    assert!(refused.text.contains("leads and is locked"), "{}", refused.text);
    let locked = pia.get(&copied).await.text;
    assert!(locked.contains("<fieldset class=\"stack\" disabled>"), "{locked}");
    // The leader does not go.
    let leader = copied.trim_end_matches("/settings").to_owned();
    let stays = pia.post_form(&format!("{leader}/delete"), &[]).await;
    assert_eq!(stays.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stays.text.contains("make another plan the leader first"), "{}", stays.text);
    // Another is put away, and goes after a question.
    pia.post_form(&address, &[("act", "archive")]).await;
    assert!(pia.get(&address).await.text.contains("This plan is archived."));
    assert!(pia.get(&format!("{home}/delete")).await.text.contains("Delete Base?"));
    let gone = pia.post_form(&format!("{home}/delete"), &[]).await;
    assert!(gone.header("location").starts_with("/plan?deleted="), "{gone:?}");
    assert_eq!(pia.get(&address).await.status, StatusCode::NOT_FOUND);
    let strange = pia.post_form(&copied, &[("act", "burn")]).await;
    assert_eq!(strange.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Who sees single owners is told what they cannot do, and does not do it.
    let mut tom = app.signed_in(Role::Planner, &["Acme"]).await;
    let page = tom.get(&copied).await;
    assert!(page.text.contains("You see items of some owners"), "{}", page.text);
    for act in ["unlock", "copy", "stock"] {
        let refused =
            tom.post_form(&copied, &[("act", act), ("copy_name", "Mine"), ("dataset", "inventory")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}");
    }
}

#[tokio::test]
async fn the_list_tells_who_changed_what_and_brings_deleted_plans_back_for_a_week() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let wrong = pia.post_form("/plan", &[("name", "Base"), ("bucket", "year")]).await;
    assert!(wrong.text.contains("is none of those offered"), "{}", wrong.text);
    let fields = [("name", "Lead"), ("description", "Of the south"), ("bucket", "month")];
    assert_eq!(pia.post_form("/plan", &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(of_api(&mut pia, "Lead").await["bucket"], "month");
    let home = plan(&mut pia, "Base").await;
    let copy =
        pia.post_form(&format!("{home}/settings"), &[("act", "copy"), ("copy_name", "Scenario")]).await;
    assert_eq!(copy.status, StatusCode::SEE_OTHER);
    let list = pia.get("/plan").await.text;
    let me = pia.get("/api/v1/auth/me").await.json();
    for said in ["Of the south", "Copied from Base", "<td class=\"number\" data-label=\"Lines\">1</td>"] {
        assert!(list.contains(said), "{said}: {list}");
    }
    let who = me["user"]["email"].as_str().unwrap();
    assert_eq!(list.matches(&format!("<div class=\"hint\">{who}</div>")).count(), 3, "{who}: {list}");
    // Put away: listed apart.
    pia.post_form(&format!("{home}/settings"), &[("act", "archive")]).await;
    let list = pia.get("/plan").await.text;
    let archive = list.find("id=\"archive-title\"").expect("a part of its own");
    assert!(list.find(&format!("href=\"{home}\"")).unwrap() > archive, "{list}");
    // Deleted, told, brought back with one click.
    let gone = pia.post_form(&format!("{home}/delete"), &[]).await;
    let told = pia.get(gone.header("location")).await;
    assert!(
        told.text.contains("Base was deleted.") && told.text.contains("Can be brought back until"),
        "{}",
        told.text
    );
    assert!(!told.text.contains("Copied from Base"), "what is gone is not named elsewhere: {}", told.text);
    let mut tom = app.signed_in(Role::Planner, &["Acme"]).await;
    assert!(!tom.get("/plan").await.text.contains("/restore\""), "for who sees every owner");
    let back = pia.submit_on(&told, &format!("{home}/restore"), &[]).await;
    assert!(pia.get(back.header("location")).await.text.contains(&home));
    // After a week it is gone for good.
    pia.post_form(&format!("{home}/delete"), &[]).await;
    app.advance_minutes(7 * 24 * 60 + 1);
    stockroom::services::plans::purge(app.services()).unwrap();
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    assert!(!pia.get("/plan").await.text.contains("Deleted plans"));
    // Customers see neither who changed a plan nor what was deleted.
    let leader = of_api(&mut pia, "Lead").await["id"].as_str().unwrap().to_owned();
    pia.send_json(Method::PATCH, &format!("/api/v1/plans/{leader}"), &json!({"shared_with": "customers"}))
        .await;
    pia.post_form(&format!("{home}/delete"), &[]).await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let list = acme.get("/plan").await.text;
    assert!(list.contains("Lead") && !list.contains(who) && !list.contains("Settings of"), "{list}");
}

#[tokio::test]
async fn an_admin_of_single_owners_and_one_who_looks_as_a_customer_go_as_far_as_their_rows() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    for (sku, owner) in [("A-1", "Acme"), ("B-1", "Bolt")] {
        pia.post("/api/v1/items", &json!({"sku": sku, "owner": owner})).await;
    }
    let home = plan(&mut pia, "Base").await;
    let token = pia.cookies.get("csrf").cloned().unwrap_or_default();
    let request = pia.request(Method::POST, "/api/v1/plans/Base/import").header("x-csrf-token", token);
    pia.send(request.body("item,date,sales\nB-1,2026-01-01,1\n")).await;
    pia.send_json(Method::PATCH, "/api/v1/plans/Base", &json!({"shared_with": "customers"})).await;
    // The rights of an admin do not widen the rows of the account.
    let mut ada = app.signed_in(Role::Admin, &["Acme"]).await;
    let sheet = ada.get(&home).await.text;
    assert!(sheet.contains("A-1") && !sheet.contains("B-1"), "{sheet}");
    assert!(ada.get("/plan").await.text.contains("data-label=\"Lines\">1</td>"));
    assert!(!ada.get("/plan/items").await.text.contains("B-1"));
    for act in ["leader", "lock", "archive", "stock"] {
        let refused = ada.post(&format!("/api/v1/plans/Base/{act}"), &json!({})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{act}: {refused:?}");
    }
    for change in [
        json!({"shared_with": "everyone"}),
        json!({"last": "2026-01-02", "first": "2026-01-01"}),
        json!({"follows_files": true}),
        json!({"description": "Mine"}),
    ] {
        let refused = ada.send_json(Method::PATCH, "/api/v1/plans/Base", &change).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{change}: {refused:?}");
    }
    // Whoever looks as a customer sees the plan as that customer does, and changes nothing.
    let bolt = app.add_user(
        "bolt@example.com",
        Role::Customer,
        stockroom::domain::scope::OwnerScope::Owners(["Bolt".to_owned()].into()),
    );
    pia.post_form(&format!("/admin/view-as/{}", bolt.id), &[]).await;
    assert!(pia.get("/plan").await.text.contains("Base"));
    let sheet = pia.get(&home).await.text;
    assert!(sheet.contains("B-1") && !sheet.contains("A-1"), "{sheet}");
    assert_eq!(pia.get(&format!("{home}/settings")).await.status, StatusCode::FORBIDDEN);
    let lines = pia.get("/api/v1/plans/Base/lines").await.json();
    assert_eq!(lines["lines"].as_array().unwrap().len(), 1, "{lines}");
    for path in ["/plan", &home, &format!("{home}/settings"), &format!("{home}/delete")] {
        let sent = pia.post_form(path, &[("act", "lead"), ("name", "New")]).await;
        assert_ne!(sent.status, StatusCode::OK, "{path}");
        assert!(sent.header("location").starts_with("/admin/view-as"), "{path}: {sent:?}");
    }
}
