//! One line a request: method, pattern of the route, status, time. No path that somebody made up, and no query, which may
//! hold what people look for.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::web::state::AppState;

/// Logs and counts the request once it is answered.
pub async fn middleware(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // Ids in paths say nothing to a reader and much to a thief, and what is no address of ours may hold anything.
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let path = matched.as_ref().map_or("-", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let elapsed = begun.elapsed();
    state.requests().note(&method, matched.as_ref().map(MatchedPath::as_str), status, elapsed);
    let millis = elapsed.as_millis() as u64;
    tracing::info!(target: "stockroom::access", %method, path, status, millis, "{method} {path} {status} {millis} ms");
    response
}
