//! `GET /login`, `GET /admin-login`

use axum::extract::State;
use axum::response::Response;

use super::view::{LoginView, login_page};
use crate::services::bootstrap;
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
    let view = LoginView {
        next,
        signed_out: query.has("signed-out"),
        ended: query.has("ended"),
        ..LoginView::default()
    };
    Ok(login_page(&flow, &view))
}
