//! Files on their way in, from pages and from programs.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::error::AppError;
use super::state::AppState;
use crate::base::size;
use crate::services::ServiceError;
use crate::services::files::{Incoming, StoredFile, need_space};

/// Room for the other fields of an upload and what stands around them.
const FORM_BYTES: u64 = 1 << 20;
/// Bytes of one of them.
const MAX_FIELD_BYTES: usize = 8 << 10;
/// How long a refused upload may go on before the connection is closed over it (nginx's `lingering_time`).
pub const HEAR_OUT: Duration = Duration::from_secs(30);
/// Chunks received and not yet on disk.
const CHUNKS_AHEAD: usize = 4;

/// The size that the sender announces, where it does.
///
/// # Errors
/// 413 where it is over the limit: nothing of it need be read.
pub fn announced_bytes(state: &AppState, headers: &HeaderMap) -> Result<Option<u64>, AppError> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let limit = state.config().import.max_upload_bytes;
    if length.is_some_and(|length| length > limit + FORM_BYTES) {
        return Err(AppError::too_large(format!(
            "The file is larger than {}; split it, or raise `import.max_upload`.",
            size::limit(limit)
        )));
    }
    Ok(length)
}

/// What stands between the fields of a multipart form; `None` for any other body.
pub fn boundary(headers: &HeaderMap) -> Option<String> {
    headers.get(CONTENT_TYPE).and_then(|value| multer::parse_boundary(value.to_str().ok()?).ok())
}

/// What the sender calls the file in a field; `None` where the field is none. A name that is not UTF-8, as old programs
/// and foreign disks have them, is taken as far as it can be read.
pub fn file_name(field: &multer::Field<'_>) -> Option<String> {
    if let Some(name) = field.file_name() {
        return Some(name.to_owned());
    }
    let said = String::from_utf8_lossy(field.headers().get(CONTENT_DISPOSITION)?.as_bytes());
    let (_, quoted) = said.split_once("filename=\"")?;
    let mut name = String::new();
    let mut is_escaped = false;
    for c in quoted.chars() {
        match c {
            '"' if !is_escaped => break,
            '\\' if !is_escaped => is_escaped = true,
            _ => {
                name.push(c);
                is_escaped = false;
            }
        }
    }
    Some(name)
}

/// A file on its way to disk, written on a thread that may block. Dropped before the end, nothing of it stays.
pub struct Storing {
    sender: mpsc::Sender<Bytes>,
    writer: JoinHandle<Result<Incoming, ServiceError>>,
}

impl Storing {
    /// Makes room; `bytes` is the size where the sender said it.
    pub async fn begin(state: &AppState, bytes: Option<u64>) -> Result<Self, AppError> {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(CHUNKS_AHEAD);
        let max_bytes = state.config().import.max_upload_bytes;
        let incoming = state
            .run(move |services| {
                need_space(services.data_dir(), bytes.unwrap_or(0))?;
                Incoming::create(services.data_dir(), max_bytes)
            })
            .await?;
        let writer = tokio::task::spawn_blocking(move || {
            let mut incoming = incoming;
            while let Some(chunk) = receiver.blocking_recv() {
                incoming.write(&chunk)?;
            }
            Ok(incoming)
        });
        Ok(Self { sender, writer })
    }

    /// Adds a stretch.
    pub async fn write(&mut self, chunk: Bytes) -> Result<(), AppError> {
        if self.sender.send(chunk).await.is_ok() {
            return Ok(());
        }
        // The writer gave up and says why.
        match (&mut self.writer).await {
            Ok(Err(error)) => Err(error.into()),
            _ => Err(AppError::internal("an upload's writer ended early")),
        }
    }

    /// Completes the file.
    pub async fn finish(self) -> Result<StoredFile, AppError> {
        drop(self.sender);
        let incoming = self.writer.await.map_err(|error| AppError::internal(error.to_string()))??;
        let stored = tokio::task::spawn_blocking(move || incoming.finish());
        Ok(stored.await.map_err(|error| AppError::internal(error.to_string()))??)
    }
}

/// Takes what is left of a refused upload and forgets it: a client that is cut off while it sends sees a broken
/// connection instead of the reason.
pub async fn hear_out(body: &mut BodyDataStream) {
    let _ = tokio::time::timeout(HEAR_OUT, async { while let Some(Ok(_)) = body.next().await {} }).await;
}

/// A field that is no file.
pub async fn text(mut field: multer::Field<'_>) -> Result<String, AppError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_FIELD_BYTES {
            return Err(AppError::invalid(format!("A field has at most {MAX_FIELD_BYTES} bytes.")));
        }
    }
    String::from_utf8(bytes).map_err(|_| AppError::invalid("A field is not UTF-8."))
}

/// What a client is told whose upload broke off.
pub fn broken(error: &multer::Error) -> AppError {
    AppError::bad_request(format!("The upload did not arrive whole, and nothing of it was kept: {error}."))
}
