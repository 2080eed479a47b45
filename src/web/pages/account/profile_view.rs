//! Section of the account page: what one is called.

use maud::{Markup, html};

use super::view::AccountView;
use crate::web::extract::Page;
use crate::web::ui::form::{Field, csrf_field, error_of};
use crate::web::ui::t;

/// The section.
pub fn profile(page: &Page, view: &AccountView, csrf: &str) -> Markup {
    let (first_label, last_label) = (t("field-first_name"), t("field-last_name"));
    let hint = t("account-name-hint");
    let first = Field {
        value: &view.name.0,
        hint: &hint,
        autocomplete: "given-name",
        error: error_of(&view.errors, "first_name"),
        ..Field::text("first_name", &first_label)
    };
    let last = Field {
        value: &view.name.1,
        autocomplete: "family-name",
        error: error_of(&view.errors, "last_name"),
        ..Field::text("last_name", &last_label)
    };
    html! {
        section.panel.padded.stack aria-labelledby="account-profile" {
            h2 #account-profile { (t("account-profile")) }
            dl.facts {
                dt { (t("field-email")) }
                dd { (page.user().email) p.hint { (t("account-email-hint")) } }
                @if let Some(username) = &page.user().username {
                    dt { (t("field-username")) }
                    dd { (username) }
                }
            }
            form.stack method="post" action="/account/name" {
                (csrf_field(csrf))
                div.columns { (first.render()) (last.render()) }
                div.actions { button.button type="submit" { (t("account-save")) } }
            }
        }
    }
}
