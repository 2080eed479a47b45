//! The server itself: slow and many clients, readiness, stopping.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::StatusCode;

use crate::harness::TestApp;

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let app = TestApp::start_with(|config| config.server.header_timeout = Duration::from_secs(1)).await;
    let address = app.running.address;
    let waited = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
        let begun = Instant::now();
        let _ = stream.read_to_end(&mut Vec::new());
        begun.elapsed()
    })
    .await
    .unwrap();
    assert!(waited < Duration::from_secs(8), "{waited:?}");
}

#[tokio::test]
async fn the_oldest_idle_connections_make_room() {
    let app = TestApp::start_with(|config| config.server.max_connections_per_address = 8).await;
    let address = app.running.address;
    let idle: Vec<_> = (0..40).map(|_| TcpStream::connect(address).unwrap()).collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(app.browser().get("/healthz").await.status, StatusCode::OK);
    drop(idle);
}

#[tokio::test]
async fn ready_says_whether_there_is_an_admin() {
    let app = TestApp::start().await;
    assert!(app.browser().get("/readyz").await.text.contains("no admin yet"));
    app.signed_in(stockroom::domain::permission::Role::Admin, &[]).await;
    assert_eq!(app.browser().get("/readyz").await.text, "ready\n");
}

#[tokio::test]
async fn stopping_closes_the_store_and_takes_the_socket_away() {
    let app = TestApp::start().await;
    let data_dir = app.data_dir();
    assert!(data_dir.join("admin.sock").exists());
    let TestApp { running, directory, .. } = app;
    running.shutdown().await;
    assert!(!data_dir.join("admin.sock").exists());
    stockroom::store::Store::open(&data_dir).unwrap();
    drop(directory);
}

#[tokio::test]
async fn a_record_that_rotted_costs_its_owner_an_error_and_nobody_else_anything() {
    use stockroom::domain::permission::Role;
    use stockroom::domain::scope::OwnerScope;
    use stockroom::jobs::chores;

    let app = TestApp::start().await;
    app.add_user("zebra@example.com", Role::Customer, OwnerScope::All);
    app.add_user("ann@example.com", Role::Admin, OwnerScope::All);
    assert_eq!(chores::verify_values(app.services()).unwrap(), 0);
    let app = app
        .restart_after(|data_dir| {
            // The address as the record has it; the key by which it is found is another copy.
            let path = data_dir.join("stockroom.redb");
            let mut bytes = std::fs::read(&path).unwrap();
            let places: Vec<_> =
                (0..bytes.len() - 5).filter(|at| bytes[*at..].starts_with(b"zebra@example.com")).collect();
            for at in places {
                if bytes[at - 1] == 17 {
                    bytes[at] = b'Z';
                }
            }
            std::fs::write(&path, bytes).unwrap();
        })
        .await;
    assert!(chores::verify_values(app.services()).unwrap() >= 1);
    let mut zebra = app.browser();
    let answer = zebra.login("zebra@example.com", crate::harness::PASSWORD).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{answer:?}");
    assert!(answer.json()["request_id"].is_string() && !answer.text.contains("checksum"), "{answer:?}");
    let mut ann = app.browser();
    assert_eq!(ann.login("ann@example.com", crate::harness::PASSWORD).await.status, StatusCode::OK);
    assert_eq!(ann.get("/readyz").await.status, StatusCode::OK);
}

/// What comes back for these bytes until the server closes the connection; no answer in 10 s is a failure.
fn raw(address: std::net::SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server closes the connection");
    String::from_utf8(answer).unwrap()
}

/// An answer with this status that says so as a problem, and the only one.
fn is_problem(answer: &str, status: u16, words: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("application/problem+json") && head.contains("x-request-id"), "{answer}");
    assert!(head.contains("connection: close"), "{answer}");
    let problem: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(problem["status"], status);
    assert!(problem["detail"].as_str().unwrap().contains(words), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_refused_is_answered_with_the_reason_and_the_next_step() {
    let app = TestApp::start().await;
    let address = app.running.address;
    tokio::task::spawn_blocking(move || {
        let host = format!("Host: {address}\r\n");
        let get = |path: &str, more: &str| {
            raw(address, format!("GET {path} HTTP/1.1\r\n{host}{more}\r\n").as_bytes())
        };
        is_problem(&get("/api/v1/datasets?q=a>b", ""), 400, "%3E");
        is_problem(&get("/api/v1/a b", ""), 400, "valid HTTP");
        is_problem(&get(&format!("/api/v1/datasets?q={}", "x".repeat(70_000)), ""), 414, "64 KiB");
        is_problem(&get("/api/v1/datasets", &format!("Cookie: {}\r\n", "x".repeat(70_000))), 431, "cookies");
        is_problem(&get("/api/v1/datasets", &"A: b\r\n".repeat(101)), 431, "100 lines");
        is_problem(&get("/api/v1/datasets", "A: b\r\n folded\r\n"), 400, "valid HTTP");
        is_problem(&get("/api/v1/datasets", "A : b\r\n"), 400, "valid HTTP");
        let page = get("/a>b", "");
        assert!(
            page.starts_with("HTTP/1.1 400 ") && page.contains("text/html") && page.contains("%3E"),
            "{page}"
        );
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn asvs_4_2_1_a_request_whose_end_is_in_doubt_is_refused_and_nothing_behind_it_is_heard() {
    let app = TestApp::start().await;
    let address = app.running.address;
    tokio::task::spawn_blocking(move || {
        // Were the second request heard, there would be two answers.
        let behind = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n");
        for (lengths, words) in [
            ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "both"),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "both"),
            ("Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length"),
            ("Content-Length: +5\r\n", "Content-Length"),
            ("Content-Length: 5, 5\r\n", "Content-Length"),
            ("Content-Length: 18446744073709551616\r\n", "Content-Length"),
            ("Transfer-Encoding: gzip, chunked\r\n", "chunked"),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "chunked"),
        ] {
            let head = format!("POST /api/v1/auth/login HTTP/1.1\r\nHost: {address}\r\n{lengths}\r\n");
            is_problem(&raw(address, format!("{head}0\r\n\r\n{behind}").as_bytes()), 400, words);
        }
        let old = "POST /api/v1/auth/login HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        is_problem(&raw(address, old.as_bytes()), 400, "HTTP/1.1");
        // A chunked body is heard, and what stands behind it is not.
        let chunked =
            format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nTransfer-Encoding: chunked\r\n\r\n");
        let answer = raw(address, format!("{chunked}2\r\n{{}}\r\n0\r\n\r\n{behind}").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.matches("HTTP/1.1 ").count() == 1, "{answer}");
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn requests_one_behind_the_other_are_answered_in_turn_however_they_are_cut() {
    let app = TestApp::start().await;
    let address = app.running.address;
    tokio::task::spawn_blocking(move || {
        let get = format!("\r\nGET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let post = format!(
            "POST /api/v1/auth/login HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nOrigin: http://{address}\r\nContent-Length: 4\r\n\r\n\r\n\r\n"
        );
        let bytes = format!("{get}{post}{get}GET /api/v1/a>b HTTP/1.1\r\n\r\n");
        for cut in [bytes.len(), 1, 7] {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            for part in bytes.as_bytes().chunks(cut) {
                // Once it has refused, the server is free to go.
                let _ = stream.write_all(part);
            }
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer);
            let statuses: Vec<_> = answer.split("HTTP/1.1 ").skip(1).map(|text| &text[..3]).collect();
            assert_eq!(statuses[0], "200", "{answer}");
            assert_eq!(statuses[2..], ["200", "400"], "cut into {cut}: {answer}");
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn asvs_4_1_4_trace_is_a_method_that_no_address_knows() {
    let app = TestApp::start().await;
    for path in ["/", "/api/v1/datasets", "/healthz"] {
        let request = app.browser().request(reqwest::Method::TRACE, path);
        assert_eq!(app.browser().send(request).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
}
