//! A message is handed over, or is not: signed, sent, and what came of it noted.

use std::time::Instant;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::json;
use sha2::Sha256;

use super::{SECRET_PREFIX, audited, sealed_for};
use crate::base::base64;
use crate::domain::ids::WebhookMessageId;
use crate::domain::webhook::{KEPT_TRIES, MessageState, Try, Webhook, WebhookEvent, WebhookMessage};
use crate::remote::hooks::{self, Answered, Message};
use crate::services::Services;
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::store::{StoreError, webhooks as store_webhooks};

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// There is nothing more to do for the message.
    Done,
    /// It is to be tried again; why.
    Later(String),
    /// The server is stopping.
    Stopped,
}

/// Tries to hand a message over once. One that is not waiting any more is left alone.
///
/// # Errors
/// Where the store cannot be read or written.
pub fn deliver(
    services: &Services,
    id: WebhookMessageId,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Delivery, ServiceError> {
    let found = services.store.read(|r| {
        let Some(message) = store_webhooks::find_message(r, id)? else { return Ok(None) };
        let webhook = store_webhooks::find_webhook(r, message.webhook)?;
        Ok::<_, StoreError>(webhook.map(|webhook| (webhook, message)))
    })?;
    let Some((webhook, message)) = found else { return Ok(Delivery::Done) };
    if message.state != MessageState::Waiting {
        return Ok(Delivery::Done);
    }
    if !webhook.is_on && message.event != WebhookEvent::Ping {
        note(services, id, None, MessageState::Failed)?;
        return Ok(Delivery::Done);
    }
    let (at, began) = (services.now(), Instant::now());
    let outcome = match signed(services, &webhook, &message, at)? {
        Ok(headers) => {
            let message = Message { url: webhook.url.clone(), headers, body: message.body.clone() };
            match hooks::post(&services.config().webhooks, &message, stop) {
                Err(None) => return Ok(Delivery::Stopped),
                Err(Some(why)) => Err(why),
                Ok(answered) => Ok(answered),
            }
        }
        Err(why) => Err(why),
    };
    let took_ms = began.elapsed().as_millis() as u64;
    let is_taken = matches!(&outcome, Ok(answered) if (200..300).contains(&answered.status));
    let is_gone = matches!(&outcome, Ok(Answered { status: 410, .. }));
    let state = match (is_taken, is_gone) {
        (true, _) => MessageState::Delivered,
        (_, true) => MessageState::Failed,
        _ => MessageState::Waiting,
    };
    let (status, answer) = match outcome {
        Ok(Answered { status, answer }) => (Some(status), answer),
        Err(why) => (None, why),
    };
    let why = status.map_or_else(|| answer.clone(), |status| format!("answered {status}"));
    note(services, id, Some(Try { at, status, took_ms, answer }), state)?;
    Ok(if state == MessageState::Waiting { Delivery::Later(why) } else { Delivery::Done })
}

type Headers = Vec<(&'static str, String)>;

/// The headers of a message; the inner error is a sentence.
fn signed(
    services: &Services,
    webhook: &Webhook,
    message: &WebhookMessage,
    now: Timestamp,
) -> Result<Result<Headers, String>, ServiceError> {
    let (id, at) = (message.public_id(), now.as_second().to_string());
    let old = webhook.old_secret.as_ref().filter(|(_, until)| *until > now).map(|(sealed, _)| sealed);
    let mut signatures = Vec::new();
    for sealed in std::iter::once(&webhook.secret).chain(old) {
        let Some(secret) = services.keys.open(&sealed_for(webhook.id), sealed)? else { continue };
        signatures.push(format!("v1,{}", signature(&secret, &id, &at, &message.body)));
    }
    if signatures.is_empty() {
        return Ok(Err("its secret was sealed with another key: make a new one".to_owned()));
    }
    Ok(Ok(vec![("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", signatures.join(" "))]))
}

/// HMAC-SHA256 over `id.timestamp.body` with what stands behind the secret's prefix (Standard Webhooks, "Signature scheme").
fn signature(secret: &[u8], id: &str, at: &str, body: &str) -> String {
    let text = String::from_utf8_lossy(secret);
    let encoded =
        text.trim_start_matches(SECRET_PREFIX).trim_end_matches('=').replace('+', "-").replace('/', "_");
    let key = base64::decode(&encoded).unwrap_or_default();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    base64::encode_standard(&mac.finalize().into_bytes())
}

/// Writes down what came of a try. A message that another try delivered meanwhile stays delivered.
fn note(
    services: &Services,
    id: WebhookMessageId,
    tried: Option<Try>,
    state: MessageState,
) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let Some(mut message) = store_webhooks::find_message(w, id)? else { return Ok(()) };
        let is_gone = tried.as_ref().is_some_and(|tried| tried.status == Some(410));
        if let Some(tried) = tried {
            message.attempts += 1;
            message.tries.push(tried);
            let surplus = message.tries.len().saturating_sub(KEPT_TRIES);
            message.tries.drain(..surplus);
        }
        if message.state == MessageState::Waiting {
            message.state = state;
        }
        message.updated_at = now;
        store_webhooks::put_message(w, &message)?;
        let Some(mut webhook) = store_webhooks::find_webhook(w, message.webhook)? else { return Ok(()) };
        if is_gone && webhook.is_on {
            webhook.is_on = false;
            webhook.gone_at = Some(now);
            webhook.updated_at = now;
            store_webhooks::put_webhook(w, &webhook)?;
            let details = json!({ "name": webhook.name, "status": 410 });
            audited(w, now, By::SYSTEM, "webhook.gone", webhook.id, &details)?;
        } else if state == MessageState::Delivered && webhook.failed_at.is_some() {
            webhook.failed_at = None;
            store_webhooks::put_webhook(w, &webhook)?;
        }
        Ok(())
    })
}

/// Called when a message was tried for the last time: whoever manages the site finds it among the news.
///
/// # Errors
/// The store.
pub fn give_up(services: &Services, id: WebhookMessageId) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        let found = store_webhooks::find_message(w, id)?;
        let Some(mut message) = found.filter(|message| message.state == MessageState::Waiting) else {
            return Ok(());
        };
        message.state = MessageState::Failed;
        message.updated_at = now;
        store_webhooks::put_message(w, &message)?;
        if let Some(mut webhook) = store_webhooks::find_webhook(w, message.webhook)? {
            webhook.failed_at = Some(now);
            store_webhooks::put_webhook(w, &webhook)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// The example of the specification's reference implementations.
    #[test]
    fn the_vector_of_the_specification_holds() {
        let secret = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = r#"{"test": 2432232314}"#;
        let signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body);
        assert_eq!(signed, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
