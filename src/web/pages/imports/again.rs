//! `POST /imports/{import}/again`

use axum::extract::{Path, State};
use axum::response::Response;

use super::parse;
use super::show::{Notice, answer};
use crate::services::ServiceError;
use crate::services::authorize::ImportData;
use crate::services::imports;
use crate::web::error::{AppError, sentence};
use crate::web::extract::{Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Begins an import of the same stored file anew.
pub async fn again(
    State(state): State<AppState>,
    Path(import): Path<String>,
    PageForm { page, .. }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let (id, scope) = (parse(&import)?, page.session.scope());
    match state.try_run(move |services| imports::read_again(services, &grant, &scope, id)).await? {
        Ok(begun) => Ok(go_to(&format!("/imports/{}", begun.id))),
        Err(
            ServiceError::Conflict(message)
            | ServiceError::OutOfScope(message)
            | ServiceError::Invalid { message, .. },
        ) => answer(&state, &page, id, Notice::Refused(sentence(&message))).await,
        Err(other) => Err(other.into()),
    }
}
