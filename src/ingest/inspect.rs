//! What a file is: everything the importer needs to know before it reads the file for good.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use serde::{Deserialize, Serialize};

use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Container, Dialect, Profile};
use crate::domain::record::Record;

use super::IngestError;
use super::decode::{CHUNK_BYTES, TextDecoder};
use super::dialect::{self, WantedQuote};
use super::encoding::{self, encoding_for, refuse_binary};
use super::header;
use super::names::unique_names;
use super::problem::check_cell;
use super::record_reader::RecordReader;
use super::roles::{self, Candidate, RoleGuess};
use super::types::{self, ColumnSample};
use super::unpack::{Part, Unpacked};

/// Text at the start of a file from which the dialect is found.
const HEAD_TEXT_BYTES: usize = 128 << 10;

/// Rows at the start of a file from which columns are known.
const HEAD_ROWS: usize = 5_000;

/// Text of the rows held while the start of a file is looked at.
const HEAD_ROWS_BYTES: usize = 32 << 20;

/// Places further on in a large file that are looked at as well.
const SPOTS: u64 = 16;

/// Bytes of one place.
const SPOT_BYTES: u64 = 64 << 10;

/// Rows shown as a sample.
const SHOWN_ROWS: usize = 50;

/// Facets proposed.
const MAX_FACETS: usize = 6;

/// What is known about a file beforehand; what is `None` is detected.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// A WHATWG label.
    pub encoding: Option<String>,
    /// Between cells.
    pub delimiter: Option<char>,
    /// Around cells; `Some(None)` for no quoting.
    pub quote: Option<Option<char>>,
    /// 0-based header record; `Some(None)` for no header.
    pub header_record: Option<Option<usize>>,
    /// What the text was taken from.
    pub container: Container,
}

/// What a file is, as far as its looks go.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// How to read the file; what was guessed can be changed before it is used.
    pub profile: Profile,
    /// Size of the file.
    pub file_bytes: u64,
    /// Rows, counted where the file is small and estimated by bytes where not.
    pub estimated_rows: u64,
    /// True where `estimated_rows` was counted.
    pub rows_counted: bool,
    /// How sure the encoding is, 0 to 1.
    pub encoding_confidence: f64,
    /// How sure the dialect is, 0 to 1.
    pub dialect_confidence: f64,
    /// How sure the header is, 0 to 1.
    pub header_confidence: f64,
    /// 1-based line of the header.
    pub header_line: Option<u64>,
    /// The first rows.
    pub sample: Vec<Vec<String>>,
    /// Why each column is what it is, in the order of the profile's columns.
    pub columns: Vec<ColumnEvidence>,
    /// What a person should know before importing.
    pub notes: Vec<Note>,
    /// What there was to choose from in the file, where it held more than text.
    pub parts: Vec<Part>,
}

/// Why a column is what it is.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnEvidence {
    /// The column's name.
    pub name: String,
    /// What the cells are taken to be, as in the profile.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Share of the sampled values that parse as the type, or how much they look like it.
    pub type_confidence: f64,
    /// True where the order of day and month or the decimal mark is a guess.
    pub ambiguous: bool,
    /// The role its name suggests. An owner is a suggestion only: a person names the owner column.
    pub role: Option<RoleGuess>,
    /// Sampled cells with text.
    pub filled: u64,
    /// Sampled cells without.
    pub blank: u64,
    /// Distinct values in the sample.
    pub distinct: usize,
    /// The first few distinct values.
    pub examples: Vec<String>,
    /// Values that do not parse as the type, most frequent first.
    pub misfits: Vec<String>,
}

/// Something a person should know about the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// 1-based line, where it is about one.
    pub line: Option<u64>,
    /// A sentence.
    pub text: String,
}

impl Note {
    fn new(line: Option<u64>, text: impl Into<String>) -> Self {
        Self { line, text: text.into() }
    }
}

/// As [`inspect`], of what was taken out of a container.
///
/// # Errors
/// As there.
pub fn inspect_unpacked(
    unpacked: &Unpacked,
    hints: &Hints,
    limits: &ImportLimits,
) -> Result<Inspection, IngestError> {
    let container = unpacked.container.clone();
    let mut hints = Hints { container: container.clone(), ..hints.clone() };
    if container.is_sheet() {
        // The text is ours.
        hints.encoding = Some("utf-8".to_owned());
        hints.delimiter = Some(Dialect::default().delimiter);
        hints.quote = Some(Dialect::default().quote);
    }
    let mut inspection = inspect(&unpacked.text, &hints, limits).map_err(|error| error.within(&container))?;
    inspection.notes.splice(0..0, unpacked.notes.iter().cloned());
    inspection.parts.clone_from(&unpacked.parts);
    Ok(inspection)
}

/// Looks at the file at `path`.
///
/// # Errors
/// `Empty`, `NotText` and the limits: what can be read as text never fails for its contents.
pub fn inspect(path: &Path, hints: &Hints, limits: &ImportLimits) -> Result<Inspection, IngestError> {
    let mut file = File::open(path)?;
    let file_bytes = file.metadata()?.len();
    if file_bytes == 0 {
        return Err(IngestError::Empty);
    }
    refuse_binary(&mut file)?;
    let mut notes = Vec::new();
    let (encoding, encoding_confidence) = find_encoding(&mut file, file_bytes, hints, &mut notes)?;
    let (text, whole) = head_text(&mut file, encoding)?;
    let quote = hints.quote.map_or(WantedQuote::Any, WantedQuote::Only);
    let mut found = dialect::detect(&text, whole, hints.delimiter, quote);
    drop(text);
    if hints.container.is_sheet() {
        (found.dialect, found.confidence) = (Dialect::default(), 1.0);
    }
    let mut head = read_head(&mut file, encoding, found.dialect, &hints.container, limits)?;
    if head.records.is_empty() {
        return Err(IngestError::Empty);
    }
    let shape = header::detect(&head.records[..head.records.len().min(200)]);
    let header_record = hints.header_record.unwrap_or(shape.record);
    let first_row = header_record.map_or(0, |header| (header + 1).min(head.records.len()));
    let estimated_rows = head.estimate_rows(file_bytes, first_row);
    head.refuse_wide_table(first_row, limits)?;
    if let Some((_, line, found)) = head.first_wide {
        let limit = limits.max_columns;
        let text =
            format!("A record of {found} cells is over the limit of {limit} columns; an import rejects it.");
        notes.push(Note::new(Some(line), text));
    }
    let mut rows = head.records.split_off(first_row);
    rows.retain(|row| !row.is_empty());
    let header = header_record.and_then(|header| head.records.get(header)).map_or(&[][..], Vec::as_slice);
    let (names, trailing) = column_names(header, &rows);
    if trailing {
        notes.push(Note::new(None, "Every line ends with a delimiter; the empty last column is left out."));
    }
    if let Some(header) = header_record.filter(|header| *header > 0) {
        let text = match header {
            1 => "The first record is a title above the header; it is left out.".to_owned(),
            _ => format!("The first {header} records are a title block above the header; they are left out."),
        };
        notes.push(Note::new(Some(1), text));
    }
    if header_record.is_none() {
        notes.push(Note::new(None, "No header was found; columns are called Column 1, Column 2, …"));
    }
    let mut samples: Vec<ColumnSample> = names.iter().map(|_| ColumnSample::default()).collect();
    for row in &rows {
        add_row(&mut samples, row);
    }
    if !head.ended {
        look_further(&mut file, file_bytes, encoding, found.dialect, limits, &mut samples)?;
    }
    let (columns, evidence) = describe(&names, &samples, found.dialect.delimiter, &mut notes);
    let header_line = header_record.and_then(|header| head.lines.get(header).copied());
    Ok(Inspection {
        profile: Profile {
            encoding: encoding.name().to_ascii_lowercase(),
            dialect: found.dialect,
            header_record,
            columns,
            suggested_owner: None,
            hidden_elsewhere: Vec::new(),
            container: hints.container.clone(),
            more_header_records: 0,
            records_below_header: 0,
            has_footer: false,
        },
        file_bytes,
        estimated_rows,
        rows_counted: head.ended,
        encoding_confidence,
        dialect_confidence: found.confidence,
        header_confidence: if hints.header_record.is_some() { 1.0 } else { shape.confidence },
        header_line,
        sample: rows.iter().take(SHOWN_ROWS).cloned().collect(),
        columns: evidence,
        notes,
        parts: Vec::new(),
    })
}

fn find_encoding(
    file: &mut File,
    file_bytes: u64,
    hints: &Hints,
    notes: &mut Vec<Note>,
) -> Result<(&'static Encoding, f64), IngestError> {
    if let Some(label) = &hints.encoding {
        return Ok((encoding_for(label)?, 1.0));
    }
    let found = encoding::detect(file, file_bytes)?;
    if found.stray_bytes > 0 {
        let text = format!(
            "The file is UTF-8 except in {} places; those bytes are read as Windows-1252.",
            found.stray_bytes
        );
        notes.push(Note::new(None, text));
    }
    Ok((found.encoding, if found.sure { 1.0 } else { 0.7 }))
}

/// The first text of the file, and whether that is all of it. Rewinds.
fn head_text(file: &mut File, encoding: &'static Encoding) -> Result<(String, bool), IngestError> {
    file.seek(SeekFrom::Start(0))?;
    let mut decoder = TextDecoder::new(&*file, encoding, CHUNK_BYTES);
    let mut text = String::new();
    let mut repairs = VecDeque::new();
    let mut whole = false;
    while text.len() < HEAD_TEXT_BYTES && !whole {
        whole = !decoder.read_into(&mut text, &mut repairs)?;
    }
    if text.len() > HEAD_TEXT_BYTES {
        let end = (0..=HEAD_TEXT_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        whole = false;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok((text, whole))
}

/// The first records of a file; those over the limit of columns without their cells.
struct Head {
    records: Vec<Vec<String>>,
    /// How many records are over the limit, and of the first its place, line and cells.
    wide: usize,
    first_wide: Option<(usize, u64, usize)>,
    lines: Vec<u64>,
    bytes: u64,
    ended: bool,
}

impl Head {
    fn estimate_rows(&self, file_bytes: u64, first_row: usize) -> u64 {
        let rows = (self.records.len() - first_row) as u64;
        if self.ended || self.bytes == 0 {
            return rows;
        }
        (rows as f64 * file_bytes as f64 / self.bytes as f64).round() as u64
    }

    /// Refuses the file where it is the table that is too wide, and not a row of it.
    fn refuse_wide_table(&self, first_row: usize, limits: &ImportLimits) -> Result<(), IngestError> {
        match self.first_wide {
            Some((at, line, found)) if at < first_row || self.wide * 2 > self.records.len() => {
                Err(IngestError::TooManyColumns { line, found, limit: limits.max_columns })
            }
            _ => Ok(()),
        }
    }
}

fn read_head(
    file: &mut File,
    encoding: &'static Encoding,
    dialect: Dialect,
    container: &Container,
    limits: &ImportLimits,
) -> Result<Head, IngestError> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = RecordReader::new(&*file, encoding, dialect, limits).within(container);
    let mut head =
        Head { records: Vec::new(), wide: 0, first_wide: None, lines: Vec::new(), bytes: 0, ended: false };
    let mut record = Record::default();
    let mut held_bytes = 0;
    while head.records.len() < HEAD_ROWS && held_bytes < HEAD_ROWS_BYTES {
        if !reader.next_of_any_width(&mut record)? {
            head.ended = true;
            break;
        }
        let found = reader.cells_found();
        if found > limits.max_columns {
            head.wide += 1;
            head.first_wide.get_or_insert((head.records.len(), record.line, found));
            record.truncate(0);
        }
        held_bytes += record.text_len();
        head.bytes += reader.raw().len() as u64 + 1;
        head.lines.push(record.line);
        head.records.push(record.iter().map(str::to_owned).collect());
    }
    Ok(head)
}

/// Names for all columns, and whether an empty last column was left out.
fn column_names(header: &[String], rows: &[Vec<String>]) -> (Vec<String>, bool) {
    let usual = header::usual_width(rows);
    let rows_of = |width: usize| rows.iter().filter(|row| row.len() == width).count();
    let header_fits = !header.is_empty() && rows_of(header.len()) >= rows_of(usual);
    let mut width = if header_fits { header.len() } else { header.len().max(usual) };
    let blank = |index: usize| {
        let is_blank = |cells: &[String]| cells.get(index).is_none_or(|cell| cell.trim().is_empty());
        is_blank(header) && rows.iter().all(|row| is_blank(row))
    };
    let trailing = width > 1 && blank(width - 1);
    width -= usize::from(trailing);
    let cells = (0..width).map(|index| header.get(index).map_or("", String::as_str));
    (unique_names(cells), trailing)
}

fn add_row(samples: &mut [ColumnSample], row: &[String]) {
    for (index, sample) in samples.iter_mut().enumerate() {
        sample.add(row.get(index).map_or("", String::as_str));
    }
}

/// Adds rows from places spread over the file. A place may begin in the middle of a row or of a quoted cell, so
/// that its first record and all of another width are left out.
fn look_further(
    file: &mut File,
    file_bytes: u64,
    encoding: &'static Encoding,
    dialect: Dialect,
    limits: &ImportLimits,
    samples: &mut [ColumnSample],
) -> Result<(), IngestError> {
    if encoding == UTF_16LE || encoding == UTF_16BE || file_bytes < SPOT_BYTES * SPOTS {
        return Ok(());
    }
    let mut record = Record::default();
    for spot in 1..=SPOTS {
        file.seek(SeekFrom::Start(file_bytes / SPOTS * spot - SPOT_BYTES.min(file_bytes / SPOTS)))?;
        let mut reader = RecordReader::new(file.by_ref().take(SPOT_BYTES), encoding, dialect, limits);
        let mut row: Option<Vec<String>> = None;
        let mut first = true;
        // One behind, because the last record is cut off.
        while reader.next_of_any_width(&mut record).unwrap_or(false) {
            if let Some(row) = row.take() {
                add_row(samples, &row);
            }
            if !first && reader.cells_found() == samples.len() && !reader.has_problems() {
                row = Some(record.iter().map(str::to_owned).collect());
            }
            reader.take_problems();
            first = false;
        }
    }
    Ok(())
}

fn describe(
    names: &[String],
    samples: &[ColumnSample],
    delimiter: char,
    notes: &mut Vec<Note>,
) -> (Vec<Column>, Vec<ColumnEvidence>) {
    let types = types::detect(names, samples, delimiter);
    let candidates: Vec<Candidate<'_>> = names
        .iter()
        .zip(&types)
        .zip(samples)
        .map(|((name, found), sample)| Candidate {
            name,
            column_type: found.column_type,
            blank: sample.filled == 0,
        })
        .collect();
    let roles = roles::assign(&candidates);
    let mut columns = Vec::new();
    let mut evidence = Vec::new();
    for (((name, found), sample), role) in names.iter().zip(&types).zip(samples).zip(&roles) {
        let column = Column {
            name: name.clone(),
            column_type: found.column_type,
            role: role.map(|guess| guess.role),
            key: false,
            facet: false,
            hidden: false,
            number_format: found.number_format,
            date_format: found.date_format,
        };
        if found.ambiguous {
            let what = if found.column_type == ColumnType::Date {
                "the order of day and month"
            } else {
                "which mark is the decimal one"
            };
            notes.push(Note::new(None, format!("{name}: {what} is a guess; check it before importing.")));
        }
        evidence.push(ColumnEvidence {
            name: name.clone(),
            column_type: found.column_type,
            type_confidence: found.confidence,
            ambiguous: found.ambiguous,
            role: *role,
            filled: sample.filled,
            blank: sample.blank,
            distinct: sample.distinct(),
            examples: sample.examples.clone(),
            misfits: sample.misfits(|value| check_cell(&column, value).is_none()),
        });
        columns.push(column);
    }
    propose_facets(&mut columns, samples);
    (columns, evidence)
}

/// Columns of few values make facets, those about the state of stock first.
fn propose_facets(columns: &mut [Column], samples: &[ColumnSample]) {
    let rank = |column: &Column| match column.role {
        Some(ColumnRole::Status) => Some(0),
        Some(ColumnRole::Location) => Some(1),
        Some(ColumnRole::Owner) => Some(2),
        Some(ColumnRole::Uom) => Some(3),
        None => Some(4),
        Some(ColumnRole::Bin) => Some(5),
        Some(_) => None,
    };
    let mut ranked: Vec<(i32, usize, usize)> = columns
        .iter()
        .zip(samples)
        .enumerate()
        .filter(|(_, (column, sample))| {
            matches!(column.column_type, ColumnType::Text | ColumnType::Code | ColumnType::Bool)
                && (2..=200).contains(&sample.distinct())
                && sample.distinct() as u64 * 2 <= sample.filled
        })
        .filter_map(|(index, (column, sample))| Some((rank(column)?, sample.distinct(), index)))
        .collect();
    ranked.sort_unstable();
    for (_, _, index) in ranked.into_iter().take(MAX_FACETS) {
        columns[index].facet = true;
    }
}
