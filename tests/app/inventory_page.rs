//! The inventory page as a browser without script uses it, and what its scripts ask for.

use reqwest::StatusCode;
use stockroom::domain::permission::Role;

use crate::harness::{Answer, Browser, TestApp};

const STOCK: &str = "Part,Description,Customer,Status,On hand,UoM,Expires,Cost\n\
    CM-1,Ceramic capacitor,Acme,Released,1500,EA,2027-01-31,0.10\n\
    CM-2,Ceramic capacitor,Acme,On hold,20,EA,2027-08-31,0.11\n\
    FL-1,Wheat flour,Acme,Released,12.5,KG,2026-12-31,1.00\n\
    FL-2,Wheat flour,Beta,Released,99,KG,2026-12-01,1.01\n";
const SET: &[&str] = &["owner=Customer", "facet=Status,Customer", "hidden=Cost"];

async fn site() -> (TestApp, Browser) {
    let app = TestApp::start().await;
    app.signed_in(Role::Admin, &[]).await;
    let import = app.import("Inventory", STOCK, SET).await;
    assert_eq!(import["state"], "published", "{import}");
    let browser = app.signed_in(Role::Customer, &["Acme"]).await;
    (app, browser)
}

/// Texts of the first cells of the rows.
fn parts(answer: &Answer) -> Vec<&str> {
    answer
        .text
        .split("<tr data-r=")
        .skip(1)
        .filter_map(|row| row.split_once("<td")?.1.split_once('>')?.1.split_once('<').map(|(cell, _)| cell))
        .collect()
}

fn footer(answer: &Answer) -> String {
    let footer = answer.text.split("<footer").nth(1).unwrap_or_default();
    let mut text = String::new();
    let mut inside = false;
    for c in footer.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

#[tokio::test]
async fn search_facets_and_sort_are_one_form_that_works_without_script() {
    let (_app, mut browser) = site().await;
    let all = browser.get("/inventory").await;
    assert_eq!(all.status, StatusCode::OK, "{all:?}");
    assert_eq!(parts(&all), ["CM-1", "CM-2", "FL-1"]);
    assert!(footer(&all).contains("Showing 3 of 3 rows"), "{}", footer(&all));
    assert!(footer(&all).contains("On hand 1,520 EA · 12.5 KG"), "{}", footer(&all));
    assert!(all.text.contains(
        "<form class=\"global-search\" role=\"search\" method=\"get\" action=\"/inventory\" id=\"view-form\""
    ));
    assert!(all.text.contains("name=\"f.Status\" value=\"Released\""), "boxes of the same form");

    let chosen = browser.get("/inventory?q=expires%3C2027-06-30&f.Status=Released&sort=-On+hand").await;
    assert_eq!(parts(&chosen), ["CM-1", "FL-1"]);
    assert!(chosen.text.contains("Expires before 2027-06-30"), "the chip says what was understood");
    assert!(chosen.text.contains("aria-sort=\"descending\""));
    assert!(chosen.text.contains("name=\"sort\" value=\"-On hand\""), "the form keeps the sort");
    assert!(
        chosen.text.contains(
            "/api/v1/datasets/inventory/export?format=xlsx&amp;q=expires%3C2027-06-30&amp;f.Status=Released&amp;sort=-On+hand"
        ),
        "the download is of exactly this"
    );
    let export = browser
        .get("/api/v1/datasets/inventory/export?format=csv&q=expires%3C2027-06-30&f.Status=Released&sort=-On+hand")
        .await;
    assert_eq!(export.text.lines().count(), 3);
}

#[tokio::test]
async fn a_customer_sees_only_their_own_in_rows_facets_columns_and_totals() {
    let (_app, mut browser) = site().await;
    for path in [
        "/inventory",
        "/datasets/inventory",
        "/inventory?more=Customer",
        "/inventory?f.Customer=Beta",
        "/inventory?cols=Cost",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let text = page
            .text
            .replace("f.Customer=Beta", "")
            .replace("Customer: Beta", "")
            .replace("value=\"Beta\"", "");
        let text = text.replace(">Beta<", "").replace("title=\"Beta\"", "");
        assert!(
            !text.contains("FL-2") && !text.contains("1.01") && !text.contains("Cost<"),
            "{path}: {text}"
        );
    }
    assert!(!browser.get("/inventory?more=Customer").await.text.contains("Beta"));
}

#[tokio::test]
async fn widths_tell_nothing_of_numbers_that_are_not_the_readers() {
    let (app, mut browser) = site().await;
    let widths = |page: &Answer| {
        let columns = page.text.split("<colgroup>").nth(1).unwrap().split("</colgroup>").next().unwrap();
        columns.to_owned()
    };
    let before = widths(&browser.get("/inventory").await);
    app.import("Inventory", STOCK.replace(",99,KG", ",999999999999999,KG"), SET).await;
    assert_eq!(widths(&browser.get("/inventory").await), before);
    let all = app.operator().await.get("/inventory").await;
    assert_ne!(widths(&all), before, "who sees the number has room for it");
}

#[tokio::test]
async fn a_link_with_columns_that_are_not_the_readers_still_opens() {
    let (_app, mut browser) = site().await;
    let page = browser
        .get("/inventory?sort=Cost&f.Cost=0.10&f.nonsense=1&cols=Cost&cols=Part&more=x&offset=9999")
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(parts(&page), ["CM-1", "CM-2", "FL-1"]);
    // The address itself stands in the forms that come back to it.
    assert!(!page.text.contains("Cost<") && !page.text.contains("data-column=\"Cost"), "{}", page.text);
}

#[tokio::test]
async fn columns_are_chosen_ordered_and_sized_by_the_address() {
    let (_app, mut browser) = site().await;
    let page = browser.get("/inventory?cols=Status&cols=Part%7E222").await;
    let head = page.text.split("<thead>").nth(1).unwrap().split("</thead>").next().unwrap();
    assert!(head.find("Status").unwrap() < head.find("Part").unwrap(), "{head}");
    assert!(!head.contains("Description"));
    assert!(page.text.contains("<col width=\"222\""));
    assert!(page.text.contains("aria-label=\"Show Description\""));
}

#[tokio::test]
async fn nothing_found_says_what_to_leave_out_and_offers_near_spellings() {
    let (_app, mut browser) = site().await;
    let page = browser.get("/inventory?q=capacitro").await;
    assert!(page.text.contains("No row matches"), "{}", page.text);
    assert!(page.text.contains(">capacitor</a>"), "{}", page.text);
    let page = browser.get("/inventory?q=flour&f.Status=On+hold").await;
    assert!(page.text.contains("Without “flour”: 1 row"), "{}", page.text);
    assert!(page.text.contains("Without Status: On hold: 1 row"), "{}", page.text);
}

#[tokio::test]
async fn nothing_found_for_several_reasons_says_what_each_part_finds() {
    let (_app, mut browser) = site().await;
    let page = browser.get("/inventory?q=capacitro+%22on+hand%22:%3E100+foo:bar").await;
    for text in [
        "No column is called “foo”",
        "Only On hand above 100: 1 row<",
        "“capacitro”: nowhere. Did you mean <a href=\"/inventory?q=capacitor\"",
        "role=\"link\" aria-disabled=\"true\"",
    ] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(!page.text.contains("/export?"), "there is nothing to download");
}

#[tokio::test]
async fn identifiers_are_shown_as_words_and_searched_as_they_are() {
    let app = TestApp::start().await;
    app.signed_in(Role::Admin, &[]).await;
    app.import("Inventory", "part,on_hand,uom\nA-1,150,EA\nB-1,20,EA\n", &["facet=uom"]).await;
    let mut browser = app.operator().await;
    let page = browser.get("/inventory?f.uom=EA&q=on_hand:%3E1").await;
    for text in [
        "data-column=\"on_hand\"",
        "<span class=\"name\">On hand</span>",
        "In searches: on_hand",
        "<span>UOM: EA</span>",
        "On hand above 1<",
        "On hand <strong>170</strong> EA",
    ] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    for typed in ["on_hand:%3E100", "On_hand:%3E100", "%22On+hand%22:%3E100"] {
        assert_eq!(parts(&browser.get(&format!("/inventory?q={typed}")).await), ["A-1"], "{typed}");
    }
    let export = browser.get("/api/v1/datasets/inventory/export?format=csv").await;
    assert!(export.text.contains("part,on_hand,uom"), "{}", export.text);
}

#[tokio::test]
async fn rows_are_printed_with_what_they_are() {
    let app = TestApp::start().await;
    app.signed_in(Role::Admin, &[]).await;
    let rows = (0..700).map(|row| format!("P-{row},{row},EA")).collect::<Vec<_>>().join("\n");
    app.import("Inventory", format!("Part,Qty,UoM\n{rows}"), &[]).await;
    let mut browser = app.operator().await;
    let all = browser.get("/inventory?print=1").await;
    assert_eq!(parts(&all).len(), 500);
    assert!(all.text.contains("500 of 700 rows printed"), "{}", all.text);
    let some = browser.get("/inventory?q=qty:%3C50&sort=-qty&print=1&offset=20").await;
    assert_eq!((parts(&some).len(), parts(&some)[0]), (50, "P-49"), "from the first on");
    assert!(some.text.contains("Qty below 50") && some.text.contains("Printed by "), "{}", some.text);
    assert!(some.text.contains("50 of 700 rows"), "{}", some.text);
}

#[tokio::test]
async fn quantities_are_written_as_their_totals_are() {
    let app = TestApp::start().await;
    app.signed_in(Role::Admin, &[]).await;
    let csv = "Artikel;Menge;ME\nA-1;1.234.567,5;KG\nA-2;1.000,25;KG\nA-3;7,5;KG\n";
    let import = app.import("Inventory", csv, &["role.Menge=quantity"]).await;
    assert_eq!(import["state"], "published", "{import}");
    let page = app.operator().await.get("/inventory").await;
    assert!(page.text.contains("<data value=\"1.234.567,5\">1,234,567.5</data>"), "{}", page.text);
    assert!(page.text.contains("1,235,575.25"), "{}", page.text);
}

#[tokio::test]
async fn a_facet_that_leaves_nothing_to_choose_is_not_there() {
    let (app, mut browser) = site().await;
    let page = browser.get("/inventory").await;
    assert!(!page.text.contains("data-facet=\"Customer\""), "one customer sees one customer");
    assert!(page.text.contains("data-facet=\"Status\""));
    let narrowed = browser.get("/inventory?f.Status=On+hold").await;
    assert!(narrowed.text.contains("data-facet=\"Status\""));
    let asked = browser.get("/inventory?facet=Customer").await;
    assert!(asked.text.contains("data-facet=\"Customer\""));
    assert!(app.operator().await.get("/inventory").await.text.contains("data-facet=\"Customer\""));
    app.import("Plain", "Part,Qty\nA-1,1\nA-2,2\n", &["facet="]).await;
    let plain = app.operator().await.get("/datasets/plain").await;
    assert!(!plain.text.contains("id=\"filters\"") && plain.text.contains("Add a filter"), "{}", plain.text);
}

#[tokio::test]
async fn scripts_get_the_changed_part_and_the_address_it_has() {
    let (_app, mut browser) = site().await;
    let request = browser
        .request(reqwest::Method::GET, "/inventory?q=&f.Status=Released&match=all")
        .header("hx-request", "true");
    let part = browser.send(request).await;
    assert!(!part.text.contains("<html"), "{}", part.text);
    assert_eq!(part.header("hx-push-url"), "/inventory?f.Status=Released");
    let request = browser
        .request(reqwest::Method::GET, "/inventory?q=flour")
        .header("hx-request", "true")
        .header("x-history", "replace");
    let part = browser.send(request).await;
    assert_eq!(part.header("hx-replace-url"), "/inventory?q=flour");
    assert_eq!(part.header("hx-push-url"), "");

    let block = browser.get("/datasets/inventory/rows?sort=-Part&offset=1&limit=1").await;
    assert_eq!(parts(&block), ["CM-2"]);
    assert!(block.text.starts_with("<tr data-r=\"1\">"), "{}", block.text);
    assert_eq!(block.header("x-generation"), "1");
}

#[tokio::test]
async fn rows_stay_those_of_the_file_that_was_opened_until_they_show_what_was_hidden_since() {
    let (app, mut browser) = site().await;
    let newer = STOCK.replace("CM-1,", "NEW-1,");
    app.import("Inventory", newer, SET).await;
    let old = browser.get("/datasets/inventory/rows?generation=1").await;
    assert_eq!((parts(&old)[0], old.header("x-generation")), ("CM-1", "1"));
    let new = browser.get("/datasets/inventory/rows?generation=2").await;
    assert_eq!((parts(&new)[0], new.header("x-generation")), ("NEW-1", "2"));
    assert_eq!(browser.get("/datasets/inventory/generation").await.json()["generation"], 2);
    for nonsense in ["0", "3", "-1", "x", "18446744073709551615"] {
        let rows = browser.get(&format!("/datasets/inventory/rows?generation={nonsense}")).await;
        assert_eq!(rows.header("x-generation"), "2", "{nonsense}");
    }
    app.import("Inventory", STOCK, &["owner=Customer", "hidden=Cost,Expires"]).await;
    let rows = browser.get("/datasets/inventory/rows?generation=2").await;
    assert_eq!(rows.header("x-generation"), "3", "Expires is hidden now");
    assert!(!rows.text.contains("2027-01-31"));
    app.import("Inventory", STOCK, SET).await;
    app.advance_minutes(61);
    let mut browser = app.signed_in(Role::Customer, &["Acme"]).await;
    let rows = browser.get("/datasets/inventory/rows?generation=1").await;
    assert_eq!(rows.header("x-generation"), "4", "not for ever");
}

#[tokio::test]
async fn hostile_text_is_shown_and_does_nothing() {
    let app = TestApp::start().await;
    app.signed_in(Role::Admin, &[]).await;
    let hostile = "\"<script>alert(1)</script>\",\"\"\"><img src=x onerror=alert(1)>\",{{x}}' onx='1\n";
    let csv = format!("{hostile}{hostile}{hostile}");
    let import = app.import("%3Cb%3EStock%20%26%20more", csv, &["header=1"]).await;
    assert_eq!(import["state"], "published", "{import}");
    let mut browser = app.operator().await;
    let slug =
        browser.get("/api/v1/datasets").await.json()["datasets"][0]["slug"].as_str().unwrap().to_owned();
    let evil = form_urlencoded::byte_serialize(b"\"><script>alert(1)</script>").collect::<String>();
    for path in [
        "/inventory".to_owned(),
        format!("/datasets/{slug}?q={evil}"),
        format!("/datasets/{slug}?f.{evil}={evil}&sort={evil}&cols={evil}&more={evil}&find.{evil}={evil}"),
        format!("/datasets/{slug}?more=%3Cscript%3Ealert(1)%3C/script%3E&q=x%3A{evil}"),
        format!("/datasets/{slug}/rows?q={evil}"),
        format!("/datasets/{evil}"),
        format!("/login?next={evil}"),
    ] {
        let page = browser.get(&path).await;
        assert!(
            !page.text.contains("<script>") && !page.text.contains("<img") && !page.text.contains("<b>Stock"),
            "{path}: {}",
            page.text
        );
        assert!(
            !page.text.contains(" onerror=alert(1)>")
                || page.text.contains("&gt;&lt;img")
                || page.text.contains("&lt;img"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_empty_site_says_what_to_do() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    assert!(admin.get("/inventory").await.text.contains("href=\"/imports\""));
    let mut customer = app.signed_in(Role::Customer, &["Acme"]).await;
    let page = customer.get("/inventory").await;
    assert!(page.text.contains("As soon as the office has imported"), "{}", page.text);
    assert_eq!(customer.get("/datasets/inventory").await.status, StatusCode::NOT_FOUND);
    app.import("Inventory", STOCK, SET).await;
    let mut nobody = app.signed_in(Role::Customer, &[]).await;
    assert!(nobody.get("/inventory").await.text.contains("not linked to an owner"));
}

#[tokio::test]
async fn an_address_that_asks_for_too_much_is_refused_and_a_wide_table_stays_small() {
    let (app, mut browser) = site().await;
    let values: Vec<String> = (0..1_800).map(|number| format!("f.Status=x{number}")).collect();
    let page = browser.get(&format!("/inventory?{}", values.join("&"))).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.len() < 20_000, "{} bytes", page.text.len());
    let header: Vec<String> = (0..500).map(|number| format!("Column number {number}")).collect();
    let row = vec!["x".repeat(2_000); 500].join(",");
    app.import("Wide", format!("{}\n{row}\n{row}\n", header.join(",")), &["header=1"]).await;
    let mut operator = app.operator().await;
    let page = operator.get("/datasets/wide").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.len() < 600_000, "{} bytes", page.text.len());
    assert!(page.text.contains("value=\"Column number 499\""), "every column can be chosen");
    let chosen = operator.get("/datasets/wide?cols=Column+number+499&cols=Column+number+3").await;
    assert_eq!(chosen.text.matches("<th scope").count(), 2);
}

#[tokio::test]
async fn a_dataset_without_owners_does_not_exist_for_those_of_limited_scope() {
    let (app, mut browser) = site().await;
    app.import("Secret list", "Part,Qty\nA-1,1\n", &[]).await;
    for path in ["/datasets/secret-list", "/datasets/secret-list/rows", "/datasets/secret-list/generation"] {
        let (answer, missing) =
            (browser.get(path).await, browser.get(&path.replace("secret", "no-such")).await);
        assert_eq!((answer.status, missing.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{path}");
    }
    for path in ["", "/rows", "/facets", "/export?format=csv", "/export?format=jsonl"] {
        let answer = browser.get(&format!("/api/v1/datasets/secret-list{path}")).await;
        assert!(!answer.text.contains("Part") && !answer.text.contains("A-1"), "{path}: {answer:?}");
    }
    assert_eq!(app.operator().await.get("/datasets/secret-list").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_an_address_names_and_nobody_has_is_said() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, SET).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme"]).await;
    let plain = ann.get("/inventory?q=carton&sort=-Part,Status").await.text;
    assert!(!plain.contains("data-left-out"), "{plain}");
    for query in ["f.Nope=1", "sort=Nope", "sort=Part,-Nope", "cols=Part&cols=Nope"] {
        let page = ann.get(&format!("/inventory?q=carton&{query}")).await.text;
        let notice = page.split("data-left-out").nth(1).unwrap_or_else(|| panic!("{query}: {page}"));
        assert!(notice.split("</div>").next().unwrap().contains("“Nope”"), "{query}: {notice}");
    }
    assert!(!plain.contains("data-unknown"), "{plain}");
    let page = ann.get("/inventory?q=carton&colour=red&as_of=soon").await.text;
    let notice = page.split("data-unknown").nth(1).unwrap().split("</div>").next().unwrap();
    assert!(notice.contains("“colour”") && notice.contains("“as_of”"), "{notice}");
    // A hidden column is one that is not there.
    let hidden = ann.get("/inventory?f.Cost=1").await.text;
    let unknown = ann.get("/inventory?f.Nope=1").await.text;
    let notice =
        |page: &str| page.split("data-left-out").nth(1).unwrap().split("</div>").next().unwrap().to_owned();
    assert_eq!(notice(&hidden).replace("Cost", "Nope"), notice(&unknown));
}

#[tokio::test]
async fn a_download_has_the_columns_that_are_shown_in_their_order() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, SET).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme"]).await;
    let page = ann.get("/inventory?cols=Status&cols=Part").await.text;
    let link = page.split("href=\"").find(|part| part.contains("export?format=csv")).unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let csv = ann.get(&link).await.text;
    assert_eq!(csv.lines().next(), Some("Status,Part"), "{link}: {csv}");
}

#[tokio::test]
async fn numbers_and_dates_are_written_as_the_reader_or_the_site_has_them() {
    let (app, mut browser) = site().await;
    let mut other = app.signed_in(Role::Planner, &["Acme"]).await;
    // Nobody chose: cells of dates are as in their file.
    let page = browser.get("/inventory").await;
    assert!(page.text.contains(">1,500<") && page.text.contains(">2027-01-31<"), "{}", page.text);
    let mut root = app.signed_in(Role::Admin, &[]).await;
    let fields = [
        ("site-dates_was", ""),
        ("site-dates", "31.12.2026"),
        ("site-numbers_was", ""),
        ("site-numbers", "1.234,5"),
    ];
    assert_eq!(
        root.post_form("/admin/settings", &fields).await.header("location"),
        "/admin/settings?saved=2"
    );
    let page = browser.get("/inventory").await;
    assert!(page.text.contains("<data value=\"1500\">1.500</data>"), "{}", page.text);
    assert!(page.text.contains("<data value=\"2027-01-31\">31.01.2027</data>"), "{}", page.text);
    assert!(footer(&page).contains("On hand 1.520 EA · 12,5 KG"), "{}", footer(&page));
    assert!(footer(&page).contains("21.11.2026 "), "{}", footer(&page));
    // Files for machines are as they were.
    let csv = browser.get("/api/v1/datasets/Inventory/export").await;
    assert!(csv.text.contains("1500") && csv.text.contains("2027-01-31"), "{csv:?}");
    let chosen = [
        ("theme", "system"),
        ("density", "normal"),
        ("dates", "12/31/2026"),
        ("numbers", "1234.5"),
        ("time_zone", "UTC"),
    ];
    assert_eq!(browser.post_form("/account/preferences", &chosen).await.status, StatusCode::SEE_OTHER);
    let page = browser.get("/inventory").await;
    assert!(page.text.contains(">1500<") && page.text.contains(">01/31/2027</data>"), "{}", page.text);
    assert!(footer(&page).contains("11/21/2026 8:00 AM"), "{}", footer(&page));
    let account = browser.get("/account").await.text;
    assert!(
        account.contains("As the site (31.12.2026)") && account.contains("As the site (1.234,5)"),
        "{account}"
    );
    assert!(other.get("/inventory").await.text.contains(">1.500</data>"), "a choice is for oneself");
}
