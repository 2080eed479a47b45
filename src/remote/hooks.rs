//! One message to somebody else's server: a post with a short answer. What is connected to is the very address that was
//! looked at, whatever the name means a moment later; a redirect is an answer like any other.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{timeout, timeout_at};

use super::http::{is_near, secure};
use crate::base::networks::{is_within, plain};
use crate::base::tls;
use crate::config::feeds::Allowed;
use crate::config::webhooks::WebhooksConfig;
use crate::domain::webhook::KEPT_ANSWER_BYTES;

/// Longest time for the connection, the message and its answer together.
pub const LIMIT: Duration = Duration::from_secs(10);
/// Most bytes of an answer's head.
const MOST_HEAD: usize = 32 << 10;

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where.
    pub url: String,
    /// Headers beside the usual ones.
    pub headers: Vec<(&'static str, String)>,
    /// JSON, to the byte.
    pub body: String,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// How the answer begins.
    pub answer: String,
}

/// The parts of an address that a message can go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Name or address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// TLS.
    pub is_https: bool,
    path: String,
    /// As it is said to the other side.
    authority: String,
}

impl Target {
    /// Takes an address apart.
    ///
    /// # Errors
    /// What is wrong with it, to be said after `url`.
    pub fn of(url: &str) -> Result<Self, String> {
        let wrong = || "is no address such as https://chat.example/hooks/stock".to_owned();
        if !url.chars().all(|c| c.is_ascii_graphic()) || url.contains('#') {
            return Err(wrong());
        }
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().filter(|authority| !authority.host().is_empty()).ok_or_else(wrong)?;
        if authority.as_str().contains('@') {
            return Err("has a user name in it; messages are signed and need none".to_owned());
        }
        let usual = if is_https { 443 } else { 80 };
        let port = match authority.port() {
            None => usual,
            Some(port) => Some(port.as_u16()).filter(|port| *port > 0).ok_or_else(wrong)?,
        };
        let name = authority.host().to_lowercase();
        let host = name.trim_matches(['[', ']']).to_owned();
        let authority = if port == usual { name } else { format!("{name}:{port}") };
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { host, port, is_https, path, authority })
    }
}

/// True where a message to this host may go to this address: a network that is listed has it, or the host is listed by its
/// name. This machine itself, its neighbours on the link and what stands for no host are reached through a list of just
/// that alone: neither a name that somebody else gives an address to nor `0.0.0.0/0` opens them.
pub fn may_reach(host: &str, address: IpAddr, allowed: &[Allowed]) -> bool {
    let address = plain(address);
    let special = special_network(address);
    allowed.iter().any(|allowed| match allowed {
        Allowed::Host(name) => special.is_none() && *name == host.trim_end_matches('.').to_lowercase(),
        Allowed::Network(network, bits) => {
            is_within(address, *network, *bits)
                && special
                    .is_none_or(|(around, width)| *bits >= width && is_within(plain(*network), around, width))
        }
    })
}

/// The network of addresses that are not simply a host somewhere, if this is one of them.
fn special_network(address: IpAddr) -> Option<(IpAddr, u8)> {
    const SPECIAL: [(&str, u8); 10] = [
        ("127.0.0.0", 8),
        ("169.254.0.0", 16),
        ("0.0.0.0", 8),
        ("224.0.0.0", 4),
        ("240.0.0.0", 4),
        ("::1", 128),
        ("::", 128),
        ("fe80::", 10),
        ("ff00::", 8),
        // Where the clouds of several makers have their metadata.
        ("fd00:ec2::254", 128),
    ];
    let parsed = SPECIAL.iter().filter_map(|(network, bits)| Some((network.parse().ok()?, *bits)));
    let mut fitting = parsed.filter(|(network, bits)| is_within(address, *network, *bits));
    fitting.next()
}

/// Sends a message, on the caller's own thread. `stop` ends it.
///
/// # Errors
/// Why there was no answer, as a sentence; `None` where it was stopped.
pub fn post(
    config: &WebhooksConfig,
    message: &Message,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Answered, Option<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Some(format!("this machine: {error}")))?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = timeout(LIMIT, ask(config, message)) => match outcome {
                Ok(outcome) => outcome.map_err(Some),
                Err(_) => Err(Some(format!("no answer within {} s", LIMIT.as_secs()))),
            },
            () = super::stopped(stop) => Err(None),
        }
    });
    // A name server that takes its time keeps nobody waiting.
    runtime.shutdown_background();
    outcome
}

async fn ask(config: &WebhooksConfig, message: &Message) -> Result<Answered, String> {
    let until = Instant::now() + LIMIT;
    let target = Target::of(&message.url).map_err(|why| format!("the address {why}"))?;
    let stream = connect(config, &target).await?;
    let broken = |error: &dyn std::fmt::Display| format!("{}: {error}", target.host);
    let mut request = Request::new(Full::new(Bytes::from(message.body.clone())));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target.path.parse().map_err(|error| broken(&error))?;
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::try_from(&target.authority).map_err(|error| broken(&error))?);
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("stockroom/", env!("CARGO_PKG_VERSION"))));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in &message.headers {
        let value = HeaderValue::try_from(value).map_err(|error| broken(&error))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    if !target.is_https {
        return send(stream, request, until).await.map_err(|error| broken(&error));
    }
    let tls = tls::client_config(config.ca_file.as_deref(), "webhooks.ca_file")?;
    let stream = secure(Arc::clone(&tls), &target.host, stream).await?;
    send(stream, request, until).await.map_err(|error| broken(&error))
}

/// Every address of the name must be one that may be reached: a name with another among them is a trap.
async fn connect(config: &WebhooksConfig, target: &Target) -> Result<TcpStream, String> {
    let Target { host, port, is_https, .. } = target;
    let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, *port)],
        Err(_) => {
            let asked = tokio::net::lookup_host((host.as_str(), *port)).await;
            asked.map_err(|error| format!("{host}: {error}"))?.collect()
        }
    };
    if let Some(other) = found.iter().find(|at| !may_reach(host, at.ip(), &config.allow)) {
        return Err(format!(
            "{host} is {}, which `webhooks.allow` in the configuration does not let through",
            other.ip()
        ));
    }
    if let Some(public) = found.iter().find(|at| !is_https && !is_near(at.ip())) {
        return Err(format!(
            "{host} is {}, which is no private address: messages are not sent there unencrypted, use https",
            public.ip()
        ));
    }
    let mut last = format!("{host} has no address");
    for address in found {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = format!("{host} ({address}): {error}"),
        }
    }
    Err(last)
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
    until: Instant,
) -> Result<Answered, hyper::Error> {
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(MOST_HEAD);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let (head, mut body) = sender.send_request(request).await?.into_parts();
    let mut kept = Vec::new();
    let until = until.checked_sub(ROUNDING).unwrap_or(until);
    // What was answered counts, also where its words do not end: they are read as far as they are kept.
    while kept.len() < KEPT_ANSWER_BYTES {
        let Ok(Some(Ok(frame))) = timeout_at(until.into(), body.frame()).await else { break };
        if let Ok(bytes) = frame.into_data() {
            kept.extend_from_slice(&bytes[..bytes.len().min(KEPT_ANSWER_BYTES - kept.len())]);
        }
    }
    connection.abort();
    Ok(Answered { status: head.status.as_u16(), answer: String::from_utf8_lossy(&kept).into_owned() })
}

/// An answer whose words do not end is over a little before the time is up that all of it has.
const ROUNDING: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::{Target, may_reach};
    use crate::config::feeds::Allowed;

    fn network(text: &str, bits: u8) -> Allowed {
        Allowed::Network(text.parse().unwrap(), bits)
    }

    #[test]
    fn nothing_is_reached_that_is_not_listed() {
        for address in ["10.0.0.1", "8.8.8.8", "127.0.0.1", "169.254.169.254", "::1", "fd00::1"] {
            assert!(!may_reach("hook.example", address.parse().unwrap(), &[]), "{address}");
        }
    }

    #[test]
    fn this_machine_and_its_link_are_reached_through_a_list_of_just_them() {
        let wide = [network("0.0.0.0", 0), network("::", 0), Allowed::Host("hook.example".to_owned())];
        for special in [
            "127.0.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:a9fe:a9fe::",
        ] {
            assert!(!may_reach("hook.example", special.parse().unwrap(), &wide), "{special}");
        }
        for plain in ["10.0.0.1", "192.168.7.7", "8.8.8.8", "2606:4700::1111", "fd00::1"] {
            assert!(may_reach("hook.example", plain.parse().unwrap(), &wide), "{plain}");
        }
        let just = [network("127.0.0.1", 32), network("169.254.0.0", 16), network("::1", 128)];
        for named in ["127.0.0.1", "169.254.1.1", "::1", "::ffff:127.0.0.1"] {
            assert!(may_reach("x", named.parse().unwrap(), &just), "{named}");
        }
        assert!(!may_reach("x", "127.0.0.2".parse().unwrap(), &just));
    }

    #[test]
    fn a_host_is_listed_by_its_whole_name() {
        let named = [Allowed::Host("chat.local".to_owned())];
        assert!(may_reach("Chat.local.", "10.0.0.9".parse().unwrap(), &named));
        assert!(!may_reach("chat.local.evil", "10.0.0.9".parse().unwrap(), &named));
    }

    #[test]
    fn addresses_are_taken_apart() {
        let target = Target::of("http://CHAT.local:8080/hooks/1?a=b").unwrap();
        assert_eq!((target.host.as_str(), target.port, target.is_https), ("chat.local", 8080, false));
        assert_eq!((target.path.as_str(), target.authority.as_str()), ("/hooks/1?a=b", "chat.local:8080"));
        let target = Target::of("https://[fd00::1]").unwrap();
        assert_eq!(
            (target.host.as_str(), target.port, target.authority.as_str()),
            ("fd00::1", 443, "[fd00::1]")
        );
        for wrong in [
            "chat.local",
            "ftp://x/",
            "https://",
            "https://a:b@x/",
            "https://x/#y",
            "https://x:0/",
            "https://x/a b",
        ] {
            assert!(Target::of(wrong).is_err(), "{wrong}");
        }
    }
}
