//! `GET /admin/settings`

use axum::extract::State;
use axum::response::Response;

use super::view::{SettingsView, settings_page};
use crate::services::authorize::ManageSite;
use crate::services::settings;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;

/// All settings of the page.
pub async fn show(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let settings = state.run(move |services| Ok(settings::list(services, &grant))).await?;
    let saved = query.text("saved").parse().ok();
    let view = SettingsView { settings: &settings, saved, typed: None, errors: &[] };
    Ok(settings_page(&page, &view))
}
