//! Numbers of a plan's file that can be read in two ways.

use std::fs;
use std::path::Path;

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::json;
use stockroom::domain::permission::Role;

use crate::harness::{Answer, Browser, TestApp, stderr, stockroom};
use crate::workbook_files::Xlsx;

async fn site() -> (TestApp, Browser) {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    pia.post("/api/v1/plans", &json!({"name": "P"})).await;
    (app, pia)
}

async fn send(browser: &mut Browser, file: &str, more: &str) -> Answer {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let path = format!("/api/v1/plans/P/import?create_items=true{more}");
    let request = browser.request(Method::POST, &path).header("x-csrf-token", token);
    browser.send(request.body(file.to_owned())).await
}

/// The values of a measure, in the order of their days.
async fn values(browser: &mut Browser, measure: &str) -> String {
    let cells = browser.get(&format!("/api/v1/plans/P/cells?measure={measure}")).await.json();
    let values = cells["cells"].as_array().unwrap().iter().map(|cell| cell["value"].to_string());
    values.collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_can_be_two_is_refused_until_something_says_which() {
    let (app, mut pia) = site().await;
    for (number, point, comma) in [("1,234", "1234", "1.234"), ("1.234", "1.234", "1234")] {
        let file = format!("item;date;production;sales\nA;2026-01-01;5;2\nA;2026-01-02;5;{number}\n");
        let said = [
            format!("line 3: sales: “{number}” can be {point} or {comma}, and no other number of the file"),
            "`numbers=1,234.5`".to_owned(),
            "`--numbers 1,234.5`".to_owned(),
            "choose it beside the file".to_owned(),
        ];
        let refused = send(&mut pia, &file, "").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
        let kept = tempfile::NamedTempFile::new().unwrap();
        fs::write(kept.path(), &file).unwrap();
        let (directory, path) = (app.data_dir(), kept.path().to_owned());
        let run = move |more: &[&str]| {
            let (directory, path) = (directory.to_str().unwrap(), path.to_str().unwrap());
            let import = ["--data-dir", directory, "plan", "import", "P", path, "--create-items"];
            stockroom(Path::new("."), &[&import[..], more].concat())
        };
        let told = stderr(&tokio::task::block_in_place(|| run(&[])));
        for said in &said {
            assert!(refused.text.contains(said), "{said}: {}", refused.text);
            assert!(told.contains(said), "{said}: {told}");
        }
        // Chosen, it is what was chosen, by the API, on the command line and on the page.
        let sent = send(&mut pia, &file, "&numbers=1,234.5").await;
        assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
        assert_eq!(values(&mut pia, "sales").await, format!("2 {point}"));
        let done = tokio::task::block_in_place(|| run(&["--numbers", "1.234,5"]));
        assert!(done.status.success(), "{}", stderr(&done));
        assert_eq!(values(&mut pia, "sales").await, format!("2 {comma}"));
        let plan = pia.get("/api/v1/plans/P").await.json()["id"].as_str().unwrap().to_owned();
        let form = Form::new()
            .text("csrf", pia.cookies.get("csrf").cloned().unwrap())
            .text("numbers", "1,234.5")
            .part("file", Part::bytes(file.into_bytes()).file_name("plan.csv"));
        let request = pia.request(Method::POST, &format!("/plan/{plan}/import")).multipart(form);
        let sent = pia.send(request).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
        assert_eq!(values(&mut pia, "sales").await, format!("2 {point}"));
    }
    let strange = send(&mut pia, "item,date,sales\nA,2026-01-01,1\n", "&numbers=european").await;
    assert!(strange.text.contains("expected one of 1,234.5 | 1.234,5"), "{}", strange.text);
    let other = send(&mut pia, "item;date;sales\nA;2026-01-01;0.25\n", "&numbers=1.234,5").await;
    assert!(other.text.contains("“0.25” is no number as 1.234,5 writes them"), "{}", other.text);
}

#[tokio::test]
async fn another_number_of_the_file_decides_also_in_its_last_row() {
    let (_app, mut pia) = site().await;
    for (decides, value) in [("0.25", "1.234"), ("1.234,5", "1234"), ("7,5", "1234"), ("1,234,567", "1.234")]
    {
        // Far behind what is looked at to know a file by.
        let rows = (0..19_000).map(|n| format!("B{n};2026-01-01;1.234;\n")).collect::<Vec<_>>().concat();
        let file =
            format!("item;date;production;sales\nA;2026-01-01;1.234;\n{rows}C;2026-01-01;;{decides}\n");
        let sent = send(&mut pia, &file, "").await;
        assert_eq!(sent.status, StatusCode::OK, "{decides}: {}", sent.text);
        let cells = pia.get("/api/v1/plans/P/cells?measure=production&line=1").await.json();
        assert_eq!(cells["cells"][0]["value"].to_string(), value, "{decides}");
    }
    // Where both are there, a column's own numbers decide; else nothing does.
    let mixed = "item;date;production;sales\nA;2026-01-01;1.234;\nA;2026-01-02;0,5;0.5\n";
    assert_eq!(send(&mut pia, mixed, "").await.status, StatusCode::OK);
    let mixed = "item;date;production;sales;inventory\nA;2026-01-01;1;2;1.234\nA;2026-01-02;0,5;0.5;\n";
    assert!(send(&mut pia, mixed, "").await.text.contains("line 2: inventory: “1.234” can be 1.234 or 1234"));
}

#[tokio::test]
async fn what_a_workbook_worked_out_is_rounded_and_what_was_written_is_refused() {
    let (_app, mut pia) = site().await;
    let text = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let row = |date: &str, sold: &str| {
        format!("<row>{}{}<c><f>1/3</f><v>{sold}</v></c></row>", text("A"), text(date))
    };
    let header = ["item", "date", "sales"].map(text).concat();
    let rows =
        [("2026-01-01", "0.33333333333333331"), ("2026-01-02", "2.5"), ("2026-01-03", "1.25000001E-1")]
            .map(|(date, sold)| row(date, sold));
    let sheet = format!("<sheetData><row>{header}</row>{}</sheetData>", rows.concat());
    let book = Xlsx { sheets: &[("Plan", "", &sheet)], ..Xlsx::default() }.bytes();
    let token = pia.cookies.get("csrf").cloned().unwrap();
    let path = "/api/v1/plans/P/import?create_items=true";
    let request = pia.request(Method::POST, path).header("x-csrf-token", token).body(book.clone());
    let sent = pia.send(request).await;
    assert_eq!((sent.status, &sent.json()["rounded"]), (StatusCode::OK, &json!(2)), "{sent:?}");
    assert_eq!(values(&mut pia, "sales").await, "0.333333 2.5 0.125");
    let written = send(&mut pia, "item,date,sales\nA,2026-01-01,0.3333333\n", "").await;
    assert!(written.text.contains("has too many digits after the point: at most 6"), "{written:?}");
    let plan = pia.get("/api/v1/plans/P").await.json()["id"].as_str().unwrap().to_owned();
    let form = Form::new().text("csrf", pia.cookies.get("csrf").cloned().unwrap());
    let form = form.part("file", Part::bytes(book).file_name("plan.xlsx"));
    let request = pia.request(Method::POST, &format!("/plan/{plan}/import")).multipart(form);
    let sent = pia.send(request).await;
    let page = pia.get(sent.header("location")).await.text;
    assert!(page.contains("2 values of the workbook have more than 6 digits after the point"), "{page}");
}

#[tokio::test]
async fn spaces_stand_between_thousands_whatever_kind_they_are() {
    let (_app, mut pia) = site().await;
    for space in [' ', '\u{a0}', '\u{202f}'] {
        for (number, value, more) in [
            (format!("1{space}234"), "1234", ""),
            (format!("-12{space}345{space}678,5"), "-12345678.5", ""),
            (format!("1{space}234.5"), "1234.5", ""),
            (format!("1{space}234,5"), "1234.5", "&numbers=1.234,5"),
        ] {
            // Beside numbers without: what the column looks like on the whole does not say it.
            let others = (2..=9).map(|day| format!("A;2026-01-0{day};7;1\n")).collect::<Vec<_>>().concat();
            let file = format!("item;date;production;sales\nA;2026-01-01;{number};\n{others}");
            let sent = send(&mut pia, &file, more).await;
            assert_eq!(sent.status, StatusCode::OK, "{number:?}: {}", sent.text);
            let found = values(&mut pia, "production").await;
            assert_eq!(found.split(' ').next(), Some(value), "{number:?}");
        }
        let wrong = send(&mut pia, &format!("item;date;production\nA;2026-01-01;1{space}23\n"), "").await;
        assert!(wrong.text.contains("is not a number"), "{}", wrong.text);
    }
}

#[tokio::test]
async fn what_is_exported_is_taken_back_without_a_choice() {
    let (_app, mut pia) = site().await;
    let sent = send(&mut pia, "item;date;production\nA;2026-01-01;1.234\n", "&numbers=1234.5").await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text);
    for export in ["", "?shape=wide", "?format=xlsx", "?format=xlsx&shape=wide"] {
        let path = format!("/api/v1/plans/P/export{export}");
        let file = pia.request(Method::GET, &path).send().await.unwrap().bytes().await.unwrap();
        let token = pia.cookies.get("csrf").cloned().unwrap();
        let request = pia.request(Method::POST, "/api/v1/plans/P/import").header("x-csrf-token", token);
        let sent = pia.send(request.body(file)).await;
        assert_eq!(sent.status, StatusCode::OK, "{export}: {}", sent.text);
        assert_eq!(values(&mut pia, "production").await, "1.234", "{export}");
    }
}
