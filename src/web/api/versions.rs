//! Versions of what can be edited, as `ETag`, `If-Match` and `If-None-Match` (RFC 9110 §13): nobody writes over what they
//! have not seen.

use std::fmt::Display;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::services::ServiceError;
use crate::web::error::AppError;

/// What a request says of the version that it has seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    matches: Option<String>,
    differs: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Seen {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { matches: list(&parts.headers, &IF_MATCH)?, differs: list(&parts.headers, &IF_NONE_MATCH)? })
    }
}

/// The tags of a header, in one line; `None` where there is none.
fn list(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, AppError> {
    let mut tags = Vec::new();
    for value in headers.get_all(name).iter().filter(|value| !value.is_empty()) {
        let text = value.to_str().ok().filter(|text| text.split(',').all(|tag| is_tag(tag.trim())));
        let text = text.ok_or_else(|| {
            AppError::bad_request(format!(
                "The header {name} is a list of ETags as they were answered, in their quotes, or `*`."
            ))
        })?;
        tags.push(text);
    }
    Ok((!tags.is_empty()).then(|| tags.join(",")))
}

fn is_tag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    let opaque = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    text == "*" || opaque.is_some_and(|opaque| !opaque.contains('"'))
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
    use super::{has, is_tag};

    #[test]
    fn tags_are_compared_as_rfc_9110_says() {
        assert!(has("\"5\"", "5", false) && has("*", "5", false) && has("\"4\", \"5\"", "5", false));
        assert!(!has("\"4\"", "5", false) && !has("5", "5", false) && !has("", "5", false));
        assert!(
            is_tag("*")
                && is_tag("\"\"")
                && is_tag("W/\"5\"")
                && !is_tag("5")
                && !is_tag("\"")
                && !is_tag("{}")
        );
        assert!(!has("W/\"5\"", "5", false) && has("W/\"5\"", "5", true));
    }
}
