//! A download goes on only as long as the session that began it: who is signed out is out at once, also of what was
//! on its way.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::domain::session::TokenHash;
use crate::services::sessions;
use crate::web::state::AppState;

/// How often a body on its way asks.
const EVERY: Duration = Duration::from_secs(1);

/// Whose session a request turned out to be. Goes with the request and is filled where the session is found.
#[derive(Debug, Clone, Default)]
pub struct SessionWatch(Arc<OnceLock<TokenHash>>);

impl SessionWatch {
    /// From now on the answer is watched for this session.
    pub fn begin(&self, session: TokenHash) {
        self.0.get_or_init(|| session);
    }
}

/// Ties the answer to the session that asked for it.
pub async fn middleware(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let watch = SessionWatch::default();
    request.extensions_mut().insert(watch.clone());
    let response = next.run(request).await;
    // What is whole in memory is as good as sent.
    match watch.0.get() {
        Some(session) if response.body().size_hint().exact().is_none() => {
            let session = *session;
            response.map(|inner| Body::new(WatchedBody { inner, state, session, asked: Instant::now() }))
        }
        _ => response,
    }
}

struct WatchedBody {
    inner: Body,
    state: AppState,
    session: TokenHash,
    asked: Instant,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        if this.asked.elapsed() >= EVERY {
            this.asked = Instant::now();
            // Two look-ups by key: microseconds.
            if !sessions::stands(this.state.services(), &this.session).unwrap_or(false) {
                let error = io::Error::new(io::ErrorKind::ConnectionAborted, "the session has ended");
                return Poll::Ready(Some(Err(axum::Error::new(error))));
            }
        }
        Pin::new(&mut this.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
