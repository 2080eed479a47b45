//! `GET /login/code`, `POST /login/code`

use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use super::code_view::{CodeRefusal, CodeView, code_page, typed_code};
use super::view::{Company, LoginView, Refusal, login_page};
use crate::services::error::seconds;
use crate::services::second_factor::challenge::Asker;
use crate::services::sign_in::{self, CodeAttempt, Door, Trust};
use crate::services::{ServiceError, sign_up};
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, FlowForm};
use crate::web::pages::go_to;
use crate::web::signed_in::browser_of;
use crate::web::state::AppState;

/// The code is asked for in the answer to the password, and nowhere else: whoever comes here begins with that.
pub async fn show_code() -> Response {
    go_to("/login")
}

/// Checks the code and begins the session that the password asked for.
pub async fn submit_code(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    FlowForm { flow, form, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    let (challenge, next) = (form.text("challenge").to_owned(), form.text("next").to_owned());
    let next = super::local_path(&next);
    let begin_anew = |status: StatusCode, refusal: Refusal| {
        let sign_up = sign_up::is_open(state.services());
        let company = Company::of(&state, address);
        let view =
            LoginView { next, refusal: Some(refusal), sign_up, ..LoginView::new(Door::Everybody, company) };
        let mut response = login_page(&flow, &view);
        *response.status_mut() = status;
        response
    };
    if !is_genuine {
        return Ok(begin_anew(StatusCode::UNPROCESSABLE_ENTITY, Refusal::StaleForm));
    }
    let trust = if form.has("trust") { Trust::ThisBrowser } else { Trust::No };
    let again = |status: StatusCode, refusal: CodeRefusal| {
        let trust = trust == Trust::ThisBrowser;
        let view = CodeView { challenge: &challenge, next, refusal: Some(refusal), trust };
        let mut response = code_page(&flow, &view);
        *response.status_mut() = status;
        response
    };
    let code = typed_code(&form);
    if code.expose().is_empty() {
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, CodeRefusal::Missing));
    }
    let (user_agent, device) = browser_of(&state, &headers);
    let (sealed, binding) = (challenge.clone(), flow.binding());
    let answer = state
        .try_run(move |services| {
            let attempt = CodeAttempt {
                challenge: &sealed,
                asker: Asker::Page(&binding),
                code: &code,
                trust,
                address,
                user_agent: &user_agent,
                device: device.as_deref(),
            };
            sign_in::sign_in_with_code(services, &attempt)
        })
        .await?;
    match answer {
        Ok(signed_in) => Ok(super::go_on(&state, &signed_in, next)),
        Err(ServiceError::WrongCode) => Ok(again(StatusCode::UNPROCESSABLE_ENTITY, CodeRefusal::Wrong)),
        Err(ServiceError::Throttled(after)) => {
            let mut response = again(StatusCode::TOO_MANY_REQUESTS, CodeRefusal::Throttled(after));
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds(after)));
            Ok(response)
        }
        Err(ServiceError::ChallengeOver | ServiceError::WrongCredentials) => {
            Ok(begin_anew(StatusCode::UNPROCESSABLE_ENTITY, Refusal::CodeTooLate))
        }
        Err(ServiceError::NotActive(status)) => {
            Ok(begin_anew(StatusCode::FORBIDDEN, Refusal::NotActive(status)))
        }
        Err(ServiceError::PasswordExpired) => Ok(begin_anew(StatusCode::FORBIDDEN, Refusal::PasswordExpired)),
        Err(other) => Err(other.into()),
    }
}
