//! The whole route table.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::api::{auth, datasets, health, imports};
use super::error::AppError;
use super::middleware::{access_log, headers, host, panic, problem, request_id};
use super::state::AppState;
use super::{admin_socket, home};

/// Everything that is answered over the network.
pub fn router(state: AppState) -> Router {
    let routes = Router::new()
        .route("/", get(home::home))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/api/v1/auth/login", post(auth::login))
        .route("/api/v1/auth/logout", post(auth::logout))
        .route("/api/v1/auth/me", get(auth::me))
        .route("/api/v1/auth/password", post(auth::change_password))
        .route("/api/v1/datasets", get(datasets::list))
        .route("/api/v1/datasets/{dataset}", get(datasets::show))
        .route("/api/v1/datasets/{dataset}/rows", get(datasets::rows))
        .route("/api/v1/datasets/{dataset}/facets", get(datasets::facets))
        .route("/api/v1/datasets/{dataset}/export", get(datasets::export))
        .route("/api/v1/datasets/{dataset}/imports", post(imports::upload))
        .route("/api/v1/imports", get(imports::list))
        .route("/api/v1/imports/{import}", get(imports::show))
        .route("/api/v1/imports/{import}/confirm", post(imports::confirm))
        .route("/api/v1/imports/{import}/cancel", post(imports::cancel))
        .route("/api/v1/imports/{import}/rejects", get(imports::rejects));
    around(routes, state)
}

/// Everything that is answered over `admin.sock`, to the command line of the same user.
pub fn admin_router(state: AppState) -> Router {
    // Streams (an import's file, an export's rows) get routes of their own here: a command is one small object.
    let routes = Router::new()
        .route("/command", post(admin_socket::command))
        .route("/imports", post(admin_socket::import))
        .route("/export", get(admin_socket::export));
    routes
        .fallback(not_found)
        .layer(from_fn(panic::middleware))
        .layer(from_fn(problem::middleware))
        .layer(from_fn_with_state(state.clone(), request_id::middleware))
        .with_state(state)
}

/// What stands around every request from the network; the last layer is the outermost.
fn around(routes: Router<AppState>, state: AppState) -> Router {
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(state.clone(), host::middleware))
        .layer(from_fn(panic::middleware))
        .layer(from_fn(problem::middleware))
        .layer(from_fn_with_state(state.clone(), headers::middleware))
        .layer(from_fn(access_log::middleware))
        .layer(from_fn_with_state(state.clone(), request_id::middleware))
        .with_state(state)
}

async fn not_found() -> AppError {
    AppError::not_found("There is nothing at this address.")
}

async fn method_not_allowed() -> Response {
    axum::http::StatusCode::METHOD_NOT_ALLOWED.into_response()
}
