//! Which names and origins are ours. Anything else is answered 421, which stops DNS rebinding and links made
//! from a forged `Host`.

use std::net::IpAddr;

use axum::http::header::HOST;
use axum::http::{HeaderMap, Uri};

use crate::config::Config;
use crate::config::server::{PublicUrl, host_of};

/// Names and origins of this site.
#[derive(Debug, Clone)]
pub struct Hosts {
    names: Vec<String>,
    any_address: bool,
    public_origin: Option<PublicUrl>,
    speaks_tls: bool,
    allowed_origins: Vec<String>,
}

impl Hosts {
    /// With `public_url` its host and the listed ones; without it any IP address, `localhost` and the machine's
    /// own names too.
    pub fn from_config(config: &Config) -> Self {
        let speaks_tls = config.tls.is_on();
        let config = &config.server;
        let mut names = config.hosts.clone();
        let origins = config.allowed_origins.iter().filter_map(|origin| origin.split_once("://"));
        names.extend(origins.map(|(_, authority)| host_of(authority).to_owned()));
        if let Some(url) = &config.public_url {
            names.push(url.host.clone());
        } else {
            let machine = gethostname::gethostname().to_string_lossy().to_ascii_lowercase();
            let short = machine.split('.').next().unwrap_or(&machine).to_owned();
            names.extend(["localhost".to_owned(), format!("{short}.local"), short, machine]);
        }
        Self {
            names,
            any_address: config.public_url.is_none(),
            public_origin: config.public_url.clone(),
            speaks_tls,
            allowed_origins: config.allowed_origins.clone(),
        }
    }

    /// True where the request is for us. An authority in the request line counts beside the header (RFC 9112
    /// §3.2.2), and there is exactly one header.
    pub fn is_ours(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        let header = hosts.next().and_then(|host| host.to_str().ok());
        let in_line = uri.authority().map(axum::http::uri::Authority::as_str);
        hosts.next().is_none()
            && header.is_some_and(|host| self.is_our_host(host))
            && in_line.is_none_or(|host| self.is_our_host(host))
    }

    fn is_our_host(&self, authority: &str) -> bool {
        let host = host_of(authority).trim_end_matches('.').to_ascii_lowercase();
        self.names.contains(&host) || (self.any_address && host.parse::<IpAddr>().is_ok())
    }

    /// Where this site lies for the one who asked: the public address, or the host that was asked.
    pub fn origin_of(&self, headers: &HeaderMap) -> String {
        match &self.public_origin {
            Some(url) => url.origin.clone(),
            None => {
                let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
                format!("{}://{host}", self.own_scheme())
            }
        }
    }

    /// What is spoken where no address was configured: what we listen for, whatever a header says.
    fn own_scheme(&self) -> &'static str {
        if self.speaks_tls { "https" } else { "http" }
    }

    /// Where people find the sign-in, to be written on paper: the public address, or the one that an admin's own request
    /// came to, which is known to be ours. `None` for one that leads nobody else anywhere. Without a scheme where it is
    /// not known which one is spoken before us.
    pub fn sign_in_for_people(&self, headers: &HeaderMap) -> Option<String> {
        if let Some(url) = &self.public_origin {
            return Some(format!("{}/login", url.origin));
        }
        let authority = headers.get(HOST)?.to_str().ok().filter(|host| self.is_our_host(host))?;
        let host = host_of(authority).trim_end_matches('.').to_ascii_lowercase();
        let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let scheme = if self.speaks_tls { "https://" } else { "" };
        (!is_here).then(|| format!("{scheme}{authority}/login"))
    }

    /// True where a page of `origin` may post here: the public address, a listed origin, or, for a site that no proxy
    /// with TLS is in front of, exactly the host that the request is for.
    pub fn is_our_origin(&self, origin: &str, headers: &HeaderMap) -> bool {
        let origin = origin.to_ascii_lowercase();
        if self.allowed_origins.contains(&origin) {
            return true;
        }
        match &self.public_origin {
            Some(url) if url.origin == origin => true,
            Some(url) if url.is_https && !self.speaks_tls => false,
            _ => headers
                .get(HOST)
                .and_then(|host| host.to_str().ok())
                .and_then(|host| PublicUrl::parse(&format!("{}://{host}", self.own_scheme())).ok())
                .is_some_and(|url| url.origin == origin),
        }
    }
}
