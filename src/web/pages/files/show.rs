//! `GET /files/{file}`: what a file is, a table in the grid, and what can be done with it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use crate::domain::file_copy::CopyState;
use crate::domain::permission::Permission;
use crate::domain::user::User;
use crate::domain::user_file::UserFile;
use crate::services::imports::preview::Preview;
use crate::services::{ServiceError, Services, user_files};
use crate::web::error::{AppError, sentence};
use crate::web::extract::Page;
use crate::web::next_step::for_reader;
use crate::web::pages::imports::{estimate, rows_table};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary};
use crate::web::ui::format::{bytes, instant};
use crate::web::ui::{NavItem, icon, t, t_with};

/// A file with what a page shows of it.
pub struct Seen {
    /// The file.
    pub file: UserFile,
    /// Its first rows; `None` for what is no table.
    pub preview: Option<Result<Arc<Preview>, String>>,
    /// How far its copy elsewhere is.
    pub copy: Option<CopyState>,
}

/// Looks at a file.
pub fn look(services: &Services, file: UserFile) -> Result<Seen, ServiceError> {
    let copy = user_files::copies::find_state(services, &file)?;
    if !file.kind.is_table() {
        return Ok(Seen { file, preview: None, copy });
    }
    let preview = match user_files::preview(services, &file) {
        Ok(preview) => Ok(preview),
        Err(ServiceError::Invalid { message, .. }) => Err(sentence(&message)),
        Err(other) => return Err(other),
    };
    Ok(Seen { file, preview: Some(preview), copy })
}

/// A file of one's own.
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    Path(file): Path<String>,
) -> Result<Response, AppError> {
    answer(&state, &page, &file, None, &[]).await
}

/// The page, with a name as it was typed and what was wrong with it.
pub async fn answer(
    state: &AppState,
    page: &Page,
    file: &str,
    typed: Option<&str>,
    errors: &[FieldError],
) -> Result<Response, AppError> {
    let id = super::parse(file)?;
    let live = page.session.live().clone();
    let seen = state
        .run(move |services| {
            let file = user_files::find_own(services, &live, id)?;
            look(services, file)
        })
        .await?;
    let content = file_page(state, page, &seen, None, typed, errors);
    Ok(page.show(NavItem::Files, &seen.file.name, &[], &content))
}

/// Where its copy is, or why there is none; what is technical of it is for who looks after folders.
fn copy_panel(page: &Page, state: &AppState, file: &UserFile, copy: &CopyState, is_office: bool) -> Markup {
    let (zone, now) = (page.look.zone(), state.services().now());
    let again = |id: &str| {
        html! {
            form method="post" action=(format!("/files/folders/{}/{}/copy", file.user_id, file.id)) {
                (csrf_field(&page.csrf()))
                button.button.small type="submit" { (icon("rotate-ccw")) (t(id)) }
            }
        }
    };
    html! {
        section.panel.padded aria-labelledby="copy-title" {
            div.panel-head {
                h2 #copy-title { (t("copies-of-file")) " " (super::view::copy_badge(file, Some(copy))) }
                @if is_office {
                    @match copy {
                        CopyState::Copied(_) => (again("copies-check")),
                        CopyState::Retrying { .. } | CopyState::Failed { .. } => (again("copies-again")),
                        CopyState::Waiting => {},
                    }
                }
            }
            p.hint {
                @match copy {
                    CopyState::Waiting => (t("copies-waiting-text")),
                    CopyState::Copied(copied) => {
                        (t("copies-copied-at")) " " (instant(copied.at, &zone, now))
                        @if copied.checked_at > copied.at { " · " (t("copies-checked-at")) " " (instant(copied.checked_at, &zone, now)) }
                        @if is_office { " · " (copied.place) }
                    },
                    CopyState::Retrying { at, .. } => { (t("copies-retry-at")) " " (instant(*at, &zone, now)) },
                    CopyState::Failed { .. } => (t("copies-failed-text")),
                }
            }
            @if let CopyState::Retrying { why, .. } | CopyState::Failed { why } = copy {
                @if is_office && !why.is_empty() { p.conversation { (why) } }
            }
        }
    }
}

/// The page of a file, of one's own or of somebody.
pub fn file_page(
    state: &AppState,
    page: &Page,
    Seen { file, preview, copy }: &Seen,
    of: Option<&User>,
    typed: Option<&str>,
    errors: &[FieldError],
) -> Markup {
    let csrf = page.csrf();
    let folder = of.map_or_else(|| "/files".to_owned(), |user| format!("/files/folders/{}", user.id));
    let href = format!("{folder}/{}", file.id);
    let imports = page.user().has(Permission::ImportData)
        && file.kind.is_table()
        && file.is_kept
        && file.deleted_at.is_none();
    let post = |act: &str, class: &str, symbol: &str| {
        html! {
            form method="post" action=(format!("/files/{}/{act}", file.id)) {
                (csrf_field(&csrf))
                button class=(class) type="submit" { (icon(symbol)) (t(&format!("files-{act}-button"))) }
            }
        }
    };
    html! {
        div.page-head {
            h1 { bdi { (file.name) } }
            div.actions {
                a.button href=(folder) { (icon("folder")) @if of.is_some() { (t("files-back-folder")) } @else { (t("files-back")) } }
                @if imports {
                    a.button href=(format!("/files/folders/{}/{}/import", file.user_id, file.id)) { (icon("upload")) (t("files-import-button")) }
                }
                @if file.deleted_at.is_none() {
                    @if file.kind.is_table() { a.button href=(format!("{href}/table")) { (icon("rows-3")) (t("files-table-button")) } }
                    a.button href=(format!("{href}/download")) { (icon("download")) (t("files-download")) }
                    @if of.is_none() && file.is_kept { (post("delete", "button", "trash-2")) }
                } @else if of.is_none() { (post("restore", "button primary", "rotate-ccw")) (post("erase", "button", "trash-2")) }
            }
        }
        (error_summary(errors))
        div.stack {
            p.hint {
                (t(&format!("files-kind-{}", file.kind.as_str()))) " · " (bytes(file.bytes)) " · "
                (instant(file.added_at, &page.look.zone(), state.services().now()))
                @if let Some(user) = of { " · " (user.shown_name()) }
            }
            @if !file.is_kept && of.is_none() {
                div.notice.warn {
                    (icon("clock")) p { (t("files-undecided-text")) }
                    div.row { (post("keep", "button primary", "check"))
                        form method="post" action=(format!("/files/{}/erase", file.id)) {
                            (csrf_field(&csrf))
                            button.button type="submit" { (icon("trash-2")) (t("files-discard-button")) }
                        }
                    }
                }
            }
            @if let Some(copy) = copy { (copy_panel(page, state, file, copy, of.is_some())) }
            @match preview {
                Some(Ok(preview)) => section.stack aria-labelledby="rows-title" {
                    h2.imports-heading #rows-title {
                        (t_with("imports-rows-title", &[("n", preview.rows.len().into())])) " " span.hint { (estimate(preview)) }
                    }
                    @for note in &preview.notes { p.hint { (note) } }
                    (rows_table(preview))
                },
                Some(Err(reason)) => div.notice.bad { (icon("circle-alert")) p { (for_reader(page.user(), reason)) } },
                None => div.panel.empty { (icon("info")) strong { (t("files-no-preview")) } p { (t("files-no-preview-text")) } },
            }
            @if of.is_none() && file.is_kept && file.deleted_at.is_none() {
                form.panel.padded.stack.narrow method="post" action=(format!("{href}/rename")) {
                    (csrf_field(&csrf))
                    (Field { value: typed.unwrap_or(&file.name), error: error_of(errors, "name"), ..Field::text("name", &t("field-name")) }.render())
                    div.actions { button.button type="submit" { (icon("pencil")) (t("files-rename-button")) } }
                }
            }
        }
    }
}
