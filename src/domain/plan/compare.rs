//! Two plans side by side: in which cells a line differs, by how much, and when it runs out in either.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::bucket::{Bucket, BucketRow, roll_up};
use super::cells::Measure;
use super::projection::{DayRow, summary};

/// A cell that is not the same in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// The first day of its bucket.
    pub start: Date,
    /// What it is about.
    pub measure: Measure,
    /// What one plan says; `None` for nothing.
    pub one: Option<Decimal>,
    /// What the other says.
    pub other: Option<Decimal>,
}

impl Difference {
    /// The other less the one, where nothing said is zero.
    pub fn amount(&self) -> Decimal {
        self.other.unwrap_or_default() - self.one.unwrap_or_default()
    }
}

/// What one plan says of a line as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// The stock at the start of its first day.
    pub opening: Decimal,
    /// What comes in on all days.
    pub production: Decimal,
    /// What goes out on all days.
    pub sales: Decimal,
    /// The projected stock at the end of its last day.
    pub closing: Decimal,
    /// The first day that ends below zero.
    pub first_stock_out: Option<Date>,
}

impl Side {
    /// Of a line with these days.
    pub fn of(days: &[DayRow], opening: Decimal) -> Self {
        let summary = summary(days, opening);
        Self {
            opening,
            production: summary.production,
            sales: summary.sales,
            closing: summary.closing,
            first_stock_out: summary.first_stock_out,
        }
    }
}

/// What is compared of a bucket, if anything is said of it.
fn said(row: Option<&BucketRow>, measure: Measure) -> Option<Decimal> {
    let row = row?;
    match measure {
        Measure::Production => row.production,
        Measure::Sales => row.sales,
        Measure::Inventory => row.reported.map(|(_, amount)| amount),
        Measure::SafetyStock => Some(row.safety),
    }
}

/// Where two lines differ, by day and then by measure. A flow that nobody said anything of is zero, as in the projection, so
/// it does not differ from zero; a report of zero is a report. Safety stock is compared where both plans have days: outside
/// of a plan it is not a matter of the plan.
pub fn differences(one: &[DayRow], other: &[DayRow], bucket: Bucket) -> Vec<Difference> {
    let mut rows: BTreeMap<Date, [Option<BucketRow>; 2]> = BTreeMap::new();
    for (side, days) in [one, other].into_iter().enumerate() {
        for row in roll_up(days.iter().copied(), bucket) {
            let pair = rows.entry(row.start).or_default();
            pair[side] = Some(row);
        }
    }
    let mut found = Vec::new();
    for (start, [one, other]) in rows {
        for measure in Measure::ALL {
            let pair = (said(one.as_ref(), measure), said(other.as_ref(), measure));
            let is_same = match measure {
                Measure::Production | Measure::Sales => {
                    pair.0.unwrap_or_default() == pair.1.unwrap_or_default()
                }
                Measure::Inventory => pair.0 == pair.1,
                Measure::SafetyStock => pair.0.zip(pair.1).is_none_or(|(one, other)| one == other),
            };
            if !is_same {
                found.push(Difference { start, measure, one: pair.0, other: pair.1 });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn day(day: i8, production: Option<i64>, sales: Option<i64>, reported: Option<i64>) -> DayRow {
        DayRow {
            date: date(2026, 1, day),
            production: production.map(Decimal::from),
            sales: sales.map(Decimal::from),
            reported: reported.map(Decimal::from),
            projected: Decimal::ZERO,
            safety: Decimal::ONE,
        }
    }

    #[test]
    fn cells_differ_where_the_plans_say_other_things() {
        let one = [day(1, Some(5), None, None), day(2, None, Some(3), Some(0)), day(3, None, None, None)];
        let other = [day(1, Some(5), Some(0), None), day(2, None, Some(4), None)];
        let other = [other[0], DayRow { safety: Decimal::TWO, ..other[1] }];
        let found = differences(&one, &other, Bucket::Day);
        let at = |difference: &Difference| {
            (difference.start.day(), difference.measure, difference.amount().to_string())
        };
        assert_eq!(
            found.iter().map(at).collect::<Vec<_>>(),
            [
                (2, Measure::Sales, "1".to_owned()),
                (2, Measure::Inventory, "0".to_owned()),
                (2, Measure::SafetyStock, "1".to_owned()),
            ]
        );
        assert_eq!((found[1].one, found[1].other), (Some(Decimal::ZERO), None));
        // In a week, what goes out on another day of it is the same.
        let moved = [day(1, Some(5), Some(3), Some(0)), day(2, None, None, None), day(3, None, None, None)];
        assert!(differences(&one, &moved, Bucket::Week).is_empty());
        assert_eq!(differences(&one, &moved, Bucket::Day).len(), 4);
        // A line that is in one plan alone.
        assert_eq!(differences(&one, &[], Bucket::Month).len(), 3);
    }

    type Flows = (Option<i64>, Option<i64>);

    proptest! {
        #[test]
        fn differences_of_flows_add_up_to_the_difference_of_their_totals_and_turn_with_the_plans(
            flows in prop::collection::vec((prop::option::of(-9_i64..9), prop::option::of(-9_i64..9)), 1..28),
            bucket in prop::sample::select(&Bucket::ALL[..]),
        ) {
            let days = |of: fn(&Flows) -> Option<i64>| -> Vec<DayRow> {
                (1..).zip(&flows).map(|(at, flow)| day(at, None, of(flow), None)).collect()
            };
            let (one, other) = (days(|flow| flow.0), days(|flow| flow.1));
            let found = differences(&one, &other, bucket);
            let total = |days: &[DayRow]| Side::of(days, Decimal::ZERO).sales;
            prop_assert_eq!(found.iter().map(Difference::amount).sum::<Decimal>(), total(&other) - total(&one));
            let turned = differences(&other, &one, bucket);
            let turned: Vec<_> = turned.into_iter().map(|cell| Difference { one: cell.other, other: cell.one, ..cell }).collect();
            prop_assert_eq!(&found, &turned);
            prop_assert!(differences(&one, &one, bucket).is_empty());
        }
    }
}
