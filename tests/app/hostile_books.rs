//! Workbooks and archives that were made to do harm, or are damaged: no crash, little memory, and a message that says
//! what, where, and the next step.

use std::fmt::Write as _;

use proptest::prelude::*;
use stockroom::ingest::Wanted;

use crate::harness::{stderr, stockroom};
use crate::workbook_files::{Biff, Xlsx, compound, gzip, ods, texts, xls, zip};
use crate::workbooks::try_read;

fn refusal(bytes: &[u8]) -> String {
    try_read(bytes, &Wanted::default()).err().map_or_else(String::new, |error| error.to_string())
}

/// Zeros compress a thousandfold.
const ZEROS: &[u8] = &[b'0'; 64 << 20];

fn sheet_of(inside: &str) -> Vec<u8> {
    Xlsx { sheets: &[("A", "", inside)], ..Xlsx::default() }.bytes()
}

#[test]
fn bombs_are_refused() {
    for bomb in [gzip(ZEROS), zip(&[("a.csv", ZEROS)])] {
        let said = refusal(&bomb);
        assert!(said.contains("unpacks to more than") && said.contains("unpack it"), "{said}");
    }
    let sheet = format!("<sheetData><!--{}--></sheetData>", "x".repeat(64 << 20));
    assert!(refusal(&sheet_of(&sheet)).contains("unpacks to more than"));
    let entries: Vec<String> = (0..2_100).map(|n| format!("{n}.csv")).collect();
    let many: Vec<(&str, &[u8])> = entries.iter().map(|name| (name.as_str(), &b"a,b\n"[..])).collect();
    assert!(refusal(&zip(&many)).contains("has 2100 entries, and the limit is 2000"));
}

#[test]
fn a_sheet_that_claims_to_be_huge_is_as_large_as_what_it_holds() {
    let text = |inside: &str| format!(r#"<dimension ref="A1:XFD1048576"/><sheetData>{inside}</sheetData>"#);
    let table = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>Part</t></is></c><c r="B1" t="inlineStr"><is><t>Qty</t></is></c></row>
        <row r="1048576"><c r="A1048576" t="inlineStr"><is><t>X</t></is></c><c r="B1048576"><v>5</v></c></row>"#;
    let read = try_read(&sheet_of(&text(table)), &Wanted::default()).unwrap();
    assert_eq!(read.rows, [(1_048_576, vec!["X".to_owned(), "5".to_owned()])]);
    let corner =
        r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    let read = try_read(&sheet_of(&text(corner)), &Wanted::default()).unwrap();
    let (number, cells) = read.rows.last().unwrap();
    assert!(*number == 1_048_576 && cells[0].starts_with("rejected: 16384 "), "{number}: {cells:?}");
    let beyond = r#"<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>"#;
    assert!(refusal(&sheet_of(&text(beyond))).contains("more than a sheet can have"));
    let back = r#"<row r="9"><c r="A9"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>"#;
    assert!(refusal(&sheet_of(&text(back))).contains("row 2 comes after row 9"));
    let repeated = r#"<office:body><office:spreadsheet><table:table table:name="A"><table:table-row table:number-rows-repeated="1048576">
        <table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="1"/></table:table-row></table:table></office:spreadsheet></office:body>"#;
    assert!(refusal(&ods(repeated, "<m/>")).contains("repeats cells more often"));
    let endless = repeated.replace("1048576", "18446744073709551615").replace("16384", "4294967295");
    assert!(!refusal(&ods(&endless, "<m/>")).is_empty());
}

#[test]
fn entities_are_not_expanded() {
    let mut laughs = String::from(r#"<!DOCTYPE x [<!ENTITY a0 "ha">"#);
    for n in 1..40 {
        write!(laughs, r#"<!ENTITY a{n} "&a{0};&a{0};&a{0};&a{0};">"#, n - 1).unwrap();
    }
    laughs += "]>";
    let sheet = |text: &str| {
        format!("<sheetData><row><c t=\"inlineStr\"><is><t>{text}</t></is></c></row></sheetData>")
    };
    let book = sheet_of(&(laughs.clone() + &sheet("&a39;")));
    let said = refusal(&book);
    assert!(said.starts_with("The workbook is damaged: ") && said.contains("rules of XML"), "{said}");
    assert!(!said.contains("a39") && said.ends_with("save it again, and send that."), "{said}");
    let content = format!(
        "{laughs}<office:body><office:spreadsheet><table:table table:name=\"A\"><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>x&a39;y</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
    );
    let read = try_read(&ods(&content, "<m/>"), &Wanted::default()).unwrap();
    assert_eq!(read.rows[0].1, ["xy"], "what a document declares itself is left out");
    let deep = format!("<sheetData>{}</sheetData>", "<row>".repeat(200_000));
    assert!(!refusal(&sheet_of(&deep)).is_empty());
}

#[test]
fn what_is_protected_is_refused_with_the_next_step() {
    let encrypted = "protected with a password";
    assert!(refusal(&compound("EncryptedPackage", b"x")).contains(encrypted));
    let cells = [Biff::Text(0, 0, "Part"), Biff::Text(0, 1, "Qty")];
    for file_pass in [&[0, 0, 1, 2, 3, 4][..], &[1, 0, 1, 0, 1, 0][..]] {
        let said = refusal(&xls("A", false, &[(0x002F, file_pass)], &cells));
        assert!(said.contains(encrypted) && said.contains("Take the password off"), "{said}");
    }
    let manifest = "<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
    assert!(refusal(&ods("<office:body/>", manifest)).contains(encrypted));
    let mut archive = zip(&[("a.csv", b"a,b\n1,2\n")]);
    let central = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    archive[6] |= 1;
    archive[central + 8] |= 1;
    assert!(refusal(&archive).contains(encrypted), "{}", refusal(&archive));
}

#[test]
fn what_is_none_of_ours_is_named() {
    let inner = zip(&[("a.csv", b"a,b\n1,2\n")]);
    assert!(refusal(&zip(&[("a.zip", &inner)])).contains("inside of this archive: “a.zip”. Unpack it"));
    assert!(refusal(&gzip(&inner)).contains("inside of this gzip file"));
    assert!(refusal(&zip(&[("a.png", b"\x89PNG\r\n\x1a\n")])).contains("holds no table"));
    assert!(refusal(&zip(&[])).contains("empty"));
    assert!(
        refusal(&zip(&[("[Content_Types].xml", b"x"), ("word/document.xml", b"x")])).contains("no workbook")
    );
    assert!(refusal(&compound("WordDocument", b"x")).contains("no workbook"));
    let strings = "<si><t>x</t></si>";
    let sheet = r#"<sheetData><row r="7"><c r="A7" t="s"><v>9</v></c></row></sheetData>"#;
    let book = Xlsx { sheets: &[("A", "", sheet)], strings, ..Xlsx::default() }.bytes();
    assert!(refusal(&book).contains("shared strings"), "{}", refusal(&book));
}

fn whole() -> [Vec<u8>; 5] {
    let table = texts(&[&["Part", "Qty"], &["A", "1"], &["B", "2"]]);
    let cells = [Biff::Text(0, 0, "Part"), Biff::Text(0, 1, "Qty"), Biff::Number(1, 1, 2.5, 14)];
    let content = r#"<office:body><office:spreadsheet><table:table table:name="A"><table:table-row><table:table-cell table:number-columns-repeated="3"><text:p>A</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"#;
    [
        sheet_of(&table),
        ods(content, "<m/>"),
        zip(&[("a.csv", b"a,b\n1,2\n")]),
        gzip(b"a,b\n1,2\n"),
        xls("A", false, &[], &cells),
    ]
}

#[test]
fn files_cut_short_are_damaged_and_nothing_worse() {
    for file in whole() {
        for end in (0..file.len()).step_by(file.len() / 60 + 1) {
            let said = refusal(&file[..end]);
            assert!(!said.contains("panicked"), "{said}");
        }
    }
}

/// In a child, because memory is bounded there.
#[test]
fn an_old_workbook_that_claims_to_be_huge_ends_its_child_alone() {
    let directory = tempfile::tempdir().unwrap();
    let mut dimensions = Vec::new();
    dimensions.extend(u32::to_le_bytes(0));
    dimensions.extend(u32::to_le_bytes(u32::MAX));
    dimensions.extend([0, 0, 0xFF, 0xFF, 0, 0]);
    let book = xls("A", false, &[], &[Biff::Text(0, 0, "Part")]);
    // In the place of the sheet's one cell: what comes behind is read as whatever it is.
    let at = book.windows(4).position(|bytes| bytes == [0x04, 0x02, 0x0D, 0x00]).unwrap();
    let mut book = book;
    let mut record = vec![0x00, 0x02, 14, 0];
    record.extend(&dimensions);
    book[at..at + record.len()].copy_from_slice(&record);
    std::fs::write(directory.path().join("a.xls"), book).unwrap();
    let output = stockroom(directory.path(), &["inspect", "a.xls"]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("stockroom: a.xls: "), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_bytes_behind_a_magic_number_neither_panic_nor_exceed_limits(
        magic in prop_oneof![
            Just(&b"PK\x03\x04"[..]), Just(&b"PK\x05\x06"[..]), Just(&b"\x1F\x8B\x08\0"[..]),
        ],
        rest in proptest::collection::vec(any::<u8>(), 0..2_000),
    ) {
        refusal(&[magic, &rest].concat());
    }

    #[test]
    fn any_damage_is_survived(which in 0_usize..4, places in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..12)) {
        let mut file = whole()[which].clone();
        for (at, byte) in places {
            let at = usize::from(at) % file.len();
            file[at] = byte;
        }
        refusal(&file);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // Its parser takes memory as the file says: in a child, as it is everywhere else.
    #[test]
    fn any_damage_to_an_old_workbook_is_survived(places in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..12)) {
        let mut file = whole()[4].clone();
        for (at, byte) in places {
            let at = 8 + usize::from(at) % (file.len() - 8);
            file[at] = byte;
        }
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("a.xls"), file).unwrap();
        let output = stockroom(directory.path(), &["inspect", "a.xls"]);
        prop_assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    }
}
