//! The cards of the second factor.

use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};

use super::prove::{Asked, proof_field};
use crate::base::secret::SecretString;
use crate::services::second_factor::enrol::Shown;
use crate::services::second_factor::is_required;
use crate::web::extract::AnyPage;
use crate::web::pages::sign_in::code_fields;
use crate::web::state::AppState;
use crate::web::ui::form::{FieldError, csrf_field, error_of, error_summary};
use crate::web::ui::qr::qr;
use crate::web::ui::{icon, t};

/// The way out: back, or to sign out where nothing else is open.
fn way_out(page: &AnyPage) -> Markup {
    html! {
        @if page.session.live.must_enrol {
            form method="post" action="/logout" data-sign-out {
                (csrf_field(&page.csrf()))
                button.button.quiet.wide type="submit" { (t("shell-sign-out")) }
            }
        } @else {
            a.button.quiet.wide href="/account#account-second-factor" { (t("second-factor-back")) }
        }
    }
}

/// What it is, and the button that begins.
pub fn intro_card(page: &AnyPage, now: Timestamp, errors: &[FieldError]) -> Response {
    let live = &page.session.live;
    let content = html! {
        h1 { (t("second-factor-title")) }
        @if live.must_enrol { div.notice { (icon("shield")) p { (t("second-factor-required-text")) } } }
        p { (t("second-factor-text")) }
        p.hint { (t("second-factor-apps")) }
        (error_summary(errors))
        form.stack method="post" action="/account/second-factor/begin" data-once {
            (csrf_field(&page.csrf()))
            @let asked = if live.must_enrol { Asked::UnlessFresh } else { Asked::Always };
            (proof_field(live, now, asked, "current_password", "", errors))
            button.button.primary.wide type="submit" { (t("second-factor-begin")) }
        }
        (way_out(page))
    };
    page.show_card(&t("second-factor-title"), &content)
}

/// The seed, as a picture, as a text and as a link, and the field for the first code.
pub fn seed_card(page: &AnyPage, shown: &Shown, errors: &[FieldError]) -> Response {
    let error = error_of(errors, "code");
    let described = if error.is_some() { "code-error code-hint" } else { "code-hint" };
    let content = html! {
        h1 { (t("second-factor-title")) }
        (error_summary(errors))
        ol.steps {
            li {
                strong { (t("second-factor-scan")) }
                div.qr-frame { (qr(shown.uri.expose(), &t("second-factor-qr"))) }
            }
            li {
                strong { (t("second-factor-type")) }
                div.secret-line {
                    code #totp-secret { (shown.secret.expose()) }
                    button.button.quiet.small type="button" hidden data-copy="totp-secret" { (icon("copy")) (t("error-copy")) }
                }
                p.hint { (t("second-factor-type-hint")) " " a href=(shown.uri.expose()) { (t("second-factor-open")) } }
            }
            li {
                form.stack method="post" action="/account/second-factor/confirm" data-once {
                    (csrf_field(&page.csrf()))
                    div.field {
                        label for="code" { (t("second-factor-prove")) }
                        input.input.code-input #code name="code" type="text" inputmode="numeric"
                            autocomplete="one-time-code" maxlength="10" spellcheck="false" required
                            aria-invalid=[error.map(|_| "true")] aria-describedby=(described);
                        @if let Some(error) = error { p.error #code-error { (icon("circle-alert")) (error) } }
                        p.hint #code-hint { (t("code-hint")) }
                    }
                    button.button.primary.wide type="submit" { (t("second-factor-confirm")) }
                }
            }
        }
        (way_out(page))
    };
    page.show_card(&t("second-factor-title"), &content)
}

/// Recovery codes, shown this once.
pub fn codes_card(page: &AnyPage, codes: &[SecretString], is_first: bool) -> Response {
    let user = &page.session.live.user;
    let content = html! {
        h1 { (t("recovery-title")) }
        @if is_first { div.notice.ok role="status" { (icon("circle-check")) p { (t("second-factor-is-on")) } } }
        p { (t("recovery-text")) }
        ol.recovery-codes #recovery-codes { @for code in codes { li { code { (code.expose()) } } } }
        p.print-only { (page.look.site_name) " · " (user.email) }
        div.notice.warn { (icon("key-round")) p { (t("recovery-once")) } }
        div.row.no-print {
            button.button type="button" hidden data-print-page { (icon("printer")) (t("recovery-print")) }
            button.button type="button" hidden data-copy="recovery-codes" { (icon("copy")) (t("recovery-copy")) }
        }
        a.button.primary.wide href="/account#account-second-factor" { (t("recovery-done")) }
    };
    page.show_card(&t("recovery-title"), &content)
}

/// Asks for a code to make new ones with.
pub fn renew_card(page: &AnyPage, errors: &[FieldError]) -> Response {
    let content = html! {
        h1 { (t("recovery-renew-title")) }
        p { (t("recovery-renew-text")) }
        (error_summary(errors))
        form.stack method="post" action="/account/second-factor/codes" data-once {
            (csrf_field(&page.csrf()))
            (code_fields(errors, errors.is_empty()))
            button.button.primary.wide type="submit" { (t("recovery-renew-button")) }
        }
        (way_out(page))
    };
    page.show_card(&t("recovery-renew-title"), &content)
}

/// Asks whether it is to be switched off.
pub fn off_card(state: &AppState, page: &AnyPage, errors: &[FieldError]) -> Response {
    let live = &page.session.live;
    let now = state.services().now();
    let content = html! {
        h1 { (t("second-factor-off-title")) }
        p { (t("second-factor-off-text")) }
        @if is_required(&state.config(), &live.user) {
            div.notice { (icon("shield")) p { (t("second-factor-off-required")) } }
        }
        (error_summary(errors))
        form.stack method="post" action="/account/second-factor/off" data-once {
            (csrf_field(&page.csrf()))
            (proof_field(live, now, Asked::Always, "current_password", "", errors))
            (code_fields(errors, false))
            button.button.danger.wide type="submit" { (t("second-factor-off-button")) }
        }
        (way_out(page))
    };
    page.show_card(&t("second-factor-off-title"), &content)
}
