//! `GET /admin/copies`, `POST /admin/copies/test`, `…/retry`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::view::{Done, copies_page};
use crate::services::authorize::ManageSite;
use crate::services::user_files::copies;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// How it stands, with a form to try the store.
pub async fn show(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let overview = state.run(move |services| copies::overview(services, &grant)).await?;
    let again = query.text("again").parse().ok();
    Ok(copies_page(&page, &overview, &Done { tested: None, again }))
}

/// Has everything that failed tried again now.
pub async fn retry(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let again = state.run(move |services| copies::retry_all(services, &grant)).await?;
    Ok(go_to(&format!("/admin/copies?again={again}")))
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
    Ok((status, copies_page(&page, &overview, &Done { tested: Some(&tested), again: None })).into_response())
}
