//! `POST /imports/{import}/publish`

use axum::extract::{Path, State};
use axum::response::Response;

use super::parse;
use super::settings::{choose, seen};
use super::show::{Notice, answer};
use crate::services::ServiceError;
use crate::services::authorize::ImportData;
use crate::services::imports::{Anyway, Confirmed, Meant, confirm_seen, preview::Changed};
use crate::web::error::{AppError, sentence};
use crate::web::extract::{Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Publishes what was checked. Choices that the preview did not show yet are shown first: nobody publishes what
/// they have not seen.
pub async fn publish(
    State(state): State<AppState>,
    Path(import): Path<String>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let id = parse(&import)?;
    if form.has("shape") {
        match choose(&state, &page, id, &form).await? {
            Ok(Changed::Nothing) => {}
            Ok(_) => return Ok(go_to(&format!("/imports/{id}?changed=1"))),
            Err(notice) => return answer(&state, &page, id, notice).await,
        }
    }
    let seen = seen(&form);
    let anyway = if form.has("anyway") { Anyway::These(form.text("anyway").to_owned()) } else { Anyway::No };
    let meant = Meant { empty: form.has("empty"), anyway };
    match state.try_run(move |services| confirm_seen(services, &grant, id, &seen, &meant)).await? {
        Ok(Confirmed::Elsewhere) => answer(&state, &page, id, Notice::Elsewhere).await,
        Ok(Confirmed::Done) => Ok(go_to(&format!("/imports/{id}"))),
        Err(ServiceError::Conflict(reason) | ServiceError::OutOfScope(reason)) => {
            answer(&state, &page, id, Notice::Refused(sentence(&reason))).await
        }
        Err(other) => Err(other.into()),
    }
}
