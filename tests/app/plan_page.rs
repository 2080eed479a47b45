//! Plans on their pages, without script.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use stockroom::domain::permission::Role;

use crate::harness::{Answer, Browser, TestApp};

/// A plan with one line, and its address.
async fn plan(browser: &mut Browser) -> String {
    let made = browser
        .post_form("/plan", &[("name", "Base"), ("first", "2026-01-01"), ("last", "2026-01-31")])
        .await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made:?}");
    let address = made.header("location").to_owned();
    let file = "item,date,production,sales\nA-1,2026-01-01,5,2\nA-1,2026-01-02,,4\nA-1,2026-01-03,,3\n";
    let unknown = send(browser, &address, &[], file).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.text.contains("there is no item “A-1”"), "{}", unknown.text);
    let sent = send(browser, &address, &[("create_items", "true")], file).await;
    let told = format!(
        "{address}?rows=3&values=4&of_lines=1&new_lines=1&new_items=1&outside=0&over=0&unknown=0&left_out=0"
    );
    assert_eq!(sent.header("location"), told, "{sent:?}");
    let told = browser.get(&told).await.text;
    assert!(told.contains("Rows: 3, values: 4. Lines: 1, of them new: 1. New items: 1."), "{told}");
    address
}

async fn send(browser: &mut Browser, address: &str, fields: &[(&str, &str)], file: &'static str) -> Answer {
    let mut form = Form::new().text("csrf", browser.cookies.get("csrf").cloned().unwrap_or_default());
    for (name, value) in fields {
        form = form.text((*name).to_owned(), (*value).to_owned());
    }
    let form = form.part("file", Part::bytes(file.as_bytes()).file_name("plan.csv"));
    let request = browser.request(Method::POST, &format!("{address}/import")).multipart(form);
    browser.send(request).await
}

/// The cells of a row of the sheet.
fn row(page: &str, measure: &str) -> Vec<String> {
    let row = page
        .split(&format!("<th scope=\"row\">{measure}</th>"))
        .nth(1)
        .expect(measure)
        .split("</tr>")
        .next()
        .unwrap();
    let text = |cell: &str| {
        let mut plain = String::new();
        let mut inside = false;
        for c in cell.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => plain.push(c),
                _ => {}
            }
        }
        plain
    };
    row.split("<td").skip(1).map(|cell| text(&format!("<td{cell}"))).collect()
}

#[tokio::test]
async fn a_plan_is_made_filled_typed_in_and_undone() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let empty = pia.get("/plan").await;
    assert!(empty.text.contains("No plans"), "{}", empty.text);
    let wrong =
        pia.post_form("/plan", &[("name", "Base"), ("first", "2026-02-01"), ("last", "2026-01-31")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text.contains("before it begins") && wrong.text.contains("value=\"2026-02-01\""),
        "{}",
        wrong.text
    );
    let address = plan(&mut pia).await;
    let page = pia.get(&address).await.text;
    assert_eq!(row(&page, "Sales")[..4], ["2", "4", "3", "·"]);
    assert_eq!(row(&page, "Projected")[..3], ["3", "Runs out: −1", "Runs out: −4"]);
    assert!(page.contains("Runs out 2026-01-02"), "{page}");
    // A week is the sum of its days, and what is typed in it goes to the first of them.
    let weeks = pia.get(&format!("{address}?by=week")).await.text;
    assert_eq!(row(&weeks, "Sales")[..2], ["9", "·"]);
    assert_eq!(row(&weeks, "Projected")[0], "Runs out: −4");
    let cell = [("cell", "1|sales|2026-01-01")];
    let typed = [&cell[..], &[("by", "week"), ("value", "5"), ("version", "0")]].concat();
    let saved = pia.post_form(&format!("{address}/cell"), &typed).await;
    assert_eq!(saved.header("location"), address, "{saved:?}");
    let page = pia.get(&address).await.text;
    assert_eq!(row(&page, "Sales")[..4], ["5 typed", "· typed", "· typed", "·"]);
    assert!(!page.contains("Runs out 2026"), "{page}");
    // Who did not see that is asked.
    let stale = pia
        .post_form(&format!("{address}/cell"), &[&cell[..], &[("value", "6"), ("version", "0")]].concat())
        .await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        stale.text.contains("yours is 6, theirs 5") && stale.text.contains("id=\"cell\""),
        "{}",
        stale.text
    );
    let odd = pia.post_form(&format!("{address}/cell"), &[&cell[..], &[("value", "lots")]].concat()).await;
    assert!(odd.text.contains("“lots” is not a number"), "{}", odd.text);
    let undone = pia.post_form(&address, &[("act", "undo"), ("back", "https://evil.example/")]).await;
    assert_eq!(undone.header("location"), address);
    assert_eq!(row(&pia.get(&address).await.text, "Sales")[..3], ["2", "4", "3"]);
    pia.post_form(&address, &[("act", "redo")]).await;
    assert_eq!(row(&pia.get(&address).await.text, "Sales")[0], "5 typed");
    // A customer sees nothing of it until it is shared, and types nothing then.
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    assert_eq!(acme.get(&address).await.status, StatusCode::NOT_FOUND);
    assert_eq!(acme.post_form(&address, &[("act", "undo")]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_a_line_begins_with_and_how_long_it_lasts_say_what_they_count() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let made =
        pia.post_form("/plan", &[("name", "Base"), ("first", "2027-01-10"), ("last", "2027-01-31")]).await;
    let address = made.header("location").to_owned();
    let file =
        "item,date,production,sales,inventory\nA,2027-01-08,,,50\nA,2027-01-09,2,7,\nA,2027-01-12,,3,\n";
    send(&mut pia, &address, &[("create_items", "true"), ("keep_outside", "true")], file).await;
    let sheet = pia.get(&address).await.text;
    assert!(sheet.contains("Begins with 45 (reported on 2027-01-08, and what moved since)"), "{sheet}");
    assert!(sheet.contains("sales alone, nothing produced"), "{sheet}");
    let overview = pia.get(&format!("{address}/overview")).await.text;
    assert!(overview.contains("sales alone, nothing produced"), "{overview}");
    // Plans have no place in the bar of a narrow screen where the office has one; its page leads there.
    let office = pia.get("/admin").await.text;
    let main = office.split("<main").nth(1).unwrap();
    assert!(main.contains("href=\"/plan\""), "{main}");
}

/// The days or weeks above the columns of the sheet; today's with a mark.
fn columns(page: &str) -> Vec<String> {
    let head = page.split("<thead>").nth(1).unwrap().split("</thead>").next().unwrap();
    let cells = head.split("<th class=\"number\" scope=\"col\"").skip(1);
    let name = |cell: &str| {
        let mark = if cell.starts_with(" aria-current=\"date\"") { "*" } else { "" };
        let text = cell.split("<span>").nth(1).unwrap().replace("</span>", "");
        format!("{mark}{}", text.split("</th>").next().unwrap().trim())
    };
    cells.map(name).collect()
}

#[tokio::test]
async fn a_sheet_begins_a_little_before_today_where_the_plan_has_it() {
    let app = TestApp::start().await;
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    // Today is 2026-11-21, a Saturday of week 47.
    let made =
        pia.post_form("/plan", &[("name", "Year"), ("first", "2026-01-01"), ("last", "2027-06-30")]).await;
    let address = made.header("location").to_owned();
    let file = "item,date,production,sales\nA-1,2026-01-01,5,2\n";
    send(&mut pia, &address, &[("create_items", "true")], file).await;
    let days = columns(&pia.get(&address).await.text);
    assert_eq!((days[0].as_str(), days[7].as_str(), days.len()), ("2026-11-14", "*2026-11-21", 28));
    let weeks = pia.get(&format!("{address}?by=week&columns=60")).await.text;
    let weeks = columns(&weeks);
    // As many columns as fit: the plan ends with week 26 of 2027.
    assert_eq!((weeks.len(), weeks.last().map(String::as_str)), (60, Some("2027-W26")));
    assert!(weeks.contains(&"*2026-W47".to_owned()), "{weeks:?}");
    let first = pia.get(&format!("{address}?from=2026-01-01")).await.text;
    assert_eq!(columns(&first)[0], "2026-01-01");
    assert!(first.contains("title=\"2026-11-21\">Today</a>"), "no way back to today");
    assert!(!pia.get(&address).await.text.contains(">Today</a>"));

    let past =
        pia.post_form("/plan", &[("name", "Past"), ("first", "2025-01-01"), ("last", "2025-12-31")]).await;
    let past = past.header("location").to_owned();
    send(&mut pia, &past, &[], "item,date,sales\nA-1,2025-01-01,2\n").await;
    let past = pia.get(&format!("{past}?from=2025-03-01")).await.text;
    assert!(columns(&past)[0] == "2025-03-01" && !past.contains(">Today</a>"), "{:?}", columns(&past));
}
