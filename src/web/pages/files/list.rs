//! `GET /files`

use axum::extract::State;
use axum::response::Response;

use super::SCRIPTS;
use super::view::{Listing, Place, list_page};
use crate::services::user_files;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::next_step::hears_of_settings;
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::{NavItem, t};

/// One's own folder.
pub async fn list(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    answer(&state, &page, &query, &[]).await
}

/// The page, with what was wrong with files that were sent.
pub async fn answer(
    state: &AppState,
    page: &Page,
    query: &FormData,
    errors: &[FieldError],
) -> Result<Response, AppError> {
    let live = page.session.live().clone();
    let contents = state.run(move |services| user_files::own(services, &live)).await?;
    let listing = Listing {
        place: Place::Own,
        contents: &contents,
        query,
        errors,
        csrf: &page.csrf(),
        max_bytes: state.config().import.max_upload_bytes,
        hears_of_settings: hears_of_settings(page.user()),
        sees_folders: super::office(page).is_ok(),
        zone: page.look.zone(),
        now: state.services().now(),
    };
    Ok(page.show(NavItem::Files, &t("files-title"), SCRIPTS, &list_page(&listing)))
}
