//! `GET /admin/outbound`: everything that this site talks to by itself.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::domain::permission::Permission;
use crate::services::authorize::ReadAudit;
use crate::services::outbound::{self, Outbound, OutboundKind};
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::format::instant;
use crate::web::ui::{NavItem, icon, t};

/// All of it.
pub async fn outbound(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let grant = page.grant::<ReadAudit>()?;
    let all = state.run(move |services| outbound::list(services, &grant)).await?;
    let manages = page.user().has(Permission::ManageSite);
    let now = state.services().now();
    let content = html! {
        @if manages {
            nav.crumbs aria-label=(t("system-title")) { a href="/admin/system" { (icon("chevron-left")) (t("system-title")) } }
        }
        div.page-head { h1 { (t("outbound-title")) } }
        p.hint { (t("outbound-text")) }
        @if all.is_empty() {
            div.panel.empty { (icon("shield-check")) strong { (t("outbound-none")) } p { (t("outbound-none-text")) } }
        } @else {
            div.table-wrap {
                table.table.cards {
                    caption.visually-hidden { (t("outbound-title")) }
                    thead { tr {
                        @for id in ["outbound-target", "outbound-why", "outbound-origin", "outbound-state", "outbound-used"] { th scope="col" { (t(id)) } }
                    } }
                    tbody { @for one in &all { (row(&page, one, manages, now)) } }
                }
            }
        }
    };
    Ok(page.show(NavItem::System, &t("outbound-title"), &[], &content))
}

fn row(page: &Page, one: &Outbound, manages: bool, now: jiff::Timestamp) -> Markup {
    let (badge, state) = if one.is_on { ("badge ok", "outbound-on") } else { ("badge", "outbound-off") };
    html! {
        tr {
            td.who {
                @if manages { a href=(one.page) { code { (one.target) } } } @else { code { (one.target) } }
                @if !one.name.is_empty() { div.hint { (one.name) } }
            }
            td data-label=(t("outbound-why")) { (t(why(one.kind))) }
            td data-label=(t("outbound-origin")) { (one.origin) }
            td data-label=(t("outbound-state")) { span class=(badge) { (t(state)) } }
            td data-label=(t("outbound-used")) {
                @match one.last_used { Some(at) => (instant(at, &page.look.zone(), now)), None => span.hint { (t("outbound-unknown")) } }
            }
        }
    }
}

fn why(kind: OutboundKind) -> &'static str {
    match kind {
        OutboundKind::Mail => "outbound-mail",
        OutboundKind::Directory => "outbound-directory",
        OutboundKind::Source => "outbound-source",
        OutboundKind::Copies => "outbound-copies",
        OutboundKind::Backups => "outbound-backups",
        OutboundKind::Webhook => "outbound-webhook",
    }
}
