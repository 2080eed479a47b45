//! `GET /files/folders`: those of others, for who manages users or imports what they send.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::html;

use super::view::{Listing, Place, list_page};
use crate::services::user_files;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::format::{bytes, count};
use crate::web::ui::{NavItem, icon, t, t_with};

/// All folders with anything in them.
pub async fn folders(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let office = super::office(&page)?;
    let folders = state.run(move |services| user_files::folders(services, &office)).await?;
    let content = html! {
        div.page-head {
            h1 #folders-title { (t("files-folders")) }
            @if page.look.has_files { div.actions { a.button href="/files" { (icon("folder")) (t("files-back")) } } }
        }
        @if folders.is_empty() {
            div.panel.empty { (icon("folder")) strong { (t("files-folders-none")) } p { (t("files-folders-none-text")) } }
        } @else {
            p.hint { (t("files-folders-size")) }
            div.table-wrap tabindex="0" role="region" aria-labelledby="folders-title" {
                table.table.cards {
                    thead { tr {
                        th scope="col" { (t("files-col-user")) }
                        th.number scope="col" { (t("files-col-files")) }
                        th.number scope="col" { (t("files-col-size")) }
                    } }
                    tbody { @for folder in &folders { tr {
                        td data-label=(t("files-col-user")) {
                            a href=(format!("/files/folders/{}", folder.user.id)) { (folder.user.shown_name()) }
                            " " span.hint { (folder.user.email) }
                        }
                        td.number data-label=(t("files-col-files")) { (count(folder.files as u64)) }
                        td.number data-label=(t("files-col-size")) { (bytes(folder.bytes)) }
                    } } }
                }
            }
        }
    };
    Ok(page.show(NavItem::Files, &t("files-folders"), &[], &content))
}

/// `GET /files/folders/{folder}`
pub async fn folder(
    State(state): State<AppState>,
    page: Page,
    Path(folder): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let office = super::office(&page)?;
    let user = super::parse(&folder)?;
    let (user, contents) = state.run(move |services| user_files::in_folder(services, &office, user)).await?;
    let listing = Listing {
        place: Place::Of(&user),
        contents: &contents,
        query: &query,
        errors: &[],
        csrf: &page.csrf(),
        max_bytes: 0,
        hears_of_settings: false,
        sees_folders: true,
        zone: page.look.zone(),
        now: state.services().now(),
    };
    let title = t_with("files-of", &[("name", user.shown_name().into())]);
    Ok(page.show(NavItem::Files, &title, &[], &list_page(&listing)))
}

/// `GET /files/folders/{folder}/{file}`
pub async fn show_of(
    State(state): State<AppState>,
    page: Page,
    Path((folder, file)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let office = super::office(&page)?;
    let (user, id) = (super::parse(&folder)?, super::parse(&file)?);
    let (user, seen) = state
        .run(move |services| {
            let file = user_files::find_in_folder(services, &office, user, id)?;
            let (user, _) = user_files::in_folder(services, &office, user)?;
            Ok((user, super::show::look(services, file)?))
        })
        .await?;
    let content = super::show::file_page(&state, &page, &seen, Some(&user), None, &[]);
    Ok(page.show(NavItem::Files, &seen.file.name, &[], &content))
}
