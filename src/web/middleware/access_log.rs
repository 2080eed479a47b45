//! One line a request: method, path, status, time. Never the query, which may hold what people look for.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

/// A path that is none of ours. What begins like a live link may hold the key of one, mistyped.
fn unmatched(path: &str) -> String {
    if path.starts_with("/live/") { "/live/…".to_owned() } else { path.chars().take(200).collect() }
}

/// Logs the request once it is answered.
pub async fn middleware(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // The pattern where there is one: ids in paths say nothing to a reader and much to a thief.
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| unmatched(request.uri().path()), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let millis = begun.elapsed().as_millis() as u64;
    tracing::info!(target: "stockroom::access", %method, path, status, millis, "{method} {path} {status} {millis} ms");
    response
}

#[cfg(test)]
mod tests {
    use super::unmatched;

    #[test]
    fn the_key_of_a_live_link_is_not_logged_however_it_is_mistyped() {
        assert_eq!(unmatched("/live/SeCrEt"), "/live/…");
        assert_eq!(unmatched("/live/SeCrEt/a/b.csv"), "/live/…");
        assert_eq!(unmatched("/nothing/here"), "/nothing/here");
    }
}
