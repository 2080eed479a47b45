//! `POST /admin/webhooks/{webhook}/ping`, `…/rotate`, `…/remove`, `…/messages/{message}`

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::edit::{PAGE_MESSAGES, Said, one_page};
use crate::domain::webhook::MessageState;
use crate::services::authorize::ManageSite;
use crate::services::webhooks::{self, Draft};
use crate::web::error::AppError;
use crate::web::extract::{Page, PageForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;

/// What is done with a post has its page where the webhook is: for whoever loads it again.
pub async fn back(page: Page, Path((webhook, _)): Path<(String, String)>) -> Result<Response, AppError> {
    page.grant::<ManageSite>()?;
    Ok(go_to(&format!("/admin/webhooks/{}", super::parse(&webhook)?)))
}

/// Sends a ping at once and shows what came of it.
pub async fn ping(
    State(state): State<AppState>,
    Path(webhook): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let (grant, reads) = (page.grant::<ManageSite>()?, page.grant::<ManageSite>()?);
    let id = super::parse(&webhook)?;
    let asking = state.clone();
    let stop = move || asking.is_draining();
    let message = state.try_asking(move |services| webhooks::ping(services, &grant, id, &stop)).await??;
    let (webhook, listed) =
        state.run(move |services| webhooks::list_messages(services, &reads, id, None, PAGE_MESSAGES)).await?;
    let said = Said { ping: Some(&message), ..Said::default() };
    let is_good = message.state == MessageState::Delivered;
    let status = if is_good { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, one_page(&state, &page, &webhook, &listed, &Draft::of(&webhook), &said)).into_response())
}

/// Makes another secret and shows it this once.
pub async fn rotate(
    State(state): State<AppState>,
    Path(webhook): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let (grant, reads) = (page.grant::<ManageSite>()?, page.grant::<ManageSite>()?);
    let id = super::parse(&webhook)?;
    let made = state.run(move |services| webhooks::rotate(services, &grant, id)).await?;
    let (webhook, listed) =
        state.run(move |services| webhooks::list_messages(services, &reads, id, None, PAGE_MESSAGES)).await?;
    let said = Said { secret: Some(&made.secret), ..Said::default() };
    Ok(one_page(&state, &page, &webhook, &listed, &Draft::of(&webhook), &said))
}

/// Removes it.
pub async fn remove(
    State(state): State<AppState>,
    Path(webhook): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let id = super::parse(&webhook)?;
    state.run(move |services| webhooks::remove(services, &grant, id)).await?;
    Ok(go_to("/admin/webhooks"))
}

/// Sends a message again.
pub async fn again(
    State(state): State<AppState>,
    Path((webhook, message)): Path<(String, String)>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let (grant, reads) = (page.grant::<ManageSite>()?, page.grant::<ManageSite>()?);
    let id = super::parse(&webhook)?;
    let message = message.parse().map_err(|_| AppError::not_found("There is no message at this address."))?;
    match state.try_run(move |services| webhooks::send_again(services, &grant, (id, message))).await? {
        Ok(_) => Ok(go_to(&format!("/admin/webhooks/{id}?done=1#webhook-log"))),
        Err(error) => {
            let errors = [refused(error)?];
            let (webhook, listed) = state
                .run(move |services| webhooks::list_messages(services, &reads, id, None, PAGE_MESSAGES))
                .await?;
            let said = Said { errors: &errors, ..Said::default() };
            let shown = one_page(&state, &page, &webhook, &listed, &Draft::of(&webhook), &said);
            Ok(sent_back(shown, &errors))
        }
    }
}
