//! Any bytes: no panic, nothing lost, and the same whatever the chunks.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Next;
use super::*;

/// Text made of what matters to the reader.
fn messy() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "b1", "é", "贴", "\"", "\"\"", ",", ",\"", "\",", "\n", "\r\n", "\r", " ", ";", "\\", "'", "=1",
    ]);
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// What must not be lost: everything but delimiters, quotes, line ends, and spaces and escapes about quotes.
fn substance(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ',' | '"' | '\n' | '\r' | ' ' | '\0')).collect()
}

proptest! {
    #[test]
    fn cells_written_by_the_csv_crate_come_back(table in vec(vec("[a-c\"',;\\\\ \n\r=é]{0,6}", 1..5), 1..12)) {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let (records, problems) = records_of(&bytes, Dialect::default(), 1 << 16);
        prop_assert_eq!(&records, &table);
        prop_assert!(problems.is_empty());
    }

    #[test]
    fn no_text_is_lost(text in messy()) {
        let (records, _) = records_of(text.as_bytes(), Dialect::default(), 1 << 16);
        let cells: String = records.into_iter().flatten().collect();
        prop_assert_eq!(substance(&cells), substance(&text));
    }

    #[test]
    fn rows_and_rejects_together_hold_all_text(text in messy()) {
        let profile = Profile {
            encoding: "utf-8".to_owned(),
            dialect: Dialect::default(),
            header_record: None,
            columns: vec![text_column("a"), text_column("b")],
            suggested_owner: None,
            hidden_elsewhere: Vec::new(),
            container: Container::Plain,
            more_header_records: 0,
            records_below_header: 0,
            has_footer: false,
        };
        let limits = ImportLimits::default();
        let source = Box::new(std::io::Cursor::new(text.clone().into_bytes()));
        let mut reader = RowReader::new(source, &profile, &limits).unwrap();
        let mut row = Record::default();
        let mut kept = String::new();
        loop {
            match reader.next(&mut row).unwrap() {
                Next::Row => {
                    prop_assert_eq!(row.len(), 2);
                    kept.extend(row.iter());
                }
                Next::Rejected(reject) => kept.push_str(&reject.raw),
                Next::End => break,
            }
        }
        // Guards against formulas are taken off.
        let without_guards = |text: &str| substance(text).replace('\'', "");
        prop_assert_eq!(without_guards(&kept), without_guards(&text));
    }

    #[test]
    fn chunks_do_not_matter(bytes in vec(prop::sample::select(b"ab\",\n\r \\\0\xC3\xA9\xE2\x82".to_vec()), 0..80)) {
        let (whole, problems) = records_of(&bytes, Dialect::default(), 1 << 16);
        for chunk_bytes in [1, 3] {
            let (records, others) = records_of(&bytes, Dialect::default(), chunk_bytes);
            prop_assert_eq!(&records, &whole);
            prop_assert_eq!(
                others.iter().map(|p| (p.line, p.reason)).collect::<Vec<_>>(),
                problems.iter().map(|p| (p.line, p.reason)).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn any_bytes_are_inspected_and_read_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        let file = file_of(&bytes);
        let limits = ImportLimits::default();
        if let Ok(found) = inspect(file.path(), &Hints::default(), &limits) {
            write_table(file.path(), &found.profile, &limits, std::io::sink()).unwrap();
        }
    }

    #[test]
    fn readable_text_never_fails_to_be_inspected(text in messy()) {
        match try_inspect(text.as_bytes()) {
            Ok(_) => {}
            Err(error) => prop_assert!(matches!(error, IngestError::Empty), "{}", error),
        }
    }
}
