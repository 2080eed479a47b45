//! The rules of a dataset: who changes them, and what is asked before they delete anything.

use reqwest::StatusCode;
use stockroom::domain::dataset::Dataset;
use stockroom::domain::guard::Mode;
use stockroom::domain::permission::Role;

use crate::harness::{Answer, Browser, TestApp};

const FIRST: &str = "Part,Customer,Qty\nA-1,Acme,1\nA-2,Bolt,2\n";
const SECOND: &str = "Part,Customer,Qty\nA-1,Acme,7\nA-3,Bolt,3\n";
const RULES: &str = "/datasets/inventory/rules";

/// Two generations, both imported ten days ago.
async fn site() -> (TestApp, Browser) {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, &["owner=Customer", "key=Part"]).await;
    app.import("Inventory", SECOND, &[]).await;
    app.age_files();
    app.advance_minutes(10 * 24 * 60);
    let operator = app.operator().await;
    (app, operator)
}

fn dataset(app: &TestApp) -> Dataset {
    stockroom::services::datasets::find(app.services(), "inventory").unwrap().unwrap()
}

async fn save(browser: &mut Browser, fields: &[(&str, &str)]) -> Answer {
    browser.submit(RULES, RULES, &[&[("mode", "replace")], fields].concat()).await
}

/// Ticks the box of a page that asks.
async fn agree(browser: &mut Browser, page: &Answer, keep: &str) -> Answer {
    let word = page.text.split("name=\"delete_files\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let word = word.to_owned();
    let fields = [("keep", keep), ("keep_files", "5"), ("mode", "replace"), ("delete_files", &word)];
    browser.submit_on(page, RULES, &fields).await
}

fn purge(app: &TestApp) {
    stockroom::jobs::chores::purge_all(app.services()).unwrap();
}

#[tokio::test]
async fn who_sees_single_owners_reads_the_rules_and_changes_none() {
    let (app, mut operator) = site().await;
    let before = dataset(&app);
    let page = operator.get(RULES).await.text;
    let version = page.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    for role in [Role::Operator, Role::Admin] {
        let mut limited = app.signed_in(role, &["Acme"]).await;
        let page = limited.get(RULES).await.text;
        assert!(page.contains("somebody who sees every owner changes them"), "{page}");
        assert!(page.contains("fieldset") && !page.contains("Save rules"), "{page}");
        let fields = [("version", version), ("mode", "replace"), ("keep", "1"), ("keep_files", "1")];
        let refused = limited.post_form(RULES, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert!(refused.text.contains("rows of every owner"), "{}", refused.text);
    }
    assert_eq!(dataset(&app), before);
}

#[tokio::test]
async fn what_a_change_would_delete_is_said_and_agreed_to_first() {
    let (app, mut operator) = site().await;
    let before = dataset(&app);
    let none = save(&mut operator, &[("keep_files", "0")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "{none:?}");
    assert!(none.text.contains("Keep files for one day at least"), "{}", none.text);

    let asked = save(&mut operator, &[("keep", "1"), ("keep_files", "5")]).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY, "{asked:?}");
    for words in [
        "One stored file goes.",
        "Generations that came of them: 1.",
        "Generations that cannot be shown any more, nor gone back to: 1.",
    ] {
        assert!(asked.text.contains(words), "no {words} in {}", asked.text);
    }
    // Without the tick, or with one for something else, it asks again.
    for tick in [&[][..], &[("delete_files", "1")]] {
        let fields = [&[("keep", "1"), ("keep_files", "5"), ("mode", "replace")], tick].concat();
        let again = operator.submit_on(&asked, RULES, &fields).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{again:?}");
        assert!(again.text.contains("One stored file goes."), "{}", again.text);
    }
    assert_eq!(dataset(&app), before);
    purge(&app);
    assert!(!operator.get("/datasets/inventory/history").await.text.contains("o longer kept"));

    let done = agree(&mut operator, &asked, "1").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    purge(&app);
    let history = operator.get("/datasets/inventory/history").await.text;
    assert!(history.contains("o longer kept"), "{history}");
    // What deletes nothing more asks nothing.
    let done = save(&mut operator, &[("keep", "1"), ("keep_files", "4")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
}

#[tokio::test]
async fn the_index_of_a_generation_whose_file_went_is_asked_about_too() {
    let (app, mut operator) = site().await;
    let asked = save(&mut operator, &[("keep", "30"), ("keep_files", "5")]).await;
    assert!(asked.text.contains("One stored file goes."), "{}", asked.text);
    assert!(!asked.text.contains("cannot be shown any more"), "its index stays: {}", asked.text);
    assert_eq!(agree(&mut operator, &asked, "30").await.status, StatusCode::SEE_OTHER);
    purge(&app);
    let asked = save(&mut operator, &[("keep", "1"), ("keep_files", "5")]).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY, "{asked:?}");
    assert!(asked.text.contains("nor gone back to: 1."), "{}", asked.text);
    assert!(!asked.text.contains("stored file"), "{}", asked.text);
    // Where files stay, an index is built again, and nothing is asked.
    let (_app, mut operator) = site().await;
    let done = save(&mut operator, &[("keep", "1")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
}

#[tokio::test]
async fn a_mode_that_is_none_changes_nothing() {
    let (app, mut operator) = site().await;
    let merge = operator.submit(RULES, RULES, &[("mode", "merge")]).await;
    assert_eq!(merge.status, StatusCode::SEE_OTHER, "{merge:?}");
    for mode in ["", "Replace", "overwrite"] {
        let refused = operator.submit(RULES, RULES, &[("mode", mode)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{mode}: {refused:?}");
        assert!(refused.text.contains("Choose one of these three"), "{}", refused.text);
    }
    assert_eq!(dataset(&app).rules.mode, Mode::Merge);
}

#[tokio::test]
async fn what_has_no_file_any_more_is_not_gone_back_to() {
    let (app, mut operator) = site().await;
    let path = "/datasets/inventory/history";
    let before = operator.get(path).await;
    let asked = save(&mut operator, &[("keep", "30"), ("keep_files", "5")]).await;
    assert_eq!(agree(&mut operator, &asked, "30").await.status, StatusCode::SEE_OTHER);
    purge(&app);
    // Its index is there, so that it can be looked at.
    let changes = operator.get("/datasets/inventory/changes?from=1&to=2").await;
    assert_eq!(changes.status, StatusCode::OK, "{changes:?}");
    let history = operator.get(path).await.text;
    assert!(history.contains("Its file is no longer kept"), "{history}");
    assert!(!history.contains("action=\"/datasets/inventory/history/1\""), "{history}");
    let refused = operator.submit_on(&before, "/datasets/inventory/history/1", &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    assert!(refused.text.contains("its file is no longer kept"), "{}", refused.text);
    assert_eq!(dataset(&app).current_generation.unwrap().0, 2);
}

#[tokio::test]
async fn the_file_of_live_data_stays_also_after_going_back() {
    let (app, mut operator) = site().await;
    let path = "/datasets/inventory/history";
    let before = operator.get(path).await;
    let back = operator.submit_on(&before, "/datasets/inventory/history/1", &[]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{back:?}");
    let asked = save(&mut operator, &[("keep", "1"), ("keep_files", "5")]).await;
    assert!(asked.text.contains("nor gone back to: 2."), "{}", asked.text);
    assert_eq!(agree(&mut operator, &asked, "1").await.status, StatusCode::SEE_OTHER);
    purge(&app);
    // Undoing it would lead to data that cannot be built again: it is not offered.
    let history = operator.get(&format!("{path}?back=1")).await.text;
    assert!(history.contains("Generation 1 is live again."), "{history}");
    assert!(!history.contains("action=\"/datasets/inventory/history/2\""), "{history}");
    // The index is lost; the file is there, and brings the live data back.
    let index = std::fs::read_dir(app.data_dir().join("index")).unwrap().next().unwrap().unwrap().path();
    let app = app.restart_after(|_| std::fs::remove_dir_all(index.join("1")).unwrap()).await;
    let mut operator = app.operator().await;
    for _ in 0..400 {
        let rows = operator.get("/api/v1/datasets/inventory/rows").await;
        if rows.status == StatusCode::OK {
            assert!(rows.text.contains("A-2"), "{}", rows.text);
            return;
        }
        assert_eq!(rows.status, StatusCode::SERVICE_UNAVAILABLE, "{rows:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the live data did not come back");
}
