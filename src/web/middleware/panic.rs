//! A panic in a handler is a 500 and a line in the log, not a lost connection (ASVS 16.5.4).

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use crate::web::error::AppError;

/// Catches it.
pub async fn middleware(request: Request, next: Next) -> Response {
    AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        AppError::internal(format!("a handler panicked: {message}")).into_response()
    })
}
