//! The sign-in form.

use std::time::Duration;

use axum::response::Response;
use maud::html;

use crate::domain::user::UserStatus;
use crate::services::error::seconds;
use crate::web::extract::Flow;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_summary, hidden};
use crate::web::ui::{icon, t, t_with};

/// The trap for programs that fill in every field. Named like nothing that a password manager fills.
pub const HONEYPOT: &str = "remarks";

/// Why the form is shown again.
#[derive(Debug, Clone, Copy)]
pub enum Refusal {
    /// Wrong name or password; which of them is not said.
    WrongCredentials,
    /// The password was right, and the account is not to be used.
    NotActive(UserStatus),
    /// The password was right, and has expired.
    PasswordExpired,
    /// A field is empty.
    Missing,
    /// Too many tries; how long to wait.
    Throttled(Duration),
    /// The form was open for too long, or cookies are off.
    StaleForm,
}

/// Where an account stands, as the end of a text's id.
fn standing(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Unconfirmed => "unconfirmed",
        UserStatus::Pending => "pending",
        UserStatus::Active | UserStatus::Deactivated => "deactivated",
        UserStatus::Rejected => "rejected",
    }
}

/// What the form shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoginView<'v> {
    /// What was typed; the password never comes back.
    pub login: &'v str,
    /// Where to go on.
    pub next: &'v str,
    /// Why it is shown again.
    pub refusal: Option<Refusal>,
    /// The session has ended by itself.
    pub ended: bool,
    /// The person just signed out.
    pub signed_out: bool,
}

/// The page.
pub fn login_page(flow: &Flow, view: &LoginView<'_>) -> Response {
    let errors: Vec<FieldError> = view
        .refusal
        .map(|refusal| {
            let message = match refusal {
                Refusal::WrongCredentials => t("sign-in-wrong"),
                Refusal::NotActive(status) => t(&format!("sign-in-{}", standing(status))),
                Refusal::PasswordExpired => t("sign-in-password-expired"),
                Refusal::Missing => t("sign-in-missing"),
                Refusal::StaleForm => t("sign-in-stale"),
                Refusal::Throttled(after) => {
                    t_with("sign-in-throttled", &[("seconds", seconds(after).into())])
                }
            };
            FieldError::new("", message)
        })
        .into_iter()
        .collect();
    let wait = match view.refusal {
        Some(Refusal::Throttled(after)) => Some(seconds(after)),
        _ => None,
    };
    let (login_label, password_label) = (t("sign-in-login"), t("sign-in-password"));
    let login = Field {
        value: view.login,
        autocomplete: "username",
        required: true,
        autofocus: view.login.is_empty(),
        ..Field::text("login", &login_label)
    };
    let password = Field {
        autofocus: !view.login.is_empty(),
        ..Field::password("password", &password_label, "current-password")
    };
    let content = html! {
        h1 { (t("sign-in-title")) }
        @if view.signed_out && errors.is_empty() {
            div.notice.ok role="status" { (icon("circle-check")) p { (t("sign-in-signed-out")) } }
        }
        @if view.ended && !view.signed_out && errors.is_empty() {
            div.notice role="status" { (icon("info")) p { (t("sign-in-ended")) } }
        }
        (error_summary(&errors))
        form.stack method="post" action="/login" data-once {
            (csrf_field(&flow.csrf()))
            @if !view.next.is_empty() { (hidden("next", view.next)) }
            (login.render())
            (password.render())
            div.trap aria-hidden="true" {
                label for="sign-in-remarks" { (t("sign-in-trap")) }
                input id="sign-in-remarks" name=(HONEYPOT) type="text" tabindex="-1" autocomplete="off";
            }
            button.button.primary.wide type="submit" data-wait=[wait] data-waited=[wait.map(|_| t("sign-in-waited"))] { (t("sign-in-button")) }
        }
        p.hint { (t("sign-in-help")) }
    };
    flow.show_card(&t("sign-in-title"), &content)
}
