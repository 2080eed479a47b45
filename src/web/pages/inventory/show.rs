//! `GET /inventory`, `GET /datasets/{dataset}`

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use maud::html;

use super::chips::chips;
use super::facets::{Facet, MOST_VALUES, SHOWN_VALUES};
use super::grid::shown_columns;
use super::state::ViewState;
use super::view::{DatasetLink, InventoryView, first_use};
use crate::domain::column::ColumnRole;
use crate::domain::dataset::Dataset;
use crate::domain::scope::{OwnerScope, Scope};
use crate::search::facets::FacetOptions;
use crate::search::query::ast::Condition;
use crate::search::view::{SearchRequest, View};
use crate::services::datasets::{self, OpenDataset};
use crate::services::rows::{RowsRequest, today};
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::shell::SearchBar;
use crate::web::ui::{Look, NavItem, t};

/// Rows of the first answer: a page without script, and what a script begins with.
pub const PAGE_ROWS: u64 = 50;
/// Rows by which columns get their widths.
const SAMPLED_ROWS: usize = 60;
/// Chips for which it is worked out what would be found without them.
const EXPLAINED_CHIPS: usize = 12;
/// The scripts of the page.
const SCRIPTS: [&str; 2] = ["js/grid.js", "js/inventory.js"];

/// `GET /inventory`: the dataset of that name, else the first one.
pub async fn inventory(
    State(state): State<AppState>,
    page: Page,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    answer(&state, page, headers, None, query.unwrap_or_default()).await
}

/// `GET /datasets/{dataset}`
pub async fn dataset(
    State(state): State<AppState>,
    page: Page,
    headers: HeaderMap,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    answer(&state, page, headers, Some(dataset), query.unwrap_or_default()).await
}

/// Who reads a page, and from where.
#[derive(Clone, Copy)]
struct Reader<'r> {
    look: &'r Look,
    csrf: &'r str,
    origin: &'r str,
    sees_all: bool,
}

/// A page's changing part, and what else its answer needs.
struct Answer {
    title: String,
    content: String,
    path: String,
    q: String,
    canonical: String,
}

async fn answer(
    state: &AppState,
    page: Page,
    headers: HeaderMap,
    slug: Option<String>,
    query: String,
) -> Result<Response, AppError> {
    let (scope, look, csrf) = (page.session.scope(), page.look.clone(), page.csrf());
    let origin = state.hosts().origin_of(&headers);
    let answer = state
        .run(move |services| {
            let readable = readable_datasets(services, &scope)?;
            let main = main_dataset(&readable).map(|dataset| dataset.slug.clone());
            let Some(slug) = slug.or_else(|| main.clone()) else { return Ok(None) };
            let path_of = |slug: &str| {
                if main.as_deref() == Some(slug) {
                    "/inventory".to_owned()
                } else {
                    format!("/datasets/{slug}")
                }
            };
            let links: Vec<DatasetLink> = readable
                .iter()
                .map(|dataset| DatasetLink { name: dataset.name.clone(), path: path_of(&dataset.slug) })
                .collect();
            let open = datasets::open_readable(services, &slug, None, &scope)?;
            let path = path_of(&open.dataset.slug);
            let state = ViewState::parse(&query)?;
            let sees_all = scope.owners == OwnerScope::All;
            let reader = Reader { look: &look, csrf: &csrf, origin: &origin, sees_all };
            Ok(Some(render(services, &open, reader, &path, &links, state)?))
        })
        .await?;
    let Some(answer) = answer else {
        let content = first_use(page.user(), page.at_work() > 0);
        return Ok(page.show(NavItem::Inventory, &t("inventory-title"), &[], &content));
    };
    if headers.contains_key("hx-request") && !headers.contains_key("hx-history-restore-request") {
        let mut response = Html(answer.content).into_response();
        // The script says whether this is a step that going back should undo.
        let pushes = headers.get("x-history").is_none_or(|value| value != "replace");
        let name = if pushes { "hx-push-url" } else { "hx-replace-url" };
        if let Ok(canonical) = HeaderValue::from_str(&answer.canonical) {
            response.headers_mut().insert(HeaderName::from_static(name), canonical);
        }
        return Ok(response);
    }
    let content = html! { div #view data-view=(answer.path) { (maud::PreEscaped(answer.content)) } };
    let search = SearchBar { action: &answer.path, value: &answer.q, is_view: true };
    Ok(page.show_searching(NavItem::Inventory, &answer.title, &SCRIPTS, search, &content))
}

/// The datasets that exist for a reader: without an owner column nobody of limited scope has a row in one.
fn readable_datasets(services: &Services, scope: &Scope) -> Result<Vec<Dataset>, ServiceError> {
    let mut all = datasets::list(services)?;
    all.retain(|dataset| dataset.current_generation.is_some() && datasets::is_readable(dataset, scope));
    Ok(all)
}

fn main_dataset(readable: &[Dataset]) -> Option<&Dataset> {
    readable.iter().find(|dataset| dataset.slug == "inventory").or_else(|| readable.first())
}

/// The state with the names of columns as the file has them, and without columns that are not there: a link that
/// somebody of another scope shared still opens.
pub(super) fn resolve(mut state: ViewState, view: &View) -> ViewState {
    let name = |typed: &str| view.column_name(typed);
    state.filters =
        state.filters.into_iter().filter_map(|(column, values)| Some((name(&column)?, values))).collect();
    let keys: Vec<String> = state
        .sort
        .iter()
        .flat_map(|key| match name(key.strip_prefix('-').unwrap_or(key)).or_else(|| name(key)) {
            Some(_) => vec![key.clone()],
            None => key.split(',').map(|part| part.trim().to_owned()).collect(),
        })
        .collect();
    state.sort = keys
        .into_iter()
        .filter_map(|key| match key.strip_prefix('-') {
            Some(column) if name(&key).is_none() => name(column).map(|column| format!("-{column}")),
            _ => name(&key),
        })
        .collect();
    state.columns.retain(|choice| view.columns().iter().any(|column| column.name == choice.name));
    state.more = state.more.iter().filter_map(|column| name(column)).collect();
    state.find = state.find.into_iter().filter_map(|(column, text)| Some((name(&column)?, text))).collect();
    state
}

/// The search that a state asks for.
pub(super) fn search_of(
    services: &Services,
    state: &ViewState,
    view: &View,
) -> Result<SearchRequest, ServiceError> {
    Ok(RowsRequest::from_pairs(state.api_pairs(), today(services))?.search(view))
}

fn render(
    services: &Services,
    open: &OpenDataset,
    reader: Reader<'_>,
    path: &str,
    links: &[DatasetLink],
    state: ViewState,
) -> Result<Answer, ServiceError> {
    let view = &open.view;
    let mut state = resolve(state, view);
    let search = search_of(services, &state, view)?;
    let found = view.search(&search)?;
    if state.offset >= found.matched {
        state.offset = 0;
    }
    let columns = view.columns();
    let query = view.understand(&search);
    let names = |index: usize| view.column_at(index).unwrap_or_default();
    let chips = chips(&state, &query, &names);
    let without = if found.matched == 0 {
        let count = |state: &ViewState| {
            search_of(services, state, view).and_then(|search| Ok(view.search(&search)?.matched))
        };
        chips.iter().take(EXPLAINED_CHIPS).map(|chip| count(&chip.without)).collect::<Result<_, _>>()?
    } else {
        Vec::new()
    };
    let words = query
        .terms
        .iter()
        .filter(|term| !term.negated && matches!(term.condition, Condition::Anywhere(_)))
        .count();
    let other_match = (words > 1 || state.any_word)
        .then(|| ViewState { any_word: !state.any_word, ..state.from_the_top() });
    let facets = facets_of(view, &search, &state)?;
    let suggestions = view.suggestions(&search, &found)?;
    let window = view.window(&found, state.offset, usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX));
    let everything = view.search(&SearchRequest::everything(today(services)))?;
    let shown = shown_columns(&state, &columns, &view.window(&everything, 0, SAMPLED_ROWS));
    let canonical = state.href(path);
    let content = InventoryView {
        look: reader.look,
        csrf: reader.csrf,
        path,
        slug: &open.dataset.slug,
        dataset_path: &format!("/datasets/{}", open.dataset.slug),
        name: &open.dataset.name,
        datasets: links,
        state: &state,
        share: &format!("{}{canonical}", reader.origin),
        columns: &columns,
        shown: &shown,
        chips: &chips,
        without: &without,
        other_match: other_match.as_ref(),
        facets: &facets,
        window: &window,
        page_rows: PAGE_ROWS,
        sees_all: reader.sees_all,
        total: view.total(),
        matched: found.matched,
        totals: view.totals(&found),
        suggestions: &suggestions,
        generation: open.generation.0,
        published_at: open.published_at,
        now: services.now(),
    }
    .render();
    Ok(Answer {
        title: open.dataset.name.clone(),
        content: content.into_string(),
        path: path.to_owned(),
        q: state.q,
        canonical,
    })
}

/// Where a facet stands among the dataset's own: few and telling values first.
fn facet_rank(role: Option<ColumnRole>) -> usize {
    match role {
        Some(ColumnRole::Status) => 0,
        Some(ColumnRole::Location) => 1,
        Some(ColumnRole::Owner) => 2,
        Some(ColumnRole::Uom) => 4,
        Some(ColumnRole::Bin) => 5,
        _ => 3,
    }
}

/// The dataset's own facets, then those that somebody opened or chose from.
fn facets_of(view: &View, search: &SearchRequest, state: &ViewState) -> Result<Vec<Facet>, ServiceError> {
    let mut wanted = view.default_facets();
    let columns = view.columns();
    let role_of =
        |name: &String| columns.iter().find(|column| column.name == *name).and_then(|column| column.role);
    wanted.sort_by_key(|name| facet_rank(role_of(name)));
    let others = state.filters.iter().map(|(column, _)| column).chain(&state.more);
    for column in others {
        if !wanted.contains(column) {
            wanted.push(column.clone());
        }
    }
    wanted
        .into_iter()
        .map(|column| {
            let limit = if state.more.contains(&column) { MOST_VALUES } else { SHOWN_VALUES };
            let prefix =
                state.find.iter().find(|(known, _)| *known == column).map_or("", |(_, text)| text.as_str());
            let (column, values) = view.facet(search, &column, FacetOptions { prefix, limit: limit + 1 })?;
            Ok(Facet { column, values })
        })
        .collect()
}
