//! `GET /confirm`, `POST /confirm`: a link from a mail. Programs that read mails open links too, so only the button
//! confirms.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::{logins, person_name};
use super::view::{confirm_page, outcome_page};
use crate::base::secret::SecretString;
use crate::services::ServiceError;
use crate::services::sign_up::{self, Confirmation, Confirmed};
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, Flow, FlowForm, FormData};
use crate::web::pages::refused;
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

/// What the link would confirm.
pub async fn look(State(state): State<AppState>, flow: Flow, query: FormData) -> Result<Response, AppError> {
    let token = query.text("token").to_owned();
    show(&state, &flow, &token, None, &[], StatusCode::OK).await
}

async fn show(
    state: &AppState,
    flow: &Flow,
    token: &str,
    form: Option<&FormData>,
    errors: &[FieldError],
    status: StatusCode,
) -> Result<Response, AppError> {
    let (sealed, browser) = (token.to_owned(), flow.binding());
    let found = state.run(move |services| sign_up::look(services, &sealed, &browser)).await?;
    let mut response = confirm_page(state, flow, token, &found, form, errors);
    *response.status_mut() = status;
    Ok(response)
}

/// Confirms.
pub async fn confirm(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    FlowForm { flow, form, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    let token = form.text("token");
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    if !is_genuine {
        let error = FieldError::new("", t("sign-in-stale"));
        return show(&state, &flow, token, None, &[error], unprocessable).await;
    }
    let mut errors = Vec::new();
    let config = state.config();
    let name = form.has("password").then(|| person_name(&form, &config.accounts, &mut errors)).flatten();
    let asked = form.has("instead").then(|| logins(&form, &config.accounts, &mut errors));
    if !errors.is_empty() {
        return show(&state, &flow, token, Some(&form), &errors, unprocessable).await;
    }
    let instead = asked.flatten();
    let confirmation = Confirmation {
        sealed: SecretString::new(token.to_owned()),
        instead,
        name,
        password: Some(form.secret("password")).filter(|password| !password.expose().is_empty()),
        browser: flow.binding(),
        address,
    };
    confirmed_page(&state, &flow, confirmation, Some(&form)).await
}

/// Confirms and says how the account stands.
pub(super) async fn confirmed_page(
    state: &AppState,
    flow: &Flow,
    confirmation: Confirmation,
    form: Option<&FormData>,
) -> Result<Response, AppError> {
    let token = confirmation.sealed.clone();
    let was_asked = confirmation.instead.is_some();
    match state.try_hashing(move |services| sign_up::confirm(services, confirmation)).await? {
        Ok(Confirmed::Taken) => {
            let text = if was_asked { "confirm-still-taken" } else { "confirm-taken" };
            let error = FieldError::new("", t(text));
            show(state, flow, token.expose(), form, &[error], StatusCode::CONFLICT).await
        }
        Ok(outcome) => Ok(outcome_page(flow, &outcome)),
        Err(error @ ServiceError::Invalid { .. }) => {
            show(state, flow, token.expose(), form, &[refused(error)?], StatusCode::UNPROCESSABLE_ENTITY)
                .await
        }
        Err(other) => Err(other.into()),
    }
}
