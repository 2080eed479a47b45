//! Pages for people: complete without script, better with it. One folder an area, one action a file, the markup in
//! `view.rs`. Imports the rest of [`super`] and [`crate::services`].

pub mod account;
pub mod analytics;
pub mod approvals;
pub mod audit;
pub mod changes;
pub mod copies;
pub mod directory;
pub mod docs;
pub mod errors;
pub mod files;
pub mod forgot;
pub mod help;
pub mod history;
pub mod home;
pub mod imports;
pub mod inventory;
pub mod items;
pub mod keys;
pub mod mail;
pub mod news;
pub mod office;
pub mod password;
pub mod plan;
pub mod profiles;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod sign_in;
pub mod sign_up;
pub mod sources;
pub mod trust;
pub mod users;
pub mod view_as;
pub mod webhooks;

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use super::error::{AppError, sentence};
use super::ui::form::FieldError;
use super::ui::{t, t_with};
use crate::services::ServiceError;
use crate::services::error::seconds;

/// Goes on to another page after a form, so that a reload does not send it again (303).
pub fn go_to(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let address = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, address);
    response
}

/// A form that comes back with what is wrong: 422, or 429 where all that is wrong is that it came too often.
pub fn sent_back(mut response: Response, errors: &[FieldError]) -> Response {
    let wait = errors.iter().filter_map(|error| error.wait).max();
    *response.status_mut() =
        if wait.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY };
    if let Some(wait) = wait {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds(wait)));
    }
    response
}

/// What is wrong with a field, with the field's label in front: `Email is not a mail address`.
pub fn wrong(field: &str, reason: &str) -> FieldError {
    let label = t(&format!("field-{field}"));
    FieldError::new(
        field,
        sentence(&t_with("form-wrong", &[("label", label.into()), ("reason", reason.into())])),
    )
}

/// What a service found wrong with a form, to be shown in it.
///
/// # Errors
/// What has nothing to do with what was typed.
pub fn refused(error: ServiceError) -> Result<FieldError, AppError> {
    match error {
        ServiceError::Invalid { field, message } => Ok(wrong(field, &message)),
        ServiceError::Conflict(message) | ServiceError::OutOfScope(message) => {
            Ok(FieldError::new("", sentence(&message)))
        }
        ServiceError::Throttled(wait) => Ok(FieldError::too_many(wait)),
        other => Err(other.into()),
    }
}

/// As [`refused`], each line of what was wrong as one: a file has many faults.
///
/// # Errors
/// As there.
pub fn faults(error: ServiceError) -> Result<Vec<FieldError>, AppError> {
    let FieldError { field, message, wait } = refused(error)?;
    let lines = message.lines().filter(|line| !line.is_empty());
    Ok(lines.map(|line| FieldError { field: field.clone(), message: line.to_owned(), wait }).collect())
}
