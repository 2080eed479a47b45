//! `GET /account`

use axum::extract::State;
use axum::response::Response;

use super::view::{Done, account_page};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;

/// Name, password, look and sessions.
pub async fn show(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    let mut view = super::load(&state, &page).await?;
    view.done = Done::parse(query.text("done"));
    Ok(account_page(&page, &view))
}
