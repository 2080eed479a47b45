//! `POST /account/sessions/{session}/end`, `POST /account/sessions/end-others`

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use crate::services::account;
use crate::services::sessions::token_hash;
use crate::web::cookies::find_cookie;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Ends one of one's own sessions.
pub async fn end_one(
    State(state): State<AppState>,
    Path(session): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    state.run(move |services| account::end_session(services, &live, &session, address)).await?;
    Ok(go_to("/account?done=session"))
}

/// Ends all but this one.
pub async fn end_others(
    State(state): State<AppState>,
    headers: HeaderMap,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    let device = find_cookie(&headers, state.cookies().device()).map(token_hash);
    state.run(move |services| account::end_other_sessions(services, &live, device.as_ref(), address)).await?;
    Ok(go_to("/account?done=sessions"))
}
