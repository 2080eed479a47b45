//! Building a generation: rows in, a directory out. Runs in the child process.

use std::fs;
use std::path::{Path, PathBuf};

use tantivy::merge_policy::NoMergePolicy;
use tantivy::schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, IndexSettings, IndexWriter, TantivyDocument};

use super::columns::writer::{ColumnsWriter, Untyped};
use super::error::SearchError;
use super::query::parse::name_key;
use super::words::{Form, Words};
use crate::domain::column::{Column, ColumnRole, ColumnType};
use crate::domain::record::Record;

/// The columns file within a generation's directory.
pub(crate) const COLUMNS_FILE: &str = "columns.bin";
/// The word index within a generation's directory.
pub(crate) const WORDS_DIR: &str = "words";
/// Name of the tokenizer in the word index.
pub(crate) const TOKENIZER: &str = "words";
/// Name of the one that gives only inflected words.
pub(crate) const INFLECTED: &str = "inflected";
/// Threads that index words while the building thread reads and sorts. Two cores is the design load.
const INDEXING_THREADS: usize = 2;
/// Memory of both threads before a segment is written: two segments for 1,000,000 rows, and the whole child
/// stays under 600 MB.
const INDEXING_BYTES: usize = 160 << 20;

/// The word index's fields.
#[derive(Clone, Copy)]
pub(crate) struct WordFields {
    /// Words of the columns everybody sees.
    pub shown: Field,
    /// Words of the columns that are hidden for customers.
    pub hidden: Field,
    /// Inflected words of the columns everybody sees, as they stand.
    pub inflected: Field,
    /// The row's number.
    pub row: Field,
}

fn word_schema() -> (Schema, WordFields) {
    let mut builder = Schema::builder();
    // Positions are not needed: phrases are found in the columns file, this is for relevance.
    let text = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_index_option(IndexRecordOption::WithFreqs)
            .set_fieldnorms(true),
    );
    // No lengths: how many of a row's words are inflected says nothing about it.
    let inflected = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(INFLECTED)
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false),
    );
    let fields = WordFields {
        inflected: builder.add_text_field("inflected", inflected),
        shown: builder.add_text_field("shown", text.clone()),
        hidden: builder.add_text_field("hidden", text),
        row: builder.add_u64_field("row", FAST),
    };
    (builder.build(), fields)
}

impl WordFields {
    pub(crate) fn of(schema: &Schema) -> Result<Self, SearchError> {
        Ok(Self {
            shown: schema.get_field("shown")?,
            hidden: schema.get_field("hidden")?,
            inflected: schema.get_field("inflected")?,
            row: schema.get_field("row")?,
        })
    }
}

/// Headers of a row's running number.
const RUNNING_NUMBERS: [&str; 10] =
    ["id", "row id", "rowid", "index", "idx", "line", "line no", "no", "nr", "#"];

/// Whether a column's cells count for relevance. Amounts, dates, yes/no and a row's running number say nothing
/// about what a row is, and the running number 320 is the rarest of words to whoever looks for 320 GB.
fn has_words(column: &Column) -> bool {
    matches!(column.column_type, ColumnType::Text | ColumnType::Code | ColumnType::Integer)
        && !matches!(column.role, Some(ColumnRole::Quantity | ColumnRole::Price))
        && !RUNNING_NUMBERS.contains(&name_key(&column.name).as_str())
}

/// Builds one generation in a directory of its own.
pub struct Builder {
    dir: PathBuf,
    columns: ColumnsWriter,
    shown: Vec<usize>,
    hidden: Vec<usize>,
    /// Columns everybody sees whose words are inflected: codes are not.
    inflected: Vec<usize>,
    fields: WordFields,
    words: IndexWriter<TantivyDocument>,
}

impl Builder {
    /// Starts a generation in `dir`, which must not exist.
    ///
    /// # Errors
    /// [`SearchError::Io`] where the directory cannot be made, for instance because the disk is full.
    pub fn create(dir: &Path, columns: &[Column]) -> Result<Self, SearchError> {
        let words_dir = dir.join(WORDS_DIR);
        fs::create_dir_all(&words_dir).map_err(SearchError::io("making the generation's directory"))?;
        let (schema, fields) = word_schema();
        let directory = tantivy::directory::MmapDirectory::open(&words_dir)
            .map_err(|error| SearchError::Words(error.into()))?;
        let index = Index::create(directory, schema, IndexSettings::default())?;
        index.tokenizers().register(TOKENIZER, Words::default());
        index.tokenizers().register(INFLECTED, Words::new(Form::Inflected));
        let words = index.writer_with_num_threads(INDEXING_THREADS, INDEXING_BYTES)?;
        words.set_merge_policy(Box::new(NoMergePolicy));
        let with_words = |hidden: bool| -> Vec<usize> {
            (0..columns.len())
                .filter(|index| has_words(&columns[*index]) && columns[*index].hidden == hidden)
                .collect()
        };
        Ok(Self {
            dir: dir.to_owned(),
            columns: ColumnsWriter::create(&dir.join(COLUMNS_FILE), columns)?,
            inflected: with_words(false)
                .into_iter()
                .filter(|index| columns[*index].column_type == ColumnType::Text)
                .collect(),
            shown: with_words(false),
            hidden: with_words(true),
            fields,
            words,
        })
    }

    /// Adds a row; `untyped` receives the columns whose cell does not parse as their type.
    ///
    /// # Errors
    /// [`SearchError::TooMuchText`], or [`SearchError::Io`] and [`SearchError::Words`] where the disk is full.
    pub fn add(&mut self, record: &Record, untyped: &mut Untyped) -> Result<(), SearchError> {
        let row = u64::from(self.columns.rows());
        self.columns.add(record, untyped)?;
        let joined = |columns: &[usize]| {
            let mut text = String::with_capacity(columns.len() * 12);
            for cell in columns.iter().filter_map(|index| record.get(*index)) {
                text.push_str(cell);
                text.push(' ');
            }
            text
        };
        let mut document = TantivyDocument::default();
        document.add_text(self.fields.shown, joined(&self.shown));
        document.add_text(self.fields.inflected, joined(&self.inflected));
        if !self.hidden.is_empty() {
            document.add_text(self.fields.hidden, joined(&self.hidden));
        }
        document.add_u64(self.fields.row, row);
        self.words.add_document(document)?;
        Ok(())
    }

    /// Rows so far.
    pub fn rows(&self) -> u32 {
        self.columns.rows()
    }

    /// Completes the generation and flushes it to disk; returns its rows.
    ///
    /// # Errors
    /// As [`Builder::add`]. The directory is then incomplete and has to be deleted.
    pub fn finish(mut self) -> Result<u32, SearchError> {
        let rows = self.columns.rows();
        // The word index is written by its own threads while this one sorts the columns.
        let words = std::thread::spawn(move || -> Result<(), SearchError> {
            self.words.commit()?;
            self.words.wait_merging_threads()?;
            Ok(())
        });
        let columns = self.columns.finish();
        let words = words
            .join()
            .map_err(|_| SearchError::Damaged("the word index could not be written".to_owned()))?;
        columns?;
        words?;
        for dir in [self.dir.join(WORDS_DIR), self.dir] {
            fs::File::open(&dir)
                .and_then(|dir| dir.sync_all())
                .map_err(SearchError::io("flushing the generation's directory to disk"))?;
        }
        Ok(rows)
    }
}
