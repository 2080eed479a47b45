//! `POST /admin/sources/{source}/refresh`, `…/test`, `…/delete`

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::edit::{Form, edit_page};
use crate::services::authorize::{ImportData, ManageSite};
use crate::services::sources;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Asks it now.
pub async fn refresh(
    State(state): State<AppState>,
    Path(source): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let id = super::parse(&source)?;
    state.run(move |services| sources::refresh(services, &grant, id)).await?;
    Ok(go_to(&format!("/admin/sources/{id}")))
}

/// Tries it and shows each step: the answer to a post, because it is kept nowhere.
pub async fn test(
    State(state): State<AppState>,
    Path(source): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let (manages, imports) = (page.grant::<ManageSite>()?, page.grant::<ImportData>()?);
    let id = super::parse(&source)?;
    let asking = state.clone();
    let stop = move || asking.is_draining();
    let tested = state.try_asking(move |services| sources::test(services, &manages, id, &stop)).await??;
    let view = state.run(move |services| sources::get(services, &imports, id)).await?;
    let status = if tested.steps.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let form = Form::of(&view.source);
    let page = edit_page(&state, &page, Some(&view), &form, &[], Some(&tested)).await?;
    Ok((status, page).into_response())
}

/// Deletes it.
pub async fn delete(
    State(state): State<AppState>,
    Path(source): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let id = super::parse(&source)?;
    state.run(move |services| sources::delete(services, &grant, id)).await?;
    Ok(go_to("/admin/sources"))
}
