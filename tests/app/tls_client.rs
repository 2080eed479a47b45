//! A client that checks certificates by the clock of a test and trusts one authority.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use stockroom::services::tls;

/// The clock of a test, for whoever checks certificates.
#[derive(Debug)]
struct At(Timestamp);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.as_second().unsigned_abs())))
    }
}

/// A client that trusts one authority.
pub struct TlsClient {
    pub address: SocketAddr,
    /// Where connections come from.
    pub from: SocketAddr,
    config: Arc<ClientConfig>,
}

impl TlsClient {
    pub fn new(address: SocketAddr, authority: &str, now: Timestamp) -> Self {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
            roots.add(certificate.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_details(provider, Arc::new(At(now)));
        let config = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
        let mut config = config.with_no_client_auth();
        // A session that goes on shows no certificate.
        config.resumption = rustls::client::Resumption::disabled();
        Self { address, from: "127.0.0.1:0".parse().unwrap(), config: Arc::new(config) }
    }

    /// What comes back for a whole request; else why the certificate is not trusted.
    pub async fn send(&self, name: &str, request: String) -> Result<String, String> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let config = Arc::clone(&self.config);
        let stream = self.connect().await;
        tokio::task::spawn_blocking(move || {
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let mut stream = StreamOwned::new(ClientConnection::new(config, name).unwrap(), stream);
            stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).map_err(|error| error.to_string())?;
            Ok(String::from_utf8(answer).unwrap())
        })
        .await
        .unwrap()
    }

    pub async fn get(&self, name: &str, path: &str) -> Result<String, String> {
        let port = self.address.port();
        let host = if name.contains(':') { format!("[{name}]:{port}") } else { format!("{name}:{port}") };
        self.send(name, format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await
    }

    async fn connect(&self) -> TcpStream {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(self.from).unwrap();
        let stream = socket.connect(self.address).await.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    }

    /// The certificate that is shown.
    pub async fn fingerprint(&self) -> String {
        let (config, address) = (Arc::clone(&self.config), self.address);
        tokio::task::spawn_blocking(move || {
            let name = ServerName::try_from("localhost").unwrap();
            let mut connection = ClientConnection::new(config, name).unwrap();
            let mut stream = TcpStream::connect(address).unwrap();
            while connection.is_handshaking() {
                connection.complete_io(&mut stream).unwrap();
            }
            tls::facts::fingerprint(&connection.peer_certificates().unwrap()[0])
        })
        .await
        .unwrap()
    }
}
