//! Rows, facets and exports as a reader asks for them: the parameters of addresses, pages and the command line,
//! and the shape of the answers.

use std::collections::HashSet;

use jiff::civil::Date;
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq};

use super::Services;
use super::datasets::{self, OpenDataset};
use super::error::ServiceError;
use crate::domain::excerpt::excerpt;
use crate::domain::scope::{OwnerScope, Scope};
use crate::search::facets::{FacetOptions, FacetValue};
use crate::search::totals::ColumnTotals;
use crate::search::view::{Filter, Found, MatchMode, SearchRequest, SortKey, View};

/// Rows of one answer at the most.
pub const MAX_LIMIT: usize = 1_000;
/// Rows of one answer unless said otherwise.
const DEFAULT_LIMIT: usize = 100;
/// Longest search in characters.
const MAX_QUERY_CHARS: usize = 4_000;
/// Values of one facet at the most.
const MAX_FACET_VALUES: usize = 10_000;
/// Values of one facet unless said otherwise.
const DEFAULT_FACET_VALUES: usize = 1_000;

/// What a reader asks for.
#[derive(Debug, Clone)]
pub struct RowsRequest {
    /// The search, without its sort.
    search: SearchRequest,
    /// Columns to sort by, as typed: `part`, `-qty`, `part,-qty`.
    sort: Vec<String>,
    /// Columns wanted, as typed, in their order: `part`, `part,qty`; none for all.
    columns: Vec<String>,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows to return.
    pub limit: usize,
    /// Facets wanted; empty for the dataset's own.
    pub facets: Vec<String>,
    /// Only facet values that start like this.
    pub facet_prefix: String,
    /// Values of each facet.
    pub facet_limit: usize,
    /// The rows as they were at the end of this day; `None` for now.
    pub as_of: Option<Date>,
}

impl RowsRequest {
    /// Reads `q`, `f.COLUMN`, `sort`, `cols`, `offset`, `limit`, `match`, `as_of`, `facet`, `facet_prefix` and `facet_limit`;
    /// `f.…`, `sort`, `cols` and `facet` may be repeated, `sort=part,-qty` names several columns.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a value that is none and for parameters that mean nothing, so that a
    /// misspelt filter never shows more than was asked for.
    pub fn from_pairs<K, V>(
        pairs: impl IntoIterator<Item = (K, V)>,
        today: Date,
    ) -> Result<Self, ServiceError>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let mut request = Self {
            search: SearchRequest::everything(today),
            sort: Vec::new(),
            columns: Vec::new(),
            offset: 0,
            limit: DEFAULT_LIMIT,
            facets: Vec::new(),
            facet_prefix: String::new(),
            facet_limit: DEFAULT_FACET_VALUES,
            as_of: None,
        };
        for (name, value) in pairs {
            request.take(name.as_ref(), value.as_ref())?;
        }
        Ok(request)
    }

    /// The search with its sort, by the names that the view knows. A header may hold a comma or begin with a
    /// hyphen: a text that is a header whole is one.
    pub fn search(&self, view: &View) -> SearchRequest {
        let key = |text: &str| match text.strip_prefix('-') {
            Some(column) if !view.has_column(text) => SortKey { column: column.to_owned(), descending: true },
            _ => SortKey { column: text.to_owned(), descending: false },
        };
        let mut search = self.search.clone();
        for text in self.sort.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            let whole = key(text);
            if view.has_column(&whole.column) {
                search.sort.push(whole);
            } else {
                search.sort.extend(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(key));
            }
        }
        // A column that has decided once decides nothing later: no address makes the work longer than there are columns.
        let mut seen = HashSet::new();
        search
            .sort
            .retain(|key| seen.insert(view.column_name(&key.column).unwrap_or_else(|| key.column.clone())));
        search
    }

    /// The wanted columns among those of `view`, in their order; all where none is named.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for one that the reader does not have.
    pub fn columns(&self, view: &View) -> Result<Vec<usize>, ServiceError> {
        let known = view.columns();
        if self.columns.is_empty() {
            return Ok((0..known.len()).collect());
        }
        let mut wanted: Vec<usize> = Vec::new();
        for text in &self.columns {
            let names: Vec<&str> = if view.has_column(text) { vec![text] } else { text.split(',').collect() };
            for name in names.into_iter().map(str::trim).filter(|name| !name.is_empty()) {
                let name = view.column_name(name);
                let at = name.and_then(|name| known.iter().position(|column| column.name == name));
                let at = at.ok_or_else(|| {
                    ServiceError::invalid(
                        "cols",
                        format!("`{}`: the dataset has no such column", excerpt(text)),
                    )
                })?;
                if !wanted.contains(&at) {
                    wanted.push(at);
                }
            }
        }
        Ok(wanted)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), ServiceError> {
        match name {
            "q" if value.chars().count() > MAX_QUERY_CHARS => {
                let message = format!("a search has at most {MAX_QUERY_CHARS} characters");
                return Err(ServiceError::invalid("q", message));
            }
            "q" => value.clone_into(&mut self.search.query),
            "sort" => self.sort.push(value.to_owned()),
            "cols" => self.columns.push(value.to_owned()),
            "offset" => self.offset = number("offset", value)?,
            "limit" => {
                self.limit = number("limit", value)?;
                if self.limit > MAX_LIMIT {
                    let message = format!("at most {MAX_LIMIT} rows at once; use offset for more, or export");
                    return Err(ServiceError::invalid("limit", message));
                }
            }
            "match" => {
                self.search.mode = match value {
                    "all" => MatchMode::All,
                    "any" => MatchMode::Any,
                    _ => {
                        return Err(ServiceError::invalid(
                            "match",
                            format!("`{}`: expected all or any", excerpt(value)),
                        ));
                    }
                }
            }
            "facet" => self.facets.push(value.to_owned()),
            "as_of" => {
                let day = value.parse().map_err(|_| {
                    ServiceError::invalid(
                        "as_of",
                        format!("`{}`: expected a day as YYYY-MM-DD", excerpt(value)),
                    )
                })?;
                self.as_of = Some(day);
            }
            "facet_prefix" => value.clone_into(&mut self.facet_prefix),
            "facet_limit" => {
                self.facet_limit = number::<usize>("facet_limit", value)?.min(MAX_FACET_VALUES);
            }
            _ => match name.strip_prefix("f.") {
                Some(column) => {
                    let filters = &mut self.search.filters;
                    if let Some(filter) = filters.iter_mut().find(|filter| filter.column == column) {
                        filter.values.push(value.to_owned());
                    } else {
                        filters.push(Filter { column: column.to_owned(), values: vec![value.to_owned()] });
                    }
                }
                None => {
                    let message = format!(
                        "the parameter `{}` means nothing here; expected q, f.COLUMN, sort, cols, offset, limit, match, as_of, facet",
                        excerpt(name)
                    );
                    return Err(ServiceError::invalid("query", message));
                }
            },
        }
        Ok(())
    }
}

fn number<T: std::str::FromStr>(field: &'static str, value: &str) -> Result<T, ServiceError> {
    value
        .parse()
        .map_err(|_| ServiceError::invalid(field, format!("`{}` is not a whole number", excerpt(value))))
}

/// Opens a dataset for a request.
///
/// # Errors
/// As [`datasets::open`] and [`datasets::open_as_of`].
pub(super) fn open(
    services: &Services,
    dataset: &str,
    scope: &Scope,
    as_of: Option<Date>,
) -> Result<OpenDataset, ServiceError> {
    match as_of {
        Some(day) => datasets::open_as_of(services, dataset, day, scope),
        None => datasets::open(services, dataset, scope),
    }
}

/// Today, by which `expires<30d` counts.
pub fn today(services: &Services) -> Date {
    services.now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The sum of one unit.
#[derive(Debug, Serialize)]
struct UnitSum {
    uom: Option<String>,
    sum: String,
    rows: u64,
}

/// The answer to a search.
pub struct RowsAnswer {
    open: OpenDataset,
    columns: Vec<usize>,
    found: std::sync::Arc<Found>,
    offset: u64,
    limit: usize,
    suggestions: Vec<String>,
}

/// Runs a search on a dataset.
///
/// # Errors
/// As [`datasets::open`] and [`View::search`].
pub fn search(
    services: &Services,
    dataset: &str,
    scope: &Scope,
    request: &RowsRequest,
) -> Result<RowsAnswer, ServiceError> {
    let open = open(services, dataset, scope, request.as_of)?;
    let columns = request.columns(&open.view)?;
    let search = request.search(&open.view);
    let found = open.view.search(&search)?;
    let suggestions = open.view.suggestions(&search, &found)?;
    Ok(RowsAnswer { open, columns, found, offset: request.offset, limit: request.limit, suggestions })
}

impl Serialize for RowsAnswer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = &self.open.view;
        let mut map = serializer.serialize_map(Some(8))?;
        map.serialize_entry("generation", &self.open.generation)?;
        map.serialize_entry("published_at", &self.open.published_at.to_string())?;
        map.serialize_entry("checked_at", &self.open.checked_at().map(|at| at.to_string()))?;
        map.serialize_entry("total", &view.total())?;
        map.serialize_entry("matched", &self.found.matched)?;
        map.serialize_entry("rows", &Window(self))?;
        map.serialize_entry("totals", &Totals(view.totals(&self.found)))?;
        map.serialize_entry("suggestions", &self.suggestions)?;
        map.end()
    }
}

struct Window<'a>(&'a RowsAnswer);

impl Serialize for Window<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RowsAnswer { open, columns, found, offset, limit, .. } = self.0;
        let known = open.view.columns();
        let names: Vec<&str> = columns.iter().map(|at| known[*at].name.as_str()).collect();
        let rows = open.view.window(found, *offset, *limit);
        let mut list = serializer.serialize_seq(Some(rows.len()))?;
        for (row, id) in rows.iter().zip(open.view.ids(&rows)) {
            let cells = columns.iter().map(|at| row.cell(*at)).collect();
            list.serialize_element(&NamedCells { id, names: &names, cells })?;
        }
        list.end()
    }
}

struct NamedCells<'a> {
    id: u64,
    names: &'a [&'a str],
    cells: Vec<&'a str>,
}

impl Serialize for NamedCells<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.names.len() + 1))?;
        map.serialize_entry("_id", &self.id)?;
        for (name, cell) in self.names.iter().zip(&self.cells) {
            map.serialize_entry(name, cell)?;
        }
        map.end()
    }
}

struct Totals<'a>(&'a [ColumnTotals]);

impl Serialize for Totals<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for total in self.0 {
            let units: Vec<UnitSum> = total
                .units
                .iter()
                .map(|unit| UnitSum { uom: unit.uom.clone(), sum: unit.sum.to_string(), rows: unit.rows })
                .collect();
            map.serialize_entry(&total.column, &units)?;
        }
        map.end()
    }
}

/// The facets of a search.
pub struct FacetsAnswer {
    generation: u64,
    facets: Vec<(String, Vec<FacetValue>)>,
}

/// Counts the values of the wanted columns, or of the dataset's own facets.
///
/// # Errors
/// As [`search`].
pub fn facets(
    services: &Services,
    dataset: &str,
    scope: &Scope,
    request: &RowsRequest,
) -> Result<FacetsAnswer, ServiceError> {
    let open = open(services, dataset, scope, request.as_of)?;
    let wanted = if request.facets.is_empty() { open.view.default_facets() } else { request.facets.clone() };
    let options = FacetOptions { prefix: &request.facet_prefix, limit: request.facet_limit };
    let search = request.search(&open.view);
    let facets = wanted
        .iter()
        .map(|column| Ok(open.view.facet(&search, column, options)?))
        .collect::<Result<_, ServiceError>>()?;
    Ok(FacetsAnswer { generation: open.generation.0, facets })
}

#[derive(Serialize)]
struct FacetEntry<'a> {
    value: &'a str,
    count: u64,
    selected: bool,
}

impl Serialize for FacetsAnswer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Facets<'a>(&'a [(String, Vec<FacetValue>)]);
        impl Serialize for Facets<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(self.0.len()))?;
                for (column, values) in self.0 {
                    let entries: Vec<FacetEntry<'_>> = values
                        .iter()
                        .map(|value| FacetEntry {
                            value: &value.value,
                            count: value.count,
                            selected: value.selected,
                        })
                        .collect();
                    map.serialize_entry(column, &entries)?;
                }
                map.end()
            }
        }
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("generation", &self.generation)?;
        map.serialize_entry("facets", &Facets(&self.facets))?;
        map.end()
    }
}

/// A column as a reader sees it.
#[derive(Debug, Serialize)]
struct ColumnView<'a> {
    name: &'a str,
    r#type: crate::domain::column::ColumnType,
    role: Option<crate::domain::column::ColumnRole>,
    facet: bool,
    key: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
}

/// A dataset as a reader sees it, as JSON.
///
/// # Errors
/// As [`datasets::open`]; a dataset without a published import has neither columns nor rows.
pub fn describe(
    services: &Services,
    dataset: &str,
    scope: &Scope,
) -> Result<serde_json::Value, ServiceError> {
    let known = datasets::get(services, dataset)?;
    if known.current_generation.is_none() {
        if scope.owners != OwnerScope::All && known.slug != datasets::MAIN {
            return Err(datasets::no_dataset(dataset));
        }
        return Ok(serde_json::json!({
            "name": known.name, "slug": known.slug, "generation": null, "total": 0, "columns": [],
        }));
    }
    let open = datasets::open(services, dataset, scope)?;
    Ok(serde_json::json!({
        "name": open.dataset.name,
        "slug": open.dataset.slug,
        "generation": open.generation,
        "published_at": open.published_at.to_string(),
        "checked_at": open.checked_at().map(|at| at.to_string()),
        "total": open.view.total(),
        "columns": columns_of(&open.view),
    }))
}

fn columns_of(view: &View) -> Vec<ColumnView<'_>> {
    view.columns()
        .into_iter()
        .map(|column| ColumnView {
            name: &column.name,
            r#type: column.column_type,
            role: column.role,
            facet: column.facet,
            key: column.key,
            hidden: column.hidden,
        })
        .collect()
}
