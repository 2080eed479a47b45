//! Encoding, dialect, header and the whole table.

use super::super::{LeftOut, Next, ProblemReason};
use super::*;

fn dialect_of(text: &str) -> (char, Option<char>) {
    let dialect = inspected(text.as_bytes()).profile.dialect;
    (dialect.delimiter, dialect.quote)
}

#[test]
fn encodings_are_found() {
    let text = "part,name\nA1,Schlüssel für Müller\nA2,Größe\nA3,Öl und Fässer\n";
    assert_eq!(inspected(text.as_bytes()).profile.encoding, "utf-8");
    let (legacy, ..) = encoding_rs::WINDOWS_1252.encode(text);
    assert_eq!(inspected(&legacy).profile.encoding, "windows-1252");
    let mut marked = b"\xEF\xBB\xBF".to_vec();
    marked.extend_from_slice(text.as_bytes());
    assert_eq!(table_of(&marked), text);
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(inspected(&wide).profile.encoding, "utf-16le");
    assert_eq!(table_of(&wide), text);
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(table_of(&wide), text);
}

#[test]
fn delimiters_and_quotes_are_found() {
    assert_eq!(dialect_of("part;name;qty\nA1;Bolt, long;1,5\nA2;Nut, short;2,5\n").0, ';');
    assert_eq!(dialect_of("part\tname\nA1\tBolt, long\nA2\tNut\n").0, '\t');
    assert_eq!(dialect_of("part|at\nA1|12:30\nA2|12:45\n").0, '|');
    assert_eq!(dialect_of("part,name\n'A1','Bolt, long'\n'A2','Nut'\n"), (',', Some('\'')));
    assert_eq!(dialect_of("a b c\n1 2 3\n4 5 6\n").0, ' ');
}

#[test]
fn a_list_of_one_column_stays_one_column() {
    assert_eq!(inspected(b"part\nA1\nA2\nA3\n").profile.columns.len(), 1);
    assert_eq!(
        table_of(b"note\nfirst, or so\nsecond\nthird\nfourth\n"),
        "note\n\"first, or so\"\nsecond\nthird\nfourth\n"
    );
    assert_eq!(table_of(b"note\n\"\"\nx\n"), "note\n\"\"\nx\n");
}

#[test]
fn a_title_block_is_left_out() {
    let found =
        inspected(b"Inventory report\nPrinted 2026-01-01\n\nPart,Qty,Bin\nA1,5,B2\nA2,6,B3\nA3,6,B4\n");
    assert_eq!(found.profile.header_record, Some(2));
    assert_eq!(found.header_line, Some(4));
    let padded = inspected(b"Inventory report,,,\nPart,Qty,Bin,Note\nA1,5,B2,x\nA2,6,B3,y\n");
    assert_eq!(padded.profile.header_record, Some(1));
}

#[test]
fn one_unit_below_the_header_is_no_row() {
    let rows = "A1,Bolt,5,B2,Oslo\nA2,Nut,6,B3,Rome\nA3,Ring,8,B4,Lima\n";
    for units in [",,pcs,,", ",,kg,,", ",,[pal],,", ",,$,,", "-,-,[pcs],-,-", "–,–,EUR/kg,–,–", ",,St,,"]
    {
        let file = format!("Part,Name,Qty,Bin,Site\n{units}\n{rows}");
        assert_eq!(table_of(file.as_bytes()), format!("Part,Name,Qty,Bin,Site\n{rows}"), "{units}");
    }
}

#[test]
fn a_row_with_one_word_stays_a_row() {
    for file in [
        // No unit, or one above words.
        "Part,Name,Qty,Bin\n,,urgent,\nA1,Bolt,5,B2\nA2,Nut,6,B3\nA3,Ring,8,B4\n",
        "Part,Name,Unit,Qty\n,,pcs,\nA1,Bolt,pcs,5\nA2,Sand,kg,6\nA3,Ring,pcs,8\n",
        "Part,Name,Qty,Bin\n,,[see bin],\nA1,Bolt,5,B2\nA2,Nut,6,B3\nA3,Ring,8,B4\n",
        // Some cells of the column are words, too.
        "Shirt,Colour,Size,Bin\n,,L,\nA1,red,38,B2\nA2,blue,XL,B3\nA3,grey,42,B4\n",
        // All rows fill hardly a cell.
        "Jan,Feb,Mar,Apr\n,,t,\n5,,,\n,,7,\n,8,,\n,,9,\n3,,,\n",
        "size,\nL,\n38,\n40,\n42,\n",
    ] {
        assert_eq!(table_of(file.as_bytes()), file);
    }
}

#[test]
fn what_is_left_out_is_counted_and_listed_with_its_line() {
    let text =
        b"Stock\n\nPart,Bin,Qty\nA1,B1,5\nA2,B2,6\nPart,Bin,Qty\nA3,B3,7\nTotal,,18\n\nSource: hall 1\n";
    let found = inspected(text);
    assert!(found.profile.has_footer);
    let told: Vec<_> = found.notes.iter().map(|note| (note.line, note.text.as_str())).collect();
    assert!(
        told.contains(&(Some(8), "Line 8 is totals of the rows above; it is no row and left out.")),
        "{told:?}"
    );
    let file = file_of(text);
    let mut reader = RowReader::open(file.path(), &found.profile, &ImportLimits::default()).unwrap();
    let mut row = Record::default();
    while reader.next(&mut row).unwrap() != Next::End {}
    assert_eq!((reader.rows(), reader.left_out(), reader.rejects()), (3, 3, 0));
    let listed: Vec<_> =
        reader.take_problems().iter().map(|problem| (problem.line, problem.reason)).collect();
    let wanted = [
        (6, ProblemReason::LeftOut(LeftOut::RepeatedHeader)),
        (8, ProblemReason::LeftOut(LeftOut::Total)),
        (10, ProblemReason::LeftOut(LeftOut::Note)),
    ];
    assert_eq!(listed, wanted);
}

#[test]
fn rows_without_their_numbers_are_no_other_table() {
    let text = "Part,Unit,Qty,Expires\nA1,ea,5,2026-01-01\nA2,kg,7,2026-01-02\nA3,box,none left,never\nA4,ea,1,2027-01-01\n";
    assert_eq!(table_of(text.as_bytes()), text);
    let text = "Part,Qty,Expires\nBolt,5,2026-01-01\nNut,7,2026-01-02\n\nRing,unknown,never\n";
    assert_eq!(table_of(text.as_bytes()), text.replace("\n\n", "\n"));
}

#[test]
fn names_of_groups_are_put_in_front_of_the_names_below() {
    let found = inspected(b",2023,,2024,\nItem,Qty,Value,Qty,Value\nA1,5,1.5,6,1.6\nA2,7,2.5,8,2.6\n");
    let names: Vec<_> = found.profile.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["Item", "2023 Qty", "2023 Value", "2024 Qty", "2024 Value"]);
    assert_eq!((found.profile.header_record, found.profile.more_header_records), (Some(0), 1));
}

#[test]
fn a_file_without_a_header_keeps_its_first_line() {
    assert_eq!(table_of(b"A1,5,2026-01-01\nA2,6,2026-01-02\n"), "A1,5,2026-01-01\nA2,6,2026-01-02\n");
}

#[test]
fn the_header_of_a_tiny_table_of_words_is_found() {
    let header_of = |text: &str| inspected(text.as_bytes()).profile.header_record;
    assert_eq!(header_of("name,city\nBob,Paris\nAnn,Rome\n"), Some(0));
    // All cells of one length, as codes have it: by chance.
    assert_eq!(header_of("kind,size\nnuts,huge\nbolt,tiny\nring,wide\n"), Some(0));
    assert_eq!(header_of("word\nnuts\nbolt\nring\n"), Some(0));
}

#[test]
fn tiny_tables_of_codes_numbers_or_repeated_words_have_no_header() {
    let header_of = |text: &str| inspected(text.as_bytes()).profile.header_record;
    assert_eq!(header_of("DE,EUR\nUS,USD\nGB,GBP\nJP,JPY\n"), None);
    assert_eq!(header_of("A1,B2\nA2,B3\nA3,B4\n"), None);
    assert_eq!(header_of("1,2\n3,4\n5,6\n"), None);
    assert_eq!(header_of("red,large\nblue,small\nred,small\nblue,large\n"), None);
}

#[test]
fn a_header_alone_is_a_table_without_rows() {
    let found = inspected(b"Part,Description,Qty\n");
    assert_eq!((found.profile.header_record, found.estimated_rows), (Some(0), 0));
    assert_eq!(table_of(b"Part,Description,Qty"), "Part,Description,Qty\n");
}

#[test]
fn the_whole_table_keeps_ragged_rows_and_guards() {
    let text = b"Part,Qty\nA1,5\nA2\nA3,'=6,extra\nA4,7,,\n";
    assert_eq!(table_of(text), "Part,Qty\nA1,5\nA2\nA3,'=6,extra\nA4,7,,\n");
    let file = file_of(text);
    let limits = ImportLimits::default();
    let found = inspect(file.path(), &Hints::default(), &limits).unwrap();
    let summary = write_table(file.path(), &found.profile, &limits, std::io::sink()).unwrap();
    let reasons: Vec<_> = summary.problems.iter().map(|problem| (problem.line, problem.reason)).collect();
    let wanted = [
        (3, ProblemReason::MissingCells { expected: 2, found: 1 }),
        (4, ProblemReason::SurplusCells { expected: 2, found: 3 }),
    ];
    assert_eq!(reasons, wanted);
}

#[test]
fn an_empty_column_at_the_end_is_left_out_of_imports() {
    let found = inspected(b"Part,Qty,\nA1,5,\nA2,6,\n");
    assert_eq!(found.profile.columns.len(), 2);
    assert_eq!(table_of(b"Part,Qty,\nA1,5,\nA2,6,\n"), "Part,Qty,\nA1,5,\nA2,6,\n");
}

#[test]
fn empty_and_binary_files_are_refused_with_the_next_step() {
    assert!(matches!(try_inspect(b""), Err(IngestError::Empty)));
    assert!(matches!(try_inspect(b"\n\r\n\n"), Err(IngestError::Empty)));
    assert!(matches!(try_inspect(b"\xEF\xBB\xBF"), Err(IngestError::Empty)));
    let workbook = try_inspect(b"PK\x03\x04rest").unwrap_err().to_string();
    assert!(
        workbook.contains("an Excel workbook (.xlsx)") && workbook.contains("Export it as CSV"),
        "{workbook}"
    );
    let noise: Vec<u8> = (0..2000_u32).map(|n| (n * 7 % 256) as u8).collect();
    assert!(matches!(try_inspect(&noise), Err(IngestError::NotText { .. })));
}

#[test]
fn ten_thousand_columns_are_refused() {
    let text = format!("{}\n", vec!["x"; 10_000].join(","));
    assert!(matches!(
        try_inspect(text.as_bytes()),
        Err(IngestError::TooManyColumns { line: 1, limit: 1_000, .. })
    ));
}

#[test]
fn one_record_over_the_limit_of_columns_is_noted_and_read_past() {
    let wide = vec!["x"; 1_500].join(",");
    let found = inspected(format!("Part,Qty\nA1,5\n{wide}\nA2,6\n").as_bytes());
    assert_eq!((found.profile.columns.len(), found.sample.len()), (2, 2));
    let note = found.notes.iter().find(|note| note.line == Some(3)).unwrap();
    assert!(note.text.contains("1500 cells") && note.text.contains("1000 columns"), "{}", note.text);
    let titled = try_inspect(format!("A title\n{wide}\n{wide}\n{wide}\n").as_bytes());
    assert!(matches!(titled, Err(IngestError::TooManyColumns { line: 2, found: 1_500, limit: 1_000 })));
}

#[test]
fn hints_are_taken_as_they_are() {
    let file = file_of(b"a;b,c\n1;2,3\n");
    let hints = Hints { delimiter: Some(','), header_record: Some(None), ..Hints::default() };
    let found = inspect(file.path(), &hints, &ImportLimits::default()).unwrap();
    assert_eq!(found.profile.dialect.delimiter, ',');
    assert_eq!(found.profile.header_record, None);
}
