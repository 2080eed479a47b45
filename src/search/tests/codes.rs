//! Part numbers are found however they are typed, and come first.

use super::{any, build, column, everything, ids, query, table};
use crate::domain::column::{Column, ColumnType};

fn parts() -> Vec<Column> {
    vec![column("Part", ColumnType::Code), column("Description", ColumnType::Text)]
}

#[test]
fn a_code_is_found_exact_lower_spaced_squeezed_by_prefix_and_by_an_inner_part() {
    let built = table(
        &parts(),
        &[
            &["CM-31578-96", "Cap"],
            &["CM-31578-97", "Cap"],
            &["XX-31578-96", "Lid"],
            &["AB-1", "for CM-31578-96"],
        ],
    );
    let view = everything(&built);
    for typed in ["CM-31578-96", "cm-31578-96", "CM 31578 96", "CM3157896"] {
        assert_eq!(ids(&view, &query(typed))[0], 1, "{typed}");
    }
    assert_eq!(ids(&view, &query("CM-315")), [1, 2, 4]);
    assert_eq!(ids(&view, &query("78-9")), [1, 2, 3, 4]);
}

#[test]
fn two_swapped_characters_find_the_code_with_match_any_and_are_offered_otherwise() {
    let rows: Vec<Vec<String>> =
        (0..500).map(|n| vec![format!("RC{n:04}FR-07{}KL", n * 37 % 991), "Resistor".to_owned()]).collect();
    let built = build(&parts(), &rows);
    let view = everything(&built);
    let wanted = &rows[123][0];
    let swapped = wanted.replacen("FR", "RF", 1);
    assert_eq!(ids(&view, &any(&swapped))[0], 124);
    let found = view.search(&query(&swapped)).unwrap();
    assert_eq!(found.matched, 0);
    assert_eq!(view.suggestions(&query(&swapped), &found).unwrap()[0], *wanted);
}

#[test]
fn a_misspelt_word_is_offered_as_it_stands_in_the_rows() {
    let built = table(&parts(), &[&["A1", "Shrink sleeve"], &["A2", "Folding carton"]]);
    let view = everything(&built);
    let request = query("foldnig carton");
    let found = view.search(&request).unwrap();
    assert_eq!(view.suggestions(&request, &found).unwrap(), ["folding carton"]);
}

#[test]
fn match_any_puts_the_row_with_more_of_the_rare_words_first() {
    let built = table(
        &parts(),
        &[
            &["A1", "black bag"],
            &["A2", "black leather bag with strap"],
            &["A3", "red box"],
            &["A4", "black box"],
        ],
    );
    assert_eq!(ids(&everything(&built), &any("leather bags"))[0], 2);
    assert!(!ids(&everything(&built), &any("leather bags")).contains(&3));
}

#[test]
fn a_code_is_found_without_its_punctuation_in_its_column_and_beside_a_note_that_has_it_so() {
    let built = table(
        &parts(),
        &[&["CM-31578-96", "Cap"], &["CN-11111-11", "replaces CM3157896"], &["CM-31578-97", "Lid"]],
    );
    let view = everything(&built);
    assert_eq!(ids(&view, &query("CM3157896")), [1, 2]);
    for (typed, expected) in
        [("part:CM3157896", vec![1]), ("part:CM31578*", vec![1, 3]), ("part:\"7 896\"", vec![1])]
    {
        assert_eq!(ids(&view, &query(typed)), expected, "{typed}");
    }
}

#[test]
fn the_very_form_of_a_word_comes_before_others_of_its_stem() {
    let built = table(&parts(), &[&["A-1", "screw cap"], &["A-2", "screw caps"], &["A-3", "capping tool"]]);
    assert_eq!(ids(&everything(&built), &any("caps")), [2, 1, 3]);
}

#[test]
fn a_dash_between_words_is_not_looked_for_with_match_any() {
    let built = table(&parts(), &[&["A-1", "red box"], &["A-2", "blue box"], &["A-3", "lamp"]]);
    assert_eq!(ids(&everything(&built), &any("box - blue")), [2, 1]);
}

#[test]
fn an_exact_code_in_a_longer_title_comes_first_with_match_any() {
    let built = table(
        &parts(),
        &[
            &["LBT-220", "Sony camera DSC black digital"],
            &["DSC-W120", "Point and shoot"],
            &["ZZ-9", "Sony digital camera black edition"],
        ],
    );
    assert_eq!(ids(&everything(&built), &any("Sony digital camera DSCW120 black"))[0], 2);
}
