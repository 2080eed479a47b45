//! The form that decides on many accounts.

use axum::response::Response;
use maud::{Markup, html};

use super::decide::reason_field;
use super::list::about;
use crate::services::approvals::WaitingAccount;
use crate::services::users::owners::Owners;
use crate::web::extract::{FormData, Page};
use crate::web::pages::users::{FormView, UserForm, accept_no_rows, roles, scope, shown_name};
use crate::web::ui::form::{FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::{NavItem, icon, t, t_with};

/// Who it is about, and what is chosen.
pub(super) struct ManyView<'v> {
    /// Who.
    pub accounts: &'v [WaitingAccount],
    /// What is chosen for all.
    pub form: &'v UserForm,
    /// Owners to choose from.
    pub owners: &'v Owners,
    /// The form as it was sent.
    pub sent: &'v FormData,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
}

impl<'v> ManyView<'v> {
    /// Nothing is wrong yet.
    pub(super) fn new(
        accounts: &'v [WaitingAccount],
        form: &'v UserForm,
        owners: &'v Owners,
        sent: &'v FormData,
    ) -> Self {
        Self { accounts, form, owners, sent, errors: Vec::new() }
    }
}

/// The page.
pub(super) fn many_page(page: &Page, view: &ManyView<'_>) -> Response {
    let title = t_with("approvals-many-title", &[("n", view.accounts.len().into())]);
    let form_view = FormView {
        action: "/admin/approvals/bulk",
        button: &t("user-approve"),
        back: "/admin/approvals",
        form: view.form,
        owners: view.owners,
        had_all: false,
        errors: &view.errors,
        way: None,
        approves: true,
        zone: page.look.zone(),
    };
    let each = view.sent.text("each") == "1";
    let content = html! {
        p.crumb { a href="/admin/approvals" { (icon("chevron-left")) (t("approvals-title")) } }
        div.page-head { h1 { (title) } }
        form.narrow.stack method="post" action="/admin/approvals/bulk" data-user-form data-once {
            (error_summary(&view.errors))
            (csrf_field(&page.csrf()))
            button.visually-hidden type="submit" name="enter" value="1" tabindex="-1" aria-hidden="true" { (t("user-approve")) }
            (roles(&form_view))
            section.panel.padded {
                fieldset.stack.close {
                    legend { h2 { (t("approvals-whose")) } }
                    label.check { input type="radio" name="each" value="0" checked[!each]; span { (t("approvals-same")) } }
                    label.check { input type="radio" name="each" value="1" checked[each]; span { (t("approvals-each")) } }
                }
            }
            div.for-all { (scope(&form_view)) }
            (people(view))
            (accept_no_rows(view.form, &view.errors))
            div.actions {
                button.button.primary type="submit" name="approve" value="1" { (t_with("approvals-many-approve", &[("n", view.accounts.len().into())])) }
                a.button href="/admin/approvals" { (t("user-cancel")) }
            }
            section.panel.padded.stack {
                h2 { (t("approvals-many-reject-title")) }
                (reason_field())
                div.actions { button.button.danger type="submit" name="reject" value="1" formnovalidate { (t_with("approvals-many-reject", &[("n", view.accounts.len().into())])) } }
            }
        }
    };
    page.show(NavItem::Approvals, &title, &["js/users.js"], &content)
}

fn people(view: &ManyView<'_>) -> Markup {
    let missing = error_of(&view.errors, "accept_missing");
    html! {
        section.panel aria-labelledby="many-people" {
            div.panel-head { h2 #many-people { (t("approvals-accounts")) } }
            ul.many-people {
                @for account in view.accounts {
                    @let user = &account.user;
                    @let name = format!("owners-{}", user.id);
                    li {
                        (hidden("user", &user.id.to_string()))
                        (hidden(&format!("version-{}", user.id), &user.version))
                        (about(account))
                        div.field.own-owners {
                            label for=(name) { (t_with("approvals-own-owners", &[("name", shown_name(user).into())])) }
                            textarea.input id=(name) name=(name) rows="2" spellcheck="false" { (view.sent.text(&name)) }
                        }
                    }
                }
            }
        }
        @if missing.is_some() || view.sent.has("accept_missing") {
            label.check { input #accept_missing type="checkbox" name="accept_missing" value="1" checked[view.sent.has("accept_missing")]; span { (t("approvals-accept-missing")) } }
        }
    }
}
