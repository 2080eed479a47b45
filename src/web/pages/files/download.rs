//! A file as it was sent, as an attachment that no browser runs.

use std::io;

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use crate::domain::user_file::UserFile;
use crate::services::{Services, user_files};
use crate::web::api::datasets::stream;
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;

/// `GET /files/{file}/download`: of one's own.
pub async fn download(
    State(state): State<AppState>,
    page: Page,
    Path(file): Path<String>,
) -> Result<Response, AppError> {
    let id = super::parse(&file)?;
    let live = page.session.live().clone();
    state
        .run(move |services| {
            let file = user_files::find_own(services, &live, id)?;
            send(services, &file)
        })
        .await
}

/// `GET /files/folders/{folder}/{file}/download`: of somebody, which is written down.
pub async fn download_of(
    State(state): State<AppState>,
    page: Page,
    Path((folder, file)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let office = super::office(&page)?;
    let (user, id) = (super::parse(&folder)?, super::parse(&file)?);
    state
        .run(move |services| {
            let file = user_files::note_download(services, &office, user, id)?;
            send(services, &file)
        })
        .await
}

fn send(services: &Services, file: &UserFile) -> Result<Response, crate::services::ServiceError> {
    let mut content = user_files::open(services, file)?;
    let copy = move |writer: &mut _| io::copy(&mut content, writer).map(|_| ());
    // Whatever it holds, a browser is not to guess: it is bytes.
    let mut response = stream("application/octet-stream", Some(&file.name), copy);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(file.bytes));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("same-origin"));
    Ok(response)
}
