//! Sorting: rows by one or several columns, blanks last.

use std::sync::Arc;

use super::cache::{CacheKey, Kept};
use super::columns::file::ColumnReader;
use super::rowset::RowSet;
use super::view::{SortKey, View};

/// Where a rank comes in one direction. Largest first turns the values round and leaves cells that are no
/// value of the column's type behind them, and blanks last.
struct Places {
    typed: u32,
    blank: u32,
    ranks: u32,
    descending: bool,
}

impl Places {
    fn of(column: &ColumnReader<'_>, descending: bool) -> Self {
        let ranks = column.rank_starts.len() as u32 - 1;
        let rank_at = |ordinal: u32| column.rank_of.get(ordinal as usize).copied().unwrap_or(ranks);
        Self {
            typed: rank_at(column.first_untyped()),
            blank: rank_at(column.first_blank()),
            ranks,
            descending,
        }
    }

    /// The rank at a place; the same map leads from a rank to its place.
    fn swap(&self, rank: u32) -> u32 {
        match rank {
            _ if !self.descending => rank,
            rank if rank < self.typed => self.typed - 1 - rank,
            rank if rank < self.blank => self.typed + (self.blank - 1 - rank),
            rank => rank,
        }
    }
}

/// Up to `limit` of the `matched` rows of `rows`, from the `offset`-th on, sorted by `keys`.
pub(super) fn window(
    view: &View,
    rows: &RowSet,
    matched: u64,
    keys: &[(usize, bool)],
    offset: u64,
    limit: usize,
) -> Vec<u32> {
    if limit == 0 || offset >= matched {
        return Vec::new();
    }
    let columns: Vec<(ColumnReader<'_>, Places)> = keys
        .iter()
        .map(|(index, descending)| {
            let column = view.generation().columns.column(*index);
            let places = Places::of(&column, *descending);
            (column, places)
        })
        .collect();
    // Few rows: sort them. Many: walk all rows in order and pick.
    if matched * 16 < u64::from(rows.bound()) {
        let mut few = Vec::with_capacity(matched as usize);
        rows.for_each(|row| few.push(row));
        few.sort_by_cached_key(|row| {
            columns
                .iter()
                .map(|(column, places)| places.swap(column.rank_of[column.ordinals.get(*row) as usize]))
                .collect::<Vec<u32>>()
        });
        return few.into_iter().skip(offset as usize).take(limit).collect();
    }
    let mut picked = Vec::new();
    let mut seen = 0;
    let mut take = |row: u32| {
        if rows.contains(row) {
            if seen >= offset {
                picked.push(row);
            }
            seen += 1;
        }
        picked.len() < limit
    };
    if let [(column, places)] = columns.as_slice() {
        for place in 0..places.ranks {
            if !column.rows_of_rank(places.swap(place)).iter().all(|row| take(*row)) {
                break;
            }
        }
    } else {
        let _ = all_rows(view, keys, &columns).iter().all(|row| take(*row));
    }
    picked
}

/// All rows sorted by several columns, remembered: one stable counting sort a column, the last one first.
fn all_rows(view: &View, keys: &[(usize, bool)], columns: &[(ColumnReader<'_>, Places)]) -> Arc<Vec<u32>> {
    let key = CacheKey::Order(
        keys.iter()
            .map(|(index, descending)| SortKey { column: index.to_string(), descending: *descending })
            .collect(),
    );
    if let Some(Kept::Order(order)) = view.generation().cache.get(&key) {
        return order;
    }
    let mut order: Vec<u32> = (0..view.generation().rows()).collect();
    let mut next = vec![0_u32; order.len()];
    for (column, places) in columns.iter().rev() {
        let mut starts = vec![0_u32; places.ranks as usize];
        let mut at = 0;
        for place in 0..places.ranks {
            let rank = places.swap(place);
            starts[rank as usize] = at;
            at += column.rows_of_rank(rank).len() as u32;
        }
        for row in &order {
            let start = &mut starts[column.rank_of[column.ordinals.get(*row) as usize] as usize];
            next[*start as usize] = *row;
            *start += 1;
        }
        std::mem::swap(&mut order, &mut next);
    }
    let order = Arc::new(order);
    view.generation().cache.put(key, Kept::Order(Arc::clone(&order)));
    order
}
