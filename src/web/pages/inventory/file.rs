//! A file of a folder in the grid: the page of a dataset, without what only datasets have.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use maud::html;

use super::grid::RowLinks;
use super::rows::block;
use super::show::{Form, Reader, Table, is_part, render, respond};
use super::state::ViewState;
use super::view::Subject;
use crate::domain::user_file::UserFile;
use crate::search::view::View;
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::{NavItem, icon, t};

/// The generation of what is never published anew.
const CONTENT: u64 = 0;

/// The page at `{base}/table`, of what `open` opens; `base` is the address of the file's own page.
pub async fn file_table(
    state: &AppState,
    page: Page,
    headers: HeaderMap,
    (base, query): (String, String),
    open: impl FnOnce(&Services) -> Result<(UserFile, Option<View>), ServiceError> + Send + 'static,
) -> Result<Response, AppError> {
    let (look, csrf) = (page.look.clone(), page.csrf());
    let form = if is_part(&headers) { Form::Part } else { Form::Page };
    let address = base.clone();
    let (name, answer) = state
        .run(move |services| {
            let (file, view) = open(services)?;
            let Some(view) = view else { return Ok((file.name, None)) };
            let mut state = ViewState::parse(&query)?;
            if state.as_of.take().is_some() {
                // A file has no days.
                state.unknown.push("as_of".to_owned());
            }
            let reader = Reader {
                look: &look,
                csrf: &csrf,
                origin: "",
                sees_all: false,
                is_view_as: false,
                name: "",
                form,
            };
            let table = Table {
                view: &view,
                name: &file.name,
                path: &format!("{address}/table"),
                dataset_path: &address,
                subject: Subject::File(&address),
                generation: CONTENT,
                published_at: file.added_at,
                checked_at: None,
            };
            let answer = render(services, &table, reader, state)?;
            Ok((file.name, Some(answer)))
        })
        .await?;
    if let Some(answer) = answer {
        return Ok(respond(&page, &headers, NavItem::Files, form, answer));
    }
    let content = html! {
        div.page-head { h1 { bdi { (name) } } }
        div.empty.panel {
            (icon("clock"))
            h2 { (t("files-table-wait")) }
            p data-wait-for="sr-grid" { (t("files-table-wait-text")) }
            noscript { meta http-equiv="refresh" content="2"; }
            a.button href=(base) { (icon("chevron-left")) (t("files-table-back")) }
        }
    };
    Ok(page.show(NavItem::Files, &name, &[], &content))
}

/// The rows at `{base}/rows`: a block of them, for a script.
pub async fn file_rows(
    state: &AppState,
    query: String,
    open: impl FnOnce(&Services) -> Result<(UserFile, Option<View>), ServiceError> + Send + 'static,
) -> Result<Response, AppError> {
    let html = state
        .run(move |services| {
            let (_, view) = open(services)?;
            let view = view.ok_or_else(|| ServiceError::Busy(std::time::Duration::from_secs(2)))?;
            block(services, &view, &query, &RowLinks::none())
        })
        .await?;
    // The script asks whether the rows are still those it began with: a content has only one.
    let generation = (HeaderName::from_static("x-generation"), HeaderValue::from(CONTENT));
    Ok(([generation], Html(html)).into_response())
}
