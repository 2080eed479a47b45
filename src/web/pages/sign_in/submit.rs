//! `POST /login`

use axum::extract::State;
use axum::http::header::{RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use super::view::{HONEYPOT, LoginView, Refusal, login_page};
use crate::services::ServiceError;
use crate::services::error::seconds;
use crate::services::sign_in::{self, Attempt};
use crate::web::cookies::find_cookie;
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, FlowForm};
use crate::web::state::AppState;

/// Checks name and password and begins a session. A wrong password, an unknown name and a filled-in trap get the
/// same answer.
pub async fn submit(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    FlowForm { flow, form, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    let (login, next) = (form.text("login").to_owned(), form.text("next").to_owned());
    let refuse = |status: StatusCode, refusal: Refusal| {
        let next = super::local_path(&next);
        let view = LoginView { login: &login, next, refusal: Some(refusal), ..LoginView::default() };
        let mut response = login_page(&flow, &view);
        *response.status_mut() = status;
        response
    };
    if !is_genuine {
        return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, Refusal::StaleForm));
    }
    if !form.text(HONEYPOT).is_empty() {
        // A person does not see the field. No hashing, no counting against whoever's name was typed.
        tracing::warn!(client = ?address, "A program filled in the trap of the sign-in form");
        return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, Refusal::WrongCredentials));
    }
    let password = form.secret("password");
    if login.is_empty() || password.expose().is_empty() {
        return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, Refusal::Missing));
    }
    let device = find_cookie(&headers, state.cookies().device()).map(str::to_owned);
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let typed = login.clone();
    let answer = state
        .try_hashing(move |services| {
            let (login, password, device) = (&typed, &password, device.as_deref());
            sign_in::sign_in(services, &Attempt { login, password, address, user_agent: &user_agent, device })
        })
        .await?;
    let signed_in = match answer {
        Ok(signed_in) => signed_in,
        Err(ServiceError::WrongCredentials) => {
            return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, Refusal::WrongCredentials));
        }
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
    let next = super::local_path(&next);
    let next = if signed_in.user.must_change_password { "/change-password" } else { next };
    Ok(super::go_signed_in(&state, &signed_in, next))
}
