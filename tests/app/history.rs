//! Every generation can be gone back to, that can be undone, and what is hidden stays hidden on the way.

use reqwest::StatusCode;
use stockroom::domain::permission::Role;

use crate::harness::{Answer, Browser, TestApp};

const FIRST: &str = "Part,Customer,Qty,Cost\nA-1,Acme,1,77.13\nA-2,Bolt,2,88.24\n";
const SECOND: &str = "Part,Customer,Qty,Cost\nA-1,Acme,7,77.13\nA-3,Bolt,3,99.35\n";

async fn live(browser: &mut Browser) -> String {
    let rows = browser.get("/api/v1/datasets/inventory/rows").await.json();
    format!("{}: {}", rows["generation"], rows["rows"])
}

async fn go_back(browser: &mut Browser, to: u64, live: u64) -> Answer {
    let live = live.to_string();
    browser
        .submit(
            "/datasets/inventory/history",
            &format!("/datasets/inventory/history/{to}"),
            &[("live", &live)],
        )
        .await
}

async fn site() -> (TestApp, Browser) {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, &["owner=Customer", "key=Part"]).await;
    app.import("Inventory", SECOND, &[]).await;
    let operator = app.operator().await;
    (app, operator)
}

#[tokio::test]
async fn going_back_is_one_press_and_so_is_undoing_it() {
    let (app, mut operator) = site().await;
    let second = live(&mut operator).await;
    let before = operator.get("/datasets/inventory/history").await;
    for part in ["+1", "~1", "−1"] {
        assert!(before.text.contains(part), "no {part} in {}", before.text);
    }
    let done = go_back(&mut operator, 1, 2).await;
    assert_eq!(done.header("location"), "/datasets/inventory/history?back=1", "{done:?}");
    let first = live(&mut operator).await;
    assert!(first.starts_with("1: ") && first.contains("A-2"), "{first}");
    let page = operator.get("/datasets/inventory/history?back=1").await;
    assert!(page.text.contains("Generation 1 is live again.") && page.text.contains("Undo"), "{}", page.text);
    // A page from before decides about nothing.
    let stale = operator.submit_on(&before, "/datasets/inventory/history/1", &[]).await;
    assert!(stale.status == 409 && stale.text.contains("Other data became live"), "{stale:?}");
    let undone = go_back(&mut operator, 2, 1).await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER, "{undone:?}");
    assert_eq!(live(&mut operator).await, second);
    let history = operator.get("/datasets/inventory/history").await.text;
    assert_eq!(history.matches("Back to").count(), 2, "{history}");
    let events = app.signed_in(Role::Admin, &[]).await.get("/admin/audit?action=dataset.rollback").await.text;
    assert!(events.contains("Went back to earlier data"), "{events}");
    // A new file goes on from there, with a number of its own.
    app.import("Inventory", FIRST, &[]).await;
    assert!(live(&mut operator).await.starts_with("3: "));
    let mut customer = app.signed_in(Role::Customer, &["Acme"]).await;
    assert_eq!(customer.get("/datasets/inventory/history").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_was_hidden_since_stays_hidden_in_what_is_gone_back_to() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, &["owner=Customer", "key=Part"]).await;
    app.import("Inventory", SECOND, &["hidden=Cost"]).await;
    let mut operator = app.operator().await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let changed = acme.get("/datasets/inventory/changes").await.text;
    assert!(
        changed.contains("<ins>7</ins>") && !changed.contains("77.13") && !changed.contains("Cost"),
        "{changed}"
    );
    go_back(&mut operator, 1, 2).await;
    for path in ["/api/v1/datasets/inventory/rows", "/inventory", "/api/v1/datasets/inventory/export"] {
        let seen = acme.get(path).await;
        assert_eq!(seen.status, StatusCode::OK, "{path}");
        assert!(
            seen.text.contains("A-1") && !seen.text.contains("77.13") && !seen.text.contains("Cost"),
            "{path}"
        );
    }
    assert_eq!(acme.get("/api/v1/datasets/inventory/rows?q=77.13&match=any").await.json()["matched"], 0);
    assert!(operator.get("/api/v1/datasets/inventory/rows").await.text.contains("88.24"));
    // And in the next file, too.
    app.import("Inventory", SECOND, &[]).await;
    assert!(!acme.get("/api/v1/datasets/inventory/rows").await.text.contains("77.13"));
}

#[tokio::test]
async fn old_indexes_go_and_come_back_when_somebody_asks() {
    let (app, mut operator) = site().await;
    let saved = operator
        .submit(
            "/datasets/inventory/rules",
            "/datasets/inventory/rules",
            &[("keep", "1"), ("mode", "replace")],
        )
        .await;
    assert_eq!(saved.header("location"), "/datasets/inventory/rules?saved=1", "{saved:?}");
    stockroom::services::import_rules::drop_old(app.services()).unwrap();
    let index = std::fs::read_dir(app.data_dir().join("index")).unwrap().next().unwrap().unwrap().path();
    assert!(index.join("2").exists() && !index.join("1").exists());
    let mut answer = operator.get("/datasets/inventory/changes?from=1&to=2").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    for _ in 0..200 {
        answer = operator.get("/datasets/inventory/changes?from=1&to=2").await;
        if answer.status == StatusCode::OK {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(answer.text.contains("A-3"), "{}", answer.text);
}

#[tokio::test]
async fn rules_are_checked_saved_and_hold_for_the_next_file() {
    let (app, mut operator) = site().await;
    let path = "/datasets/inventory/rules";
    let page = operator.get(path).await;
    let wrong = operator.submit_on(&page, path, &[("rows_fewer", "many"), ("keep", "0")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text.contains("whole number from 0 to 100") && wrong.text.contains("value=\"many\""),
        "{}",
        wrong.text
    );
    let saved = operator
        .submit_on(&page, path, &[("rows_fewer", "10"), ("small_table", "0"), ("mode", "merge")])
        .await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
    // A second browser tab from before.
    let late = operator.submit_on(&page, path, &[("rows_fewer", "99")]).await;
    assert!(late.status.is_client_error() && late.text.contains("meanwhile"), "{late:?}");
    let import = app.import("Inventory", "Part,Customer,Qty,Cost\nA-1,Acme,8,77.13\n", &[]).await;
    assert_eq!(import["changes"]["unchanged"], 1, "merged by the rules: {import}");
    let rows = operator.get("/api/v1/datasets/inventory/rows").await.json();
    assert_eq!(rows["total"], 2);
}

#[tokio::test]
async fn any_past_day_can_be_looked_at_with_everything_that_now_can() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, &["owner=Customer", "key=Part"]).await;
    app.advance_minutes(24 * 60);
    app.import("Inventory", SECOND, &["hidden=Cost"]).await;
    app.advance_minutes(24 * 60);
    let mut operator = app.operator().await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    // The clock began on 2026-11-21.
    for (day, quantity) in
        [("2026-11-21", "1"), ("2026-11-22", "7"), ("2026-11-23", "7"), ("2030-01-01", "7")]
    {
        let rows = acme.get(&format!("/api/v1/datasets/inventory/rows?as_of={day}&q=A-1")).await;
        assert_eq!(rows.json()["rows"][0]["Qty"], quantity, "{day}: {rows:?}");
        assert!(!rows.text.contains("Cost"), "{day}: {rows:?}");
        let file = acme.get(&format!("/api/v1/datasets/inventory/export?as_of={day}")).await.text;
        assert!(file.contains(&format!("A-1,Acme,{quantity}")) && !file.contains("Bolt"), "{day}: {file}");
    }
    let page = acme.get("/inventory?as_of=2026-11-21&q=A-1").await.text;
    assert!(page.contains("as they were on 2026-11-21") && page.contains("<td"), "{page}");
    assert!(page.contains("name=\"as_of\" value=\"2026-11-21\""), "the search keeps it: {page}");
    let facets = operator.get("/api/v1/datasets/inventory/facets?as_of=2026-11-21&facet=Part").await.text;
    assert!(facets.contains("A-2") && !facets.contains("A-3"), "{facets}");
    let early = operator.get("/inventory?as_of=2020-01-01").await;
    assert!(
        early.status == StatusCode::NOT_FOUND && early.text.contains("nothing was published yet"),
        "{early:?}"
    );
    assert_eq!(
        operator.get("/api/v1/datasets/inventory/rows?as_of=soon").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}
