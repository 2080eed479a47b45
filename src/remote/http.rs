//! Requests over HTTP/1.1 through hyper, which the server is made of anyway, with TLS through rustls. One connection a
//! request: a copy takes two or three. Redirects are not followed, proxies are not asked.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Body;
use hyper::header::{HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::base::tls::{self, ClientConfig, ServerName, TlsConnector};
use crate::config::remote::RemoteNet;

/// Longest wait for a connection.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is taken: a part that is read back, and words around it.
const MOST_ANSWER: usize = super::PART_BYTES + (1 << 20);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// There was no connection: nothing was sent.
    #[error("{0}")]
    Connect(String),
    /// It ended on the way.
    #[error("{0}")]
    Broken(String),
    /// It took too long.
    #[error("it took longer than {} s", .0.as_secs())]
    Late(Duration),
}

/// Asks one kind of store.
#[derive(Debug, Clone)]
pub struct Client {
    tls: Arc<ClientConfig>,
    allow_http: bool,
    timeout: Duration,
}

impl Client {
    /// With the configuration's certificates.
    ///
    /// # Errors
    /// A file of certificates that is none.
    pub fn new(net: &RemoteNet) -> Result<Self, String> {
        let tls = tls::client_config(net.ca_file.as_deref(), "files.remote_ca_file")?;
        Ok(Self { tls, allow_http: net.allow_http, timeout: net.timeout })
    }

    /// One request, with the whole of its answer.
    ///
    /// # Errors
    /// Where there was no answer; a refusal is one.
    pub async fn ask<B>(&self, request: Request<B>) -> Result<Response<Bytes>, NoAnswer>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let limit = self.timeout;
        timeout(limit, self.ask_at_leisure(request)).await.unwrap_or(Err(NoAnswer::Late(limit)))
    }

    async fn ask_at_leisure<B>(&self, mut request: Request<B>) -> Result<Response<Bytes>, NoAnswer>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let uri = request.uri().clone();
        let wrong = || NoAnswer::Connect(format!("`{uri}` is no address"));
        let authority = uri.authority().ok_or_else(wrong)?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if self.allow_http => false,
            _ => return Err(NoAnswer::Connect("files are not sent unencrypted".to_owned())),
        };
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let usual = if is_https { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(usual);
        let stream = connect(&host, port, is_https).await.map_err(NoAnswer::Connect)?;
        // As it is signed: in lower case, without a port that is the usual one.
        let mut name = authority.host().to_lowercase();
        if port != usual {
            name = format!("{name}:{port}");
        }
        let value = HeaderValue::try_from(name).map_err(|_| wrong())?;
        request.headers_mut().insert(HOST, value);
        let agent = HeaderValue::from_static(concat!("stockroom/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().insert(USER_AGENT, agent);
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = path.parse::<Uri>().map_err(|_| wrong())?;
        if !is_https {
            return send(stream, request).await;
        }
        let stream = secure(Arc::clone(&self.tls), &host, stream).await.map_err(NoAnswer::Connect)?;
        send(stream, request).await
    }
}

/// Without TLS every address must be one that nobody on the internet is between.
async fn connect(host: &str, port: u16, is_https: bool) -> Result<TcpStream, String> {
    let found: Vec<SocketAddr> = match timeout(CONNECT_TIMEOUT, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => return Err(format!("{host}: {error}")),
        Err(_) => return Err(format!("{host}: no answer of the name server")),
    };
    if let Some(public) = found.iter().find(|at| !is_https && !is_near(at.ip())) {
        return Err(format!(
            "{host} is {}, which is no private address: files are not sent there unencrypted",
            public.ip()
        ));
    }
    let mut last = format!("{host} has no address");
    for address in found {
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = format!("{host} ({address}): {error}"),
            Err(_) => last = format!("{host} ({address}): no answer"),
        }
    }
    Err(last)
}

/// This machine, or a network of one's own.
pub(super) fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

/// TLS over a connection.
pub(super) async fn secure(
    tls: Arc<ClientConfig>,
    host: &str,
    stream: TcpStream,
) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + 'static, String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| format!("{host}: {error}"))?;
    match timeout(CONNECT_TIMEOUT, TlsConnector::from(tls).connect(name, stream)).await {
        Ok(stream) => stream.map_err(|error| format!("{host}: {error}")),
        Err(_) => Err(format!("{host}: no answer in TLS")),
    }
}

async fn send<B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<B>,
) -> Result<Response<Bytes>, NoAnswer>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let broken = |error: &dyn std::fmt::Display| NoAnswer::Broken(format!("the connection ended: {error}"));
    let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(|error| broken(&error))?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, MOST_ANSWER).collect().await.map_err(|error| broken(&error))?;
    Ok(Response::from_parts(head, body.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn plain_http_goes_to_this_machine_and_private_networks_alone() {
        for near in
            ["127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"]
        {
            assert!(is_near(near.parse().unwrap()), "{near}");
        }
        for far in
            ["8.8.8.8", "172.32.0.1", "169.254.169.254", "2606:4700::1111", "fe80::1", "::ffff:8.8.8.8"]
        {
            assert!(!is_near(far.parse().unwrap()), "{far}");
        }
    }
}
