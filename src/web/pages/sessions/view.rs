//! The list of those who are signed in.

use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::services::signed_in_now::{PAGE_SESSIONS, SignedInList, SignedInNow};
use crate::web::extract::{FormData, Page};
use crate::web::ui::form::{csrf_field, hidden};
use crate::web::ui::format::{ago, count, instant};
use crate::web::ui::person::{portrait, roles_text};
use crate::web::ui::{NavItem, device, icon, t, t_with};

/// What the address says.
#[derive(Debug, Clone, Default)]
pub struct SessionsQuery {
    /// What is searched for.
    pub words: String,
    /// Which page, from 0.
    pub page: usize,
    ended: Option<String>,
    ended_others: Option<usize>,
    ended_all: Option<String>,
    unconfirmed: bool,
}

impl SessionsQuery {
    /// Reads it.
    pub fn of(query: &FormData) -> Self {
        Self {
            words: query.text("q").to_owned(),
            page: query.text("page").parse::<usize>().map_or(0, |page| page.saturating_sub(1)),
            ended: query.has("ended").then(|| query.text("ended").to_owned()),
            ended_others: query.text("ended-others").parse().ok(),
            ended_all: query.has("ended-all").then(|| query.text("ended-all").to_owned()),
            unconfirmed: query.has("unconfirmed"),
        }
    }

    /// Where the question about a session is asked; it leads back to where the list was left.
    fn question(&self, session: &str, what: &str) -> String {
        let list = self.address(self.page);
        let pairs = list.trim_start_matches("/admin/sessions");
        format!("/admin/sessions/{session}/{what}{pairs}")
    }

    fn address(&self, page: usize) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        if !self.words.is_empty() {
            pairs.append_pair("q", &self.words);
        }
        if page > 0 {
            pairs.append_pair("page", &(page + 1).to_string());
        }
        let pairs = pairs.finish();
        if pairs.is_empty() { "/admin/sessions".to_owned() } else { format!("/admin/sessions?{pairs}") }
    }
}

/// The page. The list in it is what the script asks for again, every five seconds, unless somebody points at it.
pub fn sessions_page(page: &Page, query: &SessionsQuery, list: &SignedInList, now: Timestamp) -> Response {
    let csrf = page.csrf();
    let content = html! {
        div.page-head {
            h1 { (t("sessions-title")) }
            div.actions {
                a.button href=(query.address(query.page)) data-without-script { (icon("refresh-cw")) (t("sessions-refresh")) }
                @if list.total > 1 { (end_others(&csrf, list.total - 1)) }
            }
        }
        (told(query))
        form.users-search role="search" method="get" action="/admin/sessions" {
            (icon("search"))
            input.input #sessions-q type="search" name="q" value=(query.words)
                placeholder=(t("sessions-search")) aria-label=(t("sessions-search")) autocomplete="off" spellcheck="false"
                data-page-search hx-get="/admin/sessions" hx-trigger="input changed delay:150ms, search"
                hx-target="#sessions-list" hx-select="#sessions-list" hx-swap="morph:outerHTML"
                hx-replace-url="true" hx-sync="this:replace";
            button.button type="submit" data-without-script { (t("users-search-button")) }
        }
        div.stack #sessions-list data-live-list hx-get=(query.address(query.page)) hx-trigger="refresh"
            hx-select="#sessions-list" hx-swap="morph:outerHTML" hx-headers=r#"{"X-Background":"1"}"# {
            p.hint { (t_with("sessions-count", &[("n", list.total.into()), ("users", list.users.into())])) }
            @if list.sessions.is_empty() {
                div.panel.empty {
                    (icon("monitor"))
                    strong { (t("sessions-no-match")) }
                    a.button href="/admin/sessions" { (t("users-show-all")) }
                }
            } @else {
                (table(page, query, list, now))
            }
            (footer(query, list))
        }
        dialog #decide-dialog aria-labelledby="decide-title" {}
    };
    page.show(NavItem::Sessions, &t("sessions-title"), &["js/live.js", "js/users.js"], &content)
}

fn told(query: &SessionsQuery) -> Markup {
    html! {
        @if let Some(name) = &query.ended {
            div.notice.ok role="status" { (icon("circle-check"))
                p { @if name.is_empty() { (t("sessions-ended-before")) } @else { (t_with("sessions-ended", &[("name", name.as_str().into())])) } }
            }
        }
        @if let Some(name) = &query.ended_all {
            div.notice.ok role="status" { (icon("circle-check")) p { (t_with("sessions-ended-all", &[("name", name.as_str().into())])) } }
        }
        @if let Some(n) = query.ended_others {
            div.notice.ok role="status" { (icon("circle-check")) p { (t_with("sessions-ended-others", &[("n", n.into())])) } }
        }
        @if query.unconfirmed {
            div.notice.warn role="alert" { (icon("triangle-alert")) p { (t("sessions-unconfirmed")) } }
        }
    }
}

/// Asks in place: who is signed out loses what they were typing.
fn end_others(csrf: &str, others: usize) -> Markup {
    html! {
        details.menu data-menu {
            summary.button { (icon("log-out")) (t("sessions-end-others")) }
            div.menu-panel.ask-panel {
                form.stack method="post" action="/admin/sessions/end-others" {
                    (csrf_field(csrf))
                    (hidden("confirm", "1"))
                    p { (t_with("sessions-end-others-text", &[("n", others.into())])) }
                    button.button.danger type="submit" { (t("sessions-end-others-button")) }
                }
            }
        }
    }
}

fn table(page: &Page, query: &SessionsQuery, list: &SignedInList, now: Timestamp) -> Markup {
    let zone = page.look.zone();
    html! {
        div.table-wrap { table.table.cards.sessions-table {
            thead { tr {
                th scope="col" { (t("sessions-who")) }
                th scope="col" { (t("user-roles")) }
                th scope="col" { (t("account-session-address")) }
                th scope="col" { (t("account-session-device")) }
                th scope="col" { (t("user-second-factor-fact")) }
                th scope="col" { (t("account-session-begun")) }
                th scope="col" { (t("account-session-seen")) }
                th scope="col" { span.visually-hidden { (t("account-session-end")) } }
            } }
            tbody {
                @for session in &list.sessions { (row(page, session, query, &zone, now)) }
            }
        } }
    }
}

fn row(page: &Page, session: &SignedInNow, query: &SessionsQuery, zone: &TimeZone, now: Timestamp) -> Markup {
    let user = &session.user;
    let name = user.shown_name();
    let device = device(&session.user_agent);
    html! {
        tr id=(format!("session-{}", session.id)) {
            td.who {
                @if user.avatar.is_some() { (portrait(user.avatar, 24)) " " }
                a href=(format!("/admin/customers/{}", user.id)) { (name) }
                @if session.is_this { " " span.badge.info { (t("user-you")) } }
                @if let Some(viewed) = &session.viewing { " " span.badge.neutral { (t_with("sessions-viewing", &[("name", viewed.as_str().into())])) } }
                @if user.name.full().is_some() { span.hint { (user.email) } }
            }
            td data-label=(t("user-roles")) { (roles_text(&user.roles)) }
            td.code data-label=(t("account-session-address")) { (session.address.map(|address| address.to_string()).unwrap_or_default()) }
            td data-label=(t("account-session-device")) { span title=(session.user_agent) { (device) } }
            td data-label=(t("user-second-factor-fact")) {
                @if session.second_factor.is_there() { span.badge.ok { (t("sessions-factor-yes")) } }
                @else { span.badge.neutral { (t("sessions-factor-no")) } }
            }
            td data-label=(t("account-session-begun")) { (instant(session.created_at, zone, now)) }
            td data-label=(t("account-session-seen")) {
                time datetime=(session.seen_at.to_string()) { (ago(session.seen_at, now)) }
            }
            td.act {
                @if !session.is_this {
                    span.row.tight {
                        a.button.small href=(query.question(&session.id, "end")) data-decide
                            aria-label=(t_with("sessions-end-label", &[("name", name.as_str().into()), ("device", device.into())])) {
                            (t("account-session-end"))
                        }
                        @if user.id != page.user().id {
                            a.button.small href=(query.question(&session.id, "end-all")) data-decide
                                aria-label=(t_with("sessions-end-all-label", &[("name", name.as_str().into())])) {
                                (t("sessions-end-all"))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn footer(query: &SessionsQuery, list: &SignedInList) -> Markup {
    let first = query.page.saturating_mul(PAGE_SESSIONS);
    let end = first + list.sessions.len();
    let values = [
        ("first", count(first as u64 + 1).into()),
        ("last", count(end as u64).into()),
        ("shown", count(list.matched as u64).into()),
    ];
    html! {
        @if list.matched > PAGE_SESSIONS {
            div.list-foot {
                p.hint { (t_with("users-shown", &values)) }
                @if query.page > 0 {
                    a.button href=(query.address(query.page - 1)) { (icon("chevron-left")) (t("users-before")) }
                }
                @if end < list.matched {
                    a.button href=(query.address(query.page + 1)) { (t("users-next")) (icon("chevron-right")) }
                }
            }
        }
    }
}
