//! The history of a row: what a reader saw under its key, generation by generation.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::error::ServiceError;
use super::rows::today;
use super::{Services, datasets};
use crate::domain::dataset::{Dataset, Publication};
use crate::domain::ids::GenerationId;
use crate::domain::scope::Scope;
use crate::search::view::{Filter, SearchRequest, View};
use crate::store::publications as store_publications;

/// Publications looked at, from the newest on.
pub const LOOKED_AT: usize = 60;
/// Values of a key's column, in bytes.
const MAX_VALUE: usize = 10_000;

/// The history of a row.
#[derive(Debug, Clone)]
pub struct RowHistory {
    /// Whose.
    pub dataset: Dataset,
    /// The key: each of its columns that the reader sees, and what it holds.
    pub key: Vec<(String, String)>,
    /// What else was said, and names no column of the key.
    pub unknown: Vec<String>,
    /// What became of it, the newest first.
    pub steps: Vec<Step>,
    /// How much there was of it each time that other data became live, the oldest first; empty where it has no quantity.
    pub amounts: Vec<Amount>,
    /// Publications that were looked at.
    pub looked_at: usize,
    /// Among them those whose generation is not at hand.
    pub missing: usize,
    /// There are older ones that were not looked at.
    pub has_older: bool,
}

/// How much there was.
#[derive(Debug, Clone, PartialEq)]
pub struct Amount {
    /// From when on.
    pub at: Timestamp,
    /// The sum of the quantity column; zero where there was no row.
    pub sum: Decimal,
}

/// One time that the row was otherwise than before.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// When readers saw it.
    pub at: Timestamp,
    /// In which generation.
    pub generation: GenerationId,
    /// What happened.
    pub what: What,
}

/// What happened to a row.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// It was there for the first time that was looked at, or again; with its cells.
    Came(Vec<(String, String)>),
    /// Cells of it changed.
    Changed(Vec<CellChange>),
    /// It was there no more.
    Went,
    /// Several rows had its key: how many.
    Several(u64),
}

/// A cell that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellChange {
    /// Its column.
    pub column: String,
    /// What it held; `None` where the column was not there.
    pub before: Option<String>,
    /// What it holds from then on, as above.
    pub after: Option<String>,
}

/// What a generation has under the key.
#[derive(Debug, Clone, PartialEq)]
enum Found {
    Nothing,
    One(Vec<(String, String)>),
    Several(u64),
}

/// The names of the key's columns that the reader sees; empty where rows have no key.
pub fn key_columns(view: &View) -> Vec<String> {
    view.columns().into_iter().filter(|column| column.key).map(|column| column.name.clone()).collect()
}

/// What became of the row with this key. `wanted` are columns with what they hold, in any order; what names no column
/// of the key is said and counts for nothing.
///
/// # Errors
/// [`ServiceError::NotFound`] where the dataset is not for this reader or rows have no key in it;
/// [`ServiceError::Invalid`] where a column of the key is not said.
pub fn of(
    services: &Services,
    name: &str,
    wanted: &[(String, String)],
    scope: &Scope,
) -> Result<RowHistory, ServiceError> {
    let open = datasets::open_readable(services, name, None, scope)?;
    let columns = key_columns(&open.view);
    if columns.is_empty() {
        return Err(ServiceError::NotFound(format!("key that tells rows of `{}` apart", open.dataset.name)));
    }
    let mut key = Vec::new();
    for column in columns {
        let exact = wanted.iter().find(|(name, _)| *name == column);
        // As the grid takes names: whatever their case.
        let meant = || wanted.iter().find(|(name, _)| open.view.column_name(name).as_ref() == Some(&column));
        let value = exact.or_else(meant).map(|(_, value)| value.clone());
        let value = value.filter(|value| value.len() <= MAX_VALUE).ok_or_else(|| {
            ServiceError::invalid("key", format!("say which row: the address lacks `{column}=…`"))
        })?;
        key.push((column, value));
    }
    let is_key = |name: &str| {
        open.view.column_name(name).is_some_and(|name| key.iter().any(|(column, _)| *column == name))
    };
    let mut unknown: Vec<String> = wanted.iter().map(|(name, _)| name.clone()).collect();
    unknown.retain(|name| !is_key(name));
    unknown.dedup();
    let dataset = open.dataset;
    let (mut looked, has_older) = services.store.read(|r| {
        let mut looked = store_publications::list_publications(r, dataset.id, LOOKED_AT + 1)?;
        let has_older = looked.len() > LOOKED_AT;
        looked.truncate(LOOKED_AT);
        Ok::<_, ServiceError>((looked, has_older))
    })?;
    looked.reverse();
    let looked_at = looked.len();
    let (steps, amounts) = (Vec::new(), Vec::new());
    let mut history = RowHistory { dataset, key, unknown, steps, amounts, looked_at, missing: 0, has_older };
    look(services, &mut history, &looked, scope)?;
    history.steps.reverse();
    Ok(history)
}

fn look(
    services: &Services,
    history: &mut RowHistory,
    publications: &[Publication],
    scope: &Scope,
) -> Result<(), ServiceError> {
    let filters = history
        .key
        .iter()
        .map(|(column, value)| Filter { column: column.clone(), values: vec![value.clone()] });
    let request = SearchRequest { filters: filters.collect(), ..SearchRequest::everything(today(services)) };
    let mut before = Found::Nothing;
    let mut has_quantity = false;
    for publication in publications {
        let view = datasets::look_back(services, &history.dataset, publication.generation, scope)?;
        let Some(view) = view else {
            history.missing += 1;
            continue;
        };
        let (now, sum) = find(&view, &request)?;
        has_quantity |= sum.is_some();
        history.amounts.push(Amount { at: publication.at, sum: sum.unwrap_or_default() });
        if let Some(what) = what_happened(&before, &now) {
            history.steps.push(Step { at: publication.at, generation: publication.generation, what });
        }
        before = now;
    }
    if !has_quantity {
        history.amounts.clear();
    }
    Ok(())
}

fn find(view: &View, request: &SearchRequest) -> Result<(Found, Option<Decimal>), ServiceError> {
    // A generation without a column of the key has no such row.
    if !request.filters.iter().all(|filter| view.has_column(&filter.column)) {
        return Ok((Found::Nothing, None));
    }
    let found = view.search(request)?;
    let totals = view.totals(&found);
    let first = totals.first().map(|total| &total.units);
    // Amounts of different units are never added up.
    let sum = first.and_then(|units| if let [unit] = units.as_slice() { Some(unit.sum) } else { None });
    let now = match (found.matched, view.window(&found, 0, 1).first()) {
        (1, Some(row)) => {
            let names = view.columns().into_iter().map(|column| column.name.clone());
            Found::One(names.zip(row.cells().map(str::to_owned)).collect())
        }
        (0, _) | (_, None) => Found::Nothing,
        (several, Some(_)) => Found::Several(several),
    };
    Ok((now, sum))
}

fn what_happened(before: &Found, now: &Found) -> Option<What> {
    match (before, now) {
        _ if before == now => None,
        (_, Found::Nothing) => Some(What::Went),
        (_, Found::Several(rows)) => Some(What::Several(*rows)),
        (Found::One(before), Found::One(now)) => {
            let changes = changes(before, now);
            (!changes.is_empty()).then_some(What::Changed(changes))
        }
        (Found::Nothing | Found::Several(_), Found::One(cells)) => Some(What::Came(cells.clone())),
    }
}

fn changes(before: &[(String, String)], now: &[(String, String)]) -> Vec<CellChange> {
    let of = |cells: &[(String, String)], column: &str| {
        cells.iter().find(|(name, _)| name == column).map(|(_, cell)| cell.clone())
    };
    let gone = before.iter().filter(|(name, _)| of(now, name).is_none());
    let columns = now.iter().chain(gone).map(|(name, _)| name);
    let changes = columns.map(|column| CellChange {
        column: column.clone(),
        before: of(before, column),
        after: of(now, column),
    });
    // A blank cell of a column that came or went is no change.
    let is_one = |change: &CellChange| {
        change.before.as_deref().unwrap_or_default() != change.after.as_deref().unwrap_or_default()
    };
    changes.filter(is_one).collect()
}
