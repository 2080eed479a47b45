//! What is known of all lines of a plan, and of one day by day.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Items, PlanReader, get, items, lines_seen};
use crate::domain::ids::PlanId;
use crate::domain::plan::master::Item;
use crate::domain::plan::projection::{Cover, DayRow, Opening, Summary, cover, project, summary};
use crate::domain::plan::{Cells, Horizon, Line, LineId, Plan};
use crate::services::Services;
use crate::services::error::ServiceError;
use crate::services::rows::today;
use crate::store::{Read, plan_lines};

/// A line with what follows from its cells.
#[derive(Debug, Clone)]
pub struct LineView {
    /// The line.
    pub line: Line,
    /// Its item; `None` for one that was taken out of the master data.
    pub item: Option<Item>,
    /// What it begins with.
    pub opening: Opening,
    /// Its days.
    pub days: Vec<DayRow>,
    /// What is worth knowing of them.
    pub summary: Summary,
    /// How far the stock of today lasts, or that of the first day where the plan is yet to begin; `None` where it is over.
    pub cover: Option<Cover>,
}

/// What all lines add up to. Quantities of different units are not added up, so this counts lines alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlanTotals {
    /// Lines.
    pub lines: usize,
    /// Lines that run out.
    pub stock_outs: usize,
    /// Lines that fall below their safety stock.
    pub under_safety: usize,
}

/// All lines of a plan.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The plan.
    pub plan: Plan,
    /// Its lines, those first that run out first.
    pub lines: Vec<LineView>,
    /// How many of what kind.
    pub totals: PlanTotals,
}

/// The opening that a line has on the first of `days`.
pub(super) fn opening_of(plan: &Plan, line: &Line, cells: &Cells, first: Date) -> Opening {
    let stock = line.stock.filter(|_| plan.opens_with_stock);
    Opening::of(cells, first, line.starting_inventory, stock)
}

pub(super) fn safety_of(item: Option<&Item>) -> Decimal {
    item.map_or(Decimal::ZERO, |item| item.safety_stock)
}

fn view(
    r: &impl Read,
    plan: &Plan,
    line: Line,
    items: &Items,
    horizon: Horizon,
    now: Date,
) -> Result<LineView, ServiceError> {
    let cells = plan_lines::find_cells(r, plan.id, line.id)?;
    let item = items.get(&line.key.item).cloned();
    let opening = opening_of(plan, &line, &cells, horizon.first);
    let days = project(&cells, horizon, opening.amount, safety_of(item.as_ref()));
    let summary = summary(&days, opening.amount);
    let cover = cover(&days, now.max(horizon.first));
    Ok(LineView { line, item, opening, days, summary, cover })
}

/// All lines that a reader sees, those first that run out first.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn overview(services: &Services, reader: &PlanReader, id: PlanId) -> Result<Overview, ServiceError> {
    let plan = get(services, reader, id)?;
    let now = today(services);
    services.store.read(|r| {
        let items = items(r)?;
        let lines = lines_seen(r, reader, &plan, &items)?;
        let horizon = plan.horizon.unwrap_or(Horizon { first: now, last: now });
        let lines: Result<Vec<_>, ServiceError> =
            lines.into_iter().map(|line| view(r, &plan, line, &items, horizon, now)).collect();
        let mut lines = lines?;
        lines.sort_by_cached_key(|view| {
            let last = (Date::MAX, Date::MAX);
            let first = view.summary.first_stock_out.unwrap_or(last.0);
            (first, view.summary.first_under_safety.unwrap_or(last.1), view.line.key.clone())
        });
        let totals = PlanTotals {
            lines: lines.len(),
            stock_outs: lines.iter().filter(|view| view.summary.first_stock_out.is_some()).count(),
            under_safety: lines.iter().filter(|view| view.summary.first_under_safety.is_some()).count(),
        };
        Ok(Overview { plan, lines, totals })
    })
}

/// One line with its cells.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn line_days(
    services: &Services,
    reader: &PlanReader,
    id: PlanId,
    line: LineId,
) -> Result<(Plan, LineView, Cells), ServiceError> {
    let plan = get(services, reader, id)?;
    let now = today(services);
    services.store.read(|r| {
        let items = items(r)?;
        let lines = lines_seen(r, reader, &plan, &items)?;
        let line = lines
            .into_iter()
            .find(|seen| seen.id == line)
            .ok_or_else(|| ServiceError::NotFound(format!("line `{line}` of this plan")))?;
        let cells = plan_lines::find_cells(r, id, line.id)?;
        let horizon = plan.horizon.unwrap_or(Horizon { first: now, last: now });
        let view = view(r, &plan, line, &items, horizon, now)?;
        Ok((plan, view, cells))
    })
}
