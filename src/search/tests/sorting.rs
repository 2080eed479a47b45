//! Sorting, facets and windows.

use proptest::prelude::*;

use super::{build, column, everything, filtered, ids, query, sorted, table};
use crate::domain::column::ColumnType;
use crate::domain::fold::fold;
use crate::search::facets::{FacetOptions, FacetValue};

#[test]
fn text_sorts_case_insensitively_blanks_last_both_ways_ties_in_file_order() {
    let built = table(
        &[column("Name", ColumnType::Text), column("N", ColumnType::Text)],
        &[&["b", "1"], &["A", "2"], &["", "3"], &["a", "1"], &["B", "2"], &[" ", "1"]],
    );
    let view = everything(&built);
    assert_eq!(ids(&view, &sorted("", &["Name"])), [2, 4, 1, 5, 3, 6]);
    assert_eq!(ids(&view, &sorted("", &["-Name"])), [1, 5, 2, 4, 3, 6]);
    assert_eq!(ids(&view, &sorted("", &["Name", "N"])), [4, 2, 1, 5, 6, 3]);
    assert_eq!(ids(&view, &sorted("", &["-n", "name"])), [3, 2, 5, 4, 1, 6]);
}

#[test]
fn facet_counts_leave_out_their_own_choice_and_keep_chosen_values_at_zero() {
    let built = table(
        &[column("Status", ColumnType::Text), column("Zone", ColumnType::Text)],
        &[&["Released", "A"], &["Released", "B"], &["Hold", "A"], &["", "A"]],
    );
    let view = everything(&built);
    let request = filtered("", &[("Status", &["Hold", "Gone"]), ("Zone", &["A"])]);
    assert_eq!(view.search(&request).unwrap().matched, 1);
    let value = |value: &str, count, selected| FacetValue { value: value.to_owned(), count, selected };
    let all = FacetOptions { prefix: "", limit: 10 };
    assert_eq!(
        view.facet(&request, "Status", all).unwrap().1,
        [value("Hold", 1, true), value("Released", 1, false), value("", 1, false), value("Gone", 0, true)]
    );
    assert_eq!(view.facet(&request, "Zone", all).unwrap().1, [value("A", 1, true)]);
    let starts = FacetOptions { prefix: "re", limit: 10 };
    assert_eq!(view.facet(&query(""), "Status", starts).unwrap().1, [value("Released", 2, false)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn sorting_by_two_columns_equals_a_stable_sort_of_the_scan(
        rows in prop::collection::vec(prop::collection::vec("[aAbB ]{0,2}", 2), 0..80),
        directions in prop::collection::vec(any::<bool>(), 1..=2),
        word in "[ab]{0,1}", offset in 0u64..20, limit in 0usize..30,
    ) {
        let built = build(&[column("X", ColumnType::Text), column("Y", ColumnType::Text)], &rows);
        let view = everything(&built);
        let keys: Vec<String> = directions
            .iter()
            .zip(["X", "Y"])
            .map(|(down, name)| if *down { format!("-{name}") } else { name.to_owned() })
            .collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut expected: Vec<usize> = (0..rows.len())
            .filter(|row| rows[*row].iter().any(|cell| fold(cell).contains(word.as_str())))
            .collect();
        expected.sort_by(|a, b| {
            let mut order = std::cmp::Ordering::Equal;
            for (index, down) in directions.iter().enumerate() {
                let (x, y) = (&rows[*a][index], &rows[*b][index]);
                let blank = |cell: &str| cell.trim().is_empty();
                let by_text = match (blank(x), blank(y)) {
                    (false, false) if *down => fold(y).cmp(&fold(x)),
                    (false, false) => fold(x).cmp(&fold(y)),
                    (x, y) => x.cmp(&y),
                };
                order = order.then(by_text);
            }
            order
        });
        let expected: Vec<u64> = expected.into_iter().map(|row| row as u64 + 1).collect();
        let request = sorted(&word, &keys);
        prop_assert_eq!(&ids(&view, &request), &expected);
        let found = view.search(&request).unwrap();
        let window: Vec<u64> = view.window(&found, offset, limit).iter().map(crate::search::view::Row::number).collect();
        prop_assert_eq!(window, expected.into_iter().skip(offset as usize).take(limit).collect::<Vec<_>>());
    }
}
