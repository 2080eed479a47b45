//! The days of a plan against those of its cells. Changing the days of a plan takes no cell away: one that lies outside is kept,
//! neither shown nor counted, and there again once the plan has its day.

use super::{PlanReader, get, items, lines_seen};
use crate::domain::ids::PlanId;
use crate::domain::plan::{Cells, Horizon, MAX_DAYS, Measure};
use crate::services::Services;
use crate::services::error::ServiceError;
use crate::store::{Read, plan_lines};

/// The days that the cells of a plan would give it, as an import of all of them would: from the first flow to the last flow or
/// report; `None` where nothing flows.
///
/// # Errors
/// [`ServiceError::Invalid`] where they are more days than a plan has.
pub(super) fn of_cells(r: &impl Read, id: PlanId) -> Result<Option<Horizon>, ServiceError> {
    let (mut flows, mut reported) = (None, None);
    let widen = |range: &mut Option<Horizon>, cells: &Cells, measure: Measure| {
        let shown = cells.shown(measure);
        if let (Some(first), Some(last)) = (shown.keys().next(), shown.keys().next_back()) {
            let days = Horizon { first: *first, last: *last };
            *range = Some(range.map_or(days, |range| range.with(days)));
        }
    };
    for line in plan_lines::list_lines(r, id)? {
        let cells = plan_lines::find_cells(r, id, line.id)?;
        widen(&mut flows, &cells, Measure::Production);
        widen(&mut flows, &cells, Measure::Sales);
        widen(&mut reported, &cells, Measure::Inventory);
    }
    let Some(flows) = flows else { return Ok(None) };
    let last = reported.map_or(flows.last, |reported: Horizon| reported.last.max(flows.last));
    let days = Horizon { first: flows.first, last };
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
