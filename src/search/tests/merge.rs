//! A merge: what is in the file wins, what is not stays or goes, and nothing is doubled.

use super::{column, everything, table};
use crate::domain::column::{Column, ColumnType};
use crate::domain::record::Record;
use crate::domain::value::{DateFormat, NumberFormat};
use crate::search::merge::{Merged, NoMerge, merge, merged_columns};
use crate::search::view::View;

fn key(name: &str) -> Column {
    Column { key: true, ..column(name, ColumnType::Code) }
}

fn rows(base: &View, update: &View, keeps_others: bool) -> (Vec<String>, Merged) {
    let owned = |view: &View| view.columns().into_iter().cloned().collect::<Vec<_>>();
    let columns = merged_columns(&owned(base), &owned(update));
    let mut rows = vec![columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(",")];
    let merged = merge(base, update, &columns, keeps_others, |record: &Record| {
        rows.push(record.iter().collect::<Vec<_>>().join(","));
        Ok::<_, ()>(())
    });
    (rows, merged.unwrap().unwrap())
}

#[test]
fn what_the_file_has_wins_and_the_rest_stays_or_goes() {
    let base = table(
        &[key("Part"), column("Qty", ColumnType::Integer), column("Note", ColumnType::Text)],
        &[&["A", "1", "old"], &["B", "2", "kept"], &["C", "3", ""]],
    );
    let update = table(
        &[column("Qty", ColumnType::Integer), key("Part"), column("Bin", ColumnType::Code)],
        &[&["7", "D", "x"], &["9", "A", ""], &["5", "D", "y"]],
    );
    let (kept, merged) = rows(&everything(&base), &everything(&update), true);
    assert_eq!(kept, ["Part,Qty,Note,Bin", "A,9,old,", "B,2,kept,", "C,3,,", "D,5,,y"]);
    assert_eq!(merged.overruled, [2], "the later row of D wins, and the earlier one is told");
    let (synced, _) = rows(&everything(&base), &everything(&update), false);
    assert_eq!(synced, ["Part,Qty,Note,Bin", "A,9,old,", "D,5,,y"]);
}

#[test]
fn numbers_and_dates_are_written_as_they_are_live() {
    let comma = NumberFormat { decimal_comma: true, grouping: Some('.') };
    let price = |format| Column { number_format: format, ..column("Price", ColumnType::Decimal) };
    let day = |format| Column { date_format: format, ..column("Day", ColumnType::Date) };
    let base = table(
        &[key("Part"), price(NumberFormat::default()), day(DateFormat::YearMonthDay)],
        &[&["A", "1.50", "2026-01-02"], &["B", "2", "2026-01-03"]],
    );
    let update = table(
        &[key("Part"), price(comma), day(DateFormat::DayMonthYear)],
        &[&["A", "1.234,50", "04.05.2026"], &["B", "cheap", "soon"], &["C", "7", "2026-12-01"]],
    );
    let (all, _) = rows(&everything(&base), &everything(&update), true);
    assert_eq!(all, ["Part,Price,Day", "A,1234.50,2026-05-04", "B,cheap,soon", "C,7,2026-12-01"]);
}

#[test]
fn without_a_key_that_both_have_nothing_is_merged() {
    let plain = [column("Part", ColumnType::Code)];
    let none =
        |base: &View, update: &View| merge(base, update, &plain, true, |_| Ok::<_, ()>(())).unwrap_err();
    let (base, update) = (table(&plain, &[&["A"]]), table(&plain, &[&["A"]]));
    assert_eq!(none(&everything(&base), &everything(&update)), NoMerge::NoKey);
    let keyed = table(&[key("Lot")], &[&["A"]]);
    assert_eq!(none(&everything(&base), &everything(&keyed)), NoMerge::NoSuchKey("Lot".to_owned()));
}
