//! A file of a plan: what its rows say.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::damage::Damage;
use super::export::{COLUMNS, WIDE_COLUMNS};
use super::layout::{Layout, Part, part_of, period};
use super::numerals::{Evidence, Numerals, Spot};
use crate::domain::column::Column;
use crate::domain::formats::NumberStyle;
use crate::domain::limits::ImportLimits;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::{Horizon, Measure};
use crate::domain::profile::{Container, Profile};
use crate::domain::record::Record;
use crate::domain::value::DateFormat;
use crate::ingest::{Hints, Next, RowReader, Unpacked, inspect_unpacked};
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
    /// The only line of the plan: that of a file that names none, where none was chosen.
    pub only: Option<LineKey>,
    /// How the file writes numbers.
    pub numbers: Option<NumberStyle>,
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

/// What was found in a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Read {
    /// Rows.
    pub rows: u64,
    /// Columns that say nothing here.
    pub unknown: Vec<String>,
    /// Records that are no rows: totals, notes, the header again.
    pub left_out: u64,
    /// Values of a workbook that were rounded to the digits that a plan holds.
    pub rounded: u64,
    /// The days of a wide file.
    pub columns: Option<Horizon>,
    /// It has rows of what is produced or sold by day.
    pub has_flow_rows: bool,
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
        if with_header.fault(choices).is_none() || with_header.names_something() {
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
        let [name, also] = [one, other].map(|place| profile.columns[place].header());
        let are = match (layout.parts[one], layout.parts[other]) {
            (Part::Day(_), Part::Day(_)) if name != also => {
                format!(", “{name}” and “{also}”, are the same day")
            }
            _ => format!(" are both “{name}”"),
        };
        return Err(whole(format!("the columns {} and {}{are}; leave one of them out", one + 1, other + 1)));
    }
    let mut reader =
        RowReader::open(&unpacked.text, &profile, limits).map_err(|error| whole(error.to_string()))?;
    let is_sheet = unpacked.container.is_sheet();
    let points_are_plain = is_sheet || is_own(&profile);
    let scan = || evidence(unpacked, (&profile, &layout), limits, points_are_plain);
    let numerals = Numerals::new(choices.numbers, (points_are_plain, is_sheet), &scan);
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
        is_text: !is_sheet,
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
                    numerals: &numerals,
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
    let (left_out, rounded) = (reader.left_out(), numerals.rounded());
    let columns = layout.days();
    if faults.is_empty() {
        let has_flow_rows = has_flow_rows.get();
        Ok(Read { rows, unknown: layout.unknown, left_out, rounded, columns, has_flow_rows })
    } else {
        Err(faults)
    }
}

/// True for the header of a file that `export.rs` wrote, with a point before fractions and nothing between thousands.
fn is_own(profile: &Profile) -> bool {
    let names: Vec<&str> = profile.columns.iter().map(Column::header).collect();
    let is_wide = || {
        let days = names.strip_prefix(&WIDE_COLUMNS);
        days.is_some_and(|days| days.iter().all(|day| day.parse::<Date>().is_ok()))
    };
    profile.dialect.delimiter == ',' && (names == COLUMNS || is_wide())
}

/// What the numbers of each column say about how they are written.
fn evidence(
    unpacked: &Unpacked,
    (profile, layout): (&Profile, &Layout),
    limits: &ImportLimits,
    points_are_plain: bool,
) -> Vec<Evidence> {
    let mut found = vec![Evidence::default(); layout.parts.len()];
    let is_number = |part: Part| {
        matches!(part, Part::Of(_) | Part::Starting | Part::Quantity | Part::Day(_) | Part::Ignored)
    };
    let Ok(mut reader) = RowReader::open(&unpacked.text, profile, limits) else { return found };
    let mut record = Record::default();
    loop {
        match reader.next(&mut record) {
            Ok(Next::Row) => {}
            Ok(Next::Rejected(_)) => continue,
            // What is wrong with it is told by whoever reads it.
            Ok(Next::End) | Err(_) => return found,
        }
        for ((place, part), one) in layout.parts.iter().enumerate().zip(&mut found) {
            if is_number(*part) {
                one.take(record.get(place).unwrap_or_default(), points_are_plain);
            }
        }
    }
}

struct Row<'r> {
    layout: &'r Layout,
    columns: &'r [Column],
    record: &'r Record,
    choices: &'r Choices,
    has_flow_rows: &'r Cell<bool>,
    numerals: &'r Numerals<'r>,
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
        match self.choices.line.as_ref().or(self.choices.only.as_ref()) {
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
        let spot = Spot { place, header: column.header(), format: column.number_format, measure };
        self.numerals.read(text, spot).map_err(|why| FileFault::new(Some(self.record.line), why))
    }
}

/// What a column is called that the file gives no name.
fn unnamed(place: usize) -> String {
    format!("Column {}", place + 1)
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
