//! `/metrics`: the text is what Prometheus reads, it counts what happens, and nobody sees it who is not to.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, StatusCode};
use stockroom::base::secret::SecretString;
use stockroom::domain::permission::Role;

use crate::harness::{Answer, TestApp};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Samples by name and labels.
type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Reads `{a="b",c="d"}` and says what comes behind it.
fn labels(mut text: &str) -> (BTreeMap<String, String>, &str) {
    let mut labels = BTreeMap::new();
    let Some(rest) = text.strip_prefix('{') else { return (labels, text) };
    text = rest;
    loop {
        let (name, rest) = text.split_once("=\"").unwrap();
        assert!(is_name(name), "{name}");
        let mut value = String::new();
        let mut chars = rest.char_indices();
        let end = loop {
            match chars.next().unwrap() {
                (_, '\\') => match chars.next().unwrap().1 {
                    'n' => value.push('\n'),
                    escaped @ ('\\' | '"') => value.push(escaped),
                    other => panic!("\\{other} is no escape"),
                },
                (at, '"') => break at,
                (_, other) => value.push(other),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none(), "{name} is there twice");
        text = &rest[end + 1..];
        match text.split_at(1) {
            (",", rest) => text = rest,
            ("}", rest) => return (labels, rest),
            other => panic!("{other:?}"),
        }
    }
}

/// Reads version 0.0.4 of the text format, and nothing that is not it: families in one piece, each with HELP and TYPE in
/// front, every sample once, histograms that add up.
fn parse(text: &str) -> Samples {
    assert!(text.ends_with('\n'));
    let mut samples = Samples::new();
    let mut families: BTreeMap<String, String> = BTreeMap::new();
    let (mut helped, mut family) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(is_name(name) && help.ends_with('.'), "{line}");
            name.clone_into(&mut helped);
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, helped);
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(families.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} is there twice");
            name.clone_into(&mut family);
            continue;
        }
        assert!(!line.starts_with('#') && !line.is_empty(), "{line}");
        let end = line.find(['{', ' ']).unwrap();
        let name = &line[..end];
        let (labels, rest) = labels(&line[end..]);
        let value = rest.strip_prefix(' ').unwrap();
        assert!(value.chars().all(|c| c.is_ascii_digit() || c == '.'), "{line}");
        let base = match families[&family].as_str() {
            "histogram" => {
                ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap()
            }
            _ => name,
        };
        assert_eq!(base, family, "{line}");
        let value = value.parse().unwrap();
        assert!(samples.insert((name.to_owned(), labels), value).is_none(), "{line} is there twice");
    }
    for (name, _) in families.iter().filter(|(_, kind)| *kind == "histogram") {
        let mut buckets: BTreeMap<_, Vec<(f64, f64)>> = BTreeMap::new();
        for ((of, labels), value) in &samples {
            if *of == format!("{name}_bucket") {
                let mut labels = labels.clone();
                let bound = labels.remove("le").unwrap();
                let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
                buckets.entry(labels).or_default().push((bound, *value));
            }
        }
        for (labels, mut buckets) in buckets {
            buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            assert!(buckets.is_sorted_by(|(_, a), (_, b)| a <= b), "{name} {labels:?}: {buckets:?}");
            let count = samples[&(format!("{name}_count"), labels)];
            assert_eq!(buckets.last().unwrap(), &(f64::INFINITY, count));
        }
    }
    samples
}

/// A whole number; 0 where there is none.
fn value(samples: &Samples, name: &str, labels: &[(&str, &str)]) -> u64 {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    samples.get(&(name.to_owned(), labels)).copied().unwrap_or(0.0) as u64
}

async fn with_token() -> TestApp {
    TestApp::start_with(|config| {
        config.server.metrics_token = Some(SecretString::new(TOKEN.to_owned()));
    })
    .await
}

async fn ask(app: &TestApp, authorization: &str) -> Answer {
    let mut browser = app.browser();
    let request = browser.request(Method::GET, "/metrics").header("authorization", authorization);
    browser.send(request).await
}

async fn look(app: &TestApp) -> Samples {
    let answer = ask(app, &format!("Bearer {TOKEN}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    parse(&answer.text)
}

#[tokio::test]
async fn requests_imports_and_what_there_is_are_counted() {
    let app = with_token().await;
    let before = look(&app).await;
    assert_eq!(value(&before, "stockroom_up", &[]), 1);
    for name in [
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "stockroom_database_bytes",
        "stockroom_disk_free_bytes",
        "stockroom_disk_bytes",
        "stockroom_connections_open",
    ] {
        assert!(value(&before, name, &[]) >= 1, "{name}");
    }
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    assert_eq!(value(&before, "stockroom_build_info", &version), 1);

    app.import("Stock", "Part,Customer,Qty\nA,Acme,1\nB,Acme,2\n", &["owner=Customer"]).await;
    app.import("Broken", "", &[]).await;
    let mut customer = app.signed_in(Role::Customer, &["Acme"]).await;
    for _ in 0..3 {
        assert_eq!(customer.get("/inventory").await.status, StatusCode::OK);
    }
    assert_eq!(app.browser().login("nobody@example.com", "wrong").await.status, StatusCode::UNAUTHORIZED);
    let after = look(&app).await;
    let of = |route, status| [("method", "GET"), ("route", route), ("status", status)];
    let requests = "stockroom_http_requests_total";
    let inventory = value(&after, requests, &of("/inventory", "2xx"));
    assert_eq!(inventory - value(&before, requests, &of("/inventory", "2xx")), 3);
    let duration = "stockroom_http_request_duration_seconds_count";
    assert_eq!(value(&after, duration, &[("method", "GET"), ("route", "/inventory")]), 3);
    let sign_in = [("method", "POST"), ("route", "/api/v1/auth/login"), ("status", "4xx")];
    assert_eq!(value(&after, requests, &sign_in), 1);
    let imports = "stockroom_imports_total";
    assert_eq!(value(&after, imports, &[("outcome", "published")]), 1);
    assert_eq!(value(&after, imports, &[("outcome", "failed")]), 1);
    assert_eq!(value(&after, "stockroom_import_rows_total", &[]), 2);
    let stock = [("dataset", "stock")];
    assert_eq!(value(&after, "stockroom_index_generations", &stock), 1);
    assert_eq!(value(&after, "stockroom_dataset_rows", &stock), 2);
    assert!(value(&after, "stockroom_index_bytes", &stock) > 0);
    // Two operators and a customer.
    assert_eq!(value(&after, "stockroom_sessions", &[]) - value(&before, "stockroom_sessions", &[]), 3);
    for state in ["waiting", "running", "failed"] {
        let labels = [("state".to_owned(), state.to_owned())].into();
        assert!(after.contains_key(&("stockroom_jobs".to_owned(), labels)), "{state}");
    }
    let text = format!("{after:?}").to_lowercase();
    for name in ["acme", "example.com", "customer0", "operator0"] {
        assert!(!text.contains(name), "{name} is told: {text}");
    }
}

#[tokio::test]
async fn nobody_looks_without_the_token_and_without_one_there_is_nothing() {
    let app = with_token().await;
    let cut = &TOKEN[1..];
    for authorization in ["", "Bearer", "Bearer ", &format!("Basic {TOKEN}"), &format!("Bearer {cut}"), TOKEN]
    {
        let answer = ask(&app, authorization).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{authorization}: {answer:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert!(!answer.text.contains("stockroom_"), "{answer:?}");
    }
    assert_eq!(ask(&app, &format!("bearer {TOKEN}")).await.status, StatusCode::OK);
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    assert_eq!(admin.get("/metrics").await.status, StatusCode::UNAUTHORIZED, "being signed in is no token");

    let closed = TestApp::start().await;
    for authorization in ["", "Bearer ", &format!("Bearer {TOKEN}")] {
        assert_eq!(ask(&closed, authorization).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_address_for_figures_answers_nothing_else() {
    let app = TestApp::start_with(|config| {
        config.server.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let mut watcher = app.browser();
    watcher.base = format!("http://{}", app.running.metrics_at.unwrap());
    let answer = watcher.get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(parse(&answer.text).len() > 10);
    for (method, path) in stockroom::web::router::addresses() {
        let path = path.replace(['{', '}', '*'], "");
        if path == "/metrics" {
            continue;
        }
        let request = watcher.request(method.parse().unwrap(), &path);
        let answer = watcher.client.execute(request.build().unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(answer.text().await.unwrap(), "", "{method} {path}");
    }
    let posted = watcher.request(Method::POST, "/metrics").send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    // And it is the only one.
    assert_eq!(app.browser().get("/metrics").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_makes_up_addresses_and_methods_makes_no_new_series() {
    let app = with_token().await;
    let series = |samples: &Samples| -> BTreeSet<_> {
        samples.keys().filter(|(name, _)| name.contains("_http_")).cloned().collect()
    };
    let ask = async |from: u32| {
        for number in from..from + 40 {
            for path in [
                format!("/nothing/{number}"),
                format!("/a/{number}/x{number}.css"),
                format!("/datasets/d{number}?q=secret{number}"),
                format!("/api/v1/imports/{number}"),
            ] {
                let method =
                    if number % 2 == 0 { Method::GET } else { format!("M{number}").parse().unwrap() };
                app.browser().request(method, &path).send().await.unwrap();
            }
        }
    };
    ask(0).await;
    let before = series(&look(&app).await);
    ask(1_000).await;
    let after = series(&look(&app).await);
    let new: Vec<_> = after.difference(&before).filter(|(_, labels)| labels["route"] != "/metrics").collect();
    assert_eq!(new, Vec::<&(String, BTreeMap<String, String>)>::new());
    let known: BTreeSet<&str> =
        stockroom::web::router::addresses().into_iter().map(|(_, path)| path).collect();
    for (_, labels) in &after {
        let route = labels["route"].as_str();
        assert!(known.contains(route) || route == "none", "{route}");
    }
    assert!(!format!("{after:?}").contains("secret"));
}
