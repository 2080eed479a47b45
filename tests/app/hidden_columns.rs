//! Columns that customers must not see stay unseen when a file comes with other headers.

use reqwest::StatusCode;
use serde_json::Value;
use stockroom::domain::permission::Role;

use crate::harness::{Browser, TestApp};
use crate::imports_page::{fields, id_of, send, upload_into};

const FIRST: &str = "Part,Customer,Qty,Unit Cost\nA-1,Acme Foods,5,0.38\nA-2,Acme Foods,7,1.20\n";
const RENAMED: &str = "Part,Customer,Qty,Unit Cost EUR\nA-1,Acme Foods,5,0.38\nA-2,Acme Foods,7,1.20\n";
const SET: &[&str] = &["owner=Customer", "hidden=Unit Cost"];

async fn seen_by(browser: &mut Browser) -> String {
    browser.get("/api/v1/datasets/inventory/rows").await.text
}

fn problems(import: &Value) -> String {
    import["problems"].to_string()
}

#[tokio::test]
async fn a_hidden_column_under_another_name_stays_hidden_and_is_told() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, SET).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    assert!(!seen_by(&mut ann).await.contains("0.38"));
    let import = app.import("Inventory", RENAMED, &[]).await;
    assert_eq!(import["state"], "published", "{import}");
    let told = problems(&import);
    assert!(told.contains("Unit Cost EUR") && told.contains("hidden"), "{import}");
    let rows = seen_by(&mut ann).await;
    assert!(rows.contains("A-1") && !rows.contains("0.38") && !rows.contains("EUR"), "{rows}");
    // And the time after it is remembered like any other.
    let import = app.import("Inventory", RENAMED, &[]).await;
    assert!(!problems(&import).contains("Unit Cost EUR"), "{import}");
    assert!(!seen_by(&mut ann).await.contains("0.38"));
}

#[tokio::test]
async fn what_is_said_by_hand_counts() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, SET).await;
    let import = app.import("Inventory", RENAMED, &["hidden="]).await;
    assert!(!problems(&import).contains("hidden from customers"), "{import}");
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    assert!(seen_by(&mut ann).await.contains("0.38"));
}

#[tokio::test]
async fn what_is_new_beside_a_hidden_column_is_hidden_until_somebody_shows_it() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, SET).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    for (header, cells) in [
        ("Part,Customer,Qty,Unit Cost,Unit Cost", "A-1,Acme Foods,5,0.38,0.38"),
        ("Part,Customer,Qty,Unit Cost,Copy", "A-1,Acme Foods,5,,0.38"),
    ] {
        let import = app.import("Inventory", format!("{header}\n{cells}\n"), &[]).await;
        assert!(problems(&import).contains("New in this file"), "{import}");
        let rows = seen_by(&mut ann).await;
        assert!(rows.contains("A-1") && !rows.contains("0.38"), "{rows}");
    }
    let wider = "Part,Customer,Qty,Unit Cost,Bin\nA-1,Acme Foods,5,0.38,B-7\n";
    app.import("Inventory", wider, &["hidden=Unit Cost"]).await;
    let rows = seen_by(&mut ann).await;
    assert!(rows.contains("B-7") && !rows.contains("0.38"), "{rows}");
}

#[tokio::test]
async fn a_hidden_column_that_was_away_comes_back_hidden() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, SET).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    let without = "Part,Customer,Qty\nA-1,Acme Foods,5\n";
    let import = app.import("Inventory", without, &[]).await;
    assert!(problems(&import).contains("“Unit Cost”"), "that it is away is told: {import}");
    let import = app.import("Inventory", without, &[]).await;
    assert!(!problems(&import).contains("“Unit Cost”"), "once: {import}");
    for again in [FIRST, without, RENAMED, without, FIRST] {
        app.import("Inventory", again, &[]).await;
        let rows = seen_by(&mut ann).await;
        assert!(rows.contains("A-1") && !rows.contains("0.38"), "{again}: {rows}");
    }
}

#[tokio::test]
async fn the_preview_shows_the_new_column_as_hidden_and_says_why() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, SET).await;
    let mut operator = app.operator().await;
    let answer = upload_into(&mut operator, "inventory", "", "stock.csv", RENAMED).await;
    let path = answer.header("location").to_owned();
    let page = operator.get(&path).await.text;
    let notice = page.split("data-guarded").nth(1).expect("a notice").split("</div>").next().unwrap();
    assert!(notice.contains("“Unit Cost”") && notice.contains("“Unit Cost EUR”"), "{notice}");
    // Published as it is shown, the customer sees no price.
    operator.import_ended(id_of(&path)).await;
    let page = operator.get(&path).await.text;
    // A column is gone, which is asked about.
    let word = page.split("name=\"anyway\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let anyway = [("anyway", word)];
    let answer = send(&mut operator, &format!("{path}/publish"), fields(&page), &anyway).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    assert_eq!(operator.import_ended_final(id_of(&path)).await["state"], "published");
    let mut ann = app.signed_in(Role::Customer, &["Acme Foods"]).await;
    let rows = seen_by(&mut ann).await;
    assert!(rows.contains("A-1") && !rows.contains("0.38"), "{rows}");
}
