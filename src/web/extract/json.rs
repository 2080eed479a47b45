//! JSON bodies, strictly.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::json_path::way_to;
use crate::domain::excerpt::excerpt;
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
        if !is_json(&request) {
            return Err(not_json());
        }
        parse(&whole(request, MOST).await?).map(Self)
    }
}

/// A JSON body that may be left out: nothing is then as `{}`.
#[derive(Debug)]
pub struct PerhapsJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for PerhapsJson<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Self::Rejection> {
        let is_json = is_json(&request);
        let bytes = whole(request, MAX_JSON_BYTES).await?;
        match (bytes.is_empty(), is_json) {
            (true, _) => parse(b"{}").map(Self),
            (false, true) => parse(&bytes).map(Self),
            (false, false) => Err(not_json()),
        }
    }
}

fn is_json(request: &Request) -> bool {
    let content_type =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = content_type.split(';').next().unwrap_or("").trim();
    media_type.eq_ignore_ascii_case("application/json")
}

fn not_json() -> AppError {
    AppError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "Unsupported media type",
        "Send the body as JSON, with the header `Content-Type: application/json`.",
    )
}

async fn whole(request: Request, most: usize) -> Result<Bytes, AppError> {
    axum::body::to_bytes(request.into_body(), most).await.map_err(|error| {
        let cause = std::error::Error::source(&error);
        let limit = cause.and_then(|cause| cause.downcast_ref::<http_body_util::LengthLimitError>());
        if limit.is_some() {
            return AppError::too_large(format!(
                "A JSON body has at most {most} bytes here; send it in parts."
            ));
        }
        AppError::bad_request("The body did not arrive whole.")
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AppError> {
    serde_json::from_slice(bytes).map_err(|error| refused(bytes, &error))
}

/// What does not fit, and where.
fn refused(bytes: &[u8], error: &serde_json::Error) -> AppError {
    if error.classify() != Category::Data {
        return AppError::bad_request(format!("The body is not JSON: {error}."));
    }
    let told = error.to_string();
    let mut way =
        std::str::from_utf8(bytes).map(|text| way_to(text, error.line(), error.column())).unwrap_or_default();
    if let Some(missing) = told.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        // The place is the end of the object that lacks it, whose last field is none of the way.
        let object = way.rsplit_once('.').map_or("", |(object, _)| object);
        way = if object.is_empty() { missing.to_owned() } else { format!("{object}.{missing}") };
    }
    let field = if way.is_empty() { "body".to_owned() } else { excerpt(&way) };
    AppError::invalid_field(&field, format!("The body does not fit: {told}."))
}

/// No body, or `{}`: what is done stands in the address alone, and a body that says something else would be passed over.
#[derive(Debug, Clone, Copy)]
pub struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = AppError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Self::Rejection> {
        let refused = || {
            AppError::invalid(
                "This address takes no body: what is done is its last word, such as `lock` and `unlock`, `archive` and \
                 `unarchive`. Send it without a body, to the address of what you mean."
                    .to_owned(),
            )
        };
        let bytes = axum::body::to_bytes(request.into_body(), MAX_NOTHING).await.map_err(|_| refused())?;
        let is_nothing = bytes.is_empty() || serde_json::from_slice::<Nothing>(&bytes).is_ok();
        if is_nothing { Ok(Self) } else { Err(refused()) }
    }
}

/// Largest body that can say nothing, in bytes.
const MAX_NOTHING: usize = 1 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}
