//! `GET /admin/audit/export`

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::state::AuditState;
use crate::services::audit::export::{AuditFormat, prepare};
use crate::services::authorize::ReadAudit;
use crate::web::api::datasets::stream;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;

/// The events that are looked for as a file, oldest first.
pub async fn export(
    State(state): State<AppState>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let grant = page.grant::<ReadAudit>()?;
    let filter = AuditState::of(&query).filter_or_refuse(&page.look.zone())?;
    let format = AuditFormat::parse(query.text("format"))?;
    let place = state.downloads().enter(page.user().id)?;
    let export = state.run(move |services| prepare(services, &grant, &filter, format)).await?;
    let (services, name) = (Arc::clone(state.services()), export.file_name().to_owned());
    Ok(stream(format.content_type(), Some(&name), move |out| {
        let _place = place;
        export.write(&services, out)
    }))
}
