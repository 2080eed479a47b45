//! Whose session a request turned out to be, for the work that is done for it on other threads.

use std::cell::RefCell;
use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use crate::services::guarded_store::OnBehalf;

tokio::task_local! {
    static CURRENT: RefCell<Option<Arc<OnBehalf>>>;
}

/// The session behind the request that this task answers.
pub fn current() -> Option<Arc<OnBehalf>> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// It is found.
pub fn set(session: OnBehalf) {
    // Outside of a request there is nothing to note.
    let _ = CURRENT.try_with(|current| current.replace(Some(Arc::new(session))));
}

/// Nobody, until a session is found.
pub async fn middleware(request: Request, next: Next) -> Response {
    CURRENT.scope(RefCell::new(None), next.run(request)).await
}
