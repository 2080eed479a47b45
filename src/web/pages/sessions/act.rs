//! `POST /admin/sessions/{session}/end`, `POST /admin/sessions/end-others`

use axum::extract::{Path, State};
use axum::response::Response;

use super::ask::back;
use crate::services::authorize::ManageUsers;
use crate::services::signed_in_now;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Signs one browser out.
pub async fn end(
    State(state): State<AppState>,
    Path(session): Path<String>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let ended = state.run(move |services| signed_in_now::end(services, &grant, &session)).await?;
    Ok(go_to(&back(&form, &[("ended", ended.as_deref().unwrap_or_default())])))
}

/// Signs out everybody else.
pub async fn end_others(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    if !form.has("confirm") {
        return Ok(go_to("/admin/sessions?unconfirmed=1"));
    }
    let live = page.session.live().clone();
    let ended = state.run(move |services| signed_in_now::end_all_but(services, &grant, &live)).await?;
    Ok(go_to(&format!("/admin/sessions?ended-others={ended}")))
}
