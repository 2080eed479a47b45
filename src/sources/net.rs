//! The way to another machine: its addresses are checked, and what was checked is what is connected to, whatever the
//! name resolves to a moment later.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Steps, address};
use crate::config::feeds::FeedsConfig;

/// Every address of the name must be one that may be asked: a name with a private one among them is a trap.
///
/// # Errors
/// What went wrong, also noted as a step.
pub async fn resolve(
    config: &FeedsConfig,
    host: &str,
    port: u16,
    steps: &mut Steps,
) -> Result<Vec<SocketAddr>, String> {
    let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => {
            let asked = tokio::net::lookup_host((host, port));
            match timeout(config.connect_timeout, asked).await {
                Ok(Ok(found)) => found.collect(),
                Ok(Err(error)) => return Err(steps.bad("resolve", format!("{host}: {error}"))),
                Err(_) => return Err(steps.bad("resolve", format!("{host}: no answer"))),
            }
        }
    };
    let private = found.iter().find(|at| !address::may_ask(host, at.ip(), &config.allow_private));
    if let Some(private) = private {
        let words = format!(
            "{host} is {}, which is no public address; `sources.allow_private` in the configuration can let it through",
            private.ip()
        );
        return Err(steps.bad("resolve", words));
    }
    let list: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
    steps.good("resolve", format!("{host} is {}", list.join(", ")));
    Ok(found)
}

/// Connects to the first address that answers.
///
/// # Errors
/// What went wrong, also noted as a step.
pub async fn connect(
    limit: Duration,
    addresses: &[SocketAddr],
    steps: &mut Steps,
) -> Result<TcpStream, String> {
    let mut last = "the name has no address".to_owned();
    for address in addresses {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                steps.good("connect", format!("{} port {} answers", address.ip(), address.port()));
                return Ok(stream);
            }
            Ok(Err(error)) => last = format!("{} port {}: {error}", address.ip(), address.port()),
            Err(_) => last = format!("{} port {}: no answer", address.ip(), address.port()),
        }
    }
    Err(steps.bad("connect", last))
}
