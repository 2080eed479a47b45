//! Workbooks and archives as tables: what comes of each kind of cell, which sheet is read, and each format through the
//! real app.

use std::path::Path;

use reqwest::StatusCode;
use stockroom::domain::limits::ImportLimits;
use stockroom::domain::permission::Role;
use stockroom::domain::profile::Container;
use stockroom::ingest::{self, Hints, IngestError, Inspection, Next, RowReader, Wanted};

use crate::harness::{Browser, TestApp, stdout, stockroom};
use crate::imports_page::{fields, id_of, send, upload_into};
use crate::workbook_files::{Biff, Xlsx, gzip, ods, texts, xls, zip};

/// What the importer makes of a file: its findings, and each row with its number.
pub struct Read {
    pub found: Inspection,
    pub rows: Vec<(u64, Vec<String>)>,
}

pub fn try_read(bytes: &[u8], wanted: &Wanted) -> Result<Read, IngestError> {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source");
    std::fs::write(&source, bytes).unwrap();
    let limits = ImportLimits::default();
    let unpacked = ingest::unpack(&source, directory.path(), wanted, &limits)?;
    let found = ingest::inspect_unpacked(&unpacked, &Hints::default(), &limits)?;
    let mut reader = RowReader::open(&unpacked.text, &found.profile, &limits)?;
    let mut record = stockroom::domain::record::Record::default();
    let mut rows = Vec::new();
    loop {
        match reader.next(&mut record)? {
            Next::End => return Ok(Read { found, rows }),
            Next::Row => rows.push((record.line, record.iter().map(str::to_owned).collect())),
            Next::Rejected(reject) => rows.push((reject.line, vec![format!("rejected: {}", reject.reason)])),
        }
    }
}

fn read(bytes: &[u8]) -> Read {
    try_read(bytes, &Wanted::default()).unwrap()
}

fn names(read: &Read) -> Vec<&str> {
    read.found.profile.columns.iter().map(|column| column.name.as_str()).collect()
}

fn notes(read: &Read) -> String {
    read.found.notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>().join("\n")
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

const STYLES: &str = r#"<numFmts><numFmt numFmtId="164" formatCode="00000"/><numFmt numFmtId="165" formatCode="[h]:mm:ss"/></numFmts>
    <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="9"/><xf numFmtId="165"/><xf numFmtId="20"/></cellXfs>"#;

#[test]
fn each_kind_of_cell_reads_as_a_person_would_type_it() {
    let strings = r#"<si><t>Part</t></si><si><r><t>Rich</t></r><r><t xml:space="preserve"> text</t></r><rPh><t>no</t></rPh></si>
        <si><t xml:space="preserve">two&#10;lines, "quoted"</t></si><si><t>007</t></si>"#;
    let head = r#"<row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3" t="inlineStr"><is><t>Qty</t></is></c>
        <c r="C3" t="inlineStr"><is><t>When</t></is></c><c r="D3" t="inlineStr"><is><t>Code</t></is></c>
        <c r="E3" t="inlineStr"><is><t>Share</t></is></c><c r="F3" t="inlineStr"><is><t>Note</t></is></c></row>"#;
    let sheet = format!(
        r#"<cols><col min="2" max="2" hidden="1"/></cols><sheetData>
        <row r="1"><c r="A1" t="inlineStr"><is><t>Report</t></is></c></row>{head}
        <row r="4"><c r="A4" t="s"><v>1</v></c><c r="B4"><v>0.30000000000000004</v></c><c r="C4" s="1"><v>45351</v></c>
            <c r="D4" s="3"><v>42</v></c><c r="E4" s="4"><v>0.15</v></c><c r="F4" t="s"><v>2</v></c></row>
        <row r="5"><c r="A5" t="s"><v>3</v></c><c r="B5"><v>1.0E5</v></c><c r="C5" s="2"><v>45351.573125</v></c>
            <c r="D5" t="s"><v>3</v></c><c r="E5" t="b"><v>1</v></c><c r="F5" s="6"><v>0.5</v></c></row>
        <row r="6"/>
        <row r="17" hidden="1"><c r="A17" t="str"><f>A1</f><v>x</v></c><c r="B17"><f>1+1</f></c>
            <c r="C17" t="d"><v>2024-02-29T00:00:00</v></c><c r="D17" t="e"><v>#N/A</v></c><c r="F17" s="5"><v>1.5</v></c></row>
        </sheetData>"#
    );
    let book = Xlsx { sheets: &[("Stock", "", &sheet)], strings, styles: STYLES, ..Xlsx::default() };
    let read = read(&book.bytes());
    assert_eq!(names(&read), ["Part", "Qty", "When", "Code", "Share", "Note"]);
    assert_eq!(read.found.header_line, Some(3), "the number of the row");
    let expected = [
        (4, row(&["Rich text", "0.3", "2024-02-29", "00042", "0.15", "two\nlines, \"quoted\""])),
        (5, row(&["007", "100000", "2024-02-29 13:45:18", "007", "TRUE", "12:00:00"])),
        (17, row(&["x", "", "2024-02-29", "#N/A", "", "36:00:00"])),
    ];
    assert_eq!(read.rows, expected, "neither a break in a cell nor blank rows shift the numbers");
    let notes = notes(&read);
    for part in ["hides 1 row and 1 column", "1 formula has no value (the first in B17)", "15 % is 0.15"] {
        assert!(notes.contains(part), "no {part} in {notes}");
    }
}

#[test]
fn the_dates_of_1904_are_the_same_days() {
    let sheet = r#"<sheetData><row><c t="inlineStr"><is><t>Part</t></is></c><c t="inlineStr"><is><t>Day</t></is></c></row>
        <row><c t="inlineStr"><is><t>A</t></is></c><c s="1"><v>43889</v></c></row></sheetData>"#;
    let before = r#"<workbookPr date1904="1"/>"#;
    let book = Xlsx { before, sheets: &[("Stock", "", sheet)], styles: STYLES, ..Xlsx::default() };
    assert_eq!(read(&book.bytes()).rows, [(2, row(&["A", "2024-02-29"]))]);
    let cells = [
        Biff::Text(0, 0, "Part"),
        Biff::Text(0, 1, "Day"),
        Biff::Text(1, 0, "A"),
        Biff::Number(1, 1, 43_889.0, 14),
    ];
    assert_eq!(read(&xls("Stock", true, &[], &cells)).rows, [(2, row(&["A", "2024-02-29"]))]);
}

#[test]
fn a_merged_header_counts_for_its_columns_and_a_merged_title_does_not() {
    let rows = texts(&[
        &["Stock of today"],
        &["Part", "Stored", "", "Place"],
        &["A", "1", "2", "x"],
        &["B", "", "", "y"],
    ]);
    let merged = r#"<mergeCells><mergeCell ref="A1:D1"/><mergeCell ref="B2:C2"/><mergeCell ref="A30:B30"/></mergeCells>"#;
    let sheet = rows + merged;
    let read = read(&Xlsx { sheets: &[("Stock", "", &sheet)], ..Xlsx::default() }.bytes());
    assert_eq!(names(&read), ["Part", "Stored", "Stored (2)", "Place"]);
    assert_eq!(read.rows, [(3, row(&["A", "1", "2", "x"])), (4, row(&["B", "", "", "y"]))]);
}

#[test]
fn the_first_sheet_in_view_with_a_table_is_read_unless_another_is_wanted() {
    let cover = texts(&[&["Our stock"]]);
    let table = |part: &str| texts(&[&["Part", "Qty"], &[part, "1"]]);
    let (old, new, more) = (table("OLD"), table("NEW"), table("MORE"));
    let sheets = [
        ("Cover", "", cover.as_str()),
        ("Old", r#"state="hidden""#, old.as_str()),
        ("New &amp; good", "", new.as_str()),
        ("More", "", more.as_str()),
    ];
    let book = Xlsx { sheets: &sheets, ..Xlsx::default() }.bytes();
    let by_default = read(&book);
    assert_eq!(by_default.found.profile.container, Container::Sheet { sheet: "New & good".to_owned() });
    assert_eq!(by_default.rows[0].1[0], "NEW");
    let parts: Vec<_> = by_default
        .found
        .parts
        .iter()
        .map(|part| (part.name.as_str(), part.rows, part.columns, part.hidden))
        .collect();
    let expected =
        [("Cover", 1, 1, false), ("Old", 2, 2, true), ("New & good", 2, 2, false), ("More", 2, 2, false)];
    assert_eq!(parts, expected);
    let chosen = |name: &str| Wanted { chosen: Some(name.to_owned()), remembered: None };
    assert_eq!(try_read(&book, &chosen("Old")).unwrap().rows[0].1[0], "OLD");
    let missing = try_read(&book, &chosen("Nope")).err().unwrap().to_string();
    assert!(missing.contains("no sheet “Nope”; it has: “Cover”, “Old”, “New & good”, “More”"), "{missing}");
    let before = |name: &str| Wanted { chosen: None, remembered: Some(name.to_owned()) };
    assert_eq!(try_read(&book, &before("More")).unwrap().rows[0].1[0], "MORE");
    let one = Xlsx { sheets: &[("November", "", &new)], ..Xlsx::default() }.bytes();
    assert_eq!(
        try_read(&one, &before("October")).unwrap().rows[0].1[0],
        "NEW",
        "the only sheet has another name"
    );
}

#[test]
fn ods_shows_the_same() {
    let content = r#"<office:automatic-styles><style:style style:name="off"><style:table-properties table:display="false"/></style:style></office:automatic-styles>
      <office:body><office:spreadsheet>
      <table:table table:name="Old" table:style-name="off"><table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row></table:table>
      <table:table table:name="Stock">
        <table:table-column/><table:table-column table:number-columns-repeated="2" table:visibility="collapse"/>
        <table:table-row><table:table-cell office:value-type="string"><text:p>Part</text:p></table:table-cell><table:table-cell office:value-type="string" table:number-columns-spanned="2"><text:p>Qty</text:p></table:table-cell><table:covered-table-cell/><table:table-cell><text:p>Day</text:p></table:table-cell><table:table-cell><text:p>Note</text:p></table:table-cell></table:table-row>
        <table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
        <table:table-row table:number-rows-repeated="2" table:visibility="filter"><table:table-cell office:value-type="float" office:value="42"><text:p>00042</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="0.30000000000000004"><text:p>0.3</text:p></table:table-cell><table:table-cell office:value-type="percentage" office:value="0.5"><text:p>50%</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2024-02-29T13:45:00"><text:p>29.02.24</text:p></table:table-cell><table:table-cell office:value-type="string"><office:annotation><text:p>comment</text:p></office:annotation><text:p>a<text:s text:c="2"/>b &amp; c</text:p><text:p>d</text:p></table:table-cell></table:table-row>
        <table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell><table:table-cell table:formula="of:=1+1"/><table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>WAHR</text:p></table:table-cell><table:table-cell office:value-type="time" office:time-value="PT26H30M00S"><text:p>26:30</text:p></table:table-cell><table:table-cell office:value-type="string" office:string-value=""><text:p>#N/A</text:p></table:table-cell></table:table-row>
        <table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
      </table:table></office:spreadsheet></office:body>"#;
    let read = read(&ods(content, "<m/>"));
    assert_eq!(read.found.profile.container, Container::Sheet { sheet: "Stock".to_owned() });
    assert_eq!(names(&read), ["Part", "Qty", "Qty (2)", "Day", "Note"]);
    let same = row(&["00042", "0.3", "0.5", "2024-02-29 13:45:00", "a  b & c\nd"]);
    let last = row(&["x", "", "TRUE", "26:30:00", "#N/A"]);
    assert_eq!(read.rows, [(5, same.clone()), (6, same), (7, last)]);
    let notes = notes(&read);
    for part in [
        "hides 2 rows and 2 columns",
        "the first in B7",
        "15 % is 0.15",
        "Other sheets with data are not: “Old”",
    ] {
        assert!(notes.contains(part), "no {part} in {notes}");
    }
}

#[test]
fn gzip_and_one_table_in_an_archive_are_read_whatever_they_are_called() {
    let csv = b"Part;Qty\nA;1\nB;2\n";
    let rows = [(2, row(&["A", "1"])), (3, row(&["B", "2"]))];
    let packed = read(&gzip(csv));
    assert_eq!((packed.rows, packed.found.profile.container), (rows.to_vec(), Container::Gzip));
    let archive = zip(&[
        ("../../etc/passwd", csv),
        ("__MACOSX/._x", b"junk"),
        ("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\0"),
        ("dir/", b""),
    ]);
    let packed = read(&archive);
    let member = "../../etc/passwd".to_owned();
    assert_eq!((packed.rows, packed.found.profile.container), (rows.to_vec(), Container::Zip { member }));
    let two = zip(&[("a.csv", csv), ("b.csv", b"Part;Qty\nC;3\n")]);
    let refused = try_read(&two, &Wanted::default()).err().unwrap().to_string();
    assert!(refused.contains("2 tables: “a.csv”, “b.csv”. Send an archive with one of them"), "{refused}");
    let wanted = Wanted { chosen: Some("b.csv".to_owned()), remembered: None };
    assert_eq!(try_read(&two, &wanted).unwrap().rows, [(2, row(&["C", "3"]))]);
}

/// The stock of one customer in each format.
fn formats() -> Vec<(&'static str, Vec<u8>)> {
    let table = texts(&[&["Part", "Customer", "Qty"], &["007", "Acme", "5"], &["008", "Acme", "6"]]);
    let xlsx = Xlsx { sheets: &[("Stock", "", &table)], ..Xlsx::default() }.bytes();
    let cell = |text: &str| {
        format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#)
    };
    let rows = [["Part", "Customer", "Qty"], ["007", "Acme", "5"], ["008", "Acme", "6"]];
    let rows =
        rows.map(|row| format!("<table:table-row>{}</table:table-row>", row.map(cell).concat())).concat();
    let ods = ods(
        &format!(
            r#"<office:body><office:spreadsheet><table:table table:name="Stock">{rows}</table:table></office:spreadsheet></office:body>"#
        ),
        "<m/>",
    );
    let cells = [
        Biff::Text(0, 0, "Part"),
        Biff::Text(0, 1, "Customer"),
        Biff::Text(0, 2, "Qty"),
        Biff::Text(1, 0, "007"),
        Biff::Text(1, 1, "Acme"),
        Biff::Number(1, 2, 5.0, 0),
        Biff::Text(2, 0, "008"),
        Biff::Text(2, 1, "Acme"),
        Biff::Number(2, 2, 6.0, 0),
    ];
    let csv = b"Part,Customer,Qty\n007,Acme,5\n008,Acme,6\n";
    vec![
        ("stock.xlsx", xlsx),
        ("stock.ods", ods),
        ("stock.xls", xls("Stock", false, &[], &cells)),
        ("stock.csv.gz", gzip(csv)),
        ("stock.zip", zip(&[("stock.csv", csv)])),
    ]
}

#[tokio::test]
async fn each_format_is_imported_through_the_app() {
    let app = TestApp::start().await;
    app.signed_in(Role::Admin, &[]).await;
    let mut operator = app.operator().await;
    for (name, bytes) in formats() {
        let dataset = name.replace('.', "-");
        let answer = operator.upload(&dataset, bytes, &["owner=Customer"], true).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{name}: {answer:?}");
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        let ended = operator.import_ended_final(&id).await;
        assert_eq!(ended["state"], "published", "{name}: {ended}");
        assert_eq!(ended["rows_published"], 2, "{name}: {ended}");
        let rows = operator.get(&format!("/api/v1/datasets/{dataset}/rows")).await;
        assert!(rows.text.contains("\"007\""), "{name}: {}", rows.text);
    }
}

/// Uploads as the page does, and its preview.
async fn preview(browser: &mut Browser, chosen: &str, name: &str, bytes: Vec<u8>) -> (String, String) {
    let answer = upload_into(browser, chosen, "Stock", name, bytes).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let page = answer.header("location").to_owned();
    let html = browser.get(&page).await.text;
    (page, html)
}

#[tokio::test]
async fn a_person_chooses_the_sheet_and_the_next_file_needs_no_question() {
    let app = TestApp::start().await;
    app.signed_in(Role::Admin, &[]).await;
    let mut operator = app.operator().await;
    let table = |part: &str| texts(&[&["Part", "Customer", "Qty"], &[part, "Acme", "1"]]);
    let (first, second) = (table("FIRST"), table("SECOND"));
    let sheets = [("One", "", first.as_str()), ("Two", "", second.as_str())];
    let book = Xlsx { sheets: &sheets, ..Xlsx::default() }.bytes();
    let (page, html) = preview(&mut operator, "+", "stock.xlsx", book.clone()).await;
    assert!(html.contains("FIRST") && html.contains("Two (2 rows, 3 columns)"), "{html}");
    assert!(
        !html.contains("id=\"delimiter\"") && !html.contains("id=\"encoding\""),
        "they mean nothing here"
    );
    let changes = [("sheet", "Two"), ("owner", "1")];
    let sent = send(&mut operator, &format!("{page}/settings"), fields(&html), &changes).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let html = operator.get(&page).await.text;
    assert!(html.contains("SECOND") && !html.contains("FIRST"), "{html}");
    operator.import_ended(id_of(&page)).await;
    let html = operator.get(&page).await.text;
    let sent = send(&mut operator, &format!("{page}/publish"), fields(&html), &[]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let ended = operator.import_ended_final(id_of(&page)).await;
    assert_eq!(ended["state"], "published", "{ended}");
    // The same sheet of the next file; and of one with a single sheet, that.
    let (_, html) = preview(&mut operator, "stock", "stock.xlsx", book).await;
    assert!(html.contains("SECOND") && !html.contains("FIRST"), "{html}");
    let third = table("THIRD");
    let book = Xlsx { sheets: &[("Other", "", third.as_str())], ..Xlsx::default() }.bytes();
    let (_, html) = preview(&mut operator, "stock", "stock.xlsx", book).await;
    assert!(html.contains("THIRD"), "{html}");
}

#[test]
fn the_command_line_reads_them_too() {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in formats() {
        std::fs::write(directory.path().join(name), bytes).unwrap();
        let output = stockroom(directory.path(), &["inspect", name, "-o", "out.csv"]);
        assert!(output.status.success(), "{name}: {output:?}");
        let table = std::fs::read_to_string(directory.path().join("out.csv")).unwrap();
        assert_eq!(table, "Part,Customer,Qty\n007,Acme,5\n008,Acme,6\n", "{name}");
        let is_sheet = !name.contains(".gz") && Path::new(name).extension().is_some_and(|ext| ext != "zip");
        assert_eq!(stdout(&output).contains("Sheet       “Stock”"), is_sheet, "{name}");
    }
}
