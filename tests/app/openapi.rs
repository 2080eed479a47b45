//! The description of the API: whole, and true.

use std::collections::BTreeSet;

use stockroom::domain::permission::Role;
use stockroom::web::api::openapi::{EXAMPLES, document};
use stockroom::web::router;

use crate::harness::TestApp;

#[test]
fn every_address_of_the_api_is_described_and_nothing_else() {
    let is_api = |path: &str| path.starts_with("/api/v1/") || path.starts_with("/auth/");
    let routes: BTreeSet<(String, String)> = router::addresses()
        .into_iter()
        .filter(|(_, path)| is_api(path))
        .map(|(method, path)| (method.to_lowercase(), path.to_owned()))
        .collect();
    let described: BTreeSet<(String, String)> = document()["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone()))
        })
        .collect();
    let missing: Vec<_> = routes.difference(&described).collect();
    let more: Vec<_> = described.difference(&routes).collect();
    assert!(missing.is_empty() && more.is_empty(), "not described: {missing:?}; not there: {more:?}");
}

#[test]
fn every_operation_says_what_it_does_and_every_reference_leads_somewhere() {
    let text = document().to_string();
    let mut names = BTreeSet::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let summary = operation["summary"].as_str().unwrap_or_default();
            assert!(summary.len() > 5 && summary.ends_with('.'), "{method} {path}: {summary:?}");
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} is there twice");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let about = parameter["description"].as_str().unwrap_or_default();
                assert!(!about.is_empty(), "{method} {path}: nothing is said of {}", parameter["name"]);
            }
        }
    }
    let shapes = document()["components"]["schemas"].as_object().unwrap();
    let mut referred = 0;
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(shapes.contains_key(name), "there is no shape {name}");
        referred += 1;
    }
    assert!(referred > 100, "{referred}");
}

#[tokio::test]
async fn every_example_does_what_it_says() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in(Role::Admin, &[]).await;
    for (method, path, _) in EXAMPLES {
        let operation = &document()["paths"][*path][*method];
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        assert!(example.is_object(), "{method} {path} does not show its example");
        let filled = path
            .replace("{plan}", "Spring")
            .replace("{sku}", "CM-31578-96")
            .replace("{list}", "locations")
            .replace("{code}", "VIE")
            .replace("{line}", "1")
            .replace("{user}", "bob@acme.example");
        let answer = ada.send_json(method.to_uppercase().parse().unwrap(), &filled, example).await;
        assert!(answer.status.is_success(), "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn anybody_reads_it_as_json_and_who_is_signed_in_as_a_page() {
    let app = TestApp::start().await;
    let mut visitor = app.browser();
    let answer = visitor.get("/api/openapi.json").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["openapi"].as_str().unwrap(), "3.1.0");
    assert_eq!(visitor.get("/api/docs").await.status, 303);

    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let page = ann.get("/api/docs").await;
    assert_eq!(page.status, 200, "{page:?}");
    for item in document()["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(page.text.contains(&format!("id=\"{name}\"")), "{name} is not on the page");
        }
    }
    assert!(!page.text.contains("<script>") && !page.text.contains(" style="));
}

#[tokio::test]
async fn what_only_reads_can_be_tried_and_leads_nowhere_else() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let gone = |answer: &crate::harness::Answer| answer.headers["location"].to_str().unwrap().to_owned();
    let tried = ann
        .get("/api/docs/try?operation=get_datasets_dataset_rows&dataset=a%2F..%2Fb%20c&q=x%26y&sort=")
        .await;
    assert_eq!(tried.status, 303, "{tried:?}");
    assert_eq!(gone(&tried), "/api/v1/datasets/a%2F%2E%2E%2Fb%20c/rows?q=x%26y");
    for wrong in ["", "post_auth_logout", "//evil.example", "get_plans_plan"] {
        let refused = ann.get(&format!("/api/docs/try?operation={wrong}")).await;
        assert!(refused.status.is_client_error(), "{wrong}: {refused:?}");
    }
}
