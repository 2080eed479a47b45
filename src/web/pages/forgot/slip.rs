//! `GET /code`, `POST /code`: a code from a slip, or from a mail that could hold no link.

use axum::extract::State;
use axum::response::Response;

use super::view::slip_page;
use crate::services::{ServiceError, access};
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, Flow, FlowForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

/// Where the code is typed.
pub async fn show_slip(flow: Flow) -> Response {
    slip_page(&flow, &[])
}

/// Goes on to what the code stands for.
pub async fn submit_slip(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    FlowForm { flow, form, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    let again = |error: FieldError| {
        let errors = [error];
        sent_back(slip_page(&flow, &errors), &errors)
    };
    if !is_genuine {
        return Ok(again(FieldError::new("code", t("sign-in-stale"))));
    }
    let code = form.text("code").to_owned();
    match state.try_run(move |services| access::open_slip(services, &code, address)).await? {
        Ok(sealed) => Ok(go_to(&format!("/welcome?token={}", sealed.expose()))),
        Err(ServiceError::LinkVoid) => Ok(again(FieldError::new("code", t("slip-void")))),
        Err(error) => Ok(again(refused(error)?)),
    }
}
