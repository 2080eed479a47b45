//! Files that users keep in a folder of their own.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::openapi::shapes;
use super::parts::Part;
use crate::domain::ids::UserFileId;
use crate::domain::user_file::{FileKind, UserFile};
use crate::services::user_files::{self as service, Act};
use crate::web::attachment::as_sent;
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, CurrentSession, FormData, NoBody};
use crate::web::sent_file::SentFile;
use crate::web::state::AppState;
use crate::web::upload::{Storing, announced_bytes};

/// A file of a folder.
#[derive(Serialize, ToSchema)]
#[schema(as = File)]
struct FileBody {
    id: UserFileId,
    name: String,
    bytes: u64,
    /// What it holds, by its content.
    kind: FileKind,
    /// Of its content, as hex.
    sha256: String,
    added_at: Timestamp,
    /// Somebody decided to keep it; a table that nobody decided about goes after an hour.
    is_kept: bool,
    /// It can be brought back for 30 days after this.
    deleted_at: Option<Timestamp>,
}

impl From<UserFile> for FileBody {
    fn from(file: UserFile) -> Self {
        Self {
            id: file.id,
            name: file.name,
            bytes: file.bytes,
            kind: file.kind,
            sha256: file.sha256,
            added_at: file.added_at,
            is_kept: file.is_kept,
            deleted_at: file.deleted_at,
        }
    }
}

/// Files in a list.
#[derive(Serialize, ToSchema)]
struct FilesBody {
    /// The newest first.
    files: Vec<FileBody>,
    /// How many there are in all parts.
    total: usize,
    used_bytes: u64,
    quota_bytes: u64,
}

/// One's own files, deleted ones included.
#[utoipa::path(get, path = "/api/v1/files", params(("offset" = Option<usize>, Query, description = "Entries to leave out at the beginning"), ("limit" = Option<usize>, Query, description = "Most entries of the answer")), responses((status = 200, description = "Done", body = FilesBody)))]
pub async fn list(
    State(state): State<AppState>,
    session: CurrentSession,
    query: FormData,
) -> Result<Response, AppError> {
    query.only(&["offset", "limit"])?;
    let (live, part) = (session.live().clone(), Part::of(&query)?);
    state
        .run(move |services| {
            let own = service::own(services, &live)?;
            let (total, used_bytes, quota_bytes) = (own.files.len(), own.used_bytes, own.quota_bytes);
            let files = part.cut(own.files);
            Ok(Json(FilesBody { files, total, used_bytes, quota_bytes }).into_response())
        })
        .await
}

/// Puts a file into one's folder: the body itself, or the field `file` of a form.
#[utoipa::path(post, path = "/api/v1/files", params(("name" = Option<String>, Query, description = "What the file is called, where it is the body itself")), request_body(content((shapes::Bytes = "application/octet-stream"), (shapes::FileForm = "multipart/form-data"))), responses((status = 201, description = "Made", body = FileBody)))]
pub async fn add(
    State(state): State<AppState>,
    session: CurrentSession,
    query: FormData,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, AppError> {
    query.only(&["name"])?;
    let (live, address) = (session.live().clone(), session.address());
    let announced = announced_bytes(&state, &headers)?;
    let asking = live.clone();
    // Nothing is read that cannot fit.
    state
        .run(move |services| {
            service::must_have_folder(services, &asking.user)?;
            service::must_fit(services, &asking, announced.unwrap_or(0))
        })
        .await?;
    let mut sent = SentFile::open(&headers, body).await?;
    let mut storing = Storing::begin(&state, announced).await?;
    while let Some(chunk) = sent.chunk().await? {
        storing.write(chunk).await?;
    }
    let file = storing.finish().await?;
    let named = Some(query.text("name").to_owned()).filter(|name| !name.is_empty());
    let name = named.or(sent.name).unwrap_or_else(|| "file".to_owned());
    session.still(&state).await?;
    state
        .run(move |services| {
            let file = service::add(services, &live, &name, &file, address)?;
            // A program that sends a file means it.
            let file = service::act(services, &live, file.id, Act::Keep, address)?;
            Ok((StatusCode::CREATED, Json(FileBody::from(file))).into_response())
        })
        .await
}

fn parse(id: &str) -> Result<UserFileId, AppError> {
    id.parse().map_err(|_| AppError::not_found("There is no such file."))
}

/// One of one's own files.
#[utoipa::path(get, path = "/api/v1/files/{file}", responses((status = 200, description = "Done", body = FileBody)))]
pub async fn show(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(file): Path<String>,
) -> Result<Response, AppError> {
    let (live, id) = (session.live().clone(), parse(&file)?);
    state
        .run(
            move |services| Ok(Json(FileBody::from(service::find_own(services, &live, id)?)).into_response()),
        )
        .await
}

/// What is in a file of one's own.
#[utoipa::path(get, path = "/api/v1/files/{file}/content", responses((status = 200, description = "The file", content((shapes::Bytes = "application/octet-stream")))))]
pub async fn content(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(file): Path<String>,
) -> Result<Response, AppError> {
    let (live, id) = (session.live().clone(), parse(&file)?);
    let place = state.downloads().enter(session.user().id)?;
    state
        .run(move |services| {
            let file = service::find_own(services, &live, id)?;
            let content = service::open(services, &file)?;
            Ok(as_sent(&file.name, file.bytes, content, place))
        })
        .await
}

/// What changes of a file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileChange {
    name: String,
}

/// Gives a file of one's own another name.
#[utoipa::path(patch, path = "/api/v1/files/{file}", request_body = FileChange, responses((status = 200, description = "Done", body = FileBody)))]
pub async fn change(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(file): Path<String>,
    ApiJson(body): ApiJson<FileChange>,
) -> Result<Response, AppError> {
    let (live, address, id) = (session.live().clone(), session.address(), parse(&file)?);
    state
        .run(move |services| {
            let file = service::rename(services, &live, id, &body.name, address)?;
            Ok(Json(FileBody::from(file)).into_response())
        })
        .await
}

async fn act(state: &AppState, session: &CurrentSession, file: &str, act: Act) -> Result<UserFile, AppError> {
    let (live, address, id) = (session.live().clone(), session.address(), parse(file)?);
    state.run(move |services| service::act(services, &live, id, act, address)).await
}

/// Deletes a file of one's own; for 30 days it can be brought back. With `for_good=true` one that is deleted goes at once.
#[utoipa::path(delete, path = "/api/v1/files/{file}", params(("for_good" = Option<bool>, Query, description = "It is not to be brought back")), responses((status = 204, description = "Done")))]
pub async fn delete(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(file): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    query.only(&["for_good"])?;
    let for_good = match query.text("for_good") {
        "" | "false" => false,
        "true" => true,
        _ => return Err(crate::services::ServiceError::invalid("for_good", "expected true or false").into()),
    };
    self::act(&state, &session, &file, Act::Delete).await?;
    if for_good {
        self::act(&state, &session, &file, Act::Erase).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Brings a deleted file of one's own back.
#[utoipa::path(post, path = "/api/v1/files/{file}/restore", responses((status = 200, description = "Done", body = FileBody)))]
pub async fn restore(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(file): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    let file = self::act(&state, &session, &file, Act::Restore).await?;
    Ok(Json(FileBody::from(file)).into_response())
}
