//! The audit log, for those who may read it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::datasets::stream;
use crate::services::ServiceError;
use crate::services::audit::export::{AuditFormat, prepare, to_json};
use crate::services::audit::filter::Filter;
use crate::services::audit::search::{self, Place};
use crate::services::audit::verify::{AuditReport, Extent, check};
use crate::services::authorize::ReadAudit;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Granted, NoBody};
use crate::web::state::AppState;

/// Events of an answer, where the address does not say how many.
const EVENTS: usize = 100;
/// Most events of an answer.
const MAX_EVENTS: usize = 1_000;

/// What the log can be searched by.
const FILTER: [&str; 7] = ["actor", "action", "target", "from", "until", "request", "q"];

/// Events in a list.
#[derive(Serialize, ToSchema)]
struct Events {
    /// The newest first.
    #[schema(value_type = Vec<Event>)]
    events: Vec<serde_json::Value>,
    /// Send it as `before` for what comes after; null where there is nothing.
    older: Option<u64>,
}

/// An event as it is answered.
#[derive(Serialize, ToSchema)]
struct Event {
    /// Counts from 1 without gaps.
    seq: u64,
    at: Timestamp,
    /// `user:…`, `command-line`, `system` or `visitor`.
    actor: String,
    actor_name: Option<String>,
    actor_email: Option<String>,
    #[schema(value_type = Option<String>)]
    address: Option<std::net::IpAddr>,
    /// The request's id, as answers have it in `x-request-id`.
    request: Option<String>,
    /// What was done: `session.begin`.
    action: String,
    /// To what: `dataset:inventory`.
    target: String,
    target_name: Option<String>,
    /// More, by action.
    #[schema(value_type = Object)]
    details: serde_json::Value,
    /// Of the event before, as hex.
    previous_hash: String,
    /// Over everything above.
    hash: String,
}

fn filter(query: &FormData, more: &[&'static str]) -> Result<Filter, ServiceError> {
    let known: Vec<&str> = FILTER.iter().chain(more).copied().collect();
    query.only(&known)?;
    Filter::from_pairs(query.pairs().iter().filter(|(name, _)| FILTER.contains(&name.as_str())).cloned())
}

/// Events, the newest first.
#[utoipa::path(get, path = "/api/v1/audit", params(("actor" = Option<String>, Query, description = "Who: `system`, `visitor`, `command-line`, a login, a name, an id"), ("action" = Option<String>, Query, description = "What: `session.begin`, or a group such as `session.`"), ("target" = Option<String>, Query, description = "To what: `dataset:inventory`, `user:`, or a user as for `actor`"), ("from" = Option<String>, Query, description = "Not before this moment, such as 2026-11-21T08:00:00Z"), ("until" = Option<String>, Query, description = "Before this moment"), ("request" = Option<String>, Query, description = "For which request"), ("q" = Option<String>, Query, description = "Words that must be somewhere in it"), ("before" = Option<u64>, Query, description = "Events before this one; `older` of the answer before"), ("limit" = Option<usize>, Query, description = "Most events of the answer")), responses((status = 200, description = "Done", body = Events)))]
pub async fn list(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ReadAudit>,
    query: FormData,
) -> Result<Response, AppError> {
    let filter = filter(&query, &["before", "limit"])?;
    let number = |name: &'static str| match query.text(name) {
        "" => Ok(None),
        text => {
            text.parse::<u64>().map(Some).map_err(|_| ServiceError::invalid(name, "expected a whole number"))
        }
    };
    let place = number("before")?.map_or(Place::Newest, Place::Before);
    let limit = number("limit")?.map_or(EVENTS, |limit| (limit as usize).clamp(1, MAX_EVENTS));
    state
        .run(move |services| {
            let found = search::page(services, &grant, &filter, place, limit)?;
            // Where the search stopped for the work it was, it goes on from there.
            let older = found.older.or(found.stopped.map(|(seq, _)| seq.saturating_add(1)));
            let events = found.events.iter().map(|event| to_json(event, &found.people)).collect();
            Ok(Json(Events { events, older }).into_response())
        })
        .await
}

/// One event.
#[utoipa::path(get, path = "/api/v1/audit/{seq}", responses((status = 200, description = "Done", body = Event)))]
pub async fn show(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ReadAudit>,
    Path(seq): Path<u64>,
) -> Result<Response, AppError> {
    state
        .run(move |services| {
            let place = Place::Before(seq.saturating_add(1));
            let found = search::page(services, &grant, &Filter::default(), place, 1)?;
            let event = found.events.first().filter(|event| event.seq == seq);
            let event = event.ok_or_else(|| ServiceError::NotFound(format!("event {seq}")))?;
            Ok(Json(to_json(event, &found.people)).into_response())
        })
        .await
}

/// Events as a file, the oldest first.
#[utoipa::path(get, path = "/api/v1/audit/export", params(("format" = Option<String>, Query, description = "`csv` or `jsonl`; csv where nothing is said"), ("actor" = Option<String>, Query, description = "Who"), ("action" = Option<String>, Query, description = "What"), ("target" = Option<String>, Query, description = "To what"), ("from" = Option<String>, Query, description = "Not before this moment, such as 2026-11-21T08:00:00Z"), ("until" = Option<String>, Query, description = "Before this moment"), ("request" = Option<String>, Query, description = "For which request"), ("q" = Option<String>, Query, description = "Words that must be somewhere in it")), responses((status = 200, description = "The file", content((String = "text/csv"), (String = "application/x-ndjson")))))]
pub async fn export(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<ReadAudit>,
    query: FormData,
) -> Result<Response, AppError> {
    let filter = filter(&query, &["format"])?;
    let format =
        AuditFormat::parse(if query.text("format").is_empty() { "csv" } else { query.text("format") })?;
    let place = state.downloads().enter(session.user().id)?;
    let export = state.run(move |services| prepare(services, &grant, &filter, format)).await?;
    let (services, name) = (Arc::clone(state.services()), export.file_name().to_owned());
    Ok(stream(format.content_type(), Some(&name), move |out| {
        let _place = place;
        export.write(&services, out)
    }))
}

/// What a check found.
#[derive(Serialize, ToSchema)]
struct Verified {
    /// Every event is as it was written.
    is_good: bool,
    /// Events that were checked.
    events: u64,
    /// Signed heads that were checked.
    heads: u64,
    /// Events up to this one were dropped, as the retention says.
    dropped: u64,
    /// The first event that does not fit.
    first_bad: Option<u64>,
    why: Option<String>,
}

impl From<AuditReport> for Verified {
    fn from(report: AuditReport) -> Self {
        let AuditReport { events, heads, dropped, first_bad, .. } = report;
        let (first_bad, why) = first_bad.unzip();
        Self { is_good: first_bad.is_none(), events, heads, dropped, first_bad, why }
    }
}

/// Proves that no event was changed, taken out or put in.
#[utoipa::path(post, path = "/api/v1/audit/verify", responses((status = 200, description = "Done", body = Verified)))]
pub async fn verify(
    State(state): State<AppState>,
    Granted { .. }: Granted<ReadAudit>,
    _: NoBody,
) -> Result<Response, AppError> {
    state
        .run(|services| {
            let report = check(services, Extent::Whole)?;
            let report = report.ok_or_else(|| {
                ServiceError::Conflict("a check is running already; ask again when it is done".to_owned())
            })?;
            Ok(Json(Verified::from(report)).into_response())
        })
        .await
}
