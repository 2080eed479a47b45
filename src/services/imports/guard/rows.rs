//! Rows, owners, keys and columns as a whole: is it all there, once, and is it this dataset's file?

use std::collections::HashMap;

use super::{Case, EXAMPLES, KEPT_OWNERS, exceeds, finding, named};
use crate::domain::guard::{Example, Finding, Rule, Severity};
use crate::search::difference::{Change, Difference};
use crate::search::error::SearchError;
use crate::search::values::ValueKind;
use crate::search::view::View;

/// Looks at rows, owners, keys and columns.
pub(super) fn look(
    case: &Case<'_>,
    difference: Option<&Difference>,
    findings: &mut Vec<Finding>,
) -> Result<(), SearchError> {
    count_rows(case, findings);
    if let Some(limit) = case.limits.rejected
        && case.rows_rejected > 0
    {
        // Also of a small table, as soon as there are data to lose: a row that cannot be read is somebody's stock.
        let is_new = case.before.is_none() && case.is_small();
        let stops = exceeds(case.rows_rejected, case.rows_read, limit) && !is_new;
        let severity = if stops { Severity::Stop } else { Severity::Note };
        let mut found = finding(Rule::Rejected, severity, case.rows_read, case.rows_rejected);
        found.limit = Some(limit.into());
        findings.push(found);
    }
    share_keys(case, findings);
    columns(case, findings);
    owners(case, findings)?;
    if let (Some(difference), Some(limit), Some((_, before))) =
        (difference, case.limits.keys_gone, case.before)
        && difference.has_key()
        && !case.is_small()
        && exceeds(difference.count(Change::Removed), before.total(), limit)
    {
        let mut found =
            finding(Rule::KeysGone, Severity::Stop, before.total(), difference.count(Change::Removed));
        found.limit = Some(limit.into());
        findings.push(found);
    }
    Ok(())
}

fn count_rows(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let Some((_, before)) = case.before else { return };
    let (before, after) = (before.total(), case.after.total());
    if after == 0 && before > 0 {
        findings.push(finding(Rule::Empty, Severity::Stop, before, after));
        return;
    }
    if case.is_small() {
        return;
    }
    let limited =
        |rule, limit: u32| Finding { limit: Some(limit), ..finding(rule, Severity::Stop, before, after) };
    if let Some(limit) = case.limits.rows_fewer
        && exceeds(before.saturating_sub(after), before, limit)
    {
        findings.push(limited(Rule::RowsFewer, limit.into()));
    }
    if let Some(limit) = case.limits.rows_more
        && before > 0
        && exceeds(after.saturating_sub(before), before, limit)
    {
        findings.push(limited(Rule::RowsMore, limit.into()));
    }
}

fn share_keys(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let Some(limit) = case.limits.duplicate_keys else { return };
    let Some((shared, keys)) = case.after.shared_keys(EXAMPLES) else { return };
    if shared == 0 {
        return;
    }
    let known = case.before.and_then(|(_, before)| before.shared_keys(0)).map_or(0, |(shared, _)| shared);
    // What was there before and was let pass is no news, as far as it does not grow.
    let is_more = exceeds(shared.saturating_sub(known), case.after.total(), limit) || known == 0;
    let severity = if is_more { Severity::Stop } else { Severity::Note };
    let mut found = finding(Rule::DuplicateKeys, severity, known, shared);
    found.limit = Some(limit.into());
    found.shows_cells = true;
    found.examples =
        keys.into_iter().map(|(key, rows)| Example { before: None, after: Some(key), rows }).collect();
    findings.push(found);
}

fn columns(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let Some((_, before)) = case.before else { return };
    let (had, has) = (before.columns(), case.after.columns());
    let name_of = |view: &View, other: &View| -> Vec<String> {
        let names = view.columns().into_iter().map(|column| column.name.clone());
        names.filter(|name| !Case::has_column(other, name)).collect()
    };
    let (gone, new) = (name_of(before, case.after), name_of(case.after, before));
    let count = |names: &[String]| names.len() as u64;
    // Whose columns these are: a file that has hardly any of ours and all of another's.
    if exceeds(count(&gone), had.len() as u64, 50_u8) {
        let fits = |columns: &[String]| {
            let known = columns.iter().filter(|name| has.iter().any(|column| column.name == **name)).count();
            (known * 10 >= columns.len() * 8).then_some(known)
        };
        let other = case.others.iter().filter_map(|(name, columns)| Some((fits(columns)?, name)));
        if let Some((known, name)) = other.max_by_key(|(known, _)| *known) {
            let mut found = finding(Rule::OtherDataset, Severity::Stop, had.len() as u64, known as u64);
            found.subject = Some(name.clone());
            findings.push(found);
        }
    }
    if !gone.is_empty() {
        let severity = if case.limits.columns_gone { Severity::Stop } else { Severity::Note };
        let mut found = finding(Rule::ColumnsGone, severity, had.len() as u64, count(&gone));
        found.examples = named(gone);
        findings.push(found);
    }
    if !new.is_empty() {
        let mut found = finding(Rule::ColumnsNew, Severity::Note, has.len() as u64, count(&new));
        found.examples = named(new);
        findings.push(found);
    }
}

/// The owners of a column with their rows; blanks are nobody.
fn owners_of(view: &View, column: &str) -> Result<HashMap<String, u64>, SearchError> {
    let values = view.values(column)?;
    let values = values.iter().filter(|value| value.kind != ValueKind::Blank);
    Ok(values.map(|value| (value.cell.to_owned(), u64::from(value.rows))).collect())
}

fn owners(case: &Case<'_>, findings: &mut Vec<Finding>) -> Result<(), SearchError> {
    let (Some((_, before)), Some(owner_before)) = (case.before, case.owner_before) else { return Ok(()) };
    if !Case::has_column(before, owner_before) {
        return Ok(());
    }
    let had = owners_of(before, owner_before)?;
    let Some(owner_after) = case.owner_after.filter(|name| Case::has_column(case.after, name)) else {
        let mut found = finding(Rule::NoOwner, Severity::Stop, had.len() as u64, 0);
        found.subject = Some(owner_before.to_owned());
        findings.push(found);
        return Ok(());
    };
    let has = owners_of(case.after, owner_after)?;
    let missing = |from: &HashMap<String, u64>, of: &HashMap<String, u64>| {
        let mut names: Vec<(u64, String)> = of
            .iter()
            .filter(|(name, _)| !from.contains_key(*name))
            .map(|(name, rows)| (*rows, name.clone()))
            .collect();
        names.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        names
    };
    let (gone, new) = (missing(&has, &had), missing(&had, &has));
    let mut add = |rule, names: Vec<(u64, String)>, whole: usize, limit: Option<u8>, is_before: bool| {
        if names.is_empty() {
            return;
        }
        let stops = limit.is_some_and(|limit| exceeds(names.len() as u64, whole as u64, limit));
        let severity = if stops && !case.is_small() { Severity::Stop } else { Severity::Note };
        let mut found = finding(rule, severity, whole as u64, names.len() as u64);
        found.limit = limit.map(Into::into);
        found.subject = Some(owner_after.to_owned());
        found.shows_cells = true;
        found.examples = names
            .into_iter()
            .take(KEPT_OWNERS)
            .map(|(rows, name)| Example {
                before: is_before.then(|| name.clone()),
                after: (!is_before).then_some(name),
                rows,
            })
            .collect();
        findings.push(found);
    };
    add(Rule::OwnersGone, gone, had.len(), case.limits.owners_gone, true);
    add(Rule::OwnersNew, new, has.len(), case.limits.owners_new, false);
    Ok(())
}
