//! A generation opened for reading. It answers nothing by itself: [`Generation::view`] takes a scope.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use tantivy::directory::MmapDirectory;
use tantivy::{Index, Searcher};

use super::build::{COLUMNS_FILE, INFLECTED, TOKENIZER, WORDS_DIR, WordFields};
use super::cache::Cache;
use super::columns::file::ColumnsFile;
use super::error::SearchError;
use super::still::StillDirectory;
use super::view::View;
use super::words::{Form, Words};
use crate::domain::column::Column;
use crate::domain::scope::Scope;

/// One immutable import result, memory-mapped.
pub struct Generation {
    pub(super) columns: ColumnsFile,
    pub(super) words: Searcher,
    pub(super) fields: WordFields,
    /// Row numbers of each segment's documents, read when relevance is first asked for.
    pub(super) rows_of_segments: OnceLock<Vec<Vec<u32>>>,
    pub(super) cache: Cache,
    owner: Option<usize>,
    /// Columns that are hidden for customers now and were not when it was imported.
    hides: Vec<usize>,
}

/// Segments of the word index in `dir`.
///
/// # Errors
/// [`SearchError::Words`] where it does not open.
pub fn segments(dir: &Path) -> Result<usize, SearchError> {
    let directory =
        MmapDirectory::open(dir.join(WORDS_DIR)).map_err(|error| SearchError::Words(error.into()))?;
    Ok(Index::open(directory)?.searchable_segment_ids()?.len())
}

impl Generation {
    /// Opens the generation in `dir`. `owner` names the column whose cells are owners; without one, or where
    /// the generation has no such column, only scope `All` sees rows. `cache_bytes` bounds what its results
    /// may keep in memory.
    ///
    /// # Errors
    /// [`SearchError::Damaged`] and [`SearchError::Words`] where the directory is not what was built.
    pub fn open(dir: &Path, owner: Option<&str>, cache_bytes: usize) -> Result<Arc<Self>, SearchError> {
        Self::open_hiding(dir, owner, &BTreeSet::new(), cache_bytes)
    }

    /// As [`Generation::open`], with the columns of these names hidden from whoever sees no hidden columns, too.
    ///
    /// # Errors
    /// As [`Generation::open`].
    pub fn open_hiding(
        dir: &Path,
        owner: Option<&str>,
        hidden: &BTreeSet<String>,
        cache_bytes: usize,
    ) -> Result<Arc<Self>, SearchError> {
        let columns = ColumnsFile::open(dir, COLUMNS_FILE)?;
        let directory =
            MmapDirectory::open(dir.join(WORDS_DIR)).map_err(|error| SearchError::Words(error.into()))?;
        let index = Index::open(StillDirectory(directory))?;
        index.tokenizers().register(TOKENIZER, Words::default());
        index.tokenizers().register(INFLECTED, Words::new(Form::Inflected));
        let words =
            index.reader_builder().reload_policy(tantivy::ReloadPolicy::Manual).try_into()?.searcher();
        if words.num_docs() != u64::from(columns.rows()) {
            return Err(SearchError::Damaged(format!(
                "the word index has {} rows, the columns file {}",
                words.num_docs(),
                columns.rows()
            )));
        }
        let owner = owner.and_then(|owner| columns.columns().position(|column| column.name == owner));
        let hides = columns
            .columns()
            .enumerate()
            .filter(|(_, column)| !column.hidden && hidden.contains(&column.name))
            .map(|(index, _)| index)
            .collect();
        Ok(Arc::new(Self {
            hides,
            fields: WordFields::of(&index.schema())?,
            owner,
            columns,
            words,
            rows_of_segments: OnceLock::new(),
            cache: Cache::new(cache_bytes),
        }))
    }

    /// What a reader with this scope sees.
    pub fn view(self: &Arc<Self>, scope: &Scope) -> View {
        View::new(Arc::clone(self), scope)
    }

    /// How many rows it holds. Not for readers: theirs is [`View::total`].
    pub fn rows(&self) -> u32 {
        self.columns.rows()
    }

    /// The columns as imported. Not for readers: theirs is [`View::columns`].
    pub fn columns(&self) -> Vec<Column> {
        self.columns.columns().cloned().collect()
    }

    /// Whether a column is hidden from customers.
    pub(super) fn is_hidden(&self, index: usize) -> bool {
        self.columns.column(index).column().hidden || self.hides.contains(&index)
    }

    /// True where more is hidden from customers than when it was imported.
    pub(super) fn hides_more(&self) -> bool {
        !self.hides.is_empty()
    }

    pub(super) fn owner(&self) -> Option<usize> {
        self.owner
    }

    /// Reads every byte against its checksum.
    ///
    /// # Errors
    /// [`SearchError::Damaged`] naming the part.
    pub fn verify(&self) -> Result<(), SearchError> {
        self.columns.verify()?;
        let broken = self.words.index().validate_checksum()?;
        if broken.is_empty() {
            Ok(())
        } else {
            Err(SearchError::Damaged(format!("{} files of the word index", broken.len())))
        }
    }
}
