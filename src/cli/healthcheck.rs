//! `stockroom healthcheck`: for containers that hold nothing but the binary.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use clap::Args;

use super::error::CliError;
use super::options::GlobalOptions;
use crate::base::tls::{ClientConnection, ServerName, StreamOwned, unchecked_client_config};

/// What to ask.
#[derive(Debug, Args)]
pub struct HealthcheckArgs {
    /// Ask whether it can work (`/readyz`), not only whether it is up (`/healthz`)
    #[arg(long)]
    ready: bool,
    /// Where the server listens [default: as configured]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

/// Exit code 0 where the server says yes.
pub fn run(global: &GlobalOptions, args: &HealthcheckArgs) -> Result<(), CliError> {
    let config = global.load(&[("server.listen", args.listen.clone())])?;
    if config.server.from_systemd {
        return Err(CliError::usage("systemd has the address of this site; name it with --listen"));
    }
    let address = reachable(config.server.listen);
    let path = if args.ready { "/readyz" } else { "/healthz" };
    let scheme = if config.tls.is_on() { "https" } else { "http" };
    let failed = |error: std::io::Error| {
        CliError::failed(format!("no answer from {scheme}://{address}{path}: {error}"))
    };
    let limit = Duration::from_secs(5);
    let stream = TcpStream::connect_timeout(&address, limit).map_err(failed)?;
    stream.set_read_timeout(Some(limit)).map_err(failed)?;
    stream.set_write_timeout(Some(limit)).map_err(failed)?;
    let mut stream = if config.tls.is_on() { encrypted(stream, address)? } else { Box::new(stream) };
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").map_err(failed)?;
    let mut answer = Vec::new();
    stream.take(64 << 10).read_to_end(&mut answer).map_err(failed)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).unwrap_or("nothing");
    if status == "200" {
        Ok(())
    } else {
        Err(CliError::failed(format!("{scheme}://{address}{path} answered {status}")))
    }
}

/// What is read from and written to.
trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// The same over TLS. Whose certificate it is matters to nobody here: the server is asked at the address that it was told
/// to listen on, and is told nothing.
fn encrypted(stream: TcpStream, address: SocketAddr) -> Result<Box<dyn Stream>, CliError> {
    let config = unchecked_client_config().map_err(CliError::failed)?;
    let connection = ClientConnection::new(config, ServerName::from(address.ip()))
        .map_err(|error| CliError::failed(error.to_string()))?;
    Ok(Box::new(StreamOwned::new(connection, stream)))
}

/// The address to ask at: a server that listens everywhere is asked on the loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
