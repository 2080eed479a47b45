//! Builds a columns file from rows in file order, in memory that grows with the distinct cells and not with
//! the rows: each row's numbers go to a spill file beside it.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::{Xxh3Default, xxh3_64, xxh3_64_with_seed};

use super::dictionary::{Dictionary, Sorted, TypedCell, typed_cell};
use super::vocabulary::Vocabulary;
use super::{ColumnSections, Contents, MAGIC, SEPARATOR, Section};
use crate::domain::column::{Column, ColumnType};
use crate::domain::fold::squeeze_into;
use crate::domain::record::Record;
use crate::search::error::SearchError;

/// Numbers kept for a column before they go to the spill file: 4 KB each, so that 1,000 columns hold 4 MB.
const SPILL_BLOCK: usize = 1_024;
/// Offsets within a blob are u32.
const MAX_BLOB_BYTES: u64 = u32::MAX as u64;

struct ColumnBuilder {
    column: Column,
    dictionary: Dictionary,
    /// For each distinct cell of a typed column: it is text that does not parse.
    untyped: Vec<bool>,
    pending: Vec<u32>,
    blocks: Vec<u64>,
    name_hash: u64,
}

/// Builds a columns file.
pub struct ColumnsWriter {
    path: PathBuf,
    columns: Vec<ColumnBuilder>,
    spill: BufWriter<File>,
    spilled: u64,
    vocabulary: Vocabulary,
    rows: u32,
    has_key: bool,
    key_hashes: Vec<u8>,
    row_hashes: Vec<u8>,
    lines: Vec<u8>,
}

/// What the writer noticed about a row: cells that do not parse as their column's type, by column number.
pub type Untyped = Vec<usize>;

impl ColumnsWriter {
    /// A writer of `path`, which must not exist.
    pub fn create(path: &Path, columns: &[Column]) -> Result<Self, SearchError> {
        let spill = tempfile::tempfile_in(path.parent().unwrap_or(Path::new(".")))
            .map_err(SearchError::io("making a spill file"))?;
        Ok(Self {
            path: path.to_owned(),
            has_key: columns.iter().any(|column| column.key),
            columns: columns
                .iter()
                .map(|column| ColumnBuilder {
                    name_hash: xxh3_64(column.name.as_bytes()),
                    column: column.clone(),
                    dictionary: Dictionary::default(),
                    untyped: Vec::new(),
                    pending: Vec::with_capacity(SPILL_BLOCK),
                    blocks: Vec::new(),
                })
                .collect(),
            spill: BufWriter::with_capacity(1 << 20, spill),
            spilled: 0,
            vocabulary: Vocabulary::default(),
            rows: 0,
            key_hashes: Vec::new(),
            row_hashes: Vec::new(),
            lines: Vec::new(),
        })
    }

    /// Adds a row; `untyped` is cleared and filled with the columns whose cell does not parse as their type.
    pub fn add(&mut self, record: &Record, untyped: &mut Untyped) -> Result<(), SearchError> {
        untyped.clear();
        let mut key = Xxh3Default::new();
        let mut row_hash = 0_u64;
        for (index, builder) in self.columns.iter_mut().enumerate() {
            let cell = record.get(index).unwrap_or_default();
            let (number, new) = builder.dictionary.number_of(cell);
            if new {
                if builder.dictionary.text_bytes() + builder.dictionary.distinct() as u64 > MAX_BLOB_BYTES / 3
                {
                    return Err(too_much_text(&builder.column.name));
                }
                let is_untyped = !matches!(builder.column.column_type, ColumnType::Text | ColumnType::Code)
                    && typed_cell(cell, &builder.column) == TypedCell::Text;
                builder.untyped.push(is_untyped);
                if builder.column.column_type == ColumnType::Text {
                    self.vocabulary.add(cell);
                }
            }
            if builder.untyped[number as usize] {
                untyped.push(index);
            }
            // Blank cells are left out and the sum takes no order, so that a new column that is blank, or
            // columns in another order, change no row.
            if !cell.is_empty() {
                row_hash = row_hash.wrapping_add(xxh3_64_with_seed(cell.as_bytes(), builder.name_hash));
            }
            if builder.column.key {
                key.update(cell.as_bytes());
                key.update(&[SEPARATOR]);
            }
            builder.pending.push(number);
            if builder.pending.len() == SPILL_BLOCK {
                Self::spill(&mut self.spill, &mut self.spilled, builder)?;
            }
        }
        let key_hash = if self.has_key { key.digest() } else { row_hash };
        self.key_hashes.extend_from_slice(&key_hash.to_le_bytes());
        self.row_hashes.extend_from_slice(&row_hash.to_le_bytes());
        self.lines.extend_from_slice(&record.line.to_le_bytes());
        self.rows += 1;
        Ok(())
    }

    /// Rows so far.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    fn spill(
        spill: &mut BufWriter<File>,
        spilled: &mut u64,
        builder: &mut ColumnBuilder,
    ) -> Result<(), SearchError> {
        builder.blocks.push(*spilled);
        spill
            .write_all(bytemuck::cast_slice(&builder.pending))
            .map_err(SearchError::io("writing the spill file"))?;
        *spilled += builder.pending.len() as u64 * 4;
        builder.pending.clear();
        Ok(())
    }

    /// Writes the file and fsyncs it.
    pub fn finish(mut self) -> Result<(), SearchError> {
        let io = SearchError::io;
        self.spill.flush().map_err(io("writing the spill file"))?;
        let mut spill =
            self.spill.into_inner().map_err(|error| io("writing the spill file")(error.into_error()))?;
        let file = File::create_new(&self.path).map_err(io("making the columns file"))?;
        let mut out = Out { file: BufWriter::with_capacity(1 << 20, file), at: 0 };
        out.write(MAGIC)?;
        let mut columns = Vec::with_capacity(self.columns.len());
        for builder in self.columns {
            columns.push(write_column(&mut out, builder, &mut spill, self.rows)?);
        }
        let words = self.vocabulary.sorted();
        let contents = Contents {
            rows: self.rows,
            columns,
            vocabulary: out.blob("vocabulary", words.iter().map(|word| &**word))?,
            key_hashes: out.section(&self.key_hashes)?,
            row_hashes: out.section(&self.row_hashes)?,
            lines: out.section(&self.lines)?,
        };
        let contents =
            serde_json::to_vec(&contents).map_err(|error| io("writing the contents")(error.into()))?;
        out.write(&contents)?;
        out.write(&(contents.len() as u64).to_le_bytes())?;
        out.write(&xxh3_64(&contents).to_le_bytes())?;
        let file =
            out.file.into_inner().map_err(|error| io("writing the columns file")(error.into_error()))?;
        file.sync_all().map_err(io("flushing the columns file to disk"))
    }
}

fn too_much_text(column: &str) -> SearchError {
    SearchError::TooMuchText { column: column.to_owned(), limit_gib: (MAX_BLOB_BYTES / 3) >> 30 }
}

struct Out {
    file: BufWriter<File>,
    at: u64,
}

impl Out {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SearchError> {
        self.at += bytes.len() as u64;
        self.file.write_all(bytes).map_err(SearchError::io("writing the columns file"))
    }

    fn section(&mut self, bytes: &[u8]) -> Result<Section, SearchError> {
        let padding = self.at.next_multiple_of(8) - self.at;
        self.write(&[0; 8][..padding as usize])?;
        let offset = self.at;
        self.write(bytes)?;
        Ok(Section { offset, len: bytes.len() as u64, xxh3: xxh3_64(bytes) })
    }

    /// Writes values one after the other with separators; returns their offsets and the blob.
    fn blob<'t>(
        &mut self,
        column: &str,
        values: impl Iterator<Item = &'t str>,
    ) -> Result<(Section, Section), SearchError> {
        let mut offsets: Vec<u32> = vec![0];
        let mut blob = Vec::new();
        for value in values {
            blob.extend_from_slice(value.as_bytes());
            blob.push(SEPARATOR);
            // Folding can make text longer than the look at its size on the way in allowed for.
            offsets.push(u32::try_from(blob.len()).map_err(|_| too_much_text(column))?);
        }
        Ok((self.section(bytemuck::cast_slice(&offsets))?, self.section(&blob)?))
    }
}

fn write_column(
    out: &mut Out,
    mut builder: ColumnBuilder,
    spill: &mut File,
    rows: u32,
) -> Result<ColumnSections, SearchError> {
    builder.dictionary.close();
    let dictionary = &builder.dictionary;
    let name = &builder.column.name;
    let sorted = dictionary.sort(&builder.column);
    let in_order = || sorted.order.iter().map(|number| dictionary.cell(*number));
    let (raw_offsets, raw) = out.blob(name, in_order())?;
    let folded = match sorted.order.first().and_then(|number| sorted.folded(*number)) {
        None => None,
        Some(_) => Some(
            out.blob(name, sorted.order.iter().map(|number| sorted.folded(*number).unwrap_or_default()))?,
        ),
    };
    let squeezed = if builder.column.column_type == ColumnType::Code {
        write_squeezed(out, name, dictionary, &sorted)?
    } else {
        None
    };
    let ordinals = read_ordinals(&builder, &sorted, spill, rows)?;
    let distinct = sorted.order.len() as u32;
    let ordinal_bytes: u8 = match distinct {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    };
    let ordinals_section = match ordinal_bytes {
        1 => out.section(&ordinals.iter().map(|ordinal| *ordinal as u8).collect::<Vec<_>>())?,
        2 => {
            let short: Vec<u16> = ordinals.iter().map(|ordinal| *ordinal as u16).collect();
            out.section(bytemuck::cast_slice(&short))?
        }
        _ => out.section(bytemuck::cast_slice(&ordinals))?,
    };
    // A counting sort: where each rank's rows start, then every row to its place.
    let mut rank_starts = vec![0_u32; sorted.ranks as usize + 1];
    for ordinal in &ordinals {
        rank_starts[sorted.rank_of[*ordinal as usize] as usize + 1] += 1;
    }
    for rank in 0..sorted.ranks as usize {
        rank_starts[rank + 1] += rank_starts[rank];
    }
    let mut next = rank_starts.clone();
    let mut rows_by_rank = vec![0_u32; ordinals.len()];
    for (row, ordinal) in ordinals.iter().enumerate() {
        let place = &mut next[sorted.rank_of[*ordinal as usize] as usize];
        rows_by_rank[*place as usize] = row as u32;
        *place += 1;
    }
    Ok(ColumnSections {
        distinct,
        ranks: sorted.ranks,
        first_blank: sorted.first_blank,
        first_untyped: sorted.first_untyped,
        scale: sorted.scale,
        ordinal_bytes,
        raw_offsets,
        raw,
        folded,
        squeezed,
        rank_of: out.section(bytemuck::cast_slice(&sorted.rank_of))?,
        ordinals: ordinals_section,
        rows_by_rank: out.section(bytemuck::cast_slice(&rows_by_rank))?,
        rank_starts: out.section(bytemuck::cast_slice(&rank_starts))?,
        numbers: match &sorted.numbers {
            None => None,
            Some(numbers) => Some(out.section(bytemuck::cast_slice(numbers))?),
        },
        column: builder.column,
    })
}

fn write_squeezed(
    out: &mut Out,
    name: &str,
    dictionary: &Dictionary,
    sorted: &Sorted,
) -> Result<Option<(Section, Section)>, SearchError> {
    let mut squeezed = String::new();
    let mut ends = Vec::with_capacity(sorted.order.len());
    let mut differs = false;
    for number in &sorted.order {
        let folded = sorted.folded(*number).unwrap_or_else(|| dictionary.cell(*number));
        let start = squeezed.len();
        squeeze_into(folded, &mut squeezed);
        differs = differs || squeezed[start..] != *folded;
        ends.push(squeezed.len());
    }
    if !differs {
        return Ok(None);
    }
    let starts = std::iter::once(0).chain(ends.iter().copied());
    Ok(Some(out.blob(name, starts.zip(&ends).map(|(start, end)| &squeezed[start..*end]))?))
}

/// Each row's ordinal, from the numbers that were spilled and those still pending.
fn read_ordinals(
    builder: &ColumnBuilder,
    sorted: &Sorted,
    spill: &mut File,
    rows: u32,
) -> Result<Vec<u32>, SearchError> {
    let mut ordinal_of = vec![0_u32; sorted.order.len()];
    for (ordinal, number) in sorted.order.iter().enumerate() {
        ordinal_of[*number as usize] = ordinal as u32;
    }
    let mut ordinals = Vec::with_capacity(rows as usize);
    let mut block = vec![0_u32; SPILL_BLOCK];
    for offset in &builder.blocks {
        spill.seek(SeekFrom::Start(*offset)).map_err(SearchError::io("reading the spill file"))?;
        spill
            .read_exact(bytemuck::cast_slice_mut(&mut block))
            .map_err(SearchError::io("reading the spill file"))?;
        ordinals.extend(block.iter().map(|number| ordinal_of[*number as usize]));
    }
    ordinals.extend(builder.pending.iter().map(|number| ordinal_of[*number as usize]));
    Ok(ordinals)
}
