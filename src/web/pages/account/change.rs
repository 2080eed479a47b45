//! `GET /change-password`, `POST /change-password`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::password::try_change;
use super::view::change_page;
use crate::web::error::AppError;
use crate::web::extract::{AnyPage, PageForm};
use crate::web::pages::go_to;
use crate::web::pages::sign_in::go_signed_in;
use crate::web::state::AppState;

/// The one page for those whose password somebody else set.
pub async fn show_change(State(state): State<AppState>, page: AnyPage) -> Result<Response, AppError> {
    if !page.session.live.user.must_change_password {
        return Ok(go_to("/account"));
    }
    Ok(change_page(&state, &page, None))
}

/// Sets the new password and opens the rest.
pub async fn change(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm<AnyPage>,
) -> Result<Response, AppError> {
    if !page.session.live.user.must_change_password {
        return Ok(go_to("/account"));
    }
    match try_change(&state, &page.session, &form, None).await? {
        Ok(signed_in) => Ok(go_signed_in(&state, &signed_in, "/")),
        Err(error) => {
            let mut response = change_page(&state, &page, Some(error));
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
    }
}
