//! What of a sheet is looked at, as its address says.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::chart::{ChartQuery, lines_of, listed};
use crate::domain::plan::{Bucket, Horizon, LineId, Measure, Plan};
use crate::services::plans::LineView;
use crate::web::extract::FormData;

/// Lines of a page, and how many there may be.
const LINES: usize = 20;
/// Most lines of a page.
pub const MAX_LINES: usize = 50;
/// Columns of a page.
const COLUMNS: usize = 28;
/// Most columns of a page: three months of days.
pub const MAX_COLUMNS: usize = 92;

/// Of the columns of a page, one in so many lies before today, where the address does not say where to begin.
const COLUMNS_BEFORE_TODAY: usize = 4;

/// What lines are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// The category of their items.
    Category,
    /// Where they lie.
    Location,
}

impl Grouping {
    /// All.
    pub const ALL: [Self; 2] = [Self::Category, Self::Location];

    /// The word of an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Location => "location",
        }
    }

    /// The group that a line is in; blank for none.
    pub fn of(self, line: &LineView) -> &str {
        match self {
            Self::Category => line.item.as_ref().map_or("", |item| item.category.as_str()),
            Self::Location => &line.line.key.location,
        }
    }
}

/// A place of a sheet that somebody types in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// A measure on a day.
    Cell(Measure, Date),
    /// What the line begins with.
    Opening,
}

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetQuery {
    /// How many days stand in a column.
    pub bucket: Bucket,
    /// The first day in view; `None` for a little before today, or the first of a plan that does not have today.
    pub from: Option<Date>,
    /// Today, where the plan has it.
    pub today: Option<Date>,
    /// The page of lines, from 1.
    pub page: usize,
    /// Only lines whose item, name, category or location has this.
    pub words: String,
    /// Only lines of items of this category.
    pub category: String,
    /// Only lines of this location.
    pub location: String,
    /// Only lines that run out or fall below their safety stock.
    pub problems: bool,
    /// What lines are put together by.
    pub group: Option<Grouping>,
    /// Groups of which only the name is shown.
    pub shut: BTreeSet<String>,
    /// Lines of which only the projected stock is shown.
    pub folded: BTreeSet<u32>,
    /// What is reported and the safety stock are shown even where nothing is said.
    pub all_measures: bool,
    /// What stood on the page when it was loaded, where it is only asked for anew after something was typed: it stays,
    /// whatever its stock is now. No address of the page says this.
    pub stay: Vec<Stay>,
    /// Lines of a page.
    pub lines: usize,
    /// Columns of a page.
    pub columns: usize,
    /// What is typed in.
    pub spot: Option<(LineId, Spot)>,
    /// The lines of the chart; none for the first of the page.
    pub chart: Vec<LineId>,
}

/// What stays on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stay {
    /// A line.
    Line(LineId),
    /// The name of a group.
    Group(String),
}

/// Most that can stay: a page of lines, each with the name of a group.
const MAX_STAY: usize = 2 * MAX_LINES;

impl Stay {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("g:") {
            Some(group) => Some(Self::Group(group.to_owned())),
            None => Some(Self::Line(LineId(text.parse().ok()?))),
        }
    }
}

/// What stands below another on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// The name of a group.
    Group {
        /// What it is called; blank for lines that are in none.
        name: String,
        /// How many lines it has.
        lines: usize,
        /// How many of them run out.
        stock_outs: usize,
        /// Its lines are not shown.
        is_shut: bool,
    },
    /// A line.
    Line(LineId),
}

/// Reads `line|measure|day`, or `line|opening|`.
pub fn spot(text: &str) -> Option<(LineId, Spot)> {
    let mut parts = text.split('|');
    let line = LineId(parts.next()?.parse().ok()?);
    match (parts.next()?, parts.next()?) {
        ("opening", _) => Some((line, Spot::Opening)),
        (measure, day) => Some((line, Spot::Cell(Measure::of_word(measure)?, day.parse().ok()?))),
    }
}

impl Spot {
    /// Writes it as an address has it.
    pub fn of_line(self, line: LineId) -> String {
        match self {
            Self::Cell(measure, day) => format!("{line}|{}|{day}", measure.as_str()),
            Self::Opening => format!("{line}|opening|"),
        }
    }
}

/// True for a line whose item, name, category, location or channel has these words.
pub fn has_words(view: &LineView, words: &str) -> bool {
    let words = words.to_lowercase();
    let item = view.item.as_ref();
    let key = &view.line.key;
    let texts = [
        key.item.as_str(),
        &key.location,
        &key.channel,
        item.map_or("", |item| item.name.as_str()),
        item.map_or("", |item| item.category.as_str()),
    ];
    texts.iter().any(|text| text.to_lowercase().contains(&words))
}

impl SheetQuery {
    /// Reads an address; what it says that is none counts for nothing.
    pub fn of(query: &FormData, plan: &Plan, today: Date) -> Self {
        let number = |name: &str, usual: usize, most: usize| {
            query.text(name).parse().map_or(usual, |asked: usize| asked.clamp(1, most))
        };
        Self {
            bucket: Bucket::of_word(query.text("by")).unwrap_or(plan.bucket),
            from: query.text("from").parse().ok(),
            today: Some(today).filter(|today| plan.horizon.is_some_and(|horizon| horizon.has(*today))),
            page: query.text("page").parse().unwrap_or(1).max(1),
            words: query.text("q").to_owned(),
            category: query.text("category").to_owned(),
            location: query.text("location").to_owned(),
            problems: query.has("problems"),
            group: Grouping::ALL.into_iter().find(|group| group.as_str() == query.text("group")),
            shut: query.all("shut").map(str::to_owned).collect(),
            folded: query.text("fold").split(' ').filter_map(|line| line.parse().ok()).collect(),
            all_measures: query.has("measures"),
            stay: query.all("stay").filter_map(Stay::parse).take(MAX_STAY).collect(),
            lines: number("lines", LINES, MAX_LINES),
            columns: number("columns", COLUMNS, MAX_COLUMNS),
            spot: spot(query.text("cell")),
            chart: lines_of(query.text("chart")),
        }
    }

    /// All that the address says, but for what it says by saying nothing.
    pub fn pairs(&self, plan: &Plan) -> Vec<(&'static str, String)> {
        let folded: Vec<String> = self.folded.iter().map(u32::to_string).collect();
        let said = [
            ("by", self.bucket.as_str().to_owned(), self.bucket != plan.bucket),
            ("from", self.from.map(|from| from.to_string()).unwrap_or_default(), self.from.is_some()),
            ("page", self.page.to_string(), self.page > 1),
            ("q", self.words.clone(), !self.words.is_empty()),
            ("category", self.category.clone(), !self.category.is_empty()),
            ("location", self.location.clone(), !self.location.is_empty()),
            ("problems", "1".to_owned(), self.problems),
            ("group", self.group.map_or("", Grouping::as_str).to_owned(), self.group.is_some()),
            ("fold", folded.join(" "), !folded.is_empty()),
            ("measures", "all".to_owned(), self.all_measures),
            ("lines", self.lines.to_string(), self.lines != LINES),
            ("columns", self.columns.to_string(), self.columns != COLUMNS),
            ("chart", listed(&self.chart), !self.chart.is_empty()),
        ];
        let mut pairs: Vec<_> =
            said.into_iter().filter(|(.., is_said)| *is_said).map(|(name, value, _)| (name, value)).collect();
        pairs.extend(self.shut.iter().map(|group| ("shut", group.clone())));
        pairs.extend(self.spot.map(|(line, spot)| ("cell", spot.of_line(line))));
        pairs
    }

    /// The address that says this of a plan.
    pub fn address(&self, plan: &Plan) -> String {
        let pairs = self.pairs(plan);
        let pairs = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        if pairs.is_empty() { format!("/plan/{}", plan.id) } else { format!("/plan/{}?{pairs}", plan.id) }
    }

    /// True for a line that is looked at.
    pub fn has(&self, view: &LineView) -> bool {
        let category = view.item.as_ref().map_or("", |item| item.category.as_str());
        has_words(view, &self.words)
            && (self.category.is_empty() || self.category == category)
            && (self.location.is_empty() || self.location == view.line.key.location)
            && (!self.problems || view.has_problem() || self.stay.contains(&Stay::Line(view.line.id)))
    }

    /// What stands on the page that is looked at, of `lines`, which come in the order of the sheet. Where the page lies
    /// beyond the last one, it is the last one. Says how many entries all pages have.
    pub fn entries(&mut self, lines: &mut [LineView]) -> (Vec<Entry>, usize) {
        let mut entries = Vec::with_capacity(lines.len());
        if let Some(group) = self.group {
            lines.sort_by(|a, b| group.of(a).cmp(group.of(b)));
            for lines in lines.chunk_by(|a, b| group.of(a) == group.of(b)) {
                let name = group.of(&lines[0]).to_owned();
                let is_shut = self.shut.contains(&name);
                let stock_outs = lines.iter().filter(|view| view.summary().first_stock_out.is_some()).count();
                entries.push(Entry::Group { name, lines: lines.len(), stock_outs, is_shut });
                if !is_shut {
                    entries.extend(lines.iter().map(|view| Entry::Line(view.line.id)));
                }
            }
        } else {
            entries.extend(lines.iter().map(|view| Entry::Line(view.line.id)));
        }
        let all = entries.len();
        if !self.stay.is_empty() {
            return (self.stayed(&entries), all);
        }
        self.page = self.page.min(all.div_ceil(self.lines)).max(1);
        let begin = (self.page - 1) * self.lines;
        let mut page: Vec<Entry> = entries[begin..(begin + self.lines).min(all)].to_vec();
        // Lines in the middle of a group stand below its name on every page.
        if matches!(page.first(), Some(Entry::Line(_))) {
            let name = entries[..begin].iter().rev().find(|entry| matches!(entry, Entry::Group { .. }));
            page.splice(0..0, name.cloned());
        }
        (page, all)
    }

    /// What was on the page, as far as it is still there.
    fn stayed(&self, entries: &[Entry]) -> Vec<Entry> {
        let find = |stay: &Stay| {
            let is = |entry: &&Entry| match (stay, entry) {
                (Stay::Line(id), Entry::Line(line)) => id == line,
                (Stay::Group(group), Entry::Group { name, .. }) => group == name,
                _ => false,
            };
            entries.iter().find(is).cloned()
        };
        self.stay.iter().filter_map(find).collect()
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
        let place = |day: Date| {
            let wanted = self.bucket.start_of(day);
            starts.partition_point(|start| *start < wanted).min(starts.len() - 1)
        };
        let at = match (self.from, self.today) {
            (Some(from), _) => place(from),
            // Whoever plans looks at what comes, and at a little of what was.
            (None, Some(today)) => place(today)
                .saturating_sub(self.columns / COLUMNS_BEFORE_TODAY)
                .min(starts.len().saturating_sub(self.columns)),
            (None, None) => 0,
        };
        let end = (at + self.columns).min(starts.len());
        Window {
            starts: starts[at..end].to_vec(),
            before: (at > 0).then(|| starts[at.saturating_sub(self.columns)]),
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
