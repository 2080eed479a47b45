//! `GET /admin/audit/{seq}`

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};

use super::diff::{Change, Details, details};
use super::state::{AuditState, LIST};
use super::words::{action_text, actor, moment, target};
use crate::base::hex;
use crate::services::audit::filter::target_user;
use crate::services::audit::search::{self, EventView};
use crate::services::authorize::ReadAudit;
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::format::count;
use crate::web::ui::{NavItem, icon, t, t_with};

/// Characters of a value that are shown at once.
const SHOWN_CHARS: usize = 240;

/// The whole of one event.
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    Path(seq): Path<String>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ReadAudit>()?;
    let seq: u64 = seq.parse().map_err(|_| AppError::not_found("There is no event at this address."))?;
    let view = state.run(move |services| search::show(services, &grant, seq)).await?;
    let title = format!("{} · #{}", action_text(&view.event.action), seq);
    Ok(page.show(NavItem::Audit, &title, &[], &content(&page, &view, state.services().now())))
}

fn content(page: &Page, view: &EventView, now: Timestamp) -> Markup {
    let EventView { event, previous, next, people } = view;
    let zone = page.look.zone();
    let details = details(&event.details);
    html! {
        nav.crumbs { a href=(LIST) { (icon("chevron-left")) (t("audit-back")) } }
        div.page-head {
            h1 { (action_text(&event.action)) }
            nav.actions aria-label=(t("audit-neighbours")) {
                @if let Some(seq) = previous {
                    a.button href=(format!("{LIST}/{seq}")) rel="prev" { (icon("chevron-left")) "#" (count(*seq)) }
                }
                @if let Some(seq) = next {
                    a.button href=(format!("{LIST}/{seq}")) rel="next" { "#" (count(*seq)) (icon("chevron-right")) }
                }
            }
        }
        section.panel.padded {
            dl.facts.audit-facts {
                dt { (t("audit-number")) } dd { "#" (count(event.seq)) }
                dt { (t("audit-time")) } dd { (moment(event.at, &zone, now)) " " span.hint { (zone.iana_name().unwrap_or("UTC")) } }
                dt { (t("audit-field-actor")) } dd.named { (actor(event, people)) }
                dt { (t("audit-field-action")) } dd {
                    a href=(AuditState::only("action", &event.action).address(LIST, &[])) { code { (event.action) } }
                }
                @if !event.target.is_empty() {
                    dt { (t("audit-field-target")) } dd.named {
                        (target(event, people))
                        @if target_user(&event.target).is_some() { span.hint { code { (event.target) } } }
                    }
                }
                @if let Some(address) = &event.address {
                    dt { (t("audit-address")) }
                    dd { a href=(AuditState::only("q", address).address(LIST, &[])) { (address) } }
                }
                @if let Some(request) = &event.request {
                    dt { (t("audit-field-request")) }
                    dd {
                        code { (request) } " "
                        a href=(AuditState::only("request", request).address(LIST, &[])) { (t("audit-same-request")) }
                    }
                }
            }
        }
        (changes(&details))
        (others(&details))
        section.panel.padded.stack.close.audit-proof {
            h2 { (t("audit-proof")) }
            p.hint { (t("audit-proof-text")) }
            dl.facts.audit-facts {
                dt { (t("audit-hash")) } dd { code { (hex::encode(&event.hash)) } }
                dt { (t("audit-previous-hash")) } dd {
                    code { (hex::encode(&event.previous_hash)) }
                    @if let Some(seq) = previous { " " a href=(format!("{LIST}/{seq}")) { "#" (count(*seq)) } }
                }
            }
        }
    }
}

fn changes(details: &Details) -> Markup {
    html! {
        @if details.is_edit {
            section.stack.close {
                h2 { (t("audit-changes")) }
                @if details.changes.is_empty() { p.hint { (t("audit-no-changes")) } } @else {
                    div.table-wrap {
                        table.table.cards.audit-diff {
                            thead { tr {
                                @for id in ["audit-diff-field", "audit-diff-kind", "audit-diff-before", "audit-diff-after"] {
                                    th scope="col" { (t(id)) }
                                }
                            } }
                            tbody { @for change in &details.changes { (change_row(change)) } }
                        }
                    }
                }
                @if !details.same.is_empty() {
                    details.more {
                        summary { (icon("chevron-right")) (t_with("audit-same", &[("n", details.same.len().into())])) }
                        (values(&details.same))
                    }
                }
            }
        }
    }
}

fn change_row(change: &Change) -> Markup {
    let word = change.kind.word();
    let mark = match word {
        "added" => "badge ok",
        "removed" => "badge bad",
        _ => "badge info",
    };
    html! {
        tr {
            th.who scope="row" { (field_name(&change.field)) }
            td data-label=(t("audit-diff-kind")) { span class=(mark) { (t(&format!("audit-diff-{word}"))) } }
            td.value data-label=(t("audit-diff-before")) { (value(&change.before)) }
            td.value data-label=(t("audit-diff-after")) { (value(&change.after)) }
        }
    }
}

fn field_name(field: &str) -> Markup {
    html! { @if field.is_empty() { (t("audit-diff-value")) } @else { code { (field) } } }
}

/// A value, the long ones with their rest behind a click.
fn value(value: &str) -> Markup {
    let is_long = value.chars().nth(SHOWN_CHARS).is_some();
    html! {
        @if value.is_empty() { span.hint { (t("audit-diff-nothing")) } }
        @else if is_long {
            div {
                (value.chars().take(SHOWN_CHARS).collect::<String>()) "…"
                details.more { summary { (icon("chevron-right")) (t("audit-show-whole")) } pre.conversation tabindex="0" { (value) } }
            }
        }
        @else { (value) }
    }
}

fn others(details: &Details) -> Markup {
    html! {
        @if !details.others.is_empty() {
            section.panel.padded.stack.close.audit-proof {
                h2 { (t("audit-details")) }
                (values(&details.others))
            }
        }
    }
}

fn values(values: &[(String, String)]) -> Markup {
    html! {
        dl.facts.audit-facts {
            @for (name, text) in values { dt { (field_name(name)) } dd { (value(text)) } }
        }
    }
}
