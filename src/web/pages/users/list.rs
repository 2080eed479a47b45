//! `GET /admin/customers`

use axum::extract::State;
use axum::response::Response;

use super::list_view::list_page;
use super::view::parse_status;
use crate::services::authorize::ManageUsers;
use crate::services::users::listing::{self, UserQuery};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;

/// Who there is, searched by name and filtered by status.
pub async fn list(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let imported = query.text("imported").parse::<usize>().ok();
    let query = UserQuery {
        words: query.text("q").to_owned(),
        status: parse_status(query.text("status")),
        page: query.text("page").parse::<usize>().map_or(0, |page| page.saturating_sub(1)),
    };
    let (list, query) =
        state.run(move |services| Ok((listing::search(services, &grant, &query)?, query))).await?;
    Ok(list_page(&page, &query, &list, imported, state.services().now()))
}
