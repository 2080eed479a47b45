//! Rows, facets and exports.

use std::io::{self, Write};

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::openapi::shapes;
use crate::domain::audit::Actor;
use crate::services::authorize::{By, ImportData};
use crate::services::datasets as service;
use crate::services::export::{self, Export};
use crate::services::rows::{self, RowsRequest, today};
use crate::services::{ServiceError, Services};
use crate::web::downloads::Place;
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, CurrentSession, Granted};
use crate::web::state::AppState;

/// Bytes of an export on their way: a slow reader holds up the export, not the memory.
const CHUNK_BYTES: usize = 64 << 10;
const CHUNKS_AHEAD: usize = 8;

/// The datasets with what they are made of.
#[utoipa::path(get, path = "/api/v1/datasets", responses((status = 200, description = "Done", body = shapes::Datasets)))]
pub async fn list(State(state): State<AppState>, session: CurrentSession) -> Result<Response, AppError> {
    let scope = session.scope();
    state
        .run(move |services| {
            let datasets = service::list(services)?
                .iter()
                .filter(|dataset| service::exists_for(services, dataset, &scope))
                .map(|dataset| rows::describe(services, &dataset.slug, &scope))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Json(serde_json::json!({ "datasets": datasets })).into_response())
        })
        .await
}

/// One dataset: its columns, its generation, how many rows one sees.
#[utoipa::path(get, path = "/api/v1/datasets/{dataset}", responses((status = 200, description = "Done", body = shapes::Dataset)))]
pub async fn show(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(dataset): Path<String>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state.run(move |services| Ok(Json(rows::describe(services, &dataset, &scope)?).into_response())).await
}

/// Body of `POST /api/v1/datasets/{dataset}/owner`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnerColumn)]
pub struct OwnerBody {
    /// The header of the column whose cells are owners; `null` for none. It has to be said.
    #[serde(deserialize_with = "Option::deserialize")]
    owner: Option<String>,
}

/// Names the column that says whose a row is.
#[utoipa::path(post, path = "/api/v1/datasets/{dataset}/owner", request_body = OwnerBody, responses((status = 200, description = "Done", body = shapes::Dataset)))]
pub async fn set_owner(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<ImportData>,
    Path(dataset): Path<String>,
    ApiJson(body): ApiJson<OwnerBody>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state
        .run(move |services| {
            service::set_owner(services, &grant, &dataset, body.owner.as_deref())?;
            match rows::describe(services, &dataset, &scope) {
                // Done, for rows that are none of theirs.
                Err(ServiceError::NotFound(_)) => {
                    Ok(Json(serde_json::json!({ "slug": dataset })).into_response())
                }
                described => Ok(Json(described?).into_response()),
            }
        })
        .await
}

fn request(services: &Services, query: &str) -> Result<RowsRequest, ServiceError> {
    RowsRequest::from_pairs(form_urlencoded::parse(query.as_bytes()), today(services))
}

/// Rows that a search finds.
///
/// Beside the parameters below, `f.COLUMN=value` keeps the rows with this value in this column; several of one column are alternatives.
#[utoipa::path(get, path = "/api/v1/datasets/{dataset}/rows", params(shapes::RowsQuery), responses((status = 200, description = "Done", body = shapes::FoundRows)))]
pub async fn rows(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state
        .run(move |services| {
            let request = request(services, &query.unwrap_or_default())?;
            // Written out here, off the async threads: it reads the rows.
            Ok(Json(rows::search(services, &dataset, &scope, &request)?).into_response())
        })
        .await
}

/// The values of columns, counted among what a search finds.
///
/// Takes the parameters of rows as well.
#[utoipa::path(get, path = "/api/v1/datasets/{dataset}/facets", params(shapes::SearchQuery, shapes::FacetsQuery), responses((status = 200, description = "Done", body = shapes::Facets)))]
pub async fn facets(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state
        .run(move |services| {
            let request = request(services, &query.unwrap_or_default())?;
            Ok(Json(rows::facets(services, &dataset, &scope, &request)?).into_response())
        })
        .await
}

/// Everything that a search finds as a file.
///
/// Written while it is read: CSV (RFC 4180), an Excel workbook, or one JSON object a line.
#[utoipa::path(get, path = "/api/v1/datasets/{dataset}/export", params(shapes::SearchQuery, ("format" = Option<shapes::RowsFormat>, Query, description = "How the file is written; csv where nothing is said")), responses((status = 200, description = "The file", content((String = "text/csv"), (shapes::Bytes = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (String = "application/x-ndjson")))))]
pub async fn export(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let (scope, user) = (session.scope(), session.user().email.to_string());
    let by = By { actor: Actor::User(session.user().id), address: session.address() };
    let place = state.downloads().enter(session.user().id)?;
    let export = state
        .run(move |services| {
            let query = query.unwrap_or_default();
            let pairs = form_urlencoded::parse(query.as_bytes());
            export::prepare(services, &dataset, &scope, (by, user), pairs)
        })
        .await?;
    let name = export.file_name();
    Ok(download(export, Some(&name), Some(place)))
}

/// Writes into the channel that a response's body reads.
pub struct ChannelWriter {
    sender: mpsc::Sender<io::Result<Bytes>>,
    buffer: Vec<u8>,
}

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = Bytes::from(std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK_BYTES)));
        // The reader went away: no reason to read on.
        self.sender.blocking_send(Ok(chunk)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// An export as a response that is written while it is read; over the network with a place among the downloads.
pub fn download(export: Export, attachment: Option<&str>, place: Option<Place>) -> Response {
    let content_type = export.format().content_type();
    stream(content_type, attachment, move |out| {
        let _place = place;
        export.write(out)
    })
}

/// A response that `write` writes while it is read, as a file of this name or as it is.
pub fn stream(
    content_type: &'static str,
    attachment: Option<&str>,
    write: impl FnOnce(&mut ChannelWriter) -> io::Result<()> + Send + 'static,
) -> Response {
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut writer = ChannelWriter { sender, buffer: Vec::with_capacity(CHUNK_BYTES) };
        let written = write(&mut writer).and_then(|()| writer.flush());
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            tracing::error!("An export ended early: {error}");
            // The response ends without its last chunk: the reader sees that it is not whole.
            let _ = writer.sender.blocking_send(Err(error));
        }
    });
    let chunks = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    // What makes it smaller asks once more after the end.
    let body = Body::from_stream(chunks.fuse());
    let mut response = body.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    let disposition = attachment.map(|name| {
        // RFC 6266: the plain name for old clients, the encoded one for all letters.
        let plain: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '_' })
            .collect();
        let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", encoded.replace('+', "%20"))
    });
    if let Some(value) = disposition.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}
