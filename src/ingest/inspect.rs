//! What a file is: everything the importer needs to know before it reads the file for good.

use std::fs::File;
use std::path::Path;

use encoding_rs::{Encoding, UTF_8};
use serde::{Deserialize, Serialize};

use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Container, Dialect, Profile};

use super::IngestError;
use super::dialect::{self, WantedQuote};
use super::encoding::{self, encoding_for, refuse_binary};
use super::evidence::{self, ColumnEvidence};
use super::footer;
use super::head::{self, Head};
use super::header::{self, DetectedHeader};
use super::keys;
use super::names::unique_names;
use super::types::ColumnSample;
use super::unpack::{Part, Unpacked};

/// Rows shown as a sample.
const SHOWN_ROWS: usize = 50;

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
    /// The site wrote the text itself, as UTF-8 in the default dialect: its first record is the header, every other is a
    /// row. Nothing else here is asked.
    pub is_own: bool,
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
    /// 0-based places of the columns that may name a row from one import to the next: a guess, to be offered.
    pub suggested_key: Vec<usize>,
    /// What a person should know before importing.
    pub notes: Vec<Note>,
    /// What there was to choose from in the file, where it held more than text.
    pub parts: Vec<Part>,
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
    pub(super) fn new(line: Option<u64>, text: impl Into<String>) -> Self {
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
    if !hints.is_own {
        refuse_binary(&mut file)?;
    }
    let mut notes = Vec::new();
    let (encoding, encoding_confidence) = find_encoding(&mut file, file_bytes, hints, &mut notes)?;
    let (text, whole) = head::head_text(&mut file, encoding)?;
    let quote = hints.quote.map_or(WantedQuote::Any, WantedQuote::Only);
    let mut found = dialect::detect(&text, whole, hints.delimiter, quote);
    drop(text);
    if hints.container.is_sheet() || hints.is_own {
        (found.dialect, found.confidence) = (Dialect::default(), 1.0);
    }
    let mut head = head::read_head(&mut file, encoding, found.dialect, &hints.container, limits)?;
    if head.records.is_empty() {
        return Err(IngestError::Empty);
    }
    let mut shape = match hints.header_record {
        _ if hints.is_own => DetectedHeader { record: Some(0), more: 0, below: 0, confidence: 1.0 },
        Some(wanted) => header::given(&head.records, &head.gaps, wanted),
        None => header::detect(&head.records, &head.gaps, 0),
    };
    let mut profile = Profile {
        encoding: encoding.name().to_ascii_lowercase(),
        dialect: found.dialect,
        header_record: None,
        columns: Vec::new(),
        suggested_owner: None,
        hidden_elsewhere: Vec::new(),
        container: hints.container.clone(),
        more_header_records: 0,
        records_below_header: 0,
        has_footer: true,
        is_own: hints.is_own,
    };
    let mut layout = if hints.is_own { Layout::of_own(&head) } else { Layout::of(&head, shape) };
    head.refuse_wide_table(layout.first_row, limits)?;
    let mut outside = footer::find(&mut file, &mut profile, shape, &layout.names, head.ended, limits)?;
    if hints.is_own {
        // No row is a total because it looks like one.
        (profile.has_footer, outside) = (false, Vec::new());
    } else if hints.header_record.is_none()
        && let Some(at) = footer::larger_table(&outside, &head.lines, layout.first_row)
    {
        shape = header::detect(&head.records, &head.gaps, at);
        layout = Layout::of(&head, shape);
        head.refuse_wide_table(layout.first_row, limits)?;
        outside = footer::find(&mut file, &mut profile, shape, &layout.names, head.ended, limits)?;
    }
    let Layout { first_row, names, trailing } = layout;
    let header_record = shape.record;
    let estimated_rows = head.estimate_rows(file_bytes, first_row);
    if let Some((_, line, found)) = head.first_wide {
        let limit = limits.max_columns;
        let text =
            format!("A record of {found} cells is over the limit of {limit} columns; an import rejects it.");
        notes.push(Note::new(Some(line), text));
    }
    let mut rows = footer::without(head.records.split_off(first_row), &head.lines[first_row..], &outside);
    rows.retain(|row| !row.is_empty());
    notes.extend(footer::notes(&outside, head.ended));
    if trailing {
        notes.push(Note::new(None, "Every line ends with a delimiter; the empty last column is left out."));
    }
    notes.extend(header_notes(shape, header_record, &head.lines));
    let mut samples: Vec<ColumnSample> = names.iter().map(|_| ColumnSample::default()).collect();
    for row in &rows {
        head::add_row(&mut samples, row);
    }
    if !head.ended {
        head::look_further(&mut file, file_bytes, encoding, found.dialect, limits, &mut samples)?;
    }
    let (columns, evidence) = evidence::describe(&names, &samples, found.dialect.delimiter, &mut notes);
    let header_line = header_record.and_then(|header| head.lines.get(header).copied());
    Ok(Inspection {
        suggested_key: keys::suggest(&columns, &rows),
        profile: Profile { columns, ..profile },
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

/// Where the rows begin under a header, and what the columns are called.
struct Layout {
    first_row: usize,
    names: Vec<String>,
    /// An empty last column is left out.
    trailing: bool,
}

impl Layout {
    /// The first record names all columns, whatever it looks like.
    fn of_own(head: &Head) -> Self {
        let header = head.records[0].iter().map(String::as_str);
        Self { first_row: 1, names: unique_names(header), trailing: false }
    }

    fn of(head: &Head, shape: DetectedHeader) -> Self {
        let records = &head.records;
        let after = |header: usize| (header + 1 + shape.more + shape.below).min(records.len());
        let first_row = shape.record.map_or(0, after);
        let header = shape.record.map_or(Vec::new(), |header| {
            header::joined(&records[header.min(first_row)..first_row.min(header + 1 + shape.more)])
        });
        let (names, trailing) = column_names(&header, &records[first_row..]);
        Self { first_row, names, trailing }
    }
}

/// What is said about the header and what stands above and below it.
fn header_notes(shape: DetectedHeader, record: Option<usize>, lines: &[u64]) -> Vec<Note> {
    let Some(header) = record else {
        return vec![Note::new(None, "No header was found; columns are called Column 1, Column 2, …")];
    };
    let mut notes = Vec::new();
    let line = lines.get(header).copied();
    match header {
        0 => {}
        1 => {
            notes.push(Note::new(Some(1), "The first record is a title above the header; it is left out."));
        }
        _ => notes.push(Note::new(
            Some(1),
            format!("The first {header} records are a title block above the header; they are left out."),
        )),
    }
    if shape.more > 0 {
        let text =
            format!("The header is {} records high; the names of each column are joined.", shape.more + 1);
        notes.push(Note::new(line, text));
    }
    if shape.below > 0 {
        let line = lines.get(header + 1 + shape.more).copied();
        notes
            .push(Note::new(line, "What stands below the header are units or a ruled line; it is left out."));
    }
    notes
}

fn find_encoding(
    file: &mut File,
    file_bytes: u64,
    hints: &Hints,
    notes: &mut Vec<Note>,
) -> Result<(&'static Encoding, f64), IngestError> {
    if hints.is_own {
        return Ok((UTF_8, 1.0));
    }
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
