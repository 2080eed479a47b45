//! A difference equals what comparing row by row gives, and shows each reader their own part of it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{build, column, everything, query, table, with_role};
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::scope::{HiddenColumns, OwnerScope, Scope};
use crate::search::difference::{Change, Difference, Selection};
use crate::search::error::SearchError;

fn key(name: &str) -> Column {
    Column { key: true, ..column(name, ColumnType::Code) }
}

fn hidden(name: &str) -> Column {
    Column { hidden: true, ..column(name, ColumnType::Text) }
}

fn columns() -> Vec<Column> {
    vec![
        key("Part"),
        with_role(column("Owner", ColumnType::Text), ColumnRole::Owner),
        column("Qty", ColumnType::Integer),
    ]
}

fn owner(name: &str, hidden_columns: HiddenColumns) -> Scope {
    Scope { owners: OwnerScope::Owners([name.to_owned()].into()), hidden_columns }
}

/// Every change as text: kind, cells before, cells after.
fn listed(difference: &Difference, selection: &Selection) -> Vec<String> {
    let text = |cell: Option<&str>| cell.unwrap_or("-").to_owned();
    let entries = difference.select(selection).unwrap();
    entries
        .into_iter()
        .map(|entry| {
            let row = difference.row(entry);
            let cells: Vec<String> = (0..difference.fields().len())
                .map(|field| match row.change {
                    Change::Changed if !row.differs(field) => text(row.after(field)),
                    Change::Changed => format!("{}>{}", text(row.before(field)), text(row.after(field))),
                    Change::Added => text(row.after(field)),
                    Change::Removed => text(row.before(field)),
                })
                .collect();
            let sign = match row.change {
                Change::Changed => "~",
                Change::Added => "+",
                Change::Removed => "-",
            };
            format!("{sign} {}", cells.join(","))
        })
        .collect()
}

#[test]
fn rows_come_go_and_change_by_their_key() {
    let before = table(&columns(), &[&["A", "Acme", "1"], &["B", "Acme", "2"], &["C", "Bolt", "3"]]);
    let after = table(&columns(), &[&["C", "Bolt", "3"], &["D", "Bolt", "9"], &["A", "Acme", "7"]]);
    let difference = Difference::between(&everything(&before), &everything(&after));
    let all = listed(&difference, &Selection::default());
    assert_eq!(all, ["~ A,Acme,1>7", "+ D,Bolt,9", "- B,Acme,2"]);
    assert_eq!(difference.unchanged(), 1);
    assert!(difference.has_key());
    let changed: Vec<u64> = difference.fields().iter().map(|field| field.changed).collect();
    assert_eq!(changed, [0, 0, 1]);
    let only = |change| listed(&difference, &Selection { change: Some(change), ..Selection::default() });
    assert_eq!(only(Change::Removed), ["- B,Acme,2"]);
    let field = |name: &str| Selection { field: Some(name.to_owned()), ..Selection::default() };
    assert_eq!(listed(&difference, &field("Qty")), ["~ A,Acme,1>7"]);
    assert!(listed(&difference, &field("Owner")).is_empty());
    assert!(matches!(difference.select(&field("Price")), Err(SearchError::NoColumn(_))));
    let search = Selection { search: Some(query("bolt")), ..Selection::default() };
    assert_eq!(listed(&difference, &search), ["+ D,Bolt,9"]);
}

#[test]
fn without_a_key_whole_rows_come_and_go() {
    let columns = [column("Part", ColumnType::Code), column("Qty", ColumnType::Integer)];
    let before = table(&columns, &[&["A", "1"], &["A", "1"], &["B", "2"]]);
    let after = table(&columns, &[&["A", "1"], &["B", "3"]]);
    let difference = Difference::between(&everything(&before), &everything(&after));
    assert_eq!(listed(&difference, &Selection::default()), ["+ B,3", "- A,1", "- B,2"]);
    assert!(!difference.has_key());
}

#[test]
fn rows_that_share_a_key_pair_up_and_none_is_lost() {
    let before = table(&columns(), &[&["A", "x", "1"], &["A", "x", "2"], &["A", "x", "3"]]);
    let after = table(&columns(), &[&["A", "x", "2"], &["A", "x", "9"]]);
    let difference = Difference::between(&everything(&before), &everything(&after));
    assert_eq!(listed(&difference, &Selection::default()), ["~ A,x,1>9", "- A,x,3"]);
    assert_eq!(difference.unchanged(), 1);
}

#[test]
fn a_key_that_was_chosen_since_and_a_column_that_came_since_are_understood() {
    let plain = [column("Part", ColumnType::Code), column("Old", ColumnType::Text)];
    let keyed = [column("New", ColumnType::Text), key("Part")];
    let before = table(&plain, &[&["A", "o"], &["B", ""]]);
    let after = table(&keyed, &[&["", "B"], &["n", "A"]]);
    let difference = Difference::between(&everything(&before), &everything(&after));
    assert_eq!(listed(&difference, &Selection::default()), ["~ ->n,A,o>-"]);
    assert_eq!(difference.unchanged(), 1, "a column of blanks changes nothing");
    let names: Vec<&str> = difference.fields().iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["New", "Part", "Old"]);
}

#[test]
fn a_reader_sees_neither_the_rows_of_others_nor_changes_of_hidden_columns() {
    let mut columns = columns();
    columns.push(hidden("Cost"));
    let before =
        table(&columns, &[&["A", "Acme", "1", "10"], &["B", "Acme", "2", "10"], &["C", "Bolt", "3", "5"]]);
    let after =
        table(&columns, &[&["A", "Acme", "1", "11"], &["B", "Bolt", "2", "10"], &["C", "Bolt", "4", "5"]]);
    let seen = |scope: &Scope| {
        let difference = Difference::between(&before.generation.view(scope), &after.generation.view(scope));
        (listed(&difference, &Selection::default()), difference.unchanged())
    };
    let (acme, same) = seen(&owner("Acme", HiddenColumns::Absent));
    assert_eq!(
        (acme.as_slice(), same),
        (&["- B,Acme,2".to_owned()][..], 1),
        "the cost of A is not theirs to see"
    );
    let (bolt, _) = seen(&owner("Bolt", HiddenColumns::Absent));
    assert_eq!(bolt, ["~ C,Bolt,3>4", "+ B,Bolt,2"]);
    let (office, _) = seen(&owner("Acme", HiddenColumns::Shown));
    assert_eq!(office, ["~ A,Acme,1,10>11", "- B,Acme,2,10"]);
    let (nobody, same) = seen(&owner("Nobody", HiddenColumns::Absent));
    assert!(nobody.is_empty() && same == 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn it_equals_a_comparison_row_by_row(
        before in prop::collection::vec((0_u8..12, 0_u8..3), 0..24),
        after in prop::collection::vec((0_u8..12, 0_u8..3), 0..24),
    ) {
        let rows = |of: &[(u8, u8)]| of.iter()
            .map(|(key, value)| vec![key.to_string(), "x".to_owned(), value.to_string()])
            .collect::<Vec<_>>();
        let built = (build(&columns(), &rows(&before)), build(&columns(), &rows(&after)));
        let difference = Difference::between(&everything(&built.0), &everything(&built.1));
        let mut of_key: BTreeMap<u8, (Vec<u8>, Vec<u8>)> = BTreeMap::new();
        for (key, value) in &before {
            of_key.entry(*key).or_default().0.push(*value);
        }
        for (key, value) in &after {
            of_key.entry(*key).or_default().1.push(*value);
        }
        let (mut same, mut changed, mut added, mut removed) = (0, 0, 0, 0);
        for (mut old, mut new) in of_key.into_values() {
            old.retain(|value| match new.iter().position(|other| other == value) {
                Some(at) => { new.remove(at); same += 1; false }
                None => true,
            });
            let pairs = old.len().min(new.len());
            changed += pairs;
            removed += old.len() - pairs;
            added += new.len() - pairs;
        }
        let counts = Change::ALL.map(|change| difference.count(change));
        prop_assert_eq!(counts, [changed as u64, added as u64, removed as u64]);
        prop_assert_eq!(difference.unchanged(), same);
        prop_assert_eq!(listed(&difference, &Selection::default()).len(), changed + added + removed);
    }
}
