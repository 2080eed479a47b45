//! The smallest and the largest number of a column: how much room its cells need.

use super::view::View;

impl View {
    /// The cells with the smallest and the largest number among the reader's own rows, for each visible column in
    /// file order; none where a column has no numbers or dates there.
    pub fn extremes(&self) -> Vec<Option<[&str; 2]>> {
        self.visible().iter().map(|index| self.extremes_of(*index)).collect()
    }

    fn extremes_of(&self, index: usize) -> Option<[&str; 2]> {
        let column = self.generation().columns.column(index);
        if self.rows().is_empty() {
            return None;
        }
        let last = column.first_untyped().checked_sub(1)?;
        let end = column.rank_starts[column.rank_of[last as usize] as usize + 1] as usize;
        let theirs = |row: &&u32| self.rows().contains(**row);
        let ordered = &column.rows_by_rank[..end];
        let low = ordered.iter().find(theirs)?;
        let high = ordered.iter().rev().find(theirs)?;
        Some([column.cell_of_row(*low), column.cell_of_row(*high)])
    }
}
