//! The days of a plan against those of its cells. Changing the days of a plan takes no cell away: one that lies outside is kept,
//! neither shown nor counted, and there again once the plan has its day.

use super::{PlanReader, get, items, lines_seen};
use crate::domain::ids::PlanId;
use crate::domain::plan::{Cells, Horizon, MAX_DAYS, Measure};
use crate::services::Services;
use crate::services::error::ServiceError;
use crate::store::{Read, plan_lines};

/// What days a file or a plan says something of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spans {
    /// From the first to the last day of what moves, and of safety stocks.
    pub flows: Option<Horizon>,
    /// From the first to the last day of what was reported.
    pub reported: Option<Horizon>,
}

impl Spans {
    /// The days that one or the other has, and those between.
    pub fn both(one: Option<Horizon>, other: Option<Horizon>) -> Option<Horizon> {
        one.into_iter().chain(other).reduce(Horizon::with)
    }

    /// The days that they give a plan: from the first flow to the last day of all. What was reported before is what lines
    /// begin with, and no day of the plan; where nothing moves, the days of what was reported.
    pub fn days(self) -> Option<Horizon> {
        let Some(flows) = self.flows else { return self.reported };
        let last = self.reported.map_or(flows.last, |reported| reported.last.max(flows.last));
        Some(Horizon { first: flows.first, last })
    }
}

fn span(cells: &Cells, measure: Measure) -> Option<Horizon> {
    let shown = cells.shown(measure);
    let (first, last) = (shown.keys().next()?, shown.keys().next_back()?);
    Some(Horizon { first: *first, last: *last })
}

/// True where anything moves, or has a safety stock of its own, in the cells of a plan.
pub(super) fn has_flows(r: &impl Read, id: PlanId) -> Result<bool, ServiceError> {
    for line in plan_lines::list_lines(r, id)? {
        let cells = plan_lines::find_cells(r, id, line.id)?;
        if FLOWS.into_iter().any(|measure| span(&cells, measure).is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

const FLOWS: [Measure; 3] = [Measure::Production, Measure::Sales, Measure::SafetyStock];

/// The days that the cells of a plan would give it, as an import of all of them would; `None` where there are none.
///
/// # Errors
/// [`ServiceError::Invalid`] where they are more days than a plan has.
pub(super) fn of_cells(r: &impl Read, id: PlanId) -> Result<Option<Horizon>, ServiceError> {
    let mut spans = Spans::default();
    for line in plan_lines::list_lines(r, id)? {
        let cells = plan_lines::find_cells(r, id, line.id)?;
        for measure in FLOWS {
            spans.flows = Spans::both(spans.flows, span(&cells, measure));
        }
        spans.reported = Spans::both(spans.reported, span(&cells, Measure::Inventory));
    }
    let Some(days) = spans.days() else { return Ok(None) };
    if days.count() > MAX_DAYS {
        return Err(ServiceError::invalid(
            "first",
            format!(
                "is needed: the values of the plan go from {} to {}, {} days, and a plan has at most {MAX_DAYS}",
                days.first,
                days.last,
                days.count()
            ),
        ));
    }
    Ok(Some(days))
}

/// Values that a reader would see if the plan had their days: how many, from which day to which. What was reported before the
/// first day is none of them, because a line begins with it.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn outside(
    services: &Services,
    reader: &PlanReader,
    id: PlanId,
) -> Result<Option<(u64, Horizon)>, ServiceError> {
    let plan = get(services, reader, id)?;
    let Some(horizon) = plan.horizon else { return Ok(None) };
    services.store.read(|r| {
        let mut found: Option<(u64, Horizon)> = None;
        for line in lines_seen(r, reader, &plan, &items(r)?)? {
            let cells = plan_lines::find_cells(r, id, line.id)?;
            for measure in Measure::ALL {
                let is_opening = |day| measure == Measure::Inventory && day < horizon.first;
                for day in cells.shown(measure).into_keys() {
                    if horizon.has(day) || is_opening(day) {
                        continue;
                    }
                    let day = Horizon { first: day, last: day };
                    found = Some(found.map_or((1, day), |(count, days)| (count + 1, days.with(day))));
                }
            }
        }
        Ok(found)
    })
}
