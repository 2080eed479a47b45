//! The form for a code, at the sign-in and wherever else one is asked for.

use std::time::Duration;

use axum::response::Response;
use maud::{Markup, html};

use crate::base::secret::SecretString;
use crate::services::error::seconds;
use crate::services::second_factor::trust;
use crate::web::extract::{Flow, FormData};
use crate::web::ui::form::{FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::{icon, t, t_with};

/// Why the form is shown again.
#[derive(Debug, Clone, Copy)]
pub enum CodeRefusal {
    /// Not a code that counts.
    Wrong,
    /// There is none.
    Missing,
    /// Too many tries; how long to wait.
    Throttled(Duration),
}

impl CodeRefusal {
    /// What the person is told.
    pub fn error(self) -> FieldError {
        match self {
            Self::Wrong => FieldError::new("code", t("second-code-wrong")),
            Self::Missing => FieldError::new("code", t("code-missing")),
            Self::Throttled(after) => FieldError::too_many(after),
        }
    }
}

/// What the form shows.
#[derive(Debug, Clone, Copy)]
pub struct CodeView<'v> {
    /// The state between password and code.
    pub challenge: &'v str,
    /// Where to go on.
    pub next: &'v str,
    /// Why it is shown again.
    pub refusal: Option<CodeRefusal>,
    /// The box was ticked.
    pub trust: bool,
}

/// The code that was typed: of the app, else a recovery code.
pub fn typed_code(form: &FormData) -> SecretString {
    let code = form.text("code");
    SecretString::new(if code.is_empty() { form.text("recovery_code") } else { code }.to_owned())
}

/// The fields: digits for whoever has the app at hand, and, folded away, a recovery code. What was typed never comes
/// back.
pub fn code_fields(errors: &[FieldError], focused: bool) -> Markup {
    let error = error_of(errors, "code");
    let described = if error.is_some() { "code-error code-hint" } else { "code-hint" };
    html! {
        div.field {
            label for="code" { (t("field-code_of_app")) }
            input.input.code-input #code name="code" type="text" inputmode="numeric" autocomplete="one-time-code"
                maxlength="10" spellcheck="false" autofocus[focused] aria-invalid=[error.map(|_| "true")]
                aria-describedby=(described);
            @if let Some(error) = error { p.error #code-error { (icon("circle-alert")) (error) } }
            p.hint #code-hint { (t("code-hint")) }
        }
        details.other-code {
            summary { (t("code-other")) }
            div.field {
                label for="recovery_code" { (t("field-recovery_code")) }
                input.input.code-input #recovery_code name="recovery_code" type="text" autocomplete="off"
                    autocapitalize="characters" spellcheck="false" maxlength="60"
                    aria-describedby="recovery_code-hint";
                p.hint #recovery_code-hint { (t("code-recovery-hint")) }
            }
        }
    }
}

/// The page between password and sign-in.
pub fn code_page(flow: &Flow, view: &CodeView<'_>) -> Response {
    let errors: Vec<FieldError> = view.refusal.map(CodeRefusal::error).into_iter().collect();
    let wait = match view.refusal {
        Some(CodeRefusal::Throttled(after)) => Some(seconds(after)),
        _ => None,
    };
    let content = html! {
        h1 { (t("second-code-title")) }
        (error_summary(&errors))
        form.stack method="post" action="/login/code" data-once {
            (csrf_field(&flow.csrf()))
            (hidden("challenge", view.challenge))
            @if !view.next.is_empty() { (hidden("next", view.next)) }
            (code_fields(&errors, errors.is_empty()))
            label.check.with-text {
                input type="checkbox" name="trust" value="1" checked[view.trust];
                span { (t_with("code-trust", &[("days", trust::DAYS.into())])) span.hint { (t("code-trust-hint")) } }
            }
            button.button.primary.wide type="submit" data-wait=[wait] data-waited=[wait.map(|_| t("sign-in-waited"))] { (t("sign-in-button")) }
        }
        p.hint { a href="/login" { (t("code-begin-anew")) } }
    };
    flow.show_card(&t("second-code-title"), &content)
}
