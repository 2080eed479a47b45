//! The sign-up form and what comes after it.

use axum::response::Response;
use maud::{Markup, html};

use crate::config::accounts::{Asked, SignupPassword};
use crate::domain::email::Username;
use crate::domain::mobile::Mobile;
use crate::services::error::seconds;
use crate::services::sign_up::{Confirmed, RESEND_AFTER, ToConfirm};
use crate::web::extract::{Flow, FormData};
use crate::web::pages::sign_in::trap;
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::{icon, t, t_with};

/// A field that may be asked for.
struct Wanted<'w> {
    name: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    asked: Asked,
    hint: &'w str,
}

fn field(wanted: &Wanted<'_>, form: &FormData, errors: &[FieldError]) -> Markup {
    if wanted.asked == Asked::No {
        return html! {};
    }
    let label = t(&format!("field-{}", wanted.name));
    let label = if wanted.asked == Asked::Required {
        label
    } else {
        t_with("form-optional", &[("label", label.into())])
    };
    let field = Field {
        value: form.text(wanted.name),
        kind: wanted.kind,
        hint: wanted.hint,
        required: wanted.asked == Asked::Required,
        error: error_of(errors, wanted.name),
        autocomplete: wanted.autocomplete,
        ..Field::text(wanted.name, &label)
    };
    field.render()
}

/// The field for the password of a new account.
fn new_password(state: &AppState, errors: &[FieldError]) -> Markup {
    let least = state.config().password.min_length;
    let (label, hint) = (t("field-password"), t_with("password-hint", &[("n", least.into())]));
    let field = Field {
        hint: &hint,
        measured: Some(least),
        error: error_of(errors, "password"),
        ..Field::password("password", &label, "new-password")
    };
    field.render()
}

/// The form.
pub fn form_page(state: &AppState, flow: &Flow, form: &FormData, errors: &[FieldError]) -> Response {
    let config = &state.config().accounts;
    let wanted = |name, kind, autocomplete, asked| Wanted { name, kind, autocomplete, asked, hint: "" };
    let mobile_hint = if config.country.is_none() { t("sign-up-mobile-hint") } else { String::new() };
    let (answer_label, answer_hint) = (t("field-answer"), t("sign-up-answer-hint"));
    let answer = Field {
        required: false,
        hint: &answer_hint,
        error: error_of(errors, "answer"),
        ..Field::password("answer", &answer_label, "off")
    };
    let content = html! {
        h1 { (t("sign-up-title")) }
        (error_summary(errors))
        form.stack method="post" action="/register" data-once {
            (csrf_field(&flow.csrf()))
            @if config.first_name != Asked::No || config.last_name != Asked::No {
                div.columns {
                    (field(&wanted("first_name", "text", "given-name", config.first_name), form, errors))
                    (field(&wanted("last_name", "text", "family-name", config.last_name), form, errors))
                }
            }
            (field(&wanted("email", "email", "email", Asked::Required), form, errors))
            (field(&wanted("username", "text", "username", config.username), form, errors))
            (field(&Wanted { hint: &mobile_hint, ..wanted("mobile", "tel", "tel", config.mobile) }, form, errors))
            @if config.signup_password == SignupPassword::Chosen { (new_password(state, errors)) }
            @else { p.hint { (t("sign-up-generated")) } }
            @if config.security_question {
                (field(&wanted("question", "text", "off", Asked::Optional), form, errors))
                (answer.render())
            }
            (trap("sign-up-remarks"))
            button.button.primary.wide type="submit" { (t("sign-up-button")) }
        }
        p.hint { (t("sign-up-have")) " " a href="/login" { (t("sign-in-button")) } }
    };
    flow.show_card(&t("sign-up-title"), &content)
}

/// An admin decides.
pub fn waiting_page(flow: &Flow) -> Response {
    let content = html! {
        h1 { (t("sign-up-waits-title")) }
        p { (t("sign-up-waits-text")) }
        div.actions { a.button href="/login" { (t("sign-in-button")) } }
    };
    flow.show_card(&t("sign-up-waits-title"), &content)
}

/// A form for a code from a mail, and one for another mail. `action` and `resend` are where they go.
pub fn code_forms(
    flow: &Flow,
    request: &str,
    (action, resend): (&str, &str),
    error: Option<&FieldError>,
) -> Markup {
    let label = t("code-label");
    let code = Field {
        autocomplete: "one-time-code",
        required: true,
        error: error.filter(|error| error.field == "code").map(|error| error.message.as_str()),
        max_chars: Some(20),
        ..Field::text("code", &label)
    };
    let wait = seconds(RESEND_AFTER);
    html! {
        form.stack method="post" action=(action) data-once {
            (csrf_field(&flow.csrf()))
            (hidden("request", request))
            (code.render())
            button.button.primary.wide type="submit" { (t("code-button")) }
        }
        form method="post" action=(resend) {
            (csrf_field(&flow.csrf()))
            (hidden("request", request))
            button.button.quiet.wide type="submit" data-wait=(wait) { (t("code-resend")) }
        }
    }
}

/// Look into your mails.
pub fn sent_page(flow: &Flow, request: &str, again: bool, errors: &[FieldError]) -> Response {
    let content = html! {
        h1 { (t("sign-up-sent-title")) }
        @if again && errors.is_empty() {
            div.notice.ok role="status" { (icon("circle-check")) p { (t("code-resent")) } }
        }
        (error_summary(errors))
        p { (t("sign-up-sent-text")) }
        (code_forms(flow, request, ("/register/code", "/register/resend"), errors.first()))
        p.hint { (t("sign-up-sent-help")) " " a href="/register" { (t("sign-up-anew")) } }
    };
    flow.show_card(&t("sign-up-sent-title"), &content)
}

/// What a link would confirm, and another user name or number where somebody else has the one that was asked for.
pub fn confirm_page(
    state: &AppState,
    flow: &Flow,
    token: &str,
    found: &ToConfirm,
    form: Option<&FormData>,
    errors: &[FieldError],
) -> Response {
    let config = &state.config().accounts;
    let is_taken = found.taken_username.is_some() || found.taken_mobile.is_some();
    let asked_for = || {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let logins = [
            ("username", text(found.username.as_ref().map(Username::as_str))),
            ("mobile", text(found.mobile.as_ref().map(Mobile::as_str))),
        ];
        let names = [
            ("first_name", text(found.name.first.as_deref())),
            ("last_name", text(found.name.last.as_deref())),
        ];
        FormData::of(names.into_iter().chain(logins).map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let typed = match form {
        Some(form) => form.clone(),
        None if found.wants_password => asked_for(),
        None => FormData::default(),
    };
    let other = |name, kind, asked| Wanted { name, kind, autocomplete: "off", asked, hint: "" };
    let content = html! {
        h1 { (t("confirm-title")) }
        (error_summary(errors))
        p { (t("confirm-text")) }
        dl.facts {
            dt { (t("field-email")) } dd { (found.email) }
            @if let Some(name) = found.name.full().filter(|_| !found.wants_password) { dt { (t("confirm-name")) } dd { (name) } }
        }
        @if let Some(username) = &found.taken_username {
            div.notice.warn { (icon("triangle-alert")) p { (t_with("confirm-username-taken", &[("name", username.as_str().into())])) } }
        }
        @if let Some(mobile) = &found.taken_mobile {
            div.notice.warn { (icon("triangle-alert")) p { (t_with("confirm-mobile-taken", &[("number", mobile.as_str().into())])) } }
        }
        form.stack method="post" action="/confirm" data-once {
            (csrf_field(&flow.csrf()))
            (hidden("token", token))
            @if is_taken || found.wants_password { (hidden("instead", "1")) }
            @if found.wants_password {
                p { (t("confirm-password")) }
                @if config.first_name != Asked::No || config.last_name != Asked::No {
                    div.columns {
                        (field(&other("first_name", "text", config.first_name), &typed, errors))
                        (field(&other("last_name", "text", config.last_name), &typed, errors))
                    }
                }
            }
            @if found.taken_username.is_some() || found.wants_password { (field(&other("username", "text", config.username), &typed, errors)) }
            @if found.taken_mobile.is_some() || found.wants_password { (field(&other("mobile", "tel", config.mobile), &typed, errors)) }
            @if found.wants_password {
                input type="text" name="email" value=(found.email) autocomplete="username" hidden;
                (new_password(state, errors))
            }
            button.button.primary.wide type="submit" { (t("confirm-button")) }
        }
        p.hint { (t("confirm-help")) }
    };
    flow.show_card(&t("confirm-title"), &content)
}

/// How the account stands now.
pub fn outcome_page(flow: &Flow, outcome: &Confirmed) -> Response {
    let (word, can_sign_in) = match outcome {
        Confirmed::Ready => ("ready", true),
        Confirmed::ReadyWithMailedPassword => ("mailed", true),
        Confirmed::Waits | Confirmed::Taken => ("waits", false),
        Confirmed::Exists => ("exists", true),
    };
    let title = t(&format!("confirmed-{word}-title"));
    let content = html! {
        h1 { (title) }
        p { (t(&format!("confirmed-{word}-text"))) }
        @if can_sign_in { div.actions { a.button.primary href="/login" { (t("sign-in-button")) } } }
    };
    flow.show_card(&title, &content)
}
