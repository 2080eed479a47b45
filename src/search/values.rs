//! The distinct cells of a column, and keys that are not distinct: what a check of a whole generation counts.

use super::columns::file::with_ordinals;
use super::error::SearchError;
use super::view::View;

/// A distinct cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'v> {
    /// As imported.
    pub cell: &'v str,
    /// The reader's rows that have it: at least one.
    pub rows: u32,
    /// What it is to its column's type.
    pub kind: ValueKind,
}

/// What a cell is to its column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// It parses.
    Typed,
    /// It is text that does not.
    Untyped,
    /// Nothing.
    Blank,
}

impl View {
    /// Every distinct cell of a column with the number of rows that have it, in the column's order.
    ///
    /// # Errors
    /// [`SearchError::NoColumn`] where the column does not exist for the reader.
    pub fn values(&self, column: &str) -> Result<Vec<Value<'_>>, SearchError> {
        let index = self.column_called(column)?;
        let column = self.generation().columns.column(index);
        let mut counts = vec![0_u32; column.distinct() as usize];
        with_ordinals!(column.ordinals, |all| {
            self.rows().for_each(|row| counts[all[row as usize] as usize] += 1);
        });
        let values = (0..column.distinct()).zip(counts).filter(|(_, rows)| *rows > 0);
        Ok(values
            .map(|(ordinal, rows)| {
                let kind = if ordinal >= column.first_blank() {
                    ValueKind::Blank
                } else if ordinal >= column.first_untyped() {
                    ValueKind::Untyped
                } else {
                    ValueKind::Typed
                };
                Value { cell: column.cell(ordinal), rows, kind }
            })
            .collect())
    }

    /// Rows that share their key with an earlier one, and the keys of a few of them, cells joined by commas; `None` where
    /// there is no key.
    pub fn shared_keys(&self, examples: usize) -> Option<(u64, Vec<(String, u64)>)> {
        let columns = &self.generation().columns;
        let key: Vec<usize> =
            columns.columns().enumerate().filter(|(_, column)| column.key).map(|(index, _)| index).collect();
        if key.is_empty() {
            return None;
        }
        let hashes = columns.key_hashes();
        let mut rows = Vec::with_capacity(self.total() as usize);
        self.rows().for_each(|row| rows.push((hashes[row as usize], row)));
        rows.sort_unstable();
        let (mut shared, mut named) = (0, Vec::new());
        for alike in rows.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
            shared += alike.len() as u64 - 1;
            if named.len() < examples {
                let cells = key.iter().map(|index| columns.column(*index).cell_of_row(alike[0].1));
                named.push((cells.collect::<Vec<_>>().join(", "), alike.len() as u64));
            }
        }
        Some((shared, named))
    }
}
