//! Section of the account page: the password; and the card of those who must set a new one.

use axum::response::Response;
use maud::{Markup, html};

use super::view::AccountView;
use crate::services::password_policy;
use crate::web::extract::{AnyPage, Page};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary};
use crate::web::ui::{t, t_with};

fn password_fields(least: usize, errors: &[FieldError], current_hint: &str) -> Markup {
    let (current_label, new_label) = (t("field-current_password"), t("field-new_password"));
    let hint = t_with("password-hint", &[("n", least.into())]);
    let current = Field {
        hint: current_hint,
        error: error_of(errors, "current_password"),
        ..Field::password("current_password", &current_label, "current-password")
    };
    let new = Field {
        hint: &hint,
        error: error_of(errors, "new_password"),
        ..Field::password("new_password", &new_label, "new-password")
    };
    html! { (current.render()) (new.render()) }
}

/// The section.
pub fn password(page: &Page, view: &AccountView, csrf: &str) -> Markup {
    html! {
        section.panel.padded.stack aria-labelledby="account-password" {
            h2 #account-password { (t("account-password")) }
            p.hint { (t("account-password-text")) }
            form.stack method="post" action="/account/password" data-once {
                (csrf_field(csrf))
                // For password managers: whose password it is.
                input type="text" name="username" value=(page.user().email) autocomplete="username" hidden;
                (password_fields(view.least_password, &view.errors, ""))
                div.actions { button.button type="submit" { (t("account-password-button")) } }
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
    let content = html! {
        h1 { (t("change-title")) }
        p { (t("change-text")) }
        (error_summary(&errors))
        form.stack method="post" action="/change-password" data-once {
            (csrf_field(&csrf))
            input type="text" name="username" value=(user.email) autocomplete="username" hidden;
            (password_fields(least, &errors, &t("change-current-hint")))
            button.button.primary.wide type="submit" { (t("change-button")) }
        }
        form method="post" action="/logout" data-sign-out {
            (csrf_field(&csrf))
            button.button.quiet.wide type="submit" { (t("shell-sign-out")) }
        }
    };
    page.show_card(&t("change-title"), &content)
}
