//! `POST /admin/outbox/{mail}/{action}`: send again, discard.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::view::{Done, mail_page};
use crate::services::authorize::ManageSite;
use crate::services::outbox;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::{go_to, refused};
use crate::web::state::AppState;

/// Does it, and shows the mail.
pub async fn act(
    State(state): State<AppState>,
    Path((mail, action)): Path<(String, String)>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let id = super::parse(&mail)?;
    let done =
        Done::parse(&action).ok_or_else(|| AppError::not_found("There is nothing at this address."))?;
    let (outcome, (mail, next)) = state
        .run(move |services| {
            let outcome = match done {
                Done::Resend => outbox::resend(services, &grant, id),
                Done::Discard => outbox::discard(services, &grant, id),
            };
            Ok((outcome, outbox::show(services, &grant, id)?))
        })
        .await?;
    match outcome {
        Ok(()) => Ok(go_to(&format!("/admin/outbox/{id}?done={}", done.word()))),
        Err(error) => {
            let page = mail_page(&page, (&mail, next), None, &[refused(error)?], state.services().now());
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
