//! A generation as one reader sees it. Everything that is read of rows is read through a [`View`], and a view
//! is only made with a [`Scope`].

use std::sync::{Arc, OnceLock};

use jiff::civil::Date;

use super::cache::{CacheKey, Kept};
use super::error::SearchError;
use super::generation::Generation;
use super::order;
use super::query::ast::{Condition, Query};
use super::query::parse::{Names, name_key, parse};
use super::query::rows::{OrdinalSet, add_rows, rows_meeting};
use super::rank;
use super::rowset::RowSet;
use super::totals::ColumnTotals;
use crate::domain::column::Column;
use crate::domain::scope::{HiddenColumns, OwnerScope, Scope};

/// A generation through a scope.
#[derive(Clone)]
pub struct View {
    generation: Arc<Generation>,
    scope: Scope,
    rows: Arc<RowSet>,
    visible: Vec<usize>,
}

/// Whether all or some of a query's words must be in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MatchMode {
    /// Every word, each inside one column.
    #[default]
    All,
    /// Some of the words; the best rows first.
    Any,
}

/// Rows whose cell in a column is exactly one of these values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filter {
    /// The column's name.
    pub column: String,
    /// Values as imported; a row needs one of them.
    pub values: Vec<String>,
}

/// One column to sort by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SortKey {
    /// The column's name.
    pub column: String,
    /// Largest first. Blanks stay last.
    pub descending: bool,
}

/// A search as a reader asks it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SearchRequest {
    /// What was typed.
    pub query: String,
    /// Exact choices, one a column.
    pub filters: Vec<Filter>,
    /// Empty: the best match first where words are looked for, else the file's order.
    pub sort: Vec<SortKey>,
    /// Whether all words must match.
    pub mode: MatchMode,
    /// The reader's day, for `expires<30d`.
    pub today: Date,
}

impl SearchRequest {
    /// Everything, on this day.
    pub fn everything(today: Date) -> Self {
        Self { query: String::new(), filters: Vec::new(), sort: Vec::new(), mode: MatchMode::All, today }
    }
}

/// In which order found rows come.
#[derive(Debug, Clone)]
pub(super) enum Order {
    /// As in the file.
    File,
    /// These first, then the others as in the file.
    Best { first: Vec<u32>, others: Arc<RowSet> },
    /// By columns: number and whether largest first.
    Columns(Vec<(usize, bool)>),
}

/// What a search found.
pub struct Found {
    pub(super) rows: Arc<RowSet>,
    pub(super) order: Order,
    pub(super) query: Query,
    /// How many rows.
    pub matched: u64,
    pub(super) totals: OnceLock<Vec<ColumnTotals>>,
}

impl Found {
    pub(super) fn heap_bytes(&self) -> usize {
        let order = match &self.order {
            Order::Best { first, others } => first.len() * 4 + others.heap_bytes(),
            Order::File | Order::Columns(_) => 0,
        };
        self.rows.heap_bytes() + order
    }
}

impl View {
    pub(super) fn new(generation: Arc<Generation>, scope: &Scope) -> Self {
        // Without an owner column there is nothing here for those of limited scope, and no header is for them either.
        let is_theirs = scope.owners == OwnerScope::All || generation.owner().is_some();
        let is_shown =
            |index: &usize| scope.hidden_columns == HiddenColumns::Shown || !generation.is_hidden(*index);
        let visible =
            if is_theirs { (0..generation.columns.width()).filter(is_shown).collect() } else { Vec::new() };
        let rows = generation.cache.rows(CacheKey::Scope(scope.clone()), || rows_of(&generation, scope));
        Self { generation, scope: scope.clone(), rows, visible }
    }

    pub(super) fn generation(&self) -> &Generation {
        &self.generation
    }

    /// The numbers of the columns that exist for the reader.
    pub(super) fn visible(&self) -> &[usize] {
        &self.visible
    }

    pub(super) fn hidden_columns(&self) -> HiddenColumns {
        self.scope.hidden_columns
    }

    pub(super) fn rows(&self) -> &RowSet {
        &self.rows
    }

    /// True where columns that the reader saw in this generation once are hidden from them now.
    pub fn hides_more(&self) -> bool {
        self.scope.hidden_columns == HiddenColumns::Absent && self.generation.hides_more()
    }

    /// The columns that exist for the reader, in file order.
    pub fn columns(&self) -> Vec<&Column> {
        self.visible.iter().map(|index| self.generation.columns.column(*index).column()).collect()
    }

    /// True for a column that customers do not get, as it is now, whatever it was when the generation was imported.
    pub fn is_hidden_from_customers(&self, name: &str) -> bool {
        let mut visible = self.visible.iter();
        visible.any(|index| {
            self.generation.columns.column(*index).column().name == name && self.generation.is_hidden(*index)
        })
    }

    /// How many rows the scope allows.
    pub fn total(&self) -> u64 {
        self.rows.count()
    }

    /// The number of the column a reader names: by its header, exactly or in any case.
    pub(super) fn column_called(&self, name: &str) -> Result<usize, SearchError> {
        let called = |same: &dyn Fn(&str) -> bool| {
            self.visible
                .iter()
                .copied()
                .find(|index| same(&self.generation.columns.column(*index).column().name))
        };
        let key = name_key(name);
        called(&|header| header == name)
            .or_else(|| called(&|header| name_key(header) == key))
            .or_else(|| self.names(Date::MIN).find(name).map(|(index, _)| index))
            .ok_or_else(|| SearchError::NoColumn(name.to_owned()))
    }

    /// The header of the column a reader names: by its header, in any case, or by its role.
    pub fn column_name(&self, name: &str) -> Option<String> {
        let index = self.column_called(name).ok()?;
        Some(self.generation.columns.column(index).column().name.clone())
    }

    /// The header of a column by its number in the generation, as conditions name it.
    pub fn column_at(&self, index: usize) -> Option<String> {
        let exists = self.visible.contains(&index);
        exists.then(|| self.generation.columns.column(index).column().name.clone())
    }

    /// Whether the reader has a column of this name.
    pub fn has_column(&self, name: &str) -> bool {
        self.column_called(name).is_ok()
    }

    fn names(&self, today: Date) -> Names<'_> {
        Names {
            columns: self
                .visible
                .iter()
                .map(|index| (*index, self.generation.columns.column(*index).column()))
                .collect(),
            today,
        }
    }

    /// What the query says to this reader.
    pub fn understand(&self, request: &SearchRequest) -> Query {
        parse(&request.query, &self.names(request.today))
    }

    /// Runs a search.
    ///
    /// # Errors
    /// [`SearchError::NoColumn`] where a filter or sort names a column that does not exist for the reader.
    pub fn search(&self, request: &SearchRequest) -> Result<Arc<Found>, SearchError> {
        let key = CacheKey::Search(self.scope.clone(), request.clone());
        if let Some(Kept::Found(found)) = self.generation.cache.get(&key) {
            return Ok(found);
        }
        let query = self.understand(request);
        let sort = request
            .sort
            .iter()
            .map(|key| Ok((self.column_called(&key.column)?, key.descending)))
            .collect::<Result<Vec<_>, SearchError>>()?;
        let rows = self.matching(request)?;
        let has_words = query.words().next().is_some();
        let order = if !sort.is_empty() {
            Order::Columns(sort)
        } else if has_words {
            best_first(&rows, rank::best(self, &query, request.mode, &rows)?)
        } else {
            Order::File
        };
        let matched = rows.count();
        let found = Arc::new(Found { rows, order, query, matched, totals: OnceLock::new() });
        self.generation.cache.put(key, Kept::Found(Arc::clone(&found)));
        Ok(found)
    }

    /// The rows that a request finds, whatever their order; remembered.
    pub(super) fn matching(&self, request: &SearchRequest) -> Result<Arc<RowSet>, SearchError> {
        let unsorted = SearchRequest { sort: Vec::new(), ..request.clone() };
        let key = CacheKey::Matching(self.scope.clone(), unsorted);
        if let Some(Kept::Rows(rows)) = self.generation.cache.get(&key) {
            return Ok(rows);
        }
        let query = self.understand(request);
        let mut rows = self.filtered(request, &query)?;
        if request.mode == MatchMode::Any && query.words().next().is_some() {
            rows.and(&rank::with_any_word(self, &query)?);
        }
        let rows = Arc::new(rows);
        self.generation.cache.put(key, Kept::Rows(Arc::clone(&rows)));
        Ok(rows)
    }

    /// The scope's rows that meet filters and conditions; for `match=any` without its words.
    fn filtered(&self, request: &SearchRequest, query: &Query) -> Result<RowSet, SearchError> {
        let mut rows = (*self.rows).clone();
        for filter in &request.filters {
            let index = self.column_called(&filter.column)?;
            let column = self.generation.columns.column(index);
            let mut ordinals: Vec<u32> =
                filter.values.iter().filter_map(|value| column.ordinal_of(value)).collect();
            ordinals.sort_unstable();
            ordinals.dedup();
            let mut chosen = RowSet::empty(self.generation.rows());
            add_rows(&column, &OrdinalSet::List(ordinals), &mut chosen);
            rows.and(&chosen);
        }
        for term in &query.terms {
            if request.mode == MatchMode::Any
                && !term.negated
                && matches!(term.condition, Condition::Anywhere(_))
            {
                continue;
            }
            let met = self.meeting(&term.condition);
            if term.negated {
                rows.and_not(&met);
            } else {
                rows.and(&met);
            }
        }
        Ok(rows)
    }

    /// The rows that meet a condition, remembered; not yet cut to the scope.
    pub(super) fn meeting(&self, condition: &Condition) -> Arc<RowSet> {
        let key = CacheKey::Condition(self.scope.clone(), condition.clone());
        self.generation.cache.rows(key, || rows_meeting(self, condition))
    }

    /// Up to `limit` found rows from the `offset`-th on.
    pub fn window(&self, found: &Found, offset: u64, limit: usize) -> Vec<Row<'_>> {
        let rows = match &found.order {
            Order::File => found.rows.window(offset, limit),
            Order::Best { first, others } => {
                let mut rows: Vec<u32> = first.iter().copied().skip(offset as usize).take(limit).collect();
                if rows.len() < limit {
                    let past = offset.saturating_sub(first.len() as u64);
                    rows.extend(others.window(past, limit - rows.len()));
                }
                rows
            }
            Order::Columns(keys) => order::window(self, &found.rows, found.matched, keys, offset, limit),
        };
        rows.into_iter().map(|row| Row { view: self, row }).collect()
    }

    /// The numbers of rows among all that the reader may see, from 1 in the file's order. Not their place in the file:
    /// that would tell how many rows others have, and between which of the reader's own.
    pub fn ids(&self, rows: &[Row<'_>]) -> Vec<u64> {
        let rows: Vec<u32> = rows.iter().map(|row| row.row).collect();
        self.rows.ranks(&rows).into_iter().map(|rank| rank + 1).collect()
    }

    /// Every found row in order, for exports of any size; stops at the first error.
    ///
    /// # Errors
    /// What `each` returns.
    pub fn for_each_row<E>(
        &self,
        found: &Found,
        mut each: impl FnMut(Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let in_file_order =
            |rows: &RowSet, each: &mut dyn FnMut(Row<'_>) -> Result<(), E>| -> Result<(), E> {
                let mut row = 0;
                while row < rows.bound() {
                    if rows.contains(row) {
                        each(Row { view: self, row })?;
                    }
                    row += 1;
                }
                Ok(())
            };
        match &found.order {
            Order::File => in_file_order(&found.rows, &mut each),
            Order::Best { first, others } => {
                first.iter().try_for_each(|row| each(Row { view: self, row: *row }))?;
                in_file_order(others, &mut each)
            }
            Order::Columns(keys) => {
                let rows = order::window(self, &found.rows, found.matched, keys, 0, usize::MAX);
                rows.into_iter().try_for_each(|row| each(Row { view: self, row }))
            }
        }
    }
}

fn best_first(rows: &Arc<RowSet>, first: Vec<u32>) -> Order {
    if first.is_empty() {
        return Order::File;
    }
    let mut others = (**rows).clone();
    let mut named = RowSet::empty(others.bound());
    for row in &first {
        named.insert(*row);
    }
    others.and_not(&named);
    Order::Best { first, others: Arc::new(others) }
}

/// The rows that a scope allows.
fn rows_of(generation: &Generation, scope: &Scope) -> RowSet {
    match (&scope.owners, generation.owner()) {
        (OwnerScope::All, _) => RowSet::full(generation.rows()),
        (OwnerScope::Owners(_), None) => RowSet::empty(generation.rows()),
        (OwnerScope::Owners(owners), Some(index)) => {
            let column = generation.columns.column(index);
            let mut ordinals: Vec<u32> = owners.iter().filter_map(|owner| column.ordinal_of(owner)).collect();
            ordinals.sort_unstable();
            let mut rows = RowSet::empty(generation.rows());
            add_rows(&column, &OrdinalSet::List(ordinals), &mut rows);
            rows
        }
    }
}

/// One row as the view's reader sees it.
#[derive(Clone, Copy)]
pub struct Row<'v> {
    view: &'v View,
    row: u32,
}

impl<'v> Row<'v> {
    /// The row's number in its generation, from 1.
    #[cfg(test)]
    pub(super) fn number(&self) -> u64 {
        u64::from(self.row) + 1
    }

    /// The cell of one of the visible columns, by its place among them.
    pub fn cell(&self, at: usize) -> &'v str {
        self.view.generation.columns.column(self.view.visible[at]).cell_of_row(self.row)
    }

    /// The visible cells as imported, in file order.
    pub fn cells(&self) -> impl Iterator<Item = &'v str> {
        let (view, row) = (self.view, self.row);
        view.visible.iter().map(move |index| view.generation.columns.column(*index).cell_of_row(row))
    }
}
