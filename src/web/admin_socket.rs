//! `admin.sock`: how the command line reaches a site that a server holds. Whoever can open the socket owns the
//! data directory anyway; no session is asked for.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use futures_util::StreamExt;
use tokio::net::{UnixListener, UnixStream};

use super::api::datasets::{download, stream};
use super::api::imports::Upload;
use super::error::AppError;
use super::extract::ApiJson;
use super::state::AppState;
use super::upload::Storing;
use crate::services::authorize::Grant;
use crate::services::bootstrap;
use crate::services::commands::{self, AdminCommand, AdminReply};
use crate::services::export::ExportFormat;
use crate::services::imports::{self, ImportView};
use crate::services::plans::commands as plan_commands;
use crate::services::plans::{MAX_FILE_BYTES, Shape};
use crate::services::users::import::{ImportOptions, MAX_BYTES};

/// File name within the data directory.
pub const SOCKET_FILE: &str = "admin.sock";

/// `GET /alive`: the way from the socket to the store and back.
pub async fn alive(State(state): State<AppState>) -> Result<&'static str, AppError> {
    state.run(bootstrap::is_set_up).await?;
    Ok("alive\n")
}

/// `POST /command`
pub async fn command(
    State(state): State<AppState>,
    ApiJson(command): ApiJson<AdminCommand>,
) -> Result<Json<AdminReply>, AppError> {
    state.run(move |services| Ok(Json(commands::execute(services, command)))).await
}

/// `POST /imports?dataset=…&file=…&set=…&confirm=…` with the file as the body.
pub async fn import(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Json<ImportView>, AppError> {
    let mut new = Upload::default();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match &*name {
            "dataset" => new.dataset = value.into_owned(),
            "file" => new.file_name = value.into_owned(),
            "set" => new.set.push(value.into_owned()),
            "confirm" => new.confirm = value == "true",
            _ => return Err(AppError::bad_request(format!("`{name}` means nothing here."))),
        }
    }
    let mut storing = Storing::begin(&state, None).await?;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        storing
            .write(
                chunk
                    .map_err(|_| AppError::bad_request("The file did not arrive whole; nothing was kept."))?,
            )
            .await?;
    }
    let file = storing.finish().await?;
    state
        .run(move |services| {
            let grant = Grant::command_line();
            let import = imports::begin(services, &grant, &new.with(file))?;
            Ok(Json(ImportView::of(services, &import)))
        })
        .await
}

/// `POST /users?dry_run=…&skip_existing=…&plain_passwords=…` with the file as the body.
pub async fn import_users(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Json<AdminReply>, AppError> {
    let mut options = ImportOptions::default();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let option = match &*name {
            "dry_run" => &mut options.dry_run,
            "skip_existing" => &mut options.skip_existing,
            "plain_passwords" => &mut options.plain_passwords,
            _ => return Err(AppError::bad_request(format!("`{name}` means nothing here."))),
        };
        *option = value == "true";
    }
    let file = axum::body::to_bytes(body, MAX_BYTES + 1).await.map_err(|_| {
        AppError::bad_request("The file is too large, or did not arrive whole; nothing was kept.")
    })?;
    state.run(move |services| Ok(Json(commands::import_users(services, &file, options)))).await
}

/// `POST /plans/import?plan=…` and what else the command line says of the file, which is the body.
pub async fn import_plan(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Json<AdminReply>, AppError> {
    let most = MAX_FILE_BYTES as usize + 1;
    let bytes = axum::body::to_bytes(body, most).await.map_err(|_| {
        AppError::bad_request("The file is too large, or did not arrive whole; nothing of it was taken.")
    })?;
    state
        .run(move |services| Ok(Json(commands::import_plan(services, &bytes, &query.unwrap_or_default()))))
        .await
}

/// `GET /plans/export?plan=…&format=…&shape=…`
pub async fn export_plan(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let (mut plan, mut format, mut shape) = (String::new(), ExportFormat::Csv, Shape::Long);
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match &*name {
            "plan" => plan = value.into_owned(),
            "format" => format = ExportFormat::parse(&value)?,
            "shape" => shape = Shape::of_word(&value)?,
            _ => return Err(AppError::bad_request(format!("`{name}` means nothing here."))),
        }
    }
    // That there is none is said before anything is written.
    let plan = state.run(move |services| plan_commands::find(services, &plan)).await?;
    let services = Arc::clone(state.services());
    Ok(stream(format.content_type(), None, move |out| {
        plan_commands::take(&services, &plan, (format, shape), out).map_err(std::io::Error::other)?
    }))
}

/// `GET /export?dataset=…&format=…&owner=…` and the search parameters of the API.
pub async fn export(State(state): State<AppState>, RawQuery(query): RawQuery) -> Result<Response, AppError> {
    let query = query.unwrap_or_default();
    let export = state
        .run(move |services| commands::prepare_export(services, form_urlencoded::parse(query.as_bytes())))
        .await?;
    Ok(download(export, None, None))
}

/// `GET /audit?format=…` and the filters of the page.
pub async fn export_audit(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let query = query.unwrap_or_default();
    let export = state
        .run(move |services| {
            commands::prepare_audit_export(services, form_urlencoded::parse(query.as_bytes()))
        })
        .await?;
    let services = Arc::clone(state.services());
    Ok(stream(export.format().content_type(), None, move |out| export.write(&services, out)))
}

/// The socket under a short name: addresses of sockets stop at 107 bytes, data directories do not. In a root directory
/// without /proc under its own.
fn short_path(directory: &fs::File, data_dir: &Path) -> PathBuf {
    let short = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
    if short.exists() { short.join(SOCKET_FILE) } else { data_dir.join(SOCKET_FILE) }
}

/// Binds the socket. Only the process that holds the store may call this: then a socket left there is stale.
pub fn bind(data_dir: &Path) -> io::Result<UnixListener> {
    let directory = fs::File::open(data_dir)?;
    match fs::remove_file(data_dir.join(SOCKET_FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(short_path(&directory, data_dir))?;
    fs::set_permissions(data_dir.join(SOCKET_FILE), fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Connects to the server that holds the data directory.
pub async fn connect(data_dir: &Path) -> io::Result<UnixStream> {
    let directory = fs::File::open(data_dir)?;
    UnixStream::connect(short_path(&directory, data_dir)).await
}
