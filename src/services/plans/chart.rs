//! What a chart of lines shows.

use super::overview::line_days;
use super::{LineView, PlanReader, get, overview};
use crate::domain::ids::PlanId;
use crate::domain::plan::projection::DayRow;
use crate::domain::plan::together::together;
use crate::domain::plan::{LineId, Plan};
use crate::services::Services;
use crate::services::error::ServiceError;

/// Charts of one page, where lines cannot be added up.
pub const MAX_CHARTS: usize = 6;
/// Lines that are added up in one chart.
const MAX_ADDED: usize = 500;

/// One chart: a line, or several as one.
#[derive(Debug, Clone)]
pub struct Charted {
    /// Its lines.
    pub lines: Vec<LineView>,
    /// What their quantities are counted in.
    pub unit: String,
    /// All days of the plan.
    pub days: Vec<DayRow>,
}

/// The charts of the `wanted` lines that a reader sees; of the line that runs out first where none is wanted. Lines whose
/// items are counted in the same unit are added up; else each has a chart of its own, [`MAX_CHARTS`] at most. A line that
/// the reader does not see is left out like one that is not there.
///
/// # Errors
/// [`ServiceError::NotFound`] for the plan.
pub fn charted(
    services: &Services,
    reader: &PlanReader,
    id: PlanId,
    wanted: &[LineId],
) -> Result<(Plan, Vec<Charted>), ServiceError> {
    let plan = get(services, reader, id)?;
    let first;
    let wanted = if wanted.is_empty() {
        first = overview(services, reader, id)?.lines.first().map(|view| view.line.id);
        first.as_slice()
    } else {
        &wanted[..wanted.len().min(MAX_ADDED)]
    };
    let mut found = Vec::new();
    for line in wanted {
        match line_days(services, reader, id, *line) {
            Ok((_, view, _)) => found.push(view),
            Err(ServiceError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let days: Vec<(LineView, Vec<DayRow>)> =
        found.into_iter().map(|view| (view.clone(), view.days)).collect();
    let unit_of = |view: &LineView| view.item.as_ref().map(|item| item.unit.clone()).unwrap_or_default();
    let Some((first, _)) = days.first() else { return Ok((plan, Vec::new())) };
    let unit = unit_of(first);
    if days.iter().all(|(view, _)| unit_of(view) == unit) {
        let (lines, days): (Vec<_>, Vec<_>) = days.into_iter().unzip();
        return Ok((plan, vec![Charted { lines, unit, days: together(&days) }]));
    }
    let each = days.into_iter().take(MAX_CHARTS);
    let each = each.map(|(view, days)| Charted { unit: unit_of(&view), lines: vec![view], days });
    Ok((plan, each.collect()))
}
