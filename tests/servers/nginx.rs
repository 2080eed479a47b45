//! nginx in front of the site, with the very configuration that the README shows.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use stockroom::config::server::{Network, PublicUrl};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::store::{StoreError, sessions};

use crate::harness::{PASSWORD, TestApp};
use crate::issuer::Issuer;
use crate::tls_client::TlsClient;

const NAME: &str = "stock.example.com";

/// The proxy on ports of its own; it ends when this is dropped, or when the tests are killed.
struct Nginx {
    process: Child,
    _directory: tempfile::TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The block of the README.
fn configuration() -> String {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let block = readme.split("```nginx\n").nth(1).expect("the README shows a configuration of nginx");
    block.split("```").next().unwrap().to_owned()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Nginx {
    /// In front of `site`, at these two ports.
    fn start(site: SocketAddr, (https, http): (u16, u16), issuer: &Issuer) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().display().to_string();
        let (certificate, key) = issuer.issue(&[NAME]);
        for (file, text) in [("cert.pem", certificate), ("key.pem", key)] {
            std::fs::write(directory.path().join(file), text).unwrap();
        }
        // Whatever user its workers have.
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut servers = configuration();
        for (readme, ours) in [
            ("listen 443 ssl", format!("listen 127.0.0.1:{https} ssl")),
            ("listen 80", format!("listen 127.0.0.1:{http}")),
            ("/etc/ssl/stock.example.com.pem", format!("{folder}/cert.pem")),
            ("/etc/ssl/stock.example.com.key", format!("{folder}/key.pem")),
            ("http://127.0.0.1:8080", format!("http://{site}")),
        ] {
            assert_eq!(servers.matches(readme).count(), 1, "{readme} stands in the README once");
            servers = servers.replace(readme, &ours);
        }
        let places: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"))
            .concat();
        let all = format!(
            "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n\
             http {{\naccess_log off;\n{places}{servers}}}\n"
        );
        let path = directory.path().join("nginx.conf");
        std::fs::write(&path, all).unwrap();
        let mut process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "/usr/sbin/nginx", "-e"])
            .arg(directory.path().join("error.log"))
            .arg("-c")
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is needed for this test: tests/run installs it");
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", https)).is_ok() {
                return Self { process, _directory: directory };
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = process.kill();
        let _ = process.wait();
        panic!("{}", std::fs::read_to_string(directory.path().join("error.log")).unwrap_or_default());
    }
}

fn request(method: &str, path: &str, more: &str, body: &str) -> String {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("{method} {path} HTTP/1.1\r\nHost: {NAME}\r\n{length}{more}Connection: close\r\n\r\n{body}")
}

fn sign_in(who: &str, more: &str) -> String {
    let body = format!("{{\"login\":\"{who}\",\"password\":\"{PASSWORD}\"}}");
    request("POST", "/api/v1/auth/login", &format!("Content-Type: application/json\r\n{more}"), &body)
}

fn cookie<'a>(answer: &'a str, name: &str) -> &'a str {
    let value = answer.split(&format!("set-cookie: {name}=")).nth(1);
    value.unwrap_or_else(|| panic!("{name}: {answer}")).split(';').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_site_works_behind_the_proxy_of_the_readme() {
    let issuer = Issuer::new("Company");
    let ports = (free_port(), free_port());
    let app = TestApp::start_with(|config| {
        config.server.public_url = Some(PublicUrl::parse(&format!("https://{NAME}")).unwrap());
        config.server.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
    })
    .await;
    app.add_user("ada@example.com", Role::Admin, OwnerScope::All);
    app.add_user("olga@example.com", Role::Operator, OwnerScope::All);
    let _nginx = Nginx::start(app.running.address, ports, &issuer);
    let mut client = TlsClient::new(
        ([127, 0, 0, 1], ports.0).into(),
        &issuer.pem(),
        stockroom::base::clock::Clock::now(&*app.clock),
    );
    // Not the proxy's own address, which is believed.
    client.from = "127.0.0.2:0".parse().unwrap();

    // Pages, redirects and cookies.
    let answer =
        client.send(NAME, request("GET", "/login", "X-Forwarded-Proto: http\r\n", "")).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("set-cookie: __Host-flow=") && answer.contains("; Secure"), "{answer}");
    let answer = client.send(NAME, request("GET", "/inventory", "", "")).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 303 ") && answer.contains("location: /login?"), "{answer}");
    let plain = TestApp::browser(&app);
    let asked = plain.client.get(format!("http://127.0.0.1:{}/plan?x=1", ports.1)).header("host", NAME);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 308);
    assert_eq!(answer.headers()["location"], format!("https://{NAME}/plan?x=1").as_str());

    // Whose origin it is.
    for origin in [format!("http://{NAME}"), "https://evil.example".to_owned(), "null".to_owned()] {
        let more = format!("Origin: {origin}\r\nX-Forwarded-Host: evil.example\r\n");
        let answer = client.send(NAME, sign_in("olga@example.com", &more)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 "), "{origin}: {answer}");
    }
    // Who signs in from where: what a client writes into the header counts for nothing.
    let more = format!("Origin: https://{NAME}\r\nX-Forwarded-For: 203.0.113.9\r\n");
    let answer = client.send(NAME, sign_in("olga@example.com", &more)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let cookies = format!("__Host-sid={}; csrf={}", cookie(&answer, "__Host-sid"), cookie(&answer, "csrf"));
    let token = cookie(&answer, "csrf").to_owned();
    let listed: Result<_, StoreError> = app.services().store.read(sessions::list_sessions);
    let addresses: Vec<_> =
        listed.unwrap().iter().map(|session| session.address.unwrap().to_string()).collect();
    assert_eq!(addresses, ["127.0.0.2"]);

    // A file of 4 MB, which nginx by itself would refuse.
    let rows = "P-1,Acme,1,a text for its size of some length\n".repeat(100_000);
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"set\"\r\n\r\nowner=Customer\r\n--b\r\nContent-Disposition: form-data; \
         name=\"confirm\"\r\n\r\ntrue\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"stock.csv\"\r\n\
         Content-Type: text/csv\r\n\r\nPart,Customer,Qty,Text\n{rows}\r\n--b--\r\n"
    );
    let more = format!(
        "Content-Type: multipart/form-data; boundary=b\r\nCookie: {cookies}\r\nX-CSRF-Token: {token}\r\nOrigin: \
         https://{NAME}\r\n"
    );
    let sent = request("POST", "/api/v1/datasets/Inventory/imports", &more, &body);
    let answer = client.send(NAME, sent).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    let id = answer.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let asked = request("GET", &format!("/api/v1/imports/{id}"), &format!("Cookie: {cookies}\r\n"), "");
    let mut answer = String::new();
    for _ in 0..300 {
        answer = client.send(NAME, asked.clone()).await.unwrap();
        if ["published", "quarantined", "failed"]
            .iter()
            .any(|end| answer.contains(&format!("\"state\":\"{end}\"")))
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Whether it is published is the guard's to say; that all of it came is what counts here.
    assert!(answer.contains("\"rows_read\":100000"), "{answer}");

    // Names that are not ours stay out, behind a proxy too.
    let foreign = "GET /login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned();
    let answer = client.send(NAME, foreign).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
}
