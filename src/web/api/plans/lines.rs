//! Lines of a plan, and what follows from their cells.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{LineBody, OpeningBody, RowBody};
use super::exact::Exact;
use super::{bucket_of, days_of, line_of, plan_at, reader};
use crate::domain::plan::bucket::roll_up;
use crate::domain::plan::{Bucket, LineId, quantity};
use crate::services::authorize::EditPlans;
use crate::services::plans::{self as service, LineDays, NewLine};
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, CurrentSession, FormData, Granted};
use crate::web::state::AppState;

#[derive(Serialize, ToSchema)]
#[schema(as = PlanLines)]
struct LineList {
    lines: Vec<LineBody>,
    stock_outs: usize,
    under_safety: usize,
}

/// The lines of a plan, those first that run out first.
#[utoipa::path(get, path = "/api/v1/plans/{plan}/lines", responses((status = 200, description = "Done", body = LineList)))]
pub async fn lines(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let reader = reader(&session);
    query.only(&[])?;
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            let overview = service::overview(services, &reader, plan.id)?;
            let lines = overview.lines.iter().map(LineBody::from).collect();
            let totals = overview.totals;
            Ok(Json(LineList { lines, stock_outs: totals.stock_outs, under_safety: totals.under_safety })
                .into_response())
        })
        .await
}

/// A line to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPlanLine)]
pub struct NewLineBody {
    item: String,
    location: Option<String>,
    channel: Option<String>,
    starting_inventory: Option<Exact>,
}

/// Adds a line.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/lines", request_body = NewLineBody, responses((status = 201, description = "Made", body = LineBody)))]
pub async fn add_line(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(plan): Path<String>,
    ApiJson(body): ApiJson<NewLineBody>,
) -> Result<Response, AppError> {
    let (reader, scope) = (reader(&session), session.scope());
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            let new = NewLine {
                item: body.item,
                location: body.location.unwrap_or_default(),
                channel: body.channel.unwrap_or_default(),
                starting_inventory: body.starting_inventory.map(|Exact(amount)| amount),
            };
            let line = service::add_line(services, (&grant, &scope), plan.id, &new)?;
            let (_, lines) = service::days_of(services, &reader, plan.id, &[line.id])?;
            let line = lines.first().map(|line| LineBody::from(&line.view));
            Ok((StatusCode::CREATED, Json(line)).into_response())
        })
        .await
}

/// Removes a line.
///
/// A line that has values is removed only with `with_values=true`; without it the answer is 409.
#[utoipa::path(delete, path = "/api/v1/plans/{plan}/lines/{line}", params(("with_values" = Option<bool>, Query, description = "Also one that has values")), responses((status = 204, description = "Done")))]
pub async fn remove_line(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path((plan, line)): Path<(String, u32)>,
    query: FormData,
) -> Result<Response, AppError> {
    query.only(&["with_values"])?;
    let most = match query.text("with_values") {
        "" | "false" => Some(0),
        "true" => None,
        _ => return Err(ServiceError::invalid("with_values", "expected true or false").into()),
    };
    let (reader, scope) = (reader(&session), session.scope());
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            service::remove_line(services, (&grant, &scope), plan.id, LineId(line), most)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        })
        .await
}

/// What a line begins with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LineStart)]
pub struct StartBody {
    /// `null` for what is reported or in stock.
    #[serde(deserialize_with = "Option::deserialize")]
    starting_inventory: Option<Exact>,
    /// That of the line as it was seen.
    #[serde(default)]
    version: Option<u64>,
}

/// Says what a line begins with.
#[utoipa::path(patch, path = "/api/v1/plans/{plan}/lines/{line}", request_body = StartBody, responses((status = 200, description = "Done", body = LineBody)))]
pub async fn line(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path((plan, line)): Path<(String, u32)>,
    ApiJson(body): ApiJson<StartBody>,
) -> Result<Response, AppError> {
    let (reader, scope) = (reader(&session), session.scope());
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            let amount = body.starting_inventory.map(|Exact(amount)| amount);
            service::set_opening(services, (&grant, &scope), plan.id, (LineId(line), body.version), amount)?;
            let (_, lines) = service::days_of(services, &reader, plan.id, &[LineId(line)])?;
            let line = lines.first().map(|line| LineBody::from(&line.view));
            Ok(Json(line).into_response())
        })
        .await
}

#[derive(Serialize, ToSchema)]
struct LineProjection {
    line: u32,
    item: String,
    location: String,
    channel: String,
    opening: OpeningBody,
    rows: Vec<RowBody>,
}

#[derive(Serialize, ToSchema)]
struct Projection {
    plan: String,
    bucket: Bucket,
    lines: Vec<LineProjection>,
}

const PARAMETERS: [&str; 6] = ["line", "item", "bucket", "from", "to", "starting_inventory"];

/// What follows from the cells, day by day.
///
/// Of all lines, or of those of one `line` or `item`, by `bucket`, on the days `from` to `to`; a week or a month that is cut by them is given as a whole. `starting_inventory` is tried on a single line, and kept nowhere.
#[utoipa::path(get, path = "/api/v1/plans/{plan}/projection", params(("line" = Option<u32>, Query, description = "One line"), ("item" = Option<String>, Query, description = "The lines of one item"), ("bucket" = Option<Bucket>, Query, description = "How many days are put together; day where nothing is said"), ("from" = Option<String>, Query, description = "First day, such as 2026-11-21"), ("to" = Option<String>, Query, description = "Last day"), ("starting_inventory" = Option<String>, Query, description = "Tried on a single line")), responses((status = 200, description = "Done", body = Projection)))]
pub async fn projection(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let reader = reader(&session);
    query.only(&PARAMETERS)?;
    state.run(move |services| Ok(Json(projected(services, &reader, &plan, &query)?).into_response())).await
}

fn projected(
    services: &Services,
    reader: &service::PlanReader,
    plan: &str,
    query: &FormData,
) -> Result<Projection, ServiceError> {
    let plan = plan_at(services, reader, plan)?;
    let bucket = bucket_of(query)?;
    let (from, to) = days_of(query)?;
    let line = line_of(query)?;
    let item = query.text("item");
    let (_, mut lines) = service::overview_with_days(services, reader, plan.id, |overview| {
        let is_wanted = |view: &&service::LineView| {
            line.is_none_or(|line| view.line.id == line) && (item.is_empty() || view.line.key.item == item)
        };
        overview.lines.iter().filter(is_wanted).map(|view| view.line.id).collect()
    })?;
    if lines.is_empty() && (line.is_some() || !item.is_empty()) {
        return Err(ServiceError::NotFound("such line in this plan".to_owned()));
    }
    if query.has("starting_inventory") {
        let [line] = &mut lines[..] else {
            let message = "serves a single line; name it with `line` or `item`";
            return Err(ServiceError::invalid("starting_inventory", message));
        };
        let amount = quantity::parse(query.text("starting_inventory"))
            .map_err(|why| ServiceError::invalid("starting_inventory", why.to_string()))?;
        line.begin_with(&plan, amount);
    }
    let is_asked =
        |first: Date, last: Date| from.is_none_or(|from| last >= from) && to.is_none_or(|to| first <= to);
    let lines = lines.into_iter().map(|LineDays { view, days, .. }| LineProjection {
        line: view.line.id.0,
        item: view.line.key.item.clone(),
        location: view.line.key.location.clone(),
        channel: view.line.key.channel.clone(),
        opening: view.opening().into(),
        rows: match bucket {
            Bucket::Day => {
                days.iter().filter(|day| is_asked(day.date, day.date)).map(RowBody::from).collect()
            }
            bucket => roll_up(days, bucket)
                .iter()
                .filter(|row| is_asked(row.first, row.last))
                .map(|row| RowBody::of_bucket(row, bucket))
                .collect(),
        },
    });
    Ok(Projection { plan: plan.id.to_string(), bucket, lines: lines.collect() })
}
