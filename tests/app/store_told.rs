//! Records of webhooks and live links, as the store's own tests put and find them.

use jiff::Timestamp;
use stockroom::domain::ids::{LiveLinkId, UserId, WebhookId, WebhookMessageId};
use stockroom::domain::live_link::{LiveLink, WhyEnded};
use stockroom::domain::webhook::{MessageState, Try, Webhook, WebhookEvent, WebhookMessage};
use stockroom::store::{Read, StoreError, WriteTxn, live_links, webhooks};
use uuid::Uuid;

fn at() -> Timestamp {
    "2026-11-21T08:00:00.123456Z".parse().unwrap()
}

fn webhook() -> Webhook {
    Webhook {
        id: WebhookId(Uuid::from_u128(70)),
        name: "Chat".to_owned(),
        url: "https://chat.example/hooks/1".to_owned(),
        events: [WebhookEvent::ImportPublished, WebhookEvent::DiskLow].into(),
        is_on: false,
        gone_at: Some(at()),
        failed_at: Some(at()),
        secret: "sealed".to_owned(),
        old_secret: Some(("sealed before".to_owned(), at())),
        created_by: Some(UserId(Uuid::from_u128(1))),
        created_at: at(),
        updated_at: at(),
    }
}

fn message() -> WebhookMessage {
    WebhookMessage {
        id: WebhookMessageId(Uuid::from_u128(71)),
        webhook: webhook().id,
        event: WebhookEvent::Ping,
        body: "{}".to_owned(),
        state: MessageState::Failed,
        attempts: 2,
        tries: vec![
            Try { at: at(), status: None, took_ms: 10_000, answer: "no answer".to_owned() },
            Try { at: at(), status: Some(410), took_ms: 7, answer: String::new() },
        ],
        created_at: at(),
        updated_at: at(),
    }
}

fn link() -> LiveLink {
    LiveLink {
        id: LiveLinkId(Uuid::from_u128(72)),
        hash: [7; 32],
        user_id: UserId(Uuid::from_u128(1)),
        name: "Weekly".to_owned(),
        dataset: "inventory".to_owned(),
        query: "sort=-Qty".to_owned(),
        created_at: at(),
        expires_at: at(),
        used: Some((at(), Some("10.0.0.7".to_owned()))),
        ended: Some((at(), WhyEnded::Office)),
    }
}

pub fn fill(w: &WriteTxn) -> Result<(), StoreError> {
    webhooks::put_webhook(w, &webhook())?;
    webhooks::put_message(w, &message())?;
    webhooks::put_alert(w, "disk", at())?;
    live_links::put_live_link(w, &link())
}

pub fn check(r: &impl Read) -> Result<(), StoreError> {
    assert_eq!(webhooks::list_webhooks(r)?, [webhook()]);
    assert_eq!(webhooks::list_messages(r, webhook().id, None, 9)?, [message()]);
    assert_eq!(webhooks::list_alerts(r)?, ["disk"]);
    assert_eq!(live_links::list_live_links_of(r, link().user_id)?, [link()]);
    Ok(())
}
