//! `GET /activity`, `POST /activity/read`: what happened that concerns the reader, and that they have read it.

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::go_to;
use crate::services::news::{self, News, What};
use crate::web::error::AppError;
use crate::web::extract::{Page, PageForm};
use crate::web::state::AppState;
use crate::web::ui::form::csrf_field;
use crate::web::ui::format::{count, instant};
use crate::web::ui::{NavItem, icon, t, t_with};

/// All of it.
pub async fn show(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let user = page.user().clone();
    let all = state.run(move |services| news::list(services, &user)).await?;
    let content = html! {
        div.page-head {
            h1 { (t("news-title")) }
            @if all.iter().any(|news| news.is_new) {
                div.actions {
                    form method="post" action="/activity/read" {
                        (csrf_field(&page.csrf()))
                        button.button type="submit" { (icon("check")) (t("news-read")) }
                    }
                }
            }
        }
        @if all.is_empty() {
            div.panel.empty { (icon("bell")) strong { (t("news-none")) } p { (t("news-none-text")) } }
        } @else {
            section.panel.padded { (news_list(&all, &page.look.zone(), state.services().now())) }
        }
    };
    Ok(page.show(NavItem::None, &t("news-title"), &[], &content))
}

/// It is read.
pub async fn mark_read(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let user = page.user().clone();
    state.run(move |services| news::mark_read(services, &user)).await?;
    Ok(go_to("/activity"))
}

/// The list, also as the menu in the top bar shows it.
pub fn news_list(all: &[News], zone: &TimeZone, now: Timestamp) -> Markup {
    html! {
        ul.news-list {
            @for News { what, at, is_new } in all {
                @let (href, symbol, text) = told(what);
                li.is-new[*is_new] {
                    (icon(symbol))
                    a href=(href) { (text) }
                    @if *is_new { span.badge.info { (t("news-new")) } }
                    span.hint { (instant(*at, zone, now)) }
                }
            }
        }
    }
}

fn told(what: &What) -> (String, &'static str, String) {
    let named = |id: &str, name: &str| t_with(id, &[("name", name.into())]);
    match what {
        What::Account(name) => ("/admin/approvals".to_owned(), "user-check", named("news-account", name)),
        What::Reset(name) => ("/admin/approvals".to_owned(), "user-check", named("news-reset", name)),
        What::FailedMail(to) => {
            ("/admin/outbox?state=failed".to_owned(), "mail", named("news-failed-mail", to))
        }
        What::RefusedMails(mails, answer) => {
            let values = [("n", (*mails).into()), ("answer", answer.as_str().into())];
            ("/admin/outbox?state=waiting".to_owned(), "mail", t_with("news-refused-mails", &values))
        }
        What::WebhookFailed(id, name) => {
            (format!("/admin/webhooks/{id}"), "circle-alert", named("news-webhook-failed", name))
        }
        What::WebhookGone(id, name) => {
            (format!("/admin/webhooks/{id}"), "circle-alert", named("news-webhook-gone", name))
        }
        What::DrillFailed(problem) => {
            let values = [("why", problem.as_str().into())];
            ("/admin/system#system-backups".to_owned(), "circle-alert", t_with("news-drill-failed", &values))
        }
        What::Quarantined(id, file) => {
            (format!("/imports/{id}"), "triangle-alert", named("news-quarantined", file))
        }
        What::Late(dataset) => ("/imports".to_owned(), "triangle-alert", named("news-late", dataset)),
        What::Published(id, file) => {
            (format!("/imports/{id}"), "circle-check", named("news-published", file))
        }
        What::NewRows(dataset, slug) => {
            (format!("/datasets/{slug}"), "refresh-cw", named("news-rows", dataset))
        }
        What::Exported(slug, rows) => (
            format!("/datasets/{slug}"),
            "download",
            t_with(
                "news-exported",
                &[("name", slug.as_str().into()), ("rows", count(*rows).into()), ("n", (*rows).into())],
            ),
        ),
        What::Failed(id, file) => (format!("/imports/{id}"), "circle-alert", named("news-failed", file)),
    }
}
