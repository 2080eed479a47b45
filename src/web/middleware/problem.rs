//! Errors made readable: `application/problem+json` under `/api`, a plain page elsewhere.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::request_id::RequestId;
use crate::web::error::Problem;
use crate::web::extract::address::Peer;
use crate::web::home;

/// Gives every error its body, also those that the framework makes.
pub async fn middleware(request: Request, next: Next) -> Response {
    // Programs ask under `/api`, and over the private socket, where no peer has an address.
    let is_api = request.uri().path().starts_with("/api") || request.extensions().get::<Peer>().is_none();
    let is_head = request.method() == Method::HEAD;
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Problem>();
    let status = response.status();
    if problem.is_none() && !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let problem = problem.unwrap_or_else(|| Problem::from_status(status));
    let (content_type, body) = if is_api {
        ("application/problem+json", problem.to_json(&id))
    } else {
        ("text/html; charset=utf-8", home::error_page(&problem, &id).into_bytes())
    };
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    *response.body_mut() = if is_head { Body::empty() } else { Body::from(body) };
    response
}
