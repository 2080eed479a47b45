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
