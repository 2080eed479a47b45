//! `GET /register/sent`, `POST /register/code`, `POST /register/resend`

use axum::extract::State;
use axum::response::Response;

use super::confirm::confirmed_page;
use super::view::{sent_page, waiting_page};
use crate::domain::token::TokenPurpose;
use crate::services::sign_up::Confirmation;
use crate::services::tokens::{self, CodeCheck};
use crate::services::{ServiceError, sign_up};
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, Flow, FlowForm, FormData};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::{t, t_with};

/// Look into your mails; or wait, where an admin decides.
pub async fn sent(State(state): State<AppState>, flow: Flow, query: FormData) -> Result<Response, AppError> {
    if !query.has("request") {
        return Ok(waiting_page(&flow));
    }
    let request = query.text("request");
    flow.open_request(&state, request).await?;
    Ok(sent_page(&flow, request, query.has("again"), &[]))
}

/// A code from the mail: it confirms the address, as the link does.
pub async fn code(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    FlowForm { flow, form, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    let request = form.text("request");
    let again = |message: String| {
        let errors = [FieldError::new("code", message)];
        Ok(sent_back(sent_page(&flow, request, false, &errors), &errors))
    };
    if !is_genuine {
        return again(t("sign-in-stale"));
    }
    let id = flow.open_request(&state, request).await?;
    let code = form.text("code").to_owned();
    let checked = state
        .run_hashing(move |services| {
            let checked = tokens::check_code(services, id, TokenPurpose::Confirm, &code)?;
            let CodeCheck::Right(token) = checked else { return Ok(Err(checked)) };
            Ok(Ok(tokens::seal(services, &token)?))
        })
        .await?;
    match checked {
        // From here on it is as if the link had been opened.
        Ok(sealed) => {
            let browser = flow.binding();
            let confirmation =
                Confirmation { sealed, instead: None, password: None, name: None, browser, address };
            confirmed_page(&state, &flow, confirmation, None).await
        }
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
    match state.try_run(move |services| sign_up::resend(services, id, address)).await? {
        Ok(token) => {
            let sealed = flow.seal_request(&state, token).await?;
            Ok(go_to(&format!("/register/sent?request={sealed}&again=1")))
        }
        Err(error) => {
            let errors = [refused(error)?];
            Ok(sent_back(sent_page(&flow, request, false, &errors), &errors))
        }
    }
}
