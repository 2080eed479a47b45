//! `GET /forgot`, `POST /forgot`

use axum::extract::State;
use axum::response::Response;

use super::view::ask_page;
use crate::services::access;
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, Flow, FlowForm};
use crate::web::pages::{go_to, refused, sent_back, wrong};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

/// Who forgot their password?
pub async fn show(flow: Flow) -> Response {
    ask_page(&flow, "", &[])
}

/// Writes it down. The answer is the same, after the same work, whoever it is.
pub async fn submit(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    FlowForm { flow, form, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    let login = form.text("login").to_owned();
    let again = |error: FieldError| {
        let errors = [error];
        sent_back(ask_page(&flow, &login, &errors), &errors)
    };
    if !is_genuine {
        return Ok(again(FieldError::new("", t("sign-in-stale"))));
    }
    if login.is_empty() {
        return Ok(again(wrong("login", &t("form-is-missing"))));
    }
    let typed = login.clone();
    match state.try_run(move |services| access::forgot::request(services, &typed, address)).await? {
        Ok(token) => {
            let sealed = flow.seal_request(&state, token).await?;
            Ok(go_to(&format!("/reset?request={sealed}")))
        }
        Err(error) => Ok(again(refused(error)?)),
    }
}
