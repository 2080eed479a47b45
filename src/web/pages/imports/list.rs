//! `GET /imports`

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;

use super::SCRIPTS;
use super::list_view::{ListView, UploadView, imports_page};
use crate::domain::dataset::{Dataset, Import};
use crate::domain::ids::UserId;
use crate::domain::permission::Permission;
use crate::services::authorize::{Grant, ImportData};
use crate::services::{ServiceError, Services, datasets, imports};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::{NavItem, t};

/// Imports on a page.
pub const PAGE_ROWS: usize = 50;

/// What the page shows beside the form.
pub struct Listed {
    /// The imports of this page, newest first.
    pub imports: Vec<Import>,
    /// Imports in all.
    pub total: usize,
    /// Which page it is, from 1.
    pub page: usize,
    /// What the senders are called.
    pub senders: HashMap<UserId, String>,
    /// Where a file can go.
    pub datasets: Vec<Dataset>,
}

/// Reads what the page shows.
pub fn read(services: &Services, grant: &Grant<ImportData>, page: usize) -> Result<Listed, ServiceError> {
    let skip = page.saturating_sub(1).saturating_mul(PAGE_ROWS);
    let (imports, total) = imports::list_page(services, grant, skip, PAGE_ROWS)?;
    let senders = imports::senders(services, grant, &imports)?;
    Ok(Listed { imports, total, page, senders, datasets: datasets::list(services)? })
}

/// The form for a file, and what became of the files before.
pub async fn list(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let number = query.text("page").parse().unwrap_or(1).max(1);
    let listed = state.run(move |services| read(services, &grant, number)).await?;
    let upload = UploadView { dataset: query.text("dataset"), ..UploadView::default() };
    Ok(answer(&state, &page, &listed, upload))
}

/// The page.
pub fn answer(state: &AppState, page: &Page, listed: &Listed, upload: UploadView<'_>) -> Response {
    let view = ListView {
        listed,
        upload,
        csrf: &page.csrf(),
        offers_sample: listed.datasets.is_empty() && page.user().has(Permission::ManageSite),
        max_bytes: state.config().import.max_upload_bytes,
        zone: page.look.zone(),
        now: state.services().now(),
    };
    page.show(NavItem::Imports, &t("imports-title"), SCRIPTS, &imports_page(&view))
}
