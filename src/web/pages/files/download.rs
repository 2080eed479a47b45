//! A file of a folder, as it was sent.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::services::user_files;
use crate::web::attachment::as_sent;
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
    let place = state.downloads().enter(page.user().id)?;
    state
        .run(move |services| {
            let file = user_files::find_own(services, &live, id)?;
            let name = user_files::download_name(services, &file.sha256, &file.name)?;
            Ok(as_sent(&name, file.bytes, user_files::open(services, &file)?, place))
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
    let place = state.downloads().enter(page.user().id)?;
    state
        .run(move |services| {
            let file = user_files::note_download(services, &office, user, id)?;
            let name = user_files::download_name(services, &file.sha256, &file.name)?;
            Ok(as_sent(&name, file.bytes, user_files::open(services, &file)?, place))
        })
        .await
}
