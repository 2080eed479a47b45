//! `GET /inventory`, `GET /datasets/{dataset}`

use std::collections::HashSet;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use maud::html;

use super::chips::chips;
use super::facets::{Facet, MOST_VALUES, SHOWN_VALUES};
use super::grid::{Labels, RowLinks, shown_columns};
use super::nothing;
use super::print;
use super::state::{ColumnChoice, ViewState};
use super::view::{DatasetFacts, DatasetLink, InventoryView, Subject, first_use};
use super::widths::rooms;
use crate::domain::column::ColumnRole;
use crate::domain::dataset::Dataset;
use crate::domain::scope::{OwnerScope, Scope};
use crate::search::facets::FacetOptions;
use crate::search::query::ast::Condition;
use crate::search::view::{SearchRequest, View};
use crate::services::datasets;
use crate::services::rows::{RowsRequest, today};
use crate::services::{ServiceError, Services, changes, searches, sources};
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::shell::SearchBar;
use crate::web::ui::{Look, NavItem, t};

/// Rows of the first answer: a page without script, and what a script begins with.
pub const PAGE_ROWS: u64 = 50;
/// The scripts of the page.
const SCRIPTS: [&str; 2] = ["js/grid.js", "js/inventory.js"];
/// The script of what is printed.
const PRINT_SCRIPTS: [&str; 1] = ["js/print.js"];

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
pub(super) struct Reader<'r> {
    pub look: &'r Look,
    pub csrf: &'r str,
    pub origin: &'r str,
    pub sees_all: bool,
    pub is_view_as: bool,
    pub name: &'r str,
    pub form: Form,
}

/// As what a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Whole.
    Page,
    /// What a script puts in the place of what is there.
    Part,
    /// For paper.
    Print,
}

/// A page's changing part, and what else its answer needs.
pub(super) struct Answer {
    title: String,
    content: String,
    path: String,
    q: String,
    matched: u64,
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
    let is_print =
        form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "print" && value == "1");
    let form = match (is_part(&headers), is_print) {
        (true, _) => Form::Part,
        (_, true) => Form::Print,
        _ => Form::Page,
    };
    let name = page.user().email.to_string();
    let visited_before = page.session.visited_before();
    // What an admin tries while looking as somebody is no search of theirs.
    let searcher = page.session.viewer().is_none().then_some(page.user().id);
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
            let readers_today = services.now().to_zoned(look.zone()).date();
            let state = ViewState::parse(&query)?.up_to(datasets::site_today(services), readers_today);
            let open = match state.as_of {
                Some(day) => datasets::open_as_of(services, &slug, day, &scope)?,
                None => datasets::open_readable(services, &slug, None, &scope)?,
            };
            let path = path_of(&open.dataset.slug);
            let sees_all = scope.owners == OwnerScope::All;
            let is_view_as = searcher.is_none();
            let reader =
                Reader { look: &look, csrf: &csrf, origin: &origin, sees_all, is_view_as, name: &name, form };
            let slug = &open.dataset.slug;
            let subject = Subject::Dataset(DatasetFacts {
                slug,
                links: &links,
                late: sources::lateness(services, slug)?,
                has_changes: changes::has_earlier(services, &open.dataset)?,
                is_new_since_visit: visited_before.is_some_and(|at| at < open.published_at),
            });
            let table = Table {
                view: &open.view,
                name: &open.dataset.name,
                path: &path,
                dataset_path: &format!("/datasets/{slug}"),
                subject,
                generation: open.generation.0,
                published_at: open.published_at,
                checked_at: open.checked_at(),
            };
            let answer = render(services, &table, reader, state)?;
            if let Some(searcher) = searcher {
                searches::note(services, searcher, &open.dataset.slug, &answer.q, answer.matched);
            }
            Ok(Some(answer))
        })
        .await?;
    let Some(answer) = answer else {
        let content = first_use(page.user(), page.at_work() > 0);
        return Ok(page.show(NavItem::Inventory, &t("inventory-title"), &[], &content));
    };
    Ok(respond(&page, &headers, NavItem::Inventory, form, answer))
}

/// The answer as what it was asked for.
pub(super) fn respond(
    page: &Page,
    headers: &HeaderMap,
    item: NavItem,
    form: Form,
    answer: Answer,
) -> Response {
    if form == Form::Part {
        let mut response = Html(answer.content).into_response();
        // The script says whether this is a step that going back should undo.
        let pushes = headers.get("x-history").is_none_or(|value| value != "replace");
        let name = if pushes { "hx-push-url" } else { "hx-replace-url" };
        if let Ok(canonical) = HeaderValue::from_str(&answer.canonical) {
            response.headers_mut().insert(HeaderName::from_static(name), canonical);
        }
        return response;
    }
    if form == Form::Print {
        let content = html! { (maud::PreEscaped(answer.content)) };
        return page.show(item, &answer.title, &PRINT_SCRIPTS, &content);
    }
    let content = html! { div #view data-view=(answer.path) { (maud::PreEscaped(answer.content)) } };
    let search = SearchBar { action: &answer.path, value: &answer.q, is_view: true };
    page.show_searching(item, &answer.title, &SCRIPTS, search, &content)
}

/// Asked for by a script that puts it in the place of what is there.
pub(super) fn is_part(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request") && !headers.contains_key("hx-history-restore-request")
}

/// The datasets that exist for a reader: without an owner column nobody of limited scope has a row in one.
fn readable_datasets(services: &Services, scope: &Scope) -> Result<Vec<Dataset>, ServiceError> {
    let mut all = datasets::list(services)?;
    all.retain(|dataset| {
        dataset.current_generation.is_some() && datasets::exists_for(services, dataset, scope)
    });
    Ok(all)
}

fn main_dataset(readable: &[Dataset]) -> Option<&Dataset> {
    readable.iter().find(|dataset| dataset.slug == datasets::MAIN).or_else(|| readable.first())
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
    // The first time that a column is named decides.
    let mut seen = HashSet::new();
    state.sort.retain(|key| seen.insert(key.trim_start_matches('-').to_owned()));
    state.columns = state.columns.iter().flat_map(|choice| several(choice, view)).collect();
    let is_there = |choice: &ColumnChoice| view.columns().iter().any(|column| column.name == choice.name);
    state.columns.retain(is_there);
    state.widths.retain(is_there);
    state.facets = state.facets.iter().filter_map(|column| name(column)).collect();
    state.more = state.more.iter().filter_map(|column| name(column)).collect();
    state.find = state.find.into_iter().filter_map(|(column, text)| Some((name(&column)?, text))).collect();
    state
}

/// One column, or several with commas between, as the API reads them.
fn several(choice: &ColumnChoice, view: &View) -> Vec<ColumnChoice> {
    let named = |name: &str| view.column_name(name).map(|name| ColumnChoice { name, width: choice.width });
    match named(&choice.name) {
        Some(choice) => vec![choice],
        None => choice.name.split(',').filter_map(|name| named(name.trim())).collect(),
    }
}

/// Names in an address that are no column of the reader's: filters first, since without one there is more to see than
/// was asked for. What is hidden and what never was read the same.
fn left_out(asked: &ViewState, view: &View) -> Vec<String> {
    let is_unknown = |name: &&str| !name.is_empty() && view.column_name(name).is_none();
    let filters = asked.filters.iter().map(|(column, _)| column.as_str());
    let keys = asked.sort.iter().filter(|key| is_unknown(&key.as_str())).flat_map(|key| key.split(','));
    let keys = keys.map(|key| key.trim().trim_start_matches('-'));
    let columns = asked.columns.iter().map(|choice| choice.name.as_str());
    let columns = columns.filter(is_unknown).flat_map(|name| name.split(',')).map(str::trim);
    let mut names: Vec<String> = Vec::new();
    for name in filters.chain(keys).chain(columns).filter(is_unknown) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The search that a state asks for.
pub(super) fn search_of(
    services: &Services,
    state: &ViewState,
    view: &View,
) -> Result<SearchRequest, ServiceError> {
    Ok(RowsRequest::from_pairs(state.api_pairs(), today(services))?.search(view))
}

/// What a page is to show.
pub(super) struct Table<'t> {
    pub view: &'t View,
    /// What it is called.
    pub name: &'t str,
    /// Path of the page.
    pub path: &'t str,
    /// Address of its fragments.
    pub dataset_path: &'t str,
    pub subject: Subject<'t>,
    pub generation: u64,
    pub published_at: Timestamp,
    /// When they were last known to be what their source has, where they are the current ones.
    pub checked_at: Option<Timestamp>,
}

pub(super) fn render(
    services: &Services,
    table: &Table<'_>,
    reader: Reader<'_>,
    state: ViewState,
) -> Result<Answer, ServiceError> {
    let Table { view, path, .. } = *table;
    let left_out = left_out(&state, view);
    let mut state = resolve(state, view);
    let search = search_of(services, &state, view)?;
    let found = view.search(&search)?;
    if state.offset >= found.matched || reader.form == Form::Print {
        state.offset = 0;
    }
    let columns = view.columns();
    let query = view.understand(&search);
    let names = |index: usize| view.column_at(index).unwrap_or_default();
    let chips = chips(&state, &query, &names);
    let nothing =
        nothing::explain(view, &search, &found, &query, &chips, &|state| search_of(services, state, view))?;
    let words = query
        .terms
        .iter()
        .filter(|term| !term.negated && matches!(term.condition, Condition::Anywhere(_)))
        .count();
    let other_match = (words > 1 || state.any_word)
        .then(|| ViewState { any_word: !state.any_word, ..state.from_the_top() });
    let facets = facets_of(view, &search, &state)?;
    let most = if reader.form == Form::Print {
        print::MOST_ROWS
    } else {
        usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX)
    };
    let window = view.window(&found, state.offset, most);
    let everything = view.search(&SearchRequest::everything(today(services)))?;
    let shown = shown_columns(&state, &columns, &rooms(view, &everything));
    let canonical = state.href(path);
    let page = InventoryView {
        look: reader.look,
        csrf: reader.csrf,
        path,
        subject: table.subject,
        dataset_path: table.dataset_path,
        name: table.name,
        state: &state,
        share: &format!("{}{canonical}", reader.origin),
        columns: &columns,
        shown: &shown,
        chips: &chips,
        left_out: &left_out,
        nothing: &nothing,
        labels: if reader.form == Form::Page { Labels::All } else { Labels::OfCards },
        other_match: other_match.as_ref(),
        facets: &facets,
        window: &window,
        page_rows: PAGE_ROWS,
        sees_all: reader.sees_all,
        is_view_as: reader.is_view_as,
        offers_links: services.config().links.enabled && !reader.is_view_as,
        total: view.total(),
        matched: found.matched,
        totals: view.totals(&found),
        generation: table.generation,
        published_at: table.published_at,
        checked_at: table.checked_at,
        links: table
            .subject
            .dataset()
            .map_or_else(RowLinks::none, |dataset| RowLinks::of(dataset.slug, &columns)),
        now: services.now(),
    };
    let content = if reader.form == Form::Print { print::render(&page, reader.name) } else { page.render() };
    Ok(Answer {
        title: table.name.to_owned(),
        content: content.into_string(),
        path: path.to_owned(),
        q: state.q,
        matched: found.matched,
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

/// The facets that somebody asked for, then the dataset's own, then others that somebody chose from. One of the
/// dataset's own with a single value among the reader's rows leaves nothing to choose.
fn facets_of(view: &View, search: &SearchRequest, state: &ViewState) -> Result<Vec<Facet>, ServiceError> {
    let mut own = view.default_facets();
    let columns = view.columns();
    let role_of =
        |name: &String| columns.iter().find(|column| column.name == *name).and_then(|column| column.role);
    own.sort_by_key(|name| facet_rank(role_of(name)));
    let asked: Vec<String> = state.facets.iter().filter(|name| !own.contains(name)).cloned().collect();
    let chosen = state.filters.iter().map(|(column, _)| column).chain(&state.more);
    let mut wanted: Vec<&String> = asked.iter().chain(&own).collect();
    for column in chosen {
        if !wanted.contains(&column) {
            wanted.push(column);
        }
    }
    let everything = SearchRequest::everything(search.today);
    let mut facets = Vec::with_capacity(wanted.len());
    for column in wanted {
        let limit = if state.more.contains(column) { MOST_VALUES } else { SHOWN_VALUES };
        let prefix =
            state.find.iter().find(|(known, _)| known == column).map_or("", |(_, text)| text.as_str());
        let (column, values) = view.facet(search, column, FacetOptions { prefix, limit: limit + 1 })?;
        let is_idle = own.contains(&column)
            && values.len() < 2
            && prefix.is_empty()
            && !state.facets.contains(&column)
            && !state.filters.iter().any(|(known, _)| *known == column);
        if is_idle && view.facet(&everything, &column, FacetOptions { prefix: "", limit: 2 })?.1.len() < 2 {
            continue;
        }
        facets.push(Facet { added: asked.contains(&column), column, values });
    }
    Ok(facets)
}
