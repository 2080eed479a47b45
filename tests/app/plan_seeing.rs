//! Charts, overview, comparison and accuracy of plans: what they show, and to whom.

use reqwest::{Method, StatusCode};
use stockroom::domain::ids::PlanId;
use stockroom::domain::permission::Role;
use stockroom::domain::plan::Sharing;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::plans::commands;
use stockroom::store::{StoreError, master_data, plans as store_plans};

use crate::harness::{Browser, TestApp, says};

/// Two lines of two owners, and one of nobody's, in different units.
const FILE: &str = "item,date,production,sales,inventory\n\
    A,2026-01-01,5,2,3\nA,2026-01-02,,4,\nA,2026-01-03,4,,2\n\
    B,2026-01-01,10,1,7\nB,2026-01-02,,3,\n\
    SECRET-C,2026-01-01,700,,\n";

/// A plan of January with [`FILE`], seen by `shared_with`, and its address.
pub fn plan(app: &TestApp, name: &str, shared_with: &str, file: &str) -> PlanId {
    let days = (Some("2026-01-01"), Some("2026-01-31"));
    let made = commands::make(app.services(), (name.to_owned(), String::new()), days, false);
    let made = made.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plan.csv");
    std::fs::write(&path, file).unwrap();
    let pairs = [("plan", made.id.as_str()), ("file", "plan.csv"), ("create_items", "true")];
    commands::bring(app.services(), &path, pairs).unwrap();
    let id: PlanId = made.id.parse().unwrap();
    let done: Result<(), StoreError> = app.services().store.write(|w| {
        for (sku, owner, unit) in [("A", "Acme", "ea"), ("B", "Bolt & Co", "ea"), ("SECRET-C", "Zq", "kg")] {
            if let Some(mut item) = master_data::find_item(w, sku)? {
                (item.owner, item.unit) = (Some(owner.to_owned()), unit.to_owned());
                master_data::put_item(w, &item)?;
            }
        }
        let mut plan = store_plans::find_plan(w, id)?.unwrap();
        plan.shared_with = Sharing::of_word(shared_with).unwrap();
        store_plans::put_plan(w, &plan)
    });
    done.unwrap();
    id
}

#[tokio::test]
async fn what_an_address_says_that_cannot_be_read_is_told_on_the_page() {
    let app = TestApp::start().await;
    let id = plan(&app, "Base", "everyone", FILE);
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    for (path, odd) in [
        ("accuracy?from=2026-13-01", "from=2026-13-01"),
        ("accuracy?to=soon&form=2026-01-01", "to=soon, form=2026-01-01"),
        ("overview?sort=colour", "sort=colour"),
        ("overview?page=x&sort=-gap", "page=x"),
        ("compare?by=year", "by=year"),
        ("chart?lines=1,x", "lines=1,x"),
        ("chart?from=2026-02-30", "from=2026-02-30"),
    ] {
        let page = pia.get(&format!("/plan/{id}/{path}")).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let told =
            page.text.split("This address says").nth(1).unwrap_or_else(|| panic!("{path}: {}", page.text));
        assert!(
            told.split("</p>").next().unwrap().contains(&format!(": {odd}. What follows")),
            "{path}: {told:.200}"
        );
    }
    let sheet = pia.get(&format!("/plan/{id}?from=tomorrow&rows=1")).await.text;
    assert!(sheet.contains(": from=tomorrow. What follows"), "{sheet}");
    for path in [
        "accuracy?from=2026-01-01&to=",
        "overview?sort=-gap&q=x&problems=1&page=2",
        "compare?by=week",
        "chart?lines=1,2&by=day",
        "",
    ] {
        let page = pia.get(format!("/plan/{id}/{path}").trim_end_matches('/')).await.text;
        assert!(!page.contains("This address says"), "{path}: {page}");
    }
    let outside = pia.get(&format!("/plan/{id}/chart?from=2027-01-01&to=2027-02-01")).await.text;
    assert!(outside.contains("The plan has no day from 2027-01-01 to 2027-02-01."), "{outside}");
    let unknown = pia.get(&format!("/plan/{id}/chart?lines=1,98,99")).await.text;
    assert!(unknown.contains("2 of the lines asked for are none of this plan"), "{unknown}");
}

#[tokio::test]
async fn a_chart_of_more_lines_than_it_adds_up_says_so() {
    let app = TestApp::start().await;
    let rows: Vec<String> = (0..502).map(|n| format!("L{n},2026-01-01,1\n")).collect();
    let id = plan(&app, "Base", "everyone", &format!("item,date,production\n{}", rows.concat()));
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let lines = |count: usize| (1..=count).map(|line| line.to_string()).collect::<Vec<_>>().join(",");
    let said = "lines asked for are drawn";
    let most = pia.get(&format!("/plan/{id}/chart?lines={}", lines(500))).await.text;
    assert!(!most.contains(said), "{most}");
    let more = pia.get(&format!("/plan/{id}/chart?lines={}", lines(502))).await.text;
    assert!(more.contains(&format!("The first 500 of the 502 {said}")), "{more}");
}

#[tokio::test]
async fn a_chart_shows_the_lines_that_are_asked_for_and_only_those_one_may_see() {
    let app = TestApp::start().await;
    let id = plan(&app, "Base", "customers", FILE);
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let one = pia.get(&format!("/plan/{id}/chart?lines=1")).await.text;
    assert!(one.contains("A (ea), 2026-01-01 to 2026-01-31: production 9, sales 6; projected stock is lowest on 2026-01-02 with −1 and ends at 3."), "{one}");
    // Lines of one unit are one chart, those of different units have one each.
    let both = pia.get(&format!("/plan/{id}/chart?lines=1,2")).await.text;
    assert!(both.contains("<h3>A, B (ea)</h3>") && both.contains("production 19, sales 10;"), "{both}");
    let each = pia.get(&format!("/plan/{id}/chart?lines=1,2,3")).await.text;
    assert_eq!(each.matches("<h3>").count(), 3, "{each}");
    // Without lines it is the one that runs out first.
    assert!(pia.get(&format!("/plan/{id}/chart")).await.text.contains("<h3>A (ea)</h3>"));
    // Weeks and some days alone; what is no date counts for nothing.
    let some = pia.get(&format!("/plan/{id}/chart?lines=1&by=week&from=2026-01-06&to=2026-01-12")).await.text;
    assert_eq!(some.matches("data-first").count(), 2, "{some}");
    assert!(some.contains("2026-W02") && some.contains("2026-W03"), "{some}");
    let all = pia.get(&format!("/plan/{id}/chart?lines=1&from=soon")).await.text;
    assert_eq!(all.matches("data-first").count(), 31);
    // The same as a file.
    let file = pia.get(&format!("/plan/{id}/chart.svg?lines=1,3")).await;
    assert_eq!(file.header("content-type"), "image/svg+xml");
    assert!(file.header("content-disposition").contains("Base.svg"));
    assert!(file.text.starts_with("<svg xmlns=") && !file.text.contains("var("), "{}", file.text);
    // A customer sees their own line, whatever they ask for.
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    for query in ["", "?lines=1", "?lines=1,2,3", "?lines=3,1&by=month"] {
        for what in ["chart", "chart.svg"] {
            let seen = acme.get(&format!("/plan/{id}/{what}{query}")).await;
            assert_eq!(seen.status, StatusCode::OK);
            assert!(seen.text.contains("A (ea)"), "{}", seen.text);
            assert!(
                !seen.text.contains("SECRET") && !says(&seen.text, "700") && !seen.text.contains("B (ea)"),
                "{query}: {}",
                seen.text
            );
        }
    }
    // A line of others is told apart from none in nothing.
    let (hidden, none) = (
        acme.get(&format!("/plan/{id}/chart?lines=2")).await,
        acme.get(&format!("/plan/{id}/chart?lines=99")).await,
    );
    assert!(hidden.text.contains("Nothing to draw") && none.text.contains("Nothing to draw"));
    assert_eq!(acme.get(&format!("/plan/{id}/chart.svg?lines=2")).await.status, StatusCode::NOT_FOUND);
    let other = plan(&app, "Hidden", "planners", FILE);
    for what in ["chart", "chart.svg"] {
        assert_eq!(acme.get(&format!("/plan/{other}/{what}")).await.status, StatusCode::NOT_FOUND);
    }
}

/// The cells of the first sheet of a workbook, as they read.
async fn sheet(browser: &Browser, path: &str) -> Vec<Vec<String>> {
    use calamine::Reader;
    let answer = browser.request(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    let bytes = answer.bytes().await.unwrap();
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
    let name = book.sheet_names()[0].clone();
    let range = book.worksheet_range(&name).unwrap();
    range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

#[tokio::test]
async fn the_overview_is_ordered_and_searched_and_taken_away_as_it_is_seen() {
    let app = TestApp::start().await;
    let id = plan(&app, "Base", "customers", FILE);
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let order = |page: &str| -> Vec<String> {
        let body = page.split("<tbody>").nth(1).unwrap();
        body.split("td class=\"who\"")
            .skip(1)
            .map(|row| row.split("q=").nth(1).unwrap().split('&').next().unwrap().to_owned())
            .collect()
    };
    let first = pia.get(&format!("/plan/{id}/overview")).await.text;
    assert_eq!(order(&first), ["A", "B", "SECRET-C"], "{first}");
    assert!(first.contains("2026-01-02") && first.contains("3 lines · 1 runs out"), "{first}");
    for (sort, expected) in [
        ("-line", ["SECRET-C", "B", "A"]),
        ("closing", ["A", "B", "SECRET-C"]),
        ("-sales", ["A", "B", "SECRET-C"]),
        // What has no gap stands last either way.
        ("gap", ["B", "A", "SECRET-C"]),
        ("-gap", ["A", "B", "SECRET-C"]),
        ("nonsense", ["A", "B", "SECRET-C"]),
    ] {
        let page = pia.get(&format!("/plan/{id}/overview?sort={sort}")).await.text;
        assert_eq!(order(&page), expected, "{sort}");
    }
    let problems = pia.get(&format!("/plan/{id}/overview?problems=1")).await.text;
    assert_eq!(order(&problems), ["A"]);
    let nothing = pia.get(&format!("/plan/{id}/overview?q=zebra")).await.text;
    assert!(nothing.contains("No line fits"), "{nothing}");
    let rows = sheet(&pia, &format!("/plan/{id}/overview.xlsx?sort=-line")).await;
    let items: Vec<&str> = rows.iter().map(|row| &row[0][..]).collect();
    assert_eq!(items, ["item", "SECRET-C", "B", "A"], "{rows:?}");
    // Opening, production, sales, closing, lowest.
    assert_eq!(rows[3][6..11], ["0", "9", "6", "3", "-1"], "{rows:?}");
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    assert!(app.actions().contains(&"plan.export".to_owned()));
}

#[tokio::test]
async fn the_sheet_is_taken_away_with_the_lines_and_columns_that_are_asked_for() {
    let app = TestApp::start().await;
    let id = plan(&app, "Base", "customers", FILE);
    let pia = app.signed_in(Role::Admin, &[]).await;
    let days = sheet(&pia, &format!("/plan/{id}/sheet.xlsx?from=2026-01-02&q=A")).await;
    // A, and SECRET-C has an A in no name; five measures each.
    assert_eq!(days[0][6..9], ["measure", "2026-01-02", "2026-01-03"], "{days:?}");
    assert_eq!(days[0].len(), 7 + 30);
    let a: Vec<&Vec<String>> = days.iter().filter(|row| row[0] == "A").collect();
    assert_eq!(a.len(), 5);
    assert_eq!(a[1][6..9], ["sales", "4", ""], "{days:?}");
    assert_eq!(a[2][6..9], ["projected_inventory", "-1", "3"], "{days:?}");
    assert_eq!(a[3][6..9], ["reported_inventory", "", "2"], "{days:?}");
    let weeks = sheet(&pia, &format!("/plan/{id}/sheet.xlsx?by=week&problems=1")).await;
    assert_eq!((weeks.len(), &weeks[0][7][..], &weeks[2][7][..]), (6, "2026-W01", "6"), "{weeks:?}");
    // Who sees one line takes one line away.
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    for what in ["sheet.xlsx", "overview.xlsx"] {
        let rows = sheet(&acme, &format!("/plan/{id}/{what}")).await;
        assert!(rows[1..].iter().all(|row| row[0] == "A"), "{rows:?}");
        let other = plan(&app, &format!("Hidden {what}"), "planners", FILE);
        assert_eq!(acme.get(&format!("/plan/{other}/{what}")).await.status, StatusCode::NOT_FOUND);
    }
    let page = acme.get(&format!("/plan/{id}/overview")).await.text;
    // Addresses in the head have digits of their own.
    let seen = page.split("<main").nth(1).unwrap();
    assert!(seen.contains("1 line ·") && !seen.contains("SECRET") && !says(seen, "700"), "{seen}");
}

/// The same as [`FILE`] but for two sales of A; without B, and with one line more.
const SCENARIO: &str = "item,date,production,sales,inventory\n\
    A,2026-01-01,5,2,3\nA,2026-01-02,,1,\nA,2026-01-03,4,5,2\n\
    SECRET-C,2026-01-01,700,,\nD,2026-01-01,,1,\n";

#[tokio::test]
async fn two_plans_are_compared_cell_by_cell_and_a_hidden_one_is_none() {
    let app = TestApp::start().await;
    let id = plan(&app, "Base", "customers", FILE);
    let other = plan(&app, "Scenario", "customers", SCENARIO);
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let empty = pia.get(&format!("/plan/{id}/compare")).await.text;
    assert!(empty.contains("Choose another plan above.") && empty.contains(">Scenario</option>"), "{empty}");
    let page = pia.get(&format!("/plan/{id}/compare?with={other}")).await.text;
    assert!(page.contains("3 lines differ · 1 is the same"), "{page}");
    assert!(page.contains("Only in Base") && page.contains("Only in Scenario"), "{page}");
    let compared = pia.get("/api/v1/plans/Base/compare?with=Scenario").await.json();
    let cells = compared["cells"].as_array().unwrap();
    assert_eq!(compared["cells_differing"], cells.len(), "{compared}");
    let of_a: Vec<_> = cells
        .iter()
        .filter(|cell| cell["item"] == "A")
        .map(|cell| {
            (cell["date"].clone(), cell["measure"].clone(), cell["one"].clone(), cell["other"].clone())
        })
        .collect();
    assert_eq!(
        serde_json::to_string(&of_a).unwrap(),
        r#"[["2026-01-02","sales",4,1],["2026-01-03","sales",null,5]]"#
    );
    let a = &compared["lines"][0];
    assert_eq!(
        (&a["one"]["first_stock_out"], &a["other"]["first_stock_out"]),
        (&"2026-01-02".into(), &serde_json::Value::Null),
        "{a}"
    );
    // Pieces sold: 6 of A and 4 of B against 8 of A; what has no unit stands apart.
    let pieces = compared["totals"].as_array().unwrap().iter().find(|totals| totals["unit"] == "ea").unwrap();
    assert_eq!(pieces["sales"], serde_json::json!([10, 8]), "{compared}");
    // Weeks; a window of the cells; one item.
    let weeks = pia.get("/api/v1/plans/Base/compare?with=Scenario&bucket=month&item=A").await.json();
    assert_eq!((&weeks["cells_differing"], &weeks["cells"][0]["other"]), (&1.into(), &8.into()), "{weeks}");
    let window = pia.get("/api/v1/plans/Base/compare?with=Scenario&offset=1&limit=1").await.json();
    assert_eq!(window["cells"], serde_json::json!([cells[1]]));
    for wrong in ["", "?with=", "?with=Scenario&bucket=year", "?with=Scenario&limit=-1", "?with=Scenario&x=1"]
    {
        let answer = pia.get(&format!("/api/v1/plans/Base/compare{wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {answer:?}");
    }
    // A customer compares their own line, and a plan that is not shared is like none.
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let seen = acme.get(&format!("/plan/{id}/compare?with={other}")).await.text;
    assert!(
        seen.contains("1 line differs · 0 are the same") && !seen.contains("SECRET") && !says(&seen, "700"),
        "{seen}"
    );
    let hidden = plan(&app, "Hidden", "planners", SCENARIO);
    let none = "00000000-0000-4000-8000-000000000000";
    for (one, with) in [(id.to_string(), hidden.to_string()), (hidden.to_string(), id.to_string())] {
        for path in ["/plan/{one}/compare?with={with}", "/api/v1/plans/{one}/compare?with={with}"] {
            let address = |one: &str, with: &str| path.replace("{one}", one).replace("{with}", with);
            let refused = acme.get(&address(&one, &with)).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND);
            let absent = acme
                .get(&address(
                    &one.replace(&hidden.to_string(), none),
                    &with.replace(&hidden.to_string(), none),
                ))
                .await;
            let plain = |text: &str| {
                let text = text.replace(&hidden.to_string(), none);
                text.split(char::is_whitespace)
                    .filter(|word| !word.contains("request") && !word.contains("csrf"))
                    .count()
            };
            assert_eq!((absent.status, plain(&absent.text)), (refused.status, plain(&refused.text)));
        }
    }
    assert!(!acme.get(&format!("/plan/{id}/compare")).await.text.contains("Hidden"));
}

#[tokio::test]
async fn a_plan_is_held_against_what_was_reported_of_the_lines_one_sees() {
    let app = TestApp::start().await;
    let id = plan(&app, "Base", "customers", FILE);
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    // A: 3 against 3 and 3 against 2; B: 9 against 7.
    let found = pia.get("/api/v1/plans/leader/accuracy").await.json();
    assert_eq!(found["unreported_lines"], 1, "{found}");
    let line = |item: &str| {
        found["lines"].as_array().unwrap().iter().find(|line| line["item"] == item).unwrap().clone()
    };
    let figures = |body: &serde_json::Value| {
        [&body["days"], &body["bias"], &body["mape"], &body["wape"]].map(ToString::to_string)
    };
    assert_eq!(figures(&line("A")), ["2", "0.5", "0.25", "0.2"]);
    assert_eq!(figures(&line("B")), ["1", "2", "0.285714", "0.285714"]);
    assert_eq!(figures(&found["units"][0]), ["3", "1", "0.267857", "0.25"]);
    assert_eq!(found["lines"][0]["item"], "B", "furthest off first");
    let late = pia.get("/api/v1/plans/Base/accuracy?from=2026-01-02").await.json();
    assert_eq!((&late["first"], &late["units"][0]["bias"]), (&"2026-01-03".into(), &1.into()), "{late}");
    for wrong in ["from=soon", "from=2026-02-01&to=2026-01-01", "x=1"] {
        let answer = pia.get(&format!("/api/v1/plans/Base/accuracy?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    for address in [format!("/plan/{id}/accuracy"), "/plan/leader/accuracy".to_owned()] {
        let page = pia.get(&address).await.text;
        assert!(
            page.contains("Reported from 2026-01-01 to 2026-01-03 · 2 lines were reported · 1 was not"),
            "{page}"
        );
        assert!(page.contains("26.8 %") && page.contains("25.0 %"), "{page}");
    }
    let nothing = pia.get(&format!("/plan/{id}/accuracy?from=2026-01-20")).await.text;
    assert!(nothing.contains("Nothing to compare with"), "{nothing}");
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let own = acme.get("/api/v1/plans/Base/accuracy").await.json();
    assert_eq!((own["lines"].as_array().unwrap().len(), &own["unreported_lines"]), (1, &0.into()), "{own}");
    assert_eq!(figures(&own["units"][0]), ["2", "0.5", "0.25", "0.2"], "the totals are of their lines alone");
    let hidden = plan(&app, "Hidden", "planners", FILE);
    assert_eq!(acme.get(&format!("/plan/{hidden}/accuracy")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(acme.get("/api/v1/plans/Hidden/accuracy").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_chart_under_the_sheet_shows_the_days_in_view_and_the_line_that_was_chosen() {
    let app = TestApp::start().await;
    let id = plan(&app, "Base", "customers", FILE);
    let mut pia = app.signed_in(Role::Admin, &[]).await;
    let page = pia.get(&format!("/plan/{id}?by=week&from=2026-01-12")).await.text;
    let chart = page.split("data-plan-chart").nth(1).unwrap();
    assert!(
        chart.contains("data-lines=\"1\"")
            && chart.contains("data-from=\"2026-01-12\" data-to=\"2026-01-31\""),
        "{chart}"
    );
    let chosen = pia.get(&format!("/plan/{id}?chart=2,1")).await.text;
    assert!(chosen.contains("<h3>B, A (ea)</h3>"), "{chosen}");
    // The way through the sheet keeps it.
    assert!(chosen.contains("chart=2%2C1"), "{chosen}");
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let own = acme.get(&format!("/plan/{id}?chart=2,3")).await.text;
    assert!(own.contains("Nothing to draw") && !own.contains("SECRET"), "{own}");
}
