//! A site's data, wherever it is: the store itself, or the server that holds it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::error::CliError;
use crate::app;
use crate::base::clock::SystemClock;
use crate::config::Config;
use crate::services::Services;
use crate::services::commands::{AdminCommand, AdminReply, execute, import_users};
use crate::services::host_commands::{self, Company, HostCommand, HostReply};
use crate::services::users::import::ImportOptions;
use crate::store::{InUse, Store, StoreError};
use crate::web::admin_socket;

/// A site's data.
pub enum Site {
    /// We hold the store.
    Local(Box<Services>),
    /// A server holds it and answers at `admin.sock` in this directory.
    Remote(PathBuf),
}

impl Site {
    /// Opens the store of a site that was set up before, or finds the server that has it. A mistyped directory
    /// must not become an empty site that nobody can sign in to.
    ///
    /// # Errors
    /// Exit code 6 where there is no site; 4 where another process has it and does not answer.
    pub fn open(config: Config) -> Result<Self, CliError> {
        if !Store::is_at(&config.data_dir)? {
            let directory = config.data_dir.display();
            return Err(CliError {
                exit_code: 6,
                message: format!(
                    "there is no site in `{directory}`. Name its directory with --data-dir, or set one up: stockroom \
                     --data-dir {directory} init --admin-email E --admin-password-file F"
                ),
            });
        }
        Self::open_or_make(config)
    }

    /// Like [`Site::open`], and makes the site where there is none: `init` and `serve` alone do.
    pub fn open_or_make(config: Config) -> Result<Self, CliError> {
        let data_dir = config.data_dir.clone();
        match app::open_services(config, Arc::new(SystemClock)) {
            Ok(services) => Ok(Self::Local(Box::new(services))),
            Err(StoreError::InUse(_)) if data_dir.join(admin_socket::SOCKET_FILE).exists() => {
                Ok(Self::Remote(data_dir))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Does `command` here or there.
    ///
    /// # Errors
    /// What the command answered, with its exit code.
    pub fn run(&self, command: AdminCommand) -> Result<AdminReply, CliError> {
        done(match self {
            Self::Local(services) => execute(services, command),
            Self::Remote(data_dir) => {
                let body =
                    serde_json::to_vec(&command).map_err(|error| CliError::failed(error.to_string()))?;
                runtime()?.block_on(post(data_dir, "/command", "application/json", body))?
            }
        })
    }

    /// Does what is for whoever runs the machine, here or there.
    ///
    /// # Errors
    /// As [`Site::run`].
    pub fn run_host(&self, command: HostCommand) -> Result<HostReply, CliError> {
        match self {
            Self::Local(services) => Ok(host_commands::execute(services, command, Company::Alone)?),
            Self::Remote(_) => match self.run(AdminCommand::Host(command))? {
                AdminReply::Host(reply) => Ok(reply),
                _ => Err(Self::unexpected()),
            },
        }
    }

    /// An answer to something else.
    pub fn unexpected() -> CliError {
        CliError::failed(
            "the running server answered something else; is it the same version as this command?",
        )
    }

    /// Imports users from a file here or there.
    ///
    /// # Errors
    /// As [`Site::run`].
    pub fn import_users(&self, file: Vec<u8>, options: ImportOptions) -> Result<AdminReply, CliError> {
        done(match self {
            Self::Local(services) => import_users(services, &file, options),
            Self::Remote(data_dir) => {
                let ImportOptions { dry_run, skip_existing, plain_passwords } = options;
                let path = format!(
                    "/users?dry_run={dry_run}&skip_existing={skip_existing}&plain_passwords={plain_passwords}"
                );
                runtime()?.block_on(post(data_dir, &path, "text/csv", file))?
            }
        })
    }
}

impl Site {
    /// Reads a file into a plan there; here it is read where it lies.
    ///
    /// # Errors
    /// As [`Site::run`].
    pub fn import_plan(&self, file: Vec<u8>, pairs: &[(&str, String)]) -> Result<AdminReply, CliError> {
        let Self::Remote(data_dir) = self else {
            return Err(CliError::failed("this process holds the site itself"));
        };
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let path = format!("/plans/import?{query}");
        done(runtime()?.block_on(post(data_dir, &path, "application/octet-stream", file))?)
    }
}

fn done(reply: AdminReply) -> Result<AdminReply, CliError> {
    match reply {
        AdminReply::Failed { exit_code, message } => Err(CliError { exit_code, message }),
        reply => Ok(reply),
    }
}

/// A small runtime for one exchange with the server.
pub fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// A connection to the server's private socket, ready to send requests. The host `admin` stands for the socket.
pub async fn connect(
    data_dir: &Path,
) -> Result<http1::SendRequest<http_body_util::combinators::BoxBody<Bytes, std::io::Error>>, CliError> {
    let stream = admin_socket::connect(data_dir).await.map_err(|error| CliError {
        exit_code: 4,
        message: format!("{}. It does not answer at admin.sock: {error}", InUse::of(data_dir)),
    })?;
    let (sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn post(
    data_dir: &Path,
    path: &str,
    content_type: &str,
    body: Vec<u8>,
) -> Result<AdminReply, CliError> {
    let request = Request::post(path)
        .header("host", "admin")
        .header("content-type", content_type)
        .body(Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed())
        .map_err(|error| CliError::failed(error.to_string()))?;
    let response = connect(data_dir).await?.send_request(request).await.map_err(|error| broken(&error))?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| broken(&error))?.to_bytes();
    serde_json::from_slice(&body).map_err(|_| {
        CliError::failed(format!(
            "the running server answered {status}; is it the same version as this command?"
        ))
    })
}

fn broken(error: &hyper::Error) -> CliError {
    CliError::failed(format!("the connection to the running server broke: {error}"))
}
