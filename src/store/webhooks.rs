//! Webhooks, what they are told, and which alerts stand.

use std::ops::ControlFlow;

use bincode::{Decode, Encode};
use uuid::Uuid;

use super::codec::damaged;
use super::convert::{from_word, micros, timestamp, to_word};
use super::error::StoreError;
use super::keys::{Key, KeyParts};
use super::tables::{WEBHOOK_ALERTS, WEBHOOK_MESSAGE_BY_WEBHOOK, WEBHOOK_MESSAGES, WEBHOOKS};
use super::transaction::{Order, Read, WriteTxn, get, visit, visit_keys};
use crate::domain::ids::{UserId, WebhookId, WebhookMessageId};
use crate::domain::webhook::{Try, Webhook, WebhookMessage};

#[derive(Encode, Decode)]
enum WebhookRecord {
    V1(WebhookV1),
}

#[derive(Encode, Decode)]
struct WebhookV1 {
    name: String,
    url: String,
    events: Vec<String>,
    is_on: bool,
    gone_at: Option<i64>,
    failed_at: Option<i64>,
    secret: String,
    old_secret: Option<(String, i64)>,
    created_by: Option<[u8; 16]>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Encode, Decode)]
enum MessageRecord {
    V1(MessageV1),
}

#[derive(Encode, Decode)]
struct MessageV1 {
    webhook: [u8; 16],
    event: String,
    body: String,
    state: String,
    attempts: u32,
    tries: Vec<TryV1>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Encode, Decode)]
struct TryV1 {
    at: i64,
    status: Option<u16>,
    took_ms: u64,
    answer: String,
}

#[derive(Encode, Decode)]
enum AlertRecord {
    V1 { since: i64 },
}

fn webhook_of(key: &[u8], record: WebhookRecord) -> Result<Webhook, StoreError> {
    let WebhookRecord::V1(v1) = record;
    let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(WEBHOOKS, key, "its key is no id"))?;
    let events = v1.events.iter().map(|word| from_word(WEBHOOKS, key, word));
    Ok(Webhook {
        id: WebhookId(id),
        name: v1.name,
        url: v1.url,
        events: events.collect::<Result<_, _>>()?,
        is_on: v1.is_on,
        gone_at: v1.gone_at.map(timestamp),
        failed_at: v1.failed_at.map(timestamp),
        secret: v1.secret,
        old_secret: v1.old_secret.map(|(sealed, until)| (sealed, timestamp(until))),
        created_by: v1.created_by.map(|id| UserId(Uuid::from_bytes(id))),
        created_at: timestamp(v1.created_at),
        updated_at: timestamp(v1.updated_at),
    })
}

/// The webhook with this id.
pub fn find_webhook(r: &impl Read, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    let key = Key::id(id.0);
    get(r, WEBHOOKS, &key)?.map(|record| webhook_of(&key, record)).transpose()
}

/// Adds a webhook or replaces it.
pub fn put_webhook(w: &WriteTxn, webhook: &Webhook) -> Result<(), StoreError> {
    let record = WebhookRecord::V1(WebhookV1 {
        name: webhook.name.clone(),
        url: webhook.url.clone(),
        events: webhook.events.iter().map(to_word).collect(),
        is_on: webhook.is_on,
        gone_at: webhook.gone_at.map(micros),
        failed_at: webhook.failed_at.map(micros),
        secret: webhook.secret.clone(),
        old_secret: webhook.old_secret.as_ref().map(|(sealed, until)| (sealed.clone(), micros(*until))),
        created_by: webhook.created_by.map(|id| id.0.into_bytes()),
        created_at: micros(webhook.created_at),
        updated_at: micros(webhook.updated_at),
    });
    w.put(WEBHOOKS, &Key::id(webhook.id.0), &record)
}

/// Deletes a webhook; what it was told is deleted by [`delete_message`].
pub fn delete_webhook(w: &WriteTxn, id: WebhookId) -> Result<bool, StoreError> {
    w.remove(WEBHOOKS, &Key::id(id.0))
}

/// All webhooks, the oldest first.
pub fn list_webhooks(r: &impl Read) -> Result<Vec<Webhook>, StoreError> {
    let mut all = Vec::new();
    visit(r, WEBHOOKS, &[], Order::Ascending, &mut |key, record| {
        all.push(webhook_of(key, record)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all)
}

fn message_of(key: &[u8], record: MessageRecord) -> Result<WebhookMessage, StoreError> {
    let MessageRecord::V1(v1) = record;
    let id = KeyParts::of(key).uuid().ok_or_else(|| damaged(WEBHOOK_MESSAGES, key, "its key is no id"))?;
    let tries = v1.tries.into_iter().map(|one| Try {
        at: timestamp(one.at),
        status: one.status,
        took_ms: one.took_ms,
        answer: one.answer,
    });
    Ok(WebhookMessage {
        id: WebhookMessageId(id),
        webhook: WebhookId(Uuid::from_bytes(v1.webhook)),
        event: from_word(WEBHOOK_MESSAGES, key, &v1.event)?,
        body: v1.body,
        state: from_word(WEBHOOK_MESSAGES, key, &v1.state)?,
        attempts: v1.attempts,
        tries: tries.collect(),
        created_at: timestamp(v1.created_at),
        updated_at: timestamp(v1.updated_at),
    })
}

/// The message with this id.
pub fn find_message(r: &impl Read, id: WebhookMessageId) -> Result<Option<WebhookMessage>, StoreError> {
    let key = Key::id(id.0);
    get(r, WEBHOOK_MESSAGES, &key)?.map(|record| message_of(&key, record)).transpose()
}

fn by_webhook(message: &WebhookMessage) -> Vec<u8> {
    Key::new().uuid(message.webhook.0).uuid(message.id.0).done()
}

/// Adds a message or replaces it.
pub fn put_message(w: &WriteTxn, message: &WebhookMessage) -> Result<(), StoreError> {
    let tries = message.tries.iter().map(|one| TryV1 {
        at: micros(one.at),
        status: one.status,
        took_ms: one.took_ms,
        answer: one.answer.clone(),
    });
    let record = MessageRecord::V1(MessageV1 {
        webhook: message.webhook.0.into_bytes(),
        event: to_word(&message.event),
        body: message.body.clone(),
        state: to_word(&message.state),
        attempts: message.attempts,
        tries: tries.collect(),
        created_at: micros(message.created_at),
        updated_at: micros(message.updated_at),
    });
    w.put(WEBHOOK_MESSAGES, &Key::id(message.id.0), &record)?;
    w.put_raw(WEBHOOK_MESSAGE_BY_WEBHOOK, &by_webhook(message), &[])
}

/// Deletes a message.
pub fn delete_message(w: &WriteTxn, message: &WebhookMessage) -> Result<(), StoreError> {
    w.remove(WEBHOOK_MESSAGE_BY_WEBHOOK, &by_webhook(message))?;
    w.remove(WEBHOOK_MESSAGES, &Key::id(message.id.0))?;
    Ok(())
}

/// What a webhook was told, the latest first, older than `before` where that is given; at most `limit`.
pub fn list_messages(
    r: &impl Read,
    webhook: WebhookId,
    before: Option<WebhookMessageId>,
    limit: usize,
) -> Result<Vec<WebhookMessage>, StoreError> {
    let mut ids = Vec::new();
    let prefix = Key::id(webhook.0);
    visit_keys(r, WEBHOOK_MESSAGE_BY_WEBHOOK, &prefix, Order::Descending, &mut |key, _| {
        let id = KeyParts::of(&key[prefix.len()..]).uuid();
        let id = id.ok_or_else(|| damaged(WEBHOOK_MESSAGE_BY_WEBHOOK, key, "its key is cut short"))?;
        let id = WebhookMessageId(id);
        if before.is_none_or(|before| id < before) {
            ids.push(id);
        }
        Ok(if ids.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    let mut messages = Vec::with_capacity(ids.len());
    for id in ids {
        messages.extend(find_message(r, id)?);
    }
    Ok(messages)
}

/// All messages, the oldest first, until the visitor has seen enough.
pub fn visit_messages(
    r: &impl Read,
    visitor: &mut dyn FnMut(WebhookMessage) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    visit(r, WEBHOOK_MESSAGES, &[], Order::Ascending, &mut |key, record| {
        Ok(visitor(message_of(key, record)?))
    })
}

/// The alerts that were told and still stand.
pub fn list_alerts(r: &impl Read) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    visit(r, WEBHOOK_ALERTS, &[], Order::Ascending, &mut |key, _: AlertRecord| {
        all.push(String::from_utf8_lossy(key).into_owned());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all)
}

/// Notes that an alert was told.
pub fn put_alert(w: &WriteTxn, name: &str, since: jiff::Timestamp) -> Result<(), StoreError> {
    w.put(WEBHOOK_ALERTS, name.as_bytes(), &AlertRecord::V1 { since: micros(since) })
}

/// Notes that it is over.
pub fn delete_alert(w: &WriteTxn, name: &str) -> Result<bool, StoreError> {
    w.remove(WEBHOOK_ALERTS, name.as_bytes())
}
