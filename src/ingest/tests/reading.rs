//! Well-formed text.

use super::super::{Next, ProblemReason, RejectReason, unique_names};
use super::*;
use crate::domain::profile::QuoteEscape;

#[test]
fn line_ends_may_be_mixed() {
    assert_eq!(parsed("a,b\nc,d\r\ne,f\rg,h"), ["a|b", "c|d", "e|f", "g|h"]);
    assert_eq!(parsed("a,b\r\r\n\n\nc,d\n\n"), ["a|b", "c|d"]);
}

#[test]
fn quoted_cells_hold_delimiters_quotes_and_line_ends() {
    assert_eq!(parsed("1,\"a,\"\"b\"\"\r\nc\",2\n\"\",x\n"), ["1|a,\"b\"\r\nc|2", "|x"]);
}

#[test]
fn a_single_blank_cell_is_a_record_and_a_blank_line_is_not() {
    assert_eq!(parsed("a\n\"\"\n\nb\n"), ["a", "", "b"]);
}

#[test]
fn records_know_the_line_they_start_on() {
    let limits = ImportLimits::default();
    let text = "a,b\r\n\r\n\"x\r\ny\rz\n\",1\nlast,2";
    for chunk_bytes in [1, 2, 100] {
        let dialect = Dialect::default();
        let mut reader =
            RecordReader::with_chunk_bytes(text.as_bytes(), UTF_8, dialect, &limits, chunk_bytes);
        let mut record = Record::default();
        let mut lines = Vec::new();
        while reader.next(&mut record).unwrap() {
            lines.push((record.line, reader.raw().len()));
        }
        assert_eq!(lines, [(1, 3), (3, 11), (7, 6)], "chunks of {chunk_bytes}");
    }
}

#[test]
fn a_quote_may_stand_after_spaces_and_before_them() {
    assert_eq!(parsed("1, \"a,b\" ,2\n"), ["1|a,b|2"]);
    assert_eq!(parsed("5, \"fine\" grain, x\n"), ["5| \"fine\" grain| x"]);
}

#[test]
fn other_dialects_are_read() {
    let of = |text: &str, delimiter, quote, escape| {
        let dialect = Dialect { delimiter, quote, escape, ..Dialect::default() };
        let whole = records_of(text.as_bytes(), dialect, 1000).0;
        assert_eq!(records_of(text.as_bytes(), dialect, 1).0, whole);
        whole.into_iter().map(|cells| cells.join("|")).collect::<Vec<_>>()
    };
    let backslash = QuoteEscape::Backslash;
    assert_eq!(of(r#"a;"b\"c;\\";C:\x"#, ';', Some('"'), backslash), [r#"a|b"c;\|C:\x"#]);
    assert_eq!(of(r"a\,b,c", ',', None, backslash), ["a,b|c"]);
    assert_eq!(of("a§b¤c§'d§'", '§', Some('\''), QuoteEscape::Doubled), ["a|b¤c|d§"]);
    assert_eq!(of("\"a\",b", ',', None, QuoteEscape::Doubled), ["\"a\"|b"]);
}

#[test]
fn short_rows_are_filled_up_and_long_ones_rejected() {
    let limits = ImportLimits::default();
    let mut reader = rows_reader(b"a,b,c\n1\n1,2,3,,\n,,\n1,2,3,4\n5,6,7\n", &["a", "b", "c"], &limits);
    let mut row = Record::default();
    assert_eq!(reader.next(&mut row).unwrap(), Next::Row);
    assert_eq!(row.iter().collect::<Vec<_>>(), ["1", "", ""]);
    let problems = reader.take_problems();
    assert_eq!((problems[0].line, problems[0].column.as_deref()), (2, Some("b")));
    assert_eq!(problems[0].reason, ProblemReason::MissingCells { expected: 3, found: 1 });
    assert_eq!(reader.next(&mut row).unwrap(), Next::Row);
    assert_eq!(row.len(), 3);
    let Next::Rejected(reject) = reader.next(&mut row).unwrap() else { panic!("not rejected") };
    assert_eq!((reject.line, reject.raw.as_str()), (5, "1,2,3,4"));
    assert_eq!(reject.reason, RejectReason::TooManyCells { expected: 3, found: 4 });
    assert_eq!(reader.next(&mut row).unwrap(), Next::Row);
    assert_eq!(row.line, 6);
    assert_eq!(reader.next(&mut row).unwrap(), Next::End);
    assert_eq!((reader.rows(), reader.rejects(), reader.blank_rows()), (3, 1, 1));
    assert!(reader.take_problems().is_empty());
}

#[test]
fn a_row_over_the_limit_of_columns_is_a_reject_that_says_so() {
    let limits = ImportLimits { max_columns: 3, ..ImportLimits::default() };
    let mut reader = rows_reader(b"a,b\n1,2\n1,2,3,\"4\n\",5\n,,,,\n6,7\n", &["a", "b"], &limits);
    let mut row = Record::default();
    assert_eq!(reader.next(&mut row).unwrap(), Next::Row);
    for (line, raw) in [(3, "1,2,3,\"4\n\",5"), (5, ",,,,")] {
        let Next::Rejected(reject) = reader.next(&mut row).unwrap() else { panic!("not rejected") };
        assert_eq!((reject.line, reject.raw.as_str()), (line, raw));
        assert_eq!(reject.reason, RejectReason::TooWide { found: 5, limit: 3 });
    }
    assert_eq!(reader.next(&mut row).unwrap(), Next::Row);
    assert_eq!((row.line, row.get(1)), (6, Some("7")));
    assert_eq!(reader.next(&mut row).unwrap(), Next::End);
}

#[test]
fn a_guard_against_formulas_is_taken_off_once() {
    let limits = ImportLimits::default();
    let mut reader = rows_reader(b"a,b,c\n'=1+1,''-x,'plain\n", &["a", "b", "c"], &limits);
    let mut row = Record::default();
    assert_eq!(reader.next(&mut row).unwrap(), Next::Row);
    assert_eq!(row.iter().collect::<Vec<_>>(), ["=1+1", "'-x", "'plain"]);
}

#[test]
fn names_are_unique_for_the_query_language() {
    let names = unique_names(["Qty", " qty ", "", "_id", "Exp\n  Date", "exp_date", "Column 3", "Qty (2)"]);
    let wanted =
        ["Qty", "qty (2)", "Column 3", "_id (2)", "Exp Date", "exp_date (2)", "Column 3 (2)", "Qty (2) (2)"];
    assert_eq!(names, wanted);
}
