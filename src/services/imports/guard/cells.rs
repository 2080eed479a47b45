//! The cells of each column: are they still there, of their type, and the codes they were?

use std::collections::HashSet;

use super::{Case, EXAMPLES, exceeds, finding};
use crate::domain::column::{Column, ColumnType};
use crate::domain::guard::{Example, Finding, Rule, Severity};
use crate::search::error::SearchError;
use crate::search::values::{Value, ValueKind};

/// Distinct codes that have to have lost their zeros before it is no coincidence.
const LOST_AT_LEAST: usize = 2;

/// Looks at every column that both have.
pub(super) fn look(case: &Case<'_>, findings: &mut Vec<Finding>) -> Result<(), SearchError> {
    for column in case.after.columns() {
        let values = case.after.values(&column.name)?;
        let known = match case.before {
            Some((_, before)) if Case::has_column(before, &column.name) => Some(before.values(&column.name)?),
            _ => None,
        };
        if case.limits.damaged_codes && matches!(column.column_type, ColumnType::Code | ColumnType::Text) {
            codes(column, known.as_deref(), &values, findings);
        } else if case.limits.damaged_codes
            && let Some(known) = &known
        {
            // All of its codes lost their zeros: what is left looks like numbers.
            lost_zeros(column, known, &values, findings);
        }
        let Some(known) = known else { continue };
        emptied(case, column, &known, &values, findings);
        untyped(case, column, &known, &values, findings);
    }
    Ok(())
}

fn rows(values: &[Value<'_>], kind: ValueKind) -> u64 {
    values.iter().filter(|value| value.kind == kind).map(|value| u64::from(value.rows)).sum()
}

fn total(values: &[Value<'_>]) -> u64 {
    values.iter().map(|value| u64::from(value.rows)).sum()
}

/// A share as thousandths, so that two tables of different sizes compare.
fn share(part: u64, whole: u64) -> u64 {
    part.saturating_mul(1000).checked_div(whole).unwrap_or(0)
}

fn emptied(
    case: &Case<'_>,
    column: &Column,
    known: &[Value<'_>],
    values: &[Value<'_>],
    findings: &mut Vec<Finding>,
) {
    let Some(limit) = case.limits.emptied else { return };
    let (blank_before, blank_after) = (rows(known, ValueKind::Blank), rows(values, ValueKind::Blank));
    let grown = share(blank_after, total(values)).saturating_sub(share(blank_before, total(known)));
    if grown <= u64::from(limit) * 10 || case.is_small() && blank_after < total(values) {
        return;
    }
    let mut found =
        finding(Rule::Emptied, Severity::Stop, total(known) - blank_before, total(values) - blank_after);
    found.subject = Some(column.name.clone());
    found.limit = Some(limit.into());
    findings.push(found);
}

fn untyped(
    case: &Case<'_>,
    column: &Column,
    known: &[Value<'_>],
    values: &[Value<'_>],
    findings: &mut Vec<Finding>,
) {
    let Some(limit) = case.limits.untyped else { return };
    let of = |values: &[Value<'_>]| {
        let untyped = rows(values, ValueKind::Untyped);
        (untyped, share(untyped, total(values) - rows(values, ValueKind::Blank)))
    };
    let ((before, share_before), (after, share_after)) = (of(known), of(values));
    if share_after.saturating_sub(share_before) <= u64::from(limit) * 10 || case.is_small() {
        return;
    }
    let mut found = finding(Rule::Untyped, Severity::Stop, before, after);
    found.subject = Some(column.name.clone());
    found.limit = Some(limit.into());
    found.shows_cells = true;
    let untyped = values.iter().filter(|value| value.kind == ValueKind::Untyped);
    found.examples = most(untyped.map(|value| (value.cell.to_owned(), u64::from(value.rows))).collect());
    findings.push(found);
}

/// The most frequent few.
fn most(mut cells: Vec<(String, u64)>) -> Vec<Example> {
    cells.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let example = |(cell, rows)| Example { before: None, after: Some(cell), rows };
    cells.into_iter().take(EXAMPLES).map(example).collect()
}

fn codes(column: &Column, known: Option<&[Value<'_>]>, values: &[Value<'_>], findings: &mut Vec<Finding>) {
    let known = known.unwrap_or_default();
    let old: HashSet<&str> = known.iter().map(|value| value.cell).collect();
    let scientific: Vec<(String, u64)> = values
        .iter()
        .filter(|value| is_scientific(value.cell) && !old.contains(value.cell))
        .map(|value| (value.cell.to_owned(), u64::from(value.rows)))
        .collect();
    if !scientific.is_empty() {
        let mut found = finding(Rule::Scientific, Severity::Stop, 0, scientific.len() as u64);
        found.subject = Some(column.name.clone());
        found.shows_cells = true;
        found.examples = most(scientific);
        findings.push(found);
    }
    lost_zeros(column, known, values, findings);
}

fn lost_zeros(column: &Column, known: &[Value<'_>], values: &[Value<'_>], findings: &mut Vec<Finding>) {
    let present: HashSet<&str> = values.iter().map(|value| value.cell.trim()).collect();
    let old: HashSet<&str> = known.iter().map(|value| value.cell.trim()).collect();
    let (mut zeros, mut lost) = (0_u64, Vec::new());
    for value in known.iter().filter(|value| has_leading_zero(value.cell)) {
        zeros += 1;
        let cell = value.cell.trim();
        let short = cell.trim_start_matches('0');
        if !short.is_empty() && !present.contains(cell) && present.contains(short) && !old.contains(short) {
            lost.push((cell.to_owned(), short.to_owned(), u64::from(value.rows)));
        }
    }
    if lost.len() < LOST_AT_LEAST || !exceeds(lost.len() as u64, zeros, 5_u8) {
        return;
    }
    let mut found = finding(Rule::LostZeros, Severity::Stop, zeros, lost.len() as u64);
    found.subject = Some(column.name.clone());
    found.shows_cells = true;
    let example = |(before, after, rows)| Example { before: Some(before), after: Some(after), rows };
    found.examples = lost.into_iter().take(EXAMPLES).map(example).collect();
    findings.push(found);
}

/// `007`: digits alone, of which the first is a zero that a number would not have.
fn has_leading_zero(cell: &str) -> bool {
    let cell = cell.trim();
    cell.len() > 1 && cell.starts_with('0') && cell.bytes().all(|byte| byte.is_ascii_digit())
}

/// `1.23E+12`, `1,23E+12`: a long number as a spreadsheet shows it in a narrow column.
fn is_scientific(cell: &str) -> bool {
    let Some((digits, power)) = cell.trim().split_once(['E', 'e']) else { return false };
    let is_mantissa = digits.len() >= 3
        && digits.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
        && digits.contains(['.', ',']);
    let power = power.strip_prefix('+').unwrap_or_default();
    is_mantissa && (1..=3).contains(&power.len()) && power.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{has_leading_zero, is_scientific};

    #[test]
    fn only_what_a_spreadsheet_writes_is_scientific() {
        for yes in ["1.23E+12", "4,0E+15", "9.99999e+09"] {
            assert!(is_scientific(yes), "{yes}");
        }
        for no in ["1E12", "12E+3", "E+12", "1.2E-5", "A1.2E+3", "1.2E+3000", "1.5 E+3", ""] {
            assert!(!is_scientific(no), "{no}");
        }
    }

    #[test]
    fn a_leading_zero_is_one_that_a_number_would_lose() {
        for yes in ["007", "01", "00"] {
            assert!(has_leading_zero(yes), "{yes}");
        }
        for no in ["0", "0.5", "10", "0A1", ""] {
            assert!(!has_leading_zero(no), "{no}");
        }
    }
}
