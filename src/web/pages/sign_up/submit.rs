//! `GET /register`, `POST /register`

use axum::extract::State;
use axum::response::Response;

use super::form::read;
use super::view::form_page;
use crate::domain::ids::TokenId;
use crate::services::sign_up::{self, AfterSignUp};
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, CurrentSession, Flow, FlowForm, FormData};
use crate::web::pages::sign_in::HONEYPOT;
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

fn closed() -> AppError {
    AppError::not_found("Nobody can sign up on this site. The office that gave you this address can help.")
}

/// The form; who is signed in has an account already.
pub async fn show(
    State(state): State<AppState>,
    session: Result<CurrentSession, AppError>,
    flow: Flow,
) -> Result<Response, AppError> {
    if session.is_ok() {
        return Ok(go_to("/"));
    }
    if !sign_up::is_open(state.services()) {
        return Err(closed());
    }
    Ok(form_page(&state, &flow, &FormData::default(), &[]))
}

/// Takes it. The answer is the same whatever is known of the address.
pub async fn submit(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    FlowForm { flow, form, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    if !sign_up::is_open(state.services()) {
        return Err(closed());
    }
    let again = |errors: &[FieldError]| sent_back(form_page(&state, &flow, &form, errors), errors);
    if !is_genuine {
        return Ok(again(&[FieldError::new("", t("sign-in-stale"))]));
    }
    if !form.text(HONEYPOT).is_empty() {
        tracing::warn!("A program filled in the trap of the sign-up form");
        // The answer of any other day.
        if !state.config().accounts.signup.confirms() {
            return Ok(go_to("/register/sent"));
        }
        let sealed = flow.seal_request(&state, TokenId::new(state.services().now())).await?;
        return Ok(go_to(&format!("/register/sent?request={sealed}")));
    }
    let wanted = match read(&form, &state.config().accounts, flow.binding(), address) {
        Ok(wanted) => wanted,
        Err(errors) => return Ok(again(&errors)),
    };
    match state.try_hashing(move |services| sign_up::request(services, wanted)).await? {
        Ok(AfterSignUp::Wait) => Ok(go_to("/register/sent")),
        Ok(AfterSignUp::Confirm(token)) => {
            let sealed = flow.seal_request(&state, token).await?;
            Ok(go_to(&format!("/register/sent?request={sealed}")))
        }
        Err(error) => Ok(again(&[refused(error)?])),
    }
}
