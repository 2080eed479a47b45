//! Whatever a table lies in becomes plain text that the reader reads: gzip, a ZIP archive, a workbook.
//!
//! The only user of `calamine`, `flate2`, `quick_xml` and `zip` in reading. It parses what strangers made, so it
//! runs in a child process with limits ([`crate::services`]); names inside of an archive are never paths.

mod archive;
mod bounded;
mod choose;
mod gzip;
mod kind;
mod number_format;
mod ods;
mod sheet_writer;
mod value;
mod workbook;
mod xls;
mod xlsb;
mod xlsx;
mod xlsx_parts;
mod xml_tags;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::limits::ImportLimits;
use crate::domain::profile::Container;

use super::IngestError;
use super::inspect::Note;
pub use kind::Kind;

/// Heap that taking a table out of its container may need (DESIGN §6).
pub const MAX_UNPACK_MEMORY: u64 = 1 << 30;

/// Where the text of a file is, and what it was taken from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unpacked {
    /// The text: the file itself where it is one.
    pub text: PathBuf,
    /// What it was taken from.
    pub container: Container,
    /// What there was to choose from: sheets, or members of an archive. Empty for a plain file.
    pub parts: Vec<Part>,
    /// The rows of the sheet that the first records are: blank ones are none. Empty for anything else.
    pub record_rows: Vec<u64>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

impl Unpacked {
    /// Text that held nothing to choose from.
    pub fn text(text: PathBuf, container: Container) -> Self {
        Self { text, container, parts: Vec::new(), record_rows: Vec::new(), notes: Vec::new() }
    }
}

/// A sheet of a workbook, or a member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Rows that hold something; 0 for a member.
    pub rows: u64,
    /// Columns that hold something; 0 for a member.
    pub columns: u64,
    /// Bytes of a member when unpacked; 0 for a sheet.
    pub bytes: u64,
    /// True for a sheet that its workbook does not show.
    pub hidden: bool,
}

/// Which part of a file is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// A person said so: without it the file is refused.
    pub chosen: Option<String>,
    /// The last file was read so: taken where it is there.
    pub remembered: Option<String>,
}

impl Wanted {
    /// What a file was read from before, as a wish for the next.
    pub fn like(container: &Container) -> Option<String> {
        match container {
            Container::Plain | Container::Gzip => None,
            Container::Zip { member } => Some(member.clone()),
            Container::Sheet { sheet } => Some(sheet.clone()),
        }
    }
}

/// True where a file that begins like this has to be unpacked before it can be read; eight bytes are enough.
pub fn looks_packed(head: &[u8]) -> bool {
    Kind::of_bytes(head) != Kind::Plain
}

/// True where `source` has to be unpacked before it can be read.
pub fn is_packed(source: &Path) -> Result<bool, IngestError> {
    Ok(Kind::of(&mut File::open(source)?)? != Kind::Plain)
}

/// Takes the table out of what it lies in. Text is written to `scratch`, a directory that is the caller's alone.
///
/// # Errors
/// [`IngestError::Container`] with what is wrong, where, and the next step.
pub fn unpack(
    source: &Path,
    scratch: &Path,
    wanted: &Wanted,
    limits: &ImportLimits,
) -> Result<Unpacked, IngestError> {
    let mut file = File::open(source)?;
    let kind = Kind::of(&mut file)?;
    if kind == Kind::Plain {
        return Ok(Unpacked::text(source.to_owned(), Container::Plain));
    }
    let text = scratch.join("table");
    // Parsers of others' formats slice by lengths that the file says.
    let done = catch_unwind(AssertUnwindSafe(|| match kind {
        Kind::Gzip => gzip::unpack(&file, &text, limits),
        Kind::Ole => workbook::unpack_ole(&file, &text, wanted, limits),
        Kind::Zip | Kind::Plain => archive::unpack(&file, &text, wanted, limits),
    }));
    done.unwrap_or_else(|_| Err(damaged("what it says about itself does not fit together")))
}

/// Refused, for the reason and with the next step that `message` says.
fn refused(message: impl Into<String>) -> IngestError {
    IngestError::Container(message.into())
}

/// Refused because what a workbook of Excel is made of makes no sense.
fn damaged_book(what: impl std::fmt::Display) -> IngestError {
    refused(format!(
        "The workbook is damaged: {what}. Open it in Excel, which may mend it, save it again, and send that."
    ))
}

/// Refused because the bytes make no sense.
fn damaged(what: impl std::fmt::Display) -> IngestError {
    refused(format!(
        "The file is damaged or was cut short: {what}. Open it in the program that made it, save it again, and send that."
    ))
}
