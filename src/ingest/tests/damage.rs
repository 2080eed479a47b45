//! Damaged text: kept as best it can be, and reported.

use super::super::{Next, ProblemReason, RepairKind};
use super::*;

fn reasons(text: &[u8]) -> Vec<(u64, ProblemReason)> {
    records_of(text, Dialect::default(), 4)
        .1
        .into_iter()
        .map(|problem| (problem.line, problem.reason))
        .collect()
}

#[test]
fn a_quote_that_is_never_closed_is_a_character() {
    assert_eq!(parsed("a,b\n1,\"x\n2,y\n"), ["a|b", "1|\"x", "2|y"]);
    assert_eq!(reasons(b"a,b\n1,\"x\n2,y\n"), [(2, ProblemReason::UnclosedQuote)]);
    assert_eq!(parsed("\""), ["\""]);
}

#[test]
fn a_quote_is_not_closed_by_one_that_opens_a_cell() {
    assert_eq!(parsed("a,b\n1,\"x\n2,\"y,z\"\n3,w\n"), ["a|b", "1|\"x", "2|y,z", "3|w"]);
    assert_eq!(reasons(b"a,b\n1,\"x\n2,\"y,z\"\n"), [(2, ProblemReason::UnclosedQuote)]);
}

#[test]
fn a_quote_does_not_swallow_lines_that_are_records() {
    use std::fmt::Write as _;
    let mut text = String::from("a,b,c\n0,\"open,0\n");
    for number in 1..200 {
        writeln!(text, "{number},x,y").unwrap();
    }
    text.push_str("200,\"\",\"z\"\n");
    assert_eq!(parsed(&text).len(), 202);
}

#[test]
fn a_cell_over_the_limit_is_read_again_without_its_quote() {
    let limits = ImportLimits { max_cell_bytes: 100, ..ImportLimits::default() };
    let text = format!("a\n\"b\n{}\"c\n", "line\n".repeat(40));
    let mut reader = RecordReader::with_chunk_bytes(text.as_bytes(), UTF_8, Dialect::default(), &limits, 16);
    let mut record = Record::default();
    let mut count = 0;
    while reader.next(&mut record).unwrap() {
        count += 1;
    }
    assert_eq!(count, 43);
}

#[test]
fn text_after_a_closing_quote_is_kept() {
    assert_eq!(parsed("\"abc\"def,2\n"), ["abcdef|2"]);
    assert_eq!(reasons(b"\"abc\"def,2\n"), [(1, ProblemReason::TextAfterQuote)]);
    assert_eq!(parsed("\"12\" pipe\",5\n"), ["12\" pipe|5"]);
    assert_eq!(reasons(b"\"12\" pipe\",5\n"), [(1, ProblemReason::UnescapedQuote)]);
}

#[test]
fn a_quote_inside_plain_text_is_a_character() {
    assert_eq!(parsed("12\" pipe,5\"\n"), ["12\" pipe|5\""]);
    assert!(reasons(b"12\" pipe,5\"\n").is_empty());
}

#[test]
fn bytes_that_are_not_utf8_are_read_as_windows_1252() {
    let text = b"n\xC3\xA9,1\nCaf\xE9,2\n\xE2\x82,3\n";
    let (records, problems) = records_of(text, Dialect::default(), 1 << 16);
    assert_eq!(records[0][0], "né");
    assert_eq!(records[1][0], "Café");
    assert_eq!(records[2][0], "â‚");
    assert_eq!(problems.len(), 2);
    assert_eq!((problems[0].line, problems[0].reason), (2, ProblemReason::Repaired(RepairKind::Windows1252)));
    assert_eq!(problems[1].line, 3);
    assert_eq!(records_of(text, Dialect::default(), 1).0, records);
}

#[test]
fn nul_bytes_are_shown_and_reported() {
    let text = b"a,b\n1,x\0y\0\n\xE9,z\n\0\xE9,\0";
    for chunk_bytes in [1, 5, 100] {
        let (records, problems) = records_of(text, Dialect::default(), chunk_bytes);
        assert_eq!(records[1], ["1", "x␀y␀"]);
        assert_eq!(records[3], ["␀é", "␀"]);
        let found: Vec<_> = problems.iter().map(|problem| (problem.line, problem.reason)).collect();
        let wanted = [
            (2, ProblemReason::Repaired(RepairKind::Nul)),
            (3, ProblemReason::Repaired(RepairKind::Windows1252)),
            (4, ProblemReason::Repaired(RepairKind::Nul)),
            (4, ProblemReason::Repaired(RepairKind::Windows1252)),
            (4, ProblemReason::Repaired(RepairKind::Nul)),
        ];
        assert_eq!(found, wanted, "chunks of {chunk_bytes}");
    }
}

#[test]
fn limits_refuse_early_and_say_where() {
    let limits =
        ImportLimits { max_columns: 3, max_cell_bytes: 10, max_record_bytes: 24, ..ImportLimits::default() };
    let error = |text: &str| {
        let mut reader =
            RecordReader::with_chunk_bytes(text.as_bytes(), UTF_8, Dialect::default(), &limits, 8);
        let mut record = Record::default();
        loop {
            match reader.next(&mut record) {
                Ok(true) => {}
                Ok(false) => return String::new(),
                Err(error) => return error.to_string(),
            }
        }
    };
    assert!(error("a,b,c\n1,2,3,4\n").starts_with("Line 2: 4 columns or more, and the limit is 3."));
    assert!(error("a\nb\n12345678901\n").starts_with("Line 3: a cell is longer than 10 bytes."));
    assert!(error("123456789,123456789,12345678,").starts_with("Line 1: a record is longer than 24 bytes."));
    assert_eq!(error("123456789,12345678,2\n"), "");
}

#[test]
fn rows_over_the_limit_are_refused() {
    let limits = ImportLimits { max_rows: 1, ..ImportLimits::default() };
    let mut reader = rows_reader(b"a\n1\n2\n", &["a"], &limits);
    let mut row = Record::default();
    assert_eq!(reader.next(&mut row).unwrap(), Next::Row);
    assert!(matches!(reader.next(&mut row), Err(IngestError::TooManyRows { line: 3, limit: 1 })));
}
