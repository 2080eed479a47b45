//! `POST /reset/code`, `POST /reset/resend`

use axum::extract::State;
use axum::response::Response;

use super::view::sent_page;
use crate::domain::token::TokenPurpose;
use crate::services::tokens::{self, CodeCheck};
use crate::services::{ServiceError, access};
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, FlowForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::{t, t_with};

/// A code from the mail. A right one stands for the link.
pub async fn check(
    State(state): State<AppState>,
    FlowForm { flow, form, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    let request = form.text("request");
    let again = |message: String| {
        let errors = [FieldError::new("code", message)];
        Ok(sent_back(sent_page(&state, &flow, request, None, false, &errors), &errors))
    };
    if !is_genuine {
        return again(t("sign-in-stale"));
    }
    let id = flow.open_request(&state, request).await?;
    let code = form.text("code").to_owned();
    let checked = state
        .run_hashing(move |services| {
            let checked = tokens::check_code(services, id, TokenPurpose::Reset, &code)?;
            let CodeCheck::Right(token) = checked else { return Ok(Err(checked)) };
            Ok(Ok(tokens::seal(services, &token)?))
        })
        .await?;
    match checked {
        Ok(sealed) => Ok(go_to(&format!("/reset?token={}", sealed.expose()))),
        Err(CodeCheck::Wrong { left }) => again(t_with("code-wrong", &[("left", left.into())])),
        Err(_) => again(t("code-void")),
    }
}

/// Sends the mail once more.
pub async fn resend(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    FlowForm { flow, form, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    let request = form.text("request");
    if !is_genuine {
        return Err(ServiceError::LinkVoid.into());
    }
    let id = flow.open_request(&state, request).await?;
    match state.try_run(move |services| access::forgot::resend(services, id, address)).await? {
        Ok(token) => {
            let sealed = flow.seal_request(&state, token).await?;
            Ok(go_to(&format!("/reset?request={sealed}&again=1")))
        }
        Err(error) => {
            let errors = [refused(error)?];
            Ok(sent_back(sent_page(&state, &flow, request, None, false, &errors), &errors))
        }
    }
}
