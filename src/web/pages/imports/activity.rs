//! `GET /imports/activity`: how many imports are at work, for the top bar.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};

use crate::services::authorize::ImportData;
use crate::services::imports;
use crate::web::error::AppError;
use crate::web::extract::CurrentSession;
use crate::web::state::AppState;
use crate::web::ui::shell::activity_badge;

/// The number; nothing, once nothing is at work, and then nobody asks again.
pub async fn activity(State(state): State<AppState>, session: CurrentSession) -> Result<Response, AppError> {
    session.grant::<ImportData>()?;
    Ok(Html(activity_badge(imports::at_work(state.services())).into_string()).into_response())
}
