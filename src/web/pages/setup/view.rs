//! The pages of the first start.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use crate::config::site::MAX_NAME_CHARS;
use crate::services::setup::{CODE_FILE, CodeCheck};
use crate::web::extract::{Flow, Page};
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::{icon, t, t_with};

/// What the first page shows.
#[derive(Debug, Default)]
pub struct SetupView<'v> {
    /// The code, kept from page to page.
    pub code: &'v str,
    /// What was typed; the password never comes back.
    pub site_name: &'v str,
    /// What was typed.
    pub email: &'v str,
    /// First name of the admin.
    pub first_name: &'v str,
    /// Last name.
    pub last_name: &'v str,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
}

fn step(number: u32) -> Markup {
    html! { p.hint { (t_with("setup-step", &[("n", number.into())])) } }
}

/// Where the code is to be found, and a field for it.
pub fn code_page(flow: &Flow, found: Option<CodeCheck>) -> Response {
    let error = match found {
        Some(CodeCheck::Renewed) => Some(t("setup-code-renewed")),
        Some(CodeCheck::Wrong) => Some(t("setup-code-wrong")),
        _ => None,
    };
    let errors: Vec<FieldError> =
        error.clone().map(|message| FieldError::new("code", message)).into_iter().collect();
    let label = t("field-code");
    let code = Field {
        required: true,
        autofocus: errors.is_empty(),
        error: error.as_deref(),
        autocomplete: "off",
        ..Field::text("code", &label)
    };
    let content = html! {
        h1 { (t("setup-code-title")) }
        (error_summary(&errors))
        p { (t("setup-code-where")) }
        ul.setup-places {
            li { (t("setup-code-console")) }
            li { (t_with("setup-code-file", &[("file", CODE_FILE.into())])) }
        }
        form.stack method="get" action="/setup" {
            (code.render())
            button.button.primary.wide type="submit" { (t("setup-code-button")) }
        }
    };
    let mut response = flow.show_card(&t("setup-code-title"), &content);
    if found.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// The site's name and the first admin. `least` is how long the password must be.
pub fn first_page(flow: &Flow, least: usize, view: &SetupView<'_>) -> Response {
    let (site_label, email_label, password_label) =
        (t("field-site_name"), t("field-email"), t("field-password"));
    let (first_label, last_label) = (t("field-first_name"), t("field-last_name"));
    let (site_hint, name_hint) = (t("setup-site-hint"), t("setup-name-hint"));
    let password_hint = t_with("password-hint", &[("n", least.into())]);
    let errors = &view.errors;
    let site = Field {
        value: view.site_name,
        hint: &site_hint,
        max_chars: Some(MAX_NAME_CHARS),
        required: true,
        error: error_of(errors, "site_name"),
        autofocus: errors.is_empty(),
        autocomplete: "organization",
        ..Field::text("site_name", &site_label)
    };
    let email = Field {
        value: view.email,
        kind: "email",
        required: true,
        error: error_of(errors, "email"),
        autocomplete: "username",
        ..Field::text("email", &email_label)
    };
    let first = Field {
        value: view.first_name,
        hint: &name_hint,
        error: error_of(errors, "first_name"),
        autocomplete: "given-name",
        ..Field::text("first_name", &first_label)
    };
    let family = Field {
        value: view.last_name,
        error: error_of(errors, "last_name"),
        autocomplete: "family-name",
        ..Field::text("last_name", &last_label)
    };
    let password = Field {
        hint: &password_hint,
        measured: Some(least),
        error: error_of(errors, "password"),
        ..Field::password("password", &password_label, "new-password")
    };
    let content = html! {
        (step(1))
        h1 { (t("setup-title")) }
        (error_summary(errors))
        form.stack method="post" action="/setup" data-once novalidate {
            (csrf_field(&flow.csrf()))
            (hidden("code", view.code))
            (site.render())
            (email.render())
            div.columns { (first.render()) (family.render()) }
            (password.render())
            button.button.primary.wide type="submit" { (t("setup-button")) }
        }
    };
    flow.show_card(&t("setup-title"), &content)
}

/// There is an admin: the link is good for nothing any more.
pub fn over_page(flow: &Flow) -> Response {
    let content = html! {
        h1 { (t("setup-over-title")) }
        p { (t("setup-over-text")) }
        div.actions { a.button.primary href="/login" { (t("sign-in-button")) } }
    };
    let mut response = flow.show_card(&t("setup-over-title"), &content);
    *response.status_mut() = StatusCode::GONE;
    response
}

/// The first file, the sample, or neither for now.
pub fn data_page(page: &Page) -> Response {
    let content = html! {
        (step(2))
        h1 { (t("setup-data-title")) }
        p { (t("setup-data-text")) }
        div.setup-choices {
            a.setup-choice href="/imports" {
                (icon("upload"))
                span { strong { (t("setup-data-import")) } span.hint { (t("setup-data-import-hint")) } }
            }
            form method="post" action="/setup/sample" data-once {
                (csrf_field(&page.csrf()))
                button.setup-choice type="submit" {
                    (icon("package"))
                    span { strong { (t("setup-data-sample")) } span.hint { (t("setup-data-sample-hint")) } }
                }
            }
        }
        p { a href="/inventory" { (t("setup-data-later")) } " " span.hint { (t("setup-data-later-hint")) } }
    };
    page.show_card(&t("setup-data-title"), &content)
}
