//! How numbers and dates are written in an answer: as the site has it, until a page finds out whose it is.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::web::state::AppState;
use crate::web::ui::reader;

/// Begins with the site's.
pub async fn middleware(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let of_site = state.config().site.formats;
    reader::answering(of_site, next.run(request)).await
}
