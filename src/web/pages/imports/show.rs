//! `GET /imports/{import}`

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::mapping_view::mapping;
use super::status_view::{StatusView, head, status_panel};
use super::words::sender_text;
use super::{SCRIPTS, parse};
use crate::domain::dataset::Import;
use crate::domain::ids::ImportId;
use crate::services::authorize::{Grant, ImportData};
use crate::services::imports::guard::SeenFinding;
use crate::services::imports::preview::{self, Preview};
use crate::services::imports::{self, Progress, WithoutOwner, without_owner};
use crate::services::{ServiceError, Services, datasets};
use crate::web::error::AppError;
use crate::web::extract::{CurrentSession, FormData, Page};
use crate::web::pages::go_to;
use crate::web::state::AppState;
use crate::web::ui::{NavItem, icon, t, t_with};
use maud::html;

/// An import as its page shows it.
pub struct Shown {
    /// The import.
    pub import: Import,
    /// The dataset's name.
    pub dataset: String,
    /// Rows that the dataset shows; `None` before the first import was published.
    pub rows_now: Option<u64>,
    /// Who sent the file.
    pub sender: String,
    /// How far its child has come.
    pub progress: Option<Progress>,
    /// The dataset's owner column as it is.
    pub owner_before: Option<String>,
    /// Nobody but who sees every owner's rows would see the file's.
    pub without_owner: Option<WithoutOwner>,
    /// What of it is still there.
    pub kept: Kept,
    /// Whether the reader may see cells of the file.
    pub sees_cells: bool,
    /// What the guard found, as the reader may see it.
    pub findings: Vec<SeenFinding>,
    /// Somebody chose how it is read, on a page like this one.
    pub is_set: bool,
}

/// What of an import is still there.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Its file can be read once more.
    pub can_read_again: bool,
    /// Its file.
    pub original: bool,
    /// The rows that could not be read.
    pub rejects: bool,
}

/// Reads what every part of the page needs.
pub fn read(
    services: &Services,
    grant: &Grant<ImportData>,
    session: &CurrentSession,
    id: ImportId,
) -> Result<Shown, ServiceError> {
    let import = imports::get(services, grant, id)?;
    let dataset = datasets::find(services, &import.dataset_slug)?;
    let rows_now = match &dataset {
        Some(dataset) => datasets::current_rows(services, dataset)?,
        None => None,
    };
    let senders = imports::senders(services, grant, std::slice::from_ref(&import))?;
    let owner_before = dataset.as_ref().and_then(|dataset| dataset.owner_column.clone());
    let known = preview::known(services, &import).filter(|_| preview::is_waiting(&import));
    let sees_cells = imports::may_see_cells(&import, grant, &session.scope());
    Ok(Shown {
        kept: Kept {
            can_read_again: sees_cells && imports::can_read_again(services, &import),
            original: imports::has_original(services, &import),
            rejects: imports::has_rejects(services, &import),
        },
        sees_cells,
        findings: imports::findings_for(&import, grant, &session.scope()),
        is_set: imports::was_set(&import),
        dataset: dataset.map_or_else(|| import.dataset_slug.clone(), |dataset| dataset.name),
        rows_now,
        sender: sender_text(&import, &senders),
        progress: imports::progress(services, id),
        without_owner: known.and_then(|known| without_owner(&known.profile, owner_before.as_deref())),
        owner_before,
        import,
    })
}

/// What a page that comes back says first.
#[derive(Debug, Clone, Default)]
pub enum Notice {
    /// Nothing.
    #[default]
    None,
    /// The settings were not those of the preview: they are now.
    Changed,
    /// What could not be done, and why.
    Refused(String),
    /// Nothing was done: the settings were changed elsewhere meanwhile.
    Elsewhere,
}

/// The import, in the state it is in.
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    Path(import): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let notice = if query.has("changed") { Notice::Changed } else { Notice::None };
    answer(&state, &page, parse(&import)?, notice).await
}

/// The page.
pub async fn answer(
    state: &AppState,
    page: &Page,
    id: ImportId,
    notice: Notice,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let session = page.session.clone();
    let (shown, preview) = state
        .run(move |services| {
            let mut shown = read(services, &grant, &session, id)?;
            let preview = look(services, &grant, &shown.import)?;
            if let Some(Ok(preview)) = &preview {
                shown.without_owner = without_owner(&preview.profile, shown.owner_before.as_deref());
            }
            Ok((shown, preview))
        })
        .await?;
    let csrf = page.csrf();
    let view = StatusView { shown: &shown, csrf: &csrf, zone: page.look.zone(), now: state.services().now() };
    let content = html! {
        (head(&view))
        div #import .stack {
            @match &notice {
                Notice::None => {}
                Notice::Changed => div.notice role="status" { (icon("info")) p { (t("imports-changed")) } },
                Notice::Refused(reason) => div.notice.bad role="alert" tabindex="-1" data-focus {
                    (icon("circle-alert")) p { (reason) }
                },
                Notice::Elsewhere => div.notice.bad role="alert" tabindex="-1" data-focus {
                    (icon("circle-alert")) p { (t("imports-elsewhere")) }
                },
            }
            @if matches!(preview, Some(Ok(_))) {
                // Enter in the form presses its first button: never the one that publishes.
                button.visually-hidden type="submit" form="mapping" tabindex="-1" aria-hidden="true" { (t("imports-update")) }
            }
            (status_panel(&view))
            @match &preview {
                Some(Ok(preview)) => (mapping(&shown, preview, &csrf)),
                Some(Err(reason)) => div.notice.bad { (icon("circle-alert")) p { (reason) } },
                None => {}
            }
        }
    };
    let title = t_with("imports-title-one", &[("file", shown.import.file_name.as_str().into())]);
    let mut response = page.show(NavItem::Imports, &title, SCRIPTS, &content);
    match notice {
        Notice::None | Notice::Changed => {}
        Notice::Refused(_) => *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY,
        Notice::Elsewhere => *response.status_mut() = StatusCode::CONFLICT,
    }
    Ok(response)
}

/// An address that forms are sent to, asked for as a page: after a reload, or by the way back.
pub async fn back(
    State(state): State<AppState>,
    page: Page,
    Path(import): Path<String>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let id = parse(&import)?;
    state.run(move |services| imports::get(services, &grant, id)).await?;
    Ok(go_to(&format!("/imports/{id}")))
}

/// The preview of an import that waits for a person, or why there is none.
fn look(
    services: &Services,
    grant: &Grant<ImportData>,
    import: &Import,
) -> Result<Option<Result<Arc<Preview>, String>>, ServiceError> {
    if !preview::is_waiting(import) {
        return Ok(None);
    }
    match preview::of(services, grant, import) {
        Ok(preview) => Ok(Some(Ok(preview))),
        Err(ServiceError::Invalid { message, .. }) => Ok(Some(Err(message))),
        Err(other) => Err(other),
    }
}
