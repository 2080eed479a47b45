//! Any bytes as a file: no panic, and every letter of it is in a row, a reject or what was left out.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::{Corpus, fuzz_target};
use stockroom::domain::limits::ImportLimits;
use stockroom::domain::record::Record;
use stockroom::ingest::{Hints, Next, ProblemReason, RowReader, inspect, write_table};

/// What cannot be lost without a trace: letters and digits of ASCII. The rest may be a delimiter, a quote, an escape, or be
/// read under another encoding.
fn substance(text: &str) -> Vec<u8> {
    let mut letters: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).collect();
    letters.sort_unstable();
    letters
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let mut file = tempfile::NamedTempFile::new().expect("a place for the file");
    std::io::Write::write_all(&mut file, bytes).expect("room for the file");
    let limits = ImportLimits::default();
    let Ok(found) = inspect(file.path(), &Hints::default(), &limits) else { return Corpus::Keep };
    write_table(file.path(), &found.profile, &limits, std::io::sink()).expect("what was inspected can be written");

    // The header is read apart from the rows; with none, all text has to come back.
    if found.profile.header_record.is_some() || found.profile.encoding != "utf-8" || !bytes.is_ascii() {
        return Corpus::Keep;
    }
    let mut reader =
        RowReader::new(Box::new(Cursor::new(bytes.to_vec())), &found.profile, &limits).expect("it was inspected");
    let (mut row, mut kept) = (Record::default(), String::new());
    loop {
        let next = reader.next(&mut row).expect("it was written as a table");
        for problem in reader.take_problems() {
            if matches!(problem.reason, ProblemReason::LeftOut(_)) {
                if problem.value.ends_with('…') {
                    return Corpus::Keep;
                }
                kept.push_str(&problem.value);
            }
        }
        match next {
            Next::Row => kept.extend(row.iter()),
            Next::Rejected(reject) => kept.push_str(&reject.raw),
            Next::End => break,
        }
    }
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(substance(&kept), substance(&text), "text was lost or made up");
    Corpus::Keep
});
