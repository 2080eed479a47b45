//! A large file on its way to a store of S3 when the server is stopped. The store is a server that answers as S3 documents
//! uploads in parts, and holds back its word about the second one; `tests/servers` has a whole store.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use stockroom::base::secret::SecretString;
use stockroom::config::remote::{RemoteConfig, RemoteNet, RemoteStore, S3Config};

use crate::copies::{send, site};

type Asked = Arc<Mutex<Vec<String>>>;

async fn answer(
    State(asked): State<Asked>,
    method: Method,
    RawQuery(query): RawQuery,
    _body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    asked.lock().unwrap().push(format!("{method} {query}"));
    match method {
        Method::POST if query.starts_with("uploads") => {
            "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
                .into_response()
        }
        Method::PUT if query.contains("partNumber=1") => [("etag", "\"one\"")].into_response(),
        Method::PUT => std::future::pending().await,
        _ => axum::http::StatusCode::NO_CONTENT.into_response(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_takes_back_the_parts_that_were_sent() {
    let asked = Asked::default();
    let routes =
        Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(Arc::clone(&asked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let store = RemoteStore::S3(S3Config {
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        bucket: "files".to_owned(),
        prefix: "site".to_owned(),
        access_key_id: "key".to_owned(),
        secret_access_key: SecretString::new("secret".to_owned()),
        path_style: true,
    });
    let net = RemoteNet { timeout: Duration::from_mins(1), ca_file: None, allow_http: true };
    let (app, mut customer) = site(Some(RemoteConfig { store, net })).await;
    let mut document = b"%PDF-1.7\n".to_vec();
    document.resize(20 << 20, b'x');
    send(&mut customer, "large.pdf", &document).await;
    let was_asked = |what: &str| asked.lock().unwrap().iter().any(|line| line.contains(what));
    for _ in 0..400 {
        if was_asked("partNumber=2") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(was_asked("partNumber=2") && !was_asked("DELETE"), "{:?}", asked.lock().unwrap());
    app.running.shutdown().await;
    assert!(was_asked("DELETE uploadId=u1"), "{:?}", asked.lock().unwrap());
}
