//! What a file is by its first bytes, whatever its name says.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::super::IngestError;

/// What a table lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, or nothing that can be unpacked.
    Plain,
    /// RFC 1952.
    Gzip,
    /// A ZIP archive: XLSX, XLSB and ODS are ones, too.
    Zip,
    /// A compound file: XLS, or an encrypted workbook.
    Ole,
}

impl Kind {
    /// Looks at the beginning of `file` and rewinds.
    pub fn of(file: &mut File) -> Result<Self, IngestError> {
        let mut head = Vec::new();
        file.by_ref().take(8).read_to_end(&mut head)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Self::of_bytes(&head))
    }

    /// What begins like this.
    pub fn of_bytes(head: &[u8]) -> Self {
        if head.starts_with(b"\x1F\x8B") {
            Self::Gzip
        } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            Self::Zip
        } else if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
            Self::Ole
        } else {
            Self::Plain
        }
    }
}
