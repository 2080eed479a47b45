//! `GET /admin/webhooks`

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::view::{events_text, state_badge};
use crate::domain::webhook::Webhook;
use crate::services::authorize::ManageSite;
use crate::services::webhooks;
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::{NavItem, icon, t};

/// All webhooks.
pub async fn list(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let (all, are_possible) = state
        .run(move |services| Ok((webhooks::list(services, &grant)?, webhooks::are_possible(services))))
        .await?;
    let can_change = super::sees_every_owner(&page);
    let content = html! {
        nav.crumbs aria-label=(t("settings-title")) { a href="/admin/settings" { (icon("chevron-left")) (t("settings-title")) } }
        div.page-head {
            h1 { (t("webhooks-title")) }
            @if can_change && are_possible {
                a.button.primary href="/admin/webhooks/new" { (icon("plus")) (t("webhooks-add")) }
            }
        }
        p.hint { (t("webhooks-intro")) " " a href="/admin/outbound" { (t("webhooks-outbound")) } }
        @if !are_possible {
            div.notice { (icon("info")) div { strong { (t("webhooks-impossible")) } p { (t("webhooks-impossible-text")) } } }
        }
        @if !can_change {
            div.notice { (icon("info")) p { (t("webhooks-every-owner")) } }
        }
        @if all.is_empty() {
            @if are_possible {
                div.panel.empty { (icon("send")) strong { (t("webhooks-none")) } p { (t("webhooks-none-text")) } }
            }
        } @else {
            div.table-wrap {
                table.table.cards {
                    caption.visually-hidden { (t("webhooks-title")) }
                    thead { tr { @for id in ["webhooks-name", "webhooks-url", "webhooks-events", "webhooks-state"] { th scope="col" { (t(id)) } } } }
                    tbody { @for webhook in &all { (row(webhook)) } }
                }
            }
        }
    };
    Ok(page.show(NavItem::Settings, &t("webhooks-title"), &[], &content))
}

fn row(webhook: &Webhook) -> Markup {
    html! {
        tr {
            td.who { a href=(format!("/admin/webhooks/{}", webhook.id)) { (webhook.name) } }
            td data-label=(t("webhooks-url")) { span.conversation { (webhook.url) } }
            td data-label=(t("webhooks-events")) { (events_text(webhook)) }
            td data-label=(t("webhooks-state")) { (state_badge(webhook)) }
        }
    }
}
