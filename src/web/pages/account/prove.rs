//! Asking once more who is there, before something that opens the account.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::domain::user::Realm;
use crate::services::ServiceError;
use crate::services::second_factor::is_fresh;
use crate::services::sessions::LiveSession;
use crate::web::error::AppError;
use crate::web::pages::refused;
use crate::web::pages::sign_in::CodeRefusal;
use crate::web::ui::form::{Field, FieldError, error_of};
use crate::web::ui::{icon, t};

/// What a form says whose proof failed; `field` is the one for the password.
///
/// # Errors
/// What has nothing to do with what was typed.
pub fn proof_error(error: ServiceError, field: &str) -> Result<FieldError, AppError> {
    Ok(match error {
        ServiceError::PasswordNeeded => FieldError::new(field, t("prove-password")),
        ServiceError::WrongCredentials => FieldError::new(field, t("password-wrong")),
        ServiceError::WrongCode => CodeRefusal::Wrong.error(),
        other => refused(other)?,
    })
}

/// When the password is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Unless the sign-in was just now.
    UnlessFresh,
    /// Always.
    Always,
}

/// The field for the password, where it is needed; a word for those whose password the directory has.
pub fn proof_field(
    live: &LiveSession,
    now: Timestamp,
    asked: Asked,
    name: &str,
    hint: &str,
    errors: &[FieldError],
) -> Markup {
    let fresh = is_fresh(live, now);
    if live.user.realm != Realm::Local {
        return html! {
            @if !fresh { div.notice { (icon("info")) p { (t("prove-sign-in-anew")) } } }
        };
    }
    if fresh && asked == Asked::UnlessFresh {
        return html! {};
    }
    let label = t("field-current_password");
    let required = hint.is_empty();
    let field = Field {
        hint,
        required,
        error: error_of(errors, name),
        ..Field::password(name, &label, "current-password")
    };
    field.render()
}
