//! A file of a plan: which of its columns is what, and what its rows say. Long, wide, of many lines or of one, of all
//! measures or of one.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Seek, SeekFrom};
use std::path::Path;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use rust_decimal::Decimal;

use crate::domain::column::Column;
use crate::domain::limits::ImportLimits;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::{Horizon, Measure, quantity};
use crate::domain::profile::Container;
use crate::domain::record::Record;
use crate::domain::value::{DateFormat, parse_date, parse_number};
use crate::ingest::{Hints, LeftOut, Next, Problem, ProblemReason, RowReader, Unpacked, inspect_unpacked};
use crate::services::export::unguarded;

/// Largest file.
pub const MAX_FILE_BYTES: u64 = 256 << 20;
/// Most values of a file: each is kept in memory, about 70 bytes, until all of the file is known to be right. The largest real set
/// that is known has 2,330,000.
pub const MAX_FILE_VALUES: u64 = 5_000_000;
/// Most rows of a file.
pub const MAX_FILE_ROWS: u64 = 5_000_000;
/// Faults that are told.
pub(super) const MAX_FAULTS: usize = 20;

/// What the file itself does not say.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// What the numbers are of a file that has just one, such as `item,date,qty`.
    pub measure: Option<Measure>,
    /// The line of a file that names none.
    pub line: Option<LineKey>,
}

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FileFault {
    /// 1-based line of the file, where it is about one.
    pub line: Option<u64>,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl FileFault {
    pub(super) fn new(line: Option<u64>, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

impl std::fmt::Display for FileFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// One value, or the opening balance of a line.
pub(super) struct Entry<'e> {
    /// 1-based line of the file.
    pub line: u64,
    /// What it is about.
    pub key: &'e LineKey,
    /// Its day, with what is said of it; `None` for what is said of the line as a whole. What comes in and goes out in a
    /// week or a month stands on its first day, what there is at its end on its last.
    pub cell: Option<(Measure, Date)>,
    /// The days that it is said of; an opening balance in a wide file names none.
    pub days: Option<Horizon>,
    /// How much.
    pub value: Decimal,
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
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
struct Layout {
    parts: Vec<Part>,
    /// Columns that nobody asked for.
    unknown: Vec<String>,
}

impl Layout {
    fn of(columns: &[Column]) -> Self {
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
        for (part, column) in parts.iter_mut().zip(columns).filter(|(part, _)| **part == Part::Unknown) {
            if let Some(days) = period(column.header().trim(), DateFormat::default()) {
                *part = Part::Day(days);
            }
        }
        let unknown = parts.iter().zip(columns).filter(|(part, _)| **part == Part::Unknown);
        let unknown = unknown.map(|(_, column)| column.header().to_owned()).collect();
        Self { parts, unknown }
    }

    fn place(&self, part: Part) -> Option<usize> {
        self.parts.iter().position(|other| *other == part)
    }

    fn has(&self, is: impl Fn(Part) -> bool) -> bool {
        self.parts.iter().any(|part| is(*part))
    }

    /// The days of its columns.
    fn days(&self) -> Option<Horizon> {
        let days = self.parts.iter().filter_map(|part| match part {
            Part::Day(days) => Some(*days),
            _ => None,
        });
        days.reduce(Horizon::with)
    }

    /// Two columns that say the same, by their places.
    fn twins(&self, columns: &[Column]) -> Option<(usize, usize)> {
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
    fn fault(&self, choices: &Choices) -> Option<String> {
        let is_wide = self.has(|part| matches!(part, Part::Day(_)));
        let has_measures = self.has(|part| matches!(part, Part::Of(_)));
        let has_quantity = self.place(Part::Quantity).is_some();
        let names_measure = self.place(Part::MeasureName).is_some() || choices.measure.is_some();
        if self.place(Part::Item).is_none() && choices.line.is_none() {
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

/// The days of what a cell names: `2026-11-21`, `2026-W47`, `2026-11`.
fn period(text: &str, format: DateFormat) -> Option<Horizon> {
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

/// What was found in a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Read {
    /// Rows.
    pub rows: u64,
    /// Columns that say nothing here.
    pub unknown: Vec<String>,
    /// Records that are no rows: totals, notes, the header again.
    pub left_out: u64,
    /// The days of a wide file.
    pub columns: Option<Horizon>,
    /// It has rows of what is produced or sold by day.
    pub has_flow_rows: bool,
}

/// Rows of a text that are not whole. Workbooks write no cells behind the last one.
struct Damage {
    is_text: bool,
    /// Columns up to the last that has a name.
    named: usize,
    /// What was left out as a remark last: its line and its text.
    note: Option<(u64, String)>,
}

impl Damage {
    /// What was wrong with records as such; a fault where one is not whole.
    fn take(&mut self, problems: Vec<Problem>) -> Option<FileFault> {
        let mut fault = None;
        for problem in problems {
            let message = match problem.reason {
                ProblemReason::MissingCells { expected, found } if self.is_text && found < self.named => {
                    format!(
                        "has {found} cells and the header {expected}: the file may have been cut off there; send it whole, with every cell of a \
                         row, also those that are blank"
                    )
                }
                ProblemReason::SurplusCells { expected, found } => format!(
                    "has {found} cells and the header {expected}; a text or a number with the separator in it needs quotes"
                ),
                ProblemReason::UnclosedQuote => {
                    "a quote opens there and does not close; close it, or see whether the file was cut off"
                        .to_owned()
                }
                ProblemReason::LeftOut(LeftOut::Note) if self.is_text => {
                    // One word is rather the beginning of a row than a remark.
                    if !problem.value.trim().contains(char::is_whitespace) {
                        return Some(Self::cut_off(problem.line, &problem.value));
                    }
                    self.note = Some((problem.line, problem.value));
                    continue;
                }
                _ => continue,
            };
            fault = Some(FileFault::new(Some(problem.line), message));
        }
        fault
    }

    fn cut_off(line: u64, text: &str) -> FileFault {
        let message = format!(
            "“{text}” is no row: the file may have been cut off there; send it whole, or take that line out if it is a remark"
        );
        FileFault::new(Some(line), message)
    }

    /// The fault of a file whose last row is `line` and that ends with a remark that may be the beginning of a row: right
    /// below the rows, without the end of a line, or one of the items.
    fn at_end(&self, line: u64, path: &Path, is_item: impl Fn(&str) -> bool) -> Option<FileFault> {
        let (at, text) = self.note.as_ref().filter(|(at, _)| *at > line)?;
        let is_open = *at == line + 1 && !ends_a_line(path);
        (is_open || is_item(text.trim())).then(|| Self::cut_off(*at, text))
    }
}

/// True for a file whose last character ends a line.
fn ends_a_line(path: &Path) -> bool {
    let mut end = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        let bytes = file.metadata()?.len();
        file.seek(SeekFrom::Start(bytes.saturating_sub(2)))?;
        file.read_to_end(&mut end)
    });
    read.is_ok() && end.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
}

/// Reads the file and hands over what it says, in its order.
///
/// # Errors
/// What is wrong in it, the first [`MAX_FAULTS`].
pub(super) fn read(
    unpacked: &Unpacked,
    limits: &ImportLimits,
    choices: &Choices,
    take: &mut dyn FnMut(Entry<'_>) -> Result<(), FileFault>,
) -> Result<Read, Vec<FileFault>> {
    read_up_to(unpacked, limits, choices, (MAX_FILE_ROWS, MAX_FILE_VALUES), take)
}

/// As [`read`], of at most so many rows and values: what has more is refused where it does, and not read on.
fn read_up_to(
    unpacked: &Unpacked,
    limits: &ImportLimits,
    choices: &Choices,
    (most_rows, most_values): (u64, u64),
    take: &mut dyn FnMut(Entry<'_>) -> Result<(), FileFault>,
) -> Result<Read, Vec<FileFault>> {
    let whole = |message: String| vec![FileFault::new(None, message)];
    let inspect =
        |hints: &Hints| inspect_unpacked(unpacked, hints, limits).map_err(|error| whole(error.to_string()));
    let mut found = inspect(&Hints::default())?;
    let mut profile = found.profile.clone();
    let mut layout = Layout::of(&profile.columns);
    if profile.header_record.is_none() {
        // Dates above columns look like data, but here they are looked for.
        let first = inspect(&Hints { header_record: Some(Some(0)), ..Hints::default() })?;
        let with_header = Layout::of(&first.profile.columns);
        if with_header.fault(choices).is_none() {
            (profile, layout, found) = (first.profile.clone(), with_header, first);
        }
    }
    if let Some(fault) = layout.fault(choices) {
        let names: Vec<&str> = profile.columns.iter().map(Column::header).take(12).collect();
        return Err(whole(format!("{fault}. The file's columns are: {}.", names.join(", "))));
    }
    if let Some(place) = layout.place(Part::Date).filter(|place| found.columns[*place].ambiguous) {
        let column = &found.columns[place];
        let two_ways = match profile.columns[place].date_format {
            DateFormat::YearMonthDay => "with the year in front or at the end",
            _ => "as day and month or as month and day",
        };
        return Err(whole(format!(
            "the dates of `{}`, such as {}, can be read {two_ways}; write them like 2026-11-21",
            column.name,
            column.examples.first().map_or("", String::as_str)
        )));
    }
    if let Some((one, other)) = layout.twins(&profile.columns) {
        let name = profile.columns[one].header();
        return Err(whole(format!(
            "the columns {} and {} are both “{name}”; leave one of them out",
            one + 1,
            other + 1
        )));
    }
    let mut reader =
        RowReader::open(&unpacked.text, &profile, limits).map_err(|error| whole(error.to_string()))?;
    let mut record = Record::default();
    let mut faults = Vec::new();
    let mut rows = 0;
    let mut key = LineKey { item: String::new(), location: String::new(), channel: String::new() };
    let values = Cell::new(0);
    let has_flow_rows = Cell::new(false);
    let mut counted = |entry: Entry<'_>| {
        values.set(values.get() + 1);
        if values.get() > most_values { Ok(()) } else { take(entry) }
    };
    let mut damage = Damage {
        is_text: unpacked.container == Container::Plain,
        named: (0..profile.columns.len())
            .rev()
            .find(|at| profile.columns[*at].header() != unnamed(*at))
            .map_or(0, |last| last + 1),
        note: None,
    };
    let mut seen = BTreeSet::new();
    let (mut too_many, mut last) = (None, 0);
    while faults.len() < MAX_FAULTS && too_many.is_none() {
        let next = reader.next(&mut record);
        faults.extend(damage.take(reader.take_problems()));
        match next {
            Err(error) => {
                faults.push(FileFault::new(None, error.to_string()));
                break;
            }
            Ok(Next::End) => break,
            Ok(Next::Rejected(reject)) => {
                faults.push(FileFault::new(
                    Some(reject.line),
                    format!("is no row of the table: {}", reject.reason),
                ));
            }
            Ok(Next::Row) => {
                rows += 1;
                last = record.line;
                let row = Row {
                    layout: &layout,
                    columns: &profile.columns,
                    record: &record,
                    choices,
                    has_flow_rows: &has_flow_rows,
                };
                if let Err(fault) = row.take(&mut key, &mut counted) {
                    faults.push(fault);
                } else if !seen.contains(&key.item) {
                    seen.insert(key.item.clone());
                }
                too_many = [("rows", rows, most_rows), ("values", values.get(), most_values)]
                    .into_iter()
                    .find(|(_, count, most)| count > most)
                    .map(|(what, _, most)| (what, most));
            }
        }
    }
    if let Some((what, most)) = too_many {
        let message =
            format!("the file has more than {most} {what}, the most that is taken at once; split it");
        return Err(vec![FileFault::new(Some(record.line), message)]);
    }
    let is_item = |text: &str| seen.iter().any(|item| item.starts_with(text));
    faults.extend(damage.at_end(last, &unpacked.text, is_item).filter(|_| faults.is_empty()));
    let left_out = reader.left_out();
    let columns = layout.days();
    if faults.is_empty() {
        let has_flow_rows = has_flow_rows.get();
        Ok(Read { rows, unknown: layout.unknown, left_out, columns, has_flow_rows })
    } else {
        Err(faults)
    }
}

struct Row<'r> {
    layout: &'r Layout,
    columns: &'r [Column],
    record: &'r Record,
    choices: &'r Choices,
    has_flow_rows: &'r Cell<bool>,
}

impl Row<'_> {
    fn cell(&self, part: Part) -> Option<&str> {
        let place = self.layout.place(part)?;
        self.record.get(place).map(str::trim).filter(|cell| !cell.is_empty())
    }

    fn take(
        &self,
        key: &mut LineKey,
        take: &mut dyn FnMut(Entry<'_>) -> Result<(), FileFault>,
    ) -> Result<(), FileFault> {
        let line = self.record.line;
        let fault = |message: String| FileFault::new(Some(line), message);
        match &self.choices.line {
            Some(chosen) if self.layout.place(Part::Item).is_none() => key.clone_from(chosen),
            _ => {
                let item = self.cell(Part::Item).ok_or_else(|| fault("has no item".to_owned()))?;
                unguarded(item).clone_into(&mut key.item);
                unguarded(self.cell(Part::Location).unwrap_or_default()).clone_into(&mut key.location);
                unguarded(self.cell(Part::Channel).unwrap_or_default()).clone_into(&mut key.channel);
            }
        }
        let beyond = self.layout.parts.iter().enumerate().find(|(place, part)| {
            let is_unnamed = **part == Part::Unknown && self.columns[*place].header() == unnamed(*place);
            is_unnamed && self.record.get(*place).is_some_and(|cell| !cell.trim().is_empty())
        });
        if let Some((place, _)) = beyond {
            return Err(fault(format!(
                "has a cell that no column name stands above, the {}th; a text or a number with the separator in it needs quotes",
                place + 1
            )));
        }
        let named = match self.cell(Part::MeasureName) {
            None => self.choices.measure,
            Some(word) => match part_of(word) {
                Some(Part::Of(named)) => Some(named),
                // What is projected follows from the others.
                Some(Part::Ignored) => None,
                _ => {
                    return Err(fault(format!(
                        "“{word}” is no measure; write production, sales, inventory or safety_stock"
                    )));
                }
            },
        };
        if named.is_some_and(Measure::is_flow) {
            self.has_flow_rows.set(true);
        }
        let days = match self.layout.place(Part::Date) {
            None => None,
            Some(place) => {
                let text = self.cell(Part::Date).ok_or_else(|| fault("has no date".to_owned()))?;
                let found = period(text, self.columns[place].date_format);
                Some(found.ok_or_else(|| fault(format!("“{text}” is no date; write it like 2026-11-21")))?)
            }
        };
        if let Some(value) = self.value(Part::Starting, Measure::Inventory)? {
            take(Entry { line, key, cell: None, days, value })?;
        }
        for (place, part) in self.layout.parts.iter().enumerate() {
            let (measure, days) = match (part, days, named) {
                (Part::Of(measure), Some(days), _) => (*measure, days),
                (Part::Quantity, Some(days), Some(measure)) => (measure, days),
                (Part::Day(days), _, Some(measure)) => (measure, *days),
                _ => continue,
            };
            if let Some(value) = self.value_at(place, measure)? {
                let day = if measure.is_flow() { days.first } else { days.last };
                take(Entry { line, key, cell: Some((measure, day)), days: Some(days), value })?;
            }
        }
        Ok(())
    }

    fn value(&self, part: Part, measure: Measure) -> Result<Option<Decimal>, FileFault> {
        self.layout.place(part).map_or(Ok(None), |place| self.value_at(place, measure))
    }

    fn value_at(&self, place: usize, measure: Measure) -> Result<Option<Decimal>, FileFault> {
        let text = self.record.get(place).unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(None);
        }
        let column = &self.columns[place];
        let number =
            parse_number(text, column.number_format).map_or_else(|| quantity::parse(text), quantity::check);
        let number = number.and_then(|number| match measure {
            Measure::SafetyStock if number.is_sign_negative() && !number.is_zero() => {
                Err(quantity::BadQuantity::Negative)
            }
            _ => Ok(number),
        });
        number.map(Some).map_err(|why| {
            FileFault::new(
                Some(self.record.line),
                format!("{}: “{}” {why}", column.header(), text.chars().take(40).collect::<String>()),
            )
        })
    }
}

/// What a column is called that the file gives no name.
fn unnamed(place: usize) -> String {
    format!("Column {}", place + 1)
}

fn part_of(word: &str) -> Option<Part> {
    let plain: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(part, _)| *part)
}

/// A file as it came, or the text of what it packed.
pub(super) fn plain(path: &Path) -> Unpacked {
    Unpacked::text(path.to_owned(), Container::Plain)
}

#[cfg(test)]
mod tests {
    use super::{Choices, ImportLimits, plain, read_up_to};

    #[test]
    fn what_has_too_many_rows_or_values_is_refused_there_and_not_read_on() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let rows = (1..=9).map(|day| format!("A,2026-01-0{day},1,2\n")).collect::<Vec<_>>().concat();
        std::fs::write(file.path(), format!("item,date,production,sales\n{rows}")).unwrap();
        for (limits, taken, said) in [
            ((9, 18), 18, None),
            (
                (9, 17),
                17,
                Some("line 10: the file has more than 17 values, the most that is taken at once; split it"),
            ),
            (
                (9, 4),
                4,
                Some("line 4: the file has more than 4 values, the most that is taken at once; split it"),
            ),
            (
                (3, 18),
                8,
                Some("line 5: the file has more than 3 rows, the most that is taken at once; split it"),
            ),
        ] {
            let mut entries = 0;
            let mut take = |_: super::Entry<'_>| {
                entries += 1;
                Ok(())
            };
            let unpacked = plain(file.path());
            let read =
                read_up_to(&unpacked, &ImportLimits::default(), &Choices::default(), limits, &mut take);
            let faults = read
                .err()
                .map(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
            assert_eq!(faults.as_deref(), said, "{limits:?}");
            assert_eq!(entries, taken, "{limits:?}");
        }
    }
}
