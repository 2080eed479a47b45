//! How files were read is remembered by their headers: the next one asks nothing, a changed one asks only about what
//! changed, and a person can change, export, bring and forget what is remembered.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{Browser, TestApp, stockroom};
use crate::imports_page::{fields, id_of, send};

const FIRST: &str = "Part,Customer,Qty,Cost\nA-1,Acme Foods,5,0.38\nA-2,Blue Ltd,7,1.20\n";
const RENAMED: &str = "Part,Customer,Qty on hand,Cost\nA-1,Acme Foods,6,0.38\nA-2,Blue Ltd,7,1.20\n";
const SET: &[&str] = &["owner=Customer", "key=Part"];

/// Uploads into the inventory, to be published without asking where `publish` says so; the path of the import's page.
async fn upload(browser: &mut Browser, publish: bool, file: &str) -> String {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let mut form = Form::new().text("csrf", token).text("dataset", "inventory");
    if publish {
        form = form.text("publish", "1");
    }
    let form = form.part("file", Part::bytes(file.as_bytes().to_vec()).file_name("stock.csv"));
    let request = browser.request(Method::POST, "/imports").multipart(form);
    let answer = browser.send(request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    answer.header("location").to_owned()
}

async fn bring(browser: &mut Browser, dataset: &str, file: &str) -> (StatusCode, String) {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let file = Part::bytes(file.as_bytes().to_vec()).file_name("a.profile.json");
    let form = Form::new().text("csrf", token).part("file", file);
    let path = format!("/datasets/{dataset}/profiles");
    let request = browser.request(Method::POST, &path).multipart(form);
    let answer = browser.send(request).await;
    (answer.status, answer.text)
}

fn names(dataset: &Value) -> Vec<&str> {
    dataset["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect()
}

/// The path of the page of the profile that is listed first.
async fn first_profile(browser: &mut Browser, dataset: &str) -> String {
    let list = browser.get(&format!("/datasets/{dataset}/profiles")).await.text;
    let begin = format!("/datasets/{dataset}/profiles/");
    let rest = list.split(&format!("href=\"{begin}")).nth(1).expect("a profile");
    format!("{begin}{}", rest.split('"').next().unwrap())
}

#[tokio::test]
async fn a_column_that_was_said_to_be_another_is_it_from_then_on() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, SET).await;
    let import = app.import("Inventory", RENAMED, &["name.Qty on hand=Qty"]).await;
    assert_eq!((&import["state"], &import["findings"]), (&json!("published"), &json!([])), "{import}");
    let again = app.import("Inventory", RENAMED.replace(",6,", ",8,"), &[]).await;
    assert_eq!((&again["state"], &again["findings"]), (&json!("published"), &json!([])), "{again}");
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    let dataset = ann.get("/api/v1/datasets/inventory").await.json();
    assert_eq!(names(&dataset), ["Part", "Customer", "Qty", "Cost"], "{dataset}");
    let rows = ann.get("/api/v1/datasets/inventory/rows?q=qty:8").await.json();
    assert_eq!(rows["matched"], 1, "{rows}");
    // The name holds where something else of the file is new, too, and the file of old is still known.
    let wider = "Part,Customer,Qty on hand,Cost,Bin\nA-1,Acme Foods,9,0.38,B-1\n";
    app.import("Inventory", wider, &[]).await;
    let dataset = ann.get("/api/v1/datasets/inventory").await.json();
    assert_eq!(names(&dataset), ["Part", "Customer", "Qty", "Cost", "Bin"], "{dataset}");
    app.import("Inventory", FIRST, &[]).await;
    let dataset = ann.get("/api/v1/datasets/inventory").await.json();
    assert_eq!(names(&dataset), ["Part", "Customer", "Qty", "Cost"], "{dataset}");
}

#[tokio::test]
async fn two_columns_of_one_name_are_refused_and_a_header_that_has_it_keeps_it() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, SET).await;
    let import = app.import("Inventory", RENAMED, &["name.Cost=part"]).await;
    let error = import["error"].to_string();
    assert!(error.contains("“Cost”") && error.contains("“Part”"), "{import}");
    app.import("Inventory", RENAMED, &["name.Qty on hand=Qty"]).await;
    let both = "Part,Customer,Qty,Qty on hand,Cost\nA-1,Acme Foods,5,6,0.38\n";
    app.import("Inventory", both, &[]).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    let dataset = ann.get("/api/v1/datasets/inventory").await.json();
    assert_eq!(names(&dataset), ["Part", "Customer", "Qty", "Qty on hand", "Cost"], "{dataset}");
}

#[tokio::test]
async fn what_a_person_said_about_the_cells_of_a_file_holds_for_the_next_one_of_its_shape() {
    let app = TestApp::start().await;
    // By its looks, the first record is the header.
    let file = |qty: u32| format!("a;b;c\nPart;Customer;Qty\nA-1;Acme Foods;{qty}\nA-2;Blue Ltd;7\n");
    app.import("Inventory", file(5), &["header=2", "owner=Customer"]).await;
    let import = app.import("Inventory", file(6), &[]).await;
    assert_eq!(import["state"], "published", "{import}");
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    let rows = ann.get("/api/v1/datasets/inventory/rows").await.json();
    assert_eq!((&rows["matched"], &rows["rows"][0]["Qty"]), (&json!(1), &json!("6")), "{rows}");
}

#[tokio::test]
async fn the_order_of_day_and_month_is_remembered_where_a_file_does_not_tell() {
    let app = TestApp::start().await;
    let file = |day: &str| format!("Part,Customer,Received\nA-1,Acme Foods,{day}\nA-2,Blue Ltd,04/07/2026\n");
    app.import("Inventory", file("03/25/2026"), &["owner=Customer"]).await;
    app.import("Inventory", file("03/05/2026"), &[]).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    let rows =
        ann.get("/api/v1/datasets/inventory/rows?q=received>2026-03-01+received<2026-03-31").await.json();
    assert_eq!(rows["matched"], 1, "{rows}");
}

#[tokio::test]
async fn files_of_two_shapes_take_turns_and_what_is_hidden_stays_so() {
    let app = TestApp::start().await;
    let weekly = "Part,Customer,Qty,Cost,Shelf\nA-1,Acme Foods,5,0.38,S-9\n";
    let daily = "Part,Customer,Qty\nA-1,Acme Foods,6\n";
    app.import("Inventory", weekly, &["owner=Customer", "hidden=Cost"]).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    for _ in 0..2 {
        app.import("Inventory", daily, &[]).await;
        app.import("Inventory", weekly, &[]).await;
        let rows = ann.get("/api/v1/datasets/inventory/rows").await.text;
        assert!(rows.contains("S-9") && !rows.contains("0.38"), "{rows}");
    }
    // Once more is hidden, what was shown beside it is shown again by a person alone.
    app.import("Inventory", "Part,Customer,Qty,Lot\nA-1,Acme Foods,6,L-1\n", &["hidden=Lot"]).await;
    app.import("Inventory", weekly, &[]).await;
    let rows = ann.get("/api/v1/datasets/inventory/rows").await.text;
    assert!(!rows.contains("0.38") && !rows.contains("S-9"), "{rows}");
}

#[tokio::test]
async fn a_changed_header_asks_about_itself_alone_and_the_next_such_file_needs_nobody() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, SET).await;
    let mut operator = app.operator().await;
    let path = upload(&mut operator, true, RENAMED).await;
    let page = operator.get(&path).await.text;
    let notice =
        page.split("data-changed").nth(1).expect("what changed").split("columns-before").next().unwrap();
    for part in ["New: “Qty on hand”", "Gone: “Qty”", "“Qty on hand” looks like “Qty”"] {
        assert!(notice.contains(part), "no {part} in {notice}");
    }
    assert!(notice.contains("type.2") && !notice.contains("type.0"), "one column is asked about: {notice}");
    let pressed = [("is_called", "2=Qty")];
    let changed = send(&mut operator, &format!("{path}/settings"), fields(&page), &pressed).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{changed:?}");
    operator.import_ended(id_of(&path)).await;
    let page = operator.get(&path).await.text;
    assert!(!page.contains("data-changed"), "nothing is left to ask");
    assert!(fields(&page).contains(&("called.2".into(), "Qty".into())));
    let answer = send(&mut operator, &format!("{path}/publish"), fields(&page), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    assert_eq!(operator.import_ended_final(id_of(&path)).await["state"], "published");
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    assert_eq!(ann.get("/api/v1/datasets/inventory/rows?q=qty:6").await.json()["matched"], 1);
    // The next one is published as it comes, where that is asked for.
    let path = upload(&mut operator, true, &RENAMED.replace(",6,", ",9,")).await;
    assert_eq!(operator.import_ended_final(id_of(&path)).await["state"], "published");
    assert_eq!(ann.get("/api/v1/datasets/inventory/rows?q=qty:9").await.json()["matched"], 1);
    let path = upload(&mut operator, false, RENAMED).await;
    assert_eq!(operator.import_ended(id_of(&path)).await["state"], "checked");
}

#[tokio::test]
async fn a_profile_is_changed_by_hand_and_hides_at_once() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.import("Inventory", FIRST, SET).await;
    let mut operator = app.operator().await;
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    assert!(ann.get("/api/v1/datasets/inventory/rows").await.text.contains("0.38"));
    let path = first_profile(&mut operator, "inventory").await;
    let page = operator.get(&path).await.text;
    let hidden = [("name.2", "On hand"), ("hidden", "3")];
    let saved = send(&mut operator, &path, fields(&page), &hidden).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
    let rows = ann.get("/api/v1/datasets/inventory/rows").await.text;
    assert!(rows.contains("A-1") && !rows.contains("0.38"), "{rows}");
    // From a page that was opened before, nothing is changed.
    let late = send(&mut operator, &path, fields(&page), &[("name.0", "Item")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{late:?}");
    app.import("Inventory", FIRST, &[]).await;
    let dataset = ann.get("/api/v1/datasets/inventory").await.json();
    assert_eq!(names(&dataset), ["Part", "Customer", "On hand"], "{dataset}");
    // What makes no sense comes back as it was typed.
    let page = operator.get(&path).await.text;
    let wrong = send(&mut operator, &path, fields(&page), &[("name.2", "part")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("two columns") || wrong.text.contains("Two columns"), "{}", wrong.text);
    assert!(fields(&wrong.text).contains(&("name.2".into(), "part".into())));
    // Shown again, it is seen in the next file.
    let mut shown = fields(&page);
    shown.retain(|(name, value)| (name.as_str(), value.as_str()) != ("hidden", "3"));
    assert_eq!(send(&mut operator, &path, shown, &[]).await.status, StatusCode::SEE_OTHER);
    app.import("Inventory", FIRST, &[]).await;
    assert!(ann.get("/api/v1/datasets/inventory/rows").await.text.contains("0.38"));
    assert!(app.actions().contains(&"profile.change".to_owned()));
}

#[tokio::test]
async fn an_older_profile_that_is_changed_shows_nothing_that_was_hidden_since() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, SET).await;
    let mut operator = app.operator().await;
    let path = first_profile(&mut operator, "inventory").await;
    let wider = "Part,Customer,Qty,Cost,Bin\nA-1,Acme Foods,5,0.38,B-1\n";
    app.import("Inventory", wider, &["hidden=Cost"]).await;
    let page = operator.get(&path).await.text;
    assert!(fields(&page).contains(&("hidden".into(), "3".into())), "it stands as hidden");
    let saved = send(&mut operator, &path, fields(&page), &[("type.0", "text")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    for file in [FIRST, wider] {
        let rows = ann.get("/api/v1/datasets/inventory/rows").await.text;
        assert!(rows.contains("A-1") && !rows.contains("0.38"), "{rows}");
        app.import("Inventory", file, &[]).await;
    }
}

#[tokio::test]
async fn a_profile_goes_to_another_dataset_and_is_forgotten() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, &["owner=Customer", "type.Part=text", "facet=Part", "name.Qty=On hand"])
        .await;
    let mut operator = app.operator().await;
    let path = first_profile(&mut operator, "inventory").await;
    let file = operator.get(&format!("{path}/export")).await;
    assert!(file.header("content-disposition").starts_with("attachment"), "{file:?}");
    app.import("Other", "Part,Customer,Cost\nA-1,Acme Foods,3\n", &["owner=Customer", "hidden=Cost"]).await;
    let (status, _) = bring(&mut operator, "other", &file.text).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    app.import("Other", FIRST, &[]).await;
    let dataset = operator.get("/api/v1/datasets/other").await.json();
    assert_eq!(names(&dataset), ["Part", "Customer", "On hand", "Cost"], "{dataset}");
    assert_eq!(dataset["columns"][0]["type"], "text", "{dataset}");
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    let rows = ann.get("/api/v1/datasets/other/rows").await.text;
    assert!(rows.contains("A-1") && !rows.contains("0.38"), "what is hidden there stays so: {rows}");

    for wrong in [
        "",
        "{",
        "[]",
        r#"{"kind":"stockroom profile","version":2}"#,
        &file.text.replace("utf-8\"", "utf-8\",\"x\":["),
    ] {
        let (status, text) = bring(&mut operator, "other", wrong).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {text}");
    }
    // Two columns cannot both say whose a row is: which they are is said, in a profile as in an upload.
    let mut twice: serde_json::Value = serde_json::from_str(&file.text).unwrap();
    for column in 0..2 {
        twice["profile"]["columns"][column]["role"] = "owner".into();
    }
    let (status, text) = bring(&mut operator, "other", &twice.to_string()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
    assert!(text.contains("“Part”, “Customer” are all said to be the owner column"), "{text}");
    let both = operator.upload("Other", FIRST, &["owner=Customer", "role.Part=owner"], true).await;
    assert_eq!(both.status, StatusCode::UNPROCESSABLE_ENTITY, "{both:?}");
    assert!(both.text.contains("“Customer”, “Part” are all said to be the owner column"), "{both:?}");
    let by_role = operator.upload("Third", FIRST, &["role.Customer=owner"], true).await.json();
    assert_eq!(operator.import_ended(by_role["id"].as_str().unwrap()).await["owner"], "Customer");
    let third = stockroom::services::datasets::get(app.services(), "third").unwrap();
    assert_eq!(third.owner_column.as_deref(), Some("Customer"));
    let path = first_profile(&mut operator, "inventory").await;
    let page = operator.get(&path).await.text;
    let gone = send(&mut operator, &format!("{path}/forget"), fields(&page), &[]).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{gone:?}");
    assert_eq!(operator.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_profile_with_values_that_no_file_has_is_refused_by_the_name_of_the_field() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, SET).await;
    let mut operator = app.operator().await;
    let path = first_profile(&mut operator, "inventory").await;
    let good: Value = operator.get(&format!("{path}/export")).await.json();
    let long = |n: usize| "x".repeat(n);
    let wrong = [
        ("delimiter", "/profile/dialect/delimiter", json!("\n")),
        ("delimiter", "/profile/dialect/delimiter", json!("\r")),
        ("delimiter", "/profile/dialect/delimiter", json!("\"")),
        ("delimiter", "/profile/dialect/delimiter", json!("é")),
        ("delimiter", "/reading", json!({"delimiter": "é"})),
        ("header", "/reading", json!({"header": 9_000_000})),
        ("quote", "/profile/dialect/quote", json!("\n")),
        ("header_record", "/profile/header_record", json!(1_u64 << 63)),
        ("more_header_records", "/profile/more_header_records", json!(1_u64 << 63)),
        ("records_below_header", "/profile/records_below_header", json!(1_000)),
        ("member", "/profile/container", json!({"kind": "zip", "member": "../.."})),
        ("sheet", "/profile/container", json!({"kind": "sheet", "sheet": long(5_000)})),
        ("hidden_elsewhere", "/profile/hidden_elsewhere", json!([long(200_000)])),
        ("suggested_owner", "/profile/suggested_owner", json!(long(200_000))),
        ("header", "/profile/columns/0/name", json!(long(2_000_000))),
        ("name has at most 200", "/profile/columns/0/name", json!(long(201))),
        ("header", "/profile/columns/0/header", json!(long(2_000_000))),
        ("encoding", "/profile/encoding", json!(long(2_000_000))),
        ("profile", "/profile/columns/0/type", json!(long(2_000_000))),
    ];
    for (field, place, value) in wrong {
        let mut file = good.clone();
        match file.pointer_mut(place) {
            Some(there) => *there = value,
            None => {
                let (parent, name) = place.rsplit_once('/').unwrap();
                file.pointer_mut(parent).unwrap()[name] = value;
            }
        }
        let (status, text) = bring(&mut operator, "inventory", &file.to_string()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{place}");
        let shown = text.split("role=\"alert\"").nth(1).unwrap_or(&text);
        assert!(shown.contains(field), "{place}: {shown}");
        assert!(!text.contains(&long(300)), "{place}: quoted whole");
    }
    let (status, text) = bring(&mut operator, "inventory", &good.to_string()).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{text}");
}

#[tokio::test]
async fn a_nul_in_a_cell_is_seen_wherever_the_cell_is() {
    let app = TestApp::start().await;
    let file = "Part,Customer,Qty\nA\0-1,Acme Foods,5\nA-2,Acme Foods,7\nA-3,Acme Foods,8\n";
    let mut operator = app.operator().await;
    app.import("Inventory", FIRST, SET).await;
    let path = upload(&mut operator, false, file).await;
    let page = operator.get(&path).await.text;
    assert!(page.contains("A␀-1") && page.contains("A-2"), "{page}");
    let import = app.import("Inventory", file, SET).await;
    assert_eq!(import["problems"][0]["reason"], "NUL bytes are shown as ␀", "{import}");
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    let rows = ann.get("/api/v1/datasets/inventory/rows").await.text;
    assert!(rows.contains("A␀-1"), "{rows}");
    assert!(ann.get("/inventory").await.text.contains("A␀-1"));
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in.csv"), folder.path().join("out.csv"));
    std::fs::write(&from, file).unwrap();
    let told = stockroom(folder.path(), &["inspect", from.to_str().unwrap(), "-o", to.to_str().unwrap()]);
    assert!(told.status.success(), "{told:?}");
    assert_eq!(std::fs::read_to_string(&to).unwrap().replace('"', ""), file.replace('\0', "␀"));
}
