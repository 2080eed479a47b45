//! JSON bodies, strictly.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use crate::web::error::AppError;

/// Largest JSON body in bytes: forms, never files.
pub const MAX_JSON_BYTES: usize = 256 << 10;

/// A JSON body. Types that arrive this way carry `#[serde(deny_unknown_fields)]`, so that nobody sets a field that
/// was never offered (ASVS 15.3.3). It has at most `MOST` bytes.
#[derive(Debug)]
pub struct ApiJson<T, const MOST: usize = MAX_JSON_BYTES>(pub T);

impl<T: DeserializeOwned, S: Send + Sync, const MOST: usize> FromRequest<S> for ApiJson<T, MOST> {
    type Rejection = AppError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Self::Rejection> {
        let content_type =
            request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let media_type = content_type.split(';').next().unwrap_or("").trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(AppError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "Unsupported media type",
                "Send the body as JSON, with the header `Content-Type: application/json`.",
            ));
        }
        let bytes = axum::body::to_bytes(request.into_body(), MOST).await.map_err(|error| {
            let cause = std::error::Error::source(&error);
            let limit = cause.and_then(|cause| cause.downcast_ref::<http_body_util::LengthLimitError>());
            if limit.is_some() {
                return AppError::too_large(format!(
                    "A JSON body has at most {MOST} bytes here; send it in parts."
                ));
            }
            AppError::bad_request("The body did not arrive whole.")
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                AppError::invalid(format!("The body does not fit: {error}."))
            }
            _ => AppError::bad_request(format!("The body is not JSON: {error}.")),
        })
    }
}
