//! How near a plan came to what was reported: projected against reported stock, day by day.
//!
//! A day is compared where something was reported on it; whether that day lies before or after today makes no difference,
//! because nobody reports the future. A line that begins with a report takes it as its opening, so its projection has all
//! that was known on the first day of the plan, and nothing that came later: what is reported within the plan does not move
//! the projection.
//!
//! With `e = projected − reported` of a day:
//!
//! - bias is the mean of `e` over the days compared: above zero where the plan promised more than there was;
//! - MAPE is the mean of `|e| / |reported|`, over days that reported other than zero, because it is not defined on the
//!   others (Hyndman and Koehler, "Another look at measures of forecast accuracy", International Journal of Forecasting 22
//!   (2006), section 2.2); how many are left out is counted;
//! - WAPE is `Σ|e| / Σ|reported|` over all days compared, zero or not (the MAD/Mean ratio of Kolassa and Schütz, "Advantages
//!   of the MAD/MEAN ratio over the MAPE", Foresight 6 (2007)): every day counts as much as its stock weighs.
//!
//! Both are ratios: `0.25` is 25 %. What divides is rounded to [`PLACES`] digits after the point, half to even.

use rust_decimal::Decimal;

use super::Horizon;
use super::projection::DayRow;

/// Digits after the point of what was divided.
pub const PLACES: u32 = 6;

/// How near projections came, of one line or of several of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accuracy {
    /// Days on which something was reported.
    pub days: u64,
    /// Those of them on which that was zero, which MAPE leaves out.
    pub zero_days: u64,
    /// `Σe`.
    error: Decimal,
    /// `Σ|e|`.
    absolute_error: Decimal,
    /// `Σ|reported|`.
    reported: Decimal,
    /// `Σ|e|/|reported|` over the days that are not zero.
    ratios: Decimal,
}

fn divided(sum: Decimal, by: Decimal) -> Option<Decimal> {
    sum.checked_div(by).map(|ratio| ratio.round_dp(PLACES).normalize())
}

impl Accuracy {
    /// Of the days of one line that are within `range`; `None` for all.
    pub fn of(days: &[DayRow], range: Option<Horizon>) -> Self {
        let mut accuracy = Self::default();
        for day in days.iter().filter(|day| range.is_none_or(|range| range.has(day.date))) {
            if let Some(reported) = day.reported {
                accuracy.compare(day.projected, reported);
            }
        }
        accuracy
    }

    fn compare(&mut self, projected: Decimal, reported: Decimal) {
        let error = projected - reported;
        self.days += 1;
        self.error += error;
        self.absolute_error += error.abs();
        self.reported += reported.abs();
        match error.abs().checked_div(reported.abs()) {
            Some(ratio) => self.ratios += ratio,
            None => self.zero_days += 1,
        }
    }

    /// The days of both: of lines that are counted in the same unit.
    #[must_use]
    pub fn with(self, other: &Self) -> Self {
        Self {
            days: self.days + other.days,
            zero_days: self.zero_days + other.zero_days,
            error: self.error + other.error,
            absolute_error: self.absolute_error + other.absolute_error,
            reported: self.reported + other.reported,
            ratios: self.ratios + other.ratios,
        }
    }

    /// Mean of projected less reported; `None` without days.
    pub fn bias(&self) -> Option<Decimal> {
        divided(self.error, self.days.into())
    }

    /// Mean of the errors as parts of what was reported; `None` where no day reported other than zero.
    pub fn mape(&self) -> Option<Decimal> {
        divided(self.ratios, (self.days - self.zero_days).into())
    }

    /// All errors as a part of all that was reported; `None` where that is zero.
    pub fn wape(&self) -> Option<Decimal> {
        divided(self.absolute_error, self.reported)
    }
}

/// The mean of the MAPE of lines, each counting the same; `None` where none has one. Being ratios, those of lines in
/// different units can be taken together.
pub fn mean_mape<'a>(lines: impl IntoIterator<Item = &'a Accuracy>) -> Option<Decimal> {
    let (sum, count) = lines
        .into_iter()
        .filter_map(Accuracy::mape)
        .fold((Decimal::ZERO, 0_u64), |(sum, count), mape| (sum + mape, count + 1));
    divided(sum, count.into())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn days(values: &[(i64, Option<i64>)]) -> Vec<DayRow> {
        let row = |(day, (projected, reported)): (i8, &(i64, Option<i64>))| DayRow {
            date: date(2026, 1, day),
            production: None,
            sales: None,
            reported: reported.map(Decimal::from),
            projected: (*projected).into(),
            safety: Decimal::ZERO,
        };
        (1..).zip(values).map(row).collect()
    }

    fn text(value: Option<Decimal>) -> String {
        value.map_or_else(|| "none".to_owned(), |value| value.to_string())
    }

    #[test]
    fn numbers_are_those_worked_out_by_hand() {
        // e = 2, –, −5, 3, 10; |e|/|reported| = 2/8, –, 5/20, 3/0 left out, 10/10.
        let line = days(&[(10, Some(8)), (7, None), (15, Some(20)), (3, Some(0)), (0, Some(-10))]);
        let all = Accuracy::of(&line, None);
        assert_eq!((all.days, all.zero_days), (4, 1));
        // (2 − 5 + 3 + 10) / 4, (0.25 + 0.25 + 1) / 3, (2 + 5 + 3 + 10) / (8 + 20 + 0 + 10).
        assert_eq!([text(all.bias()), text(all.mape()), text(all.wape())], ["2.5", "0.5", "0.526316"]);
        let early = Accuracy::of(&line, Some(Horizon { first: date(2026, 1, 1), last: date(2026, 1, 2) }));
        assert_eq!([text(early.bias()), text(early.mape()), text(early.wape())], ["2", "0.25", "0.25"]);
        // Two lines: 50 % of one and 25 % of the other are 37.5 % each counting the same.
        assert_eq!(text(mean_mape([&all, &early, &Accuracy::default()])), "0.375");
        assert_eq!(text(all.with(&early).wape()), "0.478261");
    }

    #[test]
    fn without_reports_nothing_is_known_and_of_zeros_only_the_bias() {
        let none = Accuracy::of(&days(&[(4, None)]), None);
        assert_eq!([text(none.bias()), text(none.mape()), text(none.wape())], ["none"; 3]);
        let zeros = Accuracy::of(&days(&[(4, Some(0)), (2, Some(0))]), None);
        assert_eq!([text(zeros.bias()), text(zeros.mape()), text(zeros.wape())], ["3", "none", "none"]);
        assert_eq!(text(mean_mape([&none, &zeros])), "none");
    }

    proptest! {
        #[test]
        fn parts_put_together_are_the_whole_and_a_plan_that_was_right_has_no_error(
            values in prop::collection::vec((-1000_i64..1000, prop::option::of(-50_i64..1000)), 0..28),
            cut in 0_usize..28,
        ) {
            let line = days(&values);
            let cut = cut.min(line.len());
            let (one, other) = (Accuracy::of(&line[..cut], None), Accuracy::of(&line[cut..], None));
            let whole = Accuracy::of(&line, None);
            let both = one.with(&other);
            prop_assert_eq!((both.days, both.zero_days, both.bias(), both.wape()), (whole.days, whole.zero_days, whole.bias(), whole.wape()));
            // The mean error is no larger than the mean of its sizes.
            let (Some(bias), days) = (whole.bias(), Decimal::from(whole.days)) else { return Ok(()) };
            prop_assert!((bias.abs() * days - whole.absolute_error).round_dp(3) <= Decimal::ZERO);
            let right: Vec<_> = line.iter().map(|day| DayRow { projected: day.reported.unwrap_or(day.projected), ..*day }).collect();
            let right = Accuracy::of(&right, None);
            prop_assert_eq!(right.bias(), Some(Decimal::ZERO));
            prop_assert!(right.mape().is_none_or(|mape| mape.is_zero()) && right.wape().is_none_or(|wape| wape.is_zero()));
        }
    }
}
