//! Section `tls`: encrypted connections to the site itself.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::parse;
use super::reader::Reader;
use super::server::ServerConfig;
use super::setting::Setting;

/// How connections to the site are encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// By whom certificates are made.
    pub mode: TlsMode,
    /// The server's certificate and those between it and its authority (PEM).
    pub cert: Option<PathBuf>,
    /// Its private key (PEM).
    pub key: Option<PathBuf>,
    /// A further address for plain HTTP: the way to `/trust` and redirects.
    pub redirect_listen: Option<SocketAddr>,
    /// For how long browsers are told to come over https alone (RFC 6797).
    pub hsts: Option<Duration>,
}

/// By whom certificates are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// Plain HTTP.
    #[default]
    Off,
    /// An authority of the site's own.
    Auto,
    /// Somebody else: the files `cert` and `key`.
    Files,
}

impl TlsMode {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Auto => "auto",
            Self::Files => "files",
        }
    }
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("tls.mode", "off, auto (an authority of the site's own) or files (default: off)"),
    Setting::new("tls.cert", "Certificate of the server, with those between it and its authority (PEM)"),
    Setting::new("tls.key", "Private key of the certificate (PEM), readable for the server alone"),
    Setting::new(
        "tls.redirect_listen",
        "Further address for plain HTTP that leads to https, such as 0.0.0.0:80",
    ),
    Setting::new(
        "tls.hsts",
        "How long browsers come over https alone, such as 180d; with files only (default: off)",
    ),
];

impl TlsConfig {
    pub(super) fn read(reader: &mut Reader, server: &ServerConfig) -> Self {
        let day = Duration::from_hours(24);
        let length = parse::duration(Duration::from_mins(1), 730 * day);
        let config = Self {
            mode: reader.get("tls.mode", TlsMode::Off, |text| match text {
                "off" => Ok(TlsMode::Off),
                "auto" => Ok(TlsMode::Auto),
                "files" => Ok(TlsMode::Files),
                _ => Err(format!("`{text}` is not off, auto or files")),
            }),
            cert: reader.find("tls.cert", |text| Ok(PathBuf::from(text))),
            key: reader.find("tls.key", |text| Ok(PathBuf::from(text))),
            redirect_listen: reader
                .find("tls.redirect_listen", parse::from_str("an address with a port, such as 0.0.0.0:80")),
            hsts: reader.get("tls.hsts", None, |text| match text {
                "off" => Ok(None),
                text => length(text).map(Some),
            }),
        };
        config.check(reader, server);
        config
    }

    fn check(&self, reader: &mut Reader, server: &ServerConfig) {
        let is_files = self.mode == TlsMode::Files;
        for (name, path) in [("tls.cert", &self.cert), ("tls.key", &self.key)] {
            if is_files && path.is_none() {
                reader.complain(name, "is needed where tls.mode is files: name a file (PEM)".to_owned());
            }
            // Nobody names a certificate in order to go without.
            if self.mode == TlsMode::Off && path.is_some() && reader.given("tls.mode").is_none() {
                reader.complain(name, "has no meaning without tls.mode = \"files\"".to_owned());
            }
        }
        if self.hsts.is_some() && !is_files {
            let message = "is for certificates that browsers trust anyhow (tls.mode = \"files\"): with an authority of \
                           the site's own it would lock out whoever has not installed it";
            reader.complain("tls.hsts", message.to_owned());
        }
        if !self.is_on() {
            return;
        }
        if self.redirect_listen.is_some_and(|address| address == server.listen && address.port() != 0) {
            let message = "is where https is listened to, which answers plain HTTP too: leave it out";
            reader.complain("tls.redirect_listen", message.to_owned());
        }
        if let Some(url) = server.public_url.as_ref().filter(|url| !url.is_https) {
            let message = format!(
                "begins with http, and tls.mode is {}: write {}",
                self.mode.as_str(),
                url.origin.replacen("http://", "https://", 1)
            );
            reader.complain("server.public_url", message);
        }
    }

    /// True where this site speaks TLS itself.
    pub fn is_on(&self) -> bool {
        self.mode != TlsMode::Off
    }
}
