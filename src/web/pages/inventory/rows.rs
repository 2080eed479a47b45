//! Fragments for scripts: a block of rows, and which generation is current.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{Html, IntoResponse, Response};

use super::grid::{self, Labels, RowLinks, shown_columns};
use super::show::{resolve, search_of};
use super::state::ViewState;
use crate::domain::ids::GenerationId;
use crate::search::view::View;
use crate::services::{ServiceError, Services, datasets};
use crate::web::error::AppError;
use crate::web::extract::{CurrentSession, FormData};
use crate::web::state::AppState;
use crate::web::ui::format::count;
use crate::web::ui::t_with;

/// Rows of one block at the most.
const MAX_ROWS: usize = 200;

/// `GET /datasets/{dataset}/rows`: some rows of the table, from `offset` on. With `generation` they are of that one
/// as long as it is there, so that rows do not shift under somebody who scrolls; a header says which it was.
pub async fn rows(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let scope = session.scope();
    let (html, generation) = state
        .run(move |services| {
            let query = query.unwrap_or_default();
            let wanted = FormData::parse(query.as_bytes()).text("generation").parse().ok().map(GenerationId);
            let today = datasets::site_today(services);
            let open = match ViewState::parse(&query)?.up_to(today, today).as_of {
                Some(day) => datasets::open_as_of(services, &dataset, day, &scope)?,
                None => datasets::open_readable(services, &dataset, wanted, &scope)?,
            };
            let all = open.view.columns();
            let rows = block(services, &open.view, &query, &RowLinks::of(&open.dataset.slug, &all))?;
            Ok((rows, open.generation.0))
        })
        .await?;
    let mut response = Html(html).into_response();
    response.headers_mut().insert(HeaderName::from_static("x-generation"), HeaderValue::from(generation));
    Ok(response)
}

/// The block of rows that an address's query asks for.
///
/// # Errors
/// As for the page.
pub fn block(
    services: &Services,
    view: &View,
    query: &str,
    links: &RowLinks<'_>,
) -> Result<String, ServiceError> {
    let limit = FormData::parse(query.as_bytes()).text("limit").parse().unwrap_or(100_usize).min(MAX_ROWS);
    let state = resolve(ViewState::parse(query)?, view);
    let found = view.search(&search_of(services, &state, view)?)?;
    let window = view.window(&found, state.offset, limit);
    let columns = shown_columns(&state, &view.columns(), &[]);
    Ok(grid::rows(&columns, &window, state.offset, Labels::OfCards, links).into_string())
}

/// `GET /datasets/{dataset}/generation`: which generation is current and how much is in it, for pages that are open
/// for long.
pub async fn generation(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(dataset): Path<String>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    let (generation, rows) = state
        .run(move |services| {
            let open = datasets::open_readable(services, &dataset, None, &scope)?;
            Ok((open.generation.0, open.view.total()))
        })
        .await?;
    let text = t_with("inventory-news-rows", &[("n", rows.into()), ("rows", count(rows).into())]);
    Ok(Json(serde_json::json!({ "generation": generation, "text": text })).into_response())
}
