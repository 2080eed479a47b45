//! Errors made readable: `application/problem+json` under `/api`, a plain page elsewhere.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use super::request_id::RequestId;
use crate::services::system::{NotedError, note_error};
use crate::web::cookies::find_cookie;
use crate::web::error::Problem;
use crate::web::extract::address::Peer;
use crate::web::extract::page::{PageOwner, visitor_look};
use crate::web::extract::session::VIEW;
use crate::web::next_step::for_reader;
use crate::web::pages::errors;
use crate::web::pages::sign_in::sign_in_first;
use crate::web::state::AppState;
use crate::web::ui::Look;

/// What pages are.
pub const HTML: &str = "text/html; charset=utf-8";

/// Gives every error its body, also those that the framework makes.
pub async fn middleware(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    // Programs ask under `/api`, how it goes, and over the private socket, where no peer has an address.
    let path = request.uri().path();
    let is_api = path.starts_with("/auth/")
        || (path.starts_with("/api") && !path.starts_with("/api/docs"))
        || matches!(path, "/healthz" | "/readyz" | "/metrics")
        || request.extensions().get::<Peer>().is_none();
    let is_head = request.method() == Method::HEAD;
    let asked = (!is_api).then(|| Asked::of(&mut request, &state));
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let route = format!("{} {route}", request.method());
    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Problem>();
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    // A form that comes back with what is wrong with it is a page of its own.
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == HTML);
    if problem.is_none() && (!is_error || is_page) {
        return response;
    }
    let mut problem = problem.unwrap_or_else(|| Problem::from_status(status));
    let (content_type, body) = match asked {
        None => ("application/problem+json", problem.to_json(&id)),
        Some(asked) => {
            if let Some(elsewhere) = elsewhere(problem.kind, &asked) {
                return elsewhere;
            }
            if let Some(page) = asked.owner.get() {
                problem.detail = for_reader(page.user(), &problem.detail).into_owned();
            }
            (HTML, errors::error_page(asked.owner.get(), &asked.look, &problem, &id).into_bytes())
        }
    };
    if problem.status.is_server_error() {
        note_error(
            state.services(),
            NotedError {
                at: state.services().now(),
                request: id.to_string(),
                route,
                status: problem.status.as_u16(),
                kind: problem.kind.to_owned(),
            },
        );
    }
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    // What the framework said may have been compressed; this is not.
    headers.remove(header::CONTENT_ENCODING);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    *response.body_mut() = if is_head { Body::empty() } else { Body::from(body) };
    response
}

/// What an error as a page needs to know of the request, which is gone by then. Kept for every request, so nothing is
/// worked out yet.
struct Asked {
    /// Where the page that was asked for stands, for the way back after signing in.
    page: AskedPage,
    /// Whose page it is.
    owner: PageOwner,
    /// How a visitor sees pages.
    look: Look,
    /// The browser brought a session, so it has ended.
    was_signed_in: bool,
    /// By a script of ours, which takes another page's address from a header.
    by_script: bool,
}

impl Asked {
    fn of(request: &mut Request, state: &AppState) -> Self {
        let owner = PageOwner::default();
        request.extensions_mut().insert(owner.clone());
        let headers = request.headers();
        let by_script = headers.contains_key("hx-request");
        let page = if by_script && headers.get("hx-target").is_none_or(|target| target != "view") {
            // The page around the fragment.
            AskedPage::Named(headers.get("hx-current-url").cloned())
        } else if request.method() == Method::GET {
            AskedPage::Itself(request.uri().clone())
        } else {
            // The page that the form was on.
            AskedPage::Named(headers.get(header::REFERER).cloned())
        };
        let was_signed_in = find_cookie(headers, state.cookies().session()).is_some();
        Self { page, owner, look: visitor_look(headers, &state.config().site), was_signed_in, by_script }
    }
}

/// The page to come back to: what was asked for, or what the browser says it was on.
enum AskedPage {
    Itself(Uri),
    Named(Option<HeaderValue>),
}

impl AskedPage {
    /// Path and query; only what is behind the host counts.
    fn path(&self) -> Option<String> {
        let path = |uri: &Uri| uri.path_and_query().map(ToString::to_string);
        match self {
            Self::Itself(uri) => path(uri),
            Self::Named(url) => path(&url.as_ref()?.to_str().ok()?.parse::<Uri>().ok()?),
        }
    }
}

/// Where a person goes who has to do something else first.
fn elsewhere(kind: &str, asked: &Asked) -> Option<Response> {
    let target = match kind {
        "sign-in-required" => sign_in_first(asked.page.path().as_deref(), asked.was_signed_in),
        "must-set-up-second-factor" => "/account/second-factor".to_owned(),
        "must-change-password" => "/change-password".to_owned(),
        "viewing-as" => VIEW.to_owned(),
        "view-ended" => format!("{VIEW}?over=1"),
        _ => return None,
    };
    let target = HeaderValue::from_str(&target).unwrap_or(HeaderValue::from_static("/login"));
    let mut response = Response::new(Body::empty());
    if asked.by_script {
        response.headers_mut().insert("hx-redirect", target);
    } else {
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert(header::LOCATION, target);
    }
    Some(response)
}
