//! JSON bodies, strictly.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::web::error::AppError;

/// Largest JSON body in bytes: forms, never files.
pub const MAX_JSON_BYTES: usize = 256 << 10;

/// A JSON body. Types that arrive this way carry `#[serde(deny_unknown_fields)]`, so that nobody sets a field that
/// was never offered (ASVS 15.3.3).
#[derive(Debug)]
pub struct ApiJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ApiJson<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
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
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(
            parts,
            axum::body::Body::new(http_body_util::Limited::new(body, MAX_JSON_BYTES)),
        );
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    AppError::too_large(format!("A JSON body has at most {MAX_JSON_BYTES} bytes."))
                }
                _ => AppError::bad_request("The body did not arrive whole."),
            })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                AppError::invalid(format!("The body does not fit: {error}."))
            }
            _ => AppError::bad_request(format!("The body is not JSON: {error}.")),
        })
    }
}
