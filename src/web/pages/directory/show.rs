//! `GET /admin/directory`

use axum::extract::State;
use axum::response::Response;

use super::view::{View, directory_page};
use crate::services::authorize::ManageSite;
use crate::services::directory;
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;

/// The settings, with a form to try them.
pub async fn show(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let services = state.services();
    let config = directory::settings(services, &grant);
    let view = View { config: config.as_ref(), shown: &services.config().shown, user: "", tested: None };
    Ok(directory_page(&page, &view))
}
