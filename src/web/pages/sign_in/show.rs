//! `GET /login`, `GET /admin-login`

use axum::extract::State;
use axum::response::Response;

use super::view::{Company, LoginView, Note, login_page};
use crate::services::sign_in::Door;
use crate::services::{bootstrap, sign_up};
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, CurrentSession, Flow, FormData};
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// The sign-in form; who is signed in already goes on.
pub async fn show(
    State(state): State<AppState>,
    address: ClientAddress,
    session: Result<CurrentSession, AppError>,
    flow: Flow,
    query: FormData,
) -> Result<Response, AppError> {
    show_at(Door::Everybody, state, address, session, flow, query).await
}

/// The same for admins.
pub async fn show_admin(
    State(state): State<AppState>,
    address: ClientAddress,
    session: Result<CurrentSession, AppError>,
    flow: Flow,
    query: FormData,
) -> Result<Response, AppError> {
    show_at(Door::Admins, state, address, session, flow, query).await
}

async fn show_at(
    door: Door,
    state: AppState,
    ClientAddress(address): ClientAddress,
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
    let sign_up = sign_up::is_open(state.services());
    let view = LoginView { next, note, sign_up, ..LoginView::new(door, Company::of(&state, address)) };
    Ok(login_page(&flow, &view))
}
