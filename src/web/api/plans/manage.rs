//! Plans as wholes.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::PlanBody;
use super::{plan_at, reader};
use crate::domain::ids::PlanId;
use crate::domain::plan::Plan;
use crate::domain::scope::Scope;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::datasets::MAIN;
use crate::services::plans as service;
use crate::services::plans::commands::PlanSummary;
use crate::services::{ServiceError, Services};
use crate::web::api::versions::{Seen, tagged};
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, CurrentSession, Granted, NoBody, PerhapsJson};
use crate::web::state::AppState;

/// Plans in a list.
#[derive(Serialize, ToSchema)]
struct Plans {
    plans: Vec<PlanSummary>,
}

/// The plans that one sees.
#[utoipa::path(get, path = "/api/v1/plans", responses((status = 200, description = "Done", body = Plans)))]
pub async fn list(State(state): State<AppState>, session: CurrentSession) -> Result<Response, AppError> {
    let reader = reader(&session);
    state
        .run(move |services| {
            let plans: Vec<PlanSummary> = service::list(services, &reader)?.iter().map(Into::into).collect();
            Ok(Json(Plans { plans }).into_response())
        })
        .await
}

/// Makes a plan.
#[utoipa::path(post, path = "/api/v1/plans", request_body = PlanBody, responses((status = 201, description = "Made", body = PlanSummary)))]
pub async fn create(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<EditPlans>,
    ApiJson(body): ApiJson<PlanBody>,
) -> Result<Response, AppError> {
    state
        .run(move |services| {
            let plan = service::create(services, &grant, &body.new_plan()?)?;
            let plan = PlanSummary::from(&plan);
            Ok(tagged(plan.version.clone(), (StatusCode::CREATED, Json(plan)).into_response()))
        })
        .await
}

/// One plan.
#[utoipa::path(get, path = "/api/v1/plans/{plan}", responses((status = 200, description = "Done", body = PlanSummary)))]
pub async fn show(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(plan): Path<String>,
    seen: Seen,
) -> Result<Response, AppError> {
    let reader = reader(&session);
    state
        .run(move |services| {
            let plan = PlanSummary::from(&plan_at(services, &reader, &plan)?);
            Ok(seen.answer(plan.version.clone(), plan))
        })
        .await
}

/// Does something with a plan and answers with it.
async fn answer(
    state: &AppState,
    Granted { session, grant }: Granted<EditPlans>,
    (plan, seen): (String, Seen),
    act: impl FnOnce(&Services, (&Grant<EditPlans>, &Scope), PlanId) -> Result<Plan, ServiceError>
    + Send
    + 'static,
) -> Result<Response, AppError> {
    let (reader, scope) = (reader(&session), session.scope());
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            seen.must_be(PlanSummary::from(&plan).version)?;
            let plan = PlanSummary::from(&act(services, (&grant, &scope), plan.id)?);
            Ok(tagged(plan.version.clone(), Json(plan).into_response()))
        })
        .await
}

/// Changes settings of a plan; what is not said stays.
#[utoipa::path(patch, path = "/api/v1/plans/{plan}", request_body = PlanBody, responses((status = 200, description = "Done", body = PlanSummary)))]
pub async fn change(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    seen: Seen,
    ApiJson(body): ApiJson<PlanBody>,
) -> Result<Response, AppError> {
    answer(&state, granted, (plan, seen), move |services, who, id| {
        service::change(services, who, id, &body.change()?)
    })
    .await
}

/// Deletes a plan; for a week it can be restored.
#[utoipa::path(delete, path = "/api/v1/plans/{plan}", responses((status = 200, description = "Done", body = PlanSummary)))]
pub async fn delete(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    seen: Seen,
) -> Result<Response, AppError> {
    answer(&state, granted, (plan, seen), service::delete).await
}

/// Brings a deleted plan back, by its id.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/restore", responses((status = 200, description = "Done", body = PlanSummary)))]
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
            let plan = PlanSummary::from(&plan);
            Ok(tagged(plan.version.clone(), Json(plan).into_response()))
        })
        .await
}

/// Makes it the plan that leads.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/leader", responses((status = 200, description = "Done", body = PlanSummary)))]
pub async fn lead(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    seen: Seen,
    _: NoBody,
) -> Result<Response, AppError> {
    answer(&state, granted, (plan, seen), service::lead).await
}

/// Takes no edits from here on.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/lock", responses((status = 200, description = "Done", body = PlanSummary)))]
pub async fn lock(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    seen: Seen,
    _: NoBody,
) -> Result<Response, AppError> {
    answer(&state, granted, (plan, seen), |services, who, id| service::lock(services, who, id, true)).await
}

/// Takes edits again.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/unlock", responses((status = 200, description = "Done", body = PlanSummary)))]
pub async fn unlock(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    seen: Seen,
    _: NoBody,
) -> Result<Response, AppError> {
    answer(&state, granted, (plan, seen), |services, who, id| service::lock(services, who, id, false)).await
}

/// Puts a plan into the archive.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/archive", responses((status = 200, description = "Done", body = PlanSummary)))]
pub async fn archive(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    seen: Seen,
    _: NoBody,
) -> Result<Response, AppError> {
    answer(&state, granted, (plan, seen), |services, who, id| service::archive(services, who, id, true)).await
}

/// Takes a plan out of the archive.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/unarchive", responses((status = 200, description = "Done", body = PlanSummary)))]
pub async fn unarchive(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    seen: Seen,
    _: NoBody,
) -> Result<Response, AppError> {
    answer(&state, granted, (plan, seen), |services, who, id| service::archive(services, who, id, false))
        .await
}

/// The name of a copy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NameOfCopy)]
pub struct CopyBody {
    name: String,
}

/// Makes a copy of a plan.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/copy", request_body = CopyBody, responses((status = 201, description = "Made", body = PlanSummary)))]
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
            let copy = PlanSummary::from(&copy);
            Ok(tagged(copy.version.clone(), (StatusCode::CREATED, Json(copy)).into_response()))
        })
        .await
}

/// Which inventory.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhichStock)]
pub struct StockBody {
    dataset: Option<String>,
}

/// Takes over what the inventory has now.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/stock", request_body(content = Option<StockBody>, content_type = "application/json"), responses((status = 200, description = "Done", body = PlanSummary)))]
pub async fn stock(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    seen: Seen,
    PerhapsJson(body): PerhapsJson<StockBody>,
) -> Result<Response, AppError> {
    let dataset = body.dataset.unwrap_or_else(|| MAIN.to_owned());
    answer(&state, granted, (plan, seen), move |services, who, id| {
        service::take_stock(services, who, id, &dataset)
    })
    .await
}
