//! Types and roles of columns.

use std::fmt::Write as _;

use super::*;
use crate::domain::column::ColumnRole::{Description, Expiry, Lot, Owner, Part, Quantity, Uom};

/// Type of a column called `name` that holds `cells`.
fn type_of(name: &str, cells: &[&str]) -> ColumnType {
    column_of(name, cells).column_type
}

fn column_of(name: &str, cells: &[&str]) -> Column {
    let mut text = format!("{name};Filler\n");
    for cell in cells {
        writeln!(text, "\"{cell}\";some words here").unwrap();
    }
    inspected(text.as_bytes()).profile.columns.remove(0)
}

#[test]
fn identifiers_are_codes() {
    assert_eq!(type_of("Part", &["CM-31578-96", "X1", "R_10K"]), ColumnType::Code);
    assert_eq!(type_of("Zip", &["08123", "90210", "10001"]), ColumnType::Code);
    assert_eq!(type_of("Whatever", &["08123", "90210", "10001"]), ColumnType::Code);
    assert_eq!(type_of("Whatever", &["4006381333931", "4006381333932"]), ColumnType::Code);
    assert_eq!(type_of("CustomerID", &["13853.0", "15197.0"]), ColumnType::Code);
    assert_eq!(type_of("Stock ID", &["2", "3", "40"]), ColumnType::Code);
    assert_eq!(type_of("Lot", &["20260101", "20260102"]), ColumnType::Code);
}

#[test]
fn words_and_numbers_are_not_codes() {
    assert_eq!(type_of("Brand", &["Bosch", "Makita", "Hilti"]), ColumnType::Text);
    assert_eq!(type_of("No. of units", &["3", "4"]), ColumnType::Integer);
    assert_eq!(type_of("On Hand", &["3", "-4", "1,200"]), ColumnType::Integer);
    assert_eq!(type_of("Cost", &[".5", "1.25", "3"]), ColumnType::Decimal);
    assert_eq!(type_of("Hazardous", &["Y", "N"]), ColumnType::Bool);
    assert_eq!(type_of("Bits", &["1", "0", "1"]), ColumnType::Integer);
}

#[test]
fn owners_are_known_by_their_name_in_several_languages() {
    for name in [
        "Kunde",
        "Kunden",
        "Debitor",
        "Debitorennummer",
        "Auftraggeber",
        "Client",
        "Cliente",
        "Klant",
        "Zákazník",
    ] {
        assert_eq!(column_of(name, &["Acme", "Blue"]).role, Some(Owner), "{name}");
    }
}

#[test]
fn number_formats_are_found() {
    let german = column_of("Preis", &["1.234,50", "0,99"]);
    assert_eq!(german.number_format, NumberFormat { decimal_comma: true, grouping: Some('.') });
    let english = column_of("Price", &["1,234.50", "0.99"]);
    assert_eq!(english.number_format, NumberFormat { decimal_comma: false, grouping: Some(',') });
    let found = inspected(b"Artikel;Bestand;Preis\nA1;1.234;0,5\nA2;5.600;12,25\n");
    assert_eq!(found.profile.columns[1].column_type, ColumnType::Integer);
    assert_eq!(found.profile.columns[1].number_format.grouping, Some('.'));
}

#[test]
fn the_order_of_day_and_month_is_found_over_all_rows() {
    assert_eq!(column_of("Date", &["01/02/2026", "21/02/2026"]).date_format, DateFormat::DayMonthYear);
    assert_eq!(column_of("Date", &["01/02/2026", "02/21/2026"]).date_format, DateFormat::MonthDayYear);
    assert_eq!(column_of("Date", &["2026-02-01"]).date_format, DateFormat::YearMonthDay);
    // A short year stands behind, but for hyphens.
    assert_eq!(column_of("Date", &["03.11.26", "13.11.26"]).date_format, DateFormat::DayMonthYear);
    assert_eq!(column_of("Date", &["03.11.26"]).date_format, DateFormat::DayMonthYear);
    assert_eq!(column_of("Date", &["03/11/26", "13/11/26"]).date_format, DateFormat::DayMonthYear);
    assert_eq!(column_of("Date", &["03/11/26", "11/13/26"]).date_format, DateFormat::MonthDayYear);
    assert_eq!(column_of("Date", &["26-11-03", "26-11-13"]).date_format, DateFormat::YearMonthDay);
    for (dates, unsure) in
        [("03/11/26", true), ("26-11-03", true), ("26-11-13", true), ("13/11/26", false), ("3.11.26", false)]
    {
        assert_eq!(
            inspected(format!("part,expires\nA1,{dates}\n").as_bytes()).columns[1].ambiguous,
            unsure,
            "{dates}"
        );
    }
    assert_eq!(column_of("Date", &["2-Jun-06", "14-Nov-06"]).date_format, DateFormat::DayMonthYear);
    assert_eq!(column_of("Expires", &["20260101", "20271231"]).column_type, ColumnType::Date);
    let unsure = inspected(b"part,expires\nA1,01/02/2026\nA2,03/04/2026\n");
    assert!(unsure.columns[1].ambiguous);
    assert!(unsure.notes.iter().any(|note| note.text.starts_with("expires: the order of day and month")));
}

#[test]
fn roles_follow_names_and_single_roles_are_given_once() {
    let found = inspected(
        b"Item No.,Part Description,Customer,Customer Code,Batch #,Best before,On Hand Qty,Allocated,U/M\n\
          A1,Bolt,Acme,C1,L1,2026-01-01,5,1,EA\nA2,Nut,Acme,C1,L2,2026-01-02,7,0,EA\n",
    );
    let roles: Vec<_> = found.profile.columns.iter().map(|column| column.role).collect();
    let wanted = [
        Some(Part),
        Some(Description),
        Some(Owner),
        None,
        Some(Lot),
        Some(Expiry),
        Some(Quantity),
        Some(Quantity),
        Some(Uom),
    ];
    assert_eq!(roles, wanted);
}

#[test]
fn status_is_offered_as_a_facet() {
    let mut text = String::from("part,status,qty\n");
    for number in 0..30 {
        writeln!(text, "P-{number},{},5", if number % 3 == 0 { "Hold" } else { "Released" }).unwrap();
    }
    let found = inspected(text.as_bytes());
    let facets: Vec<_> = found.profile.columns.iter().filter(|c| c.facet).map(|c| c.name.as_str()).collect();
    assert_eq!(facets, ["status"]);
}
