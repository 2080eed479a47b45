//! How well a file is read by one who is told nothing about it: tables of several shapes are damaged in all the
//! ways that files in the wild are, read, and compared with what they should have given.
//!
//! The measures: the file was read at all; and precision, recall and their harmonic mean of the header's cells, of
//! whole records and of single cells, each as a multiset. Ten in all; a perfect file scores 10.

mod damages;
mod tables;
mod wild;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::hash::Hash;

use super::*;
use damages::Case;

/// A table that should come out: the first record is the header, where the file has one.
pub(super) type Table = Vec<Vec<String>>;

/// What `inspect -o` makes of a file.
pub(super) fn read(bytes: &[u8]) -> Option<Table> {
    let file = file_of(bytes);
    let limits = ImportLimits::default();
    let found = match inspect(file.path(), &Hints::default(), &limits) {
        Ok(found) => found,
        Err(IngestError::Empty) => return Some(Table::new()),
        Err(_) => return None,
    };
    let mut out = Vec::new();
    write_table(file.path(), &found.profile, &limits, &mut out).ok()?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&out[..]);
    reader.records().map(|record| Some(record.ok()?.iter().map(str::to_owned).collect())).collect()
}

/// Precision, recall and F1, summed.
fn matched<T: Hash + Eq>(wanted: impl Iterator<Item = T>, found: impl Iterator<Item = T>) -> f64 {
    let mut left: HashMap<T, i64> = HashMap::new();
    let (mut all, mut given, mut same) = (0_u32, 0_u32, 0_u32);
    for item in wanted {
        all += 1;
        *left.entry(item).or_default() += 1;
    }
    for item in found {
        given += 1;
        let count = left.entry(item).or_default();
        same += u32::from(*count > 0);
        *count -= 1;
    }
    let share =
        |of: u32| if of == 0 { f64::from(u8::from(all == given)) } else { f64::from(same) / f64::from(of) };
    let (precision, recall) = (share(given), share(all));
    let sum = precision + recall;
    sum + if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 }
}

/// 0 to 10.
fn score(wanted: &Table, found: Option<Table>) -> f64 {
    let Some(found) = found else { return 0.0 };
    let header = |table: &Table| table.first().cloned().unwrap_or_default();
    let rows = |table: &Table| table.iter().skip(1).cloned().collect::<Vec<_>>();
    1.0 + matched(header(wanted).into_iter(), header(&found).into_iter())
        + matched(rows(wanted).into_iter(), rows(&found).into_iter())
        + matched(rows(wanted).into_iter().flatten(), rows(&found).into_iter().flatten())
}

/// Scores of each kind of damage, the mean over all files, and the mean weighted by how frequent a kind is.
struct Scores {
    kinds: BTreeMap<&'static str, (f64, f64, u32)>,
}

impl Scores {
    fn of(cases: impl Iterator<Item = Case>) -> Self {
        let mut kinds: BTreeMap<&'static str, (f64, f64, u32)> = BTreeMap::new();
        for case in cases {
            let entry = kinds.entry(case.kind).or_insert((case.weight, 0.0, 0));
            let score = score(&case.wanted, read(&case.bytes));
            entry.1 += score;
            entry.2 += 1;
        }
        Self { kinds }
    }

    fn simple(&self) -> f64 {
        let (sum, count) =
            self.kinds.values().fold((0.0, 0), |(sum, count), kind| (sum + kind.1, count + kind.2));
        sum / f64::from(count)
    }

    fn weighted(&self) -> f64 {
        let (sum, weights) =
            self.kinds.values().fold((0.0, 0.0), |(sum, weights), (weight, scores, count)| {
                (sum + weight * scores / f64::from(*count), weights + weight)
            });
        sum / weights
    }

    /// The kinds that lose, the worst first.
    fn worst(&self) -> String {
        let mut kinds: Vec<_> = self
            .kinds
            .iter()
            .map(|(kind, (_, sum, count))| (sum / f64::from(*count), *kind, *count))
            .collect();
        kinds.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut text = String::new();
        for (score, kind, count) in kinds.iter().filter(|kind| kind.0 < 9.995) {
            let _ = writeln!(text, "{score:6.3} {kind} ({count})");
        }
        text
    }
}

/// Rows of the tables, and which of the places in them are damaged: all take a minute.
const ROWS: usize = 30;
const STEP: usize = 17;

#[test]
fn damaged_files_are_read_nearly_as_if_nothing_were_wrong() {
    let mut failed = String::new();
    for (name, table) in tables::all(ROWS) {
        let scores = Scores::of(damages::all(&table, STEP));
        let (simple, weighted) = (scores.simple(), scores.weighted());
        let line = format!("{name}: simple {simple:.3}, weighted {weighted:.3}\n{}", scores.worst());
        println!("{line}");
        // A header of several rows over nothing but words is beyond anybody's knowledge.
        let wanted = if name == "words" { (9.90, 9.90) } else { (9.98, 9.98) };
        if simple < wanted.0 || weighted < wanted.1 {
            failed.push_str(&line);
        }
    }
    assert!(failed.is_empty(), "{failed}");
}
