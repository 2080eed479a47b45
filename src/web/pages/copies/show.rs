//! `GET /admin/copies`, `POST /admin/copies/test`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::view::copies_page;
use crate::services::authorize::ManageSite;
use crate::services::user_files::copies;
use crate::web::error::AppError;
use crate::web::extract::{Page, PageForm};
use crate::web::state::AppState;

/// How it stands, with a form to try the store.
pub async fn show(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let overview = state.run(move |services| copies::overview(services, &grant)).await?;
    Ok(copies_page(&page, &overview, None))
}

/// Tries the store and shows each step. The answer to a post, because it is kept nowhere but in the audit log.
pub async fn test(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let (tries, looks) = (page.grant::<ManageSite>()?, page.grant::<ManageSite>()?);
    let tested = state.try_asking(move |services| copies::test(services, &tries)).await??;
    let overview = state.run(move |services| copies::overview(services, &looks)).await?;
    let status = if tested.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, copies_page(&page, &overview, Some(&tested))).into_response())
}
