//! `GET /admin/customers/coverage`, `GET /admin/customers/coverage.csv`

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::coverage_view::coverage_page;
use crate::services::authorize::ManageUsers;
use crate::services::users::coverage;
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;

/// Who sees the rows of whom, and what falls through.
pub async fn show_coverage(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let scope = page.session.scope();
    let report = state.run(move |services| coverage::report(services, &grant, &scope)).await?;
    Ok(coverage_page(&page, &report))
}

/// The same as a table.
pub async fn coverage_csv(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let scope = page.session.scope();
    let csv = state.run(move |services| coverage::csv(&coverage::report(services, &grant, &scope)?)).await?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"coverage.csv\""),
    ];
    Ok((headers, csv).into_response())
}
