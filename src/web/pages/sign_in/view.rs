//! The sign-in form.

use std::net::IpAddr;
use std::time::Duration;

use axum::response::Response;
use maud::{Markup, html};

use crate::domain::user::UserStatus;
use crate::services::error::seconds;
use crate::services::sign_in::Door;
use crate::web::extract::Flow;
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_summary, hidden};
use crate::web::ui::{icon, t, t_with};

/// The trap for programs that fill in every field. Named like nothing that a password manager fills.
pub const HONEYPOT: &str = "remarks";

/// The trap: no person sees it.
pub fn trap(id: &str) -> Markup {
    html! {
        div.trap aria-hidden="true" {
            label for=(id) { (t("sign-in-trap")) }
            input id=(id) name=(HONEYPOT) type="text" tabindex="-1" autocomplete="off";
        }
    }
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy)]
pub enum Refusal {
    /// Wrong name or password; which of them is not said.
    WrongCredentials,
    /// The password was right, and the account is not to be used.
    NotActive(UserStatus),
    /// The password was right, and has expired.
    PasswordExpired,
    /// Wrong name or password, or the company's directory does not answer.
    DirectoryAway,
    /// The password was right in the company's directory, which wants another one first.
    ChangeInDirectory,
    /// The password was right in the company's directory, and the account has no access here.
    NotAdmitted,
    /// A field is empty.
    Missing,
    /// Too many tries; how long to wait.
    Throttled(Duration),
    /// The form was open for too long, or cookies are off.
    StaleForm,
    /// The password was right, and the code came too late.
    CodeTooLate,
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

/// What the form says about accounts of the company's directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// Nothing: there is none.
    None,
    /// They sign in here.
    Welcome,
    /// Not over a connection that anybody on the way can read.
    NotOverHttp,
}

impl Company {
    /// For a visitor from there.
    pub fn of(state: &AppState, address: Option<IpAddr>) -> Self {
        let Some(directory) = &state.config().directory else { return Self::None };
        let is_here = address.is_none_or(|address| address.is_loopback());
        if state.config().is_https() || is_here || directory.over_http {
            Self::Welcome
        } else {
            Self::NotOverHttp
        }
    }
}

/// What came before the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// The session has ended by itself.
    Ended,
    /// The person signed out.
    SignedOut,
    /// The person set a new password.
    PasswordSet,
}

/// What the form shows.
#[derive(Debug, Clone, Copy)]
pub struct LoginView<'v> {
    /// Who is let in.
    pub door: Door,
    /// Accounts of the company's directory.
    pub company: Company,
    /// What was typed; the password never comes back.
    pub login: &'v str,
    /// Where to go on.
    pub next: &'v str,
    /// Why it is shown again.
    pub refusal: Option<Refusal>,
    /// What came before.
    pub note: Option<Note>,
    /// Accounts can be asked for.
    pub sign_up: bool,
}

impl LoginView<'_> {
    /// An empty form.
    pub fn new(door: Door, company: Company) -> Self {
        Self { door, company, login: "", next: "", refusal: None, note: None, sign_up: false }
    }
}

/// The page.
pub fn login_page(flow: &Flow, view: &LoginView<'_>) -> Response {
    let errors: Vec<FieldError> = view
        .refusal
        .map(|refusal| {
            let message = match refusal {
                Refusal::WrongCredentials => t("sign-in-wrong"),
                Refusal::NotActive(status) => t(&format!("sign-in-{}", standing(status))),
                Refusal::DirectoryAway => t("sign-in-directory-away"),
                Refusal::ChangeInDirectory => t("sign-in-change-in-directory"),
                Refusal::NotAdmitted => t("sign-in-not-admitted"),
                Refusal::PasswordExpired => t("sign-in-password-expired"),
                Refusal::Missing => t("sign-in-missing"),
                Refusal::StaleForm => t("sign-in-stale"),
                Refusal::CodeTooLate => t("code-too-late"),
                Refusal::Throttled(after) => {
                    let wait = t_with("sign-in-throttled", &[("seconds", seconds(after).into())]);
                    format!("{wait} {}", t("sign-in-throttled-help"))
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
    let (action, title) = match view.door {
        Door::Everybody => ("/login", t("sign-in-title")),
        Door::Admins => ("/admin-login", t("sign-in-title-admin")),
    };
    let login_label = match view.company {
        Company::Welcome => t("sign-in-login-company"),
        Company::None | Company::NotOverHttp => t("sign-in-login"),
    };
    let password_label = t("sign-in-password");
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
        h1 { (title) }
        @if let Some(note) = view.note.filter(|_| errors.is_empty()) {
            @let (class, symbol, text) = match note {
                Note::Ended => ("notice", "info", "sign-in-ended"),
                Note::SignedOut => ("notice ok", "circle-check", "sign-in-signed-out"),
                Note::PasswordSet => ("notice ok", "circle-check", "sign-in-password-set"),
            };
            div class=(class) role="status" { (icon(symbol)) p { (t(text)) } }
        }
        @if view.company == Company::NotOverHttp {
            div.notice.warn { (icon("triangle-alert")) p { (t("sign-in-company-http")) } }
        }
        (error_summary(&errors))
        form.stack method="post" action=(action) data-once {
            (csrf_field(&flow.csrf()))
            @if !view.next.is_empty() { (hidden("next", view.next)) }
            (login.render())
            (password.render())
            (trap("sign-in-remarks"))
            button.button.primary.wide type="submit" data-wait=[wait] data-waited=[wait.map(|_| t("sign-in-waited"))] { (t("sign-in-button")) }
        }
        p.hint { a href="/forgot" { (t("forgot-link")) } " · " a href="/code" { (t("slip-link")) } " · " a href="/help/signing-in" { (t("help-title")) } }
        @if view.sign_up { p.hint { (t("sign-up-none")) " " a href="/register" { (t("sign-up-link")) } } }
        @else { p.hint { (t("sign-in-help")) } }
    };
    flow.show_card(&title, &content)
}
