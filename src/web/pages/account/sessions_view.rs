//! Section of the account page: where one is signed in.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::view::AccountView;
use crate::domain::second_factor::SecondFactor;
use crate::services::account::OwnSession;
use crate::web::extract::Page;
use crate::web::ui::form::csrf_field;
use crate::web::ui::format::instant;
use crate::web::ui::{device, t, t_with};

/// The section.
pub fn sessions(page: &Page, view: &AccountView, csrf: &str) -> Markup {
    let zone = page.look.zone();
    let has_others = view.sessions.iter().any(|session| !session.is_this);
    html! {
        section.panel.stack.wide-panel aria-labelledby="account-sessions" {
            div.panel-head {
                div {
                    h2 #account-sessions { (t("account-sessions")) }
                    p.hint { (t("account-sessions-text")) }
                }
                @if has_others {
                    form method="post" action="/account/sessions/end-others" {
                        (csrf_field(csrf))
                        button.button.danger type="submit" { (t("account-sessions-end-others")) }
                    }
                }
            }
            table.table.cards {
                thead { tr {
                    th scope="col" { (t("account-session-device")) }
                    th scope="col" { (t("account-session-address")) }
                    th scope="col" { (t("account-session-seen")) }
                    th scope="col" { (t("account-session-begun")) }
                    th scope="col" { span.visually-hidden { (t("account-session-end")) } }
                } }
                tbody {
                    @for session in &view.sessions { (session_row(session, view, &zone, csrf)) }
                }
            }
        }
    }
}

fn session_row(session: &OwnSession, view: &AccountView, zone: &TimeZone, csrf: &str) -> Markup {
    let name = device(&session.user_agent);
    let address = session.address.map(|address| address.to_string()).unwrap_or_default();
    html! {
        tr {
            td data-label=(t("account-session-device")) {
                span.row.tight {
                    span title=(session.user_agent) { (name) }
                    @if session.second_factor.is_there() { span.badge.neutral title=(factor_text(session.second_factor)) { (t("account-session-second-factor")) } }
                    @if session.is_this { span.badge.info { (t("account-session-this")) } }
                }
            }
            td.code data-label=(t("account-session-address")) { (address) }
            td data-label=(t("account-session-seen")) { (instant(session.seen_at, zone, view.now)) }
            td data-label=(t("account-session-begun")) { (instant(session.created_at, zone, view.now)) }
            td.act {
                @if !session.is_this {
                    form method="post" action=(format!("/account/sessions/{}/end", session.id)) {
                        (csrf_field(csrf))
                        button.button.small type="submit"
                            aria-label=(t_with("account-session-end-label", &[("device", name.into())])) {
                            (t("account-session-end"))
                        }
                    }
                }
            }
        }
    }
}

/// What there was beside the password, in words.
fn factor_text(factor: SecondFactor) -> String {
    match factor {
        SecondFactor::None => String::new(),
        SecondFactor::App => t("session-factor-app"),
        SecondFactor::RecoveryCode => t("session-factor-recovery"),
        SecondFactor::TrustedBrowser => t("session-factor-trusted"),
    }
}
