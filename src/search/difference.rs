//! What changed from one generation to another, for one reader: rows that came, went, or hold something else.
//!
//! Both sides are read through a [`View`], so that a row of somebody else, or a column that is hidden from the reader,
//! makes no difference that they could see: a row that changes its owner came for one and went for the other.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::error::SearchError;
use super::rowset::RowSet;
use super::view::{SearchRequest, View};

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It has another cell somewhere.
    Changed,
    /// It is new.
    Added,
    /// It is there no more.
    Removed,
}

impl Change {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 3] = [Self::Changed, Self::Added, Self::Removed];

    /// The word of it in addresses, in files and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// One column of either side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// It is there before.
    pub is_before: bool,
    /// It is there after.
    pub is_after: bool,
    /// Part of what rows are told apart by.
    pub is_key: bool,
    /// In how many of the changed rows its cell differs.
    pub changed: u64,
}

/// Where a field is on either side: its number in the generation.
type Sides = (Option<usize>, Option<usize>);

/// What changed.
pub struct Difference {
    before: View,
    after: View,
    fields: Vec<Field>,
    sides: Vec<Sides>,
    /// Rows of both sides.
    changed: Vec<(u32, u32)>,
    added: Vec<u32>,
    removed: Vec<u32>,
    unchanged: u64,
}

/// Which of the changes are wanted.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only this kind.
    pub change: Option<Change>,
    /// Only rows whose cell in this column changed.
    pub field: Option<String>,
    /// Only rows that this finds, as they were or as they are.
    pub search: Option<SearchRequest>,
}

/// A changed row, named by its kind and its place among those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry(Change, u32);

/// A row of the difference.
#[derive(Clone, Copy)]
pub struct ChangedRow<'d> {
    difference: &'d Difference,
    /// What became of it.
    pub change: Change,
    before: Option<u32>,
    after: Option<u32>,
}

impl Difference {
    /// Finds what changed. Rows are the same where the key columns of `after` hold the same; where there is no key, or
    /// `before` lacks a column of it, only whole rows are: then nothing is changed, but comes and goes. Rows that share a
    /// key pair up, those that stayed as they are first.
    pub fn between(before: &View, after: &View) -> Self {
        let mut fields: Vec<Field> = Vec::new();
        let mut sides: Vec<Sides> = Vec::new();
        for index in after.visible() {
            let column = after.generation().columns.column(*index);
            let name = column.column().name.clone();
            fields.push(Field {
                name,
                is_before: false,
                is_after: true,
                is_key: column.column().key,
                changed: 0,
            });
            sides.push((None, Some(*index)));
        }
        for index in before.visible() {
            let name = &before.generation().columns.column(*index).column().name;
            if let Some(at) = fields.iter().position(|field| field.name == *name) {
                (fields[at].is_before, sides[at].0) = (true, Some(*index));
            } else {
                let name = name.clone();
                fields.push(Field { name, is_before: true, is_after: false, is_key: false, changed: 0 });
                sides.push((Some(*index), None));
            }
        }
        let keys = shared_keys(before, after);
        if keys.is_none() {
            for field in &mut fields {
                field.is_key = false;
            }
        }
        let rows_before = row_hashes(before);
        let rows_after = row_hashes(after);
        let mut pairs = match &keys {
            None => Pairs::of(sorted(before, &rows_before), sorted(after, &rows_after)),
            Some((theirs, ours)) => {
                let (theirs, ours) = key_hashes(before, after, theirs, ours);
                Pairs::of(sorted(before, &theirs), sorted(after, &ours))
            }
        };
        pairs.join(&rows_before, &rows_after);
        let Pairs { mut changed, mut added, mut removed, unchanged, .. } = pairs;
        changed.sort_unstable_by_key(|(_, after)| *after);
        added.sort_unstable();
        removed.sort_unstable();
        let mut difference = Self {
            before: before.clone(),
            after: after.clone(),
            fields,
            sides,
            changed,
            added,
            removed,
            unchanged,
        };
        for at in 0..difference.fields.len() {
            difference.fields[at].changed = difference.differing(at).count();
        }
        difference
    }

    /// The columns of either side, those of `after` first.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// How many rows there are of a kind.
    pub fn count(&self, change: Change) -> u64 {
        match change {
            Change::Changed => self.changed.len() as u64,
            Change::Added => self.added.len() as u64,
            Change::Removed => self.removed.len() as u64,
        }
    }

    /// Rows that are as they were.
    pub fn unchanged(&self) -> u64 {
        self.unchanged
    }

    /// True where nothing changed, columns included.
    pub fn is_empty(&self) -> bool {
        Change::ALL.iter().all(|change| self.count(*change) == 0)
            && self.fields.iter().all(|field| field.is_before && field.is_after)
    }

    /// True where rows are told apart by a key.
    pub fn has_key(&self) -> bool {
        self.fields.iter().any(|field| field.is_key)
    }

    /// Bytes of memory it keeps.
    pub fn heap_bytes(&self) -> usize {
        self.changed.len() * 8 + (self.added.len() + self.removed.len()) * 4
    }

    /// The places among the changed rows where a field differs.
    fn differing(&self, at: usize) -> RowSet {
        let mut differing = RowSet::empty(self.changed.len() as u32);
        if self.changed.is_empty() {
            return differing;
        }
        let hashes = |view: &View, index: Option<usize>| index.map(|index| cell_hashes(view, index, 0));
        let (before, after) = self.sides[at];
        let (before_hashes, after_hashes) = (hashes(&self.before, before), hashes(&self.after, after));
        let of =
            |view: &View, index: Option<usize>, hashes: &Option<Vec<u64>>, row: u32| match (index, hashes) {
                (Some(index), Some(hashes)) => {
                    hashes[view.generation().columns.column(index).ordinals.get(row) as usize]
                }
                _ => 0,
            };
        for (place, (old, new)) in self.changed.iter().enumerate() {
            let old = of(&self.before, before, &before_hashes, *old);
            if old != of(&self.after, after, &after_hashes, *new) {
                differing.insert(place as u32);
            }
        }
        differing
    }

    /// The changes that are wanted: changed, new, gone, each in the order of the rows.
    ///
    /// # Errors
    /// [`SearchError::NoColumn`] where the selection names a column that is on neither side.
    pub fn select(&self, selection: &Selection) -> Result<Vec<Entry>, SearchError> {
        let differing = match &selection.field {
            None => None,
            Some(name) => {
                let at = self.fields.iter().position(|field| field.name == *name);
                Some(self.differing(at.ok_or_else(|| SearchError::NoColumn(name.clone()))?))
            }
        };
        let found = match &selection.search {
            None => None,
            Some(search) => Some((self.before.matching(search)?, self.after.matching(search)?)),
        };
        let is_wanted = |change| selection.change.is_none_or(|wanted| wanted == change);
        let mut entries = Vec::new();
        if is_wanted(Change::Changed) {
            for (place, (old, new)) in self.changed.iter().enumerate() {
                let place = place as u32;
                let differs = differing.as_ref().is_none_or(|rows| rows.contains(place));
                let is_found = found
                    .as_ref()
                    .is_none_or(|(before, after)| before.contains(*old) || after.contains(*new));
                if differs && is_found {
                    entries.push(Entry(Change::Changed, place));
                }
            }
        }
        if differing.is_some() {
            return Ok(entries);
        }
        let mut add = |change, rows: &[u32], found: Option<&RowSet>| {
            if is_wanted(change) {
                let is_found = |row: u32| found.is_none_or(|found| found.contains(row));
                let places = rows.iter().enumerate().filter(|(_, row)| is_found(**row));
                entries.extend(places.map(|(place, _)| Entry(change, place as u32)));
            }
        };
        add(Change::Added, &self.added, found.as_ref().map(|(_, after)| &**after));
        add(Change::Removed, &self.removed, found.as_ref().map(|(before, _)| &**before));
        Ok(entries)
    }

    /// The row of an entry.
    pub fn row(&self, Entry(change, place): Entry) -> ChangedRow<'_> {
        let place = place as usize;
        let (before, after) = match change {
            Change::Changed => (Some(self.changed[place].0), Some(self.changed[place].1)),
            Change::Added => (None, Some(self.added[place])),
            Change::Removed => (Some(self.removed[place]), None),
        };
        ChangedRow { difference: self, change, before, after }
    }
}

impl<'d> ChangedRow<'d> {
    /// The field's cell as it was; `None` where row or column was not there.
    pub fn before(&self, field: usize) -> Option<&'d str> {
        let generation = self.difference.before.generation();
        let index = self.difference.sides[field].0?;
        Some(generation.columns.column(index).cell_of_row(self.before?))
    }

    /// The field's cell as it is; `None` where row or column is not there.
    pub fn after(&self, field: usize) -> Option<&'d str> {
        let generation = self.difference.after.generation();
        let index = self.difference.sides[field].1?;
        Some(generation.columns.column(index).cell_of_row(self.after?))
    }

    /// True where the row changed and this cell differs.
    pub fn differs(&self, field: usize) -> bool {
        self.change == Change::Changed
            && self.before(field).unwrap_or_default() != self.after(field).unwrap_or_default()
    }
}

/// The numbers, on both sides, of the key columns of `after`; `None` where there is no key that both have.
pub(super) fn shared_keys(before: &View, after: &View) -> Option<(Vec<usize>, Vec<usize>)> {
    let columns_before: Vec<_> = before.generation().columns.columns().collect();
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for (index, column) in after.generation().columns.columns().enumerate().filter(|(_, column)| column.key) {
        theirs.push(columns_before.iter().position(|known| known.name == column.name)?);
        ours.push(index);
    }
    (!ours.is_empty()).then_some((theirs, ours))
}

/// A hash of each row's key on both sides: those that were made on import where they are of just these columns in
/// this order, else both anew.
pub(super) fn key_hashes(
    before: &View,
    after: &View,
    theirs: &[usize],
    ours: &[usize],
) -> (Vec<u64>, Vec<u64>) {
    let columns = &before.generation().columns;
    let own = columns.columns().enumerate().filter(|(_, column)| column.key).map(|(index, _)| index);
    if own.eq(theirs.iter().copied()) {
        return (columns.key_hashes().to_vec(), after.generation().columns.key_hashes().to_vec());
    }
    (combined(before, theirs), combined(after, ours))
}

fn combined(view: &View, key: &[usize]) -> Vec<u64> {
    let columns = &view.generation().columns;
    let mut hashes = vec![0_u64; columns.rows() as usize];
    for index in key {
        let cells = cell_hashes(view, *index, 0);
        let ordinals = columns.column(*index).ordinals;
        for (row, hash) in hashes.iter_mut().enumerate() {
            *hash = (hash.rotate_left(23) ^ cells[ordinals.get(row as u32) as usize])
                .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }
    hashes
}

/// A hash of what the reader sees of each row: the one that was made on import where that is all of it.
fn row_hashes(view: &View) -> Vec<u64> {
    let columns = &view.generation().columns;
    if view.visible().len() == columns.width() {
        return columns.row_hashes().to_vec();
    }
    let mut hashes = vec![0_u64; columns.rows() as usize];
    for index in view.visible() {
        let column = columns.column(*index);
        let cells = cell_hashes(view, *index, xxh3_64(column.column().name.as_bytes()));
        for (row, hash) in hashes.iter_mut().enumerate() {
            *hash = hash.wrapping_add(cells[column.ordinals.get(row as u32) as usize]);
        }
    }
    hashes
}

/// A hash of each distinct cell of a column, by ordinal; 0 for an empty one.
fn cell_hashes(view: &View, index: usize, seed: u64) -> Vec<u64> {
    let column = view.generation().columns.column(index);
    let hash = |cell: &[u8]| if cell.is_empty() { 0 } else { xxh3_64_with_seed(cell, seed) };
    (0..column.distinct()).map(|ordinal| hash(column.raw.get(ordinal))).collect()
}

/// The reader's rows by hash.
fn sorted(view: &View, hashes: &[u64]) -> Vec<(u64, u32)> {
    let mut rows = Vec::with_capacity(view.total() as usize);
    view.rows().for_each(|row| rows.push((hashes[row as usize], row)));
    rows.sort_unstable();
    rows
}

/// A merge-join of two sides.
struct Pairs {
    before: Vec<(u64, u32)>,
    after: Vec<(u64, u32)>,
    changed: Vec<(u32, u32)>,
    added: Vec<u32>,
    removed: Vec<u32>,
    unchanged: u64,
}

impl Pairs {
    fn of(before: Vec<(u64, u32)>, after: Vec<(u64, u32)>) -> Self {
        Self { before, after, changed: Vec::new(), added: Vec::new(), removed: Vec::new(), unchanged: 0 }
    }

    fn join(&mut self, rows_before: &[u64], rows_after: &[u64]) {
        let (before, after) = (std::mem::take(&mut self.before), std::mem::take(&mut self.after));
        let (mut i, mut j) = (0, 0);
        while i < before.len() || j < after.len() {
            let hash = match (before.get(i), after.get(j)) {
                (Some((a, _)), Some((b, _))) => *a.min(b),
                (Some((a, _)), None) => *a,
                (None, Some((b, _))) => *b,
                (None, None) => break,
            };
            let run = |side: &[(u64, u32)], from: usize| {
                from + side[from..].iter().take_while(|(theirs, _)| *theirs == hash).count()
            };
            let (end_i, end_j) = (run(&before, i), run(&after, j));
            match (&before[i..end_i], &after[j..end_j]) {
                ([(_, old)], [(_, new)]) => {
                    if rows_before[*old as usize] == rows_after[*new as usize] {
                        self.unchanged += 1;
                    } else {
                        self.changed.push((*old, *new));
                    }
                }
                (old, []) => self.removed.extend(old.iter().map(|(_, row)| row)),
                ([], new) => self.added.extend(new.iter().map(|(_, row)| row)),
                (old, new) => self.join_alike(old, new, rows_before, rows_after),
            }
            (i, j) = (end_i, end_j);
        }
    }

    /// Rows that share a key: those that stayed as they are first, then the others in the order of their files.
    fn join_alike(
        &mut self,
        old: &[(u64, u32)],
        new: &[(u64, u32)],
        rows_before: &[u64],
        rows_after: &[u64],
    ) {
        let by_row = |side: &[(u64, u32)], rows: &[u64]| {
            let mut side: Vec<(u64, u32)> = side.iter().map(|(_, row)| (rows[*row as usize], *row)).collect();
            side.sort_unstable();
            side
        };
        let (old, new) = (by_row(old, rows_before), by_row(new, rows_after));
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let (mut i, mut j) = (0, 0);
        while i < old.len() && j < new.len() {
            match old[i].0.cmp(&new[j].0) {
                std::cmp::Ordering::Equal => {
                    self.unchanged += 1;
                    (i, j) = (i + 1, j + 1);
                }
                std::cmp::Ordering::Less => {
                    left.push(old[i].1);
                    i += 1;
                }
                std::cmp::Ordering::Greater => {
                    right.push(new[j].1);
                    j += 1;
                }
            }
        }
        left.extend(old[i..].iter().map(|(_, row)| row));
        right.extend(new[j..].iter().map(|(_, row)| row));
        left.sort_unstable();
        right.sort_unstable();
        let pairs = left.len().min(right.len());
        self.changed.extend(left.iter().zip(&right).map(|(old, new)| (*old, *new)));
        self.removed.extend(&left[pairs..]);
        self.added.extend(&right[pairs..]);
    }
}
