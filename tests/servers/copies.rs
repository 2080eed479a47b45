//! Copies of users' files in a real store of S3, which checks keys, signatures, checksums and rights.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use sha2::{Digest, Sha256};
use stockroom::base::clock::{Clock, SystemClock};
use stockroom::base::hex;
use stockroom::config::remote::{RemoteConfig, RemoteStore};
use stockroom::domain::file_copy::CopyState;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::remote::Remote;
use stockroom::services::user_files::copies;
use stockroom::store::{StoreError, file_copies, user_files};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Browser, PASSWORD, TestApp};
use crate::moto::{S3Server, config_at};

const PATIENCE: Duration = Duration::from_secs(30);

async fn site(remote: RemoteConfig) -> (TestApp, Browser, Browser) {
    let app = TestApp::start_with(|config| config.remote = Some(remote)).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut admin = app.browser();
    admin.login("root@example.com", PASSWORD).await;
    let customer = app.signed_in(Role::Customer, &["Acme"]).await;
    (app, admin, customer)
}

fn document(bytes: usize) -> Vec<u8> {
    let rest = (0..bytes).map(|n| (n % 249) as u8);
    b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n".iter().copied().chain(rest).collect()
}

async fn send(browser: &mut Browser, name: &str, bytes: &[u8]) {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    let form = reqwest::multipart::Form::new().text("csrf", token).part("file", part);
    let request = browser.request(Method::POST, "/files/upload").multipart(form);
    let sent = browser.send(request).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
}

/// How far the copy of the only file is.
fn state(app: &TestApp) -> Option<CopyState> {
    let files: Result<_, StoreError> = app.services().store.read(user_files::list_all_files);
    let files = files.unwrap();
    copies::find_state(app.services(), files.first()?).unwrap()
}

async fn until(app: &TestApp, is_so: impl Fn(&CopyState) -> bool) -> CopyState {
    let begun = Instant::now();
    loop {
        let now = state(app);
        if let Some(state) = &now
            && is_so(state)
        {
            return state.clone();
        }
        assert!(begun.elapsed() < PATIENCE, "{now:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_copied(state: &CopyState) -> bool {
    matches!(state, CopyState::Copied(_))
}

/// What the last try says.
async fn trouble(app: &TestApp) -> String {
    match until(app, |state| matches!(state, CopyState::Retrying { .. } | CopyState::Failed { .. })).await {
        CopyState::Retrying { why, .. } | CopyState::Failed { why } => why,
        other => panic!("{other:?}"),
    }
}

/// The page of the only file, as who looks after folders sees it.
fn page_of(app: &TestApp) -> String {
    let files: Result<_, StoreError> = app.services().store.read(user_files::list_all_files);
    let files = files.unwrap();
    format!("/files/folders/{}/{}", files[0].user_id, files[0].id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_put_compared_found_damaged_made_anew_and_deleted() {
    let mut server = S3Server::start();
    let (app, mut admin, mut customer) = site(server.config()).await;
    let content = document(1_000);
    send(&mut customer, "Größe.pdf", &content).await;
    until(&app, is_copied).await;
    let objects = server.objects();
    assert_eq!(objects.len(), 1, "{objects:?}");
    let (key, bytes) = &objects[0];
    let sha256 = hex::encode(&Sha256::digest(&content));
    assert!(key.starts_with("site/users/") && key.ends_with(&format!("/{sha256}")), "{key}");
    assert_eq!(*bytes, content.len() as u64);
    assert_eq!(server.read(key)["metadata"]["sha256"], sha256);

    // The doctor asks, and leaves everything as it is.
    let probe = |remote: RemoteConfig| {
        tokio::task::spawn_blocking(move || Remote::new(remote).probe(SystemClock.now(), &|| false))
    };
    assert_eq!(probe(server.config()).await.unwrap(), Ok(()));
    let wrong = probe(config_at(server.port, &server.key, "another")).await.unwrap().unwrap_err().to_string();
    assert!(wrong.contains("s3.secret_access_key"), "{wrong}");
    let mut elsewhere = server.config();
    if let RemoteStore::S3(s3) = &mut elsewhere.store {
        s3.bucket = "nowhere".to_owned();
    }
    let wrong = probe(elsewhere).await.unwrap().unwrap_err().to_string();
    assert!(wrong.contains("has no bucket `nowhere`"), "{wrong}");
    assert_eq!(server.objects().len(), 1);

    // Somebody writes over it, as long as it was.
    let page = page_of(&app);
    server.write(key, &"x".repeat(content.len()));
    let checked = admin.submit(&page, &format!("{page}/copy"), &[]).await;
    assert_eq!(checked.status, StatusCode::SEE_OTHER, "{checked:?}");
    let begun = Instant::now();
    while !server.read(key)["text"].as_str().unwrap().starts_with("%PDF") {
        assert!(begun.elapsed() < PATIENCE, "the damage was not found");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // And a good one is left alone, but looked at.
    app.advance_minutes(1);
    admin.submit(&page, &format!("{page}/copy"), &[]).await;
    let seen =
        until(&app, |state| matches!(state, CopyState::Copied(copied) if copied.checked_at > copied.at));
    seen.await;

    let tested = admin.submit("/admin/copies", "/admin/copies/test", &[]).await;
    assert!(tested.status == StatusCode::OK && tested.text.contains("The store works."), "{tested:?}");
    assert_eq!(server.objects().len(), 1, "what was put to try is gone");

    let own = format!("/files/{}", page.rsplit('/').next().unwrap());
    customer.submit(&own, &format!("{own}/delete"), &[]).await;
    customer.post_form(&format!("{own}/erase"), &[]).await;
    let begun = Instant::now();
    while !server.objects().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "{:?}", server.objects());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_keys_and_buckets_is_said_with_the_next_step() {
    let server = S3Server::start();
    let bucket = |name: &str| {
        let mut config = server.config();
        if let RemoteStore::S3(s3) = &mut config.store {
            name.clone_into(&mut s3.bucket);
        }
        config
    };
    for (config, said) in [
        (config_at(server.port, "AKIAUNKNOWN", &server.secret), "s3.access_key_id"),
        (config_at(server.port, &server.key, "wrong"), "s3.secret_access_key"),
        (bucket("nobody-made-this"), "has no bucket `nobody-made-this`"),
        (config_at(1, &server.key, &server.secret), "no answer from 127.0.0.1:1"),
    ] {
        let (app, mut admin, mut customer) = site(config).await;
        let tested = admin.submit("/admin/copies", "/admin/copies/test", &[]).await;
        assert_eq!(tested.status, StatusCode::UNPROCESSABLE_ENTITY, "{tested:?}");
        assert!(tested.text.contains(said), "{said}: {tested:?}");
        send(&mut customer, "a.pdf", &document(10)).await;
        let why = trouble(&app).await;
        assert!(why.contains(said), "{said}: {why}");
        assert!(!why.contains(&server.secret) && !why.contains("wrong\""), "{why}");
    }
}

/// Passes bytes on to a port until so many went there; then cuts every connection, and takes no more.
async fn wire(to: u16, most: Arc<AtomicU64>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut from, _) = listener.accept().await.unwrap();
            let most = Arc::clone(&most);
            tokio::spawn(async move {
                let Ok(mut there) = TcpStream::connect(("127.0.0.1", to)).await else { return };
                let (mut reads, mut writes) = from.split();
                let (mut answers, mut asks) = there.split();
                let up = async {
                    let mut some = vec![0; 16 << 10];
                    loop {
                        let n = reads.read(&mut some).await.unwrap_or(0);
                        let left = most.load(Ordering::SeqCst);
                        if n == 0 {
                            return;
                        }
                        if left < n as u64 {
                            most.store(0, Ordering::SeqCst);
                            return;
                        }
                        most.fetch_sub(n as u64, Ordering::SeqCst);
                        if asks.write_all(&some[..n]).await.is_err() {
                            return;
                        }
                    }
                };
                let down = tokio::io::copy(&mut answers, &mut writes);
                tokio::select! { () = up => {}, _ = down => {} }
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_dies_in_the_middle_gets_the_whole_file_once_it_is_back() {
    let mut server = S3Server::start();
    let left = Arc::new(AtomicU64::new(12_000_000));
    let port = wire(server.port, Arc::clone(&left)).await;
    let (app, _, mut customer) = site(config_at(port, &server.key, &server.secret)).await;
    let content = document(20 << 20);
    send(&mut customer, "large.pdf", &content).await;
    let why = trouble(&app).await;
    assert!(why.contains("no answer from 127.0.0.1"), "{why}");
    assert_eq!(left.load(Ordering::SeqCst), 0, "it went in the middle");
    server.kill();

    // Back at the same port, with nothing in it and another key.
    let mut server = S3Server::start_at(server.port);
    left.store(u64::MAX, Ordering::SeqCst);
    let app = {
        let TestApp { running, clock, directory } = app;
        let mut config = stockroom::config::Config::clone(&running.services.config());
        running.shutdown().await;
        config.remote = Some(config_at(port, &server.key, &server.secret));
        let deps = stockroom::app::Deps {
            clock: clock.clone(),
            registry: stockroom::app::registry(),
            worker: crate::harness::worker(),
            ..Default::default()
        };
        let running = stockroom::app::App::start(config, deps).await.unwrap();
        TestApp { running, clock, directory }
    };
    app.advance_minutes(2);
    app.services().ring_job_bell();
    until(&app, is_copied).await;
    let objects = server.objects();
    assert_eq!(objects.iter().map(|(_, bytes)| *bytes).collect::<Vec<_>>(), [content.len() as u64]);
    assert_eq!(server.begun_uploads(), serde_json::json!([]), "no parts are left behind");
    let records: Result<_, StoreError> = app.services().store.read(file_copies::list_all_copies);
    // Three parts, compared by the store's mark of them.
    let etag = records.unwrap()[0].copied.clone().unwrap().etag;
    assert!(etag.ends_with("-3"), "{etag}");
}

/// TLS in front of a port, with a certificate of its own.
async fn tls_before(port: u16, directory: &std::path::Path) -> (u16, std::path::PathBuf) {
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;

    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let ca = directory.join("ca.pem");
    std::fs::write(&ca, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let Ok(mut there) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut there).await;
            });
        }
    });
    (own, ca)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_trusted_by_its_certificate_alone() {
    let mut server = S3Server::start();
    let directory = tempfile::tempdir().unwrap();
    let (port, ca) = tls_before(server.port, directory.path()).await;
    let mut config = server.config();
    config.net.allow_http = false;
    if let RemoteStore::S3(s3) = &mut config.store {
        // Names of hosts are the same in any case, also where they are signed.
        s3.endpoint = Some(format!("https://LocalHost:{port}"));
    }
    let (app, _, mut customer) = site(config.clone()).await;
    send(&mut customer, "a.pdf", &document(10)).await;
    let why = trouble(&app).await;
    assert!(why.contains("certificate"), "{why}");
    assert!(server.objects().is_empty());
    config.net.ca_file = Some(ca);
    let (app, _, mut customer) = site(config).await;
    send(&mut customer, "a.pdf", &document(10)).await;
    until(&app, is_copied).await;
    assert_eq!(server.objects().len(), 1);
}
