//! What a chart of lines shows.

use std::collections::HashSet;

use super::{LineDays, LineView, PlanReader, overview_with_days};
use crate::domain::ids::PlanId;
use crate::domain::plan::projection::DayRow;
use crate::domain::plan::together::together;
use crate::domain::plan::{LineId, Plan};
use crate::services::Services;
use crate::services::error::ServiceError;

/// Charts of one page, where lines cannot be added up.
pub const MAX_CHARTS: usize = 6;
/// Lines that are added up in one chart.
pub const MAX_ADDED: usize = 500;

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

/// What is not drawn of the lines that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotDrawn {
    /// Lines that the reader does not see, or that are not there.
    pub unknown: usize,
    /// Lines beyond the [`MAX_ADDED`] of one chart, where there are any: how many were asked for and are there.
    pub beyond: Option<usize>,
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
) -> Result<(Plan, Vec<Charted>, NotDrawn), ServiceError> {
    let mut not_drawn = NotDrawn::default();
    let (overview, lines) = overview_with_days(services, reader, id, |overview| {
        let there: HashSet<LineId> = overview.lines.iter().map(|view| view.line.id).collect();
        if wanted.is_empty() {
            return overview.lines.first().map(|view| view.line.id).into_iter().collect();
        }
        let mut seen: Vec<LineId> = wanted.iter().copied().filter(|line| there.contains(line)).collect();
        not_drawn.unknown = wanted.len() - seen.len();
        not_drawn.beyond = Some(seen.len()).filter(|count| *count > MAX_ADDED);
        seen.truncate(MAX_ADDED);
        seen
    })?;
    Ok((overview.plan, charts_of(lines), not_drawn))
}

/// The charts of these lines, as [`charted`] says.
pub fn charts_of(lines: Vec<LineDays>) -> Vec<Charted> {
    let unit_of = |line: &LineDays| line.view.item.as_ref().map(|item| item.unit.clone()).unwrap_or_default();
    let Some(unit) = lines.first().map(unit_of) else { return Vec::new() };
    if lines.iter().all(|line| unit_of(line) == unit) {
        let (lines, days): (Vec<_>, Vec<_>) = lines.into_iter().map(|line| (line.view, line.days)).unzip();
        return vec![Charted { lines, unit, days: together(&days) }];
    }
    let each = lines.into_iter().take(MAX_CHARTS);
    each.map(|line| Charted { unit: unit_of(&line), lines: vec![line.view], days: line.days }).collect()
}
