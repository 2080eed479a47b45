//! Pages for people: complete without script, better with it. One folder an area, one action a file, the markup in
//! `view.rs`. Imports the rest of [`super`] and [`crate::services`].

pub mod errors;
pub mod home;
pub mod imports;
pub mod inventory;
pub mod sign_in;

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};

/// Goes on to another page after a form, so that a reload does not send it again (303).
pub fn go_to(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let address = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, address);
    response
}
