//! `GET /datasets/{dataset}/changes` and its file: what changed between two generations that were published.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::html;

use super::file::download;
use super::state::ChangesQuery;
use super::view::{ChangesView, changes_page};
use crate::domain::dataset::Dataset;
use crate::domain::ids::GenerationId;
use crate::domain::permission::Permission;
use crate::services::changes::{self, Since};
use crate::services::datasets::MAIN;
use crate::services::rows::today;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::format::ago;
use crate::web::ui::{NavItem, icon, t, t_with};

type Range = (Since, Option<GenerationId>);

/// What is said for `from` where it is the reader's last visit.
pub const VISIT: &str = "visit";

fn range(page: &Page, query: &FormData) -> Result<Range, AppError> {
    let generation = |name: &str| match query.text(name) {
        "" => Ok(None),
        text => text
            .parse()
            .map(|number| Some(GenerationId(number)))
            .map_err(|_| AppError::invalid(format!("`{name}={text}`: expected the number of a generation."))),
    };
    let since = if query.text("from") == VISIT {
        page.session.visited_before().map_or(Since::Before, Since::Instant)
    } else {
        generation("from")?.map_or(Since::Before, Since::Generation)
    };
    Ok((since, generation("to")?))
}

/// The page.
pub async fn dataset(
    State(state): State<AppState>,
    page: Page,
    Path(dataset): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let (scope, range) = (page.session.scope(), range(&page, &query)?);
    let query = ChangesQuery::of(&query, &["from", "to"]);
    let (wanted, name) = (query.clone(), dataset.clone());
    let found = state
        .run(move |services| {
            if let Some(dataset) = changes::only_data(services, &name, range, &scope)? {
                return Ok(Err(dataset));
            }
            let changes = changes::in_dataset(services, &name, range, &scope)?;
            let selection = wanted.selection(&changes.difference, today(services));
            let entries = changes.difference.select(&selection)?;
            Ok(Ok((changes, entries)))
        })
        .await?;
    let (changes, entries) = match found {
        Ok(found) => found,
        Err(only) => return Ok(nothing_yet(&page, &only)),
    };
    let name = ("dataset", changes.dataset.name.as_str().into());
    let title = t_with("changes-title", &[name]);
    let after = changes.after.map_or(0, |after| after.0);
    let slug = &changes.dataset.slug;
    let view = ChangesView {
        path: &format!("/datasets/{slug}/changes"),
        key_page: page.user().has(Permission::ImportData).then(|| format!("/datasets/{slug}/profiles")),
        back: (path_of(slug), t("changes-back-dataset")),
        title: title.clone(),
        hint: html! {
            @if let (Since::Instant(at), _) = range {
                (t_with("changes-since-visit", &[("ago", ago(at, state.services().now()).into())])) " · "
            }
            (t_with("changes-between", &[("before", changes.before.0.into()), ("after", after.into())]))
        },
        changes: &changes,
        query: &query,
        entries: &entries,
        offers_file: true,
    };
    Ok(page.show(NavItem::Inventory, &title, &[], &changes_page(&view)))
}

fn path_of(slug: &str) -> String {
    if slug == MAIN { "/inventory".to_owned() } else { format!("/datasets/{slug}") }
}

/// Of a dataset whose first data are its only ones.
fn nothing_yet(page: &Page, dataset: &Dataset) -> Response {
    let title = t_with("changes-title", &[("dataset", dataset.name.as_str().into())]);
    let content = html! {
        nav.crumbs aria-label=(t("imports-crumbs")) {
            a href=(path_of(&dataset.slug)) { (icon("chevron-left")) (t("changes-back-dataset")) }
        }
        div.page-head { h1 { (title) } }
        div.panel.empty { (icon("rows-3")) strong { (t("changes-nothing-yet")) } p { (t("changes-nothing-yet-text")) } }
    };
    page.show(NavItem::Inventory, &title, &[], &content)
}

/// The file.
pub async fn dataset_file(
    State(state): State<AppState>,
    page: Page,
    Path(dataset): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let (scope, range) = (page.session.scope(), range(&page, &query)?);
    let query = ChangesQuery::of(&query, &["from", "to"]);
    download(&state, &page, query, move |services| changes::in_dataset(services, &dataset, range, &scope))
        .await
}
