//! `GET /imports/{import}/difference` and its file: what an import would change, or did.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::html;

use super::file::download;
use super::state::ChangesQuery;
use super::view::{ChangesView, changes_page};
use crate::domain::ids::ImportId;
use crate::services::authorize::ImportData;
use crate::services::rows::today;
use crate::services::{changes, imports};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::{NavItem, t, t_with};

fn parse(id: &str) -> Result<ImportId, AppError> {
    id.parse().map_err(|_| AppError::not_found("There is no such import."))
}

/// The page.
pub async fn import(
    State(state): State<AppState>,
    page: Page,
    Path(import): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let (grant, scope, id) = (page.grant::<ImportData>()?, page.session.scope(), parse(&import)?);
    let query = ChangesQuery::of(&query, &[]);
    let wanted = query.clone();
    let (import, changes, entries) = state
        .run(move |services| {
            let import = imports::get(services, &grant, id)?;
            let changes = changes::of_import(services, &grant, &scope, id)?;
            let selection = wanted.selection(&changes.difference, today(services));
            let entries = changes.difference.select(&selection)?;
            Ok((import, changes, entries))
        })
        .await?;
    let file = ("file", import.file_name.as_str().into());
    let is_published = changes.after.is_some();
    let title = t_with(if is_published { "changes-title-done" } else { "changes-title-import" }, &[file]);
    let view = ChangesView {
        path: &format!("/imports/{id}/difference"),
        key_page: (!is_published).then(|| format!("/imports/{id}")),
        back: (format!("/imports/{id}"), t("changes-back-import")),
        title: title.clone(),
        hint: html! {
            (t_with("changes-against", &[("dataset", changes.dataset.name.as_str().into()), ("generation", changes.before.0.into())]))
        },
        changes: &changes,
        query: &query,
        entries: &entries,
        offers_file: true,
    };
    Ok(page.show(NavItem::Imports, &title, &[], &changes_page(&view)))
}

/// The file.
pub async fn import_file(
    State(state): State<AppState>,
    page: Page,
    Path(import): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let (grant, scope, id) = (page.grant::<ImportData>()?, page.session.scope(), parse(&import)?);
    let query = ChangesQuery::of(&query, &[]);
    download(&state, &page, query, move |services| changes::of_import(services, &grant, &scope, id)).await
}
