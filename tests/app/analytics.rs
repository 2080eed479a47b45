//! Figures about the use of the site.

use reqwest::StatusCode;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::commands::AdminCommand;
use stockroom::services::searches;

use crate::harness::{Browser, PASSWORD, TestApp};

const PAGE: &str = "/admin/analytics";
const STOCK: &str = "part,owner,qty\nA-1,Acme,1\nA-2,Acme,2\nG-1,Globex,3\n";

async fn auditor(app: &TestApp, owners: OwnerScope) -> Browser {
    app.add_user("aud@example.com", Role::Auditor, owners);
    let mut auditor = app.browser();
    auditor.login("aud@example.com", PASSWORD).await;
    auditor
}

async fn table(browser: &mut Browser, name: &str) -> Vec<Vec<String>> {
    let answer = browser.get(&format!("{PAGE}/{name}.csv")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(answer.header("content-disposition").contains(name));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(answer.text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn sign_ins_searches_and_exports_are_counted_by_user_and_day() {
    let app = TestApp::start().await;
    app.import("inventory", STOCK, &["owner=owner"]).await;
    let mut auditor = auditor(&app, OwnerScope::All).await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::Owners(["Acme".to_owned()].into()));
    let mut ann = app.browser();
    for _ in 0..2 {
        assert_eq!(ann.login("ann@example.com", PASSWORD).await.status, StatusCode::OK);
    }
    // Typed letter by letter, it is one search.
    for q in ["w", "wi", "widget"] {
        ann.get(&format!("/inventory?q={q}")).await;
    }
    app.advance_minutes(1);
    ann.get("/inventory?q=A-1").await;
    ann.get("/inventory").await;
    app.advance_minutes(1);
    searches::flush(app.services(), false).unwrap();
    ann.get("/api/v1/datasets/inventory/export?format=csv").await;
    let active = table(&mut auditor, "most-active").await;
    let of_ann = active.iter().find(|row| row[1] == "ann@example.com").unwrap();
    assert_eq!(of_ann[2..4], ["2", "2"], "{active:?}");
    let empty = table(&mut auditor, "empty-searches").await;
    assert_eq!(empty.len(), 2, "{empty:?}");
    assert_eq!(empty[1][..3], ["inventory", "widget", "1"]);
    let days = table(&mut auditor, "sign-ins").await;
    assert_eq!((days.len(), days[14][1].parse::<u64>().unwrap() >= 4), (15, true), "{days:?}");
    let recent = table(&mut auditor, "recent-sign-ins").await;
    assert!(recent[1][2] == "ann@example.com" && recent[1][3] == "127.0.0.1", "{recent:?}");
    let page = auditor.get(&format!("{PAGE}?days=90")).await.text;
    assert!(page.contains("<svg") && page.contains("widget") && page.contains("Show as table"), "{page}");
    assert!(!page.contains(" style=") && page.contains("action=session.begin"));
    // A day later the same people sign in again, in another day.
    app.advance_minutes(24 * 60);
    app.browser().login("ann@example.com", PASSWORD).await;
    let mut later = app.browser();
    later.login("aud@example.com", PASSWORD).await;
    let days = table(&mut later, "sign-ins").await;
    assert_eq!(days[14][1..], ["2", "2"], "{days:?}");
}

#[tokio::test]
async fn stock_by_owner_over_time_names_only_owners_of_the_readers_scope() {
    let app = TestApp::start().await;
    app.import("inventory", STOCK, &["owner=owner"]).await;
    app.import("inventory", format!("{STOCK}=cmd(),=Acme,4\n"), &["owner=owner"]).await;
    let mut all = auditor(&app, OwnerScope::All).await;
    let rows = table(&mut all, "stock-by-owner").await;
    let of = |of: &str, owner: &str| {
        let of = rows.iter().filter(|row| row[2] == of && row[3] == owner);
        of.map(|row| format!("{} {} {}", row[4], row[5], row[7])).collect::<Vec<_>>()
    };
    assert_eq!(of("owner", "Acme"), ["2 qty 3", "2 qty 3"], "{rows:?}");
    assert_eq!(of("owner", "Globex"), ["1 qty 3", "1 qty 3"], "{rows:?}");
    assert_eq!(of("all", ""), ["3 qty 6", "4 qty 10"], "{rows:?}");
    assert_eq!(of("owner", "'=Acme"), ["1 qty 4"], "no formula: {rows:?}");
    app.add_user("part@example.com", Role::Auditor, OwnerScope::Owners(["Globex".to_owned()].into()));
    let mut part = app.browser();
    part.login("part@example.com", PASSWORD).await;
    let page = part.get(PAGE).await.text;
    assert!(page.contains("Globex") && !page.contains("Acme"), "{page}");
    let rows = table(&mut part, "stock-by-owner").await;
    assert!(rows.iter().all(|row| !row[3].contains("Acme")), "{rows:?}");
    assert!(
        rows.iter().filter(|row| row[2] == "all").all(|row| row[4] == "1" && row[7] == "3"),
        "nor how much others have: {rows:?}"
    );
}

#[tokio::test]
async fn stock_is_added_up_by_unit_and_hidden_columns_add_up_to_nothing() {
    const UNITS: &str =
        "part,owner,qty,uom,cost\nA-1,Acme,0.1,EA,7\nA-2,Acme,0.2,EA,7\nA-3,Acme,5,M,7\nG-1,Globex,3,EA,7\n";
    let app = TestApp::start().await;
    let settings = ["owner=owner", "role.qty=quantity", "role.uom=uom", "role.cost=quantity", "hidden=cost"];
    app.import("inventory", UNITS, &settings).await;
    let mut all = auditor(&app, OwnerScope::All).await;
    let of_acme = |rows: &[Vec<String>], column: &str| {
        let rows = rows.iter().filter(|row| row[3] == "Acme" && row[5] == column);
        rows.map(|row| format!("{} {}", row[7], row[6])).collect::<Vec<_>>()
    };
    let rows = table(&mut all, "stock-by-owner").await;
    assert_eq!(of_acme(&rows, "qty"), ["0.3 EA", "5 M"], "exactly, each unit apart: {rows:?}");
    assert_eq!(of_acme(&rows, "cost"), ["14 EA", "7 M"], "{rows:?}");
    let counted: u64 = rows.iter().filter_map(|row| row[4].parse::<u64>().ok()).sum();
    assert_eq!(counted, 4 + 3 + 1, "rows stand once however many quantities there are: {rows:?}");
    let page = all.get(PAGE).await.text;
    assert!(page.contains("cost") && page.contains("action=import.publish"), "{page}");
    // An auditor who is a customer, too, does not have the column.
    app.add_user("both@example.com", Role::Auditor, OwnerScope::All);
    let roles = [Role::Auditor, Role::Customer].into();
    app.command(AdminCommand::UserRole { login: "both@example.com".to_owned(), roles, owners: None });
    let mut both = app.browser();
    both.login("both@example.com", PASSWORD).await;
    let rows = table(&mut both, "stock-by-owner").await;
    assert_eq!((of_acme(&rows, "qty").len(), of_acme(&rows, "cost").len()), (2, 0), "{rows:?}");
    assert!(!both.get(PAGE).await.text.contains("cost"));
}

#[tokio::test]
async fn exports_are_counted_by_dataset_and_format_and_lead_to_their_events() {
    let app = TestApp::start().await;
    app.import("inventory", STOCK, &["owner=owner"]).await;
    let mut auditor = auditor(&app, OwnerScope::All).await;
    assert!(auditor.get(PAGE).await.text.contains("Nothing was exported in the last 30 days."));
    app.add_user("ann@example.com", Role::Customer, OwnerScope::Owners(["Acme".to_owned()].into()));
    let mut ann = app.browser();
    ann.login("ann@example.com", PASSWORD).await;
    for format in ["csv", "csv", "xlsx"] {
        ann.get(&format!("/api/v1/datasets/inventory/export?format={format}")).await;
    }
    auditor.get("/api/v1/datasets/inventory/export?format=csv").await;
    let rows = table(&mut auditor, "exports").await;
    assert_eq!(
        (&rows[1][..4], rows[1][6].as_str()),
        (&["inventory", "csv", "3", "7"].map(str::to_owned)[..], "aud@example.com")
    );
    assert_eq!(
        (&rows[2][..4], rows[2][6].as_str()),
        (&["inventory", "xlsx", "1", "2"].map(str::to_owned)[..], "ann@example.com")
    );
    let page = auditor.get(PAGE).await.text;
    let link = page
        .split("href=\"")
        .find(|rest| rest.contains("dataset%3Ainventory") && rest.contains("csv"))
        .unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let events = auditor.get(&link).await.text;
    assert_eq!(
        events.matches("<code>dataset.export</code>").count(),
        3,
        "as many as the figure says: {events}"
    );
    // They are forgotten like everything that is counted.
    app.advance_minutes(31 * 24 * 60);
    auditor.login("aud@example.com", PASSWORD).await;
    assert_eq!(table(&mut auditor, "exports").await.len(), 1);
}

#[tokio::test]
async fn figures_lead_where_the_reader_may_go_and_as_many_are_there() {
    let app = TestApp::start().await;
    app.import("inventory", STOCK, &["owner=owner"]).await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    app.import("inventory", STOCK, &["owner=owner"]).await;
    let mut auditor = auditor(&app, OwnerScope::All).await;
    let page = auditor.get(PAGE).await.text;
    assert!(!page.contains("href=\"/admin/customers") && !page.contains("href=\"/admin/sessions"), "{page}");
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let page = root.get(PAGE).await.text;
    assert!(page.contains("href=\"/admin/customers?role=customer&amp;status=active\""), "{page}");
    assert!(page.contains("href=\"/admin/customers?owner=Acme\""), "{page}");
    let sign_ins: usize = page
        .split("sign-ins in 7 days")
        .next()
        .unwrap()
        .rsplit("<strong>")
        .next()
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let link =
        page.split("href=\"").find(|rest| rest.starts_with("/admin/audit?action=session.begin")).unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let events = root.get(&link).await.text;
    assert_eq!(events.matches("<code>session.begin</code>").count(), sign_ins, "{events}");
}

#[tokio::test]
async fn what_an_admin_tries_as_somebody_else_is_no_search_of_theirs() {
    let app = TestApp::start().await;
    app.import("inventory", STOCK, &["owner=owner"]).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let ann = app.add_user("ann@example.com", Role::Customer, OwnerScope::Owners(["Acme".to_owned()].into()));
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    root.post_form(&format!("/admin/view-as/{}", ann.id), &[]).await;
    root.get("/inventory?q=nothing+like+that").await;
    root.submit("/inventory", "/admin/view-as/end", &[]).await;
    searches::flush(app.services(), true).unwrap();
    assert_eq!(table(&mut root, "empty-searches").await.len(), 1);
}

#[tokio::test]
async fn somebody_who_was_deleted_is_still_called_by_name() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.add_user("tmp@example.com", Role::Customer, OwnerScope::All);
    app.browser().login("tmp@example.com", PASSWORD).await;
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let key = stockroom::domain::email::LoginKey::of("tmp@example.com");
    let user: Result<_, stockroom::store::StoreError> =
        app.services().store.read(|r| stockroom::store::users::find_user_by_login(r, &key));
    let path = format!("/admin/customers/{}/delete", user.unwrap().unwrap().id);
    let gone = root.post_form(&path, &[("confirm", "1"), ("confirm_email", "tmp@example.com")]).await;
    assert_eq!(gone.status, reqwest::StatusCode::SEE_OTHER, "{gone:?}");
    let page = root.get("/admin/analytics").await;
    assert!(page.status == reqwest::StatusCode::OK && page.text.contains("tmp@example.com"), "{page:?}");
}
