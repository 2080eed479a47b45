//! `POST /files/folders/{folder}/{file}/copy`

use axum::extract::{Path, State};
use axum::response::Response;

use crate::services::user_files::copies;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Has a file copied elsewhere now, or its copy compared.
pub async fn copy_again(
    State(state): State<AppState>,
    Path((folder, file)): Path<(String, String)>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let office = super::office(&page)?;
    let (user, id) = (super::parse(&folder)?, super::parse(&file)?);
    state.run(move |services| copies::copy_again(services, &office, user, id)).await?;
    Ok(go_to(&format!("/files/folders/{user}/{id}")))
}
