//! Several lines as one: what they make, sell and have in stock together.

use rust_decimal::Decimal;

use super::projection::DayRow;

/// The days of all lines added up. Every line has the same days: those of the plan. What was reported counts on days on
/// which every line was reported, because the sum of some of them would read like a loss.
///
/// Only quantities of one unit can be added up; that is for the caller to see to.
pub fn together(lines: &[Vec<DayRow>]) -> Vec<DayRow> {
    let Some((first, rest)) = lines.split_first() else { return Vec::new() };
    let mut sums = first.clone();
    for days in rest {
        for (sum, day) in sums.iter_mut().zip(days) {
            sum.production = flow(sum.production, day.production);
            sum.sales = flow(sum.sales, day.sales);
            sum.reported = sum.reported.zip(day.reported).map(|(one, other)| one + other);
            sum.projected += day.projected;
            sum.safety += day.safety;
        }
    }
    sums
}

/// A missing flow is zero, but where nobody said anything there is still nothing to show.
fn flow(one: Option<Decimal>, other: Option<Decimal>) -> Option<Decimal> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn day(production: Option<i64>, reported: Option<i64>, projected: i64) -> DayRow {
        DayRow {
            date: date(2026, 1, 1),
            production: production.map(Decimal::from),
            sales: None,
            reported: reported.map(Decimal::from),
            projected: projected.into(),
            safety: Decimal::ONE,
        }
    }

    #[test]
    fn lines_add_up_and_reports_only_where_all_lines_have_one() {
        let one = vec![day(Some(5), Some(3), 4), day(None, Some(9), 4)];
        let other = vec![day(None, Some(1), -6), day(None, None, -6)];
        let both = together(&[one.clone(), other]);
        assert_eq!(both[0], DayRow { safety: Decimal::TWO, ..day(Some(5), Some(4), -2) });
        assert_eq!(both[1], DayRow { safety: Decimal::TWO, ..day(None, None, -2) });
        assert_eq!(together(std::slice::from_ref(&one)), one);
        assert!(together(&[]).is_empty());
    }
}
