//! One row of a file as text: all cells in one buffer, reused from row to row.

/// A row's cells and the line it starts on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// 1-based line of the file on which the record starts.
    pub line: u64,
    text: String,
    ends: Vec<usize>,
}

impl Record {
    /// Forgets the cells, keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Appends a whole cell.
    #[inline]
    pub fn push_cell(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    /// Appends to the cell under construction; [`Record::end_cell`] completes it.
    #[inline]
    pub fn push_str(&mut self, part: &str) {
        self.text.push_str(part);
    }

    /// Completes the cell under construction.
    #[inline]
    pub fn end_cell(&mut self) {
        self.ends.push(self.text.len());
    }

    /// Number of cells.
    #[inline]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True where there is no cell at all.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all cells together.
    pub fn text_len(&self) -> usize {
        self.text.len()
    }

    /// Bytes of the cell under construction.
    pub fn open_cell_len(&self) -> usize {
        self.text.len() - self.ends.last().copied().unwrap_or(0)
    }

    /// The cell at `index`, or `None` past the last.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        Some(&self.text[start..end])
    }

    /// All cells in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Keeps the first `len` cells.
    pub fn truncate(&mut self, len: usize) {
        if len < self.ends.len() {
            self.text.truncate(if len == 0 { 0 } else { self.ends[len - 1] });
            self.ends.truncate(len);
        }
    }
}
