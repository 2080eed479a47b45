//! One GET over HTTP(S), with every address checked before it is connected to, also behind redirects. Talks HTTP/1.1
//! through hyper, which the server is made of anyway, over a connection that is made here: so what was checked is
//! what is connected to, whatever the name resolves to a moment later. Proxies are not asked.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, USER_AGENT,
};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Ask, Brought, Sink, Steps, Stop, net, until_stopped};
use crate::base::base64;
use crate::base::size::limit;
use crate::base::tls::{self, ClientConfig, ServerName, TlsConnector};
use crate::config::feeds::FeedsConfig;

/// Redirects that are followed.
const MOST_REDIRECTS: usize = 5;
/// Header lines that belong to the connection or to what is done here.
const NOT_YOURS: [&str; 9] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "proxy-authorization",
    "authorization",
    "te",
    "trailer",
];

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    is_https: bool,
    host: String,
    port: u16,
    path: String,
}

impl Target {
    fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url.trim().parse().map_err(|_| format!("`{url}` is no address"))?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("the address does not begin with https:// or http://".to_owned()),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or("the address names no host")?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(
                "user and password do not belong into the address; they have fields of their own".to_owned()
            );
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        Ok(Self { is_https, host: host.trim_matches(['[', ']']).to_lowercase(), port, path })
    }

    /// Where the server sends us, seen from here.
    fn redirected(&self, location: &str) -> Result<Self, String> {
        let scheme = if self.is_https { "https" } else { "http" };
        if location.starts_with("//") {
            return Self::parse(&format!("{scheme}:{location}"));
        }
        if location.contains("://") {
            return Self::parse(location);
        }
        let path = if location.starts_with('/') {
            location.to_owned()
        } else {
            let folder = self.path.split('?').next().unwrap_or("/");
            format!("{}{location}", &folder[..=folder.rfind('/').unwrap_or(0)])
        };
        Self::parse(&format!("{scheme}://{}{path}", self.authority()))
    }

    fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == if self.is_https { 443 } else { 80 } { host } else { format!("{host}:{}", self.port) }
    }

    fn is_same_origin(&self, other: &Self) -> bool {
        (self.is_https, &self.host, self.port) == (other.is_https, &other.host, other.port)
    }
}

/// What is wrong with an address, before it is asked.
///
/// # Errors
/// A sentence without its beginning.
pub fn check_url(url: &str) -> Result<(), String> {
    Target::parse(url).map(|_| ())
}

/// True where both addresses are of one scheme, host and port.
pub fn is_same_origin(one: &str, other: &str) -> bool {
    matches!((Target::parse(one), Target::parse(other)), (Ok(one), Ok(other)) if one.is_same_origin(&other))
}

/// What is wrong with a header line.
///
/// # Errors
/// A sentence without its beginning.
pub fn check_header(name: &str, value: &str) -> Result<(), String> {
    let is_ours = NOT_YOURS.contains(&name.to_lowercase().as_str());
    if is_ours || HeaderName::try_from(name).is_err() || HeaderValue::try_from(value).is_err() {
        return Err(format!("`{name}` is no header line that can be set here"));
    }
    Ok(())
}

pub(super) fn too_large(max_bytes: u64) -> String {
    format!("it is larger than {}; raise `import.max_upload` if it should be", limit(max_bytes))
}

/// Asks, and hands what comes to `sink`, until a `stop` is asked for.
///
/// # Errors
/// What went wrong, also noted as a step.
pub fn fetch(
    config: &FeedsConfig,
    ask: &Ask,
    sink: &mut Sink<'_>,
    steps: &mut Steps,
    stop: &Stop<'_>,
) -> Result<Brought, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let outcome = runtime.block_on(until_stopped(config.timeout, stop, follow(config, ask, sink, steps)));
    // A name server that takes its time keeps nobody waiting.
    runtime.shutdown_background();
    if let Err(error) = &outcome
        && steps.is_good()
    {
        steps.bad("body", error.clone());
    }
    outcome
}

async fn follow(
    config: &FeedsConfig,
    ask: &Ask,
    sink: &mut Sink<'_>,
    steps: &mut Steps,
) -> Result<Brought, String> {
    let first = Target::parse(&ask.url).map_err(|error| steps.bad("address", error))?;
    let mut target = first.clone();
    for _ in 0..=MOST_REDIRECTS {
        // Whom they were not meant for gets none of them, and neither does who listens on the way there.
        let is_theirs = target.is_same_origin(&first);
        let response = ask_once(config, ask, &target, is_theirs, steps).await?;
        let status = response.status();
        let text = |name: HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            let location = text(LOCATION).unwrap_or_default();
            let next = target.redirected(&location).map_err(|error| steps.bad("status", error))?;
            if target.is_https && !next.is_https {
                return Err(
                    steps.bad("status", format!("it redirects from https to http ({})", next.authority()))
                );
            }
            steps.good("status", format!("{status}: on to {}", next.authority()));
            target = next;
            continue;
        }
        let brought = Brought { etag: text(ETAG), last_modified: text(LAST_MODIFIED), ..Brought::default() };
        if status == StatusCode::NOT_MODIFIED && (ask.etag.is_some() || ask.last_modified.is_some()) {
            steps.good("status", format!("{status}: nothing is new"));
            return Ok(Brought { is_unchanged: true, ..brought });
        }
        if status != StatusCode::OK {
            return Err(steps.bad("status", format!("the server says {status}")));
        }
        if text(CONTENT_TYPE)
            .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
        {
            let words = "it answers with a web page: a form to sign in, perhaps. Give the address of the file itself, \
                         with what it asks for";
            return Err(steps.bad("status", format!("{status}: {words}")));
        }
        steps.good("status", status.to_string());
        let bytes = receive(response, ask.max_bytes, sink, steps).await?;
        return Ok(Brought { bytes, ..brought });
    }
    Err(steps.bad("status", format!("more than {MOST_REDIRECTS} redirects")))
}

async fn receive(
    response: Response<Incoming>,
    max_bytes: u64,
    sink: &mut Sink<'_>,
    steps: &mut Steps,
) -> Result<u64, String> {
    let mut body = response.into_body();
    let claimed = hyper::body::Body::size_hint(&body).lower();
    if claimed > max_bytes {
        return Err(steps.bad("body", too_large(max_bytes)));
    }
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            steps.bad("body", format!("the server ended it early, after {bytes} bytes ({error})"))
        })?;
        let Some(data) = frame.data_ref() else { continue };
        bytes += data.len() as u64;
        if bytes > max_bytes {
            return Err(steps.bad("body", too_large(max_bytes)));
        }
        sink(data).map_err(|error| steps.bad("body", error))?;
    }
    steps.good("body", format!("{bytes} bytes"));
    Ok(bytes)
}

async fn ask_once(
    config: &FeedsConfig,
    ask: &Ask,
    target: &Target,
    is_theirs: bool,
    steps: &mut Steps,
) -> Result<Response<Incoming>, String> {
    let addresses = net::resolve(config, &target.host, target.port, steps).await?;
    let stream = net::connect(config.connect_timeout, &addresses, steps).await?;
    let request = request(ask, target, is_theirs).map_err(|error| steps.bad("address", error))?;
    if !target.is_https {
        return send(stream, request).await.map_err(|error| steps.bad("status", error));
    }
    let tls = tls::client_config(config.ca_file.as_deref(), "sources.ca_file")
        .map_err(|error| steps.bad("tls", error))?;
    let stream =
        secure(config.connect_timeout, tls, target, stream).await.map_err(|error| steps.bad("tls", error))?;
    steps.good("tls", "encrypted, the certificate is good");
    send(stream, request).await.map_err(|error| steps.bad("status", error))
}

async fn secure(
    limit: Duration,
    tls: Arc<ClientConfig>,
    target: &Target,
    stream: TcpStream,
) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + 'static, String> {
    let name = ServerName::try_from(target.host.clone()).map_err(|error| error.to_string())?;
    match timeout(limit, TlsConnector::from(tls).connect(name, stream)).await {
        Ok(stream) => stream.map_err(|error| error.to_string()),
        Err(_) => Err("no answer".to_owned()),
    }
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Empty<Bytes>>,
) -> Result<Response<Incoming>, String> {
    let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(|error| format!("no answer in HTTP: {error}"))
}

fn request(ask: &Ask, target: &Target, is_theirs: bool) -> Result<Request<Empty<Bytes>>, String> {
    let mut request = Request::get(&target.path)
        .header(HOST, target.authority())
        .header(USER_AGENT, concat!("stockroom/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "*/*")
        .header(ACCEPT_ENCODING, "identity");
    if is_theirs {
        for (name, value) in &ask.headers {
            check_header(name, value)?;
            request = request.header(name, value);
        }
        if let Some(secret) = &ask.secret {
            let text = if ask.user.is_empty() {
                format!("Bearer {}", secret.expose())
            } else {
                format!("Basic {}", basic(&ask.user, secret.expose()))
            };
            let mut value = HeaderValue::try_from(text)
                .map_err(|_| "the secret has characters that no header can hold")?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
    }
    if let Some(etag) = &ask.etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    if let Some(date) = &ask.last_modified {
        request = request.header(IF_MODIFIED_SINCE, date);
    }
    request.body(Empty::new()).map_err(|error| error.to_string())
}

/// The credentials of RFC 7617.
fn basic(user: &str, password: &str) -> String {
    base64::encode_standard(format!("{user}:{password}").as_bytes())
}
