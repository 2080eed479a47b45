//! What lines begin with: it holds on its day, whatever days the plan has and however often its file is read again.

use std::fmt::Write;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::domain::permission::Role;

use crate::harness::{Answer, Browser, TestApp};

async fn import(browser: &mut Browser, plan: &str, file: impl Into<Vec<u8>>, more: &str) -> Answer {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let path = format!("/api/v1/plans/{plan}/import?create_items=true{more}");
    let request = browser.request(Method::POST, &path).header("x-csrf-token", token).body(file.into());
    let sent = browser.send(request).await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    sent
}

async fn export(browser: &Browser, plan: &str, shape: &str) -> Vec<u8> {
    let answer = browser.request(Method::GET, &format!("/api/v1/plans/{plan}/export?{shape}"));
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{shape}");
    answer.bytes().await.unwrap().to_vec()
}

const SHAPES: [&str; 4] = ["format=csv", "format=csv&shape=wide", "format=xlsx", "format=xlsx&shape=wide"];

/// The lines as the API has them, in the order of their numbers.
async fn lines(browser: &mut Browser, plan: &str) -> Vec<Value> {
    let told = browser.get(&format!("/api/v1/plans/{plan}/lines")).await.json();
    let mut lines = told["lines"].as_array().unwrap().clone();
    lines.sort_by_key(|line| line["id"].as_u64());
    lines
}

/// Day and projected stock of a line.
async fn balances(browser: &mut Browser, plan: &str, item: &str) -> Vec<(String, String)> {
    let told = browser.get(&format!("/api/v1/plans/{plan}/projection?item={item}")).await.json();
    let rows = told["lines"][0]["rows"].as_array().unwrap().clone();
    let day =
        |row: &Value| (row["date"].as_str().unwrap().to_owned(), row["projected_inventory"].to_string());
    rows.iter().map(day).collect()
}

async fn site() -> (TestApp, Browser) {
    let app = TestApp::start().await;
    let pia = app.signed_in(Role::Admin, &[]).await;
    (app, pia)
}

async fn november(browser: &mut Browser) {
    let plan = json!({"name": "P", "first": "2026-11-01", "last": "2026-11-30"});
    assert_eq!(browser.post("/api/v1/plans", &plan).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn what_is_given_is_not_moved_by_what_lies_before_the_plan() {
    let (_app, mut pia) = site().await;
    november(&mut pia).await;
    let header = "item,date,production,sales,starting_inventory\n";
    import(&mut pia, "P", format!("{header}S1,2026-11-01,1,2,100\nS1,2026-11-05,,4,\n"), "").await;
    import(&mut pia, "P", "item,date,sales\nS1,2026-10-30,7\n", "&keep_outside=true").await;
    let before = lines(&mut pia, "P").await;
    assert_eq!(before[0]["opening"], json!({"amount": 100, "from": "given"}));
    for shape in SHAPES {
        for time in 0..2 {
            let file = export(&pia, "P", shape).await;
            import(&mut pia, "P", file, "").await;
            assert_eq!(lines(&mut pia, "P").await, before, "{shape}, {time}");
        }
    }
    // What is typed is what is shown, and other days of the plan change no balance.
    let typed = pia
        .send_json(Method::PATCH, "/api/v1/plans/P/lines/1", &json!({"starting_inventory": 90}))
        .await
        .json();
    assert_eq!((&typed["opening"]["amount"], &typed["starting_inventory"]), (&json!(90), &json!(90)));
    let november = balances(&mut pia, "P", "S1").await;
    for (first, opening) in [("2026-10-15", json!(97)), ("2026-11-03", json!(89)), ("2026-11-01", json!(90))]
    {
        let days = json!({"first": first, "last": "2026-11-30"});
        assert_eq!(pia.send_json(Method::PATCH, "/api/v1/plans/P", &days).await.status, StatusCode::OK);
        let now = balances(&mut pia, "P", "S1").await;
        assert!(november.iter().all(|day| day.0.as_str() < first || now.contains(day)), "{first}: {now:?}");
        let line = &lines(&mut pia, "P").await[0];
        assert_eq!(
            (&line["opening"]["amount"], &line["starting_inventory"]),
            (&opening, &opening),
            "{first}"
        );
        let on = if first == "2026-11-01" { Value::Null } else { json!("2026-11-01") };
        assert_eq!(line["opening"]["on"], on, "{first}");
    }
}

#[tokio::test]
async fn in_a_plan_whose_days_follow_its_files_what_was_given_holds_on_its_day() {
    let (_app, mut pia) = site().await;
    let made = pia.post("/api/v1/plans", &json!({"name": "P"})).await.json();
    import(&mut pia, "P", "item,date,sales,starting_inventory\nHA,2026-11-01,2,100\n", "").await;
    import(&mut pia, "P", "item,date,sales\nHA,2026-10-30,40\n", "").await;
    let days = balances(&mut pia, "P", "HA").await;
    let day = |date: &str, amount: &str| (date.to_owned(), amount.to_owned());
    assert_eq!(days, [day("2026-10-30", "100"), day("2026-10-31", "100"), day("2026-11-01", "98")]);
    let line = &lines(&mut pia, "P").await[0];
    assert_eq!(line["opening"], json!({"amount": 140, "from": "given", "on": "2026-11-01"}));
    let page = pia.get(&format!("/plan/{}", made["id"].as_str().unwrap())).await.text;
    assert!(page.contains("Begins with 140 (given for 2026-11-01, with what moves between)"), "{page}");
    // The sheet counts backwards on its own before that day.
    assert!(page.contains("data-given-on=\"2026-11-01\""), "{page}");

    // Rows in any order, and a report of the day before: it holds on the first day of what moves.
    pia.post("/api/v1/plans", &json!({"name": "R"})).await;
    let file = "item,date,sales,inventory,starting_inventory\nHA,2026-11-03,2,,100\nHA,2026-11-02,1,,\nHA,2026-11-01,,99,\n";
    import(&mut pia, "R", file, "").await;
    import(&mut pia, "R", "item,date,sales\nHA,2026-11-01,40\n", "").await;
    assert_eq!(
        balances(&mut pia, "R", "HA").await,
        [day("2026-11-01", "100"), day("2026-11-02", "99"), day("2026-11-03", "97")]
    );

    // In a plan without days it holds on the first that it gets, for good.
    pia.post("/api/v1/plans", &json!({"name": "Q"})).await;
    let added = pia.post("/api/v1/plans/Q/lines", &json!({"item": "HA", "starting_inventory": 50})).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    import(&mut pia, "Q", "item,date,sales\nHB,2026-11-01,1\nHA,2026-11-02,5\n", "").await;
    import(&mut pia, "Q", "item,date,sales\nHA,2026-10-31,7\n", "").await;
    assert_eq!(
        balances(&mut pia, "Q", "HA").await,
        [day("2026-10-31", "50"), day("2026-11-01", "50"), day("2026-11-02", "45")]
    );
}

/// A number from a seed, as a die would give it (Numerical Recipes' linear congruence).
fn next(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below
}

/// Values of November, and of the weeks around it, that no plan of November shows.
fn any_file(seed: &mut u64) -> String {
    let mut file = "item,location,date,production,sales,inventory,starting_inventory\n".to_owned();
    // A value on the first day, so that each plan that is made of it begins there.
    file += "G-0,,2026-11-01,1,,,\n";
    let first = jiff::civil::date(2026, 10, 20);
    for (kind, location) in [("G", ""), ("R", ""), ("S", ""), ("N", "Mars")] {
        for item in 0..3 {
            // Reports and what is given for a day before the plan make openings of their own.
            let reported_first = kind == "R";
            for day in 0..50 {
                let date = first.checked_add(jiff::Span::new().days(day)).unwrap();
                if date == jiff::civil::date(2026, 11, 1) {
                    continue;
                }
                let is_before = day < 12;
                let amount = |seed: &mut u64, one_in: u64| {
                    let value = (next(seed, one_in) == 0).then(|| next(seed, 90_000) as i64 - 9_000);
                    value.map_or(String::new(), |value| format!("{}", value as f64 / 100.0))
                };
                let (made, sold) = (amount(seed, 4), amount(seed, 3));
                let reported = if reported_first || !is_before { amount(seed, 5) } else { String::new() };
                let starting = if kind == "G" && day == (item * 9) { "12.5" } else { "" };
                if [&made[..], &sold, &reported, starting].iter().any(|cell| !cell.is_empty()) {
                    writeln!(file, "{kind}-{item},{location},{date},{made},{sold},{reported},{starting}")
                        .unwrap();
                }
            }
        }
    }
    file
}

#[tokio::test]
async fn an_export_read_again_changes_nothing_and_makes_the_same_plan_whatever_lines_begin_with() {
    let (app, mut pia) = site().await;
    app.import(
        "Inventory",
        "Part,Warehouse,Qty\nS-0,North,400\nS-1,North,7.25\nS-2,North,0\n",
        &["role.Warehouse=location"],
    )
    .await;
    let mut seed = 11;
    for turn in 0..3 {
        let name = format!("P{turn}");
        let plan =
            json!({"name": name, "first": "2026-11-01", "last": "2026-11-30", "opens_with_stock": true});
        pia.post("/api/v1/plans", &plan).await;
        import(&mut pia, &name, any_file(&mut seed), "&keep_outside=true").await;
        let taken = pia.post(&format!("/api/v1/plans/{name}/stock"), &json!({"dataset": "inventory"})).await;
        assert_eq!(taken.status, StatusCode::OK, "{taken:?}");
        let before = lines(&mut pia, &name).await;
        for from in ["given", "reported", "stock", "nothing"] {
            assert!(before.iter().any(|line| line["opening"]["from"] == from), "{from}: {before:?}");
        }
        let text = String::from_utf8(export(&pia, &name, SHAPES[0]).await).unwrap();
        for shape in SHAPES {
            let file = export(&pia, &name, shape).await;
            for _ in 0..2 {
                import(&mut pia, &name, file.clone(), "").await;
            }
            assert_eq!(lines(&mut pia, &name).await, before, "{shape}");
            assert_eq!(export(&pia, &name, SHAPES[0]).await, text.as_bytes(), "{shape}");
            let copy = format!("{name} of {}", SHAPES.iter().position(|other| *other == shape).unwrap());
            pia.post("/api/v1/plans", &json!({"name": copy})).await;
            let copy = copy.replace(' ', "%20");
            import(&mut pia, &copy, file, "").await;
            assert_eq!(String::from_utf8(export(&pia, &copy, SHAPES[0]).await).unwrap(), text, "{shape}");
        }
    }
}

#[tokio::test]
async fn what_comes_from_reports_or_stock_goes_on_to_after_its_export_was_read_again() {
    let (app, mut pia) = site().await;
    november(&mut pia).await;
    let file =
        "item,date,sales,inventory\nR,2026-10-31,,50\nR,2026-11-02,3,\nS,2026-11-03,1,\nN,2026-11-04,1,\n";
    import(&mut pia, "P", file, "").await;
    app.import("Inventory", "Part,Qty\nS,8\n", &[]).await;
    // Of N nothing is known as long as no stock was taken over: its row says nothing, too.
    let text = String::from_utf8(export(&pia, "P", "format=csv").await).unwrap();
    assert!(
        text.contains("N,,,2026-11-04,,1,,-1,,,0\n") && text.contains("R,,,2026-11-02,,3,,47,,50,0\n"),
        "{text}"
    );
    import(&mut pia, "P", text, "").await;
    pia.post("/api/v1/plans/P/stock", &json!({"dataset": "inventory"})).await;
    let file = export(&pia, "P", "format=csv").await;
    import(&mut pia, "P", file, "").await;
    import(&mut pia, "P", "item,date,inventory\nR,2026-10-31,60\n", "").await;
    let openings: Vec<Value> =
        lines(&mut pia, "P").await.iter().map(|line| line["opening"].clone()).collect();
    let mut openings: Vec<String> = openings.iter().map(ToString::to_string).collect();
    openings.sort();
    assert_eq!(
        openings,
        [
            r#"{"amount":0,"from":"stock"}"#,
            r#"{"amount":60,"from":"reported","on":"2026-10-31"}"#,
            r#"{"amount":8,"from":"stock"}"#
        ]
    );
    // What a file says otherwise is given from then on.
    import(&mut pia, "P", "item,date,sales,starting_inventory\nS,2026-11-03,1,9\n", "").await;
    let told = lines(&mut pia, "P").await;
    let line = told.iter().find(|line| line["item"] == "S").unwrap();
    assert_eq!(line["opening"], json!({"amount": 9, "from": "given", "on": "2026-11-03"}));
}
