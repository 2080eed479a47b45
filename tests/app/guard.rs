//! A file that looks wrong does not take the place of good data, and what it would change can be seen before.

use std::fmt::Write as _;

use reqwest::StatusCode;
use serde_json::{Value, json};
use stockroom::domain::permission::Role;

use crate::harness::{Browser, TestApp, says};

const SET: &[&str] = &["owner=Customer", "key=Part", "type.Part=code", "type.Since=date"];

/// Forty rows of ten owners; what a row becomes is `change`'s to say.
fn stock(change: impl Fn(usize, [String; 5]) -> Option<[String; 5]>) -> String {
    let mut csv = "Part,Customer,Qty,Since,Note\n".to_owned();
    for row in 0..40 {
        let cells = [
            format!("00{}", 1000 + row * 7),
            format!("Owner {}", row % 10),
            (row * 3).to_string(),
            format!("{:02}.{:02}.2026", row % 12 + 1, row % 5 + 1),
            format!("note {row}"),
        ];
        if let Some(cells) = change(row, cells) {
            writeln!(csv, "{}", cells.join(",")).unwrap();
        }
    }
    csv
}

fn whole() -> String {
    stock(|_, cells| Some(cells))
}

async fn send(operator: &mut Browser, csv: String, set: &[&str]) -> Value {
    let begun = operator.upload("Inventory", csv, set, true).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{begun:?}");
    operator.import_ended_final(begun.json()["id"].as_str().unwrap()).await
}

fn stops(import: &Value) -> Vec<String> {
    let findings = import["findings"].as_array().unwrap();
    let stops = findings.iter().filter(|finding| finding["severity"] == "stop");
    stops.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

async fn live(browser: &mut Browser) -> (u64, u64) {
    let rows = browser.get("/api/v1/datasets/inventory/rows?limit=1").await.json();
    (rows["generation"].as_u64().unwrap(), rows["total"].as_u64().unwrap())
}

async fn site() -> (TestApp, Browser) {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let first = send(&mut operator, whole(), SET).await;
    assert_eq!(first["state"], "published", "{first}");
    (app, operator)
}

#[tokio::test]
async fn a_file_like_the_last_is_published_and_its_changes_are_counted() {
    let (app, mut operator) = site().await;
    let next = stock(|row, mut cells| {
        if row == 3 {
            cells[2] = "999".to_owned();
        }
        (row != 5).then_some(cells)
    });
    let import = send(&mut operator, format!("{next}NEW-1,Owner 1,5,01.01.2026,x\n"), &[]).await;
    assert_eq!(import["state"], "published", "{import}");
    assert_eq!(import["changes"], json!({"changed": 1, "added": 1, "removed": 1, "unchanged": 38}));
    let path = format!("/imports/{}/difference", import["id"].as_str().unwrap());
    let page = operator.get(&path).await;
    for part in ["<del>9</del> <ins>999</ins>", "NEW-1", "note 5", "38 rows are as they were"] {
        assert!(page.text.contains(part), "no {part} in {}", page.text);
    }
    let only = operator.get(&format!("{path}?kind=changed&field=Qty")).await.text;
    assert!(only.contains("<ins>999</ins>") && !only.contains("NEW-1"), "{only}");
    let file = operator.get(&format!("{path}.csv")).await;
    let lines: Vec<&str> = file.text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], "change,Part,Customer,Qty,Qty (before),Since,Note");
    assert_eq!(lines[1], "changed,001021,Owner 3,999,9,04.04.2026,note 3");
    assert_eq!(lines.len(), 4, "{lines:?}");
    // Readers see their own part of it.
    let mut one = app.signed_in(Role::Customer, &["Owner 1"]).await;
    let seen = one.get("/datasets/inventory/changes").await;
    assert!(seen.text.contains("NEW-1") && !says(&seen.text, "999"), "{}", seen.text);
    assert!(seen.text.contains("4 rows are as they were"), "{}", seen.text);
    let mut none = app.signed_in(Role::Customer, &["Nobody"]).await;
    let seen = none.get("/datasets/inventory/changes").await;
    assert!(!seen.text.contains("NEW-1") && seen.text.contains("0 rows are as they were"), "{}", seen.text);
    assert_eq!(none.get(&path).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_looks_wrong_is_held_back_until_somebody_says_so_about_just_that() {
    let (app, mut operator) = site().await;
    let import = send(&mut operator, stock(|row, cells| (row < 10).then_some(cells)), &[]).await;
    assert_eq!(
        (import["state"].as_str(), import["confirmed"].as_bool()),
        (Some("quarantined"), Some(false)),
        "{import}"
    );
    assert_eq!(stops(&import), ["rows_fewer"], "{import}");
    assert_eq!(live(&mut operator).await, (1, 40));
    let id = import["id"].as_str().unwrap();
    let confirm = format!("/api/v1/imports/{id}/confirm");
    for wrong in [json!({}), json!({"held_back_by": "0"}), json!({"held_back_by": true})] {
        let answer = operator.post(&confirm, &wrong).await;
        assert!(answer.status.is_client_error(), "{wrong}: {answer:?}");
    }
    let page = operator.get(&format!("/imports/{id}")).await.text;
    for part in
        ["10 rows, and 40 are live: 75 % fewer. The limit is 30 %.", "Publish it anyway", "Quarantined"]
    {
        assert!(page.contains(part), "no {part} in {page}");
    }
    // Another import moves what is live: the decision was about another comparison.
    let word = import["held_back_by"].clone();
    let other = send(&mut operator, stock(|row, cells| (row != 20).then_some(cells)), &[]).await;
    assert_eq!(other["state"], "published", "{other}");
    operator.post(&confirm, &json!({ "held_back_by": word })).await;
    let again = operator.import_ended_final(id).await;
    assert!(["quarantined", "failed"].contains(&again["state"].as_str().unwrap()), "{again}");
    assert_eq!(live(&mut operator).await.1, 39);
    if again["state"] == "quarantined" {
        assert_eq!(operator.publish_anyway(&again).await["state"], "published");
        assert_eq!(live(&mut operator).await.1, 10);
    }
    let events =
        app.signed_in(Role::Admin, &[]).await.get("/admin/audit?action=import.quarantine").await.text;
    assert!(events.contains("Import held back"), "{events}");
}

#[tokio::test]
async fn each_of_the_ways_in_which_exports_go_wrong_is_found() {
    let (_app, mut operator) = site().await;
    let turned = |date: &str| {
        let parts: Vec<&str> = date.split('.').collect();
        format!("{}.{}.{}", parts[1], parts[0], parts[2])
    };
    let cases: Vec<(&str, String)> = vec![
        (
            "lost_zeros",
            stock(|_, [part, a, b, c, d]| Some([part.trim_start_matches('0').to_owned(), a, b, c, d])),
        ),
        (
            "scientific",
            stock(|row, [part, a, b, c, d]| {
                Some([if row == 4 { "1.23E+12".to_owned() } else { part }, a, b, c, d])
            }),
        ),
        ("emptied", stock(|_, [a, b, c, d, _]| Some([a, b, c, d, String::new()]))),
        ("owners_gone", stock(|row, [a, _, c, d, e]| Some([a, format!("Owner {}", row % 4), c, d, e]))),
        ("duplicate_keys", format!("{}001007,Owner 1,8,01.01.2026,again\n", whole())),
        (
            "columns_gone",
            whole().lines().fold(String::new(), |mut csv, line| {
                writeln!(csv, "{}", line.rsplit_once(',').unwrap().0).unwrap();
                csv
            }),
        ),
        ("no_owner", whole().replacen("Customer", "Kunde", 1)),
        (
            "rows_more",
            (0..3)
                .map(|time| {
                    stock(|row, [part, a, b, c, d]| Some([format!("{time}{part}{row}"), a, b, c, d]))
                        .replacen(
                            "Part,Customer,Qty,Since,Note\n",
                            if time == 0 { "Part,Customer,Qty,Since,Note\n" } else { "" },
                            1,
                        )
                })
                .collect(),
        ),
        ("keys_gone", stock(|row, [_, a, b, c, d]| Some([format!("X{row}"), a, b, c, d]))),
        ("swapped_dates", stock(|_, [a, b, c, date, e]| Some([a, b, c, turned(&date), e]))),
        (
            "untyped",
            stock(|row, [a, b, _, d, e]| {
                Some([a, b, if row % 4 == 0 { "n/a".into() } else { "5".into() }, d, e])
            }),
        ),
        ("empty", "Part,Customer,Qty,Since,Note\n".to_owned()),
    ];
    for (rule, csv) in cases {
        let import =
            send(&mut operator, csv, &["type.Part=code", "type.Qty=integer", "type.Since=date"]).await;
        assert!(stops(&import).iter().any(|found| found == rule), "{rule}: {import}");
        assert_eq!(import["state"], "quarantined", "{rule}");
        let finding =
            import["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == rule).unwrap();
        assert!(finding["text"].as_str().unwrap().len() > 20, "{finding}");
        let cancelled = operator
            .post(&format!("/api/v1/imports/{}/cancel", import["id"].as_str().unwrap()), &json!({}))
            .await;
        assert_eq!(cancelled.json()["state"], "cancelled", "{rule}");
        assert_eq!(live(&mut operator).await, (1, 40), "{rule}");
    }
}

#[tokio::test]
async fn another_datasets_file_is_named() {
    let (app, mut operator) = site().await;
    let orders = "Order,Buyer,Total,Day\n1,Acme,5,2026-01-01\n2,Acme,5,2026-01-01\n";
    app.import("Open orders", orders, &[]).await;
    let import = send(&mut operator, orders.to_owned(), &[]).await;
    let findings = import["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["rule"] == "other_dataset").expect("a finding");
    assert_eq!(found["subject"], "Open orders", "{found}");
}

#[tokio::test]
async fn a_few_rows_that_cannot_be_read_hold_back_a_small_table_too_and_are_said_with_their_share() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let good = "Part,Customer,Qty\nA-1,Acme,1\nA-2,Acme,2\nA-3,Acme,3\nA-4,Acme,4\n";
    assert_eq!(send(&mut operator, good.to_owned(), &["owner=Customer"]).await["state"], "published");
    let import = send(&mut operator, format!("{good}A-5,Acme,5,6,7,8,9\n"), &[]).await;
    assert_eq!(import["rows_rejected"], 1, "{import}");
    assert_eq!(stops(&import), ["rejected"], "{import}");
    let findings = import["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["rule"] == "rejected").expect("a finding");
    assert_eq!(found["text"], "1 of 5 rows (20 %) could not be read. The limit is 1 %.");

    // They can be had while the file is held back, and what it changed is said once it is published.
    let address = format!("/imports/{}", import["id"].as_str().unwrap());
    let held = operator.get(&address).await.text;
    assert!(held.contains(&format!("href=\"/api/v1{address}/rejects\"")), "{held}");
    assert!(held.contains("Show what changes</a>"), "{held}");
    assert_eq!(operator.publish_anyway(&import).await["state"], "published");
    let done = operator.get(&address).await.text;
    for part in ["Show what changed</a>", &format!("href=\"{address}/difference\""), "=4 "] {
        assert!(done.contains(part), "{part}: {done}");
    }
    assert_eq!(operator.get(&format!("{address}/difference")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_part_that_is_merged_is_compared_by_the_rows_that_come_of_it() {
    let (_app, mut operator) = site().await;
    let update = "Part,Qty\n001000,77\nNEW-1,5\n";
    let set = ["mode=merge", "key=Part", "type.Part=code"];
    let begun = operator.upload("Inventory", update, &set, false).await.json();
    let id = begun["id"].as_str().unwrap();
    let import = operator.import_ended(id).await;
    assert_eq!((&import["state"], &import["findings"]), (&json!("checked"), &json!([])), "{import}");
    let page = operator.get(&format!("/imports/{id}")).await.text;
    assert!(!page.contains("fewer rows than"), "{page}");
    assert!(page.contains("40") && page.contains("41"), "{page}");
}

#[tokio::test]
async fn a_merge_puts_a_file_over_the_live_rows_and_can_be_built_again() {
    let (app, mut operator) = site().await;
    // It says nothing of whose its rows are, or of notes: those that are live do.
    let update = "Part,Qty,Bin\n001000,77,A1\nNEW-1,5,B2\n";
    let set = ["mode=merge", "key=Part", "type.Part=code"];
    let import = send(&mut operator, update.to_owned(), &set).await;
    assert_eq!(import["state"], "published", "{import}");
    assert_eq!(import["changes"], json!({"changed": 1, "added": 1, "removed": 0, "unchanged": 39}));
    assert_eq!(live(&mut operator).await, (2, 41));
    let row = operator.get("/api/v1/datasets/inventory/rows?q=001000").await.text;
    for part in ["77", "A1", "note 0"] {
        assert!(row.contains(part), "no {part} in {row}");
    }
    // What is derived goes: it comes back from the one file that the merge left.
    let before = operator.get("/api/v1/datasets/inventory/rows?limit=100").await.json();
    let index = std::fs::read_dir(app.data_dir().join("index")).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_dir_all(index.join("2")).unwrap();
    let app = app.restart_after(|_| {}).await;
    operator.base = app.browser().base;
    let mut after = json!(null);
    for _ in 0..200 {
        let answer = operator.get("/api/v1/datasets/inventory/rows?limit=100").await;
        if answer.status == StatusCode::OK {
            after = answer.json();
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(after["rows"], before["rows"]);
    let sync = send(
        &mut operator,
        "Part,Customer,Qty\n001000,Owner 0,1\n001007,Owner 1,2\n".to_owned(),
        &["mode=sync", "key=Part", "type.Part=code"],
    )
    .await;
    assert!(stops(&sync).contains(&"rows_fewer".to_owned()), "{sync}");
    assert_eq!(sync["changes"]["removed"], 39);
    operator.publish_anyway(&sync).await;
    assert_eq!(live(&mut operator).await.1, 2);
    let rows = operator.get("/api/v1/datasets/inventory/rows").await.text;
    assert!(rows.contains("note 0") && rows.contains("note 1"), "{rows}");
}

#[tokio::test]
async fn who_sees_single_owners_reads_no_names_and_cells_of_others_in_what_was_found() {
    let (app, mut operator) = site().await;
    let mut limited = app.signed_in(Role::Operator, &["Owner 9"]).await;
    // Six of ten owners are gone, and the codes have lost their zeros.
    let file = stock(|row, [a, _, c, d, e]| {
        Some([a.trim_start_matches('0').to_owned(), format!("Owner {}", row % 4), c, d, e])
    });
    let find = |import: &Value, rule: &str| {
        let findings = import["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["rule"] == rule).unwrap_or_else(|| panic!("{import}")).clone()
    };
    let import = send(&mut limited, file.clone(), &[]).await;
    let gone = find(&import, "owners_gone");
    assert_eq!((&gone["after"], &gone["before"]), (&json!(6), &json!(10)), "{gone}");
    assert_eq!((&gone["examples"], &gone["others"]), (&json!(["Owner 9 (4 rows)"]), &json!(5)), "{gone}");
    assert_eq!(find(&import, "lost_zeros")["examples"], json!([]), "{import}");
    let page = limited.get(&format!("/imports/{}", import["id"].as_str().unwrap())).await.text;
    assert!(page.contains("Owner 9 (4 rows)") && page.contains("and 5 others"), "{page}");
    for other in ["Owner 4", "Owner 8", "001007"] {
        assert!(!page.contains(other) && !import.to_string().contains(other), "{other}: {page}");
    }
    // Who sees everything reads the first of them, and how many there are beside these.
    let import = send(&mut operator, file, &[]).await;
    let gone = find(&import, "owners_gone");
    assert_eq!((gone["examples"].as_array().unwrap().len(), &gone["others"]), (5, &json!(1)), "{gone}");
    assert!(find(&import, "lost_zeros").to_string().contains("001007"), "{import}");
}
