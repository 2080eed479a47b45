//! `GET /site.css`: the site's own colours. Its address says which, so that browsers ask again only after a change.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::web::state::AppState;
use crate::web::ui::site_style::style_sheet;

/// The sheet.
pub async fn style(State(state): State<AppState>) -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=86400")];
    (headers, style_sheet(&state.config().site)).into_response()
}
