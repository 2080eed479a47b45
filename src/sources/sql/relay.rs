//! Hands a connection that was made here to a driver that only connects by itself: over a socket in a folder of our own,
//! which takes the one connection of this process and is gone then. TLS is between the driver and the database.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::net::{TcpStream, UnixListener};

/// A way to a connection.
pub(super) struct Relay {
    folder: PathBuf,
    /// Where the driver connects to.
    pub(super) socket: PathBuf,
}

impl Relay {
    /// Passes on what is said between whoever of this process connects to a socket of this name, and `stream`.
    pub(super) fn start(mut stream: TcpStream, name: &str) -> Result<Self, String> {
        let wrong =
            |error: std::io::Error| format!("a socket in {}: {error}", std::env::temp_dir().display());
        let mut builder = tempfile::Builder::new();
        let folder = builder.prefix("sr-").permissions(std::fs::Permissions::from_mode(0o700));
        let folder = folder.tempdir().map_err(wrong)?;
        let socket = folder.path().join(name);
        let listener = UnixListener::bind(&socket).map_err(wrong)?;
        let _ = stream.set_nodelay(true);
        let path = folder.path().to_owned();
        tokio::spawn(async move {
            while let Ok((mut inside, _)) = listener.accept().await {
                let peer = inside.peer_cred().ok().and_then(|peer| peer.pid());
                if peer.is_some_and(|pid| u32::try_from(pid) == Ok(std::process::id())) {
                    drop((listener, folder));
                    let _ = tokio::io::copy_bidirectional(&mut inside, &mut stream).await;
                    return;
                }
            }
        });
        Ok(Self { folder: path, socket })
    }

    /// The folder of the socket.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}
