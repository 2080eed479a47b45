//! `POST /admin/system/backups`, `POST /admin/system/backups/drill`, `GET /admin/system/backups/{name}`

use axum::extract::{Path, State};
use axum::response::Response;

use crate::services::authorize::ManageSite;
use crate::services::backups::{drill, schedule};
use crate::web::attachment::as_sent;
use crate::web::error::AppError;
use crate::web::extract::{Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Makes one now.
pub async fn back_up(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    state.run(move |services| schedule::ask(services, &grant)).await?;
    Ok(go_to("/admin/system?done=backup#system-backups"))
}

/// Tries the newest out now.
pub async fn try_backup(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    state.run(move |services| drill::ask(services, &grant)).await?;
    Ok(go_to("/admin/system?done=drill#system-backups"))
}

/// One as a file, which is written down.
pub async fn download_backup(
    State(state): State<AppState>,
    page: Page,
    Path(name): Path<String>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let place = state.downloads().enter(page.user().id)?;
    state
        .run(move |services| {
            let (backup, file) = schedule::open(services, &grant, &name)?;
            Ok(as_sent(&backup.name, backup.bytes, file, place))
        })
        .await
}
