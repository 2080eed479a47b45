//! What the pages of webhooks share: states, the log of messages, a secret that is shown once.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::base::secret::SecretString;
use crate::domain::webhook::{MessageState, Webhook, WebhookEvent, WebhookMessage};
use crate::services::webhooks::Listed;
use crate::web::extract::Page;
use crate::web::ui::form::csrf_field;
use crate::web::ui::format::instant;
use crate::web::ui::{icon, t, t_with};

/// An event in words.
pub fn event_text(event: WebhookEvent) -> String {
    t(&format!("webhooks-event-{}", event.as_str().replace(['.', '_'], "-")))
}

/// What a webhook is told.
pub fn events_text(webhook: &Webhook) -> String {
    if webhook.events.len() == WebhookEvent::CHOICES.len() {
        return t("webhooks-all-events");
    }
    let words: Vec<String> = webhook.events.iter().map(|event| event_text(*event)).collect();
    words.join(", ")
}

/// How a webhook is, in a word.
pub fn state_badge(webhook: &Webhook) -> Markup {
    let (class, id) = match webhook {
        Webhook { gone_at: Some(_), .. } => ("badge bad", "webhooks-is-gone"),
        Webhook { is_on: false, .. } => ("badge", "webhooks-is-off"),
        Webhook { failed_at: Some(_), .. } => ("badge bad", "webhooks-is-failing"),
        _ => ("badge ok", "webhooks-is-on"),
    };
    html! { span class=(class) { (t(id)) } }
}

/// A secret that was just made.
pub fn shown_once(webhook: &Webhook, secret: &SecretString) -> Markup {
    html! {
        div.notice.ok role="status" tabindex="-1" data-focus {
            (icon("key-round"))
            div.stack {
                p { strong { (t_with("webhooks-secret", &[("name", webhook.name.as_str().into())])) } " " (t("webhooks-secret-text")) }
                div.row {
                    code.code #new-secret { (secret.expose()) }
                    button.button.small type="button" hidden data-copy="new-secret" { (icon("copy")) (t("webhooks-copy")) }
                }
            }
        }
    }
}

/// What came of a message that was sent at once.
pub fn pinged(message: &WebhookMessage) -> Markup {
    let is_good = message.state == MessageState::Delivered;
    let (class, symbol, id) = if is_good {
        ("notice ok", "circle-check", "webhooks-ping-good")
    } else {
        ("notice bad", "circle-alert", "webhooks-ping-bad")
    };
    html! {
        div class=(class) role="status" tabindex="-1" data-focus {
            (icon(symbol))
            div { p { strong { (t(id)) } } @if let Some(last) = message.tries.last() { p { (outcome(last.status, &last.answer)) } } }
        }
    }
}

fn outcome(status: Option<u16>, answer: &str) -> Markup {
    html! {
        @if let Some(status) = status { (t_with("webhooks-status", &[("status", status.to_string().into())])) }
        @if !answer.is_empty() { " " code.conversation { (answer) } }
    }
}

/// The log of what a webhook was told.
pub fn log(page: &Page, webhook: &Webhook, listed: &Listed, now: Timestamp, can_change: bool) -> Markup {
    let (zone, csrf) = (page.look.zone(), page.csrf());
    html! {
        section.stack aria-labelledby="webhook-log" {
            h2 #webhook-log { (t("webhooks-log")) }
            @if listed.messages.is_empty() {
                p.hint { (t("webhooks-log-none")) }
            } @else {
                div.table-wrap {
                    table.table.cards {
                        caption.visually-hidden { (t("webhooks-log")) }
                        thead { tr {
                            @for id in ["webhooks-when", "webhooks-what", "webhooks-outcome", "webhooks-tries", "webhooks-answer"] { th scope="col" { (t(id)) } }
                            th scope="col" { span.visually-hidden { (t("webhooks-again")) } }
                        } }
                        tbody {
                            @for message in &listed.messages {
                                tr {
                                    td.who { (instant(message.created_at, &zone, now)) }
                                    td data-label=(t("webhooks-what")) { div { code { (message.event) } div.hint { code { (message.public_id()) } } } }
                                    td data-label=(t("webhooks-outcome")) { (message_badge(message.state)) }
                                    td data-label=(t("webhooks-tries")) {
                                        div {
                                            (message.attempts)
                                            @if let Some(last) = message.tries.last() { div.hint { (t_with("webhooks-took", &[("ms", last.took_ms.into())])) } }
                                        }
                                    }
                                    td data-label=(t("webhooks-answer")) {
                                        div {
                                            @match message.tries.last() { Some(last) => (outcome(last.status, &last.answer)), None => span.hint { "–" } }
                                            details.more {
                                                summary { (icon("chevron-right")) (t("webhooks-body")) }
                                                pre.conversation tabindex="0" { (message.body) }
                                            }
                                        }
                                    }
                                    td.act {
                                        @if can_change && webhook.is_on && message.state != MessageState::Waiting {
                                            form method="post" action=(format!("/admin/webhooks/{}/messages/{}", webhook.id, message.id)) data-once {
                                                (csrf_field(&csrf))
                                                button.button.small type="submit" { (t("webhooks-again")) }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                @if let Some(last) = listed.messages.last().filter(|_| listed.has_more) {
                    div.list-foot { a.button href=(format!("/admin/webhooks/{}?before={}#webhook-log", webhook.id, last.id)) { (t("webhooks-older")) (icon("chevron-right")) } }
                }
            }
        }
    }
}

fn message_badge(state: MessageState) -> Markup {
    let (class, id) = match state {
        MessageState::Waiting => ("badge info", "webhooks-message-waiting"),
        MessageState::Delivered => ("badge ok", "webhooks-message-delivered"),
        MessageState::Failed => ("badge bad", "webhooks-message-failed"),
    };
    html! { span class=(class) { (t(id)) } }
}
