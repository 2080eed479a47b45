//! What stands between a connection and hyper: it looks at the head of every request first. hyper answers a head that
//! it cannot read without a word, and takes one that says two lengths for its body (RFC 9112 §6.3 leaves that to the
//! server; ASVS 4.2.1). Here such a head is replaced by a plain one, so that the answer comes in its turn, through our
//! own middleware, and says what to do; the connection ends with it.
//!
//! Where a body ends is known from `Content-Length` alone. A chunked body passes as it comes, and its connection ends
//! with the answer, so that nothing behind it is ever taken for a request.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::{Buf, BytesMut};
use httparse::{EMPTY_HEADER, Error, Header, Status};
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::error::AppError;

/// Head of a request, in bytes; also the read buffer of a connection.
pub const MAX_HEAD_BYTES: usize = 64 << 10;
/// Header lines of a request; hyper has the same limit.
const MAX_HEADERS: usize = 100;

/// Why a head is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No HTTP/1.1.
    Malformed(Error),
    /// A character that an address cannot hold.
    Address,
    /// The request line is most of a head that is too long.
    AddressTooLong,
    /// Too many header lines, or too long ones.
    HeadersTooLarge,
    /// `Content-Length` and `Transfer-Encoding`.
    TwoLengths,
    /// `Content-Length` is no number, or several.
    Length,
    /// A `Transfer-Encoding` that is not `chunked`, or in HTTP/1.0.
    Coding,
}

impl Refusal {
    fn to_error(self) -> AppError {
        let kib = MAX_HEAD_BYTES >> 10;
        let detail = match self {
            Self::Malformed(error) => format!("The head of the request is not valid HTTP: {error}. Correct it and send it again."),
            Self::Address => {
                "The address holds a character that must be percent-encoded: write %3C for `<`, %3E for `>` and %20 \
                 for a space."
                    .to_owned()
            }
            Self::AddressTooLong => {
                let detail = format!("The address makes the head longer than {kib} KiB. Ask for less at once.");
                let title = "Address too long";
                return AppError::new(StatusCode::URI_TOO_LONG, "address-too-long", title, detail);
            }
            Self::HeadersTooLarge => {
                let detail = format!(
                    "The head is longer than {kib} KiB or has more than {MAX_HEADERS} lines. Send fewer headers; in a \
                     browser, delete this site's cookies."
                );
                let (status, kind) = (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large");
                return AppError::new(status, kind, "Headers too large", detail);
            }
            Self::TwoLengths => {
                "The request has both Content-Length and Transfer-Encoding, so that its end is in doubt. Send one of \
                 them."
                    .to_owned()
            }
            Self::Length => "Content-Length is not one whole number. Send it once, or send none.".to_owned(),
            Self::Coding => {
                "The only Transfer-Encoding that is understood is `chunked`, in HTTP/1.1. Send the body so, or with \
                 its Content-Length."
                    .to_owned()
            }
        };
        AppError::bad_request(detail)
    }
}

/// Answers a request that stands for a refused head.
pub async fn middleware(request: Request, next: Next) -> Response {
    match request.extensions().get::<Refusal>() {
        Some(refusal) => refusal.to_error().into_response(),
        None => next.run(request).await,
    }
}

/// What the gate of a connection tells its service: which request, counted from 1, stands for a refused head.
#[derive(Clone, Default)]
pub struct Verdict(Arc<Mutex<Option<(u64, Refusal)>>>);

impl Verdict {
    /// Why the head of this request was refused, if it was.
    pub fn of(&self, request: u64) -> Option<Refusal> {
        let refused = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refused.filter(|(number, _)| *number == request).map(|(_, refusal)| refusal)
    }

    fn set(&self, request: u64, refusal: Refusal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((request, refusal));
    }
}

/// A connection with the gate in front.
pub struct Gate<S> {
    inner: S,
    verdict: Verdict,
    /// Heads let through.
    heads: u64,
    /// Read and not yet passed on.
    held: BytesMut,
    /// How much of `held` may be passed on.
    cleared: usize,
    /// How much has been searched for the end of the head.
    searched: usize,
    after: After,
}

/// What comes behind the bytes that are cleared.
#[derive(Clone, Copy)]
enum After {
    /// So much of a body, then a head.
    Body(u64),
    /// A chunked body, then nothing.
    Rest,
    /// Nothing that is listened to.
    Refused,
}

impl<S> Gate<S> {
    /// Puts a gate in front of `inner`; the service asks `verdict`.
    pub fn new(inner: S, verdict: Verdict) -> Self {
        let held = BytesMut::new();
        Self { inner, verdict, heads: 0, held, cleared: 0, searched: 0, after: After::Body(0) }
    }

    /// Clears what may be passed on of what is held; false where that is nothing yet.
    fn clear_held(&mut self) -> bool {
        match self.after {
            After::Body(0) => return self.judge_head(),
            After::Body(_) | After::Rest => self.clear_body(),
            After::Refused => return false,
        }
        true
    }

    /// Clears what is there of a body behind what is cleared.
    fn clear_body(&mut self) {
        let there = self.held.len() - self.cleared;
        let len = match self.after {
            After::Body(left) => usize::try_from(left).unwrap_or(usize::MAX).min(there),
            After::Rest => there,
            After::Refused => 0,
        };
        self.cleared += len;
        if let After::Body(left) = &mut self.after {
            *left -= len as u64;
        }
    }

    /// Looks for a whole head in what is held and judges it; false where more is needed.
    fn judge_head(&mut self) -> bool {
        // Empty lines in front of a request mean nothing (RFC 9112 §2.2).
        let blank = self.held.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.held.advance(blank);
        self.searched = self.searched.saturating_sub(blank);
        let Some(end) = find_end(&self.held, self.searched) else {
            if self.held.len() < MAX_HEAD_BYTES {
                self.searched = self.held.len();
                return false;
            }
            self.refuse(too_long(&self.held));
            return true;
        };
        self.searched = 0;
        if end > MAX_HEAD_BYTES {
            self.refuse(too_long(&self.held[..end]));
            return true;
        }
        match judge(&self.held[..end]) {
            Ok(after) => {
                self.heads += 1;
                self.cleared = end;
                self.after = after;
                self.clear_body();
            }
            Err(refusal) => self.refuse(refusal),
        }
        true
    }

    /// Puts a plain head in the place of the one that is held. Its address decides how the answer looks.
    fn refuse(&mut self, refusal: Refusal) {
        let line = self.held[..].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let is_api = line.split(|byte| *byte == b' ').nth(1).is_some_and(|path| path.starts_with(b"/api"));
        let path = if is_api { "/api" } else { "/" };
        self.heads += 1;
        self.verdict.set(self.heads, refusal);
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        self.held = BytesMut::from(head.as_bytes());
        self.cleared = self.held.len();
        self.after = After::Refused;
    }
}

/// Where the head ends: behind its first empty line.
fn find_end(held: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(3);
    let whole = memmem::find(&held[from..], b"\n\r\n").map(|at| from + at + 3);
    let bare = memmem::find(&held[from..], b"\n\n").map(|at| from + at + 2);
    match (whole, bare) {
        (Some(whole), Some(bare)) => Some(whole.min(bare)),
        (whole, bare) => whole.or(bare),
    }
}

fn too_long(head: &[u8]) -> Refusal {
    let line = memchr::memchr(b'\n', head).unwrap_or(head.len());
    if line * 2 > head.len() { Refusal::AddressTooLong } else { Refusal::HeadersTooLarge }
}

/// What comes behind a whole head, or why it is refused.
fn judge(head: &[u8]) -> Result<After, Refusal> {
    let mut lines = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut lines);
    match request.parse(head) {
        Ok(Status::Complete(len)) if len == head.len() => {}
        Ok(_) => return Err(Refusal::Malformed(Error::NewLine)),
        Err(Error::TooManyHeaders) => return Err(Refusal::HeadersTooLarge),
        Err(Error::Token) if request.method.is_some() => return Err(Refusal::Address),
        Err(error) => return Err(Refusal::Malformed(error)),
    }
    let address = request.path.unwrap_or_default();
    if address.len() > usize::from(u16::MAX - 1) {
        return Err(Refusal::AddressTooLong);
    }
    address.parse::<Uri>().map_err(|_| Refusal::Address)?;
    let is_http_11 = request.version == Some(1);
    let values = |name: &'static str| {
        let of_name = move |line: &&Header<'_>| line.name.eq_ignore_ascii_case(name);
        request.headers.iter().filter(of_name).map(|line| line.value.trim_ascii())
    };
    let mut codings = values("transfer-encoding");
    let mut lengths = values("content-length");
    match (codings.next(), lengths.next()) {
        (Some(_), Some(_)) => Err(Refusal::TwoLengths),
        (Some(coding), None) => {
            let is_chunked = coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
            if is_chunked && is_http_11 { Ok(After::Rest) } else { Err(Refusal::Coding) }
        }
        (None, Some(length)) => {
            let is_number = length.iter().all(u8::is_ascii_digit) && lengths.all(|other| other == length);
            let number = std::str::from_utf8(length).ok().filter(|_| is_number);
            // hyper keeps two numbers at the end for itself.
            let number = number.and_then(|text| text.parse().ok()).filter(|number| *number < u64::MAX - 1);
            number.map(After::Body).ok_or(Refusal::Length)
        }
        (None, None) => Ok(After::Body(0)),
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gate<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.cleared > 0 {
                let len = this.cleared.min(out.remaining());
                out.put_slice(&this.held[..len]);
                this.held.advance(len);
                this.cleared -= len;
                if this.held.is_empty() {
                    // An idle connection holds nothing.
                    this.held = BytesMut::new();
                }
                return Poll::Ready(Ok(()));
            }
            if !this.held.is_empty() && this.clear_held() {
                continue;
            }
            let start = out.filled().len();
            ready!(Pin::new(&mut this.inner).poll_read(context, out))?;
            let read = out.filled().len() - start;
            let passes = match &mut this.after {
                After::Rest => read,
                After::Body(left) => {
                    let passes = usize::try_from(*left).unwrap_or(usize::MAX).min(read);
                    *left -= passes as u64;
                    passes
                }
                After::Refused => {
                    // Heard and forgotten: a client that is cut off while it sends does not see the answer. Nor does
                    // hyper see an end, which it would take for a client that went away.
                    out.set_filled(start);
                    if read > 0 {
                        context.waker().wake_by_ref();
                    }
                    return Poll::Pending;
                }
            };
            this.held.extend_from_slice(&out.filled()[start + passes..]);
            out.set_filled(start + passes);
            if passes > 0 || read == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gate<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
