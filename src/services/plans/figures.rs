//! What is worth knowing of lines as a whole, kept in memory, so that a sheet is not worked out anew each time it is
//! looked at.
//!
//! What is kept says from what it was made; it counts only for exactly that. So nobody has to remember to throw anything
//! away when something changes: neither an import nor an edit, nor a safety stock in the master data.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::domain::ids::PlanId;
use crate::domain::plan::projection::{Cover, DayRow, Opening, Summary, cover, summary};
use crate::domain::plan::{Given, Horizon, LineId};
use crate::store::plan_lines::CellsStamp;

/// Most lines that are kept, of all plans together: each is about 1.5 KB.
const MAX_LINES: usize = 24_000;

/// Points of a sparkline.
const SPARK_POINTS: usize = 60;

/// What follows from the cells of a line.
#[derive(Debug, Clone)]
pub struct Figures {
    /// What it begins with.
    pub opening: Opening,
    /// What is worth knowing of its days.
    pub summary: Summary,
    /// How far the stock of today lasts, or that of the first day where the plan is yet to begin; `None` where it is over.
    pub cover: Option<Cover>,
    /// The projected stock on days spread evenly over the plan, at most 60, the first and the last among them.
    pub spark: Vec<Decimal>,
}

impl Figures {
    /// Of a line with these days; `now` is today.
    pub fn of(days: &[DayRow], opening: Opening, horizon: Horizon, now: Date) -> Self {
        Self {
            opening,
            summary: summary(days, opening.amount),
            cover: cover(days, now.max(horizon.first)),
            spark: spark(days),
        }
    }
}

fn spark(days: &[DayRow]) -> Vec<Decimal> {
    if days.len() <= SPARK_POINTS {
        return days.iter().map(|day| day.projected).collect();
    }
    let last = days.len() - 1;
    (0..SPARK_POINTS).map(|point| days[point * last / (SPARK_POINTS - 1)].projected).collect()
}

/// All that figures are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MadeFrom {
    /// The cells.
    pub cells: CellsStamp,
    /// What somebody said that the line begins with.
    pub given: Option<Given>,
    /// The stock that counts where nobody did.
    pub stock: Option<Decimal>,
    /// The safety stock of its item.
    pub safety: Decimal,
    /// The days of the plan.
    pub horizon: Horizon,
    /// Today.
    pub now: Date,
}

type Kept = HashMap<LineId, (MadeFrom, Arc<Figures>)>;

/// Figures of the plans that were looked at last.
#[derive(Default)]
pub struct KnownFigures(Mutex<Vec<(PlanId, Arc<Kept>)>>);

impl KnownFigures {
    /// What is known of a plan.
    pub(super) fn of(&self, plan: PlanId) -> Arc<Kept> {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = plans.iter().position(|(id, _)| *id == plan) else { return Arc::default() };
        plans[at..].rotate_left(1);
        plans.last().map(|(_, kept)| Arc::clone(kept)).unwrap_or_default()
    }

    /// Keeps what is known of a plan now, and forgets plans that were not looked at for the longest time.
    pub(super) fn keep(&self, plan: PlanId, kept: Kept) {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.retain(|(id, _)| *id != plan);
        plans.push((plan, Arc::new(kept)));
        let mut lines = 0;
        let newest = plans.iter().rev().take_while(|(_, kept)| {
            lines += kept.len();
            lines <= MAX_LINES
        });
        let forgotten = plans.len() - newest.count();
        plans.drain(..forgotten);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::plan::Cells;
    use crate::domain::plan::projection::project;

    fn kept(lines: u32) -> Kept {
        let horizon = Horizon { first: date(2026, 1, 1), last: date(2026, 12, 31) };
        let opening = Opening::of(&Cells::default(), horizon.first, None, Some(Decimal::TEN));
        let days = project(&Cells::default(), horizon, Decimal::TEN, Decimal::ZERO);
        let figures = Arc::new(Figures::of(&days, opening, horizon, horizon.first));
        assert_eq!((figures.spark.len(), figures.spark[59]), (SPARK_POINTS, Decimal::TEN));
        let made_from = MadeFrom {
            cells: CellsStamp::default(),
            given: None,
            stock: None,
            safety: Decimal::ZERO,
            horizon,
            now: horizon.first,
        };
        (0..lines).map(|line| (LineId(line), (made_from, Arc::clone(&figures)))).collect()
    }

    #[test]
    fn plans_that_were_looked_at_longest_ago_are_forgotten_first() {
        let known = KnownFigures::default();
        let [a, b, c] = [0; 3].map(|_| PlanId::new(jiff::Timestamp::UNIX_EPOCH));
        known.keep(a, kept(10_000));
        known.keep(b, kept(10_000));
        assert_eq!(known.of(a).len(), 10_000);
        known.keep(c, kept(8_000));
        assert_eq!([a, b, c].map(|plan| known.of(plan).len()), [10_000, 0, 8_000]);
        known.keep(c, kept(30_000));
        assert_eq!([a, c].map(|plan| known.of(plan).len()), [0, 0]);
    }
}
