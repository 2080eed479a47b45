//! What was typed about an account that somebody asks for.

use std::net::IpAddr;

use crate::config::accounts::{AccountsConfig, Asked, SignupPassword};
use crate::domain::email::{Email, Username};
use crate::domain::mobile::Mobile;
use crate::domain::user::PersonName;
use crate::services::sign_up::SignUp;
use crate::web::extract::FormData;
use crate::web::pages::wrong;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

/// A field that the configuration asks for or not.
fn optional<'f>(form: &'f FormData, field: &str, asked: Asked, errors: &mut Vec<FieldError>) -> &'f str {
    let text = if asked == Asked::No { "" } else { form.text(field) };
    if asked == Asked::Required && text.is_empty() {
        errors.push(wrong(field, &t("form-is-missing")));
    }
    text
}

/// Reads the form, or says all that is wrong with it. What is not asked for has no effect (ASVS 15.3.3).
pub fn read(
    form: &FormData,
    config: &AccountsConfig,
    browser: String,
    address: Option<IpAddr>,
) -> Result<SignUp, Vec<FieldError>> {
    let mut errors = Vec::new();
    let name = person_name(form, config, &mut errors);
    let email = Email::parse(form.text("email"))
        .map_err(|error| errors.push(wrong("email", &error.to_string())))
        .ok();
    let logins = logins(form, config, &mut errors);
    let chosen = config.signup_password == SignupPassword::Chosen;
    let password = chosen.then(|| form.secret("password"));
    if password.as_ref().is_some_and(|password| password.expose().is_empty()) {
        errors.push(wrong("password", &t("form-is-missing")));
    }
    match (email, name, logins) {
        (Some(email), Some(name), Some((username, mobile))) if errors.is_empty() => {
            let question = form.text("question").to_owned();
            let question = (!question.is_empty()).then(|| (question, form.secret("answer")));
            Ok(SignUp { email, name, username, mobile, password, question, browser, address })
        }
        _ => Err(errors),
    }
}

/// First and last name; `None` where one of them is wrong.
pub fn person_name(
    form: &FormData,
    config: &AccountsConfig,
    errors: &mut Vec<FieldError>,
) -> Option<PersonName> {
    let first = optional(form, "first_name", config.first_name, errors);
    let last = optional(form, "last_name", config.last_name, errors);
    PersonName::parse(first, last)
        .map_err(|(field, error)| errors.push(wrong(field, &error.to_string())))
        .ok()
}

/// User name and mobile number, which may be left empty; `None` where one of them is wrong.
pub fn logins(
    form: &FormData,
    config: &AccountsConfig,
    errors: &mut Vec<FieldError>,
) -> Option<(Option<Username>, Option<Mobile>)> {
    let username = optional(form, "username", config.username, errors);
    let username = (!username.is_empty())
        .then(|| Username::parse(username))
        .transpose()
        .map_err(|error| errors.push(wrong("username", &error.to_string())))
        .ok();
    let mobile = optional(form, "mobile", config.mobile, errors);
    let mobile = (!mobile.is_empty())
        .then(|| Mobile::parse(mobile, config.country))
        .transpose()
        .map_err(|error| errors.push(wrong("mobile", &error.to_string())))
        .ok();
    Some((username?, mobile?))
}
