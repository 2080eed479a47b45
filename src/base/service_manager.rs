//! Telling the service manager how the process is (sd_notify(3)): a datagram to the socket that it named. Nothing happens
//! where none is named, as on a terminal.

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The service manager's end.
#[derive(Debug)]
pub struct ServiceManager(Option<(UnixDatagram, SocketAddr)>);

impl ServiceManager {
    /// The one that `$NOTIFY_SOCKET` names.
    ///
    /// # Errors
    /// An address that is none.
    pub fn from_env() -> io::Result<Self> {
        Self::at(std::env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty()))
    }

    /// At a path, or in the abstract namespace where the address begins with `@` (unix(7)).
    fn at(address: Option<OsString>) -> io::Result<Self> {
        let Some(address) = address else { return Ok(Self(None)) };
        let address = match address.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(&address)?,
        };
        Ok(Self(Some((UnixDatagram::unbound()?, address))))
    }

    /// Tells it: lines of `NAME=value`. A manager that does not listen is no reason to stop.
    pub fn tell(&self, state: &str) {
        let Some((socket, address)) = &self.0 else { return };
        if let Err(error) = socket.send_to_addr(state.as_bytes(), address) {
            tracing::debug!("The service manager could not be told `{state}`: {error}");
        }
    }
}

/// How long the manager waits for a sign of life before it ends the process (sd_watchdog_enabled(3)); `None` where it does
/// not wait for one, or for another process.
pub fn watchdog() -> Option<Duration> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    number("WATCHDOG_USEC").filter(|micros| is_ours && *micros > 0).map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::ServiceManager;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    fn heard(socket: &UnixDatagram, address: &str) -> String {
        ServiceManager::at(Some(address.into())).unwrap().tell("READY=1\nSTATUS=Up");
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[test]
    fn sockets_with_and_without_a_path_are_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        assert_eq!(heard(&socket, path.to_str().unwrap()), "READY=1\nSTATUS=Up");
        let name = format!("stockroom-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        assert_eq!(heard(&socket, &format!("@{name}")), "READY=1\nSTATUS=Up");
        ServiceManager::at(None).unwrap().tell("READY=1");
    }
}
