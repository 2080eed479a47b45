//! Tests of the readers and of inspection, on small inputs.

mod columns;
mod damage;
mod inspection;
mod reading;
mod robustness;
mod scored;

use std::io::Write;

use encoding_rs::UTF_8;
use tempfile::NamedTempFile;

use crate::domain::column::{Column, ColumnType};
use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Container, Dialect, Profile};
use crate::domain::record::Record;
use crate::domain::value::{DateFormat, NumberFormat};

use super::{Hints, IngestError, Inspection, Problem, RecordReader, RowReader, inspect, write_table};

/// Cells of every record of `bytes` and the problems met.
fn records_of(bytes: &[u8], dialect: Dialect, chunk_bytes: usize) -> (Vec<Vec<String>>, Vec<Problem>) {
    let limits = ImportLimits::default();
    let mut reader = RecordReader::with_chunk_bytes(bytes, UTF_8, dialect, &limits, chunk_bytes);
    let mut record = Record::default();
    let mut records = Vec::new();
    let mut problems = Vec::new();
    while reader.next(&mut record).unwrap() {
        records.push(record.iter().map(str::to_owned).collect());
        problems.extend(reader.take_problems());
    }
    (records, problems)
}

/// Records of comma separated `text`, joined by `|`; the same whatever the chunk size.
fn parsed(text: &str) -> Vec<String> {
    let (whole, _) = records_of(text.as_bytes(), Dialect::default(), 1 << 16);
    for chunk_bytes in [1, 2, 3, 7] {
        assert_eq!(
            records_of(text.as_bytes(), Dialect::default(), chunk_bytes).0,
            whole,
            "chunks of {chunk_bytes}"
        );
    }
    whole.into_iter().map(|cells| cells.join("|")).collect()
}

fn file_of(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn try_inspect(bytes: &[u8]) -> Result<Inspection, IngestError> {
    inspect(file_of(bytes).path(), &Hints::default(), &ImportLimits::default())
}

fn inspected(bytes: &[u8]) -> Inspection {
    try_inspect(bytes).unwrap()
}

/// What `inspect -o` writes.
fn table_of(bytes: &[u8]) -> String {
    let file = file_of(bytes);
    let limits = ImportLimits::default();
    let found = inspect(file.path(), &Hints::default(), &limits).unwrap();
    let mut out = Vec::new();
    write_table(file.path(), &found.profile, &limits, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn text_column(name: &str) -> Column {
    Column::new(name, ColumnType::Text)
}

fn rows_reader(bytes: &'static [u8], names: &[&str], limits: &ImportLimits) -> RowReader {
    let profile = Profile {
        encoding: "utf-8".to_owned(),
        dialect: Dialect::default(),
        header_record: Some(0),
        columns: names.iter().map(|name| text_column(name)).collect(),
        suggested_owner: None,
        hidden_elsewhere: Vec::new(),
        container: Container::Plain,
        more_header_records: 0,
        records_below_header: 0,
        has_footer: false,
        is_own: false,
    };
    RowReader::new(Box::new(bytes), &profile, limits).unwrap()
}
