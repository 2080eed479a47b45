//! `POST /account/avatar`, `POST /account/avatar/remove`, `GET /avatars/{avatar}`

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::domain::ids::AvatarId;
use crate::services::avatars;
use crate::web::error::AppError;
use crate::web::extract::picture::PictureForm;
use crate::web::extract::{CurrentSession, PageForm};
use crate::web::pages::{go_to, refused};
use crate::web::state::AppState;

/// Takes a picture.
pub async fn set_avatar(
    State(state): State<AppState>,
    PictureForm { page, file }: PictureForm,
) -> Result<Response, AppError> {
    let error = match file.bytes("avatar") {
        Err(error) => error,
        Ok(bytes) => {
            let (live, address) = (page.session.live().clone(), page.session.address());
            match state.try_run(move |services| avatars::set(services, &live, &bytes, address)).await? {
                Ok(_) => return Ok(go_to("/account?done=avatar")),
                Err(error) => refused(error)?,
            }
        }
    };
    super::again(&state, &page, error, |_| {}).await
}

/// Takes it away.
pub async fn remove_avatar(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    state.run(move |services| avatars::remove(services, &live, address)).await?;
    Ok(go_to("/account?done=avatar-removed"))
}

/// A picture, as the server wrote it. Its id is random and a new picture has a new one: it may be kept.
pub async fn avatar(
    State(state): State<AppState>,
    Path(id): Path<String>,
    _session: CurrentSession,
) -> Result<Response, AppError> {
    let id: AvatarId = id.parse().map_err(|_| AppError::not_found("There is no such picture."))?;
    let picture = state.run(move |services| avatars::find(services, id)).await?;
    let headers = [
        (CONTENT_TYPE, picture.kind.media_type()),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        // Gone with the sign-out (Clear-Site-Data).
        (CACHE_CONTROL, "private, max-age=86400, immutable"),
    ];
    Ok((headers, picture.bytes).into_response())
}
