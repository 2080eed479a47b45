//! Versions of what can be edited, as `ETag`, `If-Match` and `If-None-Match` (RFC 9110 §13): nobody writes over what they
//! have not seen.

use std::convert::Infallible;
use std::fmt::Display;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::services::ServiceError;

/// What a request says of the version that it has seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    matches: Option<String>,
    differs: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Seen {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { matches: list(&parts.headers, &IF_MATCH), differs: list(&parts.headers, &IF_NONE_MATCH) })
    }
}

fn list(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).peekable();
    values.peek()?;
    Some(values.collect::<Vec<_>>().join(","))
}

/// True where a list of tags has this version; `*` has any.
fn has(list: &str, version: &str, takes_weak: bool) -> bool {
    list.split(',').map(str::trim).any(|tag| {
        let tag = if takes_weak { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
        tag == "*" || tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) == Some(version)
    })
}

impl Seen {
    /// Refuses what was made with another version before one's eyes; where none is named, any does.
    ///
    /// # Errors
    /// [`ServiceError::ChangedMeanwhile`].
    pub fn must_be(&self, version: impl Display) -> Result<(), ServiceError> {
        let is_seen = self.matches.as_deref().is_none_or(|list| has(list, &version.to_string(), false));
        if is_seen { Ok(()) } else { Err(ServiceError::ChangedMeanwhile) }
    }

    /// The answer with its version; 304 for whoever has it.
    pub fn answer(&self, version: impl Display, body: impl Serialize) -> Response {
        let version = version.to_string();
        if self.differs.as_deref().is_some_and(|list| has(list, &version, true)) {
            return tagged(&version, StatusCode::NOT_MODIFIED.into_response());
        }
        tagged(&version, Json(body).into_response())
    }
}

/// An answer that says which version it shows.
pub fn tagged(version: impl Display, mut response: Response) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn tags_are_compared_as_rfc_9110_says() {
        assert!(has("\"5\"", "5", false) && has("*", "5", false) && has("\"4\", \"5\"", "5", false));
        assert!(!has("\"4\"", "5", false) && !has("5", "5", false) && !has("", "5", false));
        assert!(!has("W/\"5\"", "5", false) && has("W/\"5\"", "5", true));
    }
}
