//! Sources over HTTPS, against a server of the test's own with a certificate that somebody issued.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use stockroom::base::secret::SecretString;
use stockroom::config::Config;
use stockroom::config::feeds::{Allowed, FeedsConfig};
use stockroom::sources::{Ask, Brought, Steps, http};

use crate::issuer::Issuer;

const FILE: &str = "Part,Qty\nA-1,1\n";

/// Answers every request with the file, and hands out what was asked.
fn serve(issuer: &Issuer) -> (SocketAddr, std::sync::mpsc::Receiver<String>) {
    let (certificate, key) = issuer.issue(&["localhost"]);
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, stream.unwrap()));
            let mut request = String::new();
            while stream.read_line(&mut request).is_ok_and(|read| read > 2) {}
            let length = FILE.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{FILE}");
            let stream = stream.get_mut();
            let _ = stream.write_all(answer.as_bytes());
            stream.conn.send_close_notify();
            let _ = stream.flush();
            if tell.send(request).is_err() {
                return;
            }
        }
    });
    (address, told)
}

fn fetch(ca_file: Option<PathBuf>, url: &str) -> (Result<Brought, String>, String, Steps) {
    let allow_private = ["127.0.0.1", "::1"].map(|at| Allowed::Network(at.parse().unwrap(), 128)).into();
    let config = FeedsConfig { allow_private, ca_file, ..Config::default().feeds };
    let secret = Some(SecretString::new("geheim".to_owned()));
    let ask = Ask { url: url.to_owned(), secret, max_bytes: 1 << 20, ..Ask::default() };
    let (mut got, mut steps) = (Vec::new(), Steps::default());
    let mut sink = |bytes: &[u8]| {
        got.extend_from_slice(bytes);
        Ok(())
    };
    let brought = http::fetch(&config, &ask, &mut sink, &mut steps, &|| false);
    (brought, String::from_utf8(got).unwrap(), steps)
}

#[test]
fn https_goes_to_whom_a_trusted_issuer_names_and_tells_nobody_else_the_secret() {
    let (house, other) = (Issuer::new("The house"), Issuer::new("Somebody else"));
    let folder = tempfile::tempdir().unwrap();
    let (trusted, wrong) = (house.write(folder.path(), "ca.pem"), other.write(folder.path(), "other.pem"));
    let (address, asked) = serve(&house);
    let url = format!("https://localhost:{}/stock.csv", address.port());
    let (brought, text, steps) = fetch(Some(trusted.clone()), &url);
    assert_eq!(text, FILE, "{brought:?} {steps:?}");
    assert!(asked.recv().unwrap().contains("authorization: Bearer geheim"));
    assert!(steps.0.iter().any(|step| step.part == "tls" && step.is_good), "{steps:?}");
    // Another issuer, none, another name: refused, and nothing was asked.
    let by_address = url.replace("localhost", "127.0.0.1");
    for (ca_file, url) in [(Some(wrong), &url), (None, &url), (Some(trusted), &by_address)] {
        let (brought, text, steps) = fetch(ca_file, url);
        assert!(brought.is_err() && text.is_empty(), "{url}");
        let last = steps.0.last().unwrap();
        assert!(last.part == "tls" && !last.is_good && last.words.contains("certificate"), "{steps:?}");
        assert_eq!(asked.recv().unwrap(), "", "{url}");
    }
    let missing = fetch(Some(folder.path().join("missing.pem")), &url);
    assert!(missing.0.unwrap_err().contains("`sources.ca_file`"), "{:?}", missing.2);
}
