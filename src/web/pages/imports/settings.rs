//! `POST /imports/{import}/settings`

use axum::extract::{Path, State};
use axum::response::Response;

use super::show::{Notice, answer};
use super::{choices, parse};
use crate::domain::ids::ImportId;
use crate::services::ServiceError;
use crate::services::authorize::ImportData;
use crate::services::imports::preview::{self, Changed};
use crate::web::error::AppError;
use crate::web::extract::{Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Reads the file another way and shows what comes of it.
pub async fn settings(
    State(state): State<AppState>,
    Path(import): Path<String>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    page.grant::<ImportData>()?;
    let id = parse(&import)?;
    match choose(&state, &page, id, &form).await? {
        Ok(_) => Ok(go_to(&format!("/imports/{id}"))),
        Err(reason) => answer(&state, &page, id, Notice::Refused(reason)).await,
    }
}

/// Puts the choices of a form into effect, or says why not.
pub async fn choose(
    state: &AppState,
    page: &Page,
    id: ImportId,
    form: &crate::web::extract::FormData,
) -> Result<Result<Changed, String>, AppError> {
    let grant = page.grant::<ImportData>()?;
    let choices = choices::read(form)?;
    match state.try_run(move |services| preview::choose(services, &grant, id, &choices)).await? {
        Ok(changed) => Ok(Ok(changed)),
        Err(ServiceError::Invalid { message, .. } | ServiceError::Conflict(message)) => {
            Ok(Err(crate::web::error::sentence(&message)))
        }
        Err(other) => Err(other.into()),
    }
}
