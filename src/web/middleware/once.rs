//! `Idempotency-Key`: what makes something is done once, however often a program has to ask
//! (draft-ietf-httpapi-idempotency-key-header).

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::Body as _;
use sha2::{Digest, Sha256};

use crate::domain::once::{KeptAnswer, MAX_KEY_CHARS};
use crate::services::once::{self, Place, Turn};
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::AnySession;
use crate::web::extract::json::MAX_JSON_BYTES;
use crate::web::state::AppState;
use axum::extract::FromRequestParts;

/// The header with the key.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer is that of the first request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Largest answer that is kept, in bytes.
const MAX_KEPT_BYTES: usize = 64 << 10;

/// Marks an answer that holds a secret: it is shown once, and kept nowhere.
#[derive(Debug, Clone, Copy)]
pub struct ShownOnce;

/// Looks whether a request was made before.
pub async fn middleware(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    match in_turn(&state, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn in_turn(state: &AppState, request: Request, next: Next) -> Result<Response, AppError> {
    let key = key_of(request.headers())?;
    let (mut parts, body) = request.into_parts();
    // Who may not even ask keeps nothing: the handler says why.
    let Ok(session) = AnySession::from_request_parts(&mut parts, state).await else {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let user = session.live.user.id;
    let (body, fingerprint) = fingerprint(&parts, body).await?;
    let turn = state.run(move |services| once::begin(services, user, &key, fingerprint)).await?;
    let place = match turn {
        Turn::First(place) => AtWork { place: Arc::new(place), services: Arc::clone(state.services()) },
        Turn::Done(answer) => return replayed(answer),
        Turn::AtWork => {
            return Err(refused(
                "idempotency-at-work",
                "The same request is at work. Ask again in a moment, with the same key.",
            ));
        }
        Turn::Unfinished => {
            return Err(refused(
                "idempotency-unfinished",
                "The site was stopped while it was at work, so what came of it is not known. Look whether it was done; if \
                 not, ask again with a new key.",
            ));
        }
        Turn::Taken => {
            return Err(AppError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-taken",
                "The key was used",
                "Another request was made with this Idempotency-Key. Choose a new one for each thing that is to be done.",
            ));
        }
    };
    let response = next.run(Request::from_parts(parts, body)).await;
    let (response, answer) = kept(response).await;
    let done = Arc::clone(&place.place);
    state.run(move |services| once::finish(services, &done, answer)).await?;
    Ok(response)
}

fn refused(kind: &'static str, detail: &'static str) -> AppError {
    AppError::new(StatusCode::CONFLICT, kind, "Not now", detail)
}

/// A request at work; where nobody says what came of it, it is at least no longer that.
struct AtWork {
    place: Arc<Place>,
    services: Arc<Services>,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        once::leave(&self.services, &self.place);
    }
}

/// The key: visible characters, with or without the quotes of a structured field.
fn key_of(headers: &HeaderMap) -> Result<String, AppError> {
    let sent = headers.get(KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
    let key = sent.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(sent);
    if key.is_empty() || key.len() > MAX_KEY_CHARS || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = format!("has 1 to {MAX_KEY_CHARS} visible ASCII characters, such as a random UUID");
        return Err(ServiceError::invalid("Idempotency-Key", message).into());
    }
    Ok(key.to_owned())
}

/// Of method, address and body; of a body too large for memory its length stands for it.
async fn fingerprint(parts: &Parts, body: Body) -> Result<(Body, [u8; 32]), AppError> {
    let mut hash = Sha256::new();
    let text = |name| parts.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
    let media = text(CONTENT_TYPE).split(|byte| *byte == b';').next().unwrap_or_default();
    for part in [parts.uri.to_string().as_bytes(), media, text(CONTENT_LENGTH)] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let announced = body.size_hint().upper();
    let body = if announced.is_some_and(|bytes| bytes <= MAX_JSON_BYTES as u64)
        && !media.starts_with(b"multipart/")
    {
        let bytes = to_bytes(body, MAX_JSON_BYTES)
            .await
            .map_err(|_| AppError::bad_request("The body did not arrive whole."))?;
        hash.update(&bytes);
        Body::from(bytes)
    } else {
        body
    };
    Ok((body, hash.finalize().into()))
}

/// What is kept of an answer, and the answer to be sent on. What was refused is not: it may be tried again.
async fn kept(response: Response) -> (Response, Option<KeptAnswer>) {
    if !response.status().is_success() {
        return (response, None);
    }
    let is_secret = response.extensions().get::<ShownOnce>().is_some();
    let status = response.status().as_u16();
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let is_small = response.body().size_hint().upper().is_some_and(|bytes| bytes <= MAX_KEPT_BYTES as u64);
    if is_secret || !is_small {
        return (response, Some(KeptAnswer { status, content_type, body: None }));
    }
    let (parts, body) = response.into_parts();
    // It is whole in memory, so that nothing can go wrong with it.
    let bytes: Bytes = to_bytes(body, MAX_KEPT_BYTES).await.unwrap_or_default();
    let answer = KeptAnswer { status, content_type, body: Some(bytes.to_vec()) };
    (Response::from_parts(parts, Body::from(bytes)), Some(answer))
}

fn replayed(answer: KeptAnswer) -> Result<Response, AppError> {
    let Some(body) = answer.body else {
        return Err(refused(
            "idempotency-not-kept",
            "This was done. What it answered was shown once and is kept nowhere, because it held a secret or was large.",
        ));
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Some(kind) = HeaderValue::from_str(&answer.content_type).ok().filter(|kind| !kind.is_empty()) {
        headers.insert(CONTENT_TYPE, kind);
    }
    Ok(response)
}
