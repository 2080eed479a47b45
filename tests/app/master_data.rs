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
    let saved = pia.post_form("/plan/items", &fields).await;
    assert_eq!(saved.header("location"), "/plan/items?saved=A+1%2F%C3%A4");
    let list = pia.get("/plan/items?q=bolt").await.text;
    assert!(list.contains("href=\"/plan/items?q=bolt&amp;sku=A+1%2F%C3%A4\""), "{list}");
    let link = "/plan/items?q=bolt&sku=A+1%2F%C3%A4";
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
    assert_eq!(saved.header("location"), "/plan/items?q=bolt&saved=A+1%2F%C3%A4", "{saved:?}");
    let stale = pia.submit_on(&form, "/plan/items", &[("safety_stock", "14")]).await;
    assert!(stale.text.contains("changed by somebody else"), "{}", stale.text);
}

/// A file sent on a page.
async fn send(browser: &mut Browser, path: &str, file: &str) -> Answer {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let part = reqwest::multipart::Part::bytes(file.as_bytes().to_vec()).file_name("list.csv");
    let form = reqwest::multipart::Form::new().text("csrf", token).part("file", part);
    let request = browser.request(Method::POST, path).multipart(form);
    browser.send(request).await
}

/// The keys of the rows of a page, in their order.
fn keys(page: &str) -> Vec<&str> {
    let cells = page.split("<td class=\"who\">").skip(1);
    cells.map(|cell| cell.split("\">").nth(1).unwrap().split('<').next().unwrap()).collect()
}

#[tokio::test]
async fn items_are_searched_ordered_and_brought_on_their_page() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    assert!(pia.get("/plan/items").await.text.contains("No items"));
    let file = "sku,name,category,safety_stock,active\nA,Bolt,Metal,10,yes\nB,Apple,Food,9,yes\nC,Nut,Metal,100,no\n";
    let sent = send(&mut pia, "/plan/items/import", file).await;
    assert_eq!(sent.header("location"), "/plan/items?rows=3&added=3&changed=0", "{sent:?}");
    assert!(pia.get(sent.header("location")).await.text.contains("3 rows were read: 3 are new, 0 changed."));
    for (address, found) in [
        ("/plan/items", vec!["A", "B", "C"]),
        ("/plan/items?sort=-safety_stock", vec!["C", "A", "B"]),
        ("/plan/items?sort=name", vec!["B", "A", "C"]),
        ("/plan/items?category=Metal", vec!["A", "C"]),
        ("/plan/items?category=Metal&active=yes", vec!["A"]),
        ("/plan/items?q=NUT", vec!["C"]),
    ] {
        assert_eq!(keys(&pia.get(address).await.text), found, "{address}");
    }
    assert!(pia.get("/plan/items?q=none").await.text.contains("Nothing found"));
    let by_api = pia.get("/api/v1/items?sort=-name&active=true&limit=1&offset=1").await.json();
    assert_eq!((skus(&by_api), &by_api["total"]), (vec!["B"], &json!(2)));
    for strange in ["sort=colour", "limit=x", "active=maybe", "colour=red"] {
        let answer = pia.get(&format!("/api/v1/items?{strange}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{strange}: {answer:?}");
    }
    // Each fault of a file is told with its line, and nothing of it is taken.
    let bad = "sku,name,safety_stock\nD,New,1\nE,Bad,lots\nF,Low,-1\nD,Again,2\nG,".to_owned()
        + &"x".repeat(201)
        + ",1\n";
    let refused = send(&mut pia, "/plan/items/import", &bad).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in [
        "The file has mistakes, and nothing of it was taken:",
        ">line 3: safety_stock: “lots” is not a number",
        ">line 4: safety_stock: “-1” ",
        ">line 5: “D” stands there twice, first on line 2",
        ">line 6: name: has more than 200 characters",
    ] {
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
    }
    assert_eq!(keys(&pia.get("/plan/items").await.text), ["A", "B", "C"]);
    // A row that ends early says nothing of what it lacks.
    let cut = send(&mut pia, "/plan/items/import", "sku,name,safety_stock\nA,Bolt,11\nB,App").await;
    assert!(cut.text.contains("line 3 has 2 cells and the header 3"), "{}", cut.text);
    assert_eq!(pia.get("/api/v1/items/B").await.json()["safety_stock"], 9);
    let long = "sku\n".to_owned() + &(0..=200_000).map(|n| format!("{n}\n")).collect::<Vec<_>>().concat();
    let long = bring(&mut pia, "/api/v1/items/import", &long).await;
    assert!(long.text.contains("more than 200000 rows"), "{}", long.text);
    assert_eq!(send(&mut pia, "/plan/items/import", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_no_plan_is_about_is_deleted_and_the_rest_stays() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    pia.post("/api/v1/plans", &json!({"name": "Base"})).await;
    let file = "item,location,date,sales\nA,N,2026-01-01,1\n";
    assert_eq!(
        bring(&mut pia, "/api/v1/plans/Base/import?create_items=true", file).await.status,
        StatusCode::OK
    );
    for name in ["Spare", "A"] {
        pia.post("/api/v1/items", &json!({"sku": name})).await;
    }
    let asked = pia.get("/plan/items?sku=Spare&ask=delete").await;
    assert!(asked.text.contains("Delete Spare?"), "{}", asked.text);
    let stale = pia.post_form("/plan/items", &[("act", "delete"), ("sku", "Spare"), ("version", "7")]).await;
    assert!(stale.text.contains("changed by somebody else"), "{}", stale.text);
    let gone = pia.submit_on(&asked, "/plan/items", &[("act", "delete")]).await;
    assert_eq!(gone.header("location"), "/plan/items?deleted=Spare", "{gone:?}");
    assert_eq!(pia.get("/api/v1/items/Spare").await.status, StatusCode::NOT_FOUND);
    let stays = pia.post_form("/plan/items", &[("act", "delete"), ("sku", "A"), ("version", "1")]).await;
    assert!(stays.text.contains("“A” stands in the plan “Base”"), "{}", stays.text);
    for path in ["/api/v1/items/A", "/api/v1/lists/locations/N"] {
        let stays = pia.send_json(Method::DELETE, path, &json!({})).await;
        assert_eq!(stays.status, StatusCode::CONFLICT, "{path}: {stays:?}");
    }
    pia.post("/api/v1/lists/locations", &json!({"code": "S"})).await;
    let gone = pia.send_json(Method::DELETE, "/api/v1/lists/locations/S?version=1", &json!({})).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
    assert_eq!(pia.get("/api/v1/lists/locations/S").await.status, StatusCode::NOT_FOUND);
    let told = pia.get("/admin/audit?action=item.delete").await.text;
    assert!(told.contains("item:Spare") && told.contains("location:S"), "{told}");
    let mut tom = app.signed_in(Role::Planner, &["Acme"]).await;
    assert_eq!(
        tom.send_json(Method::DELETE, "/api/v1/items/A", &json!({})).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn locations_channels_and_customers_are_edited_on_their_pages() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    for (list, title) in [("locations", "Locations"), ("channels", "Channels"), ("customers", "Customers")] {
        let home = format!("/plan/{list}");
        let empty = pia.get(&home).await.text;
        assert!(
            empty.contains(&format!("<h1>{title}</h1>")) && empty.contains("Nothing in this list yet"),
            "{empty}"
        );
        let new = pia.get(&format!("{home}?new=1")).await;
        let fields = [("act", "save"), ("code", "N"), ("name", "North"), ("is_active", "1")];
        let saved = pia.submit_on(&new, &home, &fields).await;
        assert_eq!(saved.header("location"), format!("{home}?saved=N"), "{saved:?}");
        let again = pia.submit_on(&new, &home, &fields).await;
        assert!(again.text.contains("already") && again.text.contains("value=\"North\""), "{}", again.text);
        let blank = pia.submit_on(&new, &home, &[("act", "save"), ("code", " ")]).await;
        assert!(blank.text.contains("Code needs 1 to 80 characters"), "{}", blank.text);
        let form = pia.get(&format!("{home}?code=N")).await;
        pia.submit_on(&form, &home, &[("act", "save"), ("name", "Far north")]).await;
        let stale = pia.submit_on(&form, &home, &[("act", "save"), ("name", "Near north")]).await;
        assert!(stale.text.contains("changed by somebody else"), "{}", stale.text);
        let page = pia.get(&format!("{home}?active=no")).await.text;
        assert!(page.contains("Far north") && page.contains("Not offered"), "{page}");
        let sent = send(&mut pia, &format!("{home}/import"), "code,name\nS,South\nN,Polar\n").await;
        assert_eq!(sent.header("location"), format!("{home}?rows=2&added=1&changed=1"), "{sent:?}");
        assert_eq!(keys(&pia.get(&format!("{home}?sort=-name")).await.text), ["S", "N"]);
        let wrong = send(&mut pia, &format!("{home}/import"), "code;name\nS;South\nS;Again\n").await;
        assert!(wrong.text.contains("line 3: “S” stands there twice, first on line 2"), "{}", wrong.text);
        let entry = format!("/api/v1/lists/{list}/N");
        let known = pia.get(&entry).await.json();
        assert_eq!((&known["name"], &known["is_active"]), (&json!("Polar"), &json!(false)));
        let changed = pia.send_json(Method::PATCH, &entry, &json!({"is_active": true, "version": 1})).await;
        assert_eq!(changed.status, StatusCode::CONFLICT, "{changed:?}");
        let changed = pia.send_json(Method::PATCH, &entry, &json!({"is_active": true})).await;
        assert_eq!(changed.json()["is_active"], true);
        let asked = pia.get(&format!("{home}?code=S&ask=delete")).await;
        let gone = pia.submit_on(&asked, &home, &[("act", "delete")]).await;
        assert_eq!(gone.header("location"), format!("{home}?deleted=S"), "{gone:?}");
    }
    assert_eq!(pia.get("/plan/colours").await.status, StatusCode::NOT_FOUND);
    // Who sees single owners reads where things lie, and neither changes it nor learns who else is a customer.
    let mut tom = app.signed_in(Role::Planner, &["Acme"]).await;
    let page = tom.get("/plan/locations").await.text;
    assert!(page.contains("Polar") && !page.contains("href=\"/plan/customers\""), "{page}");
    assert!(
        page.contains("Your account sees the items of some") && !page.contains("type=\"file\""),
        "{page}"
    );
    let fields = [("act", "save"), ("version", "3"), ("code", "N"), ("name", "Mine")];
    assert_eq!(tom.post_form("/plan/locations", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for path in [
        "/plan/customers",
        "/api/v1/lists/customers",
        "/api/v1/lists/customers/N",
        "/api/v1/lists/customers/export",
    ] {
        assert_eq!(tom.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(
        tom.post("/api/v1/lists/locations", &json!({"code": "X"})).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(pia.get("/api/v1/lists/locations/N").await.json()["name"], "Polar");
    assert_eq!(pia.get("/api/v1/lists/locations/X").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_key_that_could_not_be_asked_for_at_its_address_is_refused() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    pia.post("/api/v1/plans", &json!({"name": "P"})).await;
    for word in ["export", "import", "take"] {
        let said = format!("such as {}", word.to_uppercase());
        let plan = "/api/v1/plans/P/import?create_items=true";
        for refused in [
            pia.post("/api/v1/items", &json!({"sku": word})).await,
            pia.post("/api/v1/lists/channels", &json!({"code": word})).await,
            bring(&mut pia, "/api/v1/lists/locations/import", &format!("code,name\n{word},X\n")).await,
            bring(&mut pia, plan, &format!("item,date,sales\n{word},2026-01-01,1\n")).await,
            bring(&mut pia, plan, &format!("item,channel,date,sales\nA,{word},2026-01-01,1\n")).await,
        ] {
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{word}: {refused:?}");
            assert!(refused.text.contains(&said), "{}", refused.text);
        }
    }
    assert_eq!(pia.post("/api/v1/lists/channels", &json!({"code": "Export"})).await.status, StatusCode::OK);
    assert_eq!(pia.get("/api/v1/lists/channels/Export").await.json()["code"], "Export");
}
