//! What the stock of a line will be on each day: what it begins with, and what comes in and goes out.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::cells::{Cells, Measure};
use super::{Given, Horizon, days_between};

/// Where what a line begins with comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpeningSource {
    /// Somebody said so: in a file, in the sheet or by the API.
    Given {
        /// The day at whose start it holds, where that is not the first: what moves between counts.
        on: Option<Date>,
    },
    /// What was last reported before the first day, with what came in and went out since.
    Reported {
        /// On which day.
        on: Date,
    },
    /// The stock in the inventory when it was taken over.
    Stock,
    /// Nothing is known: zero.
    Nothing,
}

/// The stock at the start of the first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// How much.
    pub amount: Decimal,
    /// Says who.
    pub source: OpeningSource,
}

impl Opening {
    /// What the stock is at the start of `first`, the first day of the plan: what was `given`; else what was last reported
    /// before `first`, with what came in and went out since; else the `stock` that was taken over; else zero. What was given
    /// for another day holds there, so that `first` has what leads to it.
    pub fn of(cells: &Cells, first: Date, given: Option<Given>, stock: Option<Decimal>) -> Self {
        if let Some(Given { amount, on }) = given {
            let amount = amount + on.map_or(Decimal::ZERO, |on| net(cells, on, first));
            return Self { amount, source: OpeningSource::Given { on: on.filter(|on| *on != first) } };
        }
        let before = first.yesterday().ok().map(|last| Horizon { first: Date::MIN, last });
        let reported = before.and_then(|days| cells.shown_within(Measure::Inventory, days).last());
        if let Some((on, reported)) = reported {
            let since = on.tomorrow().map_or(Decimal::ZERO, |since| net(cells, since, first));
            return Self { amount: reported + since, source: OpeningSource::Reported { on } };
        }
        match stock {
            Some(amount) => Self { amount, source: OpeningSource::Stock },
            None => Self { amount: Decimal::ZERO, source: OpeningSource::Nothing },
        }
    }
}

/// By how much the stock at the start of `to` is above that at the start of `from`: what came in less what went out between;
/// the reverse where `to` comes before.
pub fn net(cells: &Cells, from: Date, to: Date) -> Decimal {
    let (first, end) = (from.min(to), from.max(to));
    let Some(days) = end.yesterday().ok().filter(|last| *last >= first).map(|last| Horizon { first, last })
    else {
        return Decimal::ZERO;
    };
    let of = |measure| -> Decimal { cells.shown_within(measure, days).map(|(_, amount)| amount).sum() };
    let change = of(Measure::Production) - of(Measure::Sales);
    if from <= to { change } else { -change }
}

/// A line on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRow {
    /// The day.
    pub date: Date,
    /// What comes in; `None` where nothing is said, which counts as zero.
    pub production: Option<Decimal>,
    /// What goes out, likewise.
    pub sales: Option<Decimal>,
    /// What was reported at its end.
    pub reported: Option<Decimal>,
    /// What the stock will be at its end.
    pub projected: Decimal,
    /// What should always be there.
    pub safety: Decimal,
}

impl DayRow {
    /// Reported less projected.
    pub fn gap(&self) -> Option<Decimal> {
        self.reported.map(|reported| reported - self.projected)
    }

    /// More goes out than there is: the day ends below zero.
    pub fn is_stock_out(&self) -> bool {
        self.projected.is_sign_negative() && !self.projected.is_zero()
    }

    /// The day ends below the safety stock; where none is set, there is nothing to be below of, also where the stock runs out.
    pub fn is_under_safety(&self) -> bool {
        !self.safety.is_zero() && self.projected < self.safety
    }
}

/// What a line shows on each day of `horizon`. `safety` holds on days that do not say another.
pub fn project(cells: &Cells, horizon: Horizon, opening: Decimal, safety: Decimal) -> Vec<DayRow> {
    let mut shown = Measure::ALL.map(|measure| cells.shown_within(measure, horizon).peekable());
    let mut stock = opening;
    let days = horizon.days().map(|date| {
        let [production, sales, reported, safety_stock] =
            shown.each_mut().map(|shown| shown.next_if(|(day, _)| *day == date).map(|(_, amount)| amount));
        stock += production.unwrap_or_default() - sales.unwrap_or_default();
        let safety = safety_stock.unwrap_or(safety);
        DayRow { date, production, sales, reported, projected: stock, safety }
    });
    days.collect()
}

/// How far stock lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// So many whole days after the day, it covers what goes out; on the next it does not.
    Days(i64),
    /// All days of the plan, which are so many.
    Beyond(i64),
}

/// For how many days after `day` the stock at its end covers what goes out, were nothing to come in; `None` for a day that
/// is not in `days`.
pub fn cover(days: &[DayRow], day: Date) -> Option<Cover> {
    let at = days.binary_search_by_key(&day, |row| row.date).ok()?;
    let mut left = days[at].projected;
    if left.is_sign_negative() && !left.is_zero() {
        return Some(Cover::Days(0));
    }
    for row in &days[at + 1..] {
        left -= row.sales.unwrap_or_default();
        if left.is_sign_negative() && !left.is_zero() {
            return Some(Cover::Days(days_between(day, row.date) - 1));
        }
    }
    Some(Cover::Beyond(days_between(day, days[days.len() - 1].date)))
}

/// What is worth knowing of a line as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The first day that ends below zero.
    pub first_stock_out: Option<Date>,
    /// The first day that ends below the safety stock.
    pub first_under_safety: Option<Date>,
    /// How many days end below zero.
    pub stock_out_days: u64,
    /// What comes in on all days.
    pub production: Decimal,
    /// What goes out on all days.
    pub sales: Decimal,
    /// The projected stock at the end of the last day.
    pub closing: Decimal,
    /// The lowest projected stock at the end of a day.
    pub lowest: Decimal,
    /// Reported less projected, where something was reported last.
    pub gap: Option<Decimal>,
}

/// Sums a line up; `opening` is what stands at the end where there are no days.
pub fn summary(days: &[DayRow], opening: Decimal) -> Summary {
    let first = |is: fn(&DayRow) -> bool| days.iter().find(|day| is(day)).map(|day| day.date);
    Summary {
        first_stock_out: first(DayRow::is_stock_out),
        first_under_safety: first(DayRow::is_under_safety),
        stock_out_days: days.iter().filter(|day| day.is_stock_out()).count() as u64,
        production: days.iter().filter_map(|day| day.production).sum(),
        sales: days.iter().filter_map(|day| day.sales).sum(),
        closing: days.last().map_or(opening, |day| day.projected),
        lowest: days.iter().map(|day| day.projected).min().unwrap_or(opening),
        gap: days.iter().rev().find_map(DayRow::gap),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::bucket::{Bucket, roll_up};
    use super::super::cells::Typed;
    use super::*;

    fn cells(values: &[(Measure, i8, i64)]) -> Cells {
        let place = |(measure, day, _): &(Measure, i8, i64)| (*measure, date(2026, 1, *day));
        Cells {
            base: values.iter().map(|value| (place(value), Decimal::from(value.2))).collect(),
            ..Cells::default()
        }
    }

    const JANUARY: Horizon = Horizon { first: date(2026, 1, 1), last: date(2026, 1, 31) };

    #[test]
    fn without_a_safety_stock_no_day_is_below_it() {
        let cells = cells(&[(Measure::Sales, 1, 4), (Measure::SafetyStock, 3, 1)]);
        let days = project(&cells, JANUARY, Decimal::ONE, Decimal::ZERO);
        assert!(days[0].projected < Decimal::ZERO && !days[0].is_under_safety());
        assert_eq!(
            summary(&days, Decimal::ONE).first_under_safety,
            Some(date(2026, 1, 3)),
            "the day that sets one"
        );
    }

    #[test]
    fn stock_is_what_it_began_with_and_what_came_in_less_what_went_out() {
        use Measure::{Inventory, Production, SafetyStock, Sales};
        let cells = cells(&[
            (Production, 2, 10),
            (Sales, 3, 4),
            (Sales, 5, 9),
            (Sales, 6, -5),
            (Inventory, 4, 7),
            (SafetyStock, 2, 20),
        ]);
        let horizon = Horizon { last: date(2026, 1, 6), ..JANUARY };
        let days = project(&cells, horizon, Decimal::ONE, Decimal::TWO);
        let projected: Vec<String> = days.iter().map(|day| day.projected.to_string()).collect();
        assert_eq!(projected, ["1", "11", "7", "7", "-2", "3"]);
        assert_eq!(days[3].gap(), Some(Decimal::ZERO));
        let summary = summary(&days, Decimal::ONE);
        assert_eq!(summary.first_stock_out, Some(date(2026, 1, 5)));
        assert_eq!(summary.first_under_safety, Some(date(2026, 1, 1)));
        assert!(days[1].is_under_safety() && !days[2].is_under_safety());
        assert_eq!((summary.stock_out_days, summary.closing, summary.lowest), (1, 3.into(), (-2).into()));
        assert_eq!(cover(&days, date(2026, 1, 2)), Some(Cover::Days(2)));
        assert_eq!(cover(&days, date(2026, 1, 5)), Some(Cover::Days(0)));
        assert_eq!(cover(&days, date(2026, 1, 6)), Some(Cover::Beyond(0)));
        assert_eq!(cover(&days, date(2026, 2, 6)), None);
    }

    #[test]
    fn what_a_line_begins_with_is_said_or_reported_or_in_stock_or_nothing() {
        use Measure::{Inventory, Production, Sales};
        let first = date(2026, 1, 10);
        let of = |cells: &Cells, given, stock| Opening::of(cells, first, given, stock);
        let given = |amount: i64, on| Some(Given { amount: amount.into(), on });
        let reported = cells(&[
            (Inventory, 8, 50),
            (Inventory, 3, 1),
            (Sales, 8, 4),
            (Sales, 9, 7),
            (Production, 9, 2),
            (Inventory, 10, 99),
        ]);
        let ten = Some(Decimal::TEN);
        for (on, amount) in
            [(None, 10), (Some(first), 10), (Some(date(2026, 1, 9)), 5), (Some(date(2026, 1, 8)), 1)]
        {
            let source = OpeningSource::Given { on: on.filter(|on| *on != first) };
            assert_eq!(
                of(&reported, given(10, on), None),
                Opening { amount: amount.into(), source },
                "{on:?}"
            );
        }
        // What is given for a later day is reached backwards.
        let later = Opening::of(&reported, date(2026, 1, 8), given(1, Some(first)), None);
        assert_eq!(later.amount, Decimal::TEN);
        let opening = of(&reported, None, ten);
        assert_eq!(
            (opening.amount, opening.source),
            (45.into(), OpeningSource::Reported { on: date(2026, 1, 8) })
        );
        assert_eq!(
            of(&Cells::default(), None, ten),
            Opening { amount: Decimal::TEN, source: OpeningSource::Stock }
        );
        assert_eq!(of(&Cells::default(), None, None).amount, Decimal::ZERO);
    }

    fn any_cells() -> impl Strategy<Value = Cells> {
        let measure = prop::sample::select(&Measure::ALL[..]);
        let amount =
            (-1_000_000_i64..1_000_000, 0_u32..4).prop_map(|(units, scale)| Decimal::new(units, scale));
        let place = (measure, 0_i32..90).prop_map(|(measure, day)| {
            (measure, date(2026, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap())
        });
        let base = prop::collection::btree_map(place.clone(), amount.clone(), 0..60);
        let typed = prop::collection::btree_map(
            place,
            (prop::option::of(amount), 1_u64..9).prop_map(|(value, edit)| Typed { value, edit }),
            0..20,
        );
        (base, typed).prop_map(|(base, typed)| Cells { base, typed })
    }

    proptest! {
        #[test]
        fn what_is_given_holds_on_its_day_whatever_days_a_plan_has(
            cells in any_cells(), amount in -1_000_i64..1_000, on in 0_i32..90, first in 0_i32..90, count in 1_i32..60,
        ) {
            let day = |after: i32| date(2026, 1, 1).checked_add(jiff::Span::new().days(after)).unwrap();
            let given = Given { amount: amount.into(), on: Some(day(on)) };
            let balances = |horizon: Horizon| -> Vec<(Date, Decimal)> {
                let opening = Opening::of(&cells, horizon.first, Some(given), None).amount;
                project(&cells, horizon, opening, Decimal::ZERO).iter().map(|row| (row.date, row.projected)).collect()
            };
            let all = balances(Horizon { first: day(-1), last: day(160) });
            prop_assert_eq!(all[on as usize].1, given.amount, "at the end of the day before");
            let part = balances(Horizon { first: day(first), last: day(first + count) });
            prop_assert_eq!(&all[first as usize + 1..=(first + count) as usize + 1], &part[..]);
        }

        #[test]
        fn weeks_and_months_agree_with_their_days(cells in any_cells(), bucket in prop::sample::select(&Bucket::ALL[..])) {
            let horizon = Horizon::new(date(2026, 1, 8), date(2026, 3, 20)).unwrap();
            let days = project(&cells, horizon, Decimal::TEN, Decimal::ONE);
            let rows = roll_up(days.clone(), bucket);
            prop_assert_eq!(rows.first().unwrap().first, horizon.first);
            prop_assert_eq!(rows.last().unwrap().last, horizon.last);
            for row in &rows {
                let inside: Vec<&DayRow> =
                    days.iter().filter(|day| (row.first..=row.last).contains(&day.date)).collect();
                prop_assert!(inside.iter().all(|day| bucket.start_of(day.date) == row.start));
                let sum = |of: fn(&DayRow) -> Option<Decimal>| {
                    inside.iter().filter_map(|day| of(day)).reduce(|a, b| a + b)
                };
                prop_assert_eq!(row.production, sum(|day| day.production));
                prop_assert_eq!(row.sales, sum(|day| day.sales));
                prop_assert_eq!(row.projected, inside.last().unwrap().projected);
                prop_assert_eq!(Some(row.lowest), inside.iter().map(|day| day.projected).min());
                prop_assert_eq!(row.is_under_safety, inside.iter().any(|day| day.is_under_safety()));
            }
            // No day is in two, none is left out, and flows take the stock from one end to the other.
            prop_assert_eq!(rows.iter().map(|row| days_between(row.first, row.last) + 1).sum::<i64>(), horizon.count());
            let mut stock = Decimal::TEN;
            for row in &rows {
                stock += row.production.unwrap_or_default() - row.sales.unwrap_or_default();
                prop_assert_eq!(stock, row.projected);
            }
        }
    }
}
