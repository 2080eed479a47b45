//! What the answers of the API say beside their body: what is left of the user's requests, and how to sign in.

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::web::rate::LeftSlot;

/// Writes the headers.
pub async fn middleware(mut request: Request, next: Next) -> Response {
    let slot = LeftSlot::default();
    request.extensions_mut().insert(slot.clone());
    let sent_token = request.headers().contains_key(AUTHORIZATION);
    let mut response = next.run(request).await;
    slot.write(response.headers_mut());
    if response.status() == StatusCode::UNAUTHORIZED {
        // RFC 9110 §11.6.1, RFC 6750 §3.
        let challenge = if sent_token {
            "Bearer realm=\"Stockroom\", error=\"invalid_token\""
        } else {
            "Bearer realm=\"Stockroom\""
        };
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}
