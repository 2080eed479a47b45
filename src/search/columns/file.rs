//! A columns file opened for reading.

use std::path::Path;

use tantivy::Directory;
use tantivy::directory::{MmapDirectory, OwnedBytes};
use xxhash_rust::xxh3::xxh3_64;

use super::{ColumnSections, Contents, MAGIC, SEPARATOR, Section};
use crate::domain::column::Column;
use crate::search::error::SearchError;

/// A memory-mapped columns file.
pub struct ColumnsFile {
    bytes: OwnedBytes,
    contents: Contents,
}

fn damaged(what: impl Into<String>) -> SearchError {
    SearchError::Damaged(what.into())
}

impl ColumnsFile {
    /// Maps `dir/name` and checks its ends, its table of contents and that every section is where that says.
    pub fn open(dir: &Path, name: &str) -> Result<Self, SearchError> {
        let directory = MmapDirectory::open(dir).map_err(|error| damaged(error.to_string()))?;
        let bytes = directory
            .open_read(Path::new(name))
            .and_then(|file| {
                file.read_bytes().map_err(|error| {
                    tantivy::directory::error::OpenReadError::wrap_io_error(error, Path::new(name).to_owned())
                })
            })
            .map_err(|error| damaged(error.to_string()))?;
        let tail = bytes
            .len()
            .checked_sub(16)
            .filter(|at| *at >= MAGIC.len())
            .ok_or_else(|| damaged("too short"))?;
        if bytes[..MAGIC.len()] != *MAGIC {
            return Err(damaged("not a columns file"));
        }
        let number = |at: usize| {
            let mut raw = [0; 8];
            raw.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(raw)
        };
        let start = usize::try_from(number(tail))
            .ok()
            .and_then(|len| tail.checked_sub(len))
            .ok_or_else(|| damaged("its table of contents is cut off"))?;
        let contents = &bytes[start..tail];
        if xxh3_64(contents) != number(tail + 8) {
            return Err(damaged("the checksum of its table of contents does not match"));
        }
        let contents: Contents = serde_json::from_slice(contents)
            .map_err(|error| damaged(format!("table of contents: {error}")))?;
        let file = Self { bytes, contents };
        for (_, section) in file.sections() {
            if section.offset % 8 != 0 || section.offset + section.len > start as u64 {
                return Err(damaged("a section lies outside the file"));
            }
        }
        Ok(file)
    }

    fn sections(&self) -> Vec<(&str, Section)> {
        let mut all = vec![
            ("keys", self.contents.key_hashes),
            ("rows", self.contents.row_hashes),
            ("lines", self.contents.lines),
            ("vocabulary", self.contents.vocabulary.0),
            ("vocabulary", self.contents.vocabulary.1),
        ];
        for column in &self.contents.columns {
            let name = column.column.name.as_str();
            let pairs = [Some((column.raw_offsets, column.raw)), column.folded, column.squeezed];
            all.extend(pairs.into_iter().flatten().flat_map(|(a, b)| [(name, a), (name, b)]));
            let single = [column.rank_of, column.ordinals, column.rows_by_rank, column.rank_starts];
            all.extend(single.into_iter().chain(column.numbers).map(|section| (name, section)));
        }
        all
    }

    /// Reads every byte against its checksum.
    pub fn verify(&self) -> Result<(), SearchError> {
        for (name, section) in self.sections() {
            if xxh3_64(self.section(section)) != section.xxh3 {
                return Err(damaged(format!("the checksum of `{name}` does not match")));
            }
        }
        Ok(())
    }

    #[inline]
    fn section(&self, section: Section) -> &[u8] {
        &self.bytes[section.offset as usize..(section.offset + section.len) as usize]
    }

    /// Sections start at multiples of eight bytes of a page-aligned map, so the cast holds.
    #[inline]
    fn cast<T: bytemuck::AnyBitPattern>(&self, section: Section) -> &[T] {
        bytemuck::cast_slice(self.section(section))
    }

    /// How many rows.
    pub fn rows(&self) -> u32 {
        self.contents.rows
    }

    /// How many columns.
    pub fn width(&self) -> usize {
        self.contents.columns.len()
    }

    /// The columns as they were imported.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.contents.columns.iter().map(|sections| &sections.column)
    }

    /// The column at `index`.
    pub fn column(&self, index: usize) -> ColumnReader<'_> {
        let sections = &self.contents.columns[index];
        let blob = |sections| self.blob(sections);
        let raw = blob((sections.raw_offsets, sections.raw));
        let folded = sections.folded.map_or(raw, blob);
        ColumnReader {
            meta: sections,
            raw,
            folded,
            squeezed: sections.squeezed.map_or(folded, blob),
            rank_of: self.cast(sections.rank_of),
            ordinals: match sections.ordinal_bytes {
                1 => Ordinals::Byte(self.section(sections.ordinals)),
                2 => Ordinals::Short(self.cast(sections.ordinals)),
                _ => Ordinals::Long(self.cast(sections.ordinals)),
            },
            rows_by_rank: self.cast(sections.rows_by_rank),
            rank_starts: self.cast(sections.rank_starts),
            numbers: sections.numbers.map(|section| self.cast(section)),
        }
    }

    fn blob(&self, (offsets, text): (Section, Section)) -> Blob<'_> {
        Blob { offsets: self.cast(offsets), text: self.section(text) }
    }

    /// The words of text columns in order.
    pub fn vocabulary(&self) -> Blob<'_> {
        self.blob(self.contents.vocabulary)
    }

    /// Each row's key hash.
    pub fn key_hashes(&self) -> &[u64] {
        self.cast(self.contents.key_hashes)
    }

    /// Each row's hash over (column name, cell) pairs.
    pub fn row_hashes(&self) -> &[u64] {
        self.cast(self.contents.row_hashes)
    }

    /// The line each row starts on in the imported file.
    pub fn lines(&self) -> &[u64] {
        self.cast(self.contents.lines)
    }
}

/// Values one after the other, each followed by [`SEPARATOR`].
#[derive(Clone, Copy)]
pub struct Blob<'f> {
    offsets: &'f [u32],
    /// All of them, for a pass with `memchr::memmem`.
    pub text: &'f [u8],
}

impl<'f> Blob<'f> {
    /// The value at `ordinal`.
    #[inline]
    pub fn get(&self, ordinal: u32) -> &'f [u8] {
        let ordinal = ordinal as usize;
        &self.text[self.offsets[ordinal] as usize..self.offsets[ordinal + 1] as usize - 1]
    }

    /// How many values.
    #[inline]
    pub fn values(&self) -> u32 {
        self.offsets.len() as u32 - 1
    }

    /// The ordinals whose value contains `needle`, in order.
    #[inline]
    pub fn containing(&self, needle: &[u8], mut each: impl FnMut(u32)) {
        if needle.is_empty() {
            (0..self.values()).for_each(each);
            return;
        }
        debug_assert!(!needle.contains(&SEPARATOR));
        let finder = memchr::memmem::Finder::new(needle);
        let mut at = 0;
        let mut ordinal = 0;
        while let Some(found) = finder.find(&self.text[at..]) {
            let position = (at + found) as u32;
            ordinal = self.ordinal_at(position, ordinal);
            each(ordinal);
            at = self.offsets[ordinal as usize + 1] as usize;
            ordinal += 1;
        }
    }

    /// Which value a byte belongs to, looking from `from` on: a few steps, then by halves.
    #[inline]
    fn ordinal_at(&self, position: u32, from: u32) -> u32 {
        let ends = &self.offsets[from as usize + 1..];
        for (step, end) in ends.iter().take(4).enumerate() {
            if position < *end {
                return from + step as u32;
            }
        }
        from + ends.partition_point(|end| *end <= position) as u32
    }
}

/// Each row's ordinal, as narrow as the column allows.
#[derive(Clone, Copy)]
pub enum Ordinals<'f> {
    /// Up to 256 distinct cells.
    Byte(&'f [u8]),
    /// Up to 65,536.
    Short(&'f [u16]),
    /// More.
    Long(&'f [u32]),
}

impl Ordinals<'_> {
    /// The row's ordinal.
    #[inline]
    pub fn get(&self, row: u32) -> u32 {
        match self {
            Self::Byte(all) => u32::from(all[row as usize]),
            Self::Short(all) => u32::from(all[row as usize]),
            Self::Long(all) => all[row as usize],
        }
    }
}

/// Runs `$body` with `$all` bound to the slice, whatever its width: one tight loop for each.
macro_rules! with_ordinals {
    ($ordinals:expr, |$all:ident| $body:expr) => {
        match $ordinals {
            $crate::search::columns::file::Ordinals::Byte($all) => $body,
            $crate::search::columns::file::Ordinals::Short($all) => $body,
            $crate::search::columns::file::Ordinals::Long($all) => $body,
        }
    };
}
pub(crate) use with_ordinals;

/// One column of a generation.
#[derive(Clone, Copy)]
pub struct ColumnReader<'f> {
    meta: &'f ColumnSections,
    /// The cells as they were imported, in order.
    pub raw: Blob<'f>,
    /// The same folded.
    pub folded: Blob<'f>,
    /// The same without punctuation, for codes; for others the folding.
    pub squeezed: Blob<'f>,
    /// Each ordinal's place in the order.
    pub rank_of: &'f [u32],
    /// Each row's ordinal.
    pub ordinals: Ordinals<'f>,
    /// All rows by rank, then row.
    pub rows_by_rank: &'f [u32],
    /// Where each rank's rows start in `rows_by_rank`, and where the last one's end.
    pub rank_starts: &'f [u32],
    /// Each typed ordinal's number at [`ColumnReader::scale`].
    pub numbers: Option<&'f [i64]>,
}

impl<'f> ColumnReader<'f> {
    /// Name, type, role and flags.
    pub fn column(&self) -> &'f Column {
        &self.meta.column
    }

    /// How many distinct cells.
    pub fn distinct(&self) -> u32 {
        self.meta.distinct
    }

    /// The first blank ordinal.
    pub fn first_blank(&self) -> u32 {
        self.meta.first_blank
    }

    /// The first ordinal that does not parse as the column's type; blanks follow those.
    pub fn first_untyped(&self) -> u32 {
        self.meta.first_untyped
    }

    /// Decimal places of [`ColumnReader::numbers`].
    pub fn scale(&self) -> u32 {
        self.meta.scale
    }

    /// Whether codes of this column have a form without punctuation that differs.
    pub fn has_squeezed(&self) -> bool {
        self.meta.squeezed.is_some()
    }

    /// The cell at `ordinal` as imported.
    #[inline]
    pub fn cell(&self, ordinal: u32) -> &'f str {
        // Written from `&str`; a flipped bit on disk shows as an empty cell until `verify` finds it.
        std::str::from_utf8(self.raw.get(ordinal)).unwrap_or_default()
    }

    /// The row's cell as imported.
    #[inline]
    pub fn cell_of_row(&self, row: u32) -> &'f str {
        self.cell(self.ordinals.get(row))
    }

    /// The ordinal of exactly this cell, if any row has it.
    pub fn ordinal_of(&self, cell: &str) -> Option<u32> {
        let typed = super::dictionary::typed_cell(cell, self.column());
        let folded = crate::domain::fold::fold(cell);
        let low = self.partition(|ordinal| {
            let theirs = super::dictionary::typed_cell(self.cell(ordinal), self.column());
            theirs
                .cmp(&typed)
                .then_with(|| match typed {
                    super::dictionary::TypedCell::Text => self.folded.get(ordinal).cmp(folded.as_bytes()),
                    _ => std::cmp::Ordering::Equal,
                })
                .then_with(|| self.cell(ordinal).cmp(cell))
                .is_lt()
        });
        (low < self.distinct() && self.cell(low) == cell).then_some(low)
    }

    /// The first ordinal for which `before` does not hold; `before` must hold for a prefix of the order.
    #[inline]
    pub fn partition(&self, before: impl Fn(u32) -> bool) -> u32 {
        let (mut low, mut high) = (0, self.distinct());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(middle) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// How many rows have this ordinal's rank.
    #[inline]
    pub fn rows_of_rank(&self, rank: u32) -> &'f [u32] {
        &self.rows_by_rank
            [self.rank_starts[rank as usize] as usize..self.rank_starts[rank as usize + 1] as usize]
    }
}
