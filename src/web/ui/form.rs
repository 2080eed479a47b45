//! Forms: fields with their labels, hints and errors, and the hidden token against cross-site requests.

use std::time::Duration;

use maud::{Markup, html};

use super::icon::icon;
use crate::base::text::{t, t_with};
use crate::services::error::seconds;

/// Name of the hidden field with the token.
pub const CSRF_FIELD: &str = "csrf";

/// The hidden token: first in every form, so that it is read before a file.
pub fn csrf_field(token: &str) -> Markup {
    html! { input type="hidden" name=(CSRF_FIELD) value=(token); }
}

/// What is wrong with what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field; empty for the whole form.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
    /// How long to wait, where that is what is wrong.
    pub wait: Option<Duration>,
}

impl FieldError {
    /// An error of one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), wait: None }
    }

    /// There were too many tries.
    pub fn too_many(wait: Duration) -> Self {
        let message = t_with("sign-in-throttled", &[("seconds", seconds(wait).into())]);
        Self { field: String::new(), message, wait: Some(wait) }
    }
}

/// The first error of a field.
pub fn error_of<'e>(errors: &'e [FieldError], field: &str) -> Option<&'e str> {
    errors.iter().find(|error| error.field == field).map(|error| error.message.as_str())
}

/// All errors of a form in one place, each a link to its field. Takes the focus when the page opens.
pub fn error_summary(errors: &[FieldError]) -> Markup {
    html! {
        @if !errors.is_empty() {
            div.notice.bad role="alert" tabindex="-1" data-focus {
                (icon("circle-alert"))
                div {
                    @for error in errors {
                        p {
                            @if error.field.is_empty() { (error.message) }
                            @else { a href=(format!("#{}", error.field)) { (error.message) } }
                        }
                    }
                }
            }
        }
    }
}

/// A field: label, control, hint, error.
#[derive(Debug, Clone, Copy)]
pub struct Field<'f> {
    /// Name and id.
    pub name: &'f str,
    /// Its label.
    pub label: &'f str,
    /// `text`, `email`, `password`, `number` …
    pub kind: &'f str,
    /// What is in it.
    pub value: &'f str,
    /// What it is for, below it; empty for nothing.
    pub hint: &'f str,
    /// `autocomplete`; empty for none.
    pub autocomplete: &'f str,
    /// It cannot stay empty.
    pub required: bool,
    /// Longest text; `None` for any.
    pub max_chars: Option<usize>,
    /// What is wrong with it.
    pub error: Option<&'f str>,
    /// The cursor starts here.
    pub autofocus: bool,
    /// A new password of at least so many characters: what it is worth is said while it is typed.
    pub measured: Option<usize>,
}

impl<'f> Field<'f> {
    /// A field of text.
    pub fn text(name: &'f str, label: &'f str) -> Self {
        Self {
            name,
            label,
            kind: "text",
            value: "",
            hint: "",
            autocomplete: "",
            required: false,
            max_chars: None,
            error: None,
            autofocus: false,
            measured: None,
        }
    }

    /// A password, with a button that shows it.
    pub fn password(name: &'f str, label: &'f str, autocomplete: &'f str) -> Self {
        Self { kind: "password", autocomplete, required: true, ..Self::text(name, label) }
    }

    /// Writes it.
    pub fn render(self) -> Markup {
        let (hint_id, error_id) = (format!("{}-hint", self.name), format!("{}-error", self.name));
        let mut described = Vec::new();
        if self.error.is_some() {
            described.push(error_id.as_str());
        }
        if !self.hint.is_empty() {
            described.push(hint_id.as_str());
        }
        let described = (!described.is_empty()).then(|| described.join(" "));
        let control = html! {
            input.input id=(self.name) name=(self.name) type=(self.kind) value=(self.value)
                autocomplete=[(!self.autocomplete.is_empty()).then_some(self.autocomplete)]
                required[self.required] autofocus[self.autofocus] maxlength=[self.max_chars]
                autocapitalize=[(self.kind != "text").then_some("none")]
                spellcheck=[(self.kind != "text").then_some("false")]
                aria-invalid=[self.error.map(|_| "true")] aria-describedby=[described]
                hx-post=[self.measured.map(|_| "/password-strength")]
                hx-trigger=[self.measured.map(|_| "input changed delay:250ms")]
                hx-target=[self.measured.map(|_| "next .strength")]
                hx-params=[self.measured.map(|_| format!("{},least", self.name))]
                hx-vals=[self.measured.map(|least| format!("{{\"least\":{least}}}"))]
                hx-sync=[self.measured.map(|_| "this:replace")];
        };
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                @if self.kind == "password" {
                    div.with-button {
                        (control)
                        // Shown by script; without script there is nothing it could do.
                        button.button.quiet type="button" hidden data-show-password=(self.name) aria-pressed="false" {
                            (t("form-show"))
                        }
                    }
                } @else { (control) }
                @if self.measured.is_some() { div.strength role="status" {} }
                @if let Some(error) = self.error { p.error id=(error_id) { (icon("circle-alert")) (error) } }
                @if !self.hint.is_empty() { p.hint id=(hint_id) { (self.hint) } }
            }
        }
    }
}

/// A choice of a list.
pub fn select(name: &str, label: &str, choices: &[(String, String)], chosen: &str) -> Markup {
    checked_select(name, label, choices, chosen, None)
}

/// A choice of a list, with what is wrong with it.
pub fn checked_select(
    name: &str,
    label: &str,
    choices: &[(String, String)],
    chosen: &str,
    error: Option<&str>,
) -> Markup {
    let error_id = format!("{name}-error");
    html! {
        div.field {
            label for=(name) { (label) }
            select.input id=(name) name=(name) aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| &error_id)] {
                @for (value, text) in choices {
                    option value=(value) selected[value == chosen] { (text) }
                }
            }
            @if let Some(error) = error { p.error id=(error_id) { (icon("circle-alert")) (error) } }
        }
    }
}

/// A hidden field that keeps a value from page to page.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}
