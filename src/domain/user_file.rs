//! Files that users keep: what one is, and what it may be called.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::{UserFileId, UserId};

/// Longest name in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// What a file holds, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

    /// What names of such files end in, in small letters and without the dot; a system that opens a file by its name
    /// runs none of them.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["csv", "tsv", "tab", "txt", "dat", "asc", "prn"],
            Self::Workbook => &["xlsx", "xlsm", "xlsb", "xls", "ods"],
            // A workbook whose first member does not say so is taken for packed.
            Self::Packed => &["gz", "zip", "xlsx", "xlsm", "xlsb", "ods"],
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Webp => &["webp"],
            Self::Gif => &["gif"],
        }
    }

    /// A name that ends in what the kind's names end in: itself, or with `usual` behind it (`zz.hta.png`).
    pub fn named(self, name: &str, usual: &str) -> String {
        // Windows leaves both out at the end of a name.
        let name = name.trim_end_matches(['.', ' ']);
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
        if extension.is_some_and(|extension| self.extensions().contains(&extension.as_str())) {
            return name.to_owned();
        }
        let room = MAX_NAME_CHARS.saturating_sub(usual.len() + 1);
        let name: String = name.chars().take(room).collect();
        format!("{name}.{usual}")
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

/// True for marks without a shape that are neither controls nor turn text around: zero-width ones, fillers, selectors and
/// tags (`Default_Ignorable_Code_Point` of Unicode, and the marks of interlinear notes). Two names that differ in them look
/// the same.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::{FileKind, MAX_NAME_CHARS};

    #[test]
    fn a_name_ends_in_what_the_kind_ends_in() {
        for (kind, name, usual, expected) in [
            (FileKind::Png, "zz.hta", "png", "zz.hta.png"),
            (FileKind::Png, "a.PNG", "png", "a.PNG"),
            (FileKind::Gif, "x.html", "gif", "x.html.gif"),
            (FileKind::Text, "y.exe", "csv", "y.exe.csv"),
            (FileKind::Text, "stock.Tab", "csv", "stock.Tab"),
            (FileKind::Text, "EXPORT", "csv", "EXPORT.csv"),
            (FileKind::Text, "y.exe. .", "csv", "y.exe.csv"),
            (FileKind::Text, "y.csv.", "csv", "y.csv"),
            (FileKind::Jpeg, "a.png", "jpg", "a.png.jpg"),
            (FileKind::Workbook, "stock.xlsm", "xlsx", "stock.xlsm"),
            (FileKind::Packed, "stock.csv", "gz", "stock.csv.gz"),
            (FileKind::Pdf, "", "pdf", ".pdf"),
        ] {
            assert_eq!(kind.named(name, usual), expected, "{name}");
        }
        let long = FileKind::Text.named(&"ä".repeat(MAX_NAME_CHARS), "csv");
        assert_eq!(long.chars().count(), MAX_NAME_CHARS);
        assert_eq!(&long[long.len() - 4..], ".csv", "{long}");
    }
}
