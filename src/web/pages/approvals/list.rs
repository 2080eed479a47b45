//! `GET /admin/approvals`

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::services::approvals::{self, WaitingAccount, WaitingReset};
use crate::services::authorize::ManageUsers;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::pages::users::shown_name;
use crate::web::state::AppState;
use crate::web::ui::form::csrf_field;
use crate::web::ui::format::instant;
use crate::web::ui::{NavItem, icon, t, t_with};

/// All that waits.
pub async fn list(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let all = state.run(move |services| approvals::list(services, &grant)).await?;
    let (zone, now) = (page.look.zone(), state.services().now());
    let n = query.text("n").parse::<usize>().ok();
    let done = match (query.text("done"), n) {
        ("dismissed", n) => Some(t_with("approvals-dismissed", &[("n", n.unwrap_or_default().into())])),
        ("approved", None) => Some(t("approvals-approved")),
        ("rejected", None) => Some(t("approvals-rejected")),
        ("approved", Some(n)) => Some(t_with("approvals-many-approved", &[("n", n.into())])),
        ("rejected", Some(n)) => Some(t_with("approvals-many-rejected", &[("n", n.into())])),
        _ => None,
    };
    let content = html! {
        div.page-head { h1 { (t("approvals-title")) } }
        div.stack {
            @if let Some(done) = done {
                div.notice.ok role="status" { (icon("circle-check")) p { (done) } }
            }
            @if query.text("done") == "none" {
                div.notice.warn role="alert" { (icon("triangle-alert")) p { (t("approvals-none-chosen")) } }
            }
            @if all.accounts.is_empty() && all.resets.is_empty() {
                section.panel.empty { (icon("circle-check")) h2 { (t("approvals-none")) } p.hint { (t("approvals-none-text")) } }
            }
            @if !all.accounts.is_empty() {
                section.panel aria-labelledby="approvals-accounts" {
                    div.panel-head { div {
                        h2 #approvals-accounts { (t("approvals-accounts")) }
                        p.hint { (t("approvals-accounts-text")) }
                    } }
                    form method="get" action="/admin/approvals/bulk" data-bulk {
                        @if all.accounts.len() > 1 { (bulk_bar("approvals-many")) }
                        table.table.cards {
                            thead { tr {
                                th scope="col" { span.visually-hidden { (t("bulk-choose")) } }
                                th scope="col" { (t("user-who")) }
                                th scope="col" { (t("approvals-address")) }
                                th scope="col" { (t("approvals-asked")) }
                                th scope="col" { span.visually-hidden { (t("user-actions")) } }
                            } }
                            tbody { @for account in &all.accounts { (account_row(account, &zone, now)) } }
                        }
                    }
                }
            }
            @if !all.resets.is_empty() {
                section.panel aria-labelledby="approvals-resets" {
                    div.panel-head { div {
                        h2 #approvals-resets { (t("approvals-resets")) }
                        p.hint { (t("approvals-resets-text")) }
                    } }
                    form method="post" action="/admin/approvals/dismiss" data-bulk {
                        (csrf_field(&page.csrf()))
                        @if all.resets.len() > 1 { (bulk_bar("approvals-dismiss-many")) }
                        table.table.cards {
                            thead { tr {
                                th scope="col" { span.visually-hidden { (t("bulk-choose")) } }
                                th scope="col" { (t("user-who")) }
                                th scope="col" { (t("approvals-asked")) }
                                th scope="col" { span.visually-hidden { (t("user-actions")) } }
                            } }
                            tbody { @for reset in &all.resets { (reset_row(reset, &zone, now)) } }
                        }
                    }
                }
            }
            dialog.wide-dialog #decide-dialog aria-labelledby="decide-title" {}
            @if !state.config().mail.is_on() { p.hint { (t("approvals-no-mail")) } }
        }
    };
    Ok(page.show(NavItem::Approvals, &t("approvals-title"), &["js/users.js"], &content))
}

/// What is done with all that are ticked.
fn bulk_bar(button: &str) -> Markup {
    html! {
        div.bulk-bar.inside {
            label.check.bulk-page hidden { input type="checkbox" data-tick-all; span { (t("bulk-page")) } }
            span.hint data-ticked data-text=(t("bulk-ticked")) hidden {}
            button.button type="submit" { (t(button)) }
        }
    }
}

/// Who asks, and what of that somebody has already.
pub(super) fn about(account: &WaitingAccount) -> Markup {
    let user = &account.user;
    html! {
        strong { (shown_name(user)) }
        @if user.name.is_some() { " " span.hint { (user.email) } }
        @if let Some(username) = &user.username { " " span.hint { (username) } }
        @if let Some(mobile) = &user.mobile { " " span.hint { (mobile) } }
        @for (login, holder) in &account.taken {
            p.hint { (icon("triangle-alert")) " " (t_with("approvals-taken", &[("login", login.as_str().into()), ("holder", holder.as_str().into())])) }
        }
    }
}

fn account_row(account: &WaitingAccount, zone: &TimeZone, now: Timestamp) -> Markup {
    let user = &account.user;
    html! {
        tr {
            td.tick {
                label {
                    input type="checkbox" name="user" value=(user.id)
                        aria-label=(t_with("bulk-choose-one", &[("name", shown_name(user).into())]));
                }
            }
            td.who { (about(account)) }
            td data-label=(t("approvals-address")) {
                @if user.confirmed_at.is_some() { span.badge.ok { (t("approvals-confirmed")) } }
                @else { span.badge.warn { (t("approvals-unconfirmed")) } }
            }
            td data-label=(t("approvals-asked")) { (instant(user.created_at, zone, now)) }
            td.act {
                a.button.small href=(format!("/admin/approvals/{}", user.id)) data-decide
                    aria-label=(t_with("approvals-decide-label", &[("name", shown_name(user).into())])) { (t("approvals-decide")) }
            }
        }
    }
}

fn reset_row(reset: &WaitingReset, zone: &TimeZone, now: Timestamp) -> Markup {
    let user = &reset.user;
    html! {
        tr {
            td.tick {
                label {
                    input type="checkbox" name="request" value=(reset.token.id)
                        aria-label=(t_with("bulk-choose-one", &[("name", shown_name(user).into())]));
                }
            }
            td.who {
                a href=(format!("/admin/customers/{}", user.id)) { strong { (shown_name(user)) } }
                @if user.name.is_some() { " " span.hint { (user.email) } }
            }
            td data-label=(t("approvals-asked")) { (instant(reset.token.created_at, zone, now)) }
            td.act {
                div.row.tight {
                    a.button.small href=(format!("/admin/customers/{}/reset-password", user.id)) { (t("approvals-give-code")) }
                    button.button.small.quiet type="submit" name="only" value=(reset.token.id) { (t("approvals-dismiss")) }
                }
            }
        }
    }
}
