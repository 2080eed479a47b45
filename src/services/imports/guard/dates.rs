//! Dates with day and month the other way round: the mistake that no cell shows by itself.

use super::{Case, EXAMPLES, finding};
use crate::domain::column::{Column, ColumnType};
use crate::domain::guard::{Example, Finding, Rule, Severity};
use crate::domain::value::{DateFormat, parse_date};
use crate::search::difference::{Change, Difference, Selection};
use crate::search::error::SearchError;
use crate::search::values::ValueKind;

/// Changed rows that are looked at: enough to tell a habit from a correction.
const LOOKED_AT: usize = 20_000;
/// Dates that have to be the wrong way round before it is no coincidence.
const SWAPPED_AT_LEAST: u64 = 3;

/// Looks at every column of dates.
pub(super) fn look(
    case: &Case<'_>,
    difference: &Difference,
    findings: &mut Vec<Finding>,
) -> Result<(), SearchError> {
    if !case.limits.swapped_dates {
        return Ok(());
    }
    let dates: Vec<&Column> =
        case.after.columns().into_iter().filter(|column| column.column_type == ColumnType::Date).collect();
    for column in dates {
        let mut found = against_live(case, column, difference)?;
        if found.is_none() {
            found = by_themselves(case, column)?;
        }
        findings.extend(found);
    }
    Ok(())
}

fn other_way_round(format: DateFormat) -> Option<DateFormat> {
    match format {
        DateFormat::DayMonthYear => Some(DateFormat::MonthDayYear),
        DateFormat::MonthDayYear => Some(DateFormat::DayMonthYear),
        DateFormat::YearMonthDay => None,
    }
}

fn swapped(column: &Column, before: u64, after: u64, examples: Vec<Example>) -> Finding {
    Finding {
        subject: Some(column.name.clone()),
        shows_cells: true,
        examples,
        ..finding(Rule::SwappedDates, Severity::Stop, before, after)
    }
}

/// Of the rows whose date changed, most are now what they were with day and month exchanged.
fn against_live(
    case: &Case<'_>,
    column: &Column,
    difference: &Difference,
) -> Result<Option<Finding>, SearchError> {
    let Some(field) = difference.fields().iter().position(|field| field.name == column.name) else {
        return Ok(None);
    };
    let Some(known) = case.before.and_then(|(_, before)| {
        before.columns().into_iter().find(|known| known.name == column.name).cloned()
    }) else {
        return Ok(None);
    };
    let entries = if difference.fields()[field].changed > 0 {
        difference.select(&Selection {
            change: Some(Change::Changed),
            field: Some(column.name.clone()),
            search: None,
        })?
    } else if known.date_format != column.date_format {
        return Ok(reread(case, column, &known));
    } else {
        return Ok(None);
    };
    let (mut changed, mut turned, mut examples) = (0, 0, Vec::new());
    for entry in entries.into_iter().take(LOOKED_AT) {
        let row = difference.row(entry);
        let (Some(old), Some(new)) = (row.before(field), row.after(field)) else { continue };
        let (Some(was), Some(is)) = (parse_date(old, known.date_format), parse_date(new, column.date_format))
        else {
            continue;
        };
        if was == is {
            continue;
        }
        changed += 1;
        let (was, is) = (was.date(), is.date());
        let is_turned = was.year() == is.year() && was.month() == is.day() && was.day() == is.month();
        if is_turned {
            turned += 1;
            if examples.len() < EXAMPLES {
                examples.push(Example { before: Some(old.to_owned()), after: Some(new.to_owned()), rows: 1 });
            }
        }
    }
    let is_habit = turned >= SWAPPED_AT_LEAST && turned * 2 > changed;
    Ok(is_habit.then(|| swapped(column, changed, turned, examples)))
}

/// The same cells, read the other way round: the file's own dates do not say which is meant.
fn reread(case: &Case<'_>, column: &Column, known: &Column) -> Option<Finding> {
    other_way_round(column.date_format).filter(|other| *other == known.date_format)?;
    let values = case.after.values(&column.name).ok()?;
    let mut examples = Vec::new();
    let mut both = 0;
    for value in values.iter().filter(|value| value.kind == ValueKind::Typed) {
        // One that only the new way reads is a reason for it.
        parse_date(value.cell, known.date_format)?;
        if parse_date(value.cell, known.date_format) != parse_date(value.cell, column.date_format) {
            both += u64::from(value.rows);
            if examples.len() < EXAMPLES {
                let cell = Some(value.cell.to_owned());
                examples.push(Example { before: cell.clone(), after: cell, rows: u64::from(value.rows) });
            }
        }
    }
    (both > 0).then(|| swapped(column, both, both, examples))
}

/// Cells that are no dates as they are, and are with day and month exchanged.
fn by_themselves(case: &Case<'_>, column: &Column) -> Result<Option<Finding>, SearchError> {
    let Some(other) = other_way_round(column.date_format) else { return Ok(None) };
    let values = case.after.values(&column.name)?;
    let (mut dates, mut turned, mut examples) = (0, 0, Vec::new());
    for value in values {
        match value.kind {
            ValueKind::Typed => dates += u64::from(value.rows),
            ValueKind::Untyped if parse_date(value.cell, other).is_some() => {
                turned += u64::from(value.rows);
                if examples.len() < EXAMPLES {
                    examples.push(Example {
                        before: None,
                        after: Some(value.cell.to_owned()),
                        rows: u64::from(value.rows),
                    });
                }
            }
            ValueKind::Untyped | ValueKind::Blank => {}
        }
    }
    let is_habit = turned >= SWAPPED_AT_LEAST && turned * 20 > dates + turned;
    Ok(is_habit.then(|| swapped(column, dates + turned, turned, examples)))
}
