//! What can go wrong while a generation is built, opened or asked.

use crate::domain::excerpt::excerpt;
/// An error of the search layer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// Reading or writing the generation's files failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A file of the generation is not what was written.
    #[error("the generation is damaged ({0}); it can be rebuilt from its import file")]
    Damaged(String),
    /// tantivy refused.
    #[error("the word index failed: {0}")]
    Words(#[from] tantivy::TantivyError),
    /// The reader named a column that does not exist for them.
    #[error("there is no column `{}`", excerpt(.0))]
    NoColumn(String),
    /// More distinct text in one column than a generation can hold.
    #[error("column `{}` holds more than {limit_gib} GiB of distinct text; split the file", excerpt(column))]
    TooMuchText {
        /// The column's name.
        column: String,
        /// The limit.
        limit_gib: u64,
    },
}

impl SearchError {
    /// For `map_err` on I/O: names what was being done.
    pub fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
