//! `GET /admin/analytics`, `GET /admin/analytics/{table}`

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;

use super::tables::{TableName, csv_of};
use super::view::analytics_page;
use crate::services::analytics::{self, Analytics};
use crate::services::authorize::ReadAudit;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;

/// The zone in which days are counted: the site's, so that two readers see the same figures.
fn site_zone(state: &AppState) -> TimeZone {
    let zone = state.config().site.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok());
    zone.unwrap_or_else(TimeZone::system)
}

async fn look(state: &AppState, page: &Page, days: u32) -> Result<Analytics, AppError> {
    let grant = page.grant::<ReadAudit>()?;
    let (scope, zone) = (page.user().scope(), site_zone(state));
    state.run(move |services| analytics::look(services, &grant, &scope, days, &zone)).await
}

fn days_of(query: &FormData) -> u32 {
    if query.text("days") == "90" { 90 } else { 14 }
}

/// The figures.
pub async fn show(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    let days = days_of(&query);
    let figures = look(&state, &page, days).await?;
    Ok(analytics_page(
        &page,
        &figures,
        (days, query.text("quantity")),
        &site_zone(&state),
        state.services().now(),
    ))
}

/// One table of them as CSV.
pub async fn table(
    State(state): State<AppState>,
    Path(table): Path<String>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    page.grant::<ReadAudit>()?;
    let name =
        TableName::parse(&table).ok_or_else(|| AppError::not_found("There is nothing at this address."))?;
    let figures = look(&state, &page, days_of(&query)).await?;
    let text = csv_of(name, &figures).map_err(|error| AppError::internal(error.to_string()))?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", name.file())),
    ];
    Ok((headers, text).into_response())
}
