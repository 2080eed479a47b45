//! Whether the process is up, and whether it can work.

use axum::extract::State;
use axum::http::StatusCode;

use crate::services::{bootstrap, files};
use crate::web::error::AppError;
use crate::web::state::AppState;

/// `GET /healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store answers, there is room to write, and the server is not stopping.
pub async fn readyz(State(state): State<AppState>) -> Result<&'static str, AppError> {
    let not_ready =
        |kind, title, detail| Err(AppError::new(StatusCode::SERVICE_UNAVAILABLE, kind, title, detail));
    if state.is_draining() {
        return not_ready("stopping", "Stopping", "The server is stopping.");
    }
    if state.services().is_read_only() {
        return Ok("ready; read-only\n");
    }
    if state.run(files::is_read_only).await? {
        return not_ready(
            "storage-read-only",
            "The disk can only be read",
            "What is there can be read, but nothing can be written, not even a sign-in. Look why the system made the disk \
             read-only; once it can be written, no restart is needed.",
        );
    }
    if !state.run(|services| files::has_room_to_work(services.data_dir())).await? {
        return not_ready(
            "storage-full",
            "The disk is full",
            "What is there can be read, but nothing can be written, not even a sign-in. Free some space.",
        );
    }
    if state.run(bootstrap::is_set_up).await? {
        Ok("ready\n")
    } else {
        Ok("ready; no admin yet, run `stockroom init`\n")
    }
}
