//! Uploads and what becomes of them.

use axum::Json;
use axum::body::{Body, BodyDataStream};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::openapi::shapes;
use crate::domain::dataset::Import;
use crate::domain::excerpt::excerpt;
use crate::domain::ids::ImportId;
use crate::services::authorize::{Grant, ImportData};
use crate::services::files::{StoredFile, rejects_path};
use crate::services::imports::{self as service, Anyway, ImportView, NewImport};
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::{CurrentSession, PerhapsJson};
use crate::web::state::AppState;
use crate::web::upload::{self, Storing, broken, hear_out, text};

/// Fields other than the file.
const MAX_FIELDS: usize = 200;

/// What an upload says beside the file.
#[derive(Debug, Default)]
pub struct Upload {
    /// Dataset.
    pub dataset: String,
    /// What the sender calls the file.
    pub file_name: String,
    /// `name=value` pairs.
    pub set: Vec<String>,
    /// Publish without asking.
    pub confirm: bool,
}

impl Upload {
    /// The import it asks for.
    pub fn with(self, file: StoredFile) -> NewImport {
        let Self { dataset, file_name, set, confirm } = self;
        NewImport { dataset, file_name, file, set, confirm }
    }
}

/// Sends a file to be imported.
///
/// The answer comes at once; ask for the import until its `state` is `published`, `ready` (it waits for `confirm`), `failed` or `cancelled`.
#[utoipa::path(post, path = "/api/v1/datasets/{dataset}/imports", request_body(content = shapes::UploadForm, content_type = "multipart/form-data"), responses((status = 202, description = "Begun", body = ImportView)))]
pub async fn upload(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(dataset): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, AppError> {
    let grant = session.grant::<ImportData>()?;
    let mut body = body.into_data_stream();
    let received = receive(&state, dataset, &headers, &mut body).await;
    let (upload, file) = match received {
        Ok(received) => received,
        Err(refused) => {
            hear_out(&mut body).await;
            return Err(refused);
        }
    };
    if let Err(ended) = session.still(&state).await {
        state.run(move |services| service::discard(services, &file.sha256)).await?;
        return Err(ended);
    }
    state
        .run(move |services| {
            let import = service::begin(services, &grant, &upload.with(file))?;
            Ok((StatusCode::ACCEPTED, Json(ImportView::of(services, &import))).into_response())
        })
        .await
}

/// Reads the form and stores its file.
async fn receive(
    state: &AppState,
    dataset: String,
    headers: &HeaderMap,
    body: &mut BodyDataStream,
) -> Result<(Upload, StoredFile), AppError> {
    let length = upload::announced_bytes(state, headers)?;
    let boundary = upload::boundary(headers).ok_or_else(|| {
        AppError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "Unsupported media type",
            "Send the file as multipart/form-data in the field `file`.",
        )
    })?;
    let mut form = multer::Multipart::new(body, boundary);
    let mut upload = Upload { dataset, ..Upload::default() };
    let mut file = None;
    let mut fields = 0;
    while let Some(mut field) = form.next_field().await.map_err(|error| broken(&error))? {
        fields += 1;
        if fields > MAX_FIELDS {
            return Err(AppError::invalid(format!("An upload has at most {MAX_FIELDS} fields.")));
        }
        match field.name().unwrap_or_default() {
            "file" if file.is_none() => {
                upload.file_name = upload::file_name(&field).unwrap_or_else(|| "upload.csv".to_owned());
                let mut storing = Storing::begin(state, length).await?;
                while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
                    storing.write(chunk).await?;
                }
                file = Some(storing.finish().await?);
            }
            "file" => return Err(AppError::invalid("One file at a time: `file` was sent twice.")),
            "set" => upload.set.push(text(field).await?),
            "confirm" => {
                upload.confirm = match text(field).await?.as_str() {
                    "true" | "1" | "on" => true,
                    "false" | "0" | "" => false,
                    other => {
                        return Err(AppError::invalid(format!(
                            "confirm: `{}`: expected true or false.",
                            excerpt(other)
                        )));
                    }
                }
            }
            other => {
                return Err(AppError::invalid(format!(
                    "`{}` means nothing here; expected file, set, confirm.",
                    excerpt(other)
                )));
            }
        }
    }
    match file {
        Some(file) => Ok((upload, file)),
        None => Err(AppError::invalid("The field `file` with the file to import is missing.")),
    }
}

/// The newest 200 imports.
#[utoipa::path(get, path = "/api/v1/imports", responses((status = 200, description = "Done", body = shapes::Imports)))]
pub async fn list(State(state): State<AppState>, session: CurrentSession) -> Result<Response, AppError> {
    let (grant, scope) = (session.grant::<ImportData>()?, session.scope());
    state
        .run(move |services| {
            let imports: Vec<ImportView> = service::list(services, &grant, 200)?
                .iter()
                .map(|import| ImportView::for_reader(services, import, &grant, &scope))
                .collect();
            Ok(Json(serde_json::json!({ "imports": imports })).into_response())
        })
        .await
}

/// One import: how far it has come, what was found.
#[utoipa::path(get, path = "/api/v1/imports/{import}", responses((status = 200, description = "Done", body = ImportView)))]
pub async fn show(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(import): Path<String>,
) -> Result<Response, AppError> {
    answer(state, &session, &import, service::get).await
}

/// What comes with a decision to publish.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// `held_back_by` of the import, where that is published all the same.
    #[serde(default)]
    held_back_by: Option<String>,
}

/// Publishes what was only checked, or held back.
#[utoipa::path(post, path = "/api/v1/imports/{import}/confirm", request_body(content = Option<Confirmation>, content_type = "application/json"), responses((status = 200, description = "Done", body = ImportView)))]
pub async fn confirm(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(import): Path<String>,
    PerhapsJson(confirmation): PerhapsJson<Confirmation>,
) -> Result<Response, AppError> {
    let anyway = confirmation.held_back_by.map_or(Anyway::No, Anyway::These);
    answer(state, &session, &import, move |services, grant, id| {
        service::confirm(services, grant, id, &anyway)
    })
    .await
}

/// Cancels an import that is not published yet.
#[utoipa::path(post, path = "/api/v1/imports/{import}/cancel", responses((status = 200, description = "Done", body = ImportView)))]
pub async fn cancel(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(import): Path<String>,
) -> Result<Response, AppError> {
    answer(state, &session, &import, service::cancel).await
}

/// The rows that could not be read, with reasons, as CSV.
#[utoipa::path(get, path = "/api/v1/imports/{import}/rejects", responses((status = 200, description = "The file", content((String = "text/csv")))))]
pub async fn rejects(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(import): Path<String>,
) -> Result<Response, AppError> {
    let (grant, scope) = (session.grant::<ImportData>()?, session.scope());
    let id = parse(&import)?;
    let path = state
        .run(move |services| {
            let import = service::get(services, &grant, id)?;
            if !service::may_see_cells(&import, &grant, &scope) {
                return Err(ServiceError::NotFound(
                    "file of rejects that your scope allows you to read".to_owned(),
                ));
            }
            Ok(rejects_path(services.data_dir(), id))
        })
        .await?;
    let file = tokio::fs::File::open(&path)
        .await
        .map_err(|_| AppError::not_found("Every row of this import could be read: there are no rejects."))?;
    let body = Body::from_stream(tokio_util::io::ReaderStream::new(file));
    let mut response = body.into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    response
        .headers_mut()
        .insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"rejects.csv\""));
    Ok(response)
}

/// Does something with the import of this id and answers with it as it then is.
async fn answer(
    state: AppState,
    session: &CurrentSession,
    import: &str,
    act: impl FnOnce(&Services, &Grant<ImportData>, ImportId) -> Result<Import, ServiceError> + Send + 'static,
) -> Result<Response, AppError> {
    let (grant, scope) = (session.grant::<ImportData>()?, session.scope());
    let id = parse(import)?;
    state
        .run(move |services| {
            let import = act(services, &grant, id)?;
            Ok(Json(ImportView::for_reader(services, &import, &grant, &scope)).into_response())
        })
        .await
}

fn parse(id: &str) -> Result<ImportId, AppError> {
    id.parse().map_err(|_| AppError::not_found(format!("There is no import `{id}`.")))
}
