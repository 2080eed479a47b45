//! Only requests for us are answered.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::web::error::AppError;
use crate::web::state::AppState;

/// Refuses hosts that are not ours with 421 (RFC 9110 §15.5.20). The two health checks are exempt: they are asked
/// for by address and tell nothing.
pub async fn middleware(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let exempt = matches!(request.uri().path(), "/healthz" | "/readyz");
    if exempt || state.hosts().is_ours(request.uri(), request.headers()) {
        return next.run(request).await;
    }
    AppError::new(
        StatusCode::MISDIRECTED_REQUEST,
        "wrong-host",
        "Wrong host",
        "This site does not answer under that name. Its operator can add the name to server.hosts, without a port.",
    )
    .into_response()
}
