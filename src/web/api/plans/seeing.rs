//! A plan beside another plan, and beside what was reported.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::exact::Exact;
use super::{bucket_of, days_of, plan_at, reader};
use crate::domain::plan::accuracy::Accuracy;
use crate::domain::plan::compare::Side;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::{Bucket, LineId, Measure};
use crate::services::ServiceError;
use crate::services::plans::{self as service, Compared};
use crate::web::error::AppError;
use crate::web::extract::{CurrentSession, FormData};
use crate::web::state::AppState;

/// Cells of an answer, where nobody says how many.
const CELLS: usize = 1_000;
/// Most cells of an answer.
const MAX_CELLS: usize = 10_000;

#[derive(Serialize, ToSchema)]
#[schema(as = ComparedSide)]
struct SideBody {
    line: u32,
    opening: Exact,
    production: Exact,
    sales: Exact,
    closing: Exact,
    first_stock_out: Option<Date>,
}

impl From<(LineId, Side)> for SideBody {
    fn from((line, side): (LineId, Side)) -> Self {
        Self {
            line: line.0,
            opening: Exact(side.opening),
            production: Exact(side.production),
            sales: Exact(side.sales),
            closing: Exact(side.closing),
            first_stock_out: side.first_stock_out,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = LineKey)]
struct KeyBody<'k> {
    item: &'k str,
    location: &'k str,
    channel: &'k str,
}

impl<'k> From<&'k LineKey> for KeyBody<'k> {
    fn from(key: &'k LineKey) -> Self {
        Self { item: &key.item, location: &key.location, channel: &key.channel }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = ComparedLine)]
struct LineBody<'k> {
    #[serde(flatten)]
    key: KeyBody<'k>,
    /// `null` for a line that only the other plan has.
    one: Option<SideBody>,
    other: Option<SideBody>,
    cells: usize,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ComparedCell)]
struct CellBody<'k> {
    #[serde(flatten)]
    key: KeyBody<'k>,
    date: Date,
    measure: Measure,
    one: Option<Exact>,
    other: Option<Exact>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ComparedTotals)]
struct TotalsBody<'k> {
    unit: &'k str,
    production: [Exact; 2],
    sales: [Exact; 2],
    closing: [Exact; 2],
}

#[derive(Serialize, ToSchema)]
#[schema(as = Comparison)]
struct ComparisonBody<'k> {
    one: String,
    other: String,
    bucket: Bucket,
    lines: Vec<LineBody<'k>>,
    same_lines: usize,
    totals: Vec<TotalsBody<'k>>,
    cells_differing: usize,
    offset: usize,
    cells: Vec<CellBody<'k>>,
}

fn whole(query: &FormData, name: &'static str, otherwise: usize) -> Result<usize, ServiceError> {
    match query.text(name) {
        "" => Ok(otherwise),
        text => text.parse().map_err(|_| ServiceError::invalid(name, "expected a whole number")),
    }
}

fn compared(query: &FormData) -> Result<Compared, ServiceError> {
    query.only(&["with", "bucket", "item", "offset", "limit"])?;
    let bucket = bucket_of(query)?;
    let (offset, limit) = (whole(query, "offset", 0)?, whole(query, "limit", CELLS)?);
    if limit > MAX_CELLS {
        return Err(ServiceError::invalid("limit", format!("is at most {MAX_CELLS}")));
    }
    let item = Some(query.text("item").to_owned()).filter(|item| !item.is_empty());
    Ok(Compared { bucket, item, window: offset..offset.saturating_add(limit) })
}

/// Lines, totals and cells of two plans that are not the same.
#[utoipa::path(get, path = "/api/v1/plans/{plan}/compare", params(("with" = String, Query, description = "The other plan: its id or name"), ("bucket" = Option<Bucket>, Query, description = "How many days are put together; day where nothing is said"), ("item" = Option<String>, Query, description = "One item"), ("offset" = Option<usize>, Query, description = "Entries to leave out at the beginning"), ("limit" = Option<usize>, Query, description = "Most entries of the answer")), responses((status = 200, description = "Done", body = ComparisonBody)))]
pub async fn compare(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let reader = reader(&session);
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            let wanted = compared(&query)?;
            if query.text("with").is_empty() {
                return Err(ServiceError::invalid("with", "expected the id or name of another plan"));
            }
            let other = plan_at(services, &reader, query.text("with"))?;
            let found = service::compare(services, &reader, (plan.id, other.id), &wanted)?;
            let lines = found.lines.iter().map(|line| LineBody {
                key: (&line.key).into(),
                one: line.one.map(SideBody::from),
                other: line.other.map(SideBody::from),
                cells: line.cells,
            });
            let cells = found.window.iter().map(|(line, cell)| CellBody {
                key: (&found.lines[*line].key).into(),
                date: cell.start,
                measure: cell.measure,
                one: cell.one.map(Exact),
                other: cell.other.map(Exact),
            });
            let totals = found.totals.iter().map(|(unit, totals)| TotalsBody {
                unit,
                production: totals.production.map(Exact),
                sales: totals.sales.map(Exact),
                closing: totals.closing.map(Exact),
            });
            let body = ComparisonBody {
                one: found.one.id.to_string(),
                other: found.other.id.to_string(),
                bucket: wanted.bucket,
                lines: lines.collect(),
                same_lines: found.same,
                totals: totals.collect(),
                cells_differing: found.cells,
                offset: wanted.window.start,
                cells: cells.collect(),
            };
            Ok(Json(body).into_response())
        })
        .await
}

#[derive(Serialize, ToSchema)]
struct AccuracyFigures {
    days: u64,
    /// Days that reported zero, which MAPE leaves out.
    zero_days: u64,
    /// Mean of projected less reported.
    bias: Option<Exact>,
    /// A ratio: 0.25 is 25 %.
    mape: Option<Exact>,
    wape: Option<Exact>,
}

impl From<&Accuracy> for AccuracyFigures {
    fn from(accuracy: &Accuracy) -> Self {
        Self {
            days: accuracy.days,
            zero_days: accuracy.zero_days,
            bias: accuracy.bias().map(Exact),
            mape: accuracy.mape().map(Exact),
            wape: accuracy.wape().map(Exact),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct AccuracyLine<'k> {
    line: u32,
    #[serde(flatten)]
    key: KeyBody<'k>,
    unit: &'k str,
    #[serde(flatten)]
    figures: AccuracyFigures,
}

#[derive(Serialize, ToSchema)]
struct AccuracyUnit<'k> {
    unit: &'k str,
    lines: usize,
    #[serde(flatten)]
    figures: AccuracyFigures,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Accuracy)]
struct AccuracyBody<'k> {
    plan: String,
    first: Option<Date>,
    last: Option<Date>,
    lines: Vec<AccuracyLine<'k>>,
    unreported_lines: usize,
    /// MAPE is here the mean of that of the lines.
    units: Vec<AccuracyUnit<'k>>,
    mean_mape: Option<Exact>,
}

/// What was projected against what was reported.
#[utoipa::path(get, path = "/api/v1/plans/{plan}/accuracy", params(("from" = Option<String>, Query, description = "First day, such as 2026-11-21"), ("to" = Option<String>, Query, description = "Last day")), responses((status = 200, description = "Done", body = AccuracyBody)))]
pub async fn accuracy(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let reader = reader(&session);
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            query.only(&["from", "to"])?;
            let days = days_of(&query)?;
            let found = service::accuracy(services, &reader, plan.id, days)?;
            let lines = found.lines.iter().map(|line| AccuracyLine {
                line: line.line.0,
                key: (&line.key).into(),
                unit: &line.unit,
                figures: (&line.accuracy).into(),
            });
            let units = found.units.iter().map(|(unit, totals)| AccuracyUnit {
                unit,
                lines: totals.lines,
                figures: AccuracyFigures { mape: totals.mean_mape.map(Exact), ..(&totals.accuracy).into() },
            });
            let body = AccuracyBody {
                plan: found.plan.id.to_string(),
                first: found.compared.map(|days| days.first),
                last: found.compared.map(|days| days.last),
                lines: lines.collect(),
                unreported_lines: found.unreported,
                units: units.collect(),
                mean_mape: found.mean_mape.map(Exact),
            };
            Ok(Json(body).into_response())
        })
        .await
}
