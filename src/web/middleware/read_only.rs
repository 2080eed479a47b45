//! A site that is read-only refuses whatever would change something, before anybody looks at it. Signing in and out is let
//! through: sessions are in memory then, and gone with the process.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::web::error::AppError;
use crate::web::state::AppState;

/// What is done for oneself and for this visit alone.
const LET_THROUGH: &[&str] = &[
    "/login",
    "/login/code",
    "/admin-login",
    "/logout",
    "/api/v1/auth/login",
    "/api/v1/auth/logout",
    "/auth/login",
    "/auth/logout",
];

/// Refuses it with 503.
pub async fn middleware(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let only_reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if only_reads || !state.services().is_read_only() || LET_THROUGH.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    AppError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "read-only",
        "Read-only just now",
        "Nothing was changed: this site is read-only for the time being. Everything can be looked at and downloaded; \
         try again later, or ask its operator (`server.read_only`).",
    )
    .into_response()
}
