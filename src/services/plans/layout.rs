//! Which column of a plan's file is what: long, wide, of many lines or of one, of all measures or of one.

use jiff::civil::{Date, ISOWeekDate, Weekday};

use super::table::Choices;
use crate::domain::column::Column;
use crate::domain::plan::{Horizon, Measure};
use crate::domain::value::{DateFormat, begins_short, parse_date};

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Item,
    Location,
    Channel,
    Date,
    Of(Measure),
    Starting,
    Quantity,
    MeasureName,
    Day(Horizon),
    Ignored,
    Unknown,
}

/// What columns are called, without case, blanks and punctuation. Of several columns that are the same thing, the one
/// whose name comes first here is taken.
const NAMES: [(Part, &[&str]); 14] = [
    (
        Part::Item,
        &[
            "item",
            "sku",
            "productkey",
            "itemcode",
            "itemnumber",
            "part",
            "partnumber",
            "productnumber",
            "product",
            "article",
            "material",
        ],
    ),
    (Part::Location, &["location", "warehouse", "site", "plant"]),
    (Part::Channel, &["channel", "saleschannel"]),
    (Part::Date, &["date", "day", "week", "month", "period"]),
    (Part::Of(Measure::Production), &["production", "produced", "prod", "unitsin", "receipts", "inbound"]),
    (Part::Of(Measure::Sales), &["sales", "sold", "demand", "unitsout", "shipments", "outbound"]),
    (
        Part::Of(Measure::Inventory),
        &["reportedinventory", "inventory", "reported", "stock", "onhand", "unitsbalance", "balance"],
    ),
    (Part::Of(Measure::SafetyStock), &["safetystock", "safety"]),
    (Part::Starting, &["startinginventory", "openingbalance", "openinginventory", "opening"]),
    (Part::Quantity, &["qty", "quantity", "amount", "value", "units"]),
    (Part::MeasureName, &["measure", "kind"]),
    (Part::Ignored, &["projectedinventory"]),
    (Part::Ignored, &["gap"]),
    (Part::Ignored, &["projected"]),
];

/// The columns of a file.
pub(super) struct Layout {
    /// What each is.
    pub parts: Vec<Part>,
    /// Columns that nobody asked for.
    pub unknown: Vec<String>,
    /// Columns that may be days, and are not all of them in one order of day, month and year alone.
    two_ways: Vec<String>,
}

impl Layout {
    /// Of these columns.
    pub fn of(columns: &[Column]) -> Self {
        let plain = |name: &str| -> String {
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let names: Vec<String> = columns.iter().map(|column| plain(column.header())).collect();
        let mut parts = vec![Part::Unknown; columns.len()];
        for (part, known) in NAMES {
            let place = known.iter().find_map(|known| names.iter().position(|name| name == known));
            if let Some(place) = place {
                parts[place] = part;
            }
        }
        let two_ways = days(&mut parts, columns);
        let unknown = parts.iter().zip(columns).filter(|(part, _)| **part == Part::Unknown);
        let unknown = unknown.map(|(_, column)| column.header().to_owned()).collect();
        Self { parts, unknown, two_ways }
    }

    /// Where the first of that kind stands.
    pub fn place(&self, part: Part) -> Option<usize> {
        self.parts.iter().position(|other| *other == part)
    }

    /// True where a column is called like something that is looked for.
    pub fn names_something(&self) -> bool {
        self.has(|part| !matches!(part, Part::Unknown | Part::Ignored | Part::Day(_)))
    }

    fn has(&self, is: impl Fn(Part) -> bool) -> bool {
        self.parts.iter().any(|part| is(*part))
    }

    /// The days of its columns.
    pub fn days(&self) -> Option<Horizon> {
        let days = self.parts.iter().filter_map(|part| match part {
            Part::Day(days) => Some(*days),
            _ => None,
        });
        days.reduce(Horizon::with)
    }

    /// Two columns that say the same, by their places.
    pub fn twins(&self, columns: &[Column]) -> Option<(usize, usize)> {
        let plain = |column: &Column| {
            let name = column.header().to_lowercase();
            // Names are made unique: the second `sales` is `sales (2)`.
            name.rsplit_once(" (").map_or(name.clone(), |(name, _)| name.to_owned())
        };
        (0..columns.len()).find_map(|place| {
            let is_twin = |before: &usize| match (self.parts[*before], self.parts[place]) {
                (Part::Day(one), Part::Day(other)) => one == other,
                (Part::Unknown | Part::Ignored, _) => false,
                (_, Part::Unknown) => plain(&columns[*before]) == plain(&columns[place]),
                _ => false,
            };
            (0..place).find(is_twin).map(|before| (before, place))
        })
    }

    /// What the file lacks to be read with these choices.
    pub fn fault(&self, choices: &Choices) -> Option<String> {
        let is_wide = self.has(|part| matches!(part, Part::Day(_)));
        let has_measures = self.has(|part| matches!(part, Part::Of(_)));
        let has_quantity = self.place(Part::Quantity).is_some();
        let names_measure = self.place(Part::MeasureName).is_some() || choices.measure.is_some();
        if !self.two_ways.is_empty() && self.place(Part::Date).is_none() {
            let shown: Vec<String> = self.two_ways.iter().take(3).map(|name| format!("“{name}”")).collect();
            return Some(format!(
                "the columns {} may be days, and there is more than one order of day, month and year to read them all in, or none; write them \
                 like 2026-11-21",
                shown.join(", ")
            ));
        }
        if self.place(Part::Item).is_some() && choices.line.is_some() {
            return Some(
                "there is a column `item`, and a line was chosen for all rows; leave one of them out"
                    .to_owned(),
            );
        }
        if self.place(Part::Item).is_none() && choices.line.is_none() && choices.only.is_none() {
            return Some("there is no column `item`; a file of one line needs to be told which (the item, and location and channel where it has them)".to_owned());
        }
        if is_wide {
            return (!names_measure).then(|| "there is a column for each day but none that says `production`, `sales` or `inventory`; add a column `measure` or choose the measure".to_owned());
        }
        if self.place(Part::Date).is_none() {
            return Some("there is no column `date`".to_owned());
        }
        if has_measures || (has_quantity && names_measure) {
            return None;
        }
        Some(if has_quantity {
            "there is a column of quantities but none that says of what; choose the measure: production, sales or inventory".to_owned()
        } else {
            "there is no column `production`, `sales` or `inventory`".to_owned()
        })
    }
}

/// Finds the columns that are days. Those that begin with a full year or have a month's name are; the others where there is one
/// order of day, month and year for all of them. Says which may be days and are not.
fn days(parts: &mut [Part], columns: &[Column]) -> Vec<String> {
    let mut short = Vec::new();
    for (part, column) in parts.iter_mut().zip(columns).filter(|(part, _)| **part == Part::Unknown) {
        let name = column.header().trim();
        if !begins_short(name) {
            *part = period(name, DateFormat::default()).map_or(Part::Unknown, Part::Day);
        } else if orders(name).next().is_some() {
            short.push((part, name));
        }
    }
    let formats = [DateFormat::DayMonthYear, DateFormat::MonthDayYear, DateFormat::YearMonthDay];
    let fits = |format: &DateFormat| short.iter().all(|(_, name)| orders(name).any(|other| other == *format));
    let fitting: Vec<DateFormat> = formats.into_iter().filter(fits).collect();
    let [format] = fitting[..] else { return short.into_iter().map(|(_, name)| name.to_owned()).collect() };
    for (part, name) in short {
        *part = period(name, format).map_or(Part::Unknown, Part::Day);
    }
    Vec::new()
}

/// The orders in which a date without a full year in front can be read: with full stops the day comes first, and only with
/// hyphens a short year may.
fn orders(name: &str) -> impl Iterator<Item = DateFormat> + '_ {
    let formats = match name {
        _ if name.contains('.') => &[DateFormat::DayMonthYear][..],
        _ if name.contains('/') => &[DateFormat::DayMonthYear, DateFormat::MonthDayYear],
        _ => &[DateFormat::DayMonthYear, DateFormat::MonthDayYear, DateFormat::YearMonthDay],
    };
    formats.iter().copied().filter(move |format| period(name, *format).is_some())
}

/// The days of what a cell names: `2026-11-21`, `2026-W47`, `2026-11`.
pub(super) fn period(text: &str, format: DateFormat) -> Option<Horizon> {
    if let Some((year, week)) = text.split_once("-W").or_else(|| text.split_once("-w")) {
        let week = ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok()?;
        let first = week.date();
        return Some(Horizon { first, last: first.checked_add(jiff::Span::new().days(6)).ok()? });
    }
    if let Some((year, month)) = text.split_once('-')
        && (year.len(), month.len()) == (4, 2)
    {
        let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
        return Some(Horizon { first, last: first.last_of_month() });
    }
    // A number alone is a quantity or a code, not a day.
    if text.chars().all(|c| c.is_ascii_digit()) && text.len() != 8 {
        return None;
    }
    let mut day = parse_date(text, format)?.date();
    // A year of two digits is one of this century: nobody plans the last one.
    if (1900..2000).contains(&day.year()) && !text.contains(&day.year().to_string()) {
        day = day.checked_add(jiff::Span::new().years(100)).ok()?;
    }
    Some(Horizon { first: day, last: day })
}

/// What a measure's word stands for.
pub(super) fn part_of(word: &str) -> Option<Part> {
    let plain: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(part, _)| *part)
}
