//! `admin.sock`: how the command line reaches a site that a server holds. Whoever can open the socket owns the
//! data directory anyway; no session is asked for.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use axum::Json;
use axum::extract::State;
use tokio::net::{UnixListener, UnixStream};

use super::error::AppError;
use super::extract::ApiJson;
use super::state::AppState;
use crate::services::commands::{self, AdminCommand, AdminReply};

/// File name within the data directory.
pub const SOCKET_FILE: &str = "admin.sock";

/// `POST /command`
pub async fn command(
    State(state): State<AppState>,
    ApiJson(command): ApiJson<AdminCommand>,
) -> Result<Json<AdminReply>, AppError> {
    state.run(move |services| Ok(Json(commands::execute(services, command)))).await
}

/// The socket under a short name: addresses of sockets stop at 107 bytes, data directories do not.
fn short_path(directory: &fs::File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd())).join(SOCKET_FILE)
}

/// Binds the socket. Only the process that holds the store may call this: then a socket left there is stale.
pub fn bind(data_dir: &Path) -> io::Result<UnixListener> {
    let directory = fs::File::open(data_dir)?;
    match fs::remove_file(data_dir.join(SOCKET_FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(short_path(&directory))?;
    fs::set_permissions(data_dir.join(SOCKET_FILE), fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Connects to the server that holds the data directory.
pub async fn connect(data_dir: &Path) -> io::Result<UnixStream> {
    let directory = fs::File::open(data_dir)?;
    UnixStream::connect(short_path(&directory)).await
}
