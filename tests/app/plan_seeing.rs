//! Charts, overview, comparison and accuracy of plans: what they show, and to whom.

use reqwest::StatusCode;
use stockroom::domain::ids::PlanId;
use stockroom::domain::permission::Role;
use stockroom::domain::plan::Sharing;
use stockroom::services::plans::commands;
use stockroom::store::{StoreError, master_data, plans as store_plans};

use crate::harness::TestApp;

/// Two lines of two owners, and one of nobody's, in different units.
const FILE: &str = "item,date,production,sales,inventory\n\
    A,2026-01-01,5,2,3\nA,2026-01-02,,4,\nA,2026-01-03,4,,2\n\
    B,2026-01-01,10,1,8\nB,2026-01-02,,3,\n\
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
                !seen.text.contains("SECRET") && !seen.text.contains("700") && !seen.text.contains("B (ea)"),
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
