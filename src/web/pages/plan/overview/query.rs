//! Which lines of an overview are looked at and in which order, as its address says.

use std::cmp::Ordering;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::super::query::has_words;
use crate::domain::plan::Plan;
use crate::domain::plan::projection::Cover;
use crate::services::plans::LineView;
use crate::web::extract::FormData;

/// What lines can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortBy {
    /// Item, location and channel.
    Line,
    /// What it begins with.
    Opening,
    /// What comes in.
    Production,
    /// What goes out.
    Sales,
    /// What is there in the end.
    Closing,
    /// The least that is there.
    Lowest,
    /// The first day below zero, then the first below the safety stock.
    #[default]
    Out,
    /// The first day below the safety stock.
    Low,
    /// How long the stock lasts.
    Cover,
    /// Reported less projected.
    Gap,
}

/// What decides the order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Text([String; 3]),
    Days([Date; 2]),
    Number(Decimal),
}

impl SortBy {
    /// All, as their columns stand.
    pub const ALL: [Self; 10] = [
        Self::Line,
        Self::Out,
        Self::Low,
        Self::Cover,
        Self::Opening,
        Self::Production,
        Self::Sales,
        Self::Closing,
        Self::Lowest,
        Self::Gap,
    ];

    /// Their words.
    pub const WORDS: [&str; 10] =
        ["line", "out", "low", "cover", "opening", "production", "sales", "closing", "lowest", "gap"];

    /// What addresses and texts call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Opening => "opening",
            Self::Production => "production",
            Self::Sales => "sales",
            Self::Closing => "closing",
            Self::Lowest => "lowest",
            Self::Out => "out",
            Self::Low => "low",
            Self::Cover => "cover",
            Self::Gap => "gap",
        }
    }

    /// True for what is a number.
    pub fn is_number(self) -> bool {
        !matches!(self, Self::Line | Self::Out | Self::Low)
    }

    /// What a line is ordered by; `None` goes last, whichever way round.
    fn key(self, view: &LineView) -> Option<Key> {
        let summary = view.summary();
        let number = |amount: Decimal| Some(Key::Number(amount));
        let late = Date::MAX;
        match self {
            Self::Line => {
                let key = &view.line.key;
                Some(Key::Text([key.item.clone(), key.location.clone(), key.channel.clone()]))
            }
            Self::Opening => number(view.opening().amount),
            Self::Production => number(summary.production),
            Self::Sales => number(summary.sales),
            Self::Closing => number(summary.closing),
            Self::Lowest => number(summary.lowest),
            Self::Out => match (summary.first_stock_out, summary.first_under_safety) {
                (None, None) => None,
                (out, low) => Some(Key::Days([out.unwrap_or(late), low.unwrap_or(late)])),
            },
            Self::Low => summary.first_under_safety.map(|low| Key::Days([low, late])),
            Self::Cover => view.cover().and_then(|cover| match cover {
                Cover::Days(days) => number(days.into()),
                // Beyond the end is longer than any number of days within.
                Cover::Beyond(days) => number(Decimal::from(days) + Decimal::ONE),
            }),
            Self::Gap => summary.gap.map(Key::Number),
        }
    }
}

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OverviewQuery {
    /// Only lines that have these words.
    pub words: String,
    /// Only lines that run out or fall below their safety stock.
    pub problems: bool,
    /// The order.
    pub by: SortBy,
    /// The other way round.
    pub is_descending: bool,
    /// The page, from 1.
    pub page: usize,
}

impl OverviewQuery {
    /// Reads an address; what it says that is none counts for nothing.
    pub fn of(query: &FormData) -> Self {
        let sort = query.text("sort");
        let (word, is_descending) = sort.strip_prefix('-').map_or((sort, false), |word| (word, true));
        let by = SortBy::ALL.into_iter().find(|by| by.word() == word);
        Self {
            words: query.text("q").to_owned(),
            problems: query.has("problems"),
            by: by.unwrap_or_default(),
            is_descending: is_descending && by.is_some(),
            page: query.text("page").parse().unwrap_or(1).max(1),
        }
    }

    /// The word of the order; empty for that of an overview that nobody ordered.
    pub fn sort(&self) -> String {
        match (self.by, self.is_descending) {
            (SortBy::Out, false) => String::new(),
            (by, is_descending) => format!("{}{}", if is_descending { "-" } else { "" }, by.word()),
        }
    }

    /// The address that says this of a plan; `what` is `overview` or `overview.xlsx`.
    pub fn address(&self, plan: &Plan, what: &str) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", self.words.clone()), ("sort", self.sort())] {
            if !value.is_empty() {
                pairs.append_pair(name, &value);
            }
        }
        if self.problems {
            pairs.append_pair("problems", "1");
        }
        if self.page > 1 {
            pairs.append_pair("page", &self.page.to_string());
        }
        let pairs = pairs.finish();
        let ask = if pairs.is_empty() { "" } else { "?" };
        format!("/plan/{}/{what}{ask}{pairs}", plan.id)
    }

    /// Leaves the lines that are looked at, in their order.
    pub fn choose(&self, lines: &mut Vec<LineView>) {
        lines.retain(|view| has_words(view, &self.words) && (!self.problems || view.has_problem()));
        let mut keyed: Vec<(Option<Key>, LineView)> =
            lines.drain(..).map(|view| (self.by.key(&view), view)).collect();
        keyed.sort_by(|(one, _), (other, _)| match (one, other) {
            (Some(one), Some(other)) if self.is_descending => other.cmp(one),
            (Some(one), Some(other)) => one.cmp(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        });
        lines.extend(keyed.into_iter().map(|(_, view)| view));
    }
}
