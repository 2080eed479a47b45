//! Every generation can be gone back to, that can be undone, and what is hidden stays hidden on the way.

use reqwest::StatusCode;
use serde_json::json;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{Answer, Browser, PASSWORD, TestApp};

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
    // Who sees it is told that customers do not.
    let told = operator.get("/api/v1/datasets/inventory").await.json();
    let hidden = |name: &str| {
        told["columns"].as_array().unwrap().iter().find(|column| column["name"] == name).unwrap()["hidden"]
            == true
    };
    assert!(hidden("Cost") && !hidden("Qty"), "{told}");
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
async fn the_file_as_it_was_sent_comes_back_byte_by_byte_to_who_may_see_all_of_it() {
    let (app, mut operator) = site().await;
    let history = operator.get("/datasets/inventory/history").await.text;
    let import = history.split("href=\"/imports/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = operator.get(&format!("/imports/{import}")).await.text;
    let path = format!("/imports/{import}/original");
    assert!(page.contains(&path), "{page}");
    let file = operator.get(&path).await;
    assert_eq!((file.status, file.text.as_str()), (StatusCode::OK, SECOND));
    assert!(file.header("content-disposition").starts_with("attachment"), "{file:?}");
    assert!(file.header("content-security-policy").starts_with("sandbox"), "{file:?}");
    assert_eq!(file.header("content-type"), "application/octet-stream");
    let root = app.signed_in(Role::Admin, &[]).await;
    let events = { root }.get("/admin/audit?action=import.read").await.text;
    assert!(events.contains("File of an import downloaded"), "{events}");
    // Who sees single owners has no business with everybody's file.
    let mut limited = app.signed_in(Role::Operator, &["Acme"]).await;
    assert_eq!(limited.get(&path).await.status, StatusCode::NOT_FOUND);
    assert!(!limited.get(&format!("/imports/{import}")).await.text.contains(&path));
}

#[tokio::test]
async fn files_older_than_the_rules_keep_them_go_but_not_that_of_the_live_data() {
    let app = TestApp::start().await;
    let bad = format!("{FIRST}A-9,Bolt,1,2,3,4,5\n");
    let first = app.import("Inventory", bad, &["owner=Customer", "key=Part"]).await;
    assert_eq!(first["rows_rejected"], 1, "{first}");
    app.import("Inventory", SECOND, &[]).await;
    let mut operator = app.operator().await;
    let rules = "/datasets/inventory/rules";
    let wrong = operator.submit(rules, rules, &[("keep_files", "soon"), ("mode", "replace")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    let saved =
        operator.submit(rules, rules, &[("keep", "1"), ("keep_files", "30"), ("mode", "replace")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
    let id = first["id"].as_str().unwrap();
    let (original, rejects) = (format!("/imports/{id}/original"), format!("/api/v1/imports/{id}/rejects"));
    let purge = || stockroom::jobs::chores::purge_all(app.services()).unwrap();
    app.age_files();
    app.advance_minutes(29 * 24 * 60);
    purge();
    let mut operator = app.operator().await;
    assert_eq!(operator.get(&original).await.status, StatusCode::OK);
    assert_eq!(operator.get(&rejects).await.status, StatusCode::OK);
    app.advance_minutes(2 * 24 * 60);
    let mut operator = app.operator().await;
    let before = operator.get("/datasets/inventory/history").await;
    purge();
    assert_eq!(operator.get(&original).await.status, StatusCode::NOT_FOUND);
    assert_eq!(operator.get(&rejects).await.status, StatusCode::NOT_FOUND);
    let page = operator.get(&format!("/imports/{id}")).await.text;
    assert!(page.contains("The file is no longer kept") && !page.contains(&rejects), "{page}");
    // Its index went before: nobody is led to what cannot be shown.
    let history = operator.get("/datasets/inventory/history").await;
    assert!(history.text.contains("No longer kept"), "{}", history.text);
    assert!(!history.text.contains("action=\"/datasets/inventory/history/1\""), "{}", history.text);
    let refused = operator.submit_on(&before, "/datasets/inventory/history/1", &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    let changes = operator.get("/datasets/inventory/changes?from=1&to=2").await;
    assert_eq!(changes.status, StatusCode::NOT_FOUND, "{changes:?}");
    // The live data can be built again.
    let live_import = history.text.split("href=\"/imports/").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(operator.get(&format!("/imports/{live_import}/original")).await.text, SECOND);
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
    let late = operator.submit_on(&page, path, &[("rows_fewer", "99"), ("mode", "replace")]).await;
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
    for (day, quantity) in [("2026-11-21", "1"), ("2026-11-22", "7"), ("2026-11-23", "7")] {
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

#[tokio::test]
async fn a_day_in_the_future_is_said_to_be_one_and_the_sites_own_today_is_none() {
    // Its day begins 14 hours before that of the clock, which begins in the morning of 2026-11-21.
    let app =
        TestApp::start_with(|config| config.site.time_zone = Some("Pacific/Kiritimati".to_owned())).await;
    app.advance_minutes(6 * 60);
    app.import("Inventory", FIRST, &["owner=Customer", "key=Part"]).await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let (today, tomorrow) = ("2026-11-22", "2026-11-23");
    assert_eq!(stockroom::services::datasets::site_today(app.services()).to_string(), today);
    for part in ["rows", "facets", "export"] {
        let path = format!("/api/v1/datasets/inventory/{part}?as_of=");
        let answer = acme.get(&format!("{path}{today}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let answer = acme.get(&format!("{path}{tomorrow}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        assert!(answer.text.contains("As_of: 2026-11-23 is in the future"), "{answer:?}");
    }
    let page = acme.get(&format!("/inventory?as_of={today}")).await.text;
    assert!(page.contains("as they were on 2026-11-22") && !page.contains("data-future"), "{page}");
    let page = acme.get(&format!("/inventory?as_of={tomorrow}")).await.text;
    assert!(page.contains("2026-11-23 is in the future") && page.contains("A-1"), "{page}");
    assert!(!page.contains("as they were on"), "{page}");
    let block = acme.get(&format!("/datasets/inventory/rows?as_of={tomorrow}")).await;
    assert!(block.status == StatusCode::OK && block.text.contains("A-1"), "{block:?}");
}

#[tokio::test]
async fn changes_that_were_looked_at_before_a_column_was_hidden_are_not_kept_for_later() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, &["owner=Customer", "key=Part"]).await;
    app.import("Inventory", SECOND.replace("7,77.13", "7,55.91"), &[]).await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let between = "/datasets/inventory/changes?from=1&to=2";
    assert!(acme.get(between).await.text.contains("55.91"));
    app.import("Inventory", SECOND, &["hidden=Cost"]).await;
    let later = acme.get(between).await.text;
    assert!(!later.contains("data-unknown"), "{later}");
    for wrong in ["colour=red", "kind=blue", "field=Nope", "field=Cost"] {
        let page = acme.get(&format!("{between}&{wrong}")).await.text;
        let notice = page.split("data-unknown").nth(1).unwrap_or_else(|| panic!("{wrong}: {page}"));
        let notice = notice.split("</div>").next().unwrap();
        assert!(notice.contains(wrong.split('=').next().unwrap()), "{wrong}: {notice}");
    }
    assert!(later.contains("<ins>7</ins>") && !later.contains("55.91") && !later.contains("Cost"), "{later}");
}

#[tokio::test]
async fn a_row_has_a_history_that_is_told_by_its_key() {
    let app = TestApp::start().await;
    let head = "Part,Lot,Customer,Qty,Bin\n";
    let other = "B-9,L1,Blue Ltd,7654321,Z-9\n";
    let set = ["owner=Customer", "key=Part,Lot"];
    for rows in [
        "A-1,L1,Acme,5,B-1\n",
        "A-1,L1,Acme,5,B-1\nA-1,L2,Acme,1,C-3\n",
        "A-1,L1,Acme,8,B-2\n",
        "A-2,L1,Acme,1,B-1\n",
        "A-1,L1,Acme,9,B-2\n",
    ] {
        app.import("Inventory", format!("{head}{rows}{other}"), &set).await;
    }
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let grid = acme.get("/inventory").await.text;
    let link = "/datasets/inventory/row?Part=A-1&amp;Lot=L1";
    assert!(grid.contains(&format!("data-history=\"{link}\"")), "{grid}");
    let page = acme.get(&link.replace("&amp;", "&")).await.text;
    let steps: Vec<&str> = page.split("<tbody>").nth(1).expect("steps").split("<tr>").skip(1).collect();
    assert_eq!(steps.len(), 4, "{page}");
    assert!(steps[0].contains("Came") && steps[0].contains("Qty 9"), "{}", steps[0]);
    assert!(steps[1].contains("Gone"), "{}", steps[1]);
    for part in ["<del>5</del> <ins>8</ins>", "<del>B-1</del> <ins>B-2</ins>"] {
        assert!(steps[2].contains(part), "no {part} in {}", steps[2]);
    }
    assert!(steps[3].contains("Came") && steps[3].contains("Bin B-1"), "{}", steps[3]);
    assert!(page.contains("Quantity from 5 to 9, at most 9") && page.contains("chart-line"), "{page}");
    let told = acme.get(&format!("/api/v1{}", link.replace("&amp;", "&"))).await.json();
    assert_eq!(
        (&told["steps"][1]["what"], &told["steps"][0]["is"]["Qty"]),
        (&json!("went"), &json!("9")),
        "{told}"
    );
    assert_eq!(told["quantity"][2]["sum"], "8", "{told}");
    // Names of columns are taken as the grid takes them, and what is none is said.
    let typed = acme.get("/datasets/inventory/row?part=A-1&LOT=L1&colour=red").await.text;
    assert!(typed.contains("Quantity from 5 to 9"), "{typed}");
    let notice = typed.split("data-unknown").nth(1).unwrap().split("</div>").next().unwrap();
    assert!(
        notice.contains("“colour”") && !notice.contains("LOT") && !page.contains("data-unknown"),
        "{notice}"
    );
    let typed = acme.get("/api/v1/datasets/inventory/row?part=A-1&LOT=L1").await.json();
    assert_eq!(typed["steps"], told["steps"], "{typed}");
    let strange = acme.get("/api/v1/datasets/inventory/row?Part=A-1&Lot=L1&colour=red").await;
    assert_eq!(strange.status, StatusCode::UNPROCESSABLE_ENTITY, "{strange:?}");
    assert!(strange.text.contains("`colour` means nothing here; expected Part, Lot"), "{}", strange.text);
    // Another's row is none, and neither is a key that is not said.
    let foreign = acme.get("/datasets/inventory/row?Part=B-9&Lot=L1").await.text;
    assert!(foreign.contains("No such row") && !foreign.contains("7654321"), "{foreign}");
    let half = acme.get("/datasets/inventory/row?Part=A-1").await;
    assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY);
    // What is hidden now is hidden in every step.
    app.import("Inventory", format!("{head}A-1,L1,Acme,9,B-2\n{other}"), &["hidden=Bin"]).await;
    let page = acme.get(&link.replace("&amp;", "&")).await.text;
    assert!(page.contains("<ins>8</ins>") && !page.contains("B-2") && !page.contains("Bin"), "{page}");
}

#[tokio::test]
async fn what_changed_since_the_last_visit_is_one_link_away() {
    let app = TestApp::start().await;
    let (login, early) = ("acme@example.com", "early@example.com");
    for login in [login, early] {
        app.add_user(login, Role::Customer, OwnerScope::Owners(["Acme".to_owned()].into()));
    }
    app.browser().login(early, PASSWORD).await;
    app.advance_minutes(60);
    app.import("Inventory", FIRST, &["owner=Customer", "key=Part"]).await;
    app.browser().login(login, PASSWORD).await;
    app.advance_minutes(60);
    for _ in 0..2 {
        app.import("Inventory", SECOND, &[]).await;
        app.import("Inventory", SECOND.replace("7,77.13", "6,77.13"), &[]).await;
    }
    let mut again = app.browser();
    again.login(login, PASSWORD).await;
    let page = again.get("/inventory").await.text;
    let link = "/datasets/inventory/changes?from=visit";
    assert!(page.contains(&format!("href=\"{link}\"")), "{page}");
    let changes = again.get(link).await.text;
    assert!(changes.contains("since your last visit") && changes.contains("generation 1 → 5"), "{changes}");
    let told = again.get("/api/v1/datasets/inventory/changes?from=visit&limit=1").await.json();
    assert_eq!((&told["from"], &told["to"], &told["changed"]), (&json!(1), &json!(5), &json!(1)), "{told}");
    let row = json!({"change": "changed", "was": {"Qty": "1"}, "is": {"Part": "A-1", "Customer": "Acme", "Qty": "6", "Cost": "77.13"}});
    assert_eq!(told["rows"], json!([row]), "{told}");
    for wrong in ["kind=blue", "to=x", "limit=-1", "field=Nothing", "page=2"] {
        let path = format!("/api/v1/datasets/inventory/changes?from=1&{wrong}");
        assert_eq!(again.get(&path).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    // Who was here before there were data sees what changed since the first.
    let mut back = app.browser();
    back.login(early, PASSWORD).await;
    let changes = back.get(link).await;
    assert!(changes.text.contains("generation 1 → 5"), "{changes:?}");
    // Who was here since sees nothing new.
    app.advance_minutes(60);
    let mut third = app.browser();
    third.login(login, PASSWORD).await;
    assert!(!third.get("/inventory").await.text.contains(link));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_checked_before_a_roll_back_is_judged_against_what_is_live_then() {
    let (app, mut operator) = site().await;
    let third = SECOND.replace("A-3,Bolt", "A-4,Bolt");
    let begun = operator.upload("Inventory", third, &[], false).await.json();
    let id = begun["id"].as_str().unwrap().to_owned();
    assert_eq!(operator.import_ended(&id).await["compared_with"], 2, "checked against what is live");
    assert_eq!(go_back(&mut operator, 1, 2).await.status, StatusCode::SEE_OTHER);
    let confirmed = operator.post(&format!("/api/v1/imports/{id}/confirm"), &json!({})).await;
    assert!(confirmed.status.is_success(), "{confirmed:?}");
    // What is found then is asked about again.
    loop {
        let import = operator.get(&format!("/api/v1/imports/{id}")).await.json();
        match import["state"].as_str().unwrap() {
            "published" => break,
            "quarantined" => drop(operator.publish_anyway(&import).await),
            "failed" | "cancelled" => panic!("{import}"),
            _ => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
    assert_eq!(live(&mut operator).await.split(':').next(), Some("3"));
    let told = operator.get("/api/v1/datasets/inventory/changes").await.json();
    assert_eq!((&told["from"], &told["to"]), (&json!(1), &json!(3)), "{told}");
    drop(app);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_during_a_roll_back_leaves_one_of_both_and_a_whole_history() {
    let (app, mut operator) = site().await;
    let mut importer = app.operator().await;
    let is_done = std::cell::Cell::new(false);
    let importing = async {
        for qty in 10..16 {
            let file = SECOND.replace("A-1,Acme,7", &format!("A-1,Acme,{qty}"));
            let import = importer.upload("Inventory", file, &[], true).await.json();
            let ended = importer.import_ended(import["id"].as_str().unwrap()).await;
            if ended["state"] == "quarantined" {
                importer.publish_anyway(&ended).await;
            }
        }
        is_done.set(true);
    };
    let rolling = async {
        let mut done = 0;
        for _ in 0..25 {
            let now: u64 = live(&mut operator).await.split(':').next().unwrap().parse().unwrap();
            let to = if now == 1 { 2 } else { 1 };
            let status = go_back(&mut operator, to, now).await.status;
            // Where other data became live in between, nothing is done and that is said.
            assert!(matches!(status, StatusCode::SEE_OTHER | StatusCode::CONFLICT), "{status}");
            done += u32::from(status == StatusCode::SEE_OTHER);
        }
        done
    };
    // An import that found other data live tries again a second later.
    let ticking = async {
        while !is_done.get() {
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
            app.advance_minutes(1);
        }
    };
    let ((), rolled, ()) = tokio::join!(importing, rolling, ticking);
    assert!(rolled > 0);
    // Each time says what readers saw before it, without a gap.
    let dataset = stockroom::services::datasets::get(app.services(), "inventory").unwrap();
    let all: Result<_, stockroom::store::StoreError> = app
        .services()
        .store
        .read(|r| stockroom::store::publications::list_publications(r, dataset.id, usize::MAX));
    let all = all.unwrap();
    assert_eq!(all.len(), 2 + 6 + rolled as usize);
    for pair in all.windows(2) {
        assert_eq!(pair[0].before, Some(pair[1].generation));
    }
    assert_eq!(dataset.current_generation, Some(all[0].generation));
}

#[tokio::test]
async fn the_first_data_lead_to_no_changes_and_their_page_says_nothing_yet() {
    let app = TestApp::start().await;
    app.import("Inventory", FIRST, &["owner=Customer", "key=Part"]).await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let link = "href=\"/datasets/inventory/changes\"";
    let grid = acme.get("/inventory").await;
    assert!(grid.status == StatusCode::OK && !grid.text.contains(link), "{grid:?}");
    for path in ["/datasets/inventory/changes", "/datasets/inventory/changes?from=visit"] {
        let page = acme.get(path).await;
        assert!(page.status == StatusCode::OK && page.text.contains("Nothing yet"), "{path}: {page:?}");
    }
    assert_eq!(acme.get("/datasets/inventory/changes?from=7").await.status, StatusCode::NOT_FOUND);
    app.import("Inventory", SECOND, &[]).await;
    assert!(acme.get("/inventory").await.text.contains(link));
    let page = acme.get("/datasets/inventory/changes").await.text;
    assert!(page.contains("<ins>7</ins>") && !page.contains("Nothing yet"), "{page}");
    // And who may not know of it learns nothing of it.
    let mut stranger = app.signed_in(Role::Customer, &["Nobody"]).await;
    app.import("Other", FIRST, &["owner=Customer"]).await;
    assert_eq!(stranger.get("/datasets/other/changes").await.status, StatusCode::NOT_FOUND);
}
