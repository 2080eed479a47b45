//! Imports through the API, and what readers then find.

use reqwest::StatusCode;
use serde_json::json;
use stockroom::domain::permission::Role;

use crate::harness::TestApp;

const STOCK: &str = "Part,Description,Customer,Status,On Hand,UOM,Expires,Cost\n\
    CM-31578-96,Folding carton,Acme,Released,1200,ea,2026-12-01,1.50\n\
    CM-31578-97,Shrink sleeve,Acme,On hold,80,ea,2027-05-01,0.20\n\
    AX-1,Desiccant 10 g,Blue,Released,3,kg,2026-11-30,9.99\n\
    007,Steel bolt,Blue,Quarantine,7.5,kg,,0.01\n\
    =1+1,Odd part,Blue,Released,-5,ea,n/a,2\n";

#[tokio::test]
async fn an_uploaded_file_is_published_and_found() {
    let app = TestApp::start().await;
    let import = app
        .import("Inventory", STOCK, &["owner=Customer", "key=Part", "hidden=Cost", "type.Part=code"])
        .await;
    assert_eq!(import["state"], "published", "{import}");
    assert_eq!((import["rows_read"].as_u64(), import["rows_published"].as_u64()), (Some(5), Some(5)));
    assert_eq!(import["problems"][0]["value"], "n/a");
    assert_eq!(import["problems"][0]["line"], 6);
    let mut operator = app.operator().await;
    let all = operator.get("/api/v1/datasets/inventory/rows?sort=-On%20Hand").await.json();
    assert_eq!(all["total"], 5);
    let parts: Vec<_> =
        all["rows"].as_array().unwrap().iter().map(|row| row["Part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["CM-31578-96", "CM-31578-97", "007", "AX-1", "=1+1"]);
    assert_eq!(
        all["totals"]["On Hand"],
        json!([{"uom": "ea", "sum": "1275", "rows": 3}, {"uom": "kg", "sum": "10.5", "rows": 2}])
    );
    let found =
        operator.get("/api/v1/datasets/Inventory/rows?q=expires%3C30d%20status:released").await.json();
    assert_eq!(found["matched"], 2);
    let facets = operator
        .get("/api/v1/datasets/inventory/facets?facet=Status&f.Status=Released&f.UOM=kg")
        .await
        .json();
    assert_eq!(
        facets["facets"]["Status"],
        json!([
            {"value": "Quarantine", "count": 1, "selected": false},
            {"value": "Released", "count": 1, "selected": true},
        ])
    );
}

#[tokio::test]
async fn a_customer_sees_own_rows_and_no_hidden_column() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer", "hidden=Cost"]).await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let rows = acme.get("/api/v1/datasets/inventory/rows").await.json();
    assert_eq!((rows["total"].as_u64(), rows["matched"].as_u64()), (Some(2), Some(2)));
    assert!(
        rows["rows"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row.get("Cost").is_none() && row["Customer"] == "Acme")
    );
    assert_eq!(
        acme.get("/api/v1/datasets/inventory/rows?sort=Cost").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    for format in ["csv", "jsonl"] {
        let export = acme.get(&format!("/api/v1/datasets/inventory/export?format={format}")).await;
        assert!(
            export.text.contains("CM-31578-96")
                && !export.text.contains("Blue")
                && !export.text.contains("Cost")
        );
    }
    assert_eq!(acme.upload("inventory", "a\n1\n", &[], true).await.status, StatusCode::FORBIDDEN);
    let mut nobody = app.signed_in(Role::Customer, &[]).await;
    assert_eq!(nobody.get("/api/v1/datasets/inventory/rows").await.json()["total"], 0);
}

#[tokio::test]
async fn without_an_owner_column_only_those_who_see_everything_see_rows() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &[]).await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    assert_eq!(acme.get("/api/v1/datasets/inventory/rows").await.json()["total"], 0);
    assert_eq!(app.operator().await.get("/api/v1/datasets/inventory/rows").await.json()["total"], 5);
}

#[tokio::test]
async fn the_owner_column_can_be_named_after_the_import() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &[]).await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let mut operator = app.operator().await;
    let wrong = operator.post("/api/v1/datasets/inventory/owner", &json!({"owner": "Nope"})).await;
    assert_eq!(wrong.problem(), "invalid");
    for (owner, seen) in [(json!("Customer"), 2), (json!(null), 0), (json!("Part"), 0)] {
        let answer = operator.post("/api/v1/datasets/inventory/owner", &json!({ "owner": owner })).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(acme.get("/api/v1/datasets/inventory/rows").await.json()["total"], seen);
    }
    assert_eq!(acme.post("/api/v1/datasets/inventory/owner", &json!({"owner": null})).await.status, 403);
    // By another column the rows of others could become theirs.
    for role in [Role::Operator, Role::Admin] {
        let mut limited = app.signed_in(role, &["Acme"]).await;
        let refused = limited.post("/api/v1/datasets/inventory/owner", &json!({"owner": "Customer"})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
        assert!(refused.text.contains("somebody who sees every owner names it"), "{}", refused.text);
    }
    assert_eq!(acme.get("/api/v1/datasets/inventory/rows").await.json()["total"], 0);
}

#[tokio::test]
async fn exports_hold_no_formulas_and_come_back_as_they_were() {
    let app = TestApp::start().await;
    let import = app.import("Inventory", STOCK, &["type.Part=code", "type.On Hand=decimal"]).await;
    assert_eq!(import["state"], "published", "{import}");
    let mut operator = app.operator().await;
    let csv = operator.get("/api/v1/datasets/inventory/export?format=csv").await.text;
    assert!(csv.contains("'=1+1,Odd part,Blue,Released,-5,"), "{csv}");
    let again = app.import("Again", csv, &["type.Part=code", "type.On Hand=decimal"]).await;
    assert_eq!(again["rows_published"], 5);
    let (first, second) = (
        operator.get("/api/v1/datasets/inventory/rows").await.json()["rows"].clone(),
        operator.get("/api/v1/datasets/again/rows").await.json()["rows"].clone(),
    );
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_workbook_has_typed_cells_codes_as_text_and_no_formula() {
    use calamine::{Data, Reader};
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["type.Part=code"]).await;
    let operator = app.operator().await;
    let request = operator
        .request(reqwest::Method::GET, "/api/v1/datasets/inventory/export?format=xlsx&q=blue&sort=Part");
    let bytes = request.send().await.unwrap().bytes().await.unwrap();
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["Inventory", "About"]);
    let sheet = book.worksheet_range("Inventory").unwrap();
    let cell = |row, column| sheet.get_value((row, column)).cloned().unwrap_or_default();
    assert_eq!(cell(0, 0), Data::String("Part".into()));
    assert_eq!(cell(1, 0), Data::String("007".into()));
    assert_eq!(cell(1, 4), Data::Float(7.5));
    assert_eq!(cell(2, 0), Data::String("=1+1".into()));
    assert_eq!(cell(2, 4), Data::Float(-5.0));
    assert_eq!(cell(2, 6), Data::String("n/a".into()));
    assert!(matches!(cell(3, 6), Data::DateTime(_)), "{:?}", cell(3, 6));
    assert!(book.worksheet_formula("Inventory").unwrap().cells().all(|(_, _, formula)| formula.is_empty()));
    let about = book.worksheet_range("About").unwrap();
    let about: Vec<String> = about.rows().map(|row| format!("{} {}", row[0], row[1])).collect();
    assert!(about.contains(&"q blue".to_owned()) && about.contains(&"Rows 3 of 5".to_owned()), "{about:?}");
}

#[tokio::test]
async fn an_unconfirmed_import_waits_and_can_be_published_or_put_away() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    for (action, state, total) in [("confirm", "published", 200), ("cancel", "cancelled", 200)] {
        let begun = operator.upload("Inventory", STOCK, &[], false).await.json();
        let id = begun["id"].as_str().unwrap();
        let checked = operator.import_ended(id).await;
        assert_eq!((&checked["state"], checked["rows_read"].as_u64()), (&json!("checked"), Some(5)));
        let answer = operator.post(&format!("/api/v1/imports/{id}/{action}"), &json!({})).await;
        assert_eq!(answer.status, total, "{answer:?}");
        for _ in 0..100 {
            if operator.get(&format!("/api/v1/imports/{id}")).await.json()["state"] == state {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(operator.get(&format!("/api/v1/imports/{id}")).await.json()["state"], state);
        let again = operator.post(&format!("/api/v1/imports/{id}/{action}"), &json!({})).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
    }
    assert_eq!(operator.get("/api/v1/datasets/inventory/rows").await.json()["generation"], 1);
}

#[tokio::test]
async fn a_file_that_was_put_away_is_deleted_and_one_that_is_needed_stays() {
    let app = TestApp::start().await;
    let stored = || {
        let folders = std::fs::read_dir(app.data_dir().join("files")).unwrap();
        folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap()).count()
    };
    app.import("Inventory", STOCK, &[]).await;
    let mut operator = app.operator().await;
    for (csv, left) in [(STOCK, 1), ("Part\nX\n", 1)] {
        let begun = operator.upload("Inventory", csv, &[], false).await.json();
        let id = begun["id"].as_str().unwrap();
        operator.import_ended(id).await;
        operator.post(&format!("/api/v1/imports/{id}/cancel"), &json!({})).await;
        for _ in 0..100 {
            if stored() == left {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(stored(), left);
    }
}

#[tokio::test]
async fn a_bad_file_fails_with_its_reason_and_the_generation_before_keeps_serving() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    for (bytes, words) in [
        (b"".to_vec(), "empty"),
        (b"PK\x03\x04\x00\x00\x00\x00".to_vec(), "Excel"),
        ((0..2_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",").into_bytes(), "columns"),
        (vec![b'x'; 40 << 20], "longer than"),
    ] {
        let import = app.import("Inventory", bytes, &[]).await;
        assert_eq!(import["state"], "failed");
        let error = import["error"].as_str().unwrap();
        assert!(error.contains("stock.csv") && error.contains(words), "{error}");
        let rows = app.operator().await.get("/api/v1/datasets/inventory/rows").await.json();
        assert_eq!((rows["generation"].as_u64(), rows["total"].as_u64()), (Some(1), Some(5)));
    }
    let left: Vec<_> = std::fs::read_dir(app.data_dir().join("index"))
        .unwrap()
        .flat_map(|dataset| std::fs::read_dir(dataset.unwrap().path()).unwrap())
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["1"]);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_goes_to_the_rejects_with_line_and_reason() {
    let app = TestApp::start().await;
    let import = app.import("Inventory", "Part,Qty\nA,1\nB,2,surplus,more\nC,3\n", &[]).await;
    assert_eq!(
        (import["rows_read"].as_u64(), import["rows_published"].as_u64(), import["rows_rejected"].as_u64()),
        (Some(3), Some(2), Some(1)),
        "{import}"
    );
    let mut operator = app.operator().await;
    let rejects = operator.get(&format!("/api/v1/imports/{}/rejects", import["id"].as_str().unwrap())).await;
    assert_eq!(rejects.text.lines().count(), 2);
    assert!(rejects.text.contains("B,2,surplus,more"), "{}", rejects.text);
}

#[tokio::test]
async fn a_damaged_generation_is_built_again_by_itself() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &[]).await;
    let dataset = std::fs::read_dir(app.data_dir().join("index")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(dataset.join("1").join("columns.bin"), b"rubbish").unwrap();
    let mut operator = app.operator().await;
    let answer = operator.get("/api/v1/datasets/inventory/rows").await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    for _ in 0..200 {
        if operator.get("/api/v1/datasets/inventory/rows").await.status == StatusCode::OK {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(operator.get("/api/v1/datasets/inventory/rows").await.json()["total"], 5);
}

#[tokio::test]
async fn parameters_that_mean_nothing_are_refused_not_ignored() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &[]).await;
    let mut operator = app.operator().await;
    for query in ["limit=1001", "limit=x", "match=some", "colour=red", "f.Nope=1", "sort=Nope", "offset=-1"] {
        let answer = operator.get(&format!("/api/v1/datasets/inventory/rows?{query}")).await;
        assert_eq!(answer.problem(), "invalid", "{query}");
    }
    assert_eq!(operator.get("/api/v1/datasets/nope/rows").await.problem(), "not-found");
}

#[tokio::test]
async fn chosen_columns_come_in_their_order_in_answers_and_exports() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer", "hidden=Cost"]).await;
    let mut ann = app.signed_in(Role::Customer, &["Acme"]).await;
    let base = "/api/v1/datasets/inventory";
    let rows = ann.get(&format!("{base}/rows?cols=UOM&cols=Part")).await.text;
    assert!(rows.contains(r#"{"_id":1,"UOM":"ea","Part":"CM-31578-96"}"#), "{rows}");
    let csv = ann.get(&format!("{base}/export?format=csv&cols=UOM,Part,UOM")).await.text;
    assert_eq!(csv.lines().next(), Some("UOM,Part"), "{csv}");
    let jsonl = ann.get(&format!("{base}/export?format=jsonl&cols=Part")).await.text;
    assert!(jsonl.lines().all(|line| line.matches("\":").count() == 1), "{jsonl}");
    // A column that is hidden is one that is not there.
    let hidden = ann.get(&format!("{base}/rows?cols=Cost")).await;
    let unknown = ann.get(&format!("{base}/rows?cols=Nope")).await;
    assert_eq!(hidden.status, StatusCode::UNPROCESSABLE_ENTITY);
    let masked = hidden.json()["detail"].as_str().unwrap().replace("Cost", "Nope");
    assert_eq!(masked, unknown.json()["detail"].as_str().unwrap());
}

#[tokio::test]
async fn a_column_named_often_in_the_sort_counts_once() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut operator = app.operator().await;
    let once = operator.get("/api/v1/datasets/inventory/rows?sort=-Part,UOM").await.json();
    let often = format!("/api/v1/datasets/inventory/rows?sort=-Part,UOM{}", ",Part".repeat(500));
    assert_eq!(operator.get(&often).await.json()["rows"], once["rows"]);
}

#[tokio::test]
async fn the_number_of_a_row_tells_nothing_of_the_rows_of_others() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut blue = app.signed_in(Role::Customer, &["Blue"]).await;
    let rows = blue.get("/api/v1/datasets/inventory/rows?sort=-Part").await.json();
    let mut ids: Vec<_> =
        rows["rows"].as_array().unwrap().iter().map(|row| row["_id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3], "{rows}");
    let mut operator = app.operator().await;
    let all = operator.get("/api/v1/datasets/inventory/rows?offset=4").await.json();
    assert_eq!(all["rows"][0]["_id"], 5);
}

#[tokio::test]
async fn a_dataset_without_rows_of_theirs_does_not_exist_for_a_customer() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let of_blue = "Part,Customer,Secret\nB-1,Blue,1\n";
    app.import("Blue special", of_blue, &["owner=Customer"]).await;
    app.import("Nobody's", of_blue, &[]).await;
    let mut acme = app.signed_in(Role::Customer, &["Acme"]).await;
    let mut blue = app.signed_in(Role::Customer, &["Blue"]).await;
    let list = acme.get("/api/v1/datasets").await;
    assert_eq!(list.json()["datasets"].as_array().unwrap().len(), 1, "{list:?}");
    assert_eq!(blue.get("/api/v1/datasets").await.json()["datasets"].as_array().unwrap().len(), 2);
    assert!(!acme.get("/inventory").await.text.contains("Blue special"));
    for slug in ["blue-special", "nobody-s", "nothing"] {
        for path in ["", "/rows", "/facets", "/export?format=csv"] {
            let answer = acme.get(&format!("/api/v1/datasets/{slug}{path}")).await;
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (StatusCode::NOT_FOUND, "not-found"),
                "{slug}{path}"
            );
            assert!(!answer.text.contains("Blue") && !answer.text.contains("Nobody"), "{answer:?}");
        }
        assert_eq!(acme.get(&format!("/datasets/{slug}")).await.status, StatusCode::NOT_FOUND, "{slug}");
    }
    assert_eq!(blue.get("/datasets/blue-special").await.status, StatusCode::OK);
    // The main one is there for whoever has no row in it, and says so.
    let mut stranger = app.signed_in(Role::Customer, &["Nobody"]).await;
    assert_eq!(stranger.get("/inventory").await.status, StatusCode::OK);
}
