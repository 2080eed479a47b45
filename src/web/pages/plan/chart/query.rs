//! Which lines and days of a chart are looked at, as its address says.

use std::collections::HashSet;

use jiff::civil::Date;

use crate::domain::plan::bucket::{BucketRow, roll_up};
use crate::domain::plan::projection::DayRow;
use crate::domain::plan::{Bucket, Horizon, LineId, Plan, days_between};
use crate::web::extract::FormData;

/// Days, weeks or months that one drawing holds; more are put together.
const MAX_ROWS: i64 = 400;

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartQuery {
    /// The lines; none for the one that runs out first.
    pub lines: Vec<LineId>,
    /// How many days are drawn as one.
    pub bucket: Bucket,
    /// The days in view; `None` for all of the plan.
    pub view: Option<Horizon>,
}

/// Line numbers with commas between them; what is none counts for nothing.
pub fn lines_of(text: &str) -> Vec<LineId> {
    let numbers = text.split(',').filter_map(|number| number.trim().parse().ok().map(LineId));
    let mut known = HashSet::new();
    numbers.filter(|line| known.insert(*line)).collect()
}

/// Line numbers as addresses have them.
pub fn listed(lines: &[LineId]) -> String {
    lines.iter().map(LineId::to_string).collect::<Vec<_>>().join(",")
}

impl ChartQuery {
    /// Reads an address; what it says that is none counts for nothing, and is told (`passed_over.rs`).
    pub fn of(query: &FormData, plan: &Plan) -> Self {
        let day = |name| query.text(name).parse::<Date>().ok();
        let view = plan.horizon.and_then(|all| {
            let (from, to) = (day("from").unwrap_or(all.first), day("to").unwrap_or(all.last));
            Some(Horizon { first: from.max(all.first), last: to.min(all.last) })
                .filter(|view| view.first <= view.last && *view != all)
        });
        Self {
            lines: lines_of(query.text("lines")),
            bucket: Bucket::of_word(query.text("by")).unwrap_or(plan.bucket),
            view,
        }
    }

    /// The days that an address asks for and that leave none of the plan's.
    pub fn outside(query: &FormData, plan: &Plan) -> Option<(Date, Date)> {
        let day = |name| query.text(name).parse::<Date>().ok();
        let all = plan.horizon?;
        let (from, to) = (day("from").unwrap_or(all.first), day("to").unwrap_or(all.last));
        (from.max(all.first) > to.min(all.last)).then_some((from, to))
    }

    /// The address that says this of a plan; `what` is `chart` or `chart.svg`.
    pub fn address(&self, plan: &Plan, what: &str) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        if !self.lines.is_empty() {
            pairs.append_pair("lines", &listed(&self.lines));
        }
        pairs.append_pair("by", self.bucket.as_str());
        if let Some(view) = self.view {
            pairs.append_pair("from", &view.first.to_string());
            pairs.append_pair("to", &view.last.to_string());
        }
        format!("/plan/{}/{what}?{}", plan.id, pairs.finish())
    }

    /// The days in view.
    pub fn days(&self, all: Horizon) -> Horizon {
        self.view.unwrap_or(all)
    }

    /// How many days are drawn as one: as asked, or more where there are too many for one drawing.
    pub fn drawn_bucket(&self, all: Horizon) -> Bucket {
        let days = self.days(all).count();
        let fits = |bucket: Bucket| {
            let size = match bucket {
                Bucket::Day => 1,
                Bucket::Week => 7,
                Bucket::Month => 28,
            };
            bucket >= self.bucket && days / size <= MAX_ROWS
        };
        Bucket::ALL.into_iter().find(|bucket| fits(*bucket)).unwrap_or(Bucket::Month)
    }

    /// What is drawn of `days`: weeks and months that reach into the view are whole.
    pub fn rows(&self, days: &[DayRow], all: Horizon) -> Vec<BucketRow> {
        let (view, bucket) = (self.days(all), self.drawn_bucket(all));
        let starts = bucket.start_of(view.first)..=bucket.start_of(view.last);
        let within = days.iter().filter(|day| starts.contains(&bucket.start_of(day.date)));
        roll_up(within.copied(), bucket)
    }

    /// Half as many days around the middle, or twice as many; `None` where there is no such view.
    pub fn zoomed(&self, all: Horizon, is_in: bool) -> Option<Self> {
        let view = self.days(all);
        let days = view.count();
        let length = if is_in { days / 2 } else { days * 2 }.min(all.count());
        let least = match self.drawn_bucket(all) {
            Bucket::Day => 4,
            Bucket::Week => 21,
            Bucket::Month => 84,
        };
        if length == days || (is_in && length < least) {
            return None;
        }
        let middle = days_between(all.first, view.first) + days / 2;
        let from = (middle - length / 2).clamp(0, all.count() - length);
        Some(self.looking(all, from, length))
    }

    /// As many days, before or after those in view.
    pub fn moved(&self, all: Horizon, is_later: bool) -> Option<Self> {
        let view = self.days(all);
        let (from, length) = (days_between(all.first, view.first), view.count());
        let to = if is_later { from + length } else { from - length }.clamp(0, all.count() - length);
        (to != from).then(|| self.looking(all, to, length))
    }

    fn looking(&self, all: Horizon, from: i64, length: i64) -> Self {
        let day = |after: i64| all.first.checked_add(jiff::Span::new().days(after)).unwrap_or(all.last);
        let view = Horizon { first: day(from), last: day(from + length - 1) };
        Self { view: Some(view).filter(|view| *view != all), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const JANUARY: Horizon = Horizon { first: date(2026, 1, 1), last: date(2026, 1, 31) };

    fn query(view: Option<Horizon>) -> ChartQuery {
        ChartQuery { lines: Vec::new(), bucket: Bucket::Day, view }
    }

    #[test]
    fn views_go_in_and_out_around_their_middle_and_stay_in_the_plan() {
        let days = |query: Option<ChartQuery>| {
            query.map(|query| {
                let days = query.days(JANUARY);
                (days.first.day(), days.last.day())
            })
        };
        let all = query(None);
        assert_eq!(days(all.zoomed(JANUARY, true)), Some((9, 23)));
        assert_eq!(all.zoomed(JANUARY, false), None);
        assert_eq!(all.moved(JANUARY, true), None);
        let early = query(Some(Horizon { first: date(2026, 1, 2), last: date(2026, 1, 11) }));
        assert_eq!(days(early.zoomed(JANUARY, false)), Some((1, 20)));
        assert_eq!(days(early.moved(JANUARY, true)), Some((12, 21)));
        assert_eq!(days(early.moved(JANUARY, false)), Some((1, 10)));
        assert_eq!(days(early.zoomed(JANUARY, false).unwrap().zoomed(JANUARY, false)), Some((1, 31)));
        let four = query(Some(Horizon { first: date(2026, 1, 2), last: date(2026, 1, 5) }));
        assert_eq!(four.zoomed(JANUARY, true), None);
    }

    #[test]
    fn more_than_one_drawing_holds_are_put_together() {
        let decade = Horizon { first: date(2020, 1, 1), last: date(2029, 12, 31) };
        assert_eq!(query(None).drawn_bucket(JANUARY), Bucket::Day);
        assert_eq!(query(None).drawn_bucket(decade), Bucket::Month);
        assert_eq!(query(Some(JANUARY)).drawn_bucket(decade), Bucket::Day);
        assert_eq!(lines_of("3, x,1,3,"), [LineId(3), LineId(1)]);
    }
}
