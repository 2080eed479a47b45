//! `POST /admin/approvals/dismiss`

use axum::extract::State;
use axum::response::Response;

use crate::domain::ids::TokenId;
use crate::services::approvals;
use crate::services::authorize::ManageUsers;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Takes forgotten passwords from the list: the one beside the button, or those that are ticked.
pub async fn dismiss(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let field = if form.has("only") { "only" } else { "request" };
    let ids: Vec<TokenId> = form.all(field).filter_map(|id| id.parse().ok()).collect();
    if ids.is_empty() {
        return Ok(go_to("/admin/approvals?done=none"));
    }
    let dismissed = state.run(move |services| approvals::dismiss(services, &grant, &ids)).await?;
    Ok(go_to(&format!("/admin/approvals?done=dismissed&n={dismissed}")))
}
