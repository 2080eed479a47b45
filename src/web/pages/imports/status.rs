//! `GET /imports/{import}/status`: the part of the page that follows the work, asked for again and again.

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::response::{Html, IntoResponse, Response};

use super::mapping_view::counted_rows;
use super::parse;
use super::show::read;
use super::status_view::{Phase, StatusView, status_panel};
use crate::services::authorize::ImportData;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use maud::html;

/// How far it is. Where the import has come to another part of its life, the page is loaded anew.
pub async fn status(
    State(state): State<AppState>,
    page: Page,
    Path(import): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let id = parse(&import)?;
    let session = page.session.clone();
    let shown = state.run(move |services| read(services, &grant, &session, id)).await?;
    let view =
        StatusView { shown: &shown, csrf: &page.csrf(), zone: page.look.zone(), now: state.services().now() };
    // The heading of the first rows said how many there are about.
    let counted = counted_rows(&shown.import, true).unwrap_or_default();
    let fragment = html! { (status_panel(&view)) (counted) };
    let mut response = Html(fragment.into_string()).into_response();
    let phase = Phase::of(&shown.import);
    if query.text("at") == Phase::Waiting.word() && phase != Phase::Waiting {
        response.headers_mut().insert("hx-refresh", HeaderValue::from_static("true"));
    }
    Ok(response)
}
