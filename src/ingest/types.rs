//! What the cells of a column are, from a sample of them and from the column's name.

use std::collections::HashMap;

use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::excerpt::excerpt;
use crate::domain::value::{DateFormat, NumberFormat, begins_short, parse_bool, parse_date, parse_number};

use super::roles::{named_roles, words};
use super::words::is_placeholder;

/// Distinct values of a column that are looked at.
const MAX_DISTINCT: usize = 20_000;

/// Share of the values that must parse as a type.
const SHARE: f64 = 0.95;

/// Whole numbers of so many digits are identifiers: nobody stocks a billion of anything.
const CODE_DIGITS: usize = 12;

/// A sample of a column's cells.
#[derive(Debug, Default)]
pub(super) struct ColumnSample {
    values: HashMap<String, u32>,
    /// Cells with text.
    pub filled: u64,
    pub blank: u64,
    /// Distinct values in order of appearance, the first few.
    pub examples: Vec<String>,
}

impl ColumnSample {
    pub fn add(&mut self, cell: &str) {
        let cell = cell.trim();
        if cell.is_empty() {
            self.blank += 1;
            return;
        }
        self.filled += 1;
        if let Some(count) = self.values.get_mut(cell) {
            *count += 1;
        } else if self.values.len() < MAX_DISTINCT {
            if self.examples.len() < 5 {
                self.examples.push(excerpt(cell));
            }
            self.values.insert(cell.to_owned(), 1);
        }
    }

    /// Distinct values seen.
    pub fn distinct(&self) -> usize {
        self.values.len()
    }

    /// Values that say something, with how often each occurs: `N/A` and the like do not.
    fn telling(&self) -> impl Iterator<Item = (&str, u32)> {
        self.values
            .iter()
            .map(|(value, count)| (value.as_str(), *count))
            .filter(|(value, _)| !is_placeholder(value))
    }

    /// Share of the telling values for which `test` holds.
    fn share(&self, test: impl Fn(&str) -> bool) -> f64 {
        let (mut holds, mut all) = (0_u64, 0_u64);
        for (value, count) in self.telling() {
            all += u64::from(count);
            holds += u64::from(count) * u64::from(test(value));
        }
        if all == 0 { 0.0 } else { holds as f64 / all as f64 }
    }

    /// The most frequent values that fail `test`.
    pub fn misfits(&self, test: impl Fn(&str) -> bool) -> Vec<String> {
        let mut misfits: Vec<(&str, u32)> = self
            .values
            .iter()
            .map(|(value, count)| (value.as_str(), *count))
            .filter(|(value, _)| !test(value))
            .collect();
        misfits.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        misfits.into_iter().take(5).map(|(value, _)| excerpt(value)).collect()
    }
}

/// What a column's cells are taken to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DetectedType {
    pub column_type: ColumnType,
    pub number_format: NumberFormat,
    pub date_format: DateFormat,
    /// Share of the values that parse, or how strongly the text looks like a code.
    pub confidence: f64,
    /// The order of day and month, or which mark is the decimal one, is a guess.
    pub ambiguous: bool,
}

impl DetectedType {
    fn of(column_type: ColumnType, confidence: f64) -> Self {
        Self {
            column_type,
            number_format: NumberFormat::default(),
            date_format: DateFormat::default(),
            confidence,
            ambiguous: false,
        }
    }
}

/// What the name says about the cells.
struct NameHints {
    code: bool,
    date: bool,
    flag: bool,
}

impl NameHints {
    fn of(name: &str) -> Self {
        let words = words(name);
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
        let amount = has(&[
            "qty",
            "quantity",
            "count",
            "amount",
            "price",
            "cost",
            "value",
            "total",
            "hand",
            "weight",
            "menge",
            "preis",
            "units",
            "size",
            "rate",
            "charges",
            "usd",
            "eur",
            "insurance",
        ]);
        let identifies = has(&[
            "id",
            "no",
            "nr",
            "num",
            "number",
            "nummer",
            "code",
            "#",
            "zip",
            "postal",
            "postcode",
            "plz",
            "phone",
            "tel",
            "telephone",
            "fax",
            "mobile",
            "sku",
            "upc",
            "ean",
            "gtin",
            "barcode",
            "serial",
            "lot",
            "batch",
            "key",
            "isbn",
            "asn",
            "account",
            "mpn",
            "ipn",
            "guid",
            "uuid",
            "po",
            "so",
            "bin",
            "hs",
        ]);
        // `No of units` counts, `Item No` identifies.
        let counts = words.windows(2).any(|pair| {
            matches!(pair[0].as_str(), "no" | "number" | "num") && matches!(pair[1].as_str(), "of" | "units")
        });
        let role_code = named_roles(name).first().is_some_and(|guess| {
            guess.confidence >= 0.7
                && matches!(
                    guess.role,
                    ColumnRole::Part
                        | ColumnRole::Lot
                        | ColumnRole::Serial
                        | ColumnRole::Order
                        | ColumnRole::Bin
                )
        });
        // `Stock ID` and `Count No` end in what they are.
        let ends_so = words.last().is_some_and(|last| {
            matches!(last.as_str(), "id" | "no" | "nr" | "number" | "nummer" | "code" | "#" | "sku" | "key")
        });
        Self {
            code: (ends_so || ((identifies || role_code) && !amount)) && !counts,
            date: has(&[
                "date",
                "day",
                "datum",
                "fecha",
                "expiry",
                "expires",
                "exp",
                "received",
                "mhd",
                "bbd",
                "updated",
                "created",
                "modified",
                "due",
                "shipped",
                "time",
                "timestamp",
                "jour",
                "dlc",
                "expiration",
            ]),
            flag: has(&[
                "is",
                "has",
                "flag",
                "active",
                "enabled",
                "hazardous",
                "blocked",
                "deleted",
                "aktiv",
            ]),
        }
    }
}

/// Types of all columns; what is ambiguous in one is decided by what others show.
pub(super) fn detect(names: &[String], samples: &[ColumnSample], delimiter: char) -> Vec<DetectedType> {
    let mut types: Vec<DetectedType> =
        names.iter().zip(samples).map(|(name, sample)| detect_one(name, sample)).collect();
    settle_dates(&mut types, samples, delimiter);
    settle_numbers(&mut types, samples);
    types
}

fn detect_one(name: &str, sample: &ColumnSample) -> DetectedType {
    let hints = NameHints::of(name);
    if sample.filled == 0 || sample.telling().next().is_none() {
        let column_type = match named_roles(name).first().map(|guess| guess.role) {
            Some(ColumnRole::Expiry | ColumnRole::Received) => ColumnType::Date,
            _ if hints.code => ColumnType::Code,
            _ => ColumnType::Text,
        };
        return DetectedType::of(column_type, 0.0);
    }
    if let Some(found) = detect_bool(&hints, sample) {
        return found;
    }
    if (!hints.code || hints.date)
        && let Some(found) = detect_date(&hints, sample)
    {
        return found;
    }
    if let Some(found) = detect_number(&hints, sample) {
        return found;
    }
    detect_code(&hints, sample)
}

fn detect_bool(hints: &NameHints, sample: &ColumnSample) -> Option<DetectedType> {
    let share = sample.share(|value| parse_bool(value).is_some());
    let words = sample.telling().any(|(value, _)| !matches!(value, "0" | "1"));
    let several = sample.distinct() >= 2 || sample.telling().any(|(value, _)| value.len() > 1);
    (share >= SHARE && several && (words || hints.flag)).then(|| DetectedType::of(ColumnType::Bool, share))
}

fn detect_date(hints: &NameHints, sample: &ColumnSample) -> Option<DetectedType> {
    // Eight digits in a row are a date only where the name says so.
    let readable =
        |value: &str| hints.date || value.len() < 8 || !value.bytes().take(8).all(|b| b.is_ascii_digit());
    let share = |format| sample.share(|value| readable(value) && parse_date(value, format).is_some());
    let shares = [DateFormat::YearMonthDay, DateFormat::DayMonthYear, DateFormat::MonthDayYear]
        .map(|format| (share(format), format));
    let best = shares.iter().map(|(share, _)| *share).fold(0.0, f64::max);
    if best < SHARE {
        return None;
    }
    let (share, mut date_format) = *shares.iter().find(|(share, _)| *share >= best)?;
    let [year_first, day_first, month_first] = shares.map(|(share, _)| share >= best);
    let other_way =
        [day_first.then_some(DateFormat::DayMonthYear), month_first.then_some(DateFormat::MonthDayYear)];
    if let Some(other) = other_way.into_iter().flatten().next().filter(|_| year_first)
        && sample.share(begins_short) > 0.5
    {
        // Slashes stand behind a day or a month, not behind a short year; with hyphens (`26-11-03`) it may be either.
        let slashes = sample.share(|value| value.contains('/')) > 0.5;
        let date_format = if slashes { other } else { DateFormat::YearMonthDay };
        let ambiguous = !slashes || (day_first && month_first);
        return Some(DetectedType { date_format, ambiguous, ..DetectedType::of(ColumnType::Date, share) });
    }
    let by_name =
        sample.telling().filter(|(value, _)| value.bytes().any(|b| b.is_ascii_alphabetic())).map(|(v, _)| v);
    let first_name = by_name.filter(|value| !value.contains(':')).min();
    if year_first && day_first && month_first {
        date_format = match first_name {
            Some(value) if value.starts_with(|c: char| c.is_ascii_alphabetic()) => DateFormat::MonthDayYear,
            Some(value) if !value.bytes().take(4).all(|b| b.is_ascii_digit()) => DateFormat::DayMonthYear,
            _ => DateFormat::YearMonthDay,
        };
    }
    let ambiguous = day_first && month_first && !year_first;
    Some(DetectedType { date_format, ambiguous, ..DetectedType::of(ColumnType::Date, share) })
}

/// How numbers are written, the more usual first.
const NUMBER_FORMATS: [(bool, Option<char>); 8] = [
    (false, None),
    (false, Some(',')),
    (false, Some('\'')),
    (false, Some(' ')),
    (true, None),
    (true, Some('.')),
    (true, Some(' ')),
    (true, Some('\'')),
];

/// Gives a column whose type was chosen by hand the formats under which most of `cells` parse.
pub fn fit_formats<'c>(column: &mut Column, cells: &(impl Iterator<Item = &'c str> + Clone)) {
    let fitting =
        |column: &Column| cells.clone().filter(|cell| super::check_cell(column, cell).is_none()).count();
    let numbers = NUMBER_FORMATS.map(|(decimal_comma, grouping)| Column {
        number_format: NumberFormat { decimal_comma, grouping },
        ..column.clone()
    });
    let dates = [DateFormat::YearMonthDay, DateFormat::DayMonthYear, DateFormat::MonthDayYear]
        .map(|date_format| Column { date_format, ..column.clone() });
    let candidates = match column.column_type {
        ColumnType::Integer | ColumnType::Decimal => &numbers[..],
        ColumnType::Date => &dates[..],
        ColumnType::Text | ColumnType::Code | ColumnType::Bool => return,
    };
    // The first of equals.
    if let Some(best) = candidates.iter().rev().max_by_key(|candidate| fitting(candidate)) {
        (column.number_format, column.date_format) = (best.number_format, best.date_format);
    }
}

fn detect_number(hints: &NameHints, sample: &ColumnSample) -> Option<DetectedType> {
    let is_number = |value: &str, format: NumberFormat| {
        // `12E5` is rather a code than 1,200,000.
        let bare_exponent = value.contains(['e', 'E']) && !value.contains(['.', ',', '+']);
        !bare_exponent && parse_number(value, format).is_some()
    };
    let mut best: Option<(f64, NumberFormat)> = None;
    for (decimal_comma, grouping) in NUMBER_FORMATS {
        let format = NumberFormat { decimal_comma, grouping };
        let share = sample.share(|value| is_number(value, format));
        if best.is_none_or(|(top, _)| share > top) {
            best = Some((share, format));
        }
        if share >= 1.0 {
            break;
        }
    }
    let (share, number_format) = best.filter(|(share, _)| *share >= SHARE)?;
    let all_digits = |value: &str| value.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero =
        sample.telling().any(|(value, _)| value.len() > 1 && value.starts_with('0') && all_digits(value));
    let long = sample.share(|value| value.len() >= CODE_DIGITS && all_digits(value)) > 0.5;
    if hints.code || leading_zero || long {
        return Some(DetectedType::of(ColumnType::Code, if leading_zero || long { 1.0 } else { 0.9 }));
    }
    let whole = sample
        .telling()
        .filter_map(|(value, _)| parse_number(value, number_format))
        .all(|number| number.scale() == 0);
    let column_type = if whole { ColumnType::Integer } else { ColumnType::Decimal };
    let marked = |value: &str| value.contains([',', '.']);
    let ambiguous = sample.telling().any(|(value, _)| marked(value))
        && sample.telling().all(|(value, _)| !marked(value) || could_be_grouped(value));
    Some(DetectedType { number_format, ambiguous, ..DetectedType::of(column_type, share) })
}

/// True for `1.234` and `1,234`: three digits after the only mark, and one to three before it.
fn could_be_grouped(value: &str) -> bool {
    let digits = value.trim_start_matches(['-', '+', '$', '€', ' ']);
    let mut parts = digits.split([',', '.']);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    parts.next().is_none()
        && (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && second.len() == 3
        && second.bytes().all(|byte| byte.is_ascii_digit())
}

fn detect_code(hints: &NameHints, sample: &ColumnSample) -> DetectedType {
    let one_word = sample.share(|value| {
        !value.contains(char::is_whitespace)
            && value.len() <= 40
            && !value.contains("://")
            && !value.contains('@')
    });
    let with_digit = sample.share(|value| value.bytes().any(|byte| byte.is_ascii_digit()));
    let clocks =
        sample.share(|value| value.contains(':') && value.bytes().all(|b| b.is_ascii_digit() || b == b':'));
    if (one_word >= 0.9 && with_digit >= 0.7 && clocks < 0.5) || (hints.code && one_word >= 0.6) {
        return DetectedType::of(ColumnType::Code, one_word);
    }
    DetectedType::of(ColumnType::Text, 1.0)
}

/// Decides the order of day and month where the column alone cannot.
fn settle_dates(types: &mut [DetectedType], samples: &[ColumnSample], delimiter: char) {
    let known = |wanted: DateFormat| {
        types.iter().any(|t| t.column_type == ColumnType::Date && !t.ambiguous && t.date_format == wanted)
    };
    let (day_first, month_first) = (known(DateFormat::DayMonthYear), known(DateFormat::MonthDayYear));
    let commas = types.iter().any(|t| t.column_type == ColumnType::Decimal && t.number_format.decimal_comma);
    for (found, sample) in types.iter_mut().zip(samples) {
        // A short year in front or behind: what other columns show says nothing about that.
        let is_short = found.date_format == DateFormat::YearMonthDay;
        if found.column_type != ColumnType::Date || !found.ambiguous || is_short {
            continue;
        }
        let slashes = sample.share(|value| value.contains('/')) > 0.5;
        found.date_format = if day_first != month_first {
            found.ambiguous = false;
            if day_first { DateFormat::DayMonthYear } else { DateFormat::MonthDayYear }
        } else if slashes && !commas && delimiter != ';' {
            DateFormat::MonthDayYear
        } else {
            found.ambiguous = slashes;
            DateFormat::DayMonthYear
        };
    }
}

/// Decides which mark is the decimal one where the column alone cannot.
fn settle_numbers(types: &mut [DetectedType], samples: &[ColumnSample]) {
    let is_number = |t: &DetectedType| matches!(t.column_type, ColumnType::Decimal | ColumnType::Integer);
    let commas = types.iter().any(|t| is_number(t) && !t.ambiguous && t.number_format.decimal_comma);
    let points = types.iter().any(|t| {
        is_number(t) && !t.ambiguous && t.column_type == ColumnType::Decimal && !t.number_format.decimal_comma
    });
    for (found, sample) in types.iter_mut().zip(samples) {
        if !is_number(found) || !found.ambiguous {
            continue;
        }
        let by_point = sample.telling().any(|(value, _)| value.contains('.'));
        let by_comma = sample.telling().any(|(value, _)| value.contains(','));
        if by_point && !by_comma && commas && !points {
            found.number_format = NumberFormat { decimal_comma: true, grouping: Some('.') };
            found.column_type = ColumnType::Integer;
            found.ambiguous = false;
        } else if by_comma && !by_point && commas && !points {
            found.number_format = NumberFormat { decimal_comma: true, grouping: None };
            found.column_type = ColumnType::Decimal;
            found.ambiguous = false;
        } else if by_point || points {
            found.ambiguous = false;
        }
    }
}
