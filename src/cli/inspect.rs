//! `stockroom inspect FILE`: what the importer sees, and with `-o` the whole parsed table.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use thiserror::Error;

use crate::domain::column::{Column, ColumnType};
use crate::domain::limits::ImportLimits;
use crate::domain::profile::{Blanks, Container, Dialect, Profile, QuoteEscape};
use crate::domain::record::Record;
use crate::domain::value::DateFormat;
use crate::ingest::{
    Hints, IngestError, Inspection, Next, Problem, RowReader, Unpacked, Wanted, check_cell, inspect_unpacked,
    is_packed, write_table,
};
use crate::services::imports::WorkerProgram;
use crate::services::imports::unpacking::unpack_apart;

/// Problems and rejects printed; all are counted.
const SHOWN_PROBLEMS: usize = 20;

/// What `stockroom inspect` takes.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The file to look at; `-` reads standard input.
    pub file: PathBuf,
    /// Print the findings as JSON.
    #[arg(long)]
    pub json: bool,
    /// Write the whole parsed table as UTF-8 CSV to this file; `-` writes it to standard output.
    #[arg(short, long, value_name = "OUT.csv")]
    pub output: Option<PathBuf>,
    /// Read this sheet of a workbook, or this file of an archive.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
}

/// Why a file could not be inspected.
#[derive(Debug, Error)]
pub enum InspectError {
    /// The file cannot be read.
    #[error("{}: {source}", file.display())]
    File {
        /// The file as named.
        file: PathBuf,
        /// Why.
        source: IngestError,
    },
    /// The table or the report cannot be written.
    #[error("{}: could not be written: {source}. Check that the place exists and has room.", target.display())]
    Output {
        /// Where it was to go.
        target: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl InspectError {
    /// Whether there is no such file.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::File { source: IngestError::Io(error), .. } if error.kind() == io::ErrorKind::NotFound)
    }
}

/// What reading the whole file showed.
#[derive(Debug, Default, Serialize)]
struct Reading {
    rows: u64,
    blank_rows: u64,
    rejected: u64,
    left_out: u64,
    problem_count: u64,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    #[serde(flatten)]
    inspection: &'a Inspection,
    reading: &'a Reading,
}

/// Inspects the file and prints what was found.
pub fn run(args: &InspectArgs) -> Result<ExitCode, InspectError> {
    let in_file = |source: IngestError| InspectError::File { file: args.file.clone(), source };
    let limits = ImportLimits::default();
    let spooled;
    let path = if args.file.as_os_str() == "-" {
        spooled = spool(io::stdin().lock()).map_err(|error| in_file(error.into()))?;
        spooled.path()
    } else {
        args.file.as_path()
    };
    let file_bytes = path.metadata().map_err(|error| in_file(error.into()))?.len();
    let scratch = tempfile::TempDir::new().map_err(|error| in_file(error.into()))?;
    let unpacked = unpack(path, scratch.path(), args.sheet.as_ref(), &limits).map_err(in_file)?;
    let path = unpacked.text.as_path();
    let in_file = |source: IngestError| in_file(source.within(&unpacked.container));
    let mut inspection = match inspect_unpacked(&unpacked, &Hints::default(), &limits) {
        // That nothing is in it is what was found; the table in it is empty as well.
        Err(IngestError::Empty) if args.output.is_some() => return report_empty(args),
        other => other.map_err(in_file)?,
    };
    inspection.file_bytes = file_bytes;
    let mut table_on_stdout = false;
    if let Some(output) = &args.output {
        table_on_stdout = output.as_os_str() == "-";
        write_output(path, &inspection.profile, &limits, output, &args.file)?;
    }
    let reading = read_all(path, &inspection.profile, &limits).map_err(in_file)?;
    let text = if args.json {
        let report = Report { file: &args.file, inspection: &inspection, reading: &reading };
        serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
    } else {
        describe(&args.file, &inspection, &reading)
    };
    // The table owns standard output where it is written there.
    let written = if table_on_stdout {
        io::stderr().write_all(text.as_bytes())
    } else {
        io::stdout().write_all(text.as_bytes())
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(InspectError::Output { target: PathBuf::from("-"), source: error })
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Writes the table of a file without any text, which is empty, and says so.
fn report_empty(args: &InspectArgs) -> Result<ExitCode, InspectError> {
    if let Some(output) = args.output.as_deref().filter(|output| output.as_os_str() != "-") {
        File::create(output).map_err(|source| InspectError::Output { target: output.to_owned(), source })?;
    }
    let sentence = IngestError::Empty.to_string();
    let text = if args.json {
        serde_json::json!({ "file": args.file, "empty": sentence }).to_string()
    } else {
        sentence
    };
    let written = writeln!(io::stderr(), "{text}");
    written.map_err(|source| InspectError::Output { target: PathBuf::from("-"), source })?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the table out of what it lies in, where it is no text by itself.
fn unpack(
    path: &Path,
    scratch: &Path,
    sheet: Option<&String>,
    limits: &ImportLimits,
) -> Result<Unpacked, IngestError> {
    if !is_packed(path)? {
        return Ok(Unpacked::text(path.to_owned(), Container::Plain));
    }
    let wanted = Wanted { chosen: sheet.cloned(), remembered: None };
    unpack_apart(&WorkerProgram::default(), path, scratch, wanted, limits).map_err(IngestError::Container)
}

/// Copies standard input to a file, because it is read more than once.
fn spool(mut input: impl io::Read) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    io::copy(&mut input, &mut file)?;
    file.flush()?;
    Ok(file)
}

fn write_output(
    path: &Path,
    profile: &Profile,
    limits: &ImportLimits,
    output: &Path,
    file: &Path,
) -> Result<(), InspectError> {
    let on_output = |source| InspectError::Output { target: output.to_owned(), source };
    let result = if output.as_os_str() == "-" {
        write_table(path, profile, limits, io::stdout().lock())
    } else {
        // Written beside and renamed: a table cut short never has the final name.
        let folder =
            output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if output.exists() && !output.is_file() {
            let target = File::options().write(true).open(output).map_err(on_output)?;
            write_table(path, profile, limits, BufWriter::new(target))
        } else {
            let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(on_output)?;
            let result = write_table(path, profile, limits, BufWriter::new(beside.as_file_mut()));
            if result.is_ok() {
                make_readable(beside.as_file()).map_err(on_output)?;
                beside.persist(output).map_err(|error| on_output(error.error))?;
            }
            result
        }
    };
    let in_file = |source: IngestError| source.within(&profile.container);
    result.map(|_| ()).map_err(|source| InspectError::File { file: file.to_owned(), source: in_file(source) })
}

/// Temporary files are private; a table that a person asked for is not.
#[cfg(unix)]
fn make_readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_file: &File) -> io::Result<()> {
    Ok(())
}

fn read_all(path: &Path, profile: &Profile, limits: &ImportLimits) -> Result<Reading, IngestError> {
    let mut reader = RowReader::open(path, profile, limits)?;
    let mut reading = Reading::default();
    let mut row = Record::default();
    let mut add = |problem: Problem, count: &mut u64| {
        *count += 1;
        if reading.problems.len() < SHOWN_PROBLEMS {
            reading.problems.push(problem);
        }
    };
    let mut count = 0;
    loop {
        match reader.next(&mut row)? {
            Next::End => break,
            Next::Rejected(reject) => {
                let problem = Problem::new(
                    reject.line,
                    None,
                    &reject.raw,
                    crate::ingest::ProblemReason::Rejected(reject.reason),
                );
                add(problem, &mut count);
            }
            Next::Row => {
                for (column, cell) in profile.columns.iter().zip(row.iter()) {
                    if let Some(reason) = check_cell(column, cell) {
                        add(Problem::new(row.line, Some(&column.name), cell, reason), &mut count);
                    }
                }
            }
        }
        for problem in reader.take_problems() {
            add(problem, &mut count);
        }
    }
    reading.rows = reader.rows();
    reading.blank_rows = reader.blank_rows();
    reading.rejected = reader.rejects();
    reading.left_out = reader.left_out();
    reading.problem_count = count;
    Ok(reading)
}

/// The report for people.
fn describe(file: &Path, inspection: &Inspection, reading: &Reading) -> String {
    let profile = &inspection.profile;
    let mut text = String::new();
    let mut line = |label: &str, value: String| {
        let _ = writeln!(text, "{label:<12}{value}");
    };
    line("File", format!("{} ({} bytes)", file.display(), inspection.file_bytes));
    let is_sheet = profile.container.is_sheet();
    match &profile.container {
        Container::Plain => {}
        Container::Gzip => line("Packed", "gzip".to_owned()),
        Container::Zip { member } => line("Packed", format!("“{member}” in a ZIP archive")),
        Container::Sheet { sheet } => line("Sheet", format!("“{sheet}”")),
    }
    if !is_sheet {
        line("Encoding", format!("{}, {}", profile.encoding, sureness(inspection.encoding_confidence)));
        line(
            "Dialect",
            format!("{}, {}", dialect_words(profile.dialect), sureness(inspection.dialect_confidence)),
        );
    }
    let place = if is_sheet { "row" } else { "line" };
    let header = match inspection.header_line {
        Some(number) if profile.more_header_records > 0 => {
            format!("from {place} {number}, {} records high", profile.more_header_records + 1)
        }
        Some(number) => format!("{place} {number}"),
        None => "none; columns are numbered".to_owned(),
    };
    line("Header", format!("{header}, {}", sureness(inspection.header_confidence)));
    let mut rows = format!("{}", reading.rows);
    if reading.rejected > 0 {
        let _ = write!(rows, ", {} rejected", reading.rejected);
    }
    if reading.left_out > 0 {
        let _ = write!(rows, ", {} left out", reading.left_out);
    }
    if reading.blank_rows > 0 {
        let _ = write!(rows, ", {} blank", reading.blank_rows);
    }
    line("Rows", rows);
    let key = inspection.suggested_key.iter().filter_map(|place| profile.columns.get(*place));
    let key: Vec<&str> = key.map(|column| column.name.as_str()).collect();
    if !key.is_empty() {
        line("Key", format!("{} would name every row that was looked at", key.join(" + ")));
    }
    text.push('\n');
    describe_columns(inspection, &mut text);
    for note in &inspection.notes {
        let _ = writeln!(text, "Note: {}", note.text);
    }
    if reading.problem_count > 0 {
        let _ = writeln!(text, "\n{} problems", reading.problem_count);
        for problem in &reading.problems {
            let problem = problem.to_string().replace(['\n', '\r'], "⏎");
            // The records of a sheet are its rows.
            let problem = if is_sheet { problem.replacen("Line ", "Row ", 1) } else { problem };
            let _ = writeln!(text, "  {problem}");
        }
        if reading.problem_count > reading.problems.len() as u64 {
            let _ = writeln!(text, "  … and {} more", reading.problem_count - reading.problems.len() as u64);
        }
    }
    text
}

fn describe_columns(inspection: &Inspection, text: &mut String) {
    let columns = inspection.profile.columns.iter().zip(&inspection.columns);
    let width =
        columns.clone().map(|(column, _)| column.name.chars().count()).max().unwrap_or(0).clamp(6, 40);
    let _ = writeln!(
        text,
        "{:>3}  {:<width$}  {:<26} {:<12} {:<10} Examples",
        "#", "Column", "Type", "Role", "Sure"
    );
    for (index, (column, evidence)) in columns.enumerate() {
        let role = column.role.map_or(String::new(), |role| format!("{role:?}").to_lowercase());
        let facet = if column.facet { " (facet)" } else { "" };
        let examples: Vec<String> =
            evidence.examples.iter().take(3).map(|example| example.chars().take(24).collect()).collect();
        let _ = writeln!(
            text,
            "{:>3}  {:<width$}  {:<26} {:<12} {:<10} {}",
            index + 1,
            column.name,
            type_words(column) + facet,
            role,
            if evidence.filled == 0 { "blank".to_owned() } else { percent(evidence.type_confidence) },
            examples.join(" | ").replace(['\n', '\r'], "⏎"),
        );
    }
}

fn type_words(column: &Column) -> String {
    match column.column_type {
        ColumnType::Date => {
            let order = match column.date_format {
                DateFormat::YearMonthDay => "year-month-day",
                DateFormat::DayMonthYear => "day-month-year",
                DateFormat::MonthDayYear => "month-day-year",
            };
            format!("date {order}")
        }
        ColumnType::Integer | ColumnType::Decimal => {
            let name = if column.column_type == ColumnType::Integer { "integer" } else { "decimal" };
            let comma = if column.number_format.decimal_comma { " 1,5" } else { "" };
            let grouping = column.number_format.grouping.map_or(String::new(), |mark| format!(" 1{mark}000"));
            format!("{name}{comma}{grouping}")
        }
        other => format!("{other:?}").to_lowercase(),
    }
}

fn dialect_words(dialect: Dialect) -> String {
    let delimiter = match dialect.delimiter {
        '\t' => "tab".to_owned(),
        ' ' => "space".to_owned(),
        other if other.is_control() => format!("U+{:04X}", u32::from(other)),
        other => format!("`{other}`"),
    };
    let blanks = match dialect.blanks {
        Blanks::Kept => "",
        Blanks::Skipped => " and blanks",
        Blanks::Joined => ", several as one",
    };
    let quote = match (dialect.quote, dialect.escape) {
        (None, QuoteEscape::Doubled | QuoteEscape::Never) => "no quotes".to_owned(),
        (None, QuoteEscape::Backslash) => "no quotes, backslash escapes".to_owned(),
        (Some(quote), QuoteEscape::Doubled) => format!("quotes {quote}"),
        (Some(quote), QuoteEscape::Backslash) => format!("quotes {quote}, escaped with a backslash"),
        (Some(quote), QuoteEscape::Never) => format!("quotes {quote}, not escaped within cells"),
    };
    format!("cells apart by {delimiter}{blanks}, {quote}")
}

fn sureness(confidence: f64) -> String {
    format!("{} sure", percent(confidence))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
