//! How near a plan came to what was reported since.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::overview::projected;
use super::{PlanReader, get, items, lines_seen};
use crate::domain::ids::PlanId;
use crate::domain::plan::accuracy::{Accuracy, mean_mape};
use crate::domain::plan::line::LineKey;
use crate::domain::plan::{Horizon, LineId, Plan};
use crate::services::Services;
use crate::services::error::ServiceError;

/// A line of which something was reported.
#[derive(Debug, Clone)]
pub struct LineAccuracy {
    /// Its number.
    pub line: LineId,
    /// What it is about.
    pub key: LineKey,
    /// What its item is called.
    pub name: String,
    /// What its item is counted in.
    pub unit: String,
    /// How near the plan came.
    pub accuracy: Accuracy,
}

/// The lines that are counted in one unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnitAccuracy {
    /// How many.
    pub lines: usize,
    /// All their days.
    pub accuracy: Accuracy,
    /// The mean of their MAPE, each line counting the same.
    pub mean_mape: Option<Decimal>,
}

/// How near a plan came.
#[derive(Debug, Clone)]
pub struct PlanAccuracy {
    /// The plan.
    pub plan: Plan,
    /// The first and the last day on which something was reported.
    pub compared: Option<Horizon>,
    /// Lines of which something was reported, those first that were furthest off (by WAPE).
    pub lines: Vec<LineAccuracy>,
    /// Lines of which nothing was reported.
    pub unreported: usize,
    /// By unit.
    pub units: BTreeMap<String, UnitAccuracy>,
    /// The mean of the MAPE of all lines, each counting the same.
    pub mean_mape: Option<Decimal>,
}

/// Compares what a plan projected with what was reported from `from` to `to`, of the lines that a reader sees.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] where the days end before they begin.
pub fn accuracy(
    services: &Services,
    reader: &PlanReader,
    id: PlanId,
    (from, to): (Option<Date>, Option<Date>),
) -> Result<PlanAccuracy, ServiceError> {
    let plan = get(services, reader, id)?;
    let mut found = PlanAccuracy {
        plan: plan.clone(),
        compared: None,
        lines: Vec::new(),
        unreported: 0,
        units: BTreeMap::new(),
        mean_mape: None,
    };
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(ServiceError::invalid("to", "is before `from`"));
    }
    let Some(horizon) = plan.horizon else { return Ok(found) };
    let range = Horizon { first: from.unwrap_or(horizon.first), last: to.unwrap_or(horizon.last) };
    services.store.read(|r| {
        let items = items(r)?;
        for line in lines_seen(r, reader, &plan, &items)? {
            let item = items.get(&line.key.item);
            let (_, _, days) = projected(r, &plan, &line, item, horizon)?;
            let accuracy = Accuracy::of(&days, Some(range));
            let mut reported =
                days.iter().filter(|day| day.reported.is_some() && range.has(day.date)).map(|day| day.date);
            let Some(first) = reported.next() else {
                found.unreported += 1;
                continue;
            };
            let own = Horizon { first, last: reported.next_back().unwrap_or(first) };
            found.compared = Some(found.compared.map_or(own, |compared| compared.with(own)));
            let text = |of: fn(&crate::domain::plan::master::Item) -> &String| {
                item.map(of).cloned().unwrap_or_default()
            };
            let (name, unit) = (text(|item| &item.name), text(|item| &item.unit));
            found.lines.push(LineAccuracy { line: line.id, key: line.key, name, unit, accuracy });
        }
        Ok::<_, ServiceError>(())
    })?;
    for line in &found.lines {
        let unit = found.units.entry(line.unit.clone()).or_default();
        unit.lines += 1;
        unit.accuracy = unit.accuracy.with(&line.accuracy);
    }
    for (name, unit) in &mut found.units {
        let lines = found.lines.iter().filter(|line| line.unit == *name);
        unit.mean_mape = mean_mape(lines.map(|line| &line.accuracy));
    }
    found.mean_mape = mean_mape(found.lines.iter().map(|line| &line.accuracy));
    found.lines.sort_by_cached_key(|line| (std::cmp::Reverse(line.accuracy.wape()), line.key.clone()));
    Ok(found)
}
