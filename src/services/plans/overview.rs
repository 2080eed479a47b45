//! What is known of all lines of a plan, and of some of them day by day.

use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::figures::{Figures, MadeFrom};
use super::{Items, PlanReader, items, lines_seen};
use crate::domain::ids::PlanId;
use crate::domain::plan::master::Item;
use crate::domain::plan::projection::{Cover, DayRow, Opening, OpeningSource, Summary, net, project};
use crate::domain::plan::{Cells, Given, Horizon, Line, LineId, Plan};
use crate::services::Services;
use crate::services::error::ServiceError;
use crate::services::rows::today;
use crate::store::{Read, StoreError, plan_lines};

/// A line with what follows from its cells.
#[derive(Debug, Clone)]
pub struct LineView {
    /// The line.
    pub line: Line,
    /// Its item; `None` for one that was taken out of the master data.
    pub item: Option<Item>,
    figures: Arc<Figures>,
}

impl LineView {
    /// What it begins with.
    pub fn opening(&self) -> Opening {
        self.figures.opening
    }

    /// What it begins with, where somebody said so: as much as was given, or what leads to that from the plan's first day.
    pub fn starting_inventory(&self) -> Option<Decimal> {
        let Opening { amount, source } = self.opening();
        matches!(source, OpeningSource::Given { .. }).then_some(amount)
    }

    /// What is worth knowing of its days.
    pub fn summary(&self) -> &Summary {
        &self.figures.summary
    }

    /// How far the stock of today lasts, or that of the first day where the plan is yet to begin; `None` where it is over.
    pub fn cover(&self) -> Option<Cover> {
        self.figures.cover
    }

    /// The projected stock on days spread evenly over the plan.
    pub fn spark(&self) -> &[Decimal] {
        &self.figures.spark
    }

    /// It runs out, or falls below its safety stock.
    pub fn has_problem(&self) -> bool {
        self.summary().first_stock_out.is_some() || self.summary().first_under_safety.is_some()
    }
}

/// A line day by day.
#[derive(Debug, Clone)]
pub struct LineDays {
    /// The line.
    pub view: LineView,
    /// All days of the plan.
    pub days: Vec<DayRow>,
    /// What was imported and typed.
    pub cells: Cells,
}

impl LineDays {
    /// As the days would be, did the line begin with `starting_inventory`.
    pub fn begin_with(&mut self, plan: &Plan, starting_inventory: Decimal) {
        let Some(horizon) = plan.horizon else { return };
        let given = Given { amount: starting_inventory, on: Some(horizon.first) };
        let opening = Opening::of(&self.cells, horizon.first, Some(given), None);
        self.days = project(&self.cells, horizon, opening.amount, safety_of(self.view.item.as_ref()));
        let figures = Figures { opening, ..(*self.view.figures).clone() };
        self.view.figures = Arc::new(figures);
    }
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

/// The opening of a line of a plan that begins with `first`.
fn opening_of(plan: &Plan, line: &Line, cells: &Cells, first: Date) -> Opening {
    Opening::of(cells, first, line.given, stock_of(plan, line))
}

/// The stock of a line at the start of `day`, and who says what it follows from: as the plan projects it, also on days that
/// it does not have.
pub(super) fn balance_at(plan: &Plan, line: &Line, cells: &Cells, day: Date) -> Opening {
    let first = plan.horizon.map_or(day, |horizon| horizon.first);
    let opening = opening_of(plan, line, cells, first);
    Opening { amount: opening.amount + net(cells, first, day), ..opening }
}

fn stock_of(plan: &Plan, line: &Line) -> Option<Decimal> {
    line.stock.filter(|_| plan.opens_with_stock)
}

pub(super) fn safety_of(item: Option<&Item>) -> Decimal {
    item.map_or(Decimal::ZERO, |item| item.safety_stock)
}

/// The cells of a line, what it begins with, and what follows for each day of `horizon`.
pub(super) fn projected(
    r: &impl Read,
    plan: &Plan,
    line: &Line,
    item: Option<&Item>,
    horizon: Horizon,
) -> Result<(Cells, Opening, Vec<DayRow>), StoreError> {
    let cells = plan_lines::find_cells(r, plan.id, line.id)?;
    let opening = opening_of(plan, line, &cells, horizon.first);
    let days = project(&cells, horizon, opening.amount, safety_of(item));
    Ok((cells, opening, days))
}

/// Lines of a plan, as they stand in one transaction.
struct Desk<'a, R> {
    r: &'a R,
    plan: &'a Plan,
    horizon: Horizon,
    now: Date,
}

impl<'a, R: Read> Desk<'a, R> {
    fn new(r: &'a R, plan: &'a Plan, now: Date) -> Self {
        Self { r, plan, horizon: plan.horizon.unwrap_or(Horizon { first: now, last: now }), now }
    }

    fn project(&self, line: &Line, item: Option<&Item>) -> Result<(Figures, Vec<DayRow>, Cells), StoreError> {
        let (cells, opening, days) = projected(self.r, self.plan, line, item, self.horizon)?;
        Ok((Figures::of(&days, opening, self.horizon, self.now), days, cells))
    }

    /// A line with figures that are known, day by day.
    fn days_of_view(&self, view: LineView) -> Result<LineDays, StoreError> {
        let cells = plan_lines::find_cells(self.r, self.plan.id, view.line.id)?;
        let days = project(&cells, self.horizon, view.opening().amount, safety_of(view.item.as_ref()));
        Ok(LineDays { view, days, cells })
    }

    fn days(&self, line: Line, items: &Items) -> Result<LineDays, StoreError> {
        let item = items.get(&line.key.item).cloned();
        let (figures, days, cells) = self.project(&line, item.as_ref())?;
        Ok(LineDays { view: LineView { line, item, figures: Arc::new(figures) }, days, cells })
    }

    /// All `lines` with their figures: those that are known, or made now.
    fn views(
        &self,
        services: &Services,
        lines: Vec<Line>,
        items: &Items,
    ) -> Result<Vec<LineView>, StoreError> {
        let known = services.plan_figures.of(self.plan.id);
        let stamps = plan_lines::cells_stamps(self.r, self.plan.id)?;
        let mut made = Vec::new();
        let mut views = Vec::with_capacity(lines.len());
        for line in lines {
            let item = items.get(&line.key.item).cloned();
            let made_from = MadeFrom {
                cells: stamps.get(&line.id).copied().unwrap_or_default(),
                given: line.given,
                stock: stock_of(self.plan, &line),
                safety: safety_of(item.as_ref()),
                horizon: self.horizon,
                now: self.now,
            };
            let kept = known.get(&line.id).filter(|(from, _)| *from == made_from);
            let figures = match kept {
                Some((_, figures)) => Arc::clone(figures),
                None => {
                    let figures = Arc::new(self.project(&line, item.as_ref())?.0);
                    made.push((line.id, (made_from, Arc::clone(&figures))));
                    figures
                }
            };
            views.push(LineView { line, item, figures });
        }
        if !made.is_empty() {
            let mut kept = (*known).clone();
            // Of lines that nobody sees now nothing is thrown away: another reader may see them. A deleted line has no cells.
            kept.retain(|id, (from, _)| {
                stamps.contains_key(id) || from.cells == plan_lines::CellsStamp::default()
            });
            kept.extend(made);
            services.plan_figures.keep(self.plan.id, kept);
        }
        Ok(views)
    }
}

fn no_line(id: LineId) -> ServiceError {
    ServiceError::NotFound(format!("line `{id}` of this plan"))
}

/// All lines that a reader sees, those first that run out first.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn overview(services: &Services, reader: &PlanReader, id: PlanId) -> Result<Overview, ServiceError> {
    Ok(overview_with_days(services, reader, id, |_| Vec::new())?.0)
}

/// All lines that a reader sees, those first that run out first, and those day by day that `choose` names: of one and the
/// same state of the plan. `choose` may take lines out of the overview.
///
/// # Errors
/// [`ServiceError::NotFound`], for a chosen line that the reader does not see too.
pub fn overview_with_days(
    services: &Services,
    reader: &PlanReader,
    id: PlanId,
    choose: impl FnOnce(&mut Overview) -> Vec<LineId>,
) -> Result<(Overview, Vec<LineDays>), ServiceError> {
    let now = today(services);
    services.store.read(|r| {
        let plan = super::get_in(r, reader, id)?;
        let items = items(r)?;
        let lines = lines_seen(r, reader, &plan, &items)?;
        let desk = Desk::new(r, &plan, now);
        let mut lines = desk.views(services, lines, &items)?;
        lines.sort_by_cached_key(|view| {
            let summary = view.summary();
            let first = summary.first_stock_out.unwrap_or(Date::MAX);
            (first, summary.first_under_safety.unwrap_or(Date::MAX), view.line.key.clone())
        });
        let totals = PlanTotals {
            lines: lines.len(),
            stock_outs: lines.iter().filter(|view| view.summary().first_stock_out.is_some()).count(),
            under_safety: lines.iter().filter(|view| view.summary().first_under_safety.is_some()).count(),
        };
        let mut overview = Overview { plan: plan.clone(), lines, totals };
        let mut days = Vec::new();
        for wanted in choose(&mut overview) {
            let view =
                overview.lines.iter().find(|view| view.line.id == wanted).ok_or_else(|| no_line(wanted))?;
            days.push(desk.days_of_view(view.clone())?);
        }
        Ok((overview, days))
    })
}

/// Lines day by day, in the order in which they are named.
///
/// # Errors
/// [`ServiceError::NotFound`], for a line that the reader does not see too.
pub fn days_of(
    services: &Services,
    reader: &PlanReader,
    id: PlanId,
    wanted: &[LineId],
) -> Result<(Plan, Vec<LineDays>), ServiceError> {
    let now = today(services);
    services.store.read(|r| {
        let plan = super::get_in(r, reader, id)?;
        let items = items(r)?;
        let desk = Desk::new(r, &plan, now);
        let mut days = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let line = plan_lines::find_line(r, id, *wanted)?;
            let line = line.filter(|line| super::sees_line(reader, &plan, &items, line));
            days.push(desk.days(line.ok_or_else(|| no_line(*wanted))?, &items)?);
        }
        Ok((plan, days))
    })
}
