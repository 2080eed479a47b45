//! What is asked again and again, and a run at once.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::domain::feed::Lateness;
use crate::domain::ids::SourceId;
use crate::domain::job::JobState;
use crate::services::authorize::ImportData;
use crate::services::sources::{self as service, SourceView};
use crate::web::error::AppError;
use crate::web::extract::CurrentSession;
use crate::web::state::AppState;

/// `GET /api/v1/sources`
pub async fn list(State(state): State<AppState>, session: CurrentSession) -> Result<Response, AppError> {
    let grant = session.grant::<ImportData>()?;
    state
        .run(move |services| {
            let at_work = service::at_work(services)?;
            let views = service::list(services, &grant)?;
            let shown = |view: &SourceView| described(view, at_work.get(&view.source.id).copied());
            let sources: Vec<Value> = views.iter().map(shown).collect();
            Ok(Json(json!({ "sources": sources })).into_response())
        })
        .await
}

/// `POST /api/v1/sources/{source}/refresh`: asks it now, unless it is being asked. 202, and the source as it then is.
pub async fn refresh(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(source): Path<String>,
) -> Result<Response, AppError> {
    let grant = session.grant::<ImportData>()?;
    let id: SourceId =
        source.parse().map_err(|_| AppError::not_found("There is no source at this address."))?;
    state
        .run(move |services| {
            service::refresh(services, &grant, id)?;
            let at_work = service::at_work(services)?;
            let view = service::get(services, &grant, id)?;
            Ok((StatusCode::ACCEPTED, Json(described(&view, at_work.get(&id).copied()))).into_response())
        })
        .await
}

/// Without its secret, and of what it asks the kind alone.
fn described(view: &SourceView, at_work: Option<JobState>) -> Value {
    let (source, runs) = (&view.source, &view.source.runs);
    json!({
        "id": source.id.to_string(),
        "name": source.name,
        "dataset": source.dataset,
        "kind": source.kind.word(),
        "every_minutes": source.every_minutes,
        "enabled": source.is_enabled,
        "state": match at_work {
            Some(JobState::Running) => "running",
            Some(_) => "queued",
            None if runs.error.is_some() => "failed",
            None => "idle",
        },
        "last_run": runs.last.map(|at| at.to_string()),
        "next_run": source.is_enabled.then(|| source.next_run.to_string()),
        "took_ms": runs.last.map(|_| runs.took_ms),
        "checked_at": view.good_at.map(|at| at.to_string()),
        "lateness": match view.lateness {
            Lateness::OnTime => "on-time",
            Lateness::Late => "late",
            Lateness::VeryLate => "very-late",
        },
        "error": runs.error,
        "import": runs.import.map(|id| id.to_string()),
    })
}
