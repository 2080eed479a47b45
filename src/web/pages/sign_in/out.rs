//! `POST /logout`, `GET /session`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::services::sessions;
use crate::web::error::AppError;
use crate::web::extract::{AnyPage, AnySession, PageForm};
use crate::web::pages::go_to;
use crate::web::signed_in;
use crate::web::state::AppState;

/// Ends this session everywhere and leaves nothing in the browser.
pub async fn sign_out(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm<AnyPage>,
) -> Result<Response, AppError> {
    let AnySession { live, address, .. } = page.session;
    state.run(move |services| sessions::end(services, &live.session, address)).await?;
    Ok(signed_in::end(&state, go_to("/login?signed-out=1")))
}

/// How long the session goes on. Asked with the mark of the background it changes nothing; asked by a person it is
/// the sign of life that lengthens it.
pub async fn extend(State(state): State<AppState>, session: AnySession) -> Result<Response, AppError> {
    let seconds = state.run(move |services| Ok(sessions::ends_in(services, &session.live).as_secs())).await?;
    Ok((StatusCode::OK, axum::Json(serde_json::json!({ "seconds": seconds }))).into_response())
}
