//! Section `server`: addresses, hosts, connections.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::parse;
use super::reader::Reader;
use super::setting::{Setting, alias};
use crate::base::secret::SecretString;

/// Where the server listens and whom it answers.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// systemd listens, and hands its sockets over; `listen` means nothing then.
    pub from_systemd: bool,
    /// What people type to reach the site, without a slash at the end: `https://stock.example.com`. Without it
    /// any IP address and the machine's own names are answered.
    pub public_url: Option<PublicUrl>,
    /// Further host names that are answered.
    pub hosts: Vec<String>,
    /// Further origins whose pages may use the API, with the cookies of who is signed in: `https://intranet.example.com`.
    pub allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Connections from one address.
    pub max_connections_per_address: usize,
    /// Connections in all.
    pub max_connections: usize,
    /// Time to send a request's head.
    pub header_timeout: Duration,
    /// Time that open requests get to finish on shutdown.
    pub drain_timeout: Duration,
    /// Time between a stop being asked for, from which on `/readyz` says no, and the end of listening: for balancers to
    /// notice.
    pub stop_delay: Duration,
    /// Requests of one user to the API in a minute; 0 for no limit.
    pub api_requests_per_minute: u32,
    /// Nothing is changed: what is there is shown, and whoever would change something is refused.
    pub read_only: bool,
    /// Where figures are told to whoever asks, and nothing else is.
    pub metrics_listen: Option<SocketAddr>,
    /// What opens `/metrics` on the usual address; nothing does where it is not said.
    pub metrics_token: Option<SecretString>,
    /// What is logged: a `tracing` filter.
    pub log_level: String,
    /// `text` or `json`.
    pub log_format: LogFormat,
}

/// A token that can be guessed is none.
const TOKEN_CHARS: usize = 16;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// The site's own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// `https://stock.example.com:8443`: scheme, host and port as a browser writes an origin.
    pub origin: String,
    /// `stock.example.com`.
    pub host: String,
    /// Browsers reach the site over TLS.
    pub is_https: bool,
}

impl PublicUrl {
    /// Reads `http(s)://host[:port]`, with or without a slash at the end.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not an address such as https://stock.example.com; it has no path");
        let text = text.trim_end_matches('/').to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://").ok_or_else(wrong)?;
        let (is_https, default_port) = match scheme {
            "https" => (true, ":443"),
            "http" => (false, ":80"),
            _ => return Err(wrong()),
        };
        let authority = authority.strip_suffix(default_port).unwrap_or(authority);
        let host = host_of(authority);
        if host.is_empty() || authority.contains(['/', '?', '#', '@', ' ']) {
            return Err(wrong());
        }
        Ok(Self { origin: format!("{scheme}://{authority}"), host: host.to_owned(), is_https })
    }
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`, without the brackets.
pub fn host_of(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split_once(']').map_or("", |(host, _)| host);
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// A range of addresses: `10.0.0.0/8`, or a single one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads an address with or without `/length`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an address or a range such as 10.0.0.0/8");
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(most), |prefix| prefix.parse().map_err(|_| wrong()))?;
        if prefix > most { Err(wrong()) } else { Ok(Self { address, prefix }) }
    }

    /// The address that it begins with.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// How many of its bits are the network's.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// True where `address` lies within.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(mine), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                mine.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(mine), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                mine.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("server.listen", "Address and port to listen on, or systemd (default: 0.0.0.0:8080)")
        .aliases(&[alias("STOCKROOM_LISTEN")]),
    Setting::new(
        "server.public_url",
        "What people type to reach the site, such as https://stock.example.com",
    )
    .aliases(&[alias("STOCKROOM_PUBLIC_URL"), alias("APP_URL")]),
    Setting::new("server.hosts", "Further host names to answer"),
    Setting::new("server.allowed_origins", "Further origins whose pages may use the API")
        .aliases(&[alias("ALLOWED_ORIGINS")]),
    Setting::new("server.trusted_proxies", "Proxies whose X-Forwarded-For is believed, such as 127.0.0.1"),
    Setting::new("server.max_connections_per_address", "Connections from one address (default: 256)"),
    Setting::new("server.max_connections", "Connections in all (default: 4096)"),
    Setting::new("server.header_timeout", "Time to send a request's head (default: 10s)"),
    Setting::new("server.drain_timeout", "Time open requests and jobs get on shutdown (default: 20s)"),
    Setting::new(
        "server.stop_delay",
        "Time before a stop in which /readyz says no and all else goes on, for balancers (default: 0s)",
    ),
    Setting::new(
        "server.api_requests_per_minute",
        "Requests of one user to the API in a minute, 0 for no limit (default: 1200)",
    ),
    Setting::new("server.read_only", "Show what is there and change nothing (default: false)"),
    Setting::new(
        "server.metrics_listen",
        "Address and port of a listener for /metrics alone, such as 127.0.0.1:9464 (default: none)",
    ),
    Setting::new("server.metrics_token", "Bearer token that opens /metrics on the usual address").secret(),
    Setting::new("server.log_level", "error, warn, info, debug, trace or a filter (default: info)")
        .aliases(&[alias("STOCKROOM_LOG_LEVEL")]),
    Setting::new("server.log_format", "text or json (default: text)")
        .aliases(&[alias("STOCKROOM_LOG_FORMAT")]),
];

fn host_name(text: &str) -> Result<String, String> {
    let has_port = host_of(text) != text.trim_matches(['[', ']']);
    match text.parse::<IpAddr>() {
        Err(_) if has_port => {
            let name = host_of(text);
            Err(format!(
                "`{text}` has a port in it; write `{name}`, which is answered on any (`server.listen` has ours)"
            ))
        }
        _ => Ok(text.trim_matches(['[', ']']).to_ascii_lowercase()),
    }
}

impl ServerConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let second = Duration::from_secs(1);
        let usual = SocketAddr::from(([0, 0, 0, 0], 8080));
        let listen = reader.get("server.listen", Some(usual), |text| match text {
            "systemd" => Ok(None),
            address => {
                parse::from_str("an address with a port, such as 0.0.0.0:8080, or systemd")(address).map(Some)
            }
        });
        let metrics_token = reader.find_secret("server.metrics_token");
        if metrics_token.as_ref().is_some_and(|token| token.expose().trim().len() < TOKEN_CHARS) {
            let message =
                format!("is shorter than {TOKEN_CHARS} characters; make one with `openssl rand -hex 32`");
            reader.complain("server.metrics_token", message);
        }
        Self {
            metrics_token: metrics_token.map(|token| SecretString::new(token.expose().trim().to_owned())),
            read_only: reader.get("server.read_only", false, parse::flag),
            metrics_listen: reader.find(
                "server.metrics_listen",
                parse::from_str("an address with a port, such as 127.0.0.1:9464"),
            ),
            from_systemd: listen.is_none(),
            listen: listen.unwrap_or(usual),
            public_url: reader.find("server.public_url", PublicUrl::parse),
            hosts: reader.get("server.hosts", Vec::new(), parse::list(host_name)),
            allowed_origins: reader.get(
                "server.allowed_origins",
                Vec::new(),
                parse::list(|text| PublicUrl::parse(text).map(|url| url.origin)),
            ),
            trusted_proxies: reader.get("server.trusted_proxies", Vec::new(), parse::list(Network::parse)),
            max_connections_per_address: reader.get(
                "server.max_connections_per_address",
                256,
                parse::number(1, 1_000_000),
            ),
            max_connections: reader.get("server.max_connections", 4_096, parse::number(1, 1_000_000)),
            header_timeout: reader.get(
                "server.header_timeout",
                10 * second,
                parse::duration(second, 300 * second),
            ),
            drain_timeout: reader.get(
                "server.drain_timeout",
                20 * second,
                parse::duration(Duration::ZERO, 3_600 * second),
            ),
            stop_delay: reader.get(
                "server.stop_delay",
                Duration::ZERO,
                parse::duration(Duration::ZERO, 3_600 * second),
            ),
            api_requests_per_minute: reader.get(
                "server.api_requests_per_minute",
                1_200,
                parse::number(0, 1_000_000),
            ),
            log_level: reader.get("server.log_level", "info".to_owned(), parse::text),
            log_format: reader.get("server.log_format", LogFormat::Text, |text| match text {
                "text" => Ok(LogFormat::Text),
                "json" => Ok(LogFormat::Json),
                _ => Err(format!("`{text}` is not text or json")),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Network, PublicUrl, host_name, host_of};

    #[test]
    fn hosts_are_cut_out_of_authorities() {
        for (authority, host) in [("a.b:8080", "a.b"), ("a.b", "a.b"), ("[::1]:80", "::1"), ("[::1]", "::1")]
        {
            assert_eq!(host_of(authority), host);
        }
        for name in ["Stock.lan", "10.0.0.1", "::1", "[::1]"] {
            assert!(host_name(name).is_ok(), "{name}");
        }
        for name in ["127.0.0.1:8123", "stock.lan:80", "[::1]:80"] {
            assert!(host_name(name).unwrap_err().contains("has a port in it"), "{name}");
        }
    }

    #[test]
    fn default_ports_are_left_out_of_origins() {
        assert_eq!(PublicUrl::parse("HTTPS://Stock.Example:443/").unwrap().origin, "https://stock.example");
        assert_eq!(PublicUrl::parse("http://10.0.0.1:8080").unwrap().origin, "http://10.0.0.1:8080");
        assert!(PublicUrl::parse("stock.example").is_err());
        assert!(PublicUrl::parse("https://x/path").is_err());
    }

    #[test]
    fn networks_hold_their_addresses() {
        let ten = Network::parse("10.0.0.0/8").unwrap();
        assert!(ten.contains("10.9.8.7".parse().unwrap()) && !ten.contains("11.0.0.1".parse().unwrap()));
        assert!(Network::parse("0.0.0.0/0").unwrap().contains("1.2.3.4".parse().unwrap()));
        assert!(Network::parse("10.0.0.0/33").is_err());
    }
}
