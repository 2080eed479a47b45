//! `POST /admin/directory/test`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::view::{View, directory_page};
use crate::services::authorize::ManageSite;
use crate::services::directory;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::state::AppState;

/// Tries the directory and shows each step. The answer to a post, because it is kept nowhere.
pub async fn test(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let (user, password) = (form.text("user").to_owned(), form.secret("password"));
    let typed = user.clone();
    let tested =
        state.try_asking(move |services| directory::test(services, &grant, &typed, &password)).await??;
    let status = if tested.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let config = state.config();
    let view =
        View { config: config.directory.as_ref(), shown: &config.shown, user: &user, tested: Some(&tested) };
    Ok((status, directory_page(&page, &view)).into_response())
}
