//! What all kinds of workbooks have in common, and the old ones that are compound files.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use calamine::DataType;

use super::super::IngestError;
use super::super::inspect::Note;
use super::choose::name_list;
use super::number_format::Shown;
use super::{Part, Unpacked, Wanted, refused, value, xls};
use crate::domain::limits::ImportLimits;
use crate::domain::profile::Container;

/// What is in front of a password.
const ENCRYPTED: &str = "The workbook is protected with a password, which nothing here can open. Take the password off (in \
                         Excel: File, Info, Protect Workbook), save it, and send that.";

/// Bytes of a compound file that are looked at for the name of an encrypted package.
const WINDOW: usize = 1 << 20;

/// The refusal of what is encrypted.
pub fn encrypted() -> IngestError {
    refused(ENCRYPTED)
}

/// Takes the table out of a compound file: an XLS workbook, or a newer one that is encrypted.
pub fn unpack_ole(
    file: &File,
    text: &Path,
    wanted: &Wanted,
    limits: &ImportLimits,
) -> Result<Unpacked, IngestError> {
    if has_name(file, "EncryptedPackage")? {
        return Err(encrypted());
    }
    if !has_name(file, "Workbook")? && !has_name(file, "Book")? {
        return Err(refused(
            "The file is an old Office document, but no workbook. Put its table into a workbook or a CSV file and send that.",
        ));
    }
    if has_file_pass(file)? {
        return Err(encrypted());
    }
    xls::unpack(file, text, wanted, limits)
}

/// True where the workbook's stream begins with a password: also with the oldest kind (FILEPASS 0, an XOR), whose
/// cells would come out as nonsense. A stream begins with a sector, and the record is among its first.
fn has_file_pass(mut file: &File) -> Result<bool, IngestError> {
    const SECTOR: usize = 512;
    file.seek(SeekFrom::Start(0))?;
    let mut sector = [0; SECTOR];
    while file.read_exact(&mut sector).is_ok() {
        // BOF of BIFF8 and BIFF5: the globals of a workbook.
        if !(sector.starts_with(&[0x09, 0x08]) && sector[5] <= 6 && sector[6..8] == [0x05, 0x00]) {
            continue;
        }
        let mut at = 0;
        while at + 4 <= SECTOR {
            let record = u16::from_le_bytes([sector[at], sector[at + 1]]);
            if record == 0x002F {
                return Ok(true);
            }
            at += 4 + usize::from(u16::from_le_bytes([sector[at + 2], sector[at + 3]]));
        }
    }
    Ok(false)
}

/// True where a compound file has a stream of this name: its directory says so in UTF-16.
fn has_name(mut file: &File, name: &str) -> Result<bool, IngestError> {
    let wanted: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    file.seek(SeekFrom::Start(0))?;
    let mut window = vec![0; WINDOW];
    let mut kept = 0;
    loop {
        let read = file.read(&mut window[kept..])?;
        let filled = kept + read;
        if memchr::memmem::find(&window[..filled], &wanted).is_some() {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        let keep = filled.min(wanted.len());
        window.copy_within(filled - keep..filled, 0);
        kept = keep;
    }
}

/// What a person should know about the sheet that was read.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Rows that the sheet hides.
    pub hidden_rows: u64,
    /// Columns that the sheet hides.
    pub hidden_columns: u64,
    /// Formulas that nobody has worked out.
    pub without_value: u64,
    /// The first of them.
    pub first_without_value: Option<String>,
    /// Some number is shown as a percentage.
    pub percent: bool,
}

/// The text of a cell.
pub fn text_of(
    value: &impl DataType,
    is_1904: bool,
    shown: Option<&Shown>,
    findings: &mut Findings,
) -> String {
    let number =
        |value: f64| shown.and_then(|shown| shown.fill(value)).unwrap_or_else(|| value::number(value));
    if let Some(text) = value.get_string() {
        return text.to_owned();
    }
    if let Some(float) = value.get_float() {
        findings.percent |= shown == Some(&Shown::Percent);
        return number(float);
    }
    if let Some(int) = value.get_int() {
        let exact = || int.to_string();
        return shown.and_then(|shown| shown.fill(int as f64)).unwrap_or_else(exact);
    }
    if let Some(moment) = value.get_datetime() {
        return value::moment(&moment, is_1904);
    }
    if let Some(truth) = value.get_bool() {
        return value::boolean(truth).to_owned();
    }
    if let Some(text) = value.get_datetime_iso() {
        return value::iso_date(text);
    }
    if let Some(text) = value.get_duration_iso() {
        return value::iso_duration(text);
    }
    value.get_error().map(value::error).unwrap_or_default()
}

/// What came of a workbook, with what to say about it.
pub fn unpacked(
    text: &Path,
    parts: Vec<Part>,
    chosen: usize,
    record_rows: Vec<u64>,
    findings: &Findings,
) -> Unpacked {
    let sheet = parts[chosen].name.clone();
    let mut notes = Vec::new();
    let mut say = |text: String| notes.push(Note { line: None, text });
    let others: Vec<&Part> = parts
        .iter()
        .enumerate()
        .filter(|(index, part)| *index != chosen && part.rows > 0)
        .map(|(_, part)| part)
        .collect();
    if !others.is_empty() {
        let names = name_list(others.iter().map(|part| part.name.clone()));
        say(format!("The sheet “{sheet}” is read. Other sheets with data are not: {names}."));
    }
    if parts[chosen].hidden {
        say(format!("The workbook hides the sheet “{sheet}”."));
    }
    let (rows, columns) = (findings.hidden_rows, findings.hidden_columns);
    if rows + columns > 0 {
        let of = |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let hidden = match (rows, columns) {
            (0, _) => of(columns, "column", "columns"),
            (_, 0) => of(rows, "row", "rows"),
            _ => format!("{} and {}", of(rows, "row", "rows"), of(columns, "column", "columns")),
        };
        say(format!("The sheet hides {hidden}; what they hold is read like everything else."));
    }
    if findings.without_value > 0 {
        let n = findings.without_value;
        let first = findings.first_without_value.as_deref().unwrap_or("?");
        say(format!(
            "{n} {} no value (the first in {first}), because the program that wrote the workbook did not work it out; such \
             cells are blank. Open the workbook in a spreadsheet program and save it to have them.",
            if n == 1 { "formula has" } else { "formulas have" }
        ));
    }
    if findings.percent {
        say("Percentages are read as the numbers behind them: 15 % is 0.15.".to_owned());
    }
    Unpacked { parts, record_rows, notes, ..Unpacked::text(text.to_owned(), Container::Sheet { sheet }) }
}
