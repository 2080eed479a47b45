//! Handing an account over: by mail, or on a slip.

use std::collections::BTreeSet;

use axum::response::Response;
use maud::{Markup, html};

use super::view::shown_name;
use crate::services::access::invite::{Slip, Way};
use crate::services::users::UserView;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::reader;
use crate::web::ui::{NavItem, icon, qr, t, t_with};

/// How the form wants the account handed over.
pub fn way_of(form: &FormData) -> Way {
    if form.text("way") == "slip" { Way::Slip } else { Way::Mail }
}

/// The choice between a mail and a slip; without mail there is none.
pub fn way_choice(state: &AppState) -> Markup {
    html! {
        @if state.config().mail.is_on() {
            fieldset.panel.padded.stack.close {
                legend { h2 { (t("way-legend")) } }
                label.check { input type="radio" name="way" value="mail" checked; span { (t("way-mail")) } }
                label.check { input type="radio" name="way" value="slip"; span { (t("way-slip")) } }
            }
        } @else { p.hint { (t("way-only-slip")) } }
    }
}

/// A slip: shown this once, to print or to read out. `missing` are owners of theirs that no row names.
pub fn slip_page(
    page: &Page,
    user: &UserView,
    slip: &Slip,
    done: &str,
    missing: &BTreeSet<String>,
) -> Response {
    let title = t_with(&format!("{done}-title"), &[("name", shown_name(user).into())]);
    let until = reader::formats().minute_in_zone(&slip.expires_at.to_zoned(page.look.zone()));
    let site = &page.look.site_name;
    // Without an address of its own the site cannot say where the code leads: then the picture is the code alone.
    let scanned = slip.link.as_ref().unwrap_or(&slip.code).expose();
    let content = html! {
        div.panel.padded.narrow.stack.slip {
            h1.no-print { (title) }
            p.no-print { (t("slip-give")) }
            h2.print-only { (t_with("slip-heading", &[("site", site.as_str().into())])) }
            div.slip-body {
                dl.facts.handover {
                    dt { (t("slip-for")) } dd { (shown_name(user)) }
                    dt { (t("user-password-login")) } dd { code { (user.email) } }
                    dt { (t("slip-code")) }
                    dd { code #slip-code { (slip.code.expose()) }
                        button.button.quiet.small.no-print type="button" hidden data-copy="slip-code" { (icon("copy")) (t("error-copy")) } }
                    dt { (t("slip-until")) } dd { (until) }
                }
                (qr(scanned, &t("slip-qr")))
            }
            ol.slip-steps {
                @if slip.link.is_some() { li { (t("slip-step-scan")) } }
                @else { li { (t_with("slip-step-open", &[("site", site.as_str().into())])) } }
                li { (t("slip-step-code")) }
                li { (t("slip-step-password")) }
            }
            div.notice.warn.no-print { (icon("key-round")) p { (t("slip-once")) } }
            @if !missing.is_empty() {
                @let owners = missing.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                div.notice.warn.no-print { (icon("triangle-alert")) p { (t_with("user-owners-missing", &[("owners", owners.into())])) } }
            }
            div.actions.no-print {
                button.button.primary type="button" hidden data-print { (icon("printer")) (t("slip-print")) }
                a.button href=(format!("/admin/customers/{}", user.id)) { (t("user-password-done")) }
                a.button href="/admin/customers/new" { (t("user-password-another")) }
            }
        }
    };
    page.show(NavItem::Users, &title, &["js/print.js"], &content)
}
