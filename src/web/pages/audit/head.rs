//! `GET` and `POST /admin/audit/head`: the signed head, to be printed or kept elsewhere.

use axum::extract::State;
use axum::response::Response;
use maud::html;

use super::state::LIST;
use super::words::moment;
use crate::services::audit::heads;
use crate::services::authorize::ReadAudit;
use crate::web::error::AppError;
use crate::web::extract::{Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;
use crate::web::ui::form::csrf_field;
use crate::web::ui::format::count;
use crate::web::ui::{NavItem, icon, qr, t, t_with};

/// Where it is.
const HEAD: &str = "/admin/audit/head";

/// The newest signed head as a receipt.
pub async fn show(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let grant = page.grant::<ReadAudit>()?;
    let head = state.run(move |services| heads::latest(services, &grant)).await?;
    let (zone, now) = (page.look.zone(), state.services().now());
    let content = html! {
        nav.crumbs { a href=(LIST) { (icon("chevron-left")) (t("audit-back")) } }
        div.page-head {
            h1 { (t("audit-head-title")) }
            div.actions {
                form.inline method="post" action=(HEAD) data-once {
                    (csrf_field(&page.csrf()))
                    button.button.primary type="submit" { (icon("shield-check")) (t("audit-head-sign")) }
                }
            }
        }
        p { (t("audit-head-text")) }
        @if let Some(head) = &head {
            section.panel.padded.stack.close.receipt {
                h2 { (t_with("audit-head-of", &[("site", page.look.site_name.as_str().into())])) }
                div.slip-body {
                    dl.facts {
                        dt { (t("audit-head-event")) } dd { "#" (count(head.seq)) }
                        dt { (t("audit-head-signed")) } dd { (moment(head.at, &zone, now)) " " span.hint { (zone.iana_name().unwrap_or("UTC")) } }
                        dt { (t("audit-hash")) } dd { code { (head.hash) } }
                        @if let Some(key) = &head.public_key { dt { (t("audit-head-key")) } dd { code { (key) } } }
                    }
                    (qr(&format!("{} {}", head.seq, head.hash), &t("audit-head-qr")))
                }
                h3 { (t("audit-head-token")) }
                pre.conversation tabindex="0" { (head.token) }
                p.hint { (t("audit-head-check")) }
                pre.conversation tabindex="0" { "stockroom audit verify --anchor FILE" }
            }
        } @else {
            div.panel.empty { (icon("shield-check")) strong { (t("audit-head-none")) } p { (t("audit-head-none-text")) } }
        }
    };
    Ok(page.show(NavItem::Audit, &t("audit-head-title"), &[], &content))
}

/// Signs the log as it is.
pub async fn sign(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ReadAudit>()?;
    state.run(move |services| heads::sign_now(services, &grant)).await?;
    Ok(go_to(HEAD))
}
