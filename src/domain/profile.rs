//! How a file becomes a dataset: remembered, so that the next file of the same shape needs no questions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::column::Column;

/// How a delimited text file marks quotes inside a quoted cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuoteEscape {
    /// The quote twice (RFC 4180 §2.7).
    #[default]
    Doubled,
    /// A backslash before the quote.
    Backslash,
    /// Not at all: a quote closes a cell where a delimiter or a line end follows, and is a character elsewhere.
    Never,
}

/// What blanks next to a delimiter are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blanks {
    /// Part of the cell.
    #[default]
    Kept,
    /// Part of the delimiter before them: `a, b`.
    Skipped,
    /// Delimiters themselves, and several in a row count as one: columns aligned with spaces.
    Joined,
}

/// How a delimited text file is cut into cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// Between cells. One ASCII character or any other that the file's encoding can write.
    pub delimiter: char,
    /// Around cells that hold delimiters or line ends; `None` where the file has no quoting.
    pub quote: Option<char>,
    /// How a quote inside a quoted cell is written.
    pub escape: QuoteEscape,
    /// What blanks next to a delimiter are.
    #[serde(default)]
    pub blanks: Blanks,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: ',', quote: Some('"'), escape: QuoteEscape::Doubled, blanks: Blanks::Kept }
    }
}

/// What the table of a file lies in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Container {
    /// The file is the table's text.
    #[default]
    Plain,
    /// Text that gzip compressed (RFC 1952).
    Gzip,
    /// One member of a ZIP archive.
    Zip {
        /// Its name there.
        member: String,
    },
    /// A sheet of a workbook: XLSX, XLS or ODS.
    Sheet {
        /// Its name there.
        sheet: String,
    },
}

impl Container {
    /// True where the text was made of a sheet, so that a record is a row of it.
    pub fn is_sheet(&self) -> bool {
        matches!(self, Self::Sheet { .. })
    }
}

/// Everything needed to read a file the same way again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// What the table lies in.
    #[serde(default)]
    pub container: Container,
    /// WHATWG label of the encoding, lower case: `utf-8`, `utf-16le`, `windows-1252`.
    pub encoding: String,
    /// How lines are cut into cells.
    pub dialect: Dialect,
    /// Records before the header (a title block), 0-based number of the header record; `None` where the file
    /// has no header and columns are named `Column 1`, `Column 2`, ….
    pub header_record: Option<usize>,
    /// Records that the header goes on for below its first: names of two or three rows are joined.
    #[serde(default)]
    pub more_header_records: usize,
    /// Records between the header and the first row that hold units and the like, and are no rows.
    #[serde(default)]
    pub records_below_header: usize,
    /// True where the file has records below its header that are no rows: totals, notes, repeated headers, another
    /// table. Which these are is decided by their looks each time.
    #[serde(default)]
    pub has_footer: bool,
    /// True where the site wrote the file itself: it is read as it stands, and nothing in it is mended.
    #[serde(default)]
    pub is_own: bool,
    /// The columns, in file order.
    pub columns: Vec<Column>,
    /// Columns that customers must not see and that the file does not have: they stay hidden if they come back.
    #[serde(default)]
    pub hidden_elsewhere: Vec<String>,
    /// The column that looks like the owner column where nobody has named one. It decides nothing.
    #[serde(default)]
    pub suggested_owner: Option<String>,
}

impl Profile {
    /// True where the file has a column of this name.
    pub fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    /// The shape of the file that it was made from.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.columns.iter().map(Column::header))
    }

    /// Names of all columns that customers must not see, in the file or not.
    pub fn hidden_names(&self) -> impl Iterator<Item = &String> {
        let here = self.columns.iter().filter(|column| column.hidden).map(|column| &column.name);
        here.chain(&self.hidden_elsewhere)
    }
}

/// The headers of a file in short: files that have the same ones, in the same order, are of one shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// That of these headers.
    pub fn of<'h>(headers: impl IntoIterator<Item = &'h str>) -> Self {
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        for header in headers {
            hasher.update(&(header.len() as u64).to_le_bytes());
            hasher.update(header.as_bytes());
        }
        Self(hasher.digest128().to_be_bytes())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for Fingerprint {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number =
            Some(text).filter(|text| text.len() == 32).and_then(|text| u128::from_str_radix(text, 16).ok());
        number.map(|number| Self(number.to_be_bytes())).ok_or_else(|| format!("`{text}` names no profile"))
    }
}

/// What a person said about how the cells of a file are found, where what is found by itself was wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Encoding label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Between cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// 1-based record that is the header, 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<usize>,
}

impl Reading {
    /// This one, and what it does not say as `other` says it.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            encoding: self.encoding.or_else(|| other.encoding.clone()),
            delimiter: self.delimiter.or(other.delimiter),
            header: self.header.or(other.header),
        }
    }
}

/// How the files of one shape are read and what their columns are: what is remembered of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// What is not left to be found in each file.
    #[serde(default)]
    pub reading: Reading,
    /// The profile of the last of them.
    pub profile: Profile,
}
