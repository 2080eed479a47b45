//! Cells of a plan: ranges, and many changed at once with what was seen of them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::a_day;
use super::exact::Exact;
use super::{days_of, line_of, plan_at, reader};
use crate::domain::ids::PlanId;
use crate::domain::plan::cells::Place;
use crate::domain::plan::edit::MAX_CELLS;
use crate::domain::plan::{Bucket, LineId, Measure};
use crate::domain::scope::Scope;
use crate::services::authorize::{EditPlans, Grant};
use crate::services::plans::{self as service, BucketEdit, CellConflict, Edited, Seen, Wanted};
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, CurrentSession, FormData, Granted, NoBody};
use crate::web::state::AppState;

/// Largest body with cells, in bytes: as many as are changed at once (50,000) with every field.
const MAX_CELLS_BYTES: usize = 8 << 20;

#[derive(Serialize, ToSchema)]
#[schema(as = PlanCell)]
struct Cell {
    line: u32,
    measure: Measure,
    date: Date,
    value: Option<Exact>,
    /// What was imported, where something else was typed over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    imported: Option<Exact>,
    /// The edit that made it so; 0 for none.
    version: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PlanCells)]
struct Shown {
    edit: u64,
    cells: Vec<Cell>,
    /// What an undo left as somebody else made it since: `yours` is what it would have brought back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left: Vec<Conflict>,
}

/// Which cells.
struct Range {
    line: Option<LineId>,
    measure: Option<Measure>,
    from: Option<Date>,
    to: Option<Date>,
}

impl Range {
    fn of(query: &FormData) -> Result<Self, ServiceError> {
        query.only(&["line", "measure", "from", "to"])?;
        let measure = match query.text("measure") {
            "" => None,
            word => Some(Measure::of_word(word).ok_or_else(|| {
                ServiceError::invalid("measure", "expected production, sales, inventory or safety_stock")
            })?),
        };
        let (from, to) = days_of(query)?;
        Ok(Self { line: line_of(query)?, measure, from, to })
    }

    fn has(&self, measure: Measure, day: Date) -> bool {
        self.measure.is_none_or(|wanted| wanted == measure)
            && self.from.is_none_or(|from| day >= from)
            && self.to.is_none_or(|to| day <= to)
    }
}

/// The cells of a plan that say something.
#[utoipa::path(get, path = "/api/v1/plans/{plan}/cells", params(("line" = Option<u32>, Query, description = "One line"), ("measure" = Option<Measure>, Query, description = "One measure"), ("from" = Option<String>, Query, description = "First day, such as 2026-11-21"), ("to" = Option<String>, Query, description = "Last day")), responses((status = 200, description = "Done", body = Shown)))]
pub async fn show(
    State(state): State<AppState>,
    session: CurrentSession,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let reader = reader(&session);
    state
        .run(move |services| {
            let range = Range::of(&query)?;
            let plan = plan_at(services, &reader, &plan)?;
            let mut shown = Vec::new();
            for (line, cells) in service::cells(services, &reader, plan.id, range.line)? {
                for measure in Measure::ALL {
                    let values = cells.shown(measure).into_iter().map(|(day, value)| (day, Some(value)));
                    let emptied =
                        cells.typed.iter().filter(|((of, _), typed)| *of == measure && typed.value.is_none());
                    let emptied = emptied.map(|((_, day), _)| (*day, None));
                    let mut values: Vec<_> =
                        values.chain(emptied).filter(|(day, _)| range.has(measure, *day)).collect();
                    values.sort_by_key(|(day, _)| *day);
                    shown.extend(values.into_iter().map(|(date, value)| {
                        let version = cells.version((measure, date));
                        let imported = cells.base.get(&(measure, date)).filter(|_| version > 0);
                        Cell {
                            line: line.0,
                            measure,
                            date,
                            value: value.map(Exact),
                            imported: imported.copied().map(Exact),
                            version,
                        }
                    }));
                }
            }
            Ok(Json(Shown { edit: plan.last_edit, cells: shown, left: Vec::new() }).into_response())
        })
        .await
}

/// A cell to be changed. Without `value` it is put back to what was imported; `null` empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CellChange)]
struct CellBody {
    line: u32,
    measure: Measure,
    #[serde(deserialize_with = "a_day")]
    date: Date,
    #[serde(default)]
    #[schema(value_type = Option<Exact>)]
    value: Said,
    #[serde(default)]
    version: Option<u64>,
}

/// A value, `null`, or nothing said.
#[derive(Debug, Clone, Copy, Default)]
enum Said {
    #[default]
    Nothing,
    Null,
    Value(Exact),
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

/// Cells to be changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CellChanges)]
pub struct CellsBody {
    cells: Vec<CellBody>,
    /// The plan's edit when its cells were read: stands for the version of cells that do not say one.
    #[serde(default)]
    seen: Option<u64>,
    /// The dates stand for the weeks or months that they are in.
    #[serde(default)]
    bucket: Bucket,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CellConflict)]
struct Conflict {
    line: u32,
    measure: Measure,
    date: Date,
    yours: Option<Exact>,
    theirs: Option<Exact>,
    version: u64,
    at: Option<String>,
}

impl Conflict {
    fn of(cell: CellConflict) -> Self {
        Self {
            line: cell.line.0,
            measure: cell.place.0,
            date: cell.place.1,
            yours: cell.yours.map(Exact),
            theirs: cell.theirs.map(Exact),
            version: cell.version,
            at: cell.by.map(|(_, at)| at.to_string()),
        }
    }
}

fn edited(
    services: &Services,
    id: PlanId,
    reader: &service::PlanReader,
    edited: Edited,
) -> Result<Result<Response, AppError>, ServiceError> {
    match edited {
        Edited::Done { edit, changed, left } => {
            let mut lines: HashMap<LineId, BTreeMap<Place, Decimal>> = HashMap::new();
            let mut cells = Vec::new();
            for change in changed {
                let imported = match lines.entry(change.line) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => {
                        let found = service::cells(services, reader, id, Some(change.line))?;
                        new.insert(found.into_iter().next().map(|(_, cells)| cells.base).unwrap_or_default())
                    }
                };
                let imported = imported.get(&(change.measure, change.date)).copied();
                cells.push(Cell {
                    line: change.line.0,
                    measure: change.measure,
                    date: change.date,
                    value: change.to.map_or(imported, |typed| typed.value).map(Exact),
                    imported: imported.filter(|_| change.to.is_some()).map(Exact),
                    version: change.to.map_or(0, |typed| typed.edit),
                });
            }
            Ok(Ok(Json(Shown { edit, cells, left: left.into_iter().map(Conflict::of).collect() })
                .into_response()))
        }
        Edited::Conflicts(conflicts) => {
            let conflicts: Vec<Conflict> = conflicts.into_iter().map(Conflict::of).collect();
            let detail = format!(
                "{} cells were changed by somebody else since you saw them; nothing was changed. Send them again with the \
                 version given here to put yours over theirs.",
                conflicts.len()
            );
            Ok(Err(AppError::conflict("cells-changed", "Cells changed meanwhile", detail, &conflicts)))
        }
    }
}

/// Changes cells, all or none.
///
/// Where somebody changed one of them since it was seen, the answer is 409 with both values in `conflicts`, and nothing was changed.
#[utoipa::path(patch, path = "/api/v1/plans/{plan}/cells", request_body = CellsBody, responses((status = 200, description = "Done", body = Shown)))]
pub async fn change(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<EditPlans>,
    Path(plan): Path<String>,
    ApiJson(body): ApiJson<CellsBody, MAX_CELLS_BYTES>,
) -> Result<Response, AppError> {
    let (reader, scope) = (reader(&session), session.scope());
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            let seen = body.seen.map_or(Seen::Anything, Seen::PlanAt);
            let edits = body.cells.iter().map(|cell| BucketEdit {
                line: LineId(cell.line),
                measure: cell.measure,
                day: cell.date,
                bucket: body.bucket,
                wanted: match cell.value {
                    Said::Nothing => Wanted::Imported,
                    Said::Null => Wanted::Blank,
                    Said::Value(Exact(value)) => Wanted::Value(value),
                },
                seen: cell.version.map_or(seen, Seen::Version),
            });
            let edits: Vec<BucketEdit> = edits.collect();
            if edits.len() <= MAX_CELLS {
                each_once(&edits)?;
            }
            let done = service::set_buckets(services, (&grant, &scope), plan.id, &edits)?;
            edited(services, plan.id, &reader, done)
        })
        .await?
}

/// Refuses a day, a week or a month that is named twice: it would not be said which of two values is meant.
fn each_once(edits: &[BucketEdit]) -> Result<(), ServiceError> {
    let mut named = HashSet::with_capacity(edits.len());
    let again =
        edits.iter().find(|edit| !named.insert((edit.line, edit.measure, edit.bucket.start_of(edit.day))));
    again.map_or(Ok(()), |edit| {
        let message = format!(
            "name {} of line {} on {} twice; send each once",
            edit.measure.as_str(),
            edit.line,
            edit.day
        );
        Err(ServiceError::invalid("cells", message))
    })
}

type Turn = fn(&Services, (&Grant<EditPlans>, &Scope), PlanId) -> Result<Edited, ServiceError>;

async fn turn(
    state: &AppState,
    Granted { session, grant }: Granted<EditPlans>,
    plan: String,
    turn: Turn,
) -> Result<Response, AppError> {
    let (reader, scope) = (reader(&session), session.scope());
    state
        .run(move |services| {
            let plan = plan_at(services, &reader, &plan)?;
            let done = turn(services, (&grant, &scope), plan.id)?;
            edited(services, plan.id, &reader, done)
        })
        .await?
}

/// Takes back the last thing one typed.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/undo", responses((status = 200, description = "Done", body = Shown)))]
pub async fn undo(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    turn(&state, granted, plan, service::undo).await
}

/// Does again what one took back.
#[utoipa::path(post, path = "/api/v1/plans/{plan}/redo", responses((status = 200, description = "Done", body = Shown)))]
pub async fn redo(
    State(state): State<AppState>,
    granted: Granted<EditPlans>,
    Path(plan): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    turn(&state, granted, plan, service::redo).await
}
