//! Reading a query. Nothing a person types is an error: what does not parse is text to look for.
//!
//! `word`, `"a phrase"`, `-word`, `column:value`, `column:"two words"`, `column:=exact`, `column:A1*`,
//! `column:>10`, `column<2026-12-31`, `column:10..20`, `expires<30d`, `column:=""` (blank). A column is named by
//! its header or its role, in any case, with `_` for a space, or in quotes.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, ToSpan};

use super::ast::{Bound, Condition, Literal, Query, Term, Test};
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::fold::fold;
use crate::domain::value::{DateFormat, NumberFormat, parse_bool, parse_date, parse_number};
use crate::search::columns::dictionary::{TypedCell, moment};

/// More parts than a person types; the rest is left out, so that a hostile query costs little.
const MAX_TERMS: usize = 64;
/// Longer queries are cut.
const MAX_QUERY_BYTES: usize = 8_192;

/// What names mean while a query is read: the columns that exist for the reader.
pub struct Names<'c> {
    /// Each visible column with its number in the generation.
    pub columns: Vec<(usize, &'c Column)>,
    /// The day that relative dates count from.
    pub today: Date,
}

/// The form in which column names are compared.
pub fn name_key(name: &str) -> String {
    let folded = fold(name).replace('_', " ");
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn roles_called(name: &str) -> Option<ColumnRole> {
    Some(match name {
        "owner" | "customer" | "account" => ColumnRole::Owner,
        "part" | "item" | "sku" => ColumnRole::Part,
        "description" | "desc" => ColumnRole::Description,
        "lot" | "batch" => ColumnRole::Lot,
        "serial" => ColumnRole::Serial,
        "order" | "po" => ColumnRole::Order,
        "bin" | "shelf" => ColumnRole::Bin,
        "location" | "warehouse" => ColumnRole::Location,
        "status" => ColumnRole::Status,
        "quantity" | "qty" | "on hand" => ColumnRole::Quantity,
        "uom" | "unit" => ColumnRole::Uom,
        "expiry" | "expires" | "exp" => ColumnRole::Expiry,
        "received" => ColumnRole::Received,
        "price" | "cost" => ColumnRole::Price,
        _ => return None,
    })
}

impl<'c> Names<'c> {
    /// The column that a name means: by header, else by role.
    pub fn find(&self, name: &str) -> Option<(usize, &'c Column)> {
        let key = name_key(name);
        if key.is_empty() {
            return None;
        }
        let by_header = self.columns.iter().find(|(_, column)| name_key(&column.name) == key);
        by_header.copied().or_else(|| {
            let role = roles_called(&key)?;
            self.columns.iter().find(|(_, column)| column.role == Some(role)).copied()
        })
    }
}

/// Reads a query.
pub fn parse(text: &str, names: &Names<'_>) -> Query {
    let mut rest = &text[..text.floor_char_boundary(MAX_QUERY_BYTES)];
    let mut terms = Vec::new();
    while terms.len() < MAX_TERMS {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let before = rest;
        let after_sign =
            rest.strip_prefix('-').filter(|after| after.starts_with(|c: char| !c.is_whitespace()));
        let negated = after_sign.is_some();
        let (condition, after) = part(after_sign.unwrap_or(rest), names);
        rest = after;
        if let Some(condition) = condition {
            let text = before[..before.len() - after.len()].to_owned();
            terms.push(Term { negated, condition, text });
        }
    }
    Query { terms }
}

/// The text between quotes at the start of `text`, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('"')?.split_once('"')
}

/// The text up to the next space, and what follows.
fn bare(text: &str) -> (&str, &str) {
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

fn anywhere(text: &str) -> Option<Condition> {
    let folded = fold(text);
    (!folded.trim().is_empty()).then_some(Condition::Anywhere(folded))
}

fn part<'t>(text: &'t str, names: &Names<'_>) -> (Option<Condition>, &'t str) {
    if let Some((inner, after)) = quoted(text) {
        if let Some(found) = after.starts_with([':', '<', '>', '=']).then(|| names.find(inner)).flatten()
            && let (Some(condition), after) = column_part(found, after, names.today)
        {
            return (Some(condition), after);
        }
        return (anywhere(inner), after);
    }
    // A phrase that is still being typed.
    if let Some(open) = text.strip_prefix('"') {
        return (anywhere(open), "");
    }
    let (word, after) = bare(text);
    if let Some(at) = word.find([':', '<', '>', '=']).filter(|at| *at > 0)
        && let Some(found) = names.find(&word[..at])
        && let (Some(condition), after) = column_part(found, &text[at..], names.today)
    {
        return (Some(condition), after);
    }
    (anywhere(word), after)
}

/// A test of a column, from its operator on.
fn column_part<'t>(found: (usize, &Column), text: &'t str, today: Date) -> (Option<Condition>, &'t str) {
    let (index, column) = found;
    let after_colon = text.strip_prefix(':').unwrap_or(text);
    let operators = [">=", "<=", "=>", "=<", ">", "<", "="];
    let operator = operators.into_iter().find(|operator| after_colon.starts_with(operator));
    let value_text = &after_colon[operator.map_or(0, str::len)..];
    let (value, is_quoted, after) = if let Some((inner, after)) = quoted(value_text) {
        (inner, true, after)
    } else {
        let (word, after) = bare(value_text);
        (word, false, after)
    };
    let asked = match operator {
        Some(operator) => compared(operator, value, column, today),
        None => plain(value, is_quoted, column, today),
    };
    (asked.map(|test| Condition::Column(index, test)), after)
}

fn compared(operator: &str, value: &str, column: &Column, today: Date) -> Option<Test> {
    if value.trim().is_empty() {
        return (operator == "=").then_some(Test::Blank);
    }
    let literal = literal(value, column, today);
    Some(match (operator, literal) {
        ("=", Some((low, high))) => Test::Between(Bound::Inside(low), high),
        ("=", None) => Test::Equals(fold(value)),
        // What is no value of the column's type lies nowhere in its order: look for it as text.
        (_, None) => Test::Contains(fold(value)),
        (">", Some((_, Bound::Inside(last)))) => Test::Between(Bound::Outside(last), Bound::Open),
        (">", Some((_, Bound::Outside(next)))) => Test::Between(Bound::Inside(next), Bound::Open),
        (">=" | "=>", Some((low, _))) => Test::Between(Bound::Inside(low), Bound::Open),
        ("<", Some((low, _))) => Test::Between(Bound::Open, Bound::Outside(low)),
        (_, Some((_, high))) => Test::Between(Bound::Open, high),
    })
}

fn plain(value: &str, is_quoted: bool, column: &Column, today: Date) -> Option<Test> {
    if value.is_empty() {
        return is_quoted.then_some(Test::Blank);
    }
    if let Some((from, to)) = value.split_once("..").filter(|_| !is_quoted) {
        let low = if from.is_empty() {
            Some(Bound::Open)
        } else {
            literal(from, column, today).map(|l| Bound::Inside(l.0))
        };
        let high = if to.is_empty() { Some(Bound::Open) } else { literal(to, column, today).map(|l| l.1) };
        if let (Some(low), Some(high)) = (low, high)
            && (low != Bound::Open || high != Bound::Open)
        {
            return Some(Test::Between(low, high));
        }
    }
    if !is_quoted && value.contains('*') {
        return Some(Test::Pieces(value.split('*').map(fold).collect()));
    }
    let typed = !matches!(column.column_type, ColumnType::Text | ColumnType::Code);
    match literal(value, column, today).filter(|_| typed) {
        Some((low, high)) => Some(Test::Between(Bound::Inside(low), high)),
        None => Some(Test::Contains(fold(value))),
    }
}

/// A value as the column's type: where it starts, and where it ends (a day ends before the next one).
fn literal(value: &str, column: &Column, today: Date) -> Option<(Literal, Bound)> {
    let exactly = |literal: Literal| Some((literal.clone(), Bound::Inside(literal)));
    match column.column_type {
        ColumnType::Text | ColumnType::Code => exactly(Literal::Text(fold(value))),
        ColumnType::Integer | ColumnType::Decimal => parse_number(value, column.number_format)
            .or_else(|| parse_number(value, NumberFormat::default()))
            .and_then(|number| exactly(Literal::Number(number.normalize()))),
        ColumnType::Bool => parse_bool(value).and_then(|truth| exactly(Literal::Truth(truth))),
        ColumnType::Date => date_literal(value, column, today),
    }
}

fn moment_literal(at: DateTime) -> Literal {
    match moment(at) {
        TypedCell::Moment(seconds, nanoseconds) => Literal::Moment(seconds, nanoseconds),
        _ => Literal::Moment(0, 0),
    }
}

/// A day as a range, or a moment as itself.
fn date_literal(value: &str, column: &Column, today: Date) -> Option<(Literal, Bound)> {
    let day = |day: Date| {
        let next = day.tomorrow().ok()?;
        Some((
            moment_literal(day.to_datetime(Time::midnight())),
            Bound::Outside(moment_literal(next.to_datetime(Time::midnight()))),
        ))
    };
    if let Some(relative) = relative_day(value, today) {
        return day(relative);
    }
    let at = parse_date(value, DateFormat::YearMonthDay).or_else(|| parse_date(value, column.date_format))?;
    if value.contains(':') {
        return Some((moment_literal(at), Bound::Inside(moment_literal(at))));
    }
    day(at.date())
}

/// `today`, `30d`, `-2w`, `6m`, `1y`: a day counted from today.
fn relative_day(value: &str, today: Date) -> Option<Date> {
    let lower = value.to_ascii_lowercase();
    if lower == "today" {
        return Some(today);
    }
    let unit = lower.chars().last().filter(char::is_ascii)?;
    let count: i32 = lower[..lower.len() - 1].parse().ok()?;
    let span: Span = match unit {
        'd' => Span::new().try_days(count).ok()?,
        'w' => Span::new().try_weeks(count).ok()?,
        'm' => Span::new().try_months(count).ok()?,
        'y' => i16::try_from(count).ok()?.years(),
        _ => return None,
    };
    today.checked_add(span).ok()
}
