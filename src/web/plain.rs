//! Plain HTTP to a site that speaks TLS: what has to be found without it, and the way to https for the rest.

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, HOST, LOCATION};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::error::AppError;
use super::state::AppState;
use crate::config::server::host_of;
use crate::config::tls::TlsMode;

/// What is answered without TLS: whether the server is up, how to trust its authority, and what that page looks like.
const OPEN: &[&str] =
    &["/healthz", "/readyz", "/trust", "/trust/ca.crt", "/a/{hash}/{*path}", "/site.css", "/logo/{logo}"];

/// Whether a route is answered over plain HTTP.
pub fn is_open(mode: TlsMode, path: &str) -> bool {
    OPEN.contains(&path) && (mode == TlsMode::Auto || !path.starts_with("/trust"))
}

/// Where https is, seen from the listener that was asked.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// At the very port that was asked.
    SamePort,
    /// At this one.
    Port(u16),
}

impl Way {
    /// Leads to https. What changes something is refused: it has crossed the network readable already, and whoever sent it
    /// is to notice. The same goes for a token.
    pub fn lead(self, state: &AppState, request: &Request) -> Response {
        let target = self.target(state, request.headers());
        let is_token = request.headers().contains_key(AUTHORIZATION);
        if is_token || !matches!(*request.method(), Method::GET | Method::HEAD) {
            let what =
                if is_token { "A token was sent readable through the network; revoke it. " } else { "" };
            let detail = format!("{what}This site is reached over https alone: send this to `{target}`.");
            return AppError::new(StatusCode::FORBIDDEN, "https-only", "Only over https", detail)
                .into_response();
        }
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        // One slash more would be another host's name.
        let location = format!("{target}/{}", path.trim_start_matches('/'));
        match HeaderValue::from_str(&location) {
            Ok(location) => (StatusCode::PERMANENT_REDIRECT, [(LOCATION, location)]).into_response(),
            Err(_) => {
                AppError::bad_request("The address has characters in it that none may have.").into_response()
            }
        }
    }

    /// The host is known to be ours (`middleware/host.rs`).
    fn target(self, state: &AppState, headers: &HeaderMap) -> String {
        if let Some(url) = &state.config().server.public_url {
            return url.origin.clone();
        }
        let asked = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        match self {
            Self::SamePort => format!("https://{asked}"),
            Self::Port(port) => {
                let host = host_of(asked);
                let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
                let port = if port == 443 { String::new() } else { format!(":{port}") };
                format!("https://{host}{port}")
            }
        }
    }
}
