//! Two plans side by side, line by line: lines are the same where item, location and channel are.

use std::collections::BTreeMap;
use std::ops::Range;

use rust_decimal::Decimal;

use super::overview::projected;
use super::{Items, PlanReader, get, items, lines_seen};
use crate::domain::ids::PlanId;
use crate::domain::plan::compare::{Difference, Side, differences};
use crate::domain::plan::line::LineKey;
use crate::domain::plan::projection::DayRow;
use crate::domain::plan::{Bucket, Horizon, Line, LineId, Plan};
use crate::services::Services;
use crate::services::error::ServiceError;
use crate::services::rows::today;
use crate::store::Read;

/// A line that is not the same in both plans.
#[derive(Debug, Clone)]
pub struct ComparedLine {
    /// What it is about.
    pub key: LineKey,
    /// What its item is counted in.
    pub unit: String,
    /// The line in the one plan; `None` where it is in the other alone.
    pub one: Option<(LineId, Side)>,
    /// The line in the other plan.
    pub other: Option<(LineId, Side)>,
    /// Cells that differ.
    pub cells: usize,
}

/// What both plans add up to, of the lines that are counted in one unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ComparedTotals {
    /// Production of either.
    pub production: [Decimal; 2],
    /// Sales of either.
    pub sales: [Decimal; 2],
    /// Stock at the end of either.
    pub closing: [Decimal; 2],
}

/// What is not the same in two plans.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The one.
    pub one: Plan,
    /// The other.
    pub other: Plan,
    /// The lines that differ, by key.
    pub lines: Vec<ComparedLine>,
    /// Lines that are the same.
    pub same: usize,
    /// Of all lines, by unit.
    pub totals: BTreeMap<String, ComparedTotals>,
    /// How many cells differ.
    pub cells: usize,
    /// Those of them that were asked for, with the place of their line in `lines`.
    pub window: Vec<(usize, Difference)>,
}

/// What is compared.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// How many days are one cell.
    pub bucket: Bucket,
    /// The lines of this item alone.
    pub item: Option<String>,
    /// Which of the cells that differ are handed out, counted from the first line on.
    pub window: Range<usize>,
}

type Known = (LineId, Side, Vec<DayRow>);

fn known(
    r: &impl Read,
    plan: &Plan,
    line: &Line,
    items: &Items,
    empty: Horizon,
) -> Result<Known, ServiceError> {
    let horizon = plan.horizon.unwrap_or(empty);
    let (_, opening, days) = projected(r, plan, line, items.get(&line.key.item), horizon)?;
    Ok((line.id, Side::of(&days, opening.amount), days))
}

/// Compares two plans as a reader sees them.
///
/// # Errors
/// [`ServiceError::NotFound`] for a plan that the reader may not know of, as for one that is not there.
pub fn compare(
    services: &Services,
    reader: &PlanReader,
    (one, other): (PlanId, PlanId),
    wanted: &Compared,
) -> Result<Comparison, ServiceError> {
    let plans = [get(services, reader, one)?, get(services, reader, other)?];
    let now = today(services);
    let empty = Horizon { first: now, last: now };
    services.store.read(|r| {
        let items = items(r)?;
        let mut keys: BTreeMap<LineKey, [Option<Line>; 2]> = BTreeMap::new();
        for (side, plan) in plans.iter().enumerate() {
            for line in lines_seen(r, reader, plan, &items)? {
                if wanted.item.as_ref().is_none_or(|item| *item == line.key.item) {
                    let pair = keys.entry(line.key.clone()).or_default();
                    pair[side] = Some(line);
                }
            }
        }
        let [one, other] = plans.clone();
        let mut comparison = Comparison {
            one,
            other,
            lines: Vec::new(),
            same: 0,
            totals: BTreeMap::new(),
            cells: 0,
            window: Vec::new(),
        };
        for (key, [one, other]) in keys {
            let of = |side: usize, line: Option<Line>| {
                line.map(|line| known(r, &plans[side], &line, &items, empty)).transpose()
            };
            let unit = items.get(&key.item).map(|item| item.unit.clone()).unwrap_or_default();
            comparison.add(key, unit, [of(0, one)?, of(1, other)?], wanted);
        }
        Ok(comparison)
    })
}

impl Comparison {
    fn add(&mut self, key: LineKey, unit: String, sides: [Option<Known>; 2], wanted: &Compared) {
        let totals = self.totals.entry(unit.clone()).or_default();
        for (at, (_, side, _)) in sides.iter().enumerate().filter_map(|(at, side)| Some((at, side.as_ref()?)))
        {
            totals.production[at] += side.production;
            totals.sales[at] += side.sales;
            totals.closing[at] += side.closing;
        }
        let days = sides.each_ref().map(|side| side.as_ref().map_or(&[][..], |(.., days)| &days[..]));
        // Most lines of a scenario are those that it was copied from.
        let found =
            if days[0] == days[1] { Vec::new() } else { differences(days[0], days[1], wanted.bucket) };
        let [one, other] = sides.map(|side| side.map(|(line, side, _)| (line, side)));
        let is_same = one.as_ref().map(|one| one.1) == other.as_ref().map(|other| other.1);
        if found.is_empty() && is_same {
            self.same += 1;
            return;
        }
        let (at, before) = (self.lines.len(), self.cells);
        self.cells += found.len();
        let within = (before..).zip(&found).filter(|(number, _)| wanted.window.contains(number));
        self.window.extend(within.map(|(_, cell)| (at, *cell)));
        self.lines.push(ComparedLine { key, unit, one, other, cells: found.len() });
    }
}
