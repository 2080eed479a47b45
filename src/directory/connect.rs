//! A connection to one of several servers, over TLS, with the service account signed in.

use std::fmt::Display;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, StdStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::bind;
use crate::base::tls::{self, ClientConfig};
use crate::config::directory::{DirectoryConfig, DirectoryServer, DirectoryTls};
use crate::domain::directory::{NoAnswer, Part, Steps};

/// A connection with the service account signed in.
pub struct Connection<'d> {
    pub(super) config: &'d DirectoryConfig,
    pub(super) ldap: Ldap,
    runtime: Option<Runtime>,
}

impl Connection<'_> {
    /// Waits for an answer.
    pub(super) fn wait<T>(
        &mut self,
        ask: impl AsyncFnOnce(&mut Ldap) -> Result<T, LdapError>,
    ) -> Result<T, String> {
        let limit = self.config.timeout;
        let Self { ldap, runtime, .. } = self;
        let runtime = runtime.as_ref().ok_or("the connection has ended")?;
        block(runtime, async { within(limit, ask(ldap)).await })
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A server that takes its time to say goodbye keeps nobody waiting.
            runtime.shutdown_background();
        }
    }
}

/// Runs to the end. ldap3 panics where an answer is no LDAP; that is then what went wrong.
fn block<T>(runtime: &Runtime, work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(|| runtime.block_on(work)))
        .unwrap_or_else(|_| Err("the answer is not in the language of directories (LDAP)".to_owned()))
}

async fn within<T, E: Display>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    match timeout(limit, work).await {
        Ok(answer) => answer.map_err(|error| words(&error)),
        Err(_) => Err(format!("no answer within {} s", limit.as_secs_f32())),
    }
}

/// Without the crate's own beginnings.
fn words(error: &impl Display) -> String {
    let text = error.to_string();
    let text = text
        .strip_prefix("I/O error: ")
        .or_else(|| text.strip_prefix("LDAP operation result: "))
        .unwrap_or(&text);
    match text {
        // The other side of a channel inside of ldap3 went with the connection.
        text if text.contains("channel closed") => "the server ended the connection".to_owned(),
        text => text.to_owned(),
    }
}

/// Tries the servers in turn, the one that answered last first.
pub(super) fn connect<'d>(
    config: &'d DirectoryConfig,
    favourite: &AtomicUsize,
    steps: &mut Steps,
) -> Result<Connection<'d>, NoAnswer> {
    let tls = match config.tls {
        DirectoryTls::None => None,
        DirectoryTls::StartTls | DirectoryTls::Implicit => {
            Some(tls::client_config(config.ca_file.as_deref(), "directory.ca_file").map_err(|error| {
                steps.bad(Part::Tls, &error);
                NoAnswer(error)
            })?)
        }
    };
    let first = favourite.load(Ordering::Relaxed);
    let mut last = NoAnswer("no server is configured".to_owned());
    for turn in 0..config.servers.len() {
        let at = (first + turn) % config.servers.len();
        match connect_to(config, &config.servers[at], tls.clone(), steps) {
            Ok(mut connection) => {
                favourite.store(at, Ordering::Relaxed);
                bind::service(&mut connection, steps)?;
                return Ok(connection);
            }
            Err(error) => last = NoAnswer(format!("{}: {error}", config.servers[at].address())),
        }
    }
    Err(last)
}

fn connect_to<'d>(
    config: &'d DirectoryConfig,
    server: &DirectoryServer,
    tls: Option<Arc<ClientConfig>>,
    steps: &mut Steps,
) -> Result<Connection<'d>, String> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let opened = block(&runtime, open(config, server, tls, steps));
    match opened {
        Ok(ldap) => Ok(Connection { config, ldap, runtime: Some(runtime) }),
        Err(error) => {
            runtime.shutdown_background();
            Err(error)
        }
    }
}

async fn open(
    config: &DirectoryConfig,
    server: &DirectoryServer,
    tls: Option<Arc<ClientConfig>>,
    steps: &mut Steps,
) -> Result<Ldap, String> {
    let addresses = resolve(config, server, steps).await?;
    let stream = reach(config, server, &addresses, steps).await?;
    let scheme = if config.tls == DirectoryTls::Implicit { "ldaps" } else { "ldap" };
    let settings = LdapConnSettings::new()
        .set_starttls(config.tls == DirectoryTls::StartTls)
        .set_std_stream(StdStream::Tcp(stream));
    let settings = match tls {
        Some(tls) => settings.set_config(tls),
        None => settings,
    };
    let url = format!("{scheme}://{}", server.address());
    let opened = within(config.timeout, LdapConnAsync::with_settings(settings, &url)).await;
    let (connection, ldap) = opened.map_err(|error| {
        let error = explain_tls(config, server, error);
        steps.bad(Part::Tls, &error);
        error
    })?;
    match config.tls {
        DirectoryTls::None => steps.bad(Part::Tls, "none: everybody on the way can read the passwords"),
        DirectoryTls::StartTls => steps.good(Part::Tls, "encrypted after StartTLS, the certificate is good"),
        DirectoryTls::Implicit => {
            steps.good(Part::Tls, "encrypted from the first byte, the certificate is good");
        }
    }
    tokio::spawn(async move {
        if let Err(error) = connection.drive().await {
            tracing::debug!("The connection to the directory ended: {error}");
        }
    });
    Ok(ldap)
}

/// What to look at, beside the library's words.
fn explain_tls(config: &DirectoryConfig, server: &DirectoryServer, error: String) -> String {
    let hint = if ["UnknownIssuer", "BadSignature"].iter().any(|word| error.contains(word)) {
        match &config.ca_file {
            Some(path) => format!("its certificate is by nobody in {}", path.display()),
            None => {
                "its certificate is by nobody this machine trusts; name the company's CA in directory.ca_file"
                    .to_owned()
            }
        }
    } else if error.contains("not valid for") || error.contains("NotValidForName") {
        format!("its certificate is not for `{}`; use a name that stands in it as a SAN", server.host)
    } else if error.contains("CaUsedAsEndEntity") {
        "its certificate is that of a CA itself; the server needs one that the CA made for it".to_owned()
    } else if error.contains("Expired") {
        "its certificate has expired".to_owned()
    } else {
        return error;
    };
    format!("{hint} ({error})")
}

async fn resolve(
    config: &DirectoryConfig,
    server: &DirectoryServer,
    steps: &mut Steps,
) -> Result<Vec<SocketAddr>, String> {
    let asked = tokio::net::lookup_host((server.host.as_str(), server.port));
    match within(config.connect_timeout, asked).await {
        Ok(found) => {
            let addresses: Vec<SocketAddr> = found.collect();
            let list: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            steps.good(Part::Resolve, format!("{} is {}", server.host, list.join(", ")));
            Ok(addresses)
        }
        Err(error) => {
            steps.bad(Part::Resolve, format!("{}: {error}", server.host));
            Err(error)
        }
    }
}

async fn reach(
    config: &DirectoryConfig,
    server: &DirectoryServer,
    addresses: &[SocketAddr],
    steps: &mut Steps,
) -> Result<std::net::TcpStream, String> {
    let mut last = "it has no address".to_owned();
    for address in addresses {
        let connected = within(config.connect_timeout, tokio::net::TcpStream::connect(address)).await;
        match connected.and_then(|stream| stream.into_std().map_err(|error| error.to_string())) {
            Ok(stream) => {
                steps.good(Part::Connect, format!("{} port {} answers", address.ip(), server.port));
                return Ok(stream);
            }
            Err(error) => {
                steps.bad(Part::Connect, format!("{} port {}: {error}", address.ip(), server.port));
                last = error;
            }
        }
    }
    Err(last)
}
