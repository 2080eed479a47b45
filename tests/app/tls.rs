//! Encrypted connections: the site's own authority, files of somebody else, and plain HTTP beside them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use stockroom::app::{App, Deps};
use stockroom::base::clock::Clock;
use stockroom::config::Config;
use stockroom::config::server::PublicUrl;
use stockroom::config::tls::TlsMode;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::authorize::By;
use stockroom::services::tls::{self, Wanted};

use crate::harness::{PASSWORD, TestApp, stderr, stdout, stockroom, stockroom_with, worker};
use crate::issuer::Issuer;
use crate::tls_client::TlsClient;

fn client_of(app: &TestApp, authority: &str) -> TlsClient {
    TlsClient::new(app.running.address, authority, app.clock.now())
}

async fn start_auto(configure: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::start_with(|config| {
        config.tls.mode = TlsMode::Auto;
        configure(config);
    })
    .await
}

/// The authority as a device gets it: over plain HTTP.
async fn authority_of(app: &TestApp) -> String {
    let answer = app.browser().get("/trust/ca.crt").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/x-x509-ca-cert");
    answer.text
}

#[tokio::test]
async fn a_device_that_trusts_the_authority_connects_by_every_name_and_address() {
    let app = start_auto(|config| config.server.hosts = vec!["stock.example.com".to_owned()]).await;
    let client = client_of(&app, &authority_of(&app).await);
    for name in ["localhost", "127.0.0.1", "stock.example.com"] {
        let answer = client.get(name, "/healthz").await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{name}: {answer}");
    }
    let error = client.get("other.example.com", "/healthz").await.unwrap_err();
    assert!(error.contains("not valid for name"), "{error}");
    let stranger = client_of(&app, &Issuer::new("Somebody else").pem());
    let error = stranger.get("localhost", "/healthz").await.unwrap_err();
    assert!(error.contains("UnknownIssuer"), "{error}");
}

#[tokio::test]
async fn a_sign_in_over_tls_gets_cookies_that_plain_http_never_sees() {
    let app = start_auto(|_| {}).await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let client = client_of(&app, &authority_of(&app).await);
    let host = format!("localhost:{}", app.running.address.port());
    let sign_in = |origin: &str, more: &str| {
        let body = format!("{{\"login\":\"ann@example.com\",\"password\":\"{PASSWORD}\"}}");
        format!(
            "POST /api/v1/auth/login HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n{more}Content-Type: \
             application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let answer = client.send("localhost", sign_in(&format!("https://{host}"), "")).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    for cookie in answer.lines().filter(|line| line.starts_with("set-cookie")) {
        assert!(cookie.ends_with("; Secure"), "{cookie}");
    }
    let session = answer.split("__Host-sid=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    // The scheme counts; no header says what was spoken.
    for more in ["", "X-Forwarded-Proto: http\r\n", "Forwarded: proto=http\r\n"] {
        let answer = client.send("localhost", sign_in(&format!("http://{host}"), more)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    }
    let me = |cookie: &str| {
        format!(
            "GET /api/v1/auth/me HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}={session}\r\nConnection: close\r\n\r\n"
        )
    };
    assert!(client.send("localhost", me("__Host-sid")).await.unwrap().starts_with("HTTP/1.1 200 "));
    assert!(client.send("localhost", me("sid")).await.unwrap().starts_with("HTTP/1.1 401 "));
    let link = client.get("localhost", "/login").await.unwrap();
    assert!(!link.contains("http://localhost"), "{link}");
}

#[tokio::test]
async fn plain_http_finds_the_way_and_nothing_else() {
    let app = start_auto(|config| config.tls.redirect_listen = Some("127.0.0.1:0".parse().unwrap())).await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let here = app.running.address;
    let mut same_port = app.browser();
    let mut beside = app.browser();
    beside.base = format!("http://{}", app.running.redirects_at.unwrap());
    for browser in [&mut same_port, &mut beside] {
        for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/trust", 200), ("/trust/ca.crt", 200)] {
            let answer = browser.get(path).await;
            assert_eq!(answer.status.as_u16(), status, "{path}: {answer:?}");
            assert!(answer.headers.get("set-cookie").is_none(), "{path}");
        }
        for path in ["/", "/login?next=%2Fplan", "/api/v1/auth/me", "/nowhere", "//evil.example/x"] {
            let answer = browser.get(path).await;
            assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT, "{path}: {answer:?}");
            assert_eq!(answer.header("location"), format!("https://{here}/{}", path.trim_start_matches('/')));
            // A browser that kept it would find nothing once TLS is turned off again.
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            let head = browser.request(Method::HEAD, path);
            assert_eq!(browser.send(head).await.status, StatusCode::PERMANENT_REDIRECT, "{path}");
        }
        let refused = browser.login("ann@example.com", PASSWORD).await;
        assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::FORBIDDEN, "https-only"));
        assert!(refused.text.contains(&format!("https://{here}")), "{refused:?}");
        assert!(browser.cookies.is_empty());
        let with_token = browser.request(Method::GET, "/api/v1/datasets").header("authorization", "Bearer x");
        let refused = browser.send(with_token).await;
        assert_eq!(refused.problem(), "https-only", "a token that goes on travelling readable is no help");
        let foreign = browser.request(Method::GET, "/login").header("host", "evil.example");
        assert_eq!(browser.send(foreign).await.status, StatusCode::MISDIRECTED_REQUEST);
    }
}

#[tokio::test]
async fn the_public_address_is_where_plain_http_leads() {
    let app = start_auto(|config| {
        config.server.public_url = Some(PublicUrl::parse("https://stock.example.com:8443").unwrap());
    })
    .await;
    let mut browser = app.browser();
    let asked = browser.request(Method::GET, "/plan").header("host", "stock.example.com");
    let answer = browser.send(asked).await;
    assert_eq!(answer.header("location"), "https://stock.example.com:8443/plan");
}

#[tokio::test]
async fn the_page_shows_what_devices_compare_and_how_it_is_installed_on_each() {
    let app = start_auto(|_| {}).await;
    let page = app.browser().get("/trust").await;
    let der = CertificateDer::from_pem_slice(authority_of(&app).await.as_bytes()).unwrap();
    let text = page.text.replace("<wbr>", "");
    assert!(text.contains(&tls::facts::fingerprint(&der)), "{text}");
    for system in
        ["Windows", "macOS", "iPhone", "Android", "Linux", "Firefox", "<svg", "href=\"/trust/ca.crt\""]
    {
        assert!(page.text.contains(system), "{system}: {}", page.text);
    }
    assert!(!page.text.contains("<form"), "{}", page.text);
    let style = page.text.split("href=\"/a/").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(app.browser().get(&format!("/a/{style}")).await.status, StatusCode::OK);

    let without = TestApp::start().await;
    assert_eq!(without.browser().get("/trust").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_certificate_is_renewed_in_time_without_a_restart_and_the_authority_stays() {
    let app = start_auto(|_| {}).await;
    let authority = authority_of(&app).await;
    let first = client_of(&app, &authority).fingerprint().await;
    app.clock.advance(SignedDuration::from_hours(24 * 360));
    tls::keep_up(app.services());
    assert_eq!(client_of(&app, &authority).fingerprint().await, first, "36 days are left");
    app.clock.advance(SignedDuration::from_hours(24 * 7));
    tls::keep_up(app.services());
    let second = client_of(&app, &authority).fingerprint().await;
    assert_ne!(second, first);
    assert_eq!(authority_of(&app).await, authority);
    // A restart makes no other.
    let app = app.restart_after(|_| {}).await;
    assert_eq!(client_of(&app, &authority).fingerprint().await, second);
    // After years of this, the authority is made anew, and not before it has ended.
    for _ in 0..8 {
        app.clock.advance(SignedDuration::from_hours(24 * 370));
        tls::keep_up(app.services());
    }
    assert_eq!(authority_of(&app).await, authority);
    app.clock.advance(SignedDuration::from_hours(24 * 370));
    tls::keep_up(app.services());
    let other = authority_of(&app).await;
    assert_ne!(other, authority);
    client_of(&app, &other).get("localhost", "/healthz").await.unwrap();
}

#[tokio::test]
async fn a_new_name_gets_a_new_certificate_and_one_beyond_the_authority_is_told() {
    let app = start_auto(|_| {}).await;
    let authority = authority_of(&app).await;
    let first = client_of(&app, &authority).fingerprint().await;
    let config = Config::clone(&app.services().config());
    let TestApp { running, clock, directory } = app;
    running.shutdown().await;
    let mut named = config.clone();
    named.server.hosts = vec!["stock.lan".to_owned(), "stock.example.com".to_owned()];
    let deps = Deps { clock: clock.clone(), worker: worker(), ..Deps::default() };
    let app = TestApp { running: App::start(named, deps).await.unwrap(), clock, directory };
    assert_eq!(authority_of(&app).await, authority);
    let client = client_of(&app, &authority);
    assert_ne!(client.fingerprint().await, first);
    client.get("stock.lan", "/healthz").await.unwrap();
    client.get("localhost", "/healthz").await.expect("what worked goes on working");
    client.get("stock.example.com", "/healthz").await.unwrap_err();
    let standing = tls::standing(app.services()).unwrap();
    assert_eq!(standing.outside, ["stock.example.com"]);
    assert!(standing.trouble.unwrap().contains("stockroom cert init --again"));

    tls::make(app.services(), By::COMMAND_LINE, Wanted::AnotherAuthority).unwrap();
    let client = client_of(&app, &authority_of(&app).await);
    client.get("stock.example.com", "/healthz").await.unwrap();
    assert_eq!(tls::standing(app.services()).unwrap().trouble, None);
}

#[tokio::test]
async fn keys_lie_sealed_and_a_site_that_lost_its_own_makes_another_authority() {
    let app = start_auto(|_| {}).await;
    let authority = authority_of(&app).await;
    let app = app
        .restart_after(|data_dir| {
            let bytes = std::fs::read(data_dir.join("stockroom.redb")).unwrap();
            // What every PKCS #8 key on P-256 begins with.
            let begins = [0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08];
            let keys = bytes.windows(begins.len() + 30).filter(|part| {
                part.starts_with(&begins) && part.windows(4).any(|part| part == [0x30, 0x6B, 0x02, 0x01])
            });
            assert_eq!(keys.count(), 0);
            std::fs::remove_file(data_dir.join("keys/site.key")).unwrap();
        })
        .await;
    let other = authority_of(&app).await;
    assert_ne!(other, authority);
    client_of(&app, &other).get("localhost", "/healthz").await.unwrap();
}

#[tokio::test]
async fn who_is_slow_to_shake_hands_holds_nobody_up_and_is_cut_off() {
    let app = start_auto(|config| {
        config.server.header_timeout = Duration::from_secs(2);
        config.server.max_connections_per_address = 8;
    })
    .await;
    let client = client_of(&app, &authority_of(&app).await);
    let address = app.running.address;
    let mut slow: Vec<_> = (0..20)
        .map(|at| {
            let mut stream = TcpStream::connect(address).unwrap();
            // Nothing at all, or the beginning of a handshake.
            if at % 2 == 0 {
                stream.write_all(&[0x16, 3, 1]).unwrap();
            }
            stream
        })
        .collect();
    let answer = client.get("localhost", "/healthz").await.expect("the slow ones make room");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let mut last = slow.pop().unwrap();
    let ended = tokio::task::spawn_blocking(move || {
        last.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // An end or a reset; what must not come is the time limit.
        last.read_to_end(&mut Vec::new()).map_err(|error| error.kind())
    });
    let ended = ended.await.unwrap();
    assert_ne!(ended, Err(std::io::ErrorKind::WouldBlock), "cut off by the server");
    drop(slow);
}

/// Certificate and key in files.
struct Files {
    issuer: Issuer,
    folder: PathBuf,
}

impl Files {
    fn new(folder: &Path) -> Self {
        Self { issuer: Issuer::new("Company"), folder: folder.to_owned() }
    }

    fn write(&self, (cert, key): (String, String)) {
        std::fs::write(self.folder.join("cert.pem"), cert).unwrap();
        std::fs::write(self.folder.join("key.pem"), key).unwrap();
        std::fs::set_permissions(self.folder.join("key.pem"), std::fs::Permissions::from_mode(0o600))
            .unwrap();
    }

    fn configure(&self, config: &mut Config) {
        config.tls.mode = TlsMode::Files;
        config.tls.cert = Some(self.folder.join("cert.pem"));
        config.tls.key = Some(self.folder.join("key.pem"));
    }
}

#[tokio::test]
async fn files_are_taken_when_they_change_and_broken_ones_are_told_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::new(folder.path());
    files.write(files.issuer.issue(&["localhost", "stock.lan"]));
    let app = TestApp::start_with(|config| {
        files.configure(config);
        config.tls.hsts = Some(Duration::from_hours(24));
    })
    .await;
    let client = client_of(&app, &files.issuer.pem());
    let first = client.fingerprint().await;
    let answer = client.get("localhost", "/login").await.unwrap();
    assert!(answer.contains("strict-transport-security: max-age=86400\r\n"), "{answer}");
    let plain = app.browser().get("/login").await;
    assert_eq!(plain.header("strict-transport-security"), "", "over plain HTTP it means nothing");
    assert_eq!(
        app.browser().get("/trust").await.status,
        StatusCode::PERMANENT_REDIRECT,
        "nothing to install"
    );

    let look_twice = || {
        tls::keep_up(app.services());
        tls::keep_up(app.services());
    };
    std::fs::write(folder.path().join("cert.pem"), "no certificate").unwrap();
    look_twice();
    assert_eq!(client.fingerprint().await, first);
    let trouble = tls::standing(app.services()).unwrap().trouble.unwrap();
    assert!(trouble.contains("cert.pem") && trouble.contains("holds no certificate"), "{trouble}");
    let mut admin = TrustingBrowser::sign_in(&app, &client, Role::Admin).await;
    let page = admin.get("/admin/system").await;
    let page = page.replace("<wbr>", "");
    assert!(page.contains("holds no certificate") && page.contains(&first), "{page}");

    let (other_cert, other_key) = files.issuer.issue(&["localhost"]);
    std::fs::write(folder.path().join("cert.pem"), &other_cert).unwrap();
    look_twice();
    assert_eq!(client.fingerprint().await, first, "the key is still the old one's");
    files.write((other_cert, other_key));
    look_twice();
    assert_ne!(client.fingerprint().await, first);
    assert_eq!(tls::standing(app.services()).unwrap().trouble, None);
}

/// Signed in over TLS.
struct TrustingBrowser<'c> {
    client: &'c TlsClient,
    cookie: String,
}

impl<'c> TrustingBrowser<'c> {
    async fn sign_in(app: &TestApp, client: &'c TlsClient, role: Role) -> Self {
        app.add_user("root@example.com", role, OwnerScope::All);
        let body = format!("{{\"login\":\"root@example.com\",\"password\":\"{PASSWORD}\"}}");
        let request = format!(
            "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \
             {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let answer = client.send("localhost", request).await.unwrap();
        let session = answer.split("__Host-sid=").nth(1).unwrap().split(';').next().unwrap();
        Self { client, cookie: format!("__Host-sid={session}") }
    }

    async fn get(&mut self, path: &str) -> String {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nConnection: close\r\n\r\n",
            self.cookie
        );
        self.client.send("localhost", request).await.unwrap()
    }
}

#[tokio::test]
async fn somebody_is_told_three_weeks_before_a_certificate_ends() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::new(folder.path());
    files.write(files.issuer.issue_until(&["localhost"], (2026, 12, 20)));
    let app = TestApp::start_with(|config| files.configure(config)).await;
    tls::keep_up(app.services());
    assert_eq!(tls::standing(app.services()).unwrap().trouble, None, "29 days are left");
    app.clock.advance(SignedDuration::from_hours(24 * 9));
    tls::keep_up(app.services());
    let trouble = tls::standing(app.services()).unwrap().trouble.unwrap();
    assert!(trouble.contains("ends on 2026-12-20"), "{trouble}");
}

#[tokio::test]
async fn files_with_which_nobody_could_connect_are_refused_at_the_start_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::new(folder.path());
    let start = async |expected: &str| {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config { data_dir: directory.path().to_owned(), ..Config::default() };
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        files.configure(&mut config);
        let clock =
            Arc::new(stockroom::base::clock::ManualClock::new("2026-11-21T08:00:00Z".parse().unwrap()));
        let error = App::start(config, Deps { clock, ..Deps::default() }).await.err().unwrap().to_string();
        assert!(error.contains(expected) && error.contains(".pem"), "{expected}: {error}");
    };
    start("cannot be read").await;
    let (cert, key) = files.issuer.issue(&["localhost"]);
    files.write((cert.clone(), files.issuer.issue(&["localhost"]).1));
    start("is not the key of the first certificate").await;
    files.write(files.issuer.issue_until(&["localhost"], (2026, 11, 20)));
    start("has expired on 2026-11-20").await;
    files.write(files.issuer.issue(&[]));
    start("names no host").await;
    files.write((cert.clone(), cert.clone()));
    start("holds no private key").await;
    files.write((key.clone(), key.clone()));
    start("holds no certificate").await;
    files.write((cert, key));
    std::fs::set_permissions(folder.path().join("key.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
    start("chmod 600").await;
}

#[test]
fn settings_that_contradict_each_other_are_told_all_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let check = |toml: &str| {
        std::fs::write(directory.path().join("stockroom.toml"), toml).unwrap();
        let output = stockroom(directory.path(), &["config", "check"]);
        (output.status.code(), stderr(&output))
    };
    let (code, said) =
        check("[tls]\nmode = \"files\"\nhsts = \"1d\"\n[server]\npublic_url = \"http://stock.lan\"\n");
    assert_eq!(code, Some(3), "{said}");
    for part in ["tls.cert", "tls.key", "write https://stock.lan"] {
        assert!(said.contains(part), "{said}");
    }
    let (code, said) = check("[tls]\nmode = \"auto\"\nhsts = \"1d\"\n");
    assert!(code == Some(3) && said.contains("would lock out"), "{said}");
    assert_eq!(check("[tls]\nmode = \"auto\"\nredirect_listen = \"0.0.0.0:80\"\n").0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_shows_and_makes_certificates_beside_a_server() {
    let app = start_auto(|_| {}).await;
    let authority = authority_of(&app).await;
    let first = client_of(&app, &authority).fingerprint().await;
    let data_dir = app.data_dir().display().to_string();
    let cert = |arguments: &[&str]| {
        let arguments = [&["--data-dir", &data_dir, "cert"], arguments].concat();
        let output = stockroom(app.directory.path(), &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    assert_eq!(cert(&["export-ca"]), authority);
    assert!(cert(&["show"]).contains(&first));
    assert!(cert(&["init"]).contains(&first), "there is one");
    let shown = cert(&["renew"]);
    let second = client_of(&app, &authority).fingerprint().await;
    assert!(second != first && shown.contains(&second), "{shown}");
    cert(&["init", "--again"]);
    assert_ne!(cert(&["export-ca"]), authority);
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let actions = app.actions();
    assert!(actions.contains(&"tls.authority".to_owned()) && actions.contains(&"tls.certificate".to_owned()));

    let address = app.running.address.to_string();
    let health = |mode: &str| {
        let environment = [("STOCKROOM_TLS_MODE", mode)];
        let arguments = ["--data-dir", &data_dir, "healthcheck", "--ready", "--listen", &address];
        stockroom_with(app.directory.path(), &arguments, &environment)
    };
    for mode in ["auto", "off"] {
        let output = health(mode);
        assert!(output.status.success(), "{mode}: {}", stderr(&output));
    }
    let plain = TestApp::start().await;
    let listen = plain.running.address.to_string();
    let arguments = ["--data-dir", &data_dir, "healthcheck", "--listen", &listen];
    let output = stockroom_with(app.directory.path(), &arguments, &[("STOCKROOM_TLS_MODE", "auto")]);
    assert!(!output.status.success(), "it does speak TLS");
}
