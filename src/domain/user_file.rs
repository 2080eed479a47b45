//! Files that users keep: what one is, and what it may be called.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{UserFileId, UserId};

/// Longest name in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// What a file holds, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// CSV and its relatives.
    Text,
    /// XLSX, XLS, ODS.
    Workbook,
    /// A table that was compressed.
    Packed,
    /// A PDF document.
    Pdf,
    /// A PNG picture.
    Png,
    /// A JPEG picture.
    Jpeg,
    /// A WebP picture.
    Webp,
    /// A GIF picture.
    Gif,
}

/// Kinds that are allowed or not together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileClass {
    /// Tables of any kind.
    Tables,
    /// PDF.
    Pdf,
    /// Pictures.
    Images,
}

impl FileClass {
    /// All.
    pub const ALL: [Self; 3] = [Self::Tables, Self::Pdf, Self::Images];

    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tables => "tables",
            Self::Pdf => "pdf",
            Self::Images => "images",
        }
    }
}

impl FileKind {
    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Workbook => "workbook",
            Self::Packed => "packed",
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
            Self::Gif => "gif",
        }
    }

    /// What it is allowed as.
    pub fn class(self) -> FileClass {
        match self {
            Self::Text | Self::Workbook | Self::Packed => FileClass::Tables,
            Self::Pdf => FileClass::Pdf,
            Self::Png | Self::Jpeg | Self::Webp | Self::Gif => FileClass::Images,
        }
    }

    /// True for what opens in the grid.
    pub fn is_table(self) -> bool {
        self.class() == FileClass::Tables
    }
}

/// A file in a user's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFile {
    /// Its id.
    pub id: UserFileId,
    /// Whose folder it lies in.
    pub user_id: UserId,
    /// What its user calls it: data, and never a path.
    pub name: String,
    /// SHA-256 of its content, in hex: where it is stored.
    pub sha256: String,
    /// Size of its content.
    pub bytes: u64,
    /// What it holds.
    pub kind: FileKind,
    /// When it came.
    pub added_at: Timestamp,
    /// A table that its user has not decided to keep is looked at, and goes after an hour.
    pub is_kept: bool,
    /// When it was deleted, as long as it can be brought back.
    pub deleted_at: Option<Timestamp>,
}
