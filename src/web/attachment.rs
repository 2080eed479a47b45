//! A stored file as it was sent, as an attachment that no browser runs.

use std::io::{self, Read};

use axum::http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use super::api::datasets::stream;
use super::downloads::Place;

/// Sends `bytes` bytes under a name that is data and no path. The place among the downloads is given back at the end.
pub fn as_sent(name: &str, bytes: u64, mut content: impl Read + Send + 'static, place: Place) -> Response {
    let copy = move |writer: &mut _| {
        let _place = place;
        io::copy(&mut content, writer).map(|_| ())
    };
    // Whatever it holds, a browser is not to guess: it is bytes.
    let mut response = stream("application/octet-stream", Some(name), copy);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("same-origin"));
    response
}
