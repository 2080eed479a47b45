//! `GET /live/{token}/{name}`: what a live link shows now, for a spreadsheet that sends neither cookie nor token. The address
//! is the key, so it is in no log and no error, and browsers tell it nobody.

use axum::extract::{Path, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::api::datasets::download;
use super::error::AppError;
use super::extract::ClientAddress;
use super::state::AppState;
use super::ui::t;
use crate::domain::live_link::WhyEnded;
use crate::services::live_links::{self, Fetched, Over};

/// Answers with the rows as CSV, or with 304 for whoever has them.
pub async fn show(
    State(state): State<AppState>,
    method: Method,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Path((token, _name)): Path<(String, String)>,
) -> Result<Response, AppError> {
    if method != Method::GET && method != Method::HEAD {
        return Ok((StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response());
    }
    let (user, fetched) = state.run(move |services| live_links::fetch(services, &token, address)).await?;
    let (export, mark) = match fetched {
        Fetched::Rows(export, mark) => (*export, mark),
        Fetched::Over(over) => {
            let gone = AppError::new(StatusCode::GONE, "link-void", "This live link is over", t(why(over)));
            return Ok(private(gone.into_response()));
        }
    };
    let tag = HeaderValue::try_from(format!("\"{mark}\""))
        .map_err(|error| AppError::internal(error.to_string()))?;
    let mut response = if is_known(&headers, &mark) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if method == Method::HEAD {
        ([(CONTENT_TYPE, export.format().content_type())], ()).into_response()
    } else {
        let place = state.downloads().enter(user)?;
        let name = export.file_name();
        download(export, Some(&name), Some(place))
    };
    response.headers_mut().insert(ETAG, tag);
    Ok(private(response))
}

/// Kept by nobody on the way, and told to nobody.
fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// True where the asker has these very rows (RFC 9110 §13.1.2).
fn is_known(headers: &HeaderMap, mark: &str) -> bool {
    let tags = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|tags| tags.split(',')).map(str::trim).any(|tag| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || tag.trim_matches('"') == mark
    })
}

fn why(over: Over) -> &'static str {
    match over {
        Over::Expired => "live-over-expired",
        Over::Ended(WhyEnded::Revoked) => "live-over-revoked",
        Over::Ended(WhyEnded::Office) => "live-over-office",
        Over::Ended(WhyEnded::Password) => "live-over-password",
        Over::User => "live-over-user",
        Over::MustDoFirst => "live-over-must",
    }
}
