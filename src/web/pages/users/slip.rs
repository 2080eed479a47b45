//! Handing an account over: by mail, or on a slip.

use std::collections::BTreeSet;

use axum::response::Response;
use maud::{Markup, html};

use super::query::LIST;
use super::view::shown_name;
use crate::services::access::invite::{Slip, Way};
use crate::services::users::UserView;
use crate::services::users::bulk::Done;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::format::count;
use crate::web::ui::owner::visible_list;
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

/// What is said around a slip that an account gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlipFor {
    /// It was just made.
    NewAccount,
    /// It had a way in, which is void now.
    NewWayIn,
}

/// A slip: shown this once, to print or to read out. `missing` are owners of theirs that no row names, `sign_in` is where
/// people sign in.
pub fn slip_page(
    page: &Page,
    user: &UserView,
    slip: &Slip,
    reason: SlipFor,
    missing: &BTreeSet<String>,
    sign_in: Option<&str>,
) -> Response {
    let id = if reason == SlipFor::NewAccount { "user-made-title" } else { "user-reset-title" };
    let title = t_with(id, &[("name", shown_name(user).into())]);
    let content = html! {
        div.panel.padded.narrow.stack.slip {
            h1.no-print { (title) }
            p.no-print { (t("slip-give")) }
            (card(page, 0, user, slip, sign_in))
            div.notice.warn.no-print { (icon("key-round")) p { (t("slip-once")) } }
            @if !missing.is_empty() {
                div.notice.warn.no-print { (icon("triangle-alert")) p { (t_with("user-owners-missing", &[("owners", visible_list(missing).into())])) } }
            }
            div.actions.no-print {
                (print_button())
                a.button href=(format!("/admin/customers/{}", user.id)) { (t("user-password-done")) }
                @if reason == SlipFor::NewAccount { a.button href="/admin/customers/new" { (t("user-password-another")) } }
            }
        }
    };
    page.show(NavItem::Users, &title, &["js/print.js"], &content)
}

/// Slips for many, each on a sheet of its own.
pub fn slips_page(page: &Page, done: &Done, sign_in: Option<&str>) -> Response {
    let n = done.slips.len();
    let title = t_with("slips-title", &[("n", n.into()), ("count", count(n as u64).into())]);
    let mailed = done.done - n;
    let content = html! {
        div.narrow.stack.slips {
            div.page-head.no-print {
                h1 { (title) }
                div.actions { (print_button()) a.button href=(LIST) { (t("user-password-done")) } }
            }
            div.notice.warn.no-print { (icon("key-round")) p { (t("slips-once")) } }
            @if mailed > 0 {
                div.notice.no-print { (icon("mail")) p { (t_with("slips-mailed", &[("n", mailed.into()), ("count", count(mailed as u64).into())])) } }
            }
            @if done.not > 0 {
                div.notice.no-print { (icon("info")) p { (t_with("bulk-not-done", &[("n", done.not.into()), ("count", count(done.not as u64).into())])) } }
            }
            @for (at, (user, slip)) in done.slips.iter().enumerate() {
                section.panel.padded.stack.slip aria-label=(shown_name(user)) { (card(page, at, user, slip, sign_in)) }
            }
        }
    };
    page.show(NavItem::Users, &title, &["js/print.js"], &content)
}

fn print_button() -> Markup {
    html! { button.button.primary type="button" hidden data-print { (icon("printer")) (t("slip-print")) } }
}

/// What is handed over.
fn card(page: &Page, at: usize, user: &UserView, slip: &Slip, sign_in: Option<&str>) -> Markup {
    let until = reader::formats().minute_in_zone(&slip.expires_at.to_zoned(page.look.zone()));
    let site = &page.look.site_name;
    let id = if at == 0 { "slip-code".to_owned() } else { format!("slip-code-{at}") };
    // Without an address of its own the site cannot say where the code leads: then the picture is the code alone.
    let scanned = slip.link.as_ref().unwrap_or(&slip.code).expose();
    let step = match (&slip.link, sign_in) {
        (Some(_), Some(address)) => t_with("slip-step-scan", &[("address", address.into())]),
        (None, Some(address)) => t_with("slip-step-open", &[("address", address.into())]),
        (_, None) => t_with("slip-step-ask", &[("site", site.as_str().into())]),
    };
    html! {
        h2.print-only { (t_with("slip-heading", &[("site", site.as_str().into())])) }
        div.slip-body {
            dl.facts.handover {
                dt { (t("slip-for")) } dd { (shown_name(user)) }
                dt { (t("user-password-login")) } dd { code { (login_of(user)) } }
                dt { (t("slip-code")) }
                dd { code id=(id) { (slip.code.expose()) }
                    button.button.quiet.small.no-print type="button" hidden data-copy=(id) { (icon("copy")) (t("error-copy")) } }
                dt { (t("slip-until")) } dd { (until) }
            }
            (qr(scanned, &t("slip-qr")))
        }
        ol.slip-steps {
            li { (step) }
            li { (t("slip-step-code")) }
            li { (t("slip-step-password")) }
        }
    }
}

/// What they sign in with: an address that is nobody's is none to type.
fn login_of(user: &UserView) -> &str {
    match &user.username {
        Some(username) if user.email.is_nobodys() => username.as_str(),
        _ => user.email.as_str(),
    }
}
