//! `GET /forgot`, `POST /forgot`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::view::ask_page;
use crate::services::error::seconds;
use crate::services::{ServiceError, access};
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, Flow, FlowForm};
use crate::web::pages::{go_to, retry_after, wrong};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::{t, t_with};

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
    let again = |status: StatusCode, error: FieldError| {
        let mut response = ask_page(&flow, &login, &[error]);
        *response.status_mut() = status;
        response
    };
    if !is_genuine {
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, FieldError::new("", t("sign-in-stale"))));
    }
    if login.is_empty() {
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, wrong("login", &t("form-is-missing"))));
    }
    let typed = login.clone();
    match state.try_run(move |services| access::forgot::request(services, &typed, address)).await? {
        Ok(token) => {
            let sealed = flow.seal_request(&state, token).await?;
            Ok(go_to(&format!("/reset?request={sealed}")))
        }
        Err(ServiceError::Throttled(after)) => {
            let error = t_with("sign-in-throttled", &[("seconds", seconds(after).into())]);
            let response = again(StatusCode::TOO_MANY_REQUESTS, FieldError::new("", error));
            Ok(retry_after(response, after))
        }
        Err(other) => Err(other.into()),
    }
}
