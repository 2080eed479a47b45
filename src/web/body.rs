//! Bodies on their way in and out: a request's body must keep coming, and a response's body keeps its connection
//! marked as at work.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connections::AtWork;

/// A sender gets this long before its speed counts.
const GRACE: Duration = Duration::from_secs(30);
/// Slowest body, in bytes a second.
const MIN_BYTES_PER_SECOND: f64 = 1_024.0;

/// A request's body that fails once it has been waited for too long: at least 1 KB/s after 30 s. Only time spent
/// waiting for the sender counts, so that a handler busy writing to disk does not cut its client off.
pub struct SteadyBody {
    inner: Incoming,
    received: u64,
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl SteadyBody {
    /// Watches `inner`.
    pub fn new(inner: Incoming) -> Self {
        Self { inner, received: 0, waited: Duration::ZERO, waiting: None }
    }

    /// How long the sender may take in all for what has come so far.
    fn allowance(&self) -> Duration {
        GRACE + Duration::from_secs_f64(self.received as f64 / MIN_BYTES_PER_SECOND)
    }
}

impl HttpBody for SteadyBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(context) {
            if let Some((since, _)) = this.waiting.take() {
                this.waited += since.elapsed();
            }
            if let Some(Ok(frame)) = &frame
                && let Some(data) = frame.data_ref()
            {
                this.received += data.len() as u64;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let left = this.allowance().saturating_sub(this.waited);
        let (_, timer) = this.waiting.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + left)))
        });
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => {
                let error = io::Error::new(io::ErrorKind::TimedOut, "the body comes more slowly than 1 KB/s");
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A response's body that keeps its connection at work until it is sent or given up.
pub struct WorkingBody {
    inner: Body,
    _at_work: AtWork,
}

impl WorkingBody {
    /// Ties the two together.
    pub fn new(inner: Body, at_work: AtWork) -> Self {
        Self { inner, _at_work: at_work }
    }
}

impl HttpBody for WorkingBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.get_mut().inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
