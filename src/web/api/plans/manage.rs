//! Plans as wholes.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::body::{NoBody, PlanBody};
use super::{plan_at, reader};
use crate::domain::ids::PlanId;
use crate::domain::plan::Plan;
use crate::domain::scope::Scope;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::datasets::MAIN;
use crate::services::plans as service;
use crate::services::plans::commands::PlanSummary;
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, CurrentSession, Granted};
use crate::web::state::AppState;

/// `GET /api/v1/plans`
pub async fn list(State(state): State<AppState>, session: CurrentSession) -> Result<Response, AppError> {
    let reader = reader(&session);
    state
        .run(move |services| {
            let plans: Vec<PlanSummary> = service::list(services, &reader)?.iter().map(Into::into).collect();
            Ok(Json(json!({ "plans": plans })).into_response())
        })
        .await
}

/// `POST /api/v1/plans`: 201, and the plan.
pub async fn create(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<EditPlans>,
    ApiJson(body): ApiJson<PlanBody>,
) -> Result<Response, AppError> {
    state
        .run(move |services| {
            let plan = service::create(services, &grant, &body.new_plan()?)?;
            Ok((StatusCode::CREATED, Json(PlanSummary::from(&plan))).into_response())
        })
        .await
}

/// `GET /api/v1/plans/{plan}`: an id, a name, or `leader`.
pub async fn show(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(plan): Path<String>,
) -> Result<Response, AppError> {
    let reader = reader(&session);
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            Ok(Json(PlanSummary::from(&plan)).into_response())
        })
        .await
}

/// Does something with a plan and answers with it.
async fn answer(
    state: &AppState,
    Granted { session, grant }: Granted<EditPlans>,
    plan: String,
    act: impl FnOnce(&Services, (&Grant<EditPlans>, &Scope), PlanId) -> Result<Plan, ServiceError>
    + Send
    + 'static,
) -> Result<Response, AppError> {
    let (reader, scope) = (reader(&session), session.scope());
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            let plan = act(services, (&grant, &scope), plan.id)?;
            Ok(Json(PlanSummary::from(&plan)).into_response())
        })
        .await
}

/// `PATCH /api/v1/plans/{plan}`
pub async fn change(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    ApiJson(body): ApiJson<PlanBody>,
) -> Result<Response, AppError> {
    answer(&state, granted, plan, move |services, who, id| {
        service::change(services, who, id, &body.change()?)
    })
    .await
}

/// `DELETE /api/v1/plans/{plan}`: for a week it can be restored.
pub async fn delete(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
) -> Result<Response, AppError> {
    answer(&state, granted, plan, service::delete).await
}

/// `POST /api/v1/plans/{plan}/restore`, by id.
pub async fn restore(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(plan): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    let scope = session.scope();
    let id: PlanId = plan.parse().map_err(|_| AppError::not_found("There is no plan at this address."))?;
    state
        .run(move |services| {
            let plan = service::restore(services, (&grant, &scope), id)?;
            Ok(Json(PlanSummary::from(&plan)).into_response())
        })
        .await
}

/// `POST /api/v1/plans/{plan}/leader`
pub async fn lead(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    answer(&state, granted, plan, service::lead).await
}

/// `POST /api/v1/plans/{plan}/lock`
pub async fn lock(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    answer(&state, granted, plan, |services, who, id| service::lock(services, who, id, true)).await
}

/// `POST /api/v1/plans/{plan}/unlock`
pub async fn unlock(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    answer(&state, granted, plan, |services, who, id| service::lock(services, who, id, false)).await
}

/// `POST /api/v1/plans/{plan}/archive`
pub async fn archive(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    answer(&state, granted, plan, |services, who, id| service::archive(services, who, id, true)).await
}

/// `POST /api/v1/plans/{plan}/unarchive`
pub async fn unarchive(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    answer(&state, granted, plan, |services, who, id| service::archive(services, who, id, false)).await
}

/// The name of a copy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyBody {
    name: String,
}

/// `POST /api/v1/plans/{plan}/copy`: 201, and the copy.
pub async fn copy(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(plan): Path<String>,
    ApiJson(body): ApiJson<CopyBody>,
) -> Result<Response, AppError> {
    let (reader, scope) = (reader(&session), session.scope());
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            let copy = service::copy(services, (&grant, &scope), plan.id, &body.name)?;
            Ok((StatusCode::CREATED, Json(PlanSummary::from(&copy))).into_response())
        })
        .await
}

/// Which inventory.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StockBody {
    dataset: Option<String>,
}

/// `POST /api/v1/plans/{plan}/stock`: takes over what the inventory has now.
pub async fn stock(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    body: Bytes,
) -> Result<Response, AppError> {
    let body: StockBody = if body.is_empty() {
        StockBody::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| {
            AppError::invalid(format!("The body is not `{{\"dataset\": \"…\"}}`: {error}."))
        })?
    };
    let dataset = body.dataset.unwrap_or_else(|| MAIN.to_owned());
    answer(&state, granted, plan, move |services, who, id| service::take_stock(services, who, id, &dataset))
        .await
}
