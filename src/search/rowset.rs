//! A set of a generation's rows: one bit a row, 125 KB for 1,000,000 rows.

/// A set of row numbers below a fixed bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSet {
    rows: u32,
    words: Vec<u64>,
}

impl RowSet {
    /// No row out of `rows`.
    pub fn empty(rows: u32) -> Self {
        Self { rows, words: vec![0; (rows as usize).div_ceil(64)] }
    }

    /// Every one of `rows` rows.
    pub fn full(rows: u32) -> Self {
        let mut set = Self { rows, words: vec![u64::MAX; (rows as usize).div_ceil(64)] };
        set.clear_tail();
        set
    }

    fn clear_tail(&mut self) {
        let used = self.rows % 64;
        if used != 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << used) - 1;
        }
    }

    /// The bound: how many rows there are, in the set or not.
    pub fn bound(&self) -> u32 {
        self.rows
    }

    /// How many rows are in the set.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// True where no row is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// How many rows of the set come before each of `rows`.
    pub fn ranks(&self, rows: &[u32]) -> Vec<u64> {
        let mut places: Vec<usize> = (0..rows.len()).collect();
        places.sort_unstable_by_key(|place| rows[*place]);
        let (mut ranks, mut counted, mut before) = (vec![0; rows.len()], 0, 0);
        for place in places {
            let (word, bit) = (rows[place] as usize / 64, rows[place] % 64);
            while counted < word {
                before += u64::from(self.words[counted].count_ones());
                counted += 1;
            }
            ranks[place] = before + u64::from((self.words[word] & ((1 << bit) - 1)).count_ones());
        }
        ranks
    }

    /// Adds a row.
    #[inline]
    pub fn insert(&mut self, row: u32) {
        self.words[row as usize / 64] |= 1 << (row % 64);
    }

    /// Whether a row is in the set.
    #[inline]
    pub fn contains(&self, row: u32) -> bool {
        self.words[row as usize / 64] >> (row % 64) & 1 == 1
    }

    /// Keeps the rows that `other` has too.
    pub fn and(&mut self, other: &Self) {
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word &= theirs;
        }
    }

    /// Adds `other`'s rows.
    pub fn or(&mut self, other: &Self) {
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word |= theirs;
        }
    }

    /// Drops `other`'s rows.
    pub fn and_not(&mut self, other: &Self) {
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word &= !theirs;
        }
    }

    /// Whether any row is in both sets.
    pub fn intersects(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).any(|(word, theirs)| word & theirs != 0)
    }

    /// Whether every row of `other` is in this set.
    pub fn covers(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(word, theirs)| theirs & !word == 0)
    }

    /// Calls `each` with every row of the set, in order.
    #[inline]
    pub fn for_each(&self, mut each: impl FnMut(u32)) {
        for (index, word) in self.words.iter().enumerate() {
            let base = index as u32 * 64;
            if *word == u64::MAX {
                for bit in 0..64 {
                    each(base + bit);
                }
                continue;
            }
            let mut left = *word;
            while left != 0 {
                each(base + left.trailing_zeros());
                left &= left - 1;
            }
        }
    }

    /// Up to `limit` rows from the set's `offset`-th on, in order.
    #[inline]
    pub fn window(&self, offset: u64, limit: usize) -> Vec<u32> {
        let mut rows = Vec::with_capacity(limit.min(self.rows as usize));
        let mut before = 0;
        for (index, word) in self.words.iter().enumerate() {
            let ones = u64::from(word.count_ones());
            if before + ones <= offset {
                before += ones;
                continue;
            }
            let mut left = *word;
            while left != 0 && rows.len() < limit {
                if before >= offset {
                    rows.push(index as u32 * 64 + left.trailing_zeros());
                }
                before += 1;
                left &= left - 1;
            }
            if rows.len() >= limit {
                break;
            }
        }
        rows
    }

    /// Sets every row `row` for which `keep(row)` holds, a word at a time.
    pub fn insert_where(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let rows = self.rows as usize;
        for (index, word) in self.words.iter_mut().enumerate() {
            let base = index * 64;
            let mut bits = 0;
            for bit in 0..64.min(rows - base) {
                bits |= u64::from(keep(base + bit)) << bit;
            }
            *word |= bits;
        }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.words.len() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::RowSet;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_count_the_rows_before(
            picks in prop::collection::btree_set(0u32..300, 0..100), asked in prop::collection::vec(0u32..300, 0..20),
        ) {
            let mut set = RowSet::empty(300);
            for row in &picks {
                set.insert(*row);
            }
            let expected: Vec<u64> = asked.iter().map(|row| picks.range(..row).count() as u64).collect();
            prop_assert_eq!(set.ranks(&asked), expected);
        }

        #[test]
        fn a_window_is_a_slice_of_the_rows_in_order(
            rows in 0u32..300, picks in prop::collection::btree_set(0u32..300, 0..100),
            offset in 0u64..120, limit in 0usize..40,
        ) {
            let picks: Vec<u32> = picks.into_iter().filter(|row| *row < rows).collect();
            let mut set = RowSet::empty(rows);
            for row in &picks {
                set.insert(*row);
            }
            let expected: Vec<u32> = picks.iter().copied().skip(offset as usize).take(limit).collect();
            prop_assert_eq!(set.window(offset, limit), expected);
            prop_assert_eq!(set.count(), picks.len() as u64);
            let mut seen = Vec::new();
            set.for_each(|row| seen.push(row));
            prop_assert_eq!(seen, picks);
        }
    }

    #[test]
    fn a_full_set_ends_at_its_bound() {
        for rows in [0, 1, 63, 64, 65, 130] {
            assert_eq!(RowSet::full(rows).count(), u64::from(rows));
        }
    }
}
