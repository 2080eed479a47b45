//! A name for every request: in the answer, in the log, on an error page.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::base::ids::new_uuid;
use crate::web::state::AppState;

/// The request's name.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

tokio::task_local! {
    static CURRENT: Arc<str>;
}

/// The name of the request that this task answers.
pub fn current() -> Option<Arc<str>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// Gives the request its name. A name sent by the client is not taken over: it could be anybody's.
pub async fn middleware(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id: Arc<str> = new_uuid(state.services().now()).simple().to_string().into();
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let span = tracing::info_span!("request", id = %id);
    let mut response = CURRENT.scope(Arc::clone(&id), next.run(request).instrument(span)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
