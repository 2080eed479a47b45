//! What happened is written down for everybody who is to be told, in the transaction in which it happens.

use serde_json::{Value, json};

use super::{DELIVER_JOB, WebhookJob};
use crate::domain::ids::WebhookMessageId;
use crate::domain::webhook::{MessageState, Webhook, WebhookEvent, WebhookMessage};
use crate::services::error::ServiceError;
use crate::services::{Services, jobs};
use crate::store::{StoreError, WriteTxn, webhooks as store_webhooks};

/// Tries until a message is given up: with the waits between them, a good day.
pub(super) const MAX_ATTEMPTS: u32 = 34;

/// Tells everybody who chose this event. `data` has ids, names of datasets and counts: no rows, and no mail addresses; `page`
/// is where people look at it. Ring the job bell after the transaction.
///
/// # Errors
/// The store.
pub(in crate::services) fn tell(
    services: &Services,
    w: &WriteTxn,
    event: WebhookEvent,
    data: &Value,
    page: &str,
) -> Result<(), StoreError> {
    for webhook in store_webhooks::list_webhooks(w)? {
        if webhook.is_on && webhook.events.contains(&event) {
            let message = message(services, &webhook, event, data, page);
            store_webhooks::put_message(w, &message)?;
            queue(services, w, &message)?;
        }
    }
    Ok(())
}

/// Queues the job that sends a message.
pub(super) fn queue(services: &Services, w: &WriteTxn, message: &WebhookMessage) -> Result<(), StoreError> {
    let job = WebhookJob { webhook: message.webhook, message: message.id };
    match jobs::enqueue(w, services.now(), DELIVER_JOB, &job, MAX_ATTEMPTS) {
        Err(ServiceError::Store(error)) => Err(error),
        // Two ids are always JSON: nothing else can be wrong.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// What one webhook is told.
pub(super) fn message(
    services: &Services,
    webhook: &Webhook,
    event: WebhookEvent,
    data: &Value,
    page: &str,
) -> WebhookMessage {
    let now = services.now();
    let config = services.config();
    let origin = config.server.public_url.as_ref().map_or("", |url| url.origin.as_str());
    let mut data = data.clone();
    data["link"] = format!("{origin}{page}").into();
    let mut message = WebhookMessage {
        id: WebhookMessageId::new(now),
        webhook: webhook.id,
        event,
        body: String::new(),
        state: MessageState::Waiting,
        attempts: 0,
        tries: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    message.body =
        json!({ "id": message.public_id(), "type": event, "created": now.to_string(), "data": data })
            .to_string();
    message
}
