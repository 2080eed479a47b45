//! What is no good for a plan, from its page, by the API and on the command line: a message that says where, and nothing of it
//! is taken.

use std::path::Path;

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stockroom::domain::permission::Role;

use crate::harness::{Answer, Browser, TestApp, stderr, stockroom};
use crate::workbook_files::{Xlsx, gzip};

/// A site with a plan of January that has one line.
async fn site() -> (TestApp, Browser, String) {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let made =
        pia.post("/api/v1/plans", &json!({"name": "P", "first": "2026-01-01", "last": "2026-01-31"})).await;
    let address = format!("/plan/{}", made.json()["id"].as_str().unwrap());
    let sent =
        by_api(&mut pia, b"item,date,production,sales\nA,2026-01-01,5,2\n", "?create_items=true").await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    (app, pia, address)
}

async fn by_api(browser: &mut Browser, file: &[u8], more: &str) -> Answer {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let path = format!("/api/v1/plans/P/import{more}");
    let request = browser.request(Method::POST, &path).header("x-csrf-token", token).body(file.to_vec());
    browser.send(request).await
}

async fn on_page(browser: &mut Browser, address: &str, file: &[u8], fields: &[(&str, &str)]) -> Answer {
    let mut form = Form::new().text("csrf", browser.cookies.get("csrf").cloned().unwrap_or_default());
    for (name, value) in fields {
        form = form.text((*name).to_owned(), (*value).to_owned());
    }
    let form = form.part("file", Part::bytes(file.to_vec()).file_name("plan.csv"));
    let request = browser.request(Method::POST, &format!("{address}/import")).multipart(form);
    browser.send(request).await
}

async fn by_command(app: &TestApp, file: &[u8]) -> (Option<i32>, String) {
    let (directory, kept) = (app.data_dir(), tempfile::NamedTempFile::new().unwrap());
    std::fs::write(kept.path(), file).unwrap();
    let run = move || {
        let (directory, file) = (directory.to_str().unwrap(), kept.path().to_str().unwrap());
        stockroom(Path::new("."), &["--data-dir", directory, "plan", "import", "P", file])
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    (output.status.code(), stderr(&output))
}

/// What a page says, without markup.
fn plain(page: &str) -> String {
    page.replace("&amp;", "&").replace("&quot;", "\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_in_says_what_is_wrong_where_and_takes_nothing() {
    let (app, mut pia, address) = site().await;
    let before = pia.get("/api/v1/plans/P/export").await.text;
    let updated = pia.get("/api/v1/plans/P").await.json()["updated_at"].clone();

    let bomb = {
        let sheet = format!("<sheetData><!--{}--></sheetData>", "x".repeat(64 << 20));
        Xlsx { sheets: &[("A", "", &sheet)], ..Xlsx::default() }.bytes()
    };
    let bad: [(&[u8], &[&str]); 12] = [
        (
            b"item,date,production,sales\nA,2026-01-02,1,2\nA,2026-01-03,lots,2\n",
            &["line 3: production: “lots” is not a number"],
        ),
        (
            b"item,date,production,sales\nA,2026-01-02,1,2\nA,2026-01-03,1,2\nA,2026-01-02,9,9\n",
            &["production of A on 2026-01-02 stands there twice: lines 2 and 4"],
        ),
        (
            b"item,date,production,sales\nNew,2026-01-02,1,2\nB,2026-01-02,1,2\n",
            &[
                "line 2: there is no item “New”",
                "line 3: there is no item “B”",
                "tick “Make items",
                "create_items=true",
                "--create-items",
            ],
        ),
        (b"item,date,production,sales\nA,2026-01-02,1,2\nA,2026-01-0", &["line 3: “2026-01-0” is no date"]),
        (
            b"item,date,production,sales\nA,2026-01-02,1,2\nA,2026-01-03,1",
            &["line 3: has 3 cells and the header 4: the file may have been cut off there"],
        ),
        (
            b"item,date,production,sales\nA,2026-01-02,1\nA,2026-01-03,1\n",
            &["line 2: has 3 cells and the header 4", "line 3: has 3 cells"],
        ),
        (
            b"item,date,production,sales\nA,2026-01-02,1,2\nA",
            &["line 3: “A” is no row: the file may have been cut off there"],
        ),
        (b"item,date,production,sales\nA,2026-01-02,1,2\nHN\n", &["line 3: “HN” is no row"]),
        (b"item,date,production,sales\nA,2026-01-02,1,2\nBolt 5 mm", &["line 3: “Bolt 5 mm” is no row"]),
        (b"item,date,production,sales\nA,2026-01-02,\"1,2\nA,2026-01-03,1,2\n", &["line "]),
        (&gzip(&vec![b'0'; 64 << 20]), &["unpacks to more than"]),
        (&bomb, &["unpacks to more than"]),
    ];
    for (file, said) in bad {
        let shown = String::from_utf8_lossy(&file[..file.len().min(80)]).into_owned();
        let answer = by_api(&mut pia, file, "").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{shown}: {answer:?}");
        let page = on_page(&mut pia, &address, file, &[]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{shown}: {page:?}");
        let (code, told) = by_command(&app, file).await;
        assert_eq!(code, Some(1), "{shown}: {told}");
        for said in said {
            for (way, text) in [
                ("api", &answer.text.replace("\\\"", "\"")),
                ("page", &plain(&page.text)),
                ("command", &told),
            ] {
                assert!(text.contains(said), "{way}: {shown}: {said}: {text}");
            }
        }
        assert_eq!(pia.get("/api/v1/plans/P/export").await.text, before, "{shown}");
    }
    assert_eq!(
        pia.get("/api/v1/plans/P").await.json()["updated_at"],
        updated,
        "what was refused is no import"
    );
    assert_eq!(pia.get("/api/v1/items/New").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_line_beside_a_column_of_items_is_refused_and_so_is_a_place_without_an_item() {
    let (_app, mut pia, _) = site().await;
    for (query, said) in [
        ("?item=A", "there is a column `item`, and a line was chosen for all rows"),
        ("?location=HAM", "goes with `item`"),
        ("?channel=WEB", "goes with `item`"),
    ] {
        let sent = by_api(&mut pia, b"item,date,sales\nA,2026-01-02,1\n", query).await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {sent:?}");
        assert!(sent.text.contains(said), "{}", sent.text);
    }
    let sent = by_api(&mut pia, b"date,sales\n2026-01-02,1\n", "?item=A").await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
}

#[tokio::test]
async fn blank_cells_totals_and_remarks_make_no_row_that_was_cut_off() {
    let (_app, mut pia, _) = site().await;
    for (file, left_out) in [
        ("item,date,production,sales\nA,2026-01-02,1,\nA,2026-01-03,,2\n\n", 0),
        // A separator at the end of the header names no column.
        ("item,date,production,sales,\nA,2026-01-02,1,2\nA,2026-01-03,1,2\n", 0),
        ("item,date,production,sales\nA,2026-01-02,1,2\nA,2026-01-03,1,2\nTotal,,2,4\n", 1),
        (
            "item,date,production,sales\nA,2026-01-02,1,2\nA,2026-01-03,1,2\n\nExported by the ERP, all sites\n",
            1,
        ),
    ] {
        let sent = by_api(&mut pia, file.as_bytes(), "").await;
        assert_eq!(
            (sent.status, &sent.json()["left_out"]),
            (StatusCode::OK, &json!(left_out)),
            "{file}: {sent:?}"
        );
    }
}

#[tokio::test]
async fn days_that_the_plan_does_not_have_are_told_and_kept() {
    let (_app, mut pia, address) = site().await;
    let file = b"item,date,sales,colour\nA,2026-01-02,1,red\nA,2026-03-01,7,red\nA,2026-03-02,7,red\n";
    let refused = on_page(&mut pia, &address, file, &[("create_items", "true")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = "line 3: sales of “A” on 2026-03-01: the plan goes from 2026-01-01 to 2026-01-31";
    assert!(refused.text.contains(said) && refused.text.contains("line 4:"), "{}", refused.text);
    let kept = [("create_items", "true"), ("keep_outside", "true")];
    let sent = on_page(&mut pia, &address, file, &kept).await;
    let page = pia.get(sent.header("location")).await.text;
    for said in [
        "Rows: 3, values: 3.",
        "2 values lie on days that this plan does not have",
        "1 column of the file says nothing here",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let again = by_api(&mut pia, file, "?keep_outside=true").await.json();
    assert_eq!((&again["outside"], &again["unknown_columns"]), (&json!(2), &json!(["colour"])), "{again}");
    assert!(!pia.get("/api/v1/plans/P/export").await.text.contains("2026-03-01"));
    pia.send_json(Method::PATCH, "/api/v1/plans/P", &json!({"first": "2026-01-01", "last": "2026-03-31"}))
        .await;
    assert!(pia.get("/api/v1/plans/P/export").await.text.contains("A,,,2026-03-01,,7,"));
    // Typed or pasted there, they are refused: nobody would see them.
    let cells =
        json!({"cells": [{"line": 1, "measure": "sales", "date": "2027-01-01", "value": 1, "version": 0}]});
    let refused = pia.send_json(Method::PATCH, "/api/v1/plans/P/cells", &cells).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("goes from 2026-01-01 to 2026-03-31"), "{}", refused.text);
}

/// That a file has too many values is tested beside the reader (`services/plans/table.rs`): ten million take a while to write.
#[tokio::test]
async fn more_cells_than_can_be_pasted_at_once_are_refused_with_the_limit() {
    let (_app, mut pia, _) = site().await;
    let before = pia.get("/api/v1/plans/P/export").await.text;
    let cell =
        |n: usize| json!({"line": 1, "measure": "sales", "date": "2026-01-02", "value": n, "version": 0});
    let paste: Vec<Value> = (0..50_001).map(cell).collect();
    let refused = pia.send_json(Method::PATCH, "/api/v1/plans/P/cells", &json!({"cells": paste})).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert!(refused.text.contains("more than 50000"), "{}", refused.text);
    assert_eq!(pia.get("/api/v1/plans/P/export").await.text, before);
}

#[tokio::test]
async fn what_cannot_be_seen_is_in_no_key_and_no_name_wherever_it_comes_from() {
    let (_app, mut pia, _) = site().await;
    for odd in ["B\u{202e}1", "B\u{200b}1", "B\u{feff}1"] {
        for (place, file) in [
            ("item", format!("item,date,sales\n{odd},2026-01-01,5\n")),
            ("location", format!("item,location,date,sales\nA,{odd},2026-01-01,5\n")),
            ("channel", format!("item,channel,date,sales\nA,{odd},2026-01-01,5\n")),
        ] {
            let sent = by_api(&mut pia, file.as_bytes(), "?create_items=true").await;
            assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{place} {odd:?}: {sent:?}");
            assert!(sent.text.contains(&format!("line 2: the {place} has")), "{}", sent.text);
        }
        for field in ["category", "unit"] {
            let made = pia.post("/api/v1/items", &json!({"sku": "C", field: format!("Paint{odd}")})).await;
            assert_eq!(made.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {odd:?}: {made:?}");
            assert!(made.text.contains("or some that cannot be seen"), "{}", made.text);
        }
        for (path, body) in [
            ("/api/v1/items", json!({"sku": odd})),
            ("/api/v1/lists/locations", json!({"code": odd})),
            ("/api/v1/plans", json!({"name": odd})),
        ] {
            let made = pia.post(path, &body).await;
            assert_eq!(made.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {odd:?}: {made:?}");
            assert!(made.text.contains("characters that can be seen"), "{}", made.text);
        }
    }
    assert_eq!(pia.get("/api/v1/items").await.json()["total"], 1);
}

#[tokio::test]
async fn what_would_be_passed_over_is_refused() {
    let (_app, mut pia, _) = site().await;
    for (query, said) in [
        ("lines?limit=5", "`limit` means nothing here; expected none"),
        ("export?from=2026-01-01", "`from` means nothing here"),
        ("cells?from=2026-01-03&to=2026-01-02", "is 2026-01-02, before `from`, which is 2026-01-03"),
        ("projection?from=2026-01-03&to=2026-01-02", "before `from`"),
        ("accuracy?from=2026-01-03&to=2026-01-02", "before `from`"),
        ("cells?from=2026-W01", "expected a date like 2026-11-21"),
    ] {
        let answer = pia.get(&format!("/api/v1/plans/P/{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {answer:?}");
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
    }
    // What is done stands in the address: a body that says otherwise is not passed over.
    for act in ["leader", "lock", "unlock", "archive", "unarchive", "restore", "undo", "redo"] {
        let answer = pia.post(&format!("/api/v1/plans/P/{act}"), &json!({"lock": false})).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}: {answer:?}");
        assert!(answer.text.contains("takes no body"), "{act}: {}", answer.text);
    }
    assert_eq!(pia.get("/api/v1/plans/P").await.json()["is_locked"], false);
    for body in [&b""[..], b"{}"] {
        let token = pia.cookies.get("csrf").cloned().unwrap_or_default();
        let request = pia.request(Method::POST, "/api/v1/plans/P/unlock").header("x-csrf-token", token);
        let answer = pia.send(request.body(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    // Days, by their own message.
    for day in ["2027-02-30", "2027-W01", "soon"] {
        for (method, path, body) in [
            (Method::PATCH, "/api/v1/plans/P", json!({"first": day, "last": "2027-03-01"})),
            (
                Method::PATCH,
                "/api/v1/plans/P/cells",
                json!({"cells": [{"line": 1, "measure": "sales", "date": day, "value": 1}]}),
            ),
        ] {
            let answer = pia.send_json(method, path, &body).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
            let said = format!("“{day}” is no day; expected a date like 2026-11-21");
            assert!(answer.text.contains(&said), "{}", answer.text);
        }
        let form = [("name", "Q"), ("first", day), ("last", "2027-03-01")];
        let page = pia.post_form("/plan", &form).await;
        assert!(page.text.contains("write it like 2026-11-21"), "{}", page.text);
    }
    // One cell, two values: neither is taken.
    let cell = |date: &str, value: i64| json!({"line": 1, "measure": "sales", "date": date, "value": value});
    for (bucket, day) in [("day", "2026-01-05"), ("week", "2026-01-06")] {
        let twice = json!({"bucket": bucket, "cells": [cell("2026-01-05", 1), cell(day, 2)]});
        let answer = pia.send_json(Method::PATCH, "/api/v1/plans/P/cells", &twice).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        let said = format!("name sales of line 1 on {day} twice");
        assert!(answer.text.contains(&said), "{}", answer.text);
    }
    let cells = pia.get("/api/v1/plans/P/cells?from=2026-01-05").await.json();
    assert_eq!(cells["cells"], json!([]), "{cells}");
}

#[tokio::test]
async fn an_owner_is_taken_off_an_item_with_null() {
    let (_app, mut pia, _) = site().await;
    let owner = |item: Answer| item.json()["owner"].clone();
    for (body, expected) in [
        (json!({"owner": "Acme"}), json!("Acme")),
        (json!({"name": "Bolt"}), json!("Acme")),
        (json!({"owner": null}), json!(null)),
    ] {
        let item = pia.send_json(Method::PATCH, "/api/v1/items/A", &body).await;
        assert_eq!(owner(item), expected, "{body}");
    }
}

#[tokio::test]
async fn a_file_may_come_in_a_form_that_has_nothing_else() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    pia.post("/api/v1/plans", &json!({"name": "P"})).await;
    let token = pia.cookies.get("csrf").cloned().unwrap();
    let part = |text: &'static str| reqwest::multipart::Part::text(text).file_name("spring.csv");
    let sent = [
        ("/api/v1/items/import", "sku,name\nA-1,Pipe\n", None, StatusCode::OK),
        ("/api/v1/lists/locations/import", "code\nHAM\n", None, StatusCode::OK),
        ("/api/v1/plans/P/import", "item,location,date,sales\nA-1,HAM,2026-05-04,3\n", None, StatusCode::OK),
        // A wrong cell is named by its own line, not by that of the form around it.
        (
            "/api/v1/plans/P/import",
            "item,date,sales\nA-1,2026-05-04,three\n",
            None,
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        ("/api/v1/items/import", "sku\nA-2\n", Some("mode"), StatusCode::UNPROCESSABLE_ENTITY),
    ];
    for (path, text, more, expected) in sent {
        let mut form = reqwest::multipart::Form::new().part("file", part(text));
        if let Some(more) = more {
            form = form.text(more, "x");
        }
        let request = pia.request(Method::POST, path).header("x-csrf-token", &token).multipart(form);
        let answer = pia.send(request).await;
        assert_eq!(answer.status, expected, "{path} {text}: {}", answer.text);
        if text.contains("three") {
            assert!(answer.text.contains("line 2"), "{}", answer.text);
        }
    }
    assert!(pia.get("/api/v1/items/A-2").await.status.is_client_error());
    let lines = pia.get("/api/v1/plans/P/lines").await.json();
    assert_eq!(lines["lines"].as_array().map(Vec::len), Some(1), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_offered_any_more_gets_no_new_line_and_its_lines_go_on() {
    let (app, mut pia, address) = site().await;
    let sent =
        by_api(&mut pia, b"item,location,date,sales\nA,North,2026-01-01,1\n", "?create_items=true").await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    by_api(&mut pia, b"item,date,sales\nB,2026-01-01,1\n", "?create_items=true").await;
    for path in ["/api/v1/items/A", "/api/v1/lists/locations/North"] {
        let idle = pia.send_json(Method::PATCH, path, &json!({"is_active": false})).await;
        assert_eq!(idle.status, StatusCode::OK, "{idle:?}");
    }
    // Its own lines are read as before.
    let known = b"item,location,date,sales\nA,,2026-01-01,7\nA,North,2026-01-01,8\n";
    let sent = by_api(&mut pia, known, "").await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    let before = pia.get("/api/v1/plans/P/export").await.text;
    assert!(before.contains("A,,,2026-01-01,5,7,") && before.contains("A,North,,2026-01-01,,8,"), "{before}");
    let file =
        b"item,location,channel,date,sales\nA,,,2026-01-01,9\nA,,Web,2026-01-01,9\nB,North,,2026-01-01,9\n";
    let channel = pia.post("/api/v1/lists/channels", &json!({"code": "Web"})).await;
    assert_eq!(channel.status, StatusCode::OK, "{channel:?}");
    let told = [
        by_api(&mut pia, file, "?create_items=true").await.text,
        on_page(&mut pia, &address, file, &[("create_items", "true")]).await.text,
        by_command(&app, file).await.1,
    ];
    for told in told {
        for said in [
            "line 3: the item “A” is not offered for new lines, and the plan has no such line",
            "line 4: the location “North” is not offered for new lines",
            "offer what is meant under Items again",
        ] {
            assert!(told.contains(said), "{said}: {told}");
        }
        assert!(!told.contains("line 2:") && !told.contains("--create-items"), "{told}");
    }
    for (line, said) in [
        (json!({"item": "A", "channel": "Web"}), "“A” is not offered for new lines"),
        (json!({"item": "B", "location": "North"}), "“North” is not offered for new lines"),
    ] {
        let refused = pia.post("/api/v1/plans/P/lines", &line).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        assert!(refused.text.contains(said), "{}", refused.text);
    }
    assert_eq!(pia.get("/api/v1/plans/P/export").await.text, before);
}
