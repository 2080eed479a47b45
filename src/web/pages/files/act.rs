//! `POST /files/{file}/{action}`: keep, delete, restore, erase, rename.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::services::user_files::{self, Act};
use crate::web::error::AppError;
use crate::web::extract::{Page, PageForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;

/// Does it with a file of one's own.
pub async fn act(
    State(state): State<AppState>,
    Path((file, action)): Path<(String, String)>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let id = super::parse(&file)?;
    let (live, address) = (page.session.live().clone(), page.session.address());
    if action == "rename" {
        let name = form.text("name").to_owned();
        let done =
            state.try_run(move |services| user_files::rename(services, &live, id, &name, address)).await?;
        return match done {
            Ok(_) => Ok(go_to(&format!("/files/{id}"))),
            Err(error) => {
                let errors = [refused(error)?];
                let page =
                    super::show::answer(&state, &page, &file, Some(form.text("name")), &errors).await?;
                Ok(sent_back(page, &errors))
            }
        };
    }
    let act = match action.as_str() {
        "keep" => Act::Keep,
        "delete" => Act::Delete,
        "restore" => Act::Restore,
        "erase" => Act::Erase,
        _ => return Err(AppError::not_found("There is nothing at this address.")),
    };
    state.run(move |services| user_files::act(services, &live, id, act, address)).await?;
    Ok(go_to(&match act {
        Act::Keep | Act::Restore => format!("/files?kept={id}"),
        Act::Delete => format!("/files?deleted={id}"),
        Act::Erase => "/files".to_owned(),
    }))
}

/// An address that forms are sent to, asked for as a page.
pub async fn back(_page: Page, Path((file, _)): Path<(String, String)>) -> Response {
    let file: Result<crate::domain::ids::UserFileId, _> = file.parse();
    go_to(&file.map_or_else(|_| "/files".to_owned(), |id| format!("/files/{id}")))
}
