//! `GET /datasets/{dataset}/history`

use axum::extract::{Path, State};
use axum::response::Response;

use super::view::{HistoryView, PAGE_ROWS, history_page};
use crate::services::authorize::ImportData;
use crate::services::history;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::{NavItem, t_with};

/// The history, newest first.
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    Path(dataset): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    answer(&state, &page, dataset, &query, None).await
}

/// The page, with what could not be done.
pub async fn answer(
    state: &AppState,
    page: &Page,
    dataset: String,
    query: &FormData,
    refused: Option<String>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let number: usize = query.text("page").parse().unwrap_or(1).max(1);
    let skip = (number - 1).saturating_mul(PAGE_ROWS);
    let history =
        state.run(move |services| history::of(services, &grant, &dataset, (skip, PAGE_ROWS))).await?;
    let title = t_with("history-title", &[("dataset", history.dataset.name.as_str().into())]);
    let view = HistoryView {
        history: &history,
        page: number,
        csrf: &page.csrf(),
        zone: page.look.zone(),
        now: state.services().now(),
        went_back: query.has("back"),
        refused: refused.as_deref(),
        title: &title,
    };
    let mut response = page.show(NavItem::Imports, &title, &[], &history_page(&view));
    if refused.is_some() {
        *response.status_mut() = axum::http::StatusCode::CONFLICT;
    }
    Ok(response)
}
