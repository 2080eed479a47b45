//! What of a sheet is looked at, as its address says.

use jiff::civil::Date;

use super::chart::{ChartQuery, lines_of, listed};
use crate::domain::plan::{Bucket, Horizon, LineId, Measure, Plan};
use crate::services::plans::Overview;
use crate::web::extract::FormData;

/// Lines of a page.
pub const PAGE_LINES: usize = 20;

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetQuery {
    /// How many days stand in a column.
    pub bucket: Bucket,
    /// The first day in view; `None` for the first of the plan.
    pub from: Option<Date>,
    /// The page of lines, from 1.
    pub page: usize,
    /// Only lines whose item, name, category or location has this.
    pub words: String,
    /// Only lines that run out or fall below their safety stock.
    pub problems: bool,
    /// The cell that is edited.
    pub cell: Option<(LineId, Measure, Date)>,
    /// The lines of the chart; none for the first of the page.
    pub chart: Vec<LineId>,
}

impl SheetQuery {
    /// Reads an address; what it says that is none counts for nothing.
    pub fn of(query: &FormData, plan: &Plan) -> Self {
        let cell = || {
            let line = LineId(query.text("line").parse().ok()?);
            Some((line, Measure::of_word(query.text("measure"))?, query.text("date").parse().ok()?))
        };
        Self {
            bucket: Bucket::of_word(query.text("by")).unwrap_or(plan.bucket),
            from: query.text("from").parse().ok(),
            page: query.text("page").parse().unwrap_or(1).max(1),
            words: query.text("q").to_owned(),
            problems: query.has("problems"),
            cell: cell(),
            chart: lines_of(query.text("chart")),
        }
    }

    /// Columns of a page.
    pub fn columns(&self) -> usize {
        match self.bucket {
            Bucket::Day => 28,
            Bucket::Week => 26,
            Bucket::Month => 24,
        }
    }

    /// The lines of the page that is looked at; where the page lies beyond the last one, it is the last one.
    pub fn lines_of_page(&mut self, overview: &Overview) -> Vec<LineId> {
        self.page = self.page.min(overview.lines.len().div_ceil(PAGE_LINES)).max(1);
        let shown = overview.lines.iter().skip((self.page - 1) * PAGE_LINES).take(PAGE_LINES);
        shown.map(|view| view.line.id).collect()
    }

    /// The address that says this of a plan.
    pub fn address(&self, plan: &Plan) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        if self.bucket != plan.bucket {
            pairs.append_pair("by", self.bucket.as_str());
        }
        if let Some(from) = self.from {
            pairs.append_pair("from", &from.to_string());
        }
        if self.page > 1 {
            pairs.append_pair("page", &self.page.to_string());
        }
        if !self.words.is_empty() {
            pairs.append_pair("q", &self.words);
        }
        if self.problems {
            pairs.append_pair("problems", "1");
        }
        if let Some((line, measure, date)) = self.cell {
            pairs.append_pair("line", &line.to_string());
            pairs.append_pair("measure", measure.as_str());
            pairs.append_pair("date", &date.to_string());
        }
        if !self.chart.is_empty() {
            pairs.append_pair("chart", &listed(&self.chart));
        }
        let pairs = pairs.finish();
        if pairs.is_empty() { format!("/plan/{}", plan.id) } else { format!("/plan/{}?{pairs}", plan.id) }
    }

    /// What the chart under the sheet shows of `lines`: the days in view.
    pub fn of_chart(&self, lines: Vec<LineId>, all: Option<Horizon>) -> ChartQuery {
        let view = all.map(|all| {
            let window = self.window(all);
            let last = window.after.and_then(|after| after.yesterday().ok()).unwrap_or(all.last);
            Horizon { first: window.starts.first().map_or(all.first, |first| (*first).max(all.first)), last }
        });
        ChartQuery { lines, bucket: self.bucket, view: view.filter(|view| Some(*view) != all) }
    }

    /// The days in view, as many as fit, and the first day of the views before and after, where there are any.
    pub fn window(&self, horizon: Horizon) -> Window {
        let mut starts: Vec<Date> = horizon.days().map(|day| self.bucket.start_of(day)).collect();
        starts.dedup();
        let wanted = self.from.map_or(starts[0], |from| self.bucket.start_of(from));
        let at = starts.partition_point(|start| *start < wanted).min(starts.len() - 1);
        let end = (at + self.columns()).min(starts.len());
        Window {
            starts: starts[at..end].to_vec(),
            before: (at > 0).then(|| starts[at.saturating_sub(self.columns())]),
            after: starts.get(end).copied(),
        }
    }
}

/// Columns in view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// First days of the buckets.
    pub starts: Vec<Date>,
    /// Where the view before begins.
    pub before: Option<Date>,
    /// Where the view after begins.
    pub after: Option<Date>,
}
