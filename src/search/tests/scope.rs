//! A scope cuts everything: rows, counts, facets, totals, suggestions, relevance.

use proptest::prelude::*;

use super::{any, build, column, filtered, ids, query, sorted, table, with_role};
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::record::Record;
use crate::domain::scope::{HiddenColumns, OwnerScope, Scope};
use crate::search::build::Builder;
use crate::search::error::SearchError;
use crate::search::facets::FacetOptions;
use crate::search::generation::Generation;

const ALL_VALUES: FacetOptions<'_> = FacetOptions { prefix: "", limit: 100 };

fn columns() -> Vec<Column> {
    let mut cost = column("Cost", ColumnType::Code);
    cost.hidden = true;
    vec![
        column("Part", ColumnType::Code),
        with_role(column("Customer", ColumnType::Text), ColumnRole::Owner),
        cost,
    ]
}

#[test]
fn owners_are_exact_values_and_all_is_an_ordinary_name() {
    let built = table(
        &columns(),
        &[
            &["P1", "All", "x"],
            &["P2", "A|B", "x"],
            &["P3", "A", "x"],
            &["P4", "", "x"],
            &["P5", "acme", "x"],
            &["P6", "Acme", "x"],
            &["P7", "Acme ", "x"],
        ],
    );
    let see =
        |owners: &[&str]| ids(&built.generation.view(&Scope::owners(owners.iter().copied())), &query(""));
    assert_eq!(see(&["All"]), [1]);
    assert_eq!(see(&["A|B"]), [2]);
    assert_eq!(see(&["A"]), [3]);
    assert_eq!(see(&[""]), [4]);
    assert_eq!(see(&["acme"]), [5]);
    assert_eq!(see(&["Acme", "A"]), [3, 6]);
    assert_eq!(see(&[]), Vec::<u64>::new());
    assert_eq!(see(&["Nobody"]), Vec::<u64>::new());
}

#[test]
fn without_an_owner_column_only_all_sees_rows() {
    let built = table(&[column("Part", ColumnType::Code)], &[&["P1"]]);
    assert!(ids(&built.generation.view(&Scope::owners(["", "P1"])), &query("")).is_empty());
    assert_eq!(ids(&built.generation.view(&Scope::everything()), &query("")), [1]);
}

#[test]
fn a_hidden_column_does_not_exist_for_a_customer() {
    let built = table(&columns(), &[&["P1", "Acme", "SECRET-77"], &["P2", "Acme", "OTHER-5"]]);
    let view = built.generation.view(&Scope::owners(["Acme"]));
    assert!(ids(&view, &query("SECRET")).is_empty());
    assert!(ids(&view, &query("SECRET77")).is_empty());
    assert!(ids(&view, &any("SECRET-77")).is_empty());
    assert!(ids(&view, &query("cost:SECRET")).is_empty());
    let near = query("SECRTE-77");
    let found = view.search(&near).unwrap();
    assert!(view.suggestions(&near, &found).unwrap().is_empty());
    for request in [sorted("", &["Cost"]), filtered("", &[("Cost", &["SECRET-77"])])] {
        assert!(matches!(view.search(&request), Err(SearchError::NoColumn(name)) if name == "Cost"));
    }
    assert!(view.facet(&query(""), "Cost", ALL_VALUES).is_err());
    let found = view.search(&query("")).unwrap();
    assert!(view.window(&found, 0, 10).iter().all(|row| row.cells().all(|cell| !cell.contains('-'))));
    let office = Scope { owners: OwnerScope::All, hidden_columns: HiddenColumns::Shown };
    assert_eq!(ids(&built.generation.view(&office), &any("SECRET-77")), [1]);
}

#[test]
fn another_owners_code_neither_hides_nor_becomes_a_suggestion() {
    let built = table(&columns(), &[&["AB-12345", "Acme", ""], &["AB-12354", "Other", ""]]);
    let view = built.generation.view(&Scope::owners(["Acme"]));
    let request = query("AB-12354");
    let found = view.search(&request).unwrap();
    assert_eq!(view.suggestions(&request, &found).unwrap(), ["AB-12345"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_query_shows_or_counts_a_row_of_another_owner(
        cells in prop::collection::vec(("[ab1-]{1,4}", prop::sample::select(vec!["A", "B", "a"]), "[xy]{1,2}"), 1..40),
        text in "[abxy1:*\"<>=. -]{0,12}",
        is_any in proptest::bool::ANY,
    ) {
        let rows: Vec<Vec<String>> =
            cells.into_iter().map(|(part, owner, cost)| vec![part, owner.to_owned(), cost]).collect();
        let built = build(&columns(), &rows);
        let own: Vec<Vec<String>> = rows.iter().filter(|row| row[1] == "A").cloned().collect();
        let alone = build(&columns(), &own);
        let scope = Scope::owners(["A"]);
        let request = if is_any { super::any(&text) } else { query(&text) };
        let (among, alone) = (built.generation.view(&scope), alone.generation.view(&scope));
        // Whatever is asked, the answer is as if nobody else's rows were there.
        let (here, there) = (among.search(&request).unwrap(), alone.search(&request).unwrap());
        prop_assert_eq!(here.matched, there.matched);
        prop_assert_eq!(among.total(), alone.total());
        let cells = |view: &crate::search::view::View, found: &crate::search::view::Found| {
            let mut cells: Vec<Vec<String>> = view
                .window(found, 0, 100)
                .iter()
                .map(|row| row.cells().map(str::to_owned).collect())
                .collect();
            cells.sort();
            cells
        };
        prop_assert_eq!(cells(&among, &here), cells(&alone, &there));
        prop_assert_eq!(
            among.suggestions(&request, &here).unwrap().is_empty(),
            alone.suggestions(&request, &there).unwrap().is_empty()
        );
        for column in ["Part", "Customer"] {
            prop_assert_eq!(
                among.facet(&request, column, ALL_VALUES).unwrap(),
                alone.facet(&request, column, ALL_VALUES).unwrap()
            );
        }
    }
}

#[test]
fn a_column_that_was_hidden_later_gives_no_clue_in_earlier_generations() {
    let columns = [
        column("Part", ColumnType::Code),
        with_role(column("Owner", ColumnType::Text), ColumnRole::Owner),
        column("Remark", ColumnType::Text),
        column("Note", ColumnType::Text),
    ];
    let rows: Vec<Vec<String>> =
        [["A-1", "Acme", "plain", "secret margin"], ["A-2", "Acme", "margin", "plain"]]
            .iter()
            .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
            .collect();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("1");
    let mut builder = Builder::create(&path, &columns).unwrap();
    for row in &rows {
        let mut record = Record::default();
        for cell in row {
            record.push_cell(cell);
        }
        builder.add(&record, &mut Vec::new()).unwrap();
    }
    builder.finish().unwrap();
    let hidden = ["Note".to_owned()].into();
    let generation = Generation::open_hiding(&path, Some("Owner"), &hidden, 1 << 20).unwrap();
    let customer = generation.view(&Scope::owners(["Acme"]));
    assert!(customer.columns().iter().all(|column| column.name != "Note"));
    for request in [query("secret"), any("secret"), query("note:secret"), any("secret nothing")] {
        assert!(ids(&customer, &request).is_empty(), "{request:?}");
    }
    assert_eq!(ids(&customer, &query("margin")), [2]);
    assert_eq!(ids(&customer, &any("margin nothing")), [2]);
    assert_eq!(ids(&generation.view(&Scope::everything()), &query("secret")), [1]);
}
