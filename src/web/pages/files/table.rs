//! A file of a folder in the grid: all its rows, searched, filtered and sorted.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use crate::domain::user_file::UserFile;
use crate::search::view::View;
use crate::services::user_files::{self, open_table};
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::pages::inventory::{file_rows, file_table};
use crate::web::state::AppState;

fn opened(services: &Services, file: UserFile) -> Result<(UserFile, Option<View>), ServiceError> {
    let view = open_table(services, &file)?;
    Ok((file, view))
}

/// `GET /files/{file}/table`: of one's own.
pub async fn table(
    State(state): State<AppState>,
    page: Page,
    headers: HeaderMap,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let id = super::parse(&file)?;
    let live = page.session.live().clone();
    let address = (format!("/files/{id}"), query.unwrap_or_default());
    file_table(&state, page, headers, address, move |services| {
        opened(services, user_files::find_own(services, &live, id)?)
    })
    .await
}

/// `GET /files/{file}/rows`: a block of its rows.
pub async fn rows(
    State(state): State<AppState>,
    page: Page,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let id = super::parse(&file)?;
    let live = page.session.live().clone();
    file_rows(&state, query.unwrap_or_default(), move |services| {
        opened(services, user_files::find_own(services, &live, id)?)
    })
    .await
}

/// `GET /files/folders/{folder}/{file}/table`: of somebody, which is written down.
pub async fn table_of(
    State(state): State<AppState>,
    page: Page,
    headers: HeaderMap,
    Path((folder, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let office = super::office(&page)?;
    let (user, id) = (super::parse(&folder)?, super::parse(&file)?);
    let address = (format!("/files/folders/{user}/{id}"), query.unwrap_or_default());
    // Once for a page; not for each search and each block of rows on it.
    let is_first = address.1.is_empty() && !headers.contains_key("hx-request");
    file_table(&state, page, headers, address, move |services| {
        let file = if is_first {
            user_files::note_download(services, &office, user, id)?
        } else {
            user_files::find_in_folder(services, &office, user, id)?
        };
        opened(services, file)
    })
    .await
}

/// `GET /files/folders/{folder}/{file}/rows`: a block of its rows.
pub async fn rows_of(
    State(state): State<AppState>,
    page: Page,
    Path((folder, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let office = super::office(&page)?;
    let (user, id) = (super::parse(&folder)?, super::parse(&file)?);
    file_rows(&state, query.unwrap_or_default(), move |services| {
        opened(services, user_files::find_in_folder(services, &office, user, id)?)
    })
    .await
}
