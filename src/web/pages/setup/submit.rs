//! `POST /setup`

use axum::extract::State;
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::view::{SetupView, code_page, first_page, over_page};
use crate::config::site::parse_name;
use crate::domain::email::Email;
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::PersonName;
use crate::services::setup::{self, CodeCheck, FirstAdmin};
use crate::services::users::{FirstSignIn, NewPassword, NewUser};
use crate::services::{ServiceError, bootstrap, password_policy};
use crate::web::error::AppError;
use crate::web::extract::{ClientAddress, FlowForm, FormData};
use crate::web::pages::sign_in::go_signed_in;
use crate::web::pages::{refused, wrong};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

/// Makes the first admin, names the site, signs the admin in and goes on to the first file.
pub async fn submit(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    FlowForm { flow, form, is_genuine }: FlowForm,
) -> Result<Response, AppError> {
    if state.run(bootstrap::is_set_up).await? {
        return Ok(over_page(&flow));
    }
    let code = form.text("code").to_owned();
    let typed = code.clone();
    match state.run(move |services| setup::check(services, &typed)).await? {
        CodeCheck::Right => {}
        wrong => return Ok(code_page(&flow, Some(wrong))),
    }
    let least = state.config().password.admin_min_length;
    let again = |errors: Vec<FieldError>| {
        let view = SetupView {
            code: &code,
            site_name: form.text("site_name"),
            email: form.text("email"),
            first_name: form.text("first_name"),
            last_name: form.text("last_name"),
            errors,
        };
        let mut response = first_page(&flow, least, &view);
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        response
    };
    if !is_genuine {
        return Ok(again(vec![FieldError::new("", t("sign-in-stale"))]));
    }
    let admin = match first_admin(&state, &form) {
        Ok(admin) => admin,
        Err(errors) => return Ok(again(errors)),
    };
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let first = FirstAdmin { site_name: form.text("site_name").to_owned(), admin, address, user_agent };
    let used = code.clone();
    match state.try_hashing(move |services| setup::finish(services, &used, first)).await? {
        Ok(signed_in) => Ok(go_signed_in(&state, &signed_in, "/setup/data")),
        Err(ServiceError::Conflict(_)) => Ok(over_page(&flow)),
        Err(ServiceError::NotFound(_)) => Ok(code_page(&flow, Some(CodeCheck::Wrong))),
        Err(other) => Ok(again(vec![refused(other)?])),
    }
}

/// All that is wrong with the form at once.
fn first_admin(state: &AppState, form: &FormData) -> Result<NewUser, Vec<FieldError>> {
    let mut errors = Vec::new();
    if let Err(message) = parse_name(form.text("site_name")) {
        errors.push(wrong("site_name", &message));
    }
    let email = Email::parse(form.text("email"))
        .map_err(|error| errors.push(wrong("email", &error.to_string())))
        .ok();
    let name = PersonName::parse(form.text("first_name"), form.text("last_name"))
        .map_err(|(field, error)| errors.push(wrong(field, &error.to_string())))
        .ok();
    let password = form.secret("password");
    let checked = password_policy::check_anybodys(&state.config().password, true, &password);
    if let Err(ServiceError::Invalid { field, message }) = checked {
        errors.push(wrong(field, &message));
    }
    match (email, name) {
        (Some(email), Some(name)) if errors.is_empty() => Ok(NewUser {
            email,
            name,
            username: None,
            mobile: None,
            roles: [Role::Admin].into(),
            owners: OwnerScope::All,
            password: NewPassword::Plain(password),
            first_sign_in: FirstSignIn::KeepsPassword,
        }),
        _ => Err(errors),
    }
}
