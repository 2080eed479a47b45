//! A finding as a sentence.

use fluent_bundle::FluentValue;

use crate::base::text::t_with;
use crate::domain::guard::{Example, Finding, Rule};

/// What was found, without its examples. `number` writes counts as the reader writes them.
pub fn sentence(finding: &Finding, number: &dyn Fn(u64) -> String) -> String {
    let Finding { before, after, .. } = finding;
    let percent = before.abs_diff(*after).saturating_mul(100).checked_div(*before).unwrap_or(0);
    let subject = finding.subject.clone().unwrap_or_default();
    let values: [(&str, FluentValue<'_>); 6] = [
        ("before", number(*before).into()),
        ("after", number(*after).into()),
        ("n", (*after).into()),
        ("percent", number(percent).into()),
        ("share", share(*before, *after, number).into()),
        ("subject", subject.into()),
    ];
    let text = t_with(text_id(finding.rule), &values);
    match finding.limit {
        Some(limit) => {
            let limit = t_with("guard-limit", &[("limit", number(limit.into()).into())]);
            format!("{text} {limit}")
        }
        None => text,
    }
}

/// `40 %`, and `<1 %` of what is some and does not come to one.
fn share(whole: u64, part: u64, number: &dyn Fn(u64) -> String) -> String {
    match part.saturating_mul(100).checked_div(whole).unwrap_or(0) {
        0 if part > 0 => format!("<{} %", number(1)),
        share => format!("{} %", number(share)),
    }
}

/// An example: a cell, or a cell as it was and as it is, with the rows that have it.
pub fn example(example: &Example, number: &dyn Fn(u64) -> String) -> String {
    let cell = match (&example.before, &example.after) {
        (Some(before), Some(after)) => format!("{before} → {after}"),
        (Some(cell), None) | (None, Some(cell)) => cell.clone(),
        (None, None) => String::new(),
    };
    if example.rows < 2 {
        return cell;
    }
    let rows =
        t_with("guard-example-rows", &[("n", example.rows.into()), ("rows", number(example.rows).into())]);
    format!("{cell} {rows}")
}

/// The owners that a finding counts and does not name, where it names any or the reader may see none of them.
pub fn others(finding: &Finding, others: u64, number: &dyn Fn(u64) -> String) -> Option<String> {
    let values = [("n", others.into()), ("others", number(others).into())];
    let id = if finding.examples.is_empty() { "guard-others-alone" } else { "guard-others" };
    (others > 0).then(|| t_with(id, &values))
}

fn text_id(rule: Rule) -> &'static str {
    match rule {
        Rule::Empty => "guard-empty",
        Rule::RowsFewer => "guard-rows-fewer",
        Rule::RowsMore => "guard-rows-more",
        Rule::OwnersGone => "guard-owners-gone",
        Rule::OwnersNew => "guard-owners-new",
        Rule::NoOwner => "guard-no-owner",
        Rule::DuplicateKeys => "guard-duplicate-keys",
        Rule::Emptied => "guard-emptied",
        Rule::ColumnsGone => "guard-columns-gone",
        Rule::ColumnsNew => "guard-columns-new",
        Rule::Untyped => "guard-untyped",
        Rule::SwappedDates => "guard-swapped-dates",
        Rule::LostZeros => "guard-lost-zeros",
        Rule::Scientific => "guard-scientific",
        Rule::Rejected => "guard-rejected",
        Rule::KeysGone => "guard-keys-gone",
        Rule::OtherDataset => "guard-other-dataset",
    }
}
