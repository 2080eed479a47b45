//! Plans by the API.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{Answer, Browser, PASSWORD, TestApp};

async fn planner(app: &TestApp, login: &str) -> Browser {
    app.add_user(login, Role::Planner, OwnerScope::All);
    let mut browser = app.browser();
    browser.login(login, PASSWORD).await;
    browser
}

async fn send(browser: &mut Browser, method: Method, path: &str, body: Value) -> Answer {
    browser.send_json(method, &format!("/api/v1/plans{path}"), &body).await
}

async fn bring(browser: &mut Browser, path: &str, file: &'static str) -> Answer {
    let mut request = browser.request(Method::POST, &format!("/api/v1/plans{path}")).body(file);
    if let Some(token) = browser.cookies.get("csrf") {
        request = request.header("x-csrf-token", token);
    }
    browser.send(request).await
}

const FILE: &str = "item,date,production,sales,inventory,starting_inventory\n\
    A,2026-01-01,5,2,,0.30\nA,2026-01-02,,4,7,\nA,2026-01-08,1,,,\nB,2026-01-02,123456789012.345678,,,\n";

#[tokio::test]
async fn a_plan_is_made_filled_read_typed_in_and_deleted() {
    let app = TestApp::start().await;
    let mut pia = planner(&app, "pia@example.com").await;
    let made = send(&mut pia, Method::POST, "", json!({"name": "Base"})).await;
    assert_eq!((made.status, &made.json()["is_leader"]), (StatusCode::CREATED, &json!(true)), "{made:?}");
    let base = made.json()["id"].as_str().unwrap().to_owned();
    let refused = bring(&mut pia, "/leader/import", FILE).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("line 2: there is no item “A”"), "{}", refused.text);
    let told = bring(&mut pia, "/leader/import?create_items=true", FILE).await.json();
    assert_eq!((&told["values"], &told["new_lines"]), (&json!(6), &json!(2)), "{told}");

    let lines = send(&mut pia, Method::GET, "/leader/lines", json!({})).await.json();
    let first = &lines["lines"][0];
    assert_eq!((&first["item"], &first["first_stock_out"]), (&json!("A"), &json!("2026-01-02")), "{lines}");
    assert_eq!(
        (&first["opening"], &lines["stock_outs"]),
        (&json!({"amount": 0.3, "from": "given"}), &json!(1))
    );
    // Every digit is there.
    let projection = send(&mut pia, Method::GET, "/leader/projection?item=B", json!({})).await;
    assert!(projection.text.contains("\"projected_inventory\":123456789012.345678,"), "{}", projection.text);
    let days = send(&mut pia, Method::GET, "/leader/projection?item=A", json!({})).await.json();
    let rows = days["lines"][0]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 8);
    assert_eq!((&rows[1]["projected_inventory"], &rows[1]["gap"]), (&json!(-0.7), &json!(7.7)), "{days}");
    let weeks = send(&mut pia, Method::GET, "/leader/projection?item=A&bucket=week", json!({})).await.json();
    let rows = weeks["lines"][0]["rows"].as_array().unwrap();
    assert_eq!(
        (&rows[0]["period"], &rows[0]["sales"], rows.len()),
        (&json!("2026-W01"), &json!(6), 2),
        "{weeks}"
    );
    let tried =
        send(&mut pia, Method::GET, "/leader/projection?item=A&starting_inventory=100", json!({})).await;
    assert_eq!(tried.json()["lines"][0]["rows"][7]["projected_inventory"], json!(100), "{tried:?}");
    for wrong in
        ["?starting_inventory=1", "?bucket=year", "?colour=red", "?item=A&starting_inventory=x", "?line=x"]
    {
        let answer = send(&mut pia, Method::GET, &format!("/leader/projection{wrong}"), json!({})).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {answer:?}");
    }
    let opened = json!({"starting_inventory": null, "version": first["version"]});
    let path = format!("/leader/lines/{}", first["id"]);
    let line = send(&mut pia, Method::PATCH, &path, opened.clone()).await.json();
    assert_eq!(line["opening"]["from"], "nothing", "{line}");
    let stale = json!({"starting_inventory": 1, "version": first["version"]});
    assert_eq!(send(&mut pia, Method::PATCH, &path, stale).await.status, StatusCode::CONFLICT);

    // A scenario, which takes the lead; then the first one is deleted and comes back.
    let copy = send(&mut pia, Method::POST, "/leader/copy", json!({"name": "More"})).await;
    assert_eq!(copy.status, StatusCode::CREATED, "{copy:?}");
    assert_eq!(send(&mut pia, Method::DELETE, "/leader", json!({})).await.status, StatusCode::CONFLICT);
    send(&mut pia, Method::POST, "/More/leader", json!({})).await;
    let plans = send(&mut pia, Method::GET, "", json!({})).await.json();
    let leaders: Vec<_> =
        plans["plans"].as_array().unwrap().iter().map(|plan| (&plan["name"], &plan["is_leader"])).collect();
    assert_eq!(leaders, [(&json!("More"), &json!(true)), (&json!("Base"), &json!(false))]);
    assert_eq!(send(&mut pia, Method::DELETE, "/Base", json!({})).await.status, StatusCode::OK);
    assert_eq!(send(&mut pia, Method::GET, "/Base", json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        send(&mut pia, Method::POST, &format!("/{base}/restore"), json!({})).await.status,
        StatusCode::OK
    );
    assert_eq!(send(&mut pia, Method::GET, "/Base", json!({})).await.status, StatusCode::OK);
    let csv = send(&mut pia, Method::GET, "/More/export", json!({})).await;
    assert!(
        csv.text.contains("B,,,2026-01-02,123456789012.345678,,,123456789012.345678,,,0\n"),
        "{}",
        csv.text
    );
    assert!(csv.header("content-disposition").contains("More.csv"), "{csv:?}");
}

#[tokio::test]
async fn cells_are_typed_with_what_was_seen_and_a_conflict_has_both_values() {
    let app = TestApp::start().await;
    let (mut pia, mut tom) = (planner(&app, "pia@example.com").await, planner(&app, "tom@example.com").await);
    send(&mut pia, Method::POST, "", json!({"name": "Base"})).await;
    bring(&mut pia, "/Base/import?create_items=true", FILE).await;
    let cell = |value: Value, version: u64| json!({"line": 1, "measure": "sales", "date": "2026-01-02", "value": value, "version": version});
    let typed =
        send(&mut pia, Method::PATCH, "/Base/cells", json!({"cells": [cell(json!("9.5"), 0)]})).await.json();
    assert_eq!(
        typed["cells"][0],
        json!({"line": 1, "measure": "sales", "date": "2026-01-02", "value": 9.5, "imported": 4, "version": 1}),
        "{typed}"
    );
    let asked = send(&mut tom, Method::PATCH, "/Base/cells", json!({"cells": [cell(json!(1), 0)]})).await;
    assert_eq!(
        (asked.status, asked.header("content-type")),
        (StatusCode::CONFLICT, "application/problem+json"),
        "{asked:?}"
    );
    let conflict = &asked.json()["conflicts"][0];
    assert_eq!(
        (&conflict["yours"], &conflict["theirs"], &conflict["version"]),
        (&json!(1), &json!(9.5), &json!(1))
    );
    assert_eq!(
        send(&mut tom, Method::PATCH, "/Base/cells", json!({"cells": [cell(json!(1), 1)]})).await.status,
        StatusCode::OK
    );
    let emptied =
        send(&mut tom, Method::PATCH, "/Base/cells", json!({"cells": [cell(json!(null), 2)]})).await.json();
    assert_eq!(emptied["cells"][0]["value"], json!(null), "{emptied}");
    let range = "/Base/cells?line=1&measure=sales&from=2026-01-02&to=2026-01-02";
    let shown = send(&mut pia, Method::GET, range, json!({})).await.json();
    assert_eq!(shown["cells"], emptied["cells"], "{shown}");
    // Without a value the cell is what was imported again.
    let back = json!({"cells": [{"line": 1, "measure": "sales", "date": "2026-01-02"}]});
    let back = send(&mut tom, Method::PATCH, "/Base/cells", back).await.json();
    assert_eq!((&back["cells"][0]["value"], &back["cells"][0]["version"]), (&json!(4), &json!(0)), "{back}");
    for _ in 0..3 {
        assert_eq!(send(&mut tom, Method::POST, "/Base/undo", json!({})).await.status, StatusCode::OK);
    }
    assert_eq!(send(&mut tom, Method::POST, "/Base/undo", json!({})).await.status, StatusCode::CONFLICT);
    let shown = send(&mut pia, Method::GET, range, json!({})).await.json();
    assert_eq!(shown["cells"], typed["cells"], "{shown}");
    for wrong in [
        json!({"cells": [cell(json!("many"), 1)]}),
        json!({"cells": [{"line": 9, "measure": "sales", "date": "2026-01-02", "value": 1}]}),
        json!({"cells": [{"line": 1, "measure": "colour", "date": "2026-01-02", "value": 1}]}),
        json!({"cells": [{"line": 1, "measure": "sales", "date": "2096-01-02", "value": 1}]}),
    ] {
        let answer = send(&mut pia, Method::PATCH, "/Base/cells", wrong.clone()).await;
        assert!(answer.status.is_client_error(), "{wrong}: {answer:?}");
    }
    // Others than planners read what is shared, and change nothing.
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    assert_eq!(send(&mut acme, Method::GET, "/Base", json!({})).await.status, StatusCode::NOT_FOUND);
    send(&mut pia, Method::PATCH, "/Base", json!({"shared_with": "everyone"})).await;
    assert_eq!(
        send(&mut acme, Method::GET, "/Base/lines", json!({})).await.json()["lines"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let denied = send(&mut acme, Method::PATCH, "/Base/cells", json!({"cells": []})).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_an_undo_leaves_is_in_its_answer_and_on_the_page() {
    let app = TestApp::start().await;
    let (mut pia, mut tom) = (planner(&app, "pia@example.com").await, planner(&app, "tom@example.com").await);
    let made = send(&mut pia, Method::POST, "", json!({"name": "Base"})).await.json();
    bring(&mut pia, "/Base/import?create_items=true", FILE).await;
    let cell = |day: u8, value: u8| json!({"line": 1, "measure": "sales", "date": format!("2026-01-0{day}"), "value": value});
    let both = json!({"cells": [cell(1, 8), cell(2, 9)]});
    let theirs = json!({"cells": [cell(2, 7)]});
    send(&mut pia, Method::PATCH, "/Base/cells", both.clone()).await;
    send(&mut tom, Method::PATCH, "/Base/cells", theirs.clone()).await;
    let undone = send(&mut pia, Method::POST, "/Base/undo", json!({})).await;
    assert_eq!(undone.status, StatusCode::OK, "{undone:?}");
    let told = undone.json();
    assert_eq!(told["cells"].as_array().unwrap().len(), 1, "{told}");
    let left = &told["left"][0];
    assert_eq!(
        (&left["date"], &left["yours"], &left["theirs"]),
        (&json!("2026-01-02"), &json!(4), &json!(7)),
        "{told}"
    );
    // On the page.
    send(&mut pia, Method::PATCH, "/Base/cells", both).await;
    let again = json!({"cells": [cell(2, 6)]});
    send(&mut tom, Method::PATCH, "/Base/cells", again).await;
    let home = format!("/plan/{}", made["id"].as_str().unwrap());
    let done = pia.post_form(&home, &[("act", "undo"), ("back", &home)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{done:?}");
    let page = pia.get(done.header("location")).await.text;
    assert!(page.contains("but for 1 cell") && page.contains("A, Sales, 2026-01-02"), "{page}");
    let plain = send(&mut pia, Method::POST, "/Base/redo", json!({})).await.json();
    assert!(plain.get("left").is_none(), "{plain}");
}
