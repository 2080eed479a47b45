//! What a sign-in puts into a browser and a sign-out takes from it, for pages and programs alike.

use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::Response;

use super::csrf;
use super::state::AppState;
use crate::services::sign_in::SignedIn;

/// Puts session, token against cross-site requests and device into the browser's cookies.
pub fn begin(state: &AppState, signed_in: &SignedIn, mut response: Response) -> Response {
    let token = csrf::new_token(&signed_in.session_token);
    let device = signed_in.device_token.expose();
    for cookie in state.cookies().signed_in(signed_in.session_token.expose(), &token, device) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Takes them away, and what pages kept beside them (ASVS 14.3.1).
pub fn end(state: &AppState, mut response: Response) -> Response {
    for cookie in state.cookies().signed_out() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    response
}
