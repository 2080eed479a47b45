//! `POST /admin/settings/logo`, `POST /admin/settings/logo/remove`, `GET /logo/{logo}`

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::view::{SettingsView, settings_page};
use crate::domain::ids::AvatarId;
use crate::services::authorize::ManageSite;
use crate::services::{logo, settings};
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::extract::picture::PictureForm;
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;

/// Takes a logo.
pub async fn set_logo(
    State(state): State<AppState>,
    PictureForm { page, file }: PictureForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let error = match file.bytes("logo") {
        Err(error) => error,
        Ok(bytes) => match state.try_run(move |services| logo::set(services, &grant, &bytes)).await? {
            Ok(()) => return Ok(go_to("/admin/settings?saved=1")),
            Err(error) => refused(error)?,
        },
    };
    let grant = page.grant::<ManageSite>()?;
    let settings = state.run(move |services| Ok(settings::list(services, &grant))).await?;
    let errors = [error];
    let view = SettingsView { settings: &settings, saved: None, typed: None, errors: &errors };
    Ok(sent_back(settings_page(&page, &view), &errors))
}

/// Takes it away.
pub async fn remove_logo(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    state.run(move |services| logo::remove(services, &grant)).await?;
    Ok(go_to("/admin/settings?saved=1"))
}

/// The logo, also for visitors. A new one has a new address: it may be kept.
pub async fn logo(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id: AvatarId = id.parse().map_err(|_| AppError::not_found("There is no such picture."))?;
    let picture = state.run(move |services| logo::find(services, id)).await?;
    let headers = [
        (CONTENT_TYPE, picture.kind.media_type()),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (CACHE_CONTROL, "public, max-age=86400, immutable"),
    ];
    Ok((headers, picture.bytes).into_response())
}
