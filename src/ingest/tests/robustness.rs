//! Any bytes: no panic, nothing lost, and the same whatever the chunks.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{Next, ProblemReason};
use super::*;
use crate::domain::profile::{Blanks, QuoteEscape};

/// Text made of what matters to the reader.
fn messy() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "b1", "é", "贴", "\"", "\"\"", ",", ",\"", "\",", "\n", "\r\n", "\r", " ", ";", "\\", "'", "=1",
        "\n\n", "Total", "--", "#", "a,b,c\n", "1,2,3\n", "1;2;3\n", ", ",
    ]);
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// What must not be lost: everything but delimiters, quotes, line ends, and spaces and escapes about quotes.
fn substance(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ',' | '"' | '\n' | '\r' | ' ')).collect()
}

/// Any way to cut a table out of a text, with columns but no header.
fn any_profile() -> impl Strategy<Value = Profile> {
    let delimiters = prop::sample::select(vec![',', ';', ' ', '|', '§']);
    let quotes = prop::sample::select(vec![None, Some('"'), Some('\'')]);
    let escapes =
        prop::sample::select(vec![QuoteEscape::Doubled, QuoteEscape::Backslash, QuoteEscape::Never]);
    let blanks = prop::sample::select(vec![Blanks::Kept, Blanks::Skipped, Blanks::Joined]);
    (delimiters, quotes, escapes, blanks, any::<bool>(), 1..5_usize).prop_map(
        |(delimiter, quote, escape, blanks, has_footer, columns)| Profile {
            encoding: "utf-8".to_owned(),
            dialect: Dialect { delimiter, quote, escape, blanks },
            header_record: None,
            columns: (0..columns).map(|number| text_column(&number.to_string())).collect(),
            suggested_owner: None,
            hidden_elsewhere: Vec::new(),
            container: Container::Plain,
            more_header_records: 0,
            records_below_header: 0,
            has_footer,
            is_own: false,
        },
    )
}

/// As [`substance`], whatever delimits and quotes.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !",;|§\"'\\\n\r\t ".contains(*c)).collect()
}

proptest! {
    #[test]
    fn whatever_the_profile_all_text_is_in_rows_rejects_and_what_is_left_out(
        text in messy(),
        profile in any_profile(),
    ) {
        let limits = ImportLimits::default();
        let source = Box::new(std::io::Cursor::new(text.clone().into_bytes()));
        let mut reader = RowReader::new(source, &profile, &limits).unwrap();
        let mut row = Record::default();
        let mut kept: Vec<char> = Vec::new();
        loop {
            let next = reader.next(&mut row).unwrap();
            for problem in reader.take_problems() {
                if matches!(problem.reason, ProblemReason::LeftOut(_)) {
                    prop_assert!(!problem.value.ends_with('…'));
                    kept.extend(bare(&problem.value).chars());
                }
            }
            match next {
                Next::Row => kept.extend(row.iter().flat_map(|cell| bare(cell).chars().collect::<Vec<_>>())),
                Next::Rejected(reject) => kept.extend(bare(&reject.raw).chars()),
                Next::End => break,
            }
        }
        let mut wanted: Vec<char> = bare(&text).chars().collect();
        kept.sort_unstable();
        wanted.sort_unstable();
        prop_assert_eq!(kept, wanted);
    }

    #[test]
    fn any_bytes_are_read_under_any_profile(bytes in vec(any::<u8>(), 0..200), profile in any_profile()) {
        let profile = Profile { header_record: Some(1), more_header_records: 1, records_below_header: 1, ..profile };
        let limits = ImportLimits::default();
        let mut reader = RowReader::new(Box::new(std::io::Cursor::new(bytes)), &profile, &limits).unwrap();
        let mut row = Record::default();
        while reader.next(&mut row).unwrap() != Next::End {}
    }

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
            is_own: false,
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

/// What was found by fuzzing, and what it began with: a profile, a zero byte, a file.
#[test]
fn every_seed_of_a_profile_is_read_to_its_end() {
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds/profile");
    let mut read = 0;
    for seed in std::fs::read_dir(seeds).unwrap() {
        let bytes = std::fs::read(seed.unwrap().path()).unwrap();
        let zero = bytes.iter().position(|byte| *byte == 0).unwrap();
        let Ok(profile) = serde_json::from_slice::<Profile>(&bytes[..zero]) else { continue };
        let source = Box::new(std::io::Cursor::new(bytes[zero + 1..].to_vec()));
        let mut reader = RowReader::new(source, &profile, &ImportLimits::default()).unwrap();
        let mut record = Record::default();
        while reader.next(&mut record).unwrap() != Next::End {}
        read += 1;
    }
    assert!(read >= 3, "{read} profiles are known");
}
