//! `POST /imports/{import}/cancel`

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

/// Stops an import at work, or puts one away that waits.
pub async fn cancel(
    State(state): State<AppState>,
    Path(import): Path<String>,
    PageForm { page, .. }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let id = parse(&import)?;
    match state.try_run(move |services| imports::cancel(services, &grant, id)).await? {
        Ok(_) => Ok(go_to(&format!("/imports/{id}"))),
        Err(ServiceError::Conflict(reason) | ServiceError::OutOfScope(reason)) => {
            answer(&state, &page, id, Notice::Refused(sentence(&reason))).await
        }
        Err(other) => Err(other.into()),
    }
}
