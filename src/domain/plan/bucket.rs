//! Days, weeks and months: which days belong together, and what is said of them as one.

use jiff::civil::{Date, Weekday};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::projection::DayRow;

/// How many days stand in one column.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// Each by itself.
    #[default]
    Day,
    /// From Monday to Sunday (ISO 8601).
    Week,
    /// A calendar month.
    Month,
}

impl Bucket {
    /// All, the smallest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The bucket of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bucket| bucket.as_str() == word)
    }

    /// The first day of the bucket that a day is in.
    pub fn start_of(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => {
                let back = i64::from(day.weekday().since(Weekday::Monday));
                day.checked_sub(jiff::Span::new().days(back)).unwrap_or(Date::MIN)
            }
            Self::Month => day.first_of_month(),
        }
    }

    /// What a bucket is called that begins on `start`: `2026-11-21`, `2026-W47`, `2026-11`.
    pub fn name_of(self, start: Date) -> String {
        match self {
            Self::Day => start.to_string(),
            Self::Week => {
                let week = start.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Self::Month => format!("{:04}-{:02}", start.year(), start.month()),
        }
    }
}

/// What is said of the days of a bucket: flows are added up, stock is what it is at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketRow {
    /// The first day of the bucket, which may lie before the plan.
    pub start: Date,
    /// The first of its days in the plan.
    pub first: Date,
    /// The last of its days in the plan.
    pub last: Date,
    /// What is made on its days; `None` where no day says anything.
    pub production: Option<Decimal>,
    /// What is sold on its days.
    pub sales: Option<Decimal>,
    /// What was reported last in it, and on which day.
    pub reported: Option<(Date, Decimal)>,
    /// The projected stock at the end of its last day.
    pub projected: Decimal,
    /// The lowest projected stock at the end of any of its days: a week that ends well may have begun badly.
    pub lowest: Decimal,
    /// The safety stock on its last day.
    pub safety: Decimal,
    /// A day of it ends below the safety stock.
    pub is_under_safety: bool,
    /// Reported less projected, on the day of what was reported.
    pub gap: Option<Decimal>,
}

/// Puts days together.
pub fn roll_up(days: impl IntoIterator<Item = DayRow>, bucket: Bucket) -> Vec<BucketRow> {
    let mut rows: Vec<BucketRow> = Vec::new();
    for day in days {
        let start = bucket.start_of(day.date);
        match rows.last_mut().filter(|row| row.start == start) {
            Some(row) => row.add(&day),
            None => rows.push(BucketRow {
                start,
                first: day.date,
                last: day.date,
                production: day.production,
                sales: day.sales,
                reported: day.reported.map(|amount| (day.date, amount)),
                projected: day.projected,
                lowest: day.projected,
                safety: day.safety,
                is_under_safety: day.is_under_safety(),
                gap: day.gap(),
            }),
        }
    }
    rows
}

impl BucketRow {
    fn add(&mut self, day: &DayRow) {
        let sum = |so_far: Option<Decimal>, more: Option<Decimal>| match (so_far, more) {
            (Some(so_far), Some(more)) => Some(so_far + more),
            (one, other) => one.or(other),
        };
        self.last = day.date;
        self.production = sum(self.production, day.production);
        self.sales = sum(self.sales, day.sales);
        self.projected = day.projected;
        self.lowest = self.lowest.min(day.projected);
        self.safety = day.safety;
        self.is_under_safety |= day.is_under_safety();
        if let Some(amount) = day.reported {
            self.reported = Some((day.date, amount));
            self.gap = day.gap();
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn weeks_begin_on_monday_and_are_named_as_iso_says() {
        assert_eq!(Bucket::Week.start_of(date(2026, 11, 22)), date(2026, 11, 16));
        assert_eq!(Bucket::Week.start_of(date(2026, 11, 16)), date(2026, 11, 16));
        assert_eq!(Bucket::Week.name_of(date(2026, 11, 16)), "2026-W47");
        // The first days of 2027 are in the last week of 2026.
        assert_eq!(Bucket::Week.name_of(Bucket::Week.start_of(date(2027, 1, 2))), "2026-W53");
        assert_eq!(Bucket::Month.name_of(Bucket::Month.start_of(date(2026, 2, 28))), "2026-02");
    }
}
