//! `GET /login`, `GET /admin-login`

use axum::extract::State;
use axum::response::Response;

use super::view::{LoginView, Note, login_page};
use crate::services::{bootstrap, sign_up};
use crate::web::error::AppError;
use crate::web::extract::{CurrentSession, Flow, FormData};
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// The sign-in form; who is signed in already goes on.
pub async fn show(
    State(state): State<AppState>,
    session: Result<CurrentSession, AppError>,
    flow: Flow,
    query: FormData,
) -> Result<Response, AppError> {
    let next = super::local_path(query.text("next"));
    if session.is_ok() {
        return Ok(go_to(next));
    }
    if !state.run(bootstrap::is_set_up).await? {
        return Ok(go_to("/setup"));
    }
    let note = [("signed-out", Note::SignedOut), ("password-set", Note::PasswordSet), ("ended", Note::Ended)]
        .into_iter()
        .find_map(|(name, note)| query.has(name).then_some(note));
    let view = LoginView { next, note, sign_up: sign_up::is_open(state.services()), ..LoginView::default() };
    Ok(login_page(&flow, &view))
}
