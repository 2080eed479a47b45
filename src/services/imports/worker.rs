//! The child process that reads a file: hostile bytes are parsed away from the server, with limits of their own
//! and no handle to the store (DESIGN decision 13). Orders come on standard input, events go to standard output,
//! one JSON object a line.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::checks::Checks;
use super::memory::{self, Memory};
use super::merge;
use super::sample::{self, Preview};
use super::settings::{Guarded, ImportSettings};
use super::source::{copy_source, unpack};
use crate::base::size::limit;
use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Container, Profile, Reading, Remembered};
use crate::domain::record::Record;
use crate::ingest::{self, Hints, Inspection, Next, RowReader, Unpacked};
use crate::search::build::Builder;

/// Problems listed; more are counted.
pub const MAX_LISTED_PROBLEMS: usize = 1_000;
/// From here on an encoding is not worth a word.
const SURE_OF_ENCODING: f64 = 0.8;
/// Other ways to read a file that are tried.
const MAX_READINGS: usize = 4;
/// Rows between two progress events.
const ROWS_PER_EVENT: u64 = 20_000;

/// What the child is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// Only look at the beginning of the file and show it.
    pub preview: bool,
    /// The stored file, compressed.
    pub source: PathBuf,
    /// Its size before it was compressed, where that is known.
    pub file_bytes: u64,
    /// A directory for what is needed on the way; it exists and is the child's alone.
    pub scratch: PathBuf,
    /// Where the generation is to be made; `None` only checks the file.
    pub generation: Option<PathBuf>,
    /// Put the file's rows over a generation's, and make the new one of what comes of it.
    #[serde(default)]
    pub merge: Option<MergeOrder>,
    /// Where rows that cannot be read go.
    pub rejects: PathBuf,
    /// What was set by hand.
    pub settings: ImportSettings,
    /// The profile of what readers of the dataset see.
    pub standing: Option<Profile>,
    /// The shapes that files of the dataset have had, the last one first.
    #[serde(default)]
    pub known: Vec<Remembered>,
    /// The dataset's owner column.
    pub owner: Option<String>,
    /// Read exactly like this, without looking: a generation is built again.
    pub profile: Option<Profile>,
    /// Limits.
    pub limits: ImportLimits,
    /// The process that gave the order.
    pub from: i32,
}

/// What a file's rows are put over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MergeOrder {
    /// Directory of the generation that is live.
    pub base: PathBuf,
    /// Rows that the file does not have stay.
    pub keeps_others: bool,
    /// Where what comes of it goes as a file of its own, compressed.
    pub merged: PathBuf,
}

/// A problem as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedProblem {
    /// 1-based line of the file.
    pub line: u64,
    /// The column's name, where it is about one cell.
    pub column: Option<String>,
    /// The text it is about.
    pub value: String,
    /// What is wrong.
    pub reason: String,
}

/// What the child tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// The file was looked at.
    Inspected {
        /// How it is read.
        profile: Profile,
        /// The owner column, named by a person.
        owner: Option<String>,
    },
    /// What the file looks like, where that was asked for.
    Previewed {
        /// That.
        preview: Box<Preview>,
    },
    /// From now on it has this much memory.
    Memory {
        /// Bytes.
        bytes: u64,
    },
    /// On the way.
    Progress {
        /// Rows read.
        rows: u64,
        /// Bytes of the file read.
        bytes: u64,
        /// Bytes of the file.
        of: u64,
    },
    /// Every row was read.
    Checked {
        /// Rows of the file, rejected ones included.
        rows_read: u64,
        /// Rows that could not be read.
        rows_rejected: u64,
        /// Problems, listed or not.
        problem_count: u64,
        /// The first of them.
        problems: Vec<ListedProblem>,
        /// Cells that do not parse, by the columns that have any.
        untyped: Vec<(String, u64)>,
    },
    /// The file's rows were put over those that are live.
    Merged {
        /// How the file that came of it is read.
        profile: Profile,
        /// SHA-256 of it.
        sha256: String,
    },
    /// The generation is complete and on disk.
    Built {
        /// Its rows.
        rows: u64,
        /// Size of its directory.
        bytes: u64,
        /// Most memory the child ever had, where the system tells.
        peak_bytes: Option<u64>,
    },
    /// It cannot be done: what, where and the next step.
    Failed {
        /// The sentence.
        message: String,
        /// The disk is full: trying again may help.
        disk_full: bool,
    },
}

/// Why the order cannot be carried out.
pub(super) struct Failure {
    message: String,
    disk_full: bool,
}

impl From<ingest::IngestError> for Failure {
    fn from(error: ingest::IngestError) -> Self {
        Self { disk_full: false, message: error.to_string() }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { disk_full: error.kind() == io::ErrorKind::StorageFull, message: error.to_string() }
    }
}

impl From<crate::search::error::SearchError> for Failure {
    fn from(error: crate::search::error::SearchError) -> Self {
        let message = error.to_string();
        // tantivy wraps I/O errors several deep; the system's own words are the part that all keep.
        let disk_full = message.contains("No space left on device") || message.contains("StorageFull");
        Self { message, disk_full }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { message, disk_full: false }
    }
}

/// Limits the process, reads the order, does it and tells how it went; true where it went well.
pub fn main() -> bool {
    // The server that started it is gone: nobody reads on, so nothing is built on.
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    let _ = rustix::process::nice(10);
    let order: Order = match serde_json::from_reader(io::stdin().lock()) {
        Ok(order) => order,
        Err(error) => {
            tell(&Event::Failed { message: format!("no order: {error}"), disk_full: false });
            return false;
        }
    };
    // It may have died before the signal was asked for: then nobody would clear away what is built.
    if rustix::process::getppid().map(rustix::process::Pid::as_raw_pid) != Some(order.from) {
        return false;
    }
    if let Err(Failure { message, disk_full }) = limit_memory(order.limits.max_worker_bytes, &order.limits) {
        tell(&Event::Failed { message, disk_full });
        return false;
    }
    match run(&order) {
        Ok(()) => true,
        Err(Failure { message, disk_full }) => {
            tell(&Event::Failed { message, disk_full });
            false
        }
    }
}

/// Gives this process so much memory; it can be given more up to what the limits say.
pub(super) fn limit_memory(bytes: u64, limits: &ImportLimits) -> Result<(), Failure> {
    rlimit::setrlimit(rlimit::Resource::DATA, bytes.min(limits.max_worker_bytes), limits.max_worker_bytes)
        .map_err(|error| {
            Failure::from(format!("the memory limit of {} cannot be set: {error}", limit(bytes)))
        })
}

/// Writes an event; false where nobody listens any more.
pub(super) fn tell(event: &Event) -> bool {
    let Ok(mut line) = serde_json::to_vec(event) else { return false };
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line).and_then(|()| out.flush()).is_ok()
}

fn run(order: &Order) -> Result<(), Failure> {
    let source = order.scratch.join("source");
    let is_packed = copy_source(order, &source)?;
    let unpacked = if is_packed { unpack(order, &source)? } else { Unpacked::text(source, Container::Plain) };
    let file = unpacked.text.clone();
    let file_bytes = fs::metadata(&file)?.len();
    if order.preview {
        let looked_at = (!is_packed && order.file_bytes > file_bytes).then_some(file_bytes);
        let preview = Box::new(sample::make(order, &unpacked, looked_at, look(order, &unpacked)?)?);
        tell(&Event::Previewed { preview });
        return Ok(());
    }
    let (profile, doubts) = match &order.profile {
        Some(profile) => (profile.clone(), Vec::new()),
        None => {
            let Looked { profile, owner, inspection, .. } = look(order, &unpacked)?;
            tell(&Event::Inspected { profile: profile.clone(), owner });
            let doubts = doubts(order, &profile, inspection.encoding_confidence);
            (profile, doubts)
        }
    };
    let mut checks = Checks::new(&profile, &order.rejects);
    for doubt in doubts {
        checks.list(doubt);
    }
    let read_into = match &order.merge {
        Some(_) => Some(order.scratch.join("update")),
        None => order.generation.clone(),
    };
    let mut builder = match &read_into {
        Some(dir) => Some(Builder::create(dir, &profile.columns)?),
        None => None,
    };
    let rows = read_rows(order, &file, &profile, &mut checks, builder.as_mut())?;
    fs::remove_file(&file)?;
    if let Some(builder) = builder {
        let built = u64::from(builder.finish()?);
        if built != rows {
            return Err(Failure::from(format!("{rows} rows were read and {built} indexed")));
        }
    }
    let Some(dir) = &order.generation else {
        return checks.finish();
    };
    let (rows, merged) = match (&order.merge, &read_into) {
        (Some(merge), Some(update)) => {
            let (rows, merged) = merge::put_over(merge, &profile, update, dir, &mut checks)?;
            (rows, Some(merged))
        }
        _ => (rows, None),
    };
    checks.finish()?;
    if let Some(merged) = &merged {
        tell(merged);
    }
    tell(&Event::Built { rows, bytes: directory_bytes(dir), peak_bytes: peak_bytes() });
    Ok(())
}

/// Reads every row of the file; returns how many there are.
fn read_rows(
    order: &Order,
    file: &Path,
    profile: &Profile,
    checks: &mut Checks<'_>,
    mut builder: Option<&mut Builder>,
) -> Result<u64, Failure> {
    let file_bytes = fs::metadata(file)?.len();
    let mut reader = RowReader::open(file, profile, &order.limits)?;
    let mut record = Record::default();
    let mut untyped = Vec::new();
    let mut told = Instant::now();
    loop {
        match reader.next(&mut record).map_err(|error| error.within(&profile.container))? {
            Next::End => break,
            Next::Rejected(reject) => checks.reject(&reject)?,
            Next::Row => {
                match &mut builder {
                    Some(builder) => builder.add(&record, &mut untyped)?,
                    None => checks.find_untyped(&record, &mut untyped),
                }
                if !untyped.is_empty() {
                    checks.untyped(&record, &untyped);
                }
            }
        }
        checks.rows += 1;
        if checks.rows.is_multiple_of(ROWS_PER_EVENT) {
            checks.take(reader.take_problems());
            if told.elapsed().as_millis() >= 200 {
                told = Instant::now();
                tell(&Event::Progress { rows: checks.rows, bytes: reader.bytes_read(), of: file_bytes });
            }
        }
    }
    checks.take(reader.take_problems());
    Ok(reader.rows())
}

/// What looking at a file showed.
pub(super) struct Looked {
    /// How it is read.
    pub profile: Profile,
    /// The owner column, named by a person.
    pub owner: Option<String>,
    /// The owner column of the dataset that the file does not have.
    pub missing_owner: Option<String>,
    /// What was found before anything remembered or set was put over it.
    pub inspection: Inspection,
    /// How its cells are found where a person said so, for this file or one of the same shape.
    pub reading: Reading,
}

/// Looks at the file and puts what is remembered and what was set by hand over what it looks like.
fn look(order: &Order, unpacked: &Unpacked) -> Result<Looked, Failure> {
    let settings = &order.settings;
    let (inspection, reading) = inspect(order, unpacked)?;
    let mut profile = inspection.profile.clone();
    let suggested_owner = profile
        .columns
        .iter()
        .find(|column| column.role == Some(crate::domain::column::ColumnRole::Owner))
        .map(|column| column.header().to_owned());
    let memory = Memory::of(order.standing.as_ref(), &order.known, &inspection.profile);
    let owner = settings.apply(&mut profile, &memory, &inspection.columns, order.owner.as_deref())?;
    // A person can name another; an import that nobody looks at is held back for it.
    let missing_owner = order.owner.clone().filter(|name| !profile.has_column(name));
    for name in settings.columns_to_fit() {
        let Some(index) = profile.columns.iter().position(|column| column.name == name) else { continue };
        let cells =
            inspection.sample.iter().map(|row: &Vec<String>| row.get(index).map_or("", String::as_str));
        ingest::fit_formats(&mut profile.columns[index], &cells);
    }
    if owner.is_none() {
        let suggested =
            profile.columns.iter().find(|column| suggested_owner.as_deref() == Some(column.header()));
        profile.suggested_owner = suggested.map(|column| column.name.clone());
    } else {
        profile.suggested_owner = None;
    }
    Ok(Looked { profile, owner, missing_owner, inspection, reading })
}

/// Finds out what the file is: by itself, or as a person said of one of the same shape that it must be read.
fn inspect(order: &Order, unpacked: &Unpacked) -> Result<(Inspection, Reading), Failure> {
    let settings = &order.settings;
    if settings.is_own {
        let hints = Hints { is_own: true, ..Hints::default() };
        return Ok((ingest::inspect_unpacked(unpacked, &hints, &order.limits)?, Reading::default()));
    }
    let seen = settings.chosen.as_ref().and_then(|chosen| chosen.read_as.as_ref());
    let seen = seen.filter(|_| !order.preview);
    let by_hand = settings.hand_reading();
    let read = |reading: &Reading| {
        let hints = Hints {
            encoding: reading.encoding.clone().or_else(|| seen.map(|seen| seen.encoding.clone())),
            delimiter: reading.delimiter.or_else(|| seen.map(|seen| seen.delimiter)),
            header_record: reading
                .header
                .map(|record| record.checked_sub(1))
                .or_else(|| seen.map(|seen| seen.header_record)),
            ..Hints::default()
        };
        ingest::inspect_unpacked(unpacked, &hints, &order.limits)
    };
    if seen.is_some() || memory::readings(&order.known).next().is_none() {
        return Ok((read(&by_hand)?, by_hand));
    }
    let found = read(&by_hand);
    let is_plain = |known: &Remembered, found: &Inspection| {
        known.reading == Reading::default() && memory::fits(known, &found.profile)
    };
    if found.as_ref().is_ok_and(|found| order.known.iter().any(|known| is_plain(known, found))) {
        return Ok((found?, by_hand));
    }
    for remembered in memory::readings(&order.known).take(MAX_READINGS) {
        let reading = by_hand.clone().or(remembered);
        let Ok(inspection) = read(&reading) else { continue };
        let is_so =
            |known: &&Remembered| known.reading == *remembered && memory::fits(known, &inspection.profile);
        if order.known.iter().any(|known| is_so(&known)) {
            return Ok((inspection, reading));
        }
    }
    Ok((found?, by_hand))
}

/// What nobody has set and is not sure: an encoding, and whether what is new in the file is for customers' eyes.
fn doubts(order: &Order, profile: &Profile, sure: f64) -> Vec<ListedProblem> {
    // Whoever saw the preview saw these too.
    if order.settings.chosen.is_some() {
        return Vec::new();
    }
    let about = |value: String, reason: String| ListedProblem { line: 1, column: None, value, reason };
    let mut doubts = Vec::new();
    if sure < SURE_OF_ENCODING && order.settings.encoding.is_none() {
        let sure = sure * 100.0;
        let reason = format!(
            "the encoding is a guess ({sure:.0} % sure); if letters look wrong, set it with encoding=LABEL"
        );
        doubts.push(about(profile.encoding.clone(), reason));
    }
    let memory = Memory::of(order.standing.as_ref(), &order.known, profile);
    if let Some(guarded) = Guarded::of(profile, &memory).filter(|_| order.settings.hidden.is_none()) {
        doubts.push(about(
            guarded.missing.join(", "),
            format!("{} Set it with hidden=COL,COL.", guarded.note()),
        ));
    }
    doubts
}

fn directory_bytes(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => directory_bytes(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}

/// The kernel's own high-water mark of this process (proc(5), `VmHWM`).
fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? << 10)
}
