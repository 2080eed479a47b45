//! `GET /imports/{import}/original`

use axum::extract::{Path, State};
use axum::response::Response;

use super::parse;
use crate::services::authorize::ImportData;
use crate::services::imports;
use crate::web::attachment::as_sent;
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;

/// The file that an import came from, as it was sent.
pub async fn original(
    State(state): State<AppState>,
    page: Page,
    Path(import): Path<String>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let id = parse(&import)?;
    let scope = page.session.scope();
    let place = state.downloads().enter(page.user().id)?;
    state
        .run(move |services| {
            let (import, content) = imports::open_original(services, &grant, &scope, id)?;
            Ok(as_sent(&import.file_name, import.file_bytes, content, place))
        })
        .await
}
