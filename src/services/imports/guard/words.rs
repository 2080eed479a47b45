//! A finding as a sentence.

use fluent_bundle::FluentValue;

use crate::base::text::t_with;
use crate::domain::guard::{Example, Finding, Rule};

/// What was found, without its examples. `written` writes a plain decimal number as the reader writes them.
pub fn sentence(finding: &Finding, written: &dyn Fn(&str) -> String) -> String {
    let Finding { before, after, limit, .. } = finding;
    let number = |number: u64| written(&number.to_string());
    let percent = |part| written(&per_cent(*before, part, *limit));
    let subject = finding.subject.clone().unwrap_or_default();
    let values: [(&str, FluentValue<'_>); 6] = [
        ("before", number(*before).into()),
        ("after", number(*after).into()),
        ("n", (*after).into()),
        ("percent", percent(before.abs_diff(*after)).into()),
        ("share", share(*before, *after, *limit, written).into()),
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

/// `40 %`, and `<0.1 %` of what is some and does not come to that.
fn share(whole: u64, part: u64, limit: Option<u32>, written: &dyn Fn(&str) -> String) -> String {
    match per_cent(whole, part, limit).as_str() {
        "0" if part > 0 => format!("<{} %", written("0.1")),
        share => format!("{} %", written(share)),
    }
}

/// Decimals that a share has at most: a limit is told from any share of a million rows.
const MOST_DECIMALS: u32 = 6;

/// How many per cent of `whole` a part is, as a plain decimal: rounded to one decimal below ten, else to a whole number,
/// and to as many more as it takes to be told from the limit, or from all, where it is not.
fn per_cent(whole: u64, part: u64, limit: Option<u32>) -> String {
    if whole == 0 {
        return "0".to_owned();
    }
    let (whole, hundredfold) = (u128::from(whole), u128::from(part) * 100);
    let marks = [limit.map(u128::from), Some(100)];
    let is_mark = |value: u128, unit: u128| {
        marks.into_iter().flatten().any(|mark| value == mark * unit && hundredfold != mark * whole)
    };
    let mut decimals = u32::from(hundredfold < 10 * whole);
    let (value, unit) = loop {
        let unit = 10_u128.pow(decimals);
        let value = (hundredfold * unit * 2 + whole) / (whole * 2);
        if decimals == MOST_DECIMALS || !is_mark(value, unit) {
            break (value, unit);
        }
        decimals += 1;
    };
    match value % unit {
        0 => (value / unit).to_string(),
        rest => {
            let rest = format!("{rest:0width$}", width = decimals as usize);
            format!("{}.{}", value / unit, rest.trim_end_matches('0'))
        }
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

#[cfg(test)]
mod tests {
    use super::{per_cent, share};

    #[test]
    fn a_share_over_its_limit_does_not_read_as_the_limit() {
        for (whole, part, limit, told) in [
            (53, 1, Some(1), "1.9"),
            (10_000, 101, Some(1), "1.01"),
            (100_000, 1_001, Some(1), "1.001"),
            (100, 1, Some(1), "1"),
            (1_000, 304, Some(30), "30.4"),
            (1_000, 300, Some(30), "30"),
            (1_000, 996, Some(30), "99.6"),
            (7, 7, Some(30), "100"),
            (40, 30, Some(30), "75"),
            (3, 1, None, "33"),
            (1_000, 99, None, "9.9"),
            (10_000, 999, None, "10"),
            (100, 5, None, "5"),
            (1_000, 1, None, "0.1"),
            (0, 0, None, "0"),
        ] {
            assert_eq!(per_cent(whole, part, limit), told, "{part} of {whole}, {limit:?}");
        }
        assert_eq!(share(100_000, 1, Some(1), &|number: &str| number.replace('.', ",")), "<0,1 %");
        assert_eq!(share(100_000, 0, Some(1), &str::to_owned), "0 %");
    }
}
