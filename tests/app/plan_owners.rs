//! Plans of several owners: whose stock a line begins with, and who decides about a plan as a whole.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::domain::permission::Role;

use crate::harness::{Answer, Browser, TestApp};

async fn import(browser: &mut Browser, plan: &str, file: &str, more: &str) -> Answer {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let path = format!("/api/v1/plans/{plan}/import{more}");
    let request = browser.request(Method::POST, &path).header("x-csrf-token", token).body(file.to_owned());
    browser.send(request).await
}

async fn change(browser: &mut Browser, plan: &str, change: &Value) -> Answer {
    browser.send_json(Method::PATCH, &format!("/api/v1/plans/{plan}"), change).await
}

/// Item, location, amount and source of what each line begins with.
async fn openings(browser: &mut Browser, plan: &str) -> Vec<(String, String, String, String)> {
    let lines = browser.get(&format!("/api/v1/plans/{plan}/lines")).await.json();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut found: Vec<_> = lines["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let opening = &line["opening"];
            (text(&line["item"]), text(&line["location"]), text(&opening["amount"]), text(&opening["from"]))
        })
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn a_line_begins_with_the_stock_of_its_owner_at_its_location() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let stock = "Part,Customer,Warehouse,Qty\nS-1,Acme,North,4\nS-1,Bolt,North,600\nS-1,Bolt,South,23\nT-1,Bolt,South,7\n";
    let roles = ["owner=Customer", "role.Warehouse=location"];
    app.import("Inventory", stock, &roles).await;
    for (sku, owner) in [("S-1", "Acme"), ("T-1", "Bolt")] {
        pia.post("/api/v1/items", &json!({"sku": sku, "owner": owner})).await;
    }
    for code in ["North", "South", "Mars"] {
        pia.post("/api/v1/lists/locations", &json!({"code": code})).await;
    }
    pia.post("/api/v1/plans", &json!({"name": "P", "shared_with": "customers"})).await;
    let file = "item,location,date,sales\nS-1,,2026-01-01,1\nS-1,North,2026-01-01,1\nS-1,South,2026-01-01,1\nS-1,Mars,2026-01-01,1\nT-1,,2026-01-01,1\n";
    let sent = import(&mut pia, "P", file, "?create_items=true").await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    let done = pia.post("/api/v1/plans/P/stock", &json!({"dataset": "inventory"})).await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
    let line = |item: &str, location: &str, amount: &str, from: &str| {
        (item.to_owned(), location.to_owned(), amount.to_owned(), from.to_owned())
    };
    // What others have of the same part is theirs; of a place that the inventory does not know nothing is known.
    assert_eq!(
        openings(&mut pia, "P").await,
        [
            line("S-1", "", "4", "stock"),
            line("S-1", "Mars", "0", "nothing"),
            line("S-1", "North", "4", "stock"),
            line("S-1", "South", "0", "stock"),
            line("T-1", "", "7", "stock"),
        ]
    );
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let seen = openings(&mut acme, "P").await;
    assert!(seen.len() == 4 && seen.iter().all(|line| line.0 == "S-1"), "{seen:?}");
    // What was taken over for one is not shown to the next one that the item belongs to.
    pia.send_json(Method::PATCH, "/api/v1/items/T-1", &json!({"owner": "Acme"})).await;
    assert_eq!(openings(&mut acme, "P").await[4], line("T-1", "", "0", "nothing"));
    let items = "sku,owner\nS-1,Bolt\n";
    let token = pia.cookies.get("csrf").cloned().unwrap_or_default();
    let request = pia.request(Method::POST, "/api/v1/items/import").header("x-csrf-token", token).body(items);
    assert_eq!(pia.send(request).await.status, StatusCode::OK);
    assert_eq!(openings(&mut pia, "P").await[0], line("S-1", "", "0", "nothing"));
}

#[tokio::test]
async fn who_sees_single_owners_decides_about_plans_of_their_own_alone() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    for (sku, owner) in [("A-1", "Acme"), ("B-1", "Bolt")] {
        pia.post("/api/v1/items", &json!({"sku": sku, "owner": owner})).await;
    }
    pia.post("/api/v1/plans", &json!({"name": "Base"})).await;
    import(&mut pia, "Base", "item,date,sales\nA-1,2026-01-05,1\nB-1,2026-01-05,1\n", "").await;
    let mut ann = app.signed_in(Role::Planner, &["Acme"]).await;
    // Words and days of everybody's plan.
    for said in [json!({"name": "Mine"}), json!({"description": "Mine"}), json!({"bucket": "week"})] {
        let refused = change(&mut ann, "Base", &said).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{said}: {refused:?}");
    }
    let far = import(&mut ann, "Base", "item,date,sales\nA-1,2020-01-05,1\n", "").await;
    assert_eq!(far.status, StatusCode::FORBIDDEN, "{far:?}");
    let cells = json!({"cells": [{"line": 1, "measure": "sales", "date": "2026-02-05", "value": 1}]});
    let far = ann.send_json(Method::PATCH, "/api/v1/plans/Base/cells", &cells).await;
    assert_eq!(far.status, StatusCode::FORBIDDEN, "{far:?}");
    assert_eq!(pia.get("/api/v1/plans/Base").await.json()["last"], "2026-01-05");
    let near = import(&mut ann, "Base", "item,date,sales\nA-1,2026-01-05,2\n", "").await;
    assert_eq!(near.status, StatusCode::OK, "{near:?}");
    // A plan of one's own.
    ann.post("/api/v1/plans", &json!({"name": "Own"})).await;
    import(&mut ann, "Own", "item,date,sales\nA-1,2026-01-05,1\n", "").await;
    assert_eq!(change(&mut ann, "Own", &json!({"name": "Ours"})).await.status, StatusCode::OK);
    let copied = ann.post("/api/v1/plans/Ours/copy", &json!({"name": "Copy"})).await;
    assert_eq!(copied.status, StatusCode::CREATED, "{copied:?}");
    let led = ann.post("/api/v1/plans/Ours/leader", &json!({})).await;
    assert_eq!(led.status, StatusCode::FORBIDDEN, "{led:?}");
    // Somebody else's line in it makes it theirs, too.
    import(&mut pia, "Ours", "item,date,sales\nB-1,2026-01-05,1\n", "").await;
    let refused = ann.send_json(Method::DELETE, "/api/v1/plans/Ours", &json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    let gone = ann.send_json(Method::DELETE, "/api/v1/plans/Copy", &json!({})).await;
    assert!(gone.status.is_success(), "{gone:?}");
}

#[tokio::test]
async fn leader_stands_for_the_plan_that_leads_whatever_others_are_called() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let base = pia.post("/api/v1/plans", &json!({"name": "Base"})).await.json();
    let id = base["id"].as_str().unwrap();
    for name in ["leader", " LEADER ", id] {
        let refused = pia.post("/api/v1/plans", &json!({"name": name})).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert!(refused.text.contains("stands for another plan"), "{}", refused.text);
    }
    pia.post("/api/v1/plans", &json!({"name": "Other"})).await;
    let refused = change(&mut pia, "Other", &json!({"name": "Leader"})).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(pia.get("/api/v1/plans/leader").await.json()["name"], "Base");
}

#[tokio::test]
async fn what_is_nobodys_is_planned_by_those_who_see_every_owner() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    pia.post("/api/v1/items", &json!({"sku": "A-1", "owner": "Acme"})).await;
    pia.post("/api/v1/items", &json!({"sku": "N-1"})).await;
    pia.post("/api/v1/plans", &json!({"name": "P", "shared_with": "everyone"})).await;
    let sent = import(&mut pia, "P", "item,date,sales\nA-1,2026-01-05,1\nN-1,2026-01-05,1\n", "").await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    let before = pia.get("/api/v1/plans/P/export").await.text;
    let mut ann = app.signed_in(Role::Planner, &["Acme"]).await;
    let lines = ann.get("/api/v1/plans/P/lines").await.json();
    let id = |sku: &str| {
        let lines = lines["lines"].as_array().unwrap();
        lines.iter().find(|line| line["item"] == sku).unwrap()["id"].as_u64().unwrap()
    };
    let (own, nobodys) = (id("A-1"), id("N-1"));
    let cells =
        |line: u64| json!({"cells": [{"line": line, "measure": "sales", "date": "2026-01-05", "value": 9}]});
    let path = format!("/api/v1/plans/P/lines/{nobodys}");
    let refused = [
        ann.send_json(Method::PATCH, "/api/v1/plans/P/cells", &cells(nobodys)).await,
        ann.send_json(Method::PATCH, &path, &json!({"starting_inventory": 7})).await,
        ann.send_json(Method::DELETE, &format!("{path}?with_values=true"), &json!({})).await,
        ann.post("/api/v1/plans/P/lines", &json!({"item": "N-1", "location": ""})).await,
        import(&mut ann, "P", "item,date,sales\nN-1,2026-01-05,8\n", "").await,
    ];
    for refused in refused {
        assert!(matches!(refused.status.as_u16(), 403 | 422), "{refused:?}");
        assert!(refused.text.contains("“N-1” belongs to no owner"), "{refused:?}");
    }
    assert_eq!(pia.get("/api/v1/plans/P/export").await.text, before);
    // On the page it is to be read.
    let page =
        ann.get(&format!("/plan/{}", pia.get("/api/v1/plans/P").await.json()["id"].as_str().unwrap())).await;
    assert!(page.text.contains(&format!("data-cell=\"{own}|sales|2026-01-05\"")), "{}", page.text);
    assert!(!page.text.contains(&format!("data-cell=\"{nobodys}|")), "{}", page.text);
    let done = ann.send_json(Method::PATCH, "/api/v1/plans/P/cells", &cells(own)).await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
}

#[tokio::test]
async fn who_sees_single_owners_makes_nothing_that_is_everybodys() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let stock = "Part,Customer,Qty\nS-1,Acme,4\nS-1,Bolt,600\nA-1,Acme,23\nB-1,Bolt,7\n";
    app.import("Inventory", stock, &["owner=Customer"]).await;
    pia.post("/api/v1/plans", &json!({"name": "P"})).await;
    let mut ann = app.signed_in(Role::Planner, &["Acme"]).await;
    // Of a part that several have, the first who takes it would keep the others out.
    let taken = ann.post("/api/v1/items/take", &json!({})).await;
    assert_eq!(taken.json()["added"], 1, "{taken:?}");
    let items = pia.get("/api/v1/items").await.json();
    let names: Vec<_> = items["items"].as_array().unwrap().iter().map(|item| &item["sku"]).collect();
    assert_eq!(names, ["A-1"]);
    // Nor a place or a channel on the way.
    let file = "item,location,channel,date,sales\nA-1,Lab,Web,2026-01-05,1\n";
    let refused = import(&mut ann, "P", file, "?create_items=true").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    for said in ["there is no location “Lab”", "there is no channel “Web”", "for those who see every owner"]
    {
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
    }
    let places = pia.get("/api/v1/lists/locations").await.text;
    assert!(!places.contains("Lab"), "{places}");
    assert_eq!(pia.post("/api/v1/items/take", &json!({})).await.json()["added"], 2);
}

#[tokio::test]
async fn what_owners_have_of_an_item_that_is_nobodys_is_in_no_plan_that_everybody_reads() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let stock =
        "Part,Customer,Warehouse,Qty\nS-1,Acme,North,4\nS-1,Bolt,North,600\nS-1,,North,9\nT-1,Bolt,South,7\n";
    app.import("Inventory", stock, &["owner=Customer", "role.Warehouse=location"]).await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let line = |item: &str, location: &str, amount: &str, from: &str| {
        (item.to_owned(), location.to_owned(), amount.to_owned(), from.to_owned())
    };
    pia.post("/api/v1/plans", &json!({"name": "P", "shared_with": "customers"})).await;
    let file = "item,location,date,sales\nS-1,,2026-01-01,1\nS-1,North,2026-01-01,1\nT-1,,2026-01-01,1\n";
    assert_eq!(import(&mut pia, "P", file, "?create_items=true").await.status, StatusCode::OK);
    pia.post("/api/v1/plans/P/stock", &json!({"dataset": "inventory"})).await;
    // Planners plan with all there is; nobody else sees it.
    let all = [
        line("S-1", "", "613", "stock"),
        line("S-1", "North", "613", "stock"),
        line("T-1", "", "7", "stock"),
    ];
    assert_eq!(openings(&mut pia, "P").await, all);
    assert_eq!(openings(&mut acme, "P").await, []);
    // For everybody it is forgotten, and then what is nobody's there, too.
    let shared = pia.send_json(Method::PATCH, "/api/v1/plans/P", &json!({"shared_with": "everyone"})).await;
    assert_eq!(shared.status, StatusCode::OK, "{shared:?}");
    let none = [
        line("S-1", "", "0", "nothing"),
        line("S-1", "North", "0", "nothing"),
        line("T-1", "", "0", "nothing"),
    ];
    assert_eq!(openings(&mut acme, "P").await, none);
    pia.post("/api/v1/plans/P/stock", &json!({"dataset": "inventory"})).await;
    let nobodys =
        [line("S-1", "", "9", "stock"), line("S-1", "North", "9", "stock"), line("T-1", "", "0", "stock")];
    assert_eq!(openings(&mut acme, "P").await, nobodys);
}

#[tokio::test]
async fn settings_offer_what_one_may_do() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    pia.post("/api/v1/items", &json!({"sku": "A-1", "owner": "Acme"})).await;
    pia.post("/api/v1/lists/locations", &json!({"code": "Mars"})).await;
    pia.post("/api/v1/plans", &json!({"name": "Base"})).await;
    let mut ann = app.signed_in(Role::Planner, &["Acme"]).await;
    ann.post("/api/v1/plans", &json!({"name": "Own"})).await;
    let file = "item,location,date,sales\nA-1,,2026-01-05,1\nA-1,Mars,2026-01-05,1\n";
    assert_eq!(import(&mut ann, "Own", file, "").await.status, StatusCode::OK);
    let mut settings = Vec::new();
    for name in ["Base", "Own"] {
        let id = pia.get(&format!("/api/v1/plans/{name}")).await.json()["id"].as_str().unwrap().to_owned();
        settings.push(format!("/plan/{id}/settings"));
    }
    let acts = |page: &str| {
        ["fieldset class=\"stack\" disabled", "value=\"copy\"", "value=\"archive\"", "value=\"lead\""]
            .map(|act| page.contains(act))
    };
    let [base, own] = &settings[..] else { panic!("two plans") };
    assert_eq!(acts(&ann.get(base).await.text), [true, false, false, false]);
    // Which plan leads is for those who see every owner, also where it is one's own.
    assert_eq!(acts(&ann.get(own).await.text), [false, true, true, false]);
    assert_eq!(acts(&pia.get(own).await.text), [false, true, true, true]);
    // What the inventory says of no place is told beside what was taken over.
    app.import("Inventory", "Part,Customer,Qty\nA-1,Acme,4\n", &["owner=Customer"]).await;
    let done = ann.post("/api/v1/plans/Own/stock", &json!({"dataset": "inventory"})).await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
    let page = ann.get(own).await.text;
    assert!(page.contains("The location of 1 line is none of those in Inventory"), "{page}");
}
