//! Numbers, dates and yes/no: compared by value, shown as they came.

use std::cmp::Ordering;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{build, column, everything, ids, query, sorted, table, with_role};
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::value::{DateFormat, NumberFormat, parse_date, parse_number};

fn stock() -> Vec<Column> {
    vec![
        with_role(column("Qty", ColumnType::Decimal), ColumnRole::Quantity),
        with_role(column("UOM", ColumnType::Text), ColumnRole::Uom),
        with_role(column("Exp Date", ColumnType::Date), ColumnRole::Expiry),
        column("Open", ColumnType::Bool),
    ]
}

#[test]
fn ranges_compare_by_value_and_days_count_from_today() {
    let built = table(
        &stock(),
        &[
            &["9", "ea", "2026-11-20", "yes"],
            &["10.0", "ea", "2026-12-21 08:15:00", "no"],
            &["10", "ea", "2026-12-22", "Y"],
            &["-3", "ea", "", "n"],
            &["many", "ea", "soon", "maybe"],
            &["", "ea", "2027-01-01", ""],
        ],
    );
    let view = everything(&built);
    for (text, expected) in [
        ("qty:>9", vec![2, 3]),
        ("qty:>=9", vec![1, 2, 3]),
        ("qty<0", vec![4]),
        ("qty:10", vec![2, 3]),
        ("qty:=10.00", vec![2, 3]),
        ("qty:9..10", vec![1, 2, 3]),
        ("qty:many", vec![5]),
        ("qty:\"\"", vec![6]),
        ("expires<30d", vec![1]),
        ("expires<=30d", vec![1, 2]),
        ("exp_date:2026-12-21", vec![2]),
        ("exp_date:2026-12", vec![2, 3]),
        ("\"Exp Date\":>2026-12-21", vec![3, 6]),
        ("expiry:2026-11-01..2026-12-21", vec![1, 2]),
        ("expires>today", vec![2, 3, 6]),
        ("open:true", vec![1, 3]),
        ("-open:no", vec![1, 3, 5, 6]),
    ] {
        let mut found = ids(&view, &query(text));
        found.sort_unstable();
        assert_eq!(found, expected, "{text}");
    }
    assert_eq!(ids(&view, &sorted("", &["Qty"])), [4, 1, 2, 3, 5, 6]);
    assert_eq!(ids(&view, &sorted("", &["-Qty"])), [2, 3, 1, 4, 5, 6]);
    assert_eq!(ids(&view, &sorted("", &["-expires"])), [6, 3, 2, 1, 5, 4]);
}

#[test]
fn totals_are_exact_and_never_cross_units() {
    let built = table(
        &stock(),
        &[
            &["0.1", "kg", "", ""],
            &["0.2", "KG", "", ""],
            &["3", "ea", "", ""],
            &["n/a", "ea", "", ""],
            &["9007199254740993", "ea", "", ""],
        ],
    );
    let view = everything(&built);
    let found = view.search(&query("")).unwrap();
    let totals = view.totals(&found);
    let units: Vec<(String, String, u64)> = totals[0]
        .units
        .iter()
        .map(|unit| (unit.uom.clone().unwrap(), unit.sum.to_string(), unit.rows))
        .collect();
    assert_eq!(units, [("ea".into(), "9007199254740996".into(), 2), ("kg".into(), "0.3".into(), 2)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn sorting_and_comparing_numbers_equals_the_scan(
        cells in prop::collection::vec("(-?[0-9]{1,3}(\\.[0-9]{1,2})?|[a-b]{1,2}| ?)", 0..60),
        limit in -999i32..999, down in proptest::bool::ANY,
    ) {
        let rows: Vec<Vec<String>> = cells.iter().map(|cell| vec![cell.clone()]).collect();
        let built = build(&[column("N", ColumnType::Decimal)], &rows);
        let view = everything(&built);
        let number = |cell: &str| parse_number(cell, NumberFormat::default());
        let mut under: Vec<u64> = (1..)
            .zip(&cells)
            .filter(|(_, cell)| number(cell).is_some_and(|number| number < Decimal::from(limit)))
            .map(|(id, _)| id)
            .collect();
        let mut found = ids(&view, &query(&format!("n<{limit}")));
        found.sort_unstable();
        under.sort_unstable();
        prop_assert_eq!(found, under);
        let class = |cell: &str| if cell.trim().is_empty() { 2 } else { u8::from(number(cell).is_none()) };
        let mut expected: Vec<usize> = (0..cells.len()).collect();
        expected.sort_by(|a, b| {
            let (x, y) = (cells[*a].as_str(), cells[*b].as_str());
            class(x).cmp(&class(y)).then_with(|| {
                let values = match class(x) {
                    0 => number(x).cmp(&number(y)),
                    1 => x.cmp(y),
                    _ => Ordering::Equal,
                };
                if down { values.reverse() } else { values }
            })
        });
        let expected: Vec<u64> = expected.into_iter().map(|row| row as u64 + 1).collect();
        prop_assert_eq!(ids(&view, &sorted("", &[if down { "-N" } else { "N" }])), expected);
    }

    #[test]
    fn sorting_dates_equals_the_scan(
        cells in prop::collection::vec("(202[5-7]-0[1-9]-[0-2][1-8]( 1[0-9]:30)?|)", 0..40),
    ) {
        let rows: Vec<Vec<String>> = cells.iter().map(|cell| vec![cell.clone()]).collect();
        let built = build(&[column("D", ColumnType::Date)], &rows);
        let mut expected: Vec<usize> = (0..cells.len()).collect();
        expected.sort_by_key(|row| {
            let date = parse_date(&cells[*row], DateFormat::YearMonthDay);
            (date.is_none(), date)
        });
        let expected: Vec<u64> = expected.into_iter().map(|row| row as u64 + 1).collect();
        prop_assert_eq!(ids(&everything(&built), &sorted("", &["D"])), expected);
    }
}
