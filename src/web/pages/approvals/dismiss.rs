//! `POST /admin/approvals/{request}/dismiss`

use axum::extract::{Path, State};
use axum::response::Response;

use crate::services::approvals;
use crate::services::authorize::ManageUsers;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Takes a forgotten password from the list.
pub async fn dismiss(
    State(state): State<AppState>,
    Path(request): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    state.run(move |services| approvals::dismiss(services, &grant, &request)).await?;
    Ok(go_to("/admin/approvals?done=dismissed"))
}
