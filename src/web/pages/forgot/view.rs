//! The cards of a forgotten password.

use axum::response::Response;
use maud::html;

use crate::base::secret::SecretString;
use crate::services::access::Opened;
use crate::web::extract::Flow;
use crate::web::pages::sign_in::code_fields;
use crate::web::pages::sign_up::code_forms;
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::{icon, t, t_with};

/// Who forgot their password?
pub fn ask_page(flow: &Flow, login: &str, errors: &[FieldError]) -> Response {
    let label = t("field-login");
    let field = Field {
        value: login,
        autocomplete: "username",
        required: true,
        autofocus: errors.is_empty(),
        error: error_of(errors, "login"),
        ..Field::text("login", &label)
    };
    let content = html! {
        h1 { (t("forgot-title")) }
        p { (t("forgot-text")) }
        (error_summary(errors))
        form.stack method="post" action="/forgot" data-once {
            (csrf_field(&flow.csrf()))
            (field.render())
            button.button.primary.wide type="submit" { (t("forgot-button")) }
        }
        p.hint { a href="/code" { (t("slip-link")) } " · " a href="/login" { (t("sign-in-button")) } }
    };
    flow.show_card(&t("forgot-title"), &content)
}

/// What comes next, whoever it was. `shown` is the end of the link, where the site is only tried out.
pub fn sent_page(
    state: &AppState,
    flow: &Flow,
    request: &str,
    shown: Option<SecretString>,
    again: bool,
    errors: &[FieldError],
) -> Response {
    let config = state.config();
    let (has_mail, has_link) = (config.mail.is_on(), config.server.public_url.is_some());
    let content = html! {
        h1 { (t("forgot-sent-title")) }
        @if again && errors.is_empty() {
            div.notice.ok role="status" { (icon("circle-check")) p { (t("code-resent")) } }
        }
        (error_summary(errors))
        @if let Some(sealed) = shown {
            div.notice.warn { (icon("triangle-alert"))
                p { (t("forgot-dev")) " " a href=(format!("/reset?token={}", sealed.expose())) { (t("forgot-dev-link")) } }
            }
        }
        @if !has_mail {
            p { (t("forgot-sent-admin")) }
            div.actions { a.button.primary href="/code" { (t("slip-link")) } }
        } @else if has_link {
            p { (t("forgot-sent-text")) }
            (code_forms(flow, request, ("/reset/code", "/reset/resend"), errors.first()))
        } @else {
            p { (t("forgot-sent-code")) }
            div.actions { a.button.primary href="/code" { (t("slip-link")) } }
            form method="post" action="/reset/resend" {
                (csrf_field(&flow.csrf()))
                (hidden("request", request))
                button.button.quiet.wide type="submit" data-wait="60" { (t("code-resend")) }
            }
        }
        p.hint { (t("forgot-sent-help")) " " a href="/forgot" { (t("forgot-anew")) } }
    };
    flow.show_card(&t("forgot-sent-title"), &content)
}

/// A new password behind a link.
pub fn set_page(flow: &Flow, token: &str, opened: &Opened, errors: &[FieldError]) -> Response {
    let (title, action) =
        if opened.is_invitation { (t("welcome-title"), "/welcome") } else { (t("reset-title"), "/reset") };
    let (new_label, again_label) = (t("field-new_password"), t("field-new_password_again"));
    let hint = t_with("password-hint", &[("n", opened.least_password.into())]);
    let new = Field {
        hint: &hint,
        measured: Some(opened.least_password),
        error: error_of(errors, "new_password"),
        autofocus: errors.is_empty(),
        ..Field::password("new_password", &new_label, "new-password")
    };
    let again = Field {
        error: error_of(errors, "new_password_again"),
        ..Field::password("new_password_again", &again_label, "new-password")
    };
    let question = opened.question.as_deref().unwrap_or_default();
    let answer = Field {
        autocomplete: "off",
        required: true,
        error: error_of(errors, "answer"),
        ..Field::text("answer", question)
    };
    let content = html! {
        h1 { (title) }
        (error_summary(errors))
        p { (t_with("reset-for", &[("login", opened.user.email.as_str().into())])) }
        form.stack method="post" action=(action) data-once {
            (csrf_field(&flow.csrf()))
            (hidden("token", token))
            // For password managers: whose password it is.
            input type="text" name="username" value=(opened.user.email) autocomplete="username" hidden;
            @if opened.question.is_some() { (answer.render()) }
            @if opened.takes_code { (code_fields(errors, false)) }
            (new.render())
            (again.render())
            button.button.primary.wide type="submit" { (t("reset-button")) }
        }
    };
    flow.show_card(&title, &content)
}

/// A code from a slip.
pub fn slip_page(flow: &Flow, errors: &[FieldError]) -> Response {
    let label = t("slip-code");
    let hint = t("slip-hint");
    let code = Field {
        hint: &hint,
        autocomplete: "one-time-code",
        required: true,
        autofocus: errors.is_empty(),
        max_chars: Some(60),
        error: error_of(errors, "code"),
        ..Field::text("code", &label)
    };
    let content = html! {
        h1 { (t("slip-title")) }
        (error_summary(errors))
        form.stack method="post" action="/code" data-once {
            (csrf_field(&flow.csrf()))
            (code.render())
            button.button.primary.wide type="submit" { (t("code-button")) }
        }
        p.hint { a href="/forgot" { (t("forgot-title")) } " · " a href="/login" { (t("sign-in-button")) } }
    };
    flow.show_card(&t("slip-title"), &content)
}
