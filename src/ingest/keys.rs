//! Which columns may name a row from one import to the next.

use std::collections::HashSet;

use crate::domain::column::{Column, ColumnRole, ColumnType};

use super::roles::words;

/// Rows below which that no two are the same says nothing.
const MIN_ROWS: usize = 20;

/// Meanings that name what a row is about, in the order in which they are asked: what it is, then which of it, then where.
const NAMING: [ColumnRole; 6] = [
    ColumnRole::Part,
    ColumnRole::Lot,
    ColumnRole::Bin,
    ColumnRole::Location,
    ColumnRole::Owner,
    ColumnRole::Order,
];

/// Places of the columns that together are different in each of `rows` and by their meaning may stay so: a number of its
/// own, or a part with as few of lot, bin, location, owner and order as will do. Empty where there are none, or too few
/// rows to say so. A guess about rows that were not looked at, so it is offered and never taken by itself.
pub(super) fn suggest(columns: &[Column], rows: &[Vec<String>]) -> Vec<usize> {
    if rows.len() < MIN_ROWS {
        return Vec::new();
    }
    let names_rows = |places: &[usize]| {
        let mut seen = HashSet::with_capacity(rows.len());
        rows.iter().all(|row| {
            let cells: Vec<&str> =
                places.iter().map(|place| row.get(*place).map_or("", String::as_str).trim()).collect();
            cells.iter().any(|cell| !cell.is_empty()) && seen.insert(cells)
        })
    };
    let filled =
        |place: usize| rows.iter().all(|row| row.get(place).is_some_and(|cell| !cell.trim().is_empty()));
    let own =
        columns.iter().enumerate().filter(|(_, column)| is_number_of_row(column)).map(|(place, _)| place);
    if let Some(place) = own.into_iter().find(|place| filled(*place) && names_rows(&[*place])) {
        return vec![place];
    }
    let placed = |role| columns.iter().position(|column| column.role == Some(role));
    let Some(part) = placed(ColumnRole::Part).filter(|place| filled(*place)) else { return Vec::new() };
    let others: Vec<usize> = NAMING[1..].iter().filter_map(|role| placed(*role)).collect();
    let mut sets: Vec<u32> = (0..1u32 << others.len()).collect();
    // The fewest first, and among as many those that are asked first.
    sets.sort_by_key(|set| (set.count_ones(), set.reverse_bits().wrapping_neg()));
    sets.into_iter()
        .map(|set| {
            let chosen =
                others.iter().enumerate().filter(|(bit, _)| set & (1 << bit) != 0).map(|(_, place)| *place);
            std::iter::once(part).chain(chosen).collect::<Vec<_>>()
        })
        .find(|places| names_rows(places))
        .unwrap_or_default()
}

/// True for a column whose name says that its cells number the rows, such as `Stock ID` or `serial`.
fn is_number_of_row(column: &Column) -> bool {
    let is_whole = matches!(column.column_type, ColumnType::Integer | ColumnType::Code | ColumnType::Text);
    let says_so =
        || words(column.header()).iter().any(|word| matches!(word.as_str(), "id" | "key" | "uuid" | "guid"));
    is_whole && (column.role == Some(ColumnRole::Serial) || (column.role.is_none() && says_so()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, role: Option<ColumnRole>) -> Column {
        Column { role, ..Column::new(name, ColumnType::Code) }
    }

    fn rows(row: impl Fn(usize) -> Vec<String>) -> Vec<Vec<String>> {
        (0..40).map(row).collect()
    }

    #[test]
    fn as_few_columns_as_name_every_row() {
        let part = column("part", Some(ColumnRole::Part));
        let lot = column("lot", Some(ColumnRole::Lot));
        let bin = column("bin", Some(ColumnRole::Bin));
        let columns = [part, lot, column("on_hand", None), bin];
        let cell = |n: usize| format!("X{n}");
        assert_eq!(suggest(&columns, &rows(|n| vec![cell(n), cell(1), cell(n), cell(1)])), [0]);
        assert_eq!(
            suggest(&columns, &rows(|n| vec![cell(n / 2), cell(n % 2), cell(n), cell(n % 2)])),
            [0, 1]
        );
        assert_eq!(suggest(&columns, &rows(|n| vec![cell(n / 2), cell(1), cell(n), cell(n % 2)])), [0, 3]);
        let three = rows(|n| vec![cell(n / 4), cell(n % 2), cell(n), cell(n / 2 % 2)]);
        assert_eq!(suggest(&columns, &three), [0, 1, 3]);
        // A quantity that happens to differ names nothing.
        assert!(suggest(&columns, &rows(|n| vec![cell(1), cell(1), cell(n), cell(1)])).is_empty());
        assert!(suggest(&columns, &three[..19]).is_empty());
    }

    #[test]
    fn a_number_of_its_own_is_enough() {
        let columns = [column("part", Some(ColumnRole::Part)), column("Stock ID", None)];
        let of = |second: fn(usize) -> String| rows(move |n| vec![format!("P{n}"), second(n)]);
        assert_eq!(suggest(&columns, &of(|n| n.to_string())), [1]);
        assert_eq!(suggest(&columns, &of(|n| (n / 2).to_string())), [0]);
        // One that is not filled in everywhere may be missing in more rows tomorrow.
        assert_eq!(suggest(&columns, &of(|n| if n == 3 { String::new() } else { n.to_string() })), [0]);
    }
}
