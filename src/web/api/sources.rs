//! What is asked again and again, and a run at once.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::feed::Lateness;
use crate::domain::ids::{ImportId, SourceId};
use crate::domain::job::JobState;
use crate::services::authorize::ImportData;
use crate::services::sources::{self as service, SourceView};
use crate::web::error::AppError;
use crate::web::extract::CurrentSession;
use crate::web::state::AppState;

/// The sources that are asked again and again.
#[utoipa::path(get, path = "/api/v1/sources", responses((status = 200, description = "Done", body = Sources)))]
pub async fn list(State(state): State<AppState>, session: CurrentSession) -> Result<Response, AppError> {
    let grant = session.grant::<ImportData>()?;
    state
        .run(move |services| {
            let at_work = service::at_work(services)?;
            let views = service::list(services, &grant)?;
            let shown = |view: &SourceView| described(view, at_work.get(&view.source.id).copied());
            let sources: Vec<SourceBody> = views.iter().map(shown).collect();
            Ok(Json(Sources { sources }).into_response())
        })
        .await
}

/// Asks a source now, unless it is being asked.
#[utoipa::path(post, path = "/api/v1/sources/{source}/refresh", responses((status = 202, description = "Begun", body = SourceBody)))]
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

/// A source, without its secret, and of what it asks the kind alone.
#[derive(Serialize, ToSchema)]
#[schema(as = Source)]
struct SourceBody {
    id: SourceId,
    name: String,
    /// Slug of the dataset that it is for.
    dataset: String,
    /// `http`, `sql` or `command`.
    kind: &'static str,
    every_minutes: u32,
    enabled: bool,
    state: SourceState,
    last_run: Option<Timestamp>,
    next_run: Option<Timestamp>,
    /// Milliseconds that the last run took.
    took_ms: Option<u64>,
    /// When what it is for was last known to be what it has.
    checked_at: Option<Timestamp>,
    lateness: &'static str,
    /// Why the last run failed.
    error: Option<String>,
    /// The import that the last run began.
    import: Option<ImportId>,
}

/// What a source does.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SourceState {
    Idle,
    Queued,
    Running,
    Failed,
}

/// Sources in a list.
#[derive(Serialize, ToSchema)]
struct Sources {
    sources: Vec<SourceBody>,
}

fn described(view: &SourceView, at_work: Option<JobState>) -> SourceBody {
    let (source, runs) = (&view.source, &view.source.runs);
    SourceBody {
        id: source.id,
        name: source.name.clone(),
        dataset: source.dataset.clone(),
        kind: source.kind.word(),
        every_minutes: source.every_minutes,
        enabled: source.is_enabled,
        state: match at_work {
            Some(JobState::Running) => SourceState::Running,
            Some(_) => SourceState::Queued,
            None if runs.error.is_some() => SourceState::Failed,
            None => SourceState::Idle,
        },
        last_run: runs.last,
        next_run: source.is_enabled.then_some(source.next_run),
        took_ms: runs.last.map(|_| runs.took_ms),
        checked_at: view.good_at,
        lateness: match view.lateness {
            Lateness::OnTime => "on-time",
            Lateness::Late => "late",
            Lateness::VeryLate => "very-late",
        },
        error: runs.error.clone(),
        import: runs.import,
    }
}
