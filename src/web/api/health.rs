//! Whether the process is up, and whether it can work.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::services::bootstrap;
use crate::web::state::AppState;

/// `GET /healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store answers and the server is not stopping.
pub async fn readyz(State(state): State<AppState>) -> Response {
    if state.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match state.run(bootstrap::is_set_up).await {
        Ok(true) => "ready\n".into_response(),
        Ok(false) => "ready; no admin yet, run `stockroom init`\n".into_response(),
        Err(error) => error.into_response(),
    }
}
