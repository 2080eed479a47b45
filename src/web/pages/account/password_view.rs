//! Section of the account page: how one signs in; and the card of those who must set a new password.

use axum::response::Response;
use maud::{Markup, html};

use crate::domain::user::Realm;
use crate::services::password_policy;
use crate::web::extract::{AnyPage, Page};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary};
use crate::web::ui::{t, t_with};

/// The new password, twice.
pub fn password_fields(least: usize, errors: &[FieldError]) -> Markup {
    let (new_label, again_label) = (t("field-new_password"), t("field-new_password_again"));
    let hint = t_with("password-hint", &[("n", least.into())]);
    let new = Field {
        hint: &hint,
        measured: Some(least),
        error: error_of(errors, "new_password"),
        ..Field::password("new_password", &new_label, "new-password")
    };
    let again = Field {
        error: error_of(errors, "new_password_again"),
        ..Field::password("new_password_again", &again_label, "new-password")
    };
    html! { (new.render()) (again.render()) }
}

/// How one signs in: the password and the address, each changed on a page of its own.
pub fn sign_in(page: &Page) -> Markup {
    let is_local = page.user().realm == Realm::Local;
    html! {
        section.panel.padded.stack aria-labelledby="account-sign-in" {
            h2 #account-sign-in { (t("account-sign-in")) }
            ul.action-list {
                li {
                    span { strong { (t("account-password")) } span.hint {
                        (if is_local { t("account-password-text") } else { t("account-password-directory") })
                    } }
                    @if is_local { a.button href="/account/password" { (t("account-password-button")) } }
                }
                li {
                    span { strong { (t("field-email")) } span.hint { (page.user().email) } }
                    @if is_local { a.button href="/account/email" { (t("email-change-title")) } }
                }
                li {
                    span { strong { (t("account-tokens")) } span.hint { (t("account-tokens-text")) } }
                    a.button href="/account/tokens" { (t("account-tokens-button")) }
                }
                li {
                    span { strong { (t("account-links")) } span.hint { (t("account-links-text")) } }
                    a.button href="/account/links" { (t("account-links-button")) }
                }
            }
        }
    }
}

/// The card of a forced change.
pub fn change_page(state: &AppState, page: &AnyPage, error: Option<FieldError>) -> Response {
    let errors: Vec<FieldError> = error.into_iter().collect();
    let user = &page.session.live.user;
    let least = password_policy::least_length(&state.config().password, user);
    let csrf = page.csrf();
    let (current_label, current_hint) = (t("field-current_password"), t("change-current-hint"));
    let current = Field {
        hint: &current_hint,
        error: error_of(&errors, "current_password"),
        ..Field::password("current_password", &current_label, "current-password")
    };
    let content = html! {
        h1 { (t("change-title")) }
        p { (t("change-text")) }
        (error_summary(&errors))
        form.stack method="post" action="/change-password" data-once {
            (csrf_field(&csrf))
            input type="text" name="username" value=(user.email) autocomplete="username" hidden;
            (current.render())
            (password_fields(least, &errors))
            button.button.primary.wide type="submit" { (t("change-button")) }
        }
        form method="post" action="/logout" data-sign-out {
            (csrf_field(&csrf))
            button.button.quiet.wide type="submit" { (t("shell-sign-out")) }
        }
    };
    page.show_card(&t("change-title"), &content)
}
