//! What webhooks were told: looked at, sent again, tried out, and forgotten in time.

use std::ops::ControlFlow;

use jiff::SignedDuration;
use serde_json::json;

use super::{EVERY_OWNER, audited, deliver, find, no_webhook, tell};
use crate::domain::ids::{WebhookId, WebhookMessageId};
use crate::domain::webhook::{MessageState, Webhook, WebhookEvent, WebhookMessage};
use crate::services::Services;
use crate::services::authorize::{Grant, ManageSite};
use crate::services::error::ServiceError;
use crate::services::users::reach;
use crate::store::webhooks as store_webhooks;

/// How long messages can be looked at.
const KEEP: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Messages thrown out at a time, so that the store is not held for long.
const PURGED_AT_ONCE: usize = 500;

/// A part of what a webhook was told.
#[derive(Debug)]
pub struct Listed {
    /// Messages, the latest first.
    pub messages: Vec<WebhookMessage>,
    /// There are older ones.
    pub has_more: bool,
}

/// What a webhook was told, from the latest, older than `before` where that is given.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn list_messages(
    services: &Services,
    _grant: &Grant<ManageSite>,
    id: WebhookId,
    before: Option<WebhookMessageId>,
    limit: usize,
) -> Result<(Webhook, Listed), ServiceError> {
    services.store.read(|r| {
        let webhook = find(r, id)?;
        let mut messages = store_webhooks::list_messages(r, id, before, limit.saturating_add(1))?;
        let has_more = messages.len() > limit;
        messages.truncate(limit);
        Ok((webhook, Listed { messages, has_more }))
    })
}

/// Sends a message again, under the same id: whoever had it already knows it.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] where it waits anyway, or the webhook is off.
pub fn send_again(
    services: &Services,
    grant: &Grant<ManageSite>,
    (webhook, id): (WebhookId, WebhookMessageId),
) -> Result<WebhookMessage, ServiceError> {
    let now = services.now();
    let message = services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        let webhook = find(w, webhook)?;
        let found = store_webhooks::find_message(w, id)?.filter(|message| message.webhook == webhook.id);
        let mut message = found.ok_or_else(no_webhook)?;
        if message.state == MessageState::Waiting {
            return Err(ServiceError::Conflict("this message is on its way already".to_owned()));
        }
        if !webhook.is_on {
            return Err(ServiceError::Conflict("this webhook is off; turn it on first".to_owned()));
        }
        message.state = MessageState::Waiting;
        message.updated_at = now;
        store_webhooks::put_message(w, &message)?;
        tell::queue(services, w, &message)?;
        let details = json!({ "name": webhook.name, "message": message.public_id() });
        audited(w, now, grant.by(), "webhook.resend", webhook.id, &details)?;
        Ok(message)
    })?;
    services.ring_job_bell();
    Ok(message)
}

/// Sends a `ping` at once, also where the webhook is off, and says what came of it. It is tried once.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::OutOfScope`] for an admin who sees single owners.
pub fn ping(
    services: &Services,
    grant: &Grant<ManageSite>,
    id: WebhookId,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<WebhookMessage, ServiceError> {
    let now = services.now();
    let message = services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        let webhook = find(w, id)?;
        let page = format!("/admin/webhooks/{id}");
        let message =
            tell::message(services, &webhook, WebhookEvent::Ping, &json!({ "webhook": webhook.name }), &page);
        store_webhooks::put_message(w, &message)?;
        let details = json!({ "name": webhook.name, "message": message.public_id() });
        audited(w, now, grant.by(), "webhook.ping", id, &details)?;
        Ok::<_, ServiceError>(message)
    })?;
    deliver(services, message.id, stop)?;
    services.store.write(|w| {
        let found = store_webhooks::find_message(w, message.id)?;
        let mut message = found.ok_or_else(no_webhook)?;
        if message.state == MessageState::Waiting {
            message.state = MessageState::Failed;
            store_webhooks::put_message(w, &message)?;
        }
        Ok(message)
    })
}

/// Throws out what was told long ago; how much that was.
///
/// # Errors
/// The store.
pub fn purge(services: &Services) -> Result<usize, ServiceError> {
    let before = services.now() - KEEP;
    let mut old = Vec::new();
    services.store.read(|r| {
        store_webhooks::visit_messages(r, &mut |message| {
            if message.created_at >= before || old.len() >= PURGED_AT_ONCE {
                return ControlFlow::Break(());
            }
            if message.state != MessageState::Waiting {
                old.push(message);
            }
            ControlFlow::Continue(())
        })
    })?;
    if !old.is_empty() {
        services
            .store
            .write(|w| old.iter().try_for_each(|message| store_webhooks::delete_message(w, message)))?;
    }
    Ok(old.len())
}
