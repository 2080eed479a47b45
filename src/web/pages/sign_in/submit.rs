//! `POST /login`, `POST /admin-login`

use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use super::code_view::{CodeView, code_page};
use super::view::{Company, HONEYPOT, LoginView, Refusal, login_page};
use crate::services::error::seconds;
use crate::services::sign_in::Door;
use crate::services::{ServiceError, sign_up};
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, FlowForm};
use crate::web::signed_in::{self, Arrived};
use crate::web::state::AppState;

/// Checks name and password and begins a session. A wrong password, an unknown name and a filled-in trap get the
/// same answer.
pub async fn submit(
    State(state): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    form: FlowForm,
) -> Result<Response, AppError> {
    submit_at(Door::Everybody, state, address, headers, form).await
}

/// The same for admins: who is none gets the answer of a wrong password.
pub async fn submit_admin(
    State(state): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    form: FlowForm,
) -> Result<Response, AppError> {
    submit_at(Door::Admins, state, address, headers, form).await
}

async fn submit_at(
    door: Door,
    state: AppState,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    FlowForm { flow, form, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    let company = Company::of(&state, address);
    let (login, next) = (form.text("login").to_owned(), form.text("next").to_owned());
    let refuse = |status: StatusCode, refusal: Refusal| {
        let next = super::local_path(&next);
        let sign_up = sign_up::is_open(state.services());
        let view = LoginView {
            login: &login,
            next,
            refusal: Some(refusal),
            sign_up,
            ..LoginView::new(door, company)
        };
        let mut response = login_page(&flow, &view);
        *response.status_mut() = status;
        response
    };
    if !is_genuine {
        return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, Refusal::StaleForm));
    }
    if !form.text(HONEYPOT).is_empty() {
        // A person does not see the field. No hashing, no counting against whoever's name was typed.
        tracing::warn!("A program filled in the trap of the sign-in form");
        return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, Refusal::WrongCredentials));
    }
    let password = form.secret("password");
    if login.is_empty() || password.expose().is_empty() {
        return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, Refusal::Missing));
    }
    let arrived = Arrived::new(&state, &headers, login.clone(), password, address, door).on_page(&flow);
    let answer = signed_in::try_sign_in(&state, arrived).await?;
    let signed_in = match answer {
        Ok(signed_in) => signed_in,
        Err(ServiceError::SecondFactorRequired(challenge)) => {
            let next = super::local_path(&next);
            return Ok(code_page(
                &flow,
                &CodeView { challenge: challenge.expose(), next, refusal: None, trust: false },
            ));
        }
        Err(ServiceError::WrongCredentials) => {
            return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, Refusal::WrongCredentials));
        }
        Err(ServiceError::DirectoryAway) => {
            return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, Refusal::DirectoryAway));
        }
        Err(ServiceError::ChangeInDirectory) => {
            return Ok(refuse(StatusCode::FORBIDDEN, Refusal::ChangeInDirectory));
        }
        Err(ServiceError::NotAdmitted) => return Ok(refuse(StatusCode::FORBIDDEN, Refusal::NotAdmitted)),
        Err(ServiceError::NotActive(status)) => {
            return Ok(refuse(StatusCode::FORBIDDEN, Refusal::NotActive(status)));
        }
        Err(ServiceError::PasswordExpired) => {
            return Ok(refuse(StatusCode::FORBIDDEN, Refusal::PasswordExpired));
        }
        Err(ServiceError::Throttled(after)) => {
            let mut response = refuse(StatusCode::TOO_MANY_REQUESTS, Refusal::Throttled(after));
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds(after)));
            return Ok(response);
        }
        Err(other) => return Err(other.into()),
    };
    Ok(super::go_on(&state, &signed_in, &next))
}
