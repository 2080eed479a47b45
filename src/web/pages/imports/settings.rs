//! `POST /imports/{import}/settings`

use axum::extract::{Path, State};
use axum::response::Response;

use super::show::{Notice, answer};
use super::{choices, parse};
use crate::domain::ids::ImportId;
use crate::services::ServiceError;
use crate::services::authorize::ImportData;
use crate::services::imports::Seen;
use crate::services::imports::preview::{self, Changed};
use crate::web::error::{AppError, sentence};
use crate::web::extract::{FormData, Page, PageForm};
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
        Err(notice) => answer(&state, &page, id, notice).await,
    }
}

/// Puts the choices of a form into effect, or says why not.
pub async fn choose(
    state: &AppState,
    page: &Page,
    id: ImportId,
    form: &FormData,
) -> Result<Result<Changed, Notice>, AppError> {
    let grant = page.grant::<ImportData>()?;
    let scope = page.session.scope();
    let (seen, choices) = (seen(form), choices::read(form)?);
    match state
        .try_run(move |services| preview::choose(services, (&grant, &scope), id, &seen, &choices))
        .await?
    {
        Ok(Changed::Elsewhere) => Ok(Err(Notice::Elsewhere)),
        Ok(changed) => Ok(Ok(changed)),
        Err(
            ServiceError::Invalid { message, .. }
            | ServiceError::Conflict(message)
            | ServiceError::OutOfScope(message),
        ) => Ok(Err(Notice::Refused(sentence(&message)))),
        Err(other) => Err(other.into()),
    }
}

/// What the form's page showed.
pub fn seen(form: &FormData) -> Seen {
    Seen { version: form.text("version").to_owned(), page: form.text("page").to_owned() }
}
