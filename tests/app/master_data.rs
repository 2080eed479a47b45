//! Items, locations, channels and customers: by the API, as files, out of the inventory and on their page.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::domain::permission::Role;

use crate::harness::{Answer, Browser, TestApp};

async fn bring(browser: &mut Browser, path: &str, file: &str) -> Answer {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let request = browser.request(Method::POST, path).header("x-csrf-token", token).body(file.to_owned());
    browser.send(request).await
}

fn skus(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["sku"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn items_are_made_changed_with_what_was_seen_and_come_and_go_as_files() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let made = pia.post("/api/v1/items", &json!({"sku": "A-1", "name": "Bolt", "safety_stock": "2.5"})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!((&made.json()["safety_stock"], &made.json()["version"]), (&json!(2.5), &json!(1)));
    assert_eq!(pia.post("/api/v1/items", &json!({"sku": "A-1"})).await.status, StatusCode::CONFLICT);
    let changed =
        pia.send_json(Method::PATCH, "/api/v1/items/A-1", &json!({"name": "Nut", "version": 1})).await;
    assert_eq!(
        (&changed.json()["name"], &changed.json()["safety_stock"]),
        (&json!("Nut"), &json!(2.5)),
        "{changed:?}"
    );
    let stale =
        pia.send_json(Method::PATCH, "/api/v1/items/A-1", &json!({"name": "Nail", "version": 1})).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    for wrong in [
        json!({"sku": " "}),
        json!({"sku": "B", "safety_stock": -1}),
        json!({"sku": "B", "lead_time_days": 9999}),
        json!({"sku": "B", "name": "x".repeat(300)}),
    ] {
        assert_eq!(
            pia.post("/api/v1/items", &wrong).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong}"
        );
    }
    let file = "sku;name;lead_time_days;active\nA-1;Bolt;7;no\n=B;Formula;;\n";
    let told = bring(&mut pia, "/api/v1/items/import", file).await.json();
    assert_eq!(told, json!({"rows": 2, "added": 1, "changed": 1}));
    let out = pia.get("/api/v1/items/export").await.text;
    assert!(out.contains("A-1,Bolt,,,2.5,0,7,,no\n") && out.contains("'=B,Formula,,,0,0,0,,yes\n"), "{out}");
    let again = bring(&mut pia, "/api/v1/items/import", &out).await.json();
    assert_eq!(again, json!({"rows": 2, "added": 0, "changed": 0}), "an export changes nothing");
    for (file, said) in [
        ("sku,name\nC,1\nC,2\n", "line 3: “C” stands there twice, first on line 2"),
        ("sku,safety_stock\nC,1\nD,lots\n", "line 3: safety_stock: “lots” is not a number"),
        ("name\nC\n", "has no column `sku`"),
        ("sku,colour\nC,red\n", "has a column `colour`"),
    ] {
        let answer = bring(&mut pia, "/api/v1/items/import", file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{file}");
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
    }
    assert_eq!(
        skus(&pia.get("/api/v1/items").await.json()),
        ["=B", "A-1"],
        "of a file that is refused nothing is taken"
    );
    // Lists.
    assert_eq!(
        pia.post("/api/v1/lists/locations", &json!({"code": "N", "name": "North"})).await.status,
        StatusCode::OK
    );
    bring(&mut pia, "/api/v1/lists/channels/import", "code,name\nWEB,Web\n").await;
    assert_eq!(pia.get("/api/v1/lists/locations/export").await.text, "code,name,active\nN,North,yes\n");
    assert_eq!(pia.get("/api/v1/lists/channels?q=web").await.json()["entries"][0]["code"], "WEB");
    assert_eq!(pia.get("/api/v1/lists/customers").await.json()["entries"], json!([]));
}

#[tokio::test]
async fn new_items_come_out_of_the_inventory_and_everybody_sees_their_own() {
    let app = TestApp::start().await;
    let file = "Part,Description,Customer,Qty,UOM\nA-1,Bolt,Acme,1,EA\nA-1,Bolt,Acme,2,EA\nB-1,Nut,Bolt & Co,3,KG\nC-1,Nail,Acme,1,EA\nC-1,Nail,Bolt & Co,1,EA\n";
    app.import("Inventory", file, &["owner=Customer"]).await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let told = pia.post("/api/v1/items/take", &json!({})).await.json();
    assert_eq!(told, json!({"rows": 3, "added": 3, "changed": 0}));
    let items = pia.get("/api/v1/items").await.json();
    let owners: Vec<_> = items["items"].as_array().unwrap().iter().map(|item| &item["owner"]).collect();
    assert_eq!(owners, [&json!("Acme"), &json!("Bolt & Co"), &json!(null)], "of several owners: nobody's");
    assert_eq!(items["items"][1]["unit"], "KG");
    assert_eq!(pia.post("/api/v1/items/take", &json!({})).await.json()["added"], 0);
    // The stock of the inventory, frozen in a plan.
    pia.post("/api/v1/plans", &json!({"name": "Base", "first": "2026-01-01", "last": "2026-01-02"})).await;
    bring(&mut pia, "/api/v1/plans/Base/import", "item,date,sales\nA-1,2026-01-01,1\n").await;
    let taken = pia.post("/api/v1/plans/Base/stock", &json!({})).await;
    assert_eq!(taken.status, StatusCode::OK, "{taken:?}");
    let line = pia.get("/api/v1/plans/Base/lines").await.json()["lines"][0].clone();
    assert_eq!(
        (&line["opening"], &line["closing"]),
        (&json!({"amount": 3, "from": "stock"}), &json!(2)),
        "{line}"
    );
    app.import("Inventory", file.replace("Acme,2,EA", "Acme,50,EA"), &[]).await;
    assert_eq!(
        pia.get("/api/v1/plans/Base/lines").await.json()["lines"][0]["closing"],
        2,
        "until it is taken again"
    );
    // A planner of one owner.
    let mut tom = app.signed_in(Role::Planner, &["Acme"]).await;
    assert_eq!(skus(&tom.get("/api/v1/items").await.json()), ["A-1"]);
    assert_eq!(tom.get("/api/v1/items/B-1").await.status, StatusCode::NOT_FOUND);
    let taken = tom.post("/api/v1/items", &json!({"sku": "B-1", "owner": "Acme"})).await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "{taken:?}");
    for owner in [json!("Bolt & Co"), json!("")] {
        let lost = tom.send_json(Method::PATCH, "/api/v1/items/A-1", &json!({"owner": owner})).await;
        assert_eq!(lost.status, StatusCode::UNPROCESSABLE_ENTITY, "{lost:?}");
    }
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    assert_eq!(acme.get("/api/v1/items").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_item_is_edited_on_its_page() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let fields = [
        ("act", "save"),
        ("version", "0"),
        ("sku", "A 1/ä"),
        ("name", "Bolt"),
        ("safety_stock", "12"),
        ("is_active", "1"),
    ];
    assert_eq!(pia.post_form("/plan/items", &fields).await.header("location"), "/plan/items");
    let list = pia.get("/plan/items?q=bolt").await.text;
    let link = "/plan/items?sku=A+1%2F%C3%A4";
    assert!(list.contains(&format!("href=\"{link}#item\"")), "{list}");
    let form = pia.get(link).await;
    assert!(form.text.contains("Change A 1/ä") && form.text.contains("value=\"12\""), "{}", form.text);
    let saved = pia.submit_on(&form, "/plan/items", &[("safety_stock", "x")]).await;
    assert_eq!(saved.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        saved.text.contains("“x” is not a number") && saved.text.contains("value=\"x\""),
        "{}",
        saved.text
    );
    let saved = pia.submit_on(&form, "/plan/items", &[("safety_stock", "13")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
    let stale = pia.submit_on(&form, "/plan/items", &[("safety_stock", "14")]).await;
    assert!(stale.text.contains("changed by somebody else"), "{}", stale.text);
}
