//! Section of the account page: who one is.

use maud::{Markup, html};

use super::prove::{Asked, proof_field};
use super::view::AccountView;
use crate::domain::avatar::{MAX_FILE_BYTES, SIDE};
use crate::domain::user::Realm;
use crate::web::extract::Page;
use crate::web::ui::form::{Field, csrf_field, error_of};
use crate::web::ui::format::limit;
use crate::web::ui::person::portrait;
use crate::web::ui::{icon, t, t_with};

/// The section.
pub fn profile(page: &Page, view: &AccountView, csrf: &str) -> Markup {
    let (first_label, last_label) = (t("field-first_name"), t("field-last_name"));
    let (username_label, mobile_label) = (t("field-username"), t("field-mobile"));
    let (name_hint, login_hint) = (t("account-name-hint"), t("account-username-hint"));
    let form = &view.profile;
    let field = |name, label, value, autocomplete| Field {
        value,
        autocomplete,
        error: error_of(&view.errors, name),
        ..Field::text(name, label)
    };
    let first = Field {
        hint: &name_hint,
        ..field("first_name", first_label.as_str(), form.first_name.as_str(), "given-name")
    };
    let last = field("last_name", last_label.as_str(), form.last_name.as_str(), "family-name");
    // Not `username`: the browser would put it into the form of the password beside it.
    let username = Field {
        hint: &login_hint,
        ..field("username", username_label.as_str(), form.username.as_str(), "nickname")
    };
    let mobile = Field { kind: "tel", ..field("mobile", mobile_label.as_str(), form.mobile.as_str(), "tel") };
    html! {
        section.panel.padded.stack aria-labelledby="account-profile" {
            h2 #account-profile { (t("account-profile")) }
            (avatar(page, view, csrf))
            dl.facts {
                dt { (t("field-email")) }
                dd { (page.user().email) }
            }
            @if page.user().realm != Realm::Local {
                p { (page.user().shown_name()) }
                p.hint { (t("account-name-directory")) }
            } @else { form.stack method="post" action="/account/name" {
                (csrf_field(csrf))
                div.columns { (first.render()) (last.render()) }
                div.columns { (username.render()) (mobile.render()) }
                (proof_field(page.session.live(), view.now, Asked::UnlessFresh, "profile_password",
                    &t("account-login-password-hint"), &view.errors))
                div.actions { button.button type="submit" { (t("account-save")) } }
            } }
        }
    }
}

fn avatar(page: &Page, view: &AccountView, csrf: &str) -> Markup {
    let error = error_of(&view.errors, "avatar");
    let described = if error.is_some() { "avatar-error avatar-hint" } else { "avatar-hint" };
    let hint = [("most", limit(MAX_FILE_BYTES as u64).into()), ("side", SIDE.into())];
    html! {
        div.avatar-row {
            (portrait(page.user().avatar, 64))
            div.stack.close {
                form.row method="post" action="/account/avatar" enctype="multipart/form-data" data-once {
                    (csrf_field(csrf))
                    input.input #avatar type="file" name="avatar" accept="image/png,image/jpeg,image/webp,image/gif"
                        required aria-label=(t("field-avatar")) aria-describedby=(described) aria-invalid=[error.map(|_| "true")];
                    button.button type="submit" { (icon("upload")) (t("account-avatar-button")) }
                }
                @if let Some(error) = error { p.error #avatar-error { (icon("circle-alert")) (error) } }
                p.hint #avatar-hint { (t_with("account-avatar-hint", &hint)) }
                @if page.user().avatar.is_some() {
                    form method="post" action="/account/avatar/remove" {
                        (csrf_field(csrf))
                        button.button.small type="submit" { (icon("trash-2")) (t("account-avatar-remove")) }
                    }
                }
            }
        }
    }
}
