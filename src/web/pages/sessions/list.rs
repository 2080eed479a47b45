//! `GET /admin/sessions`

use axum::extract::State;
use axum::response::Response;

use super::view::{SessionsQuery, sessions_page};
use crate::services::authorize::ManageUsers;
use crate::services::signed_in_now;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;

/// Who is signed in.
pub async fn list(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let live = page.session.live().clone();
    let query = SessionsQuery::of(&query);
    let (words, number) = (query.words.clone(), query.page);
    let list =
        state.run(move |services| signed_in_now::list(services, &grant, &live, &words, number)).await?;
    Ok(sessions_page(&page, &query, &list, state.services().now()))
}
