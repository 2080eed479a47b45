//! Webhooks: who is told over HTTP what happens here. What is told is written down in the transaction of what it tells
//! ([`tell`]) and sent by a job ([`deliver`]), at least once, with the same id each time. Signed after the Standard Webhooks
//! specification (<https://www.standardwebhooks.com>).

pub mod alerts;
mod deliver;
mod messages;
mod tell;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::authorize::{By, Grant, ManageSite};
use super::error::ServiceError;
use super::users::reach;
use super::{Services, audit};
use crate::base::base64;
use crate::base::ids::random_bytes;
use crate::base::secret::SecretString;
use crate::domain::ids::{WebhookId, WebhookMessageId};
use crate::domain::user::turns_text;
use crate::domain::webhook::{MAX_NAME_CHARS, MAX_URL_BYTES, MAX_WEBHOOKS, Webhook, WebhookEvent};
use crate::remote::hooks::{Target, may_reach};
use crate::store::{Read, StoreError, WriteTxn, webhooks as store_webhooks};

pub use deliver::{Delivery, deliver, give_up};
pub use messages::{Listed, list_messages, ping, purge, send_again};
pub(in crate::services) use tell::tell;

/// The kind of job that sends a message.
pub const DELIVER_JOB: &str = "webhook";
/// How long the secret before stays good beside a new one.
const OLD_SECRET_HOLDS: SignedDuration = SignedDuration::from_hours(24);
/// How secrets begin, after the specification.
const SECRET_PREFIX: &str = "whsec_";
/// Why an admin of single owners leaves webhooks alone.
const EVERY_OWNER: &str =
    "webhooks tell what happens with the data of every owner: an admin who sees every owner changes them";

/// The payload of [`DELIVER_JOB`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookJob {
    /// Whom it is for.
    pub webhook: WebhookId,
    /// Which message.
    pub message: WebhookMessageId,
}

/// A webhook as a form has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What people call it.
    pub name: String,
    /// Where it is told.
    pub url: String,
    /// What it is told.
    pub events: BTreeSet<WebhookEvent>,
    /// It is told at all.
    pub is_on: bool,
}

impl Draft {
    /// Of a webhook as it is.
    pub fn of(webhook: &Webhook) -> Self {
        let Webhook { name, url, events, is_on, .. } = webhook.clone();
        Self { name, url, events, is_on }
    }
}

/// A webhook with a secret that is shown this once.
#[derive(Debug)]
pub struct Made {
    /// The webhook.
    pub webhook: Webhook,
    /// What messages are signed with.
    pub secret: SecretString,
}

/// What the secrets of a webhook are sealed for.
pub(in crate::services) fn sealed_for(id: WebhookId) -> String {
    format!("webhook {id}")
}

/// What stands for a webhook's version: it was last changed then.
pub fn version(webhook: &Webhook) -> i64 {
    webhook.updated_at.as_microsecond()
}

fn no_webhook() -> ServiceError {
    ServiceError::NotFound("webhook at this address".to_owned())
}

fn find(r: &impl Read, id: WebhookId) -> Result<Webhook, ServiceError> {
    store_webhooks::find_webhook(r, id)?.ok_or_else(no_webhook)
}

/// All webhooks, the oldest first.
///
/// # Errors
/// The store.
pub fn list(services: &Services, _grant: &Grant<ManageSite>) -> Result<Vec<Webhook>, ServiceError> {
    Ok(services.store.read(store_webhooks::list_webhooks)?)
}

/// One of them.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub fn get(services: &Services, _grant: &Grant<ManageSite>, id: WebhookId) -> Result<Webhook, ServiceError> {
    services.store.read(|r| find(r, id))
}

/// True where the configuration lets there be webhooks.
pub fn are_possible(services: &Services) -> bool {
    !services.config().webhooks.allow.is_empty()
}

fn check(services: &Services, r: &impl Read, own: WebhookId, draft: &Draft) -> Result<(), ServiceError> {
    let invalid = |field: &'static str, why: String| Err(ServiceError::invalid(field, why));
    let length = draft.name.chars().count();
    if !(1..=MAX_NAME_CHARS).contains(&length) || draft.name.chars().any(|c| c.is_control() || turns_text(c))
    {
        return invalid(
            "name",
            format!("has 1 to {MAX_NAME_CHARS} characters, none that turn or hide others"),
        );
    }
    if draft.url.len() > MAX_URL_BYTES {
        return invalid("url", format!("is longer than {MAX_URL_BYTES} characters"));
    }
    let target = Target::of(&draft.url).map_err(|why| ServiceError::invalid("url", why))?;
    let config = &services.config().webhooks;
    if config.allow.is_empty() {
        return invalid(
            "url",
            "cannot be used: the configuration lets webhooks go nowhere. Whoever runs this machine names the networks or \
             hosts in `webhooks.allow`"
                .to_owned(),
        );
    }
    let host = target.host.as_str();
    if !config.may_hold(host, |address| may_reach(host, address, &config.allow)) {
        let why = format!(
            "cannot be used: `{host}` is not among the networks and hosts of `webhooks.allow` in the configuration"
        );
        return invalid("url", why);
    }
    if draft.events.is_empty() {
        return invalid("events", "is empty; choose at least one event".to_owned());
    }
    let is_taken = |other: &Webhook| other.id != own && other.name == draft.name;
    if store_webhooks::list_webhooks(r)?.iter().any(is_taken) {
        return invalid("name", "is that of another webhook; choose one that says who is told".to_owned());
    }
    Ok(())
}

/// A fresh secret, as people copy it and as it is kept.
fn fresh_secret(services: &Services, id: WebhookId) -> Result<(SecretString, String), ServiceError> {
    let text = format!("{SECRET_PREFIX}{}", base64::encode_standard(&random_bytes::<32>()));
    let sealed = services.keys.seal(&sealed_for(id), text.as_bytes())?;
    Ok((SecretString::new(text), sealed))
}

/// What the audit log says of a webhook: of an address host and port alone, since its path may be a key.
fn described(webhook: &Webhook) -> serde_json::Value {
    let target = Target::of(&webhook.url).map(|target| format!("{}:{}", target.host, target.port));
    json!({
        "name": webhook.name, "target": target.unwrap_or_default(), "events": webhook.events, "on": webhook.is_on,
    })
}

fn audited(
    w: &WriteTxn,
    now: Timestamp,
    by: By,
    action: &str,
    id: WebhookId,
    details: &serde_json::Value,
) -> Result<(), StoreError> {
    audit::append(w, now, by, action, &format!("webhook:{id}"), details).map(drop)
}

/// Adds a webhook.
///
/// # Errors
/// [`ServiceError::Invalid`]; [`ServiceError::Conflict`] where there are too many; [`ServiceError::OutOfScope`] for an admin
/// who sees single owners.
pub fn add(services: &Services, grant: &Grant<ManageSite>, draft: &Draft) -> Result<Made, ServiceError> {
    let now = services.now();
    let id = WebhookId::new(now);
    let (secret, sealed) = fresh_secret(services, id)?;
    services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        check(services, w, id, draft)?;
        if store_webhooks::list_webhooks(w)?.len() >= MAX_WEBHOOKS {
            let message = format!("there are {MAX_WEBHOOKS} webhooks already; remove one that nobody needs");
            return Err(ServiceError::Conflict(message));
        }
        let Draft { name, url, events, is_on } = draft.clone();
        let webhook = Webhook {
            id,
            name,
            url,
            events,
            is_on,
            gone_at: None,
            failed_at: None,
            secret: sealed,
            old_secret: None,
            created_by: grant.by().user(),
            created_at: now,
            updated_at: now,
        };
        store_webhooks::put_webhook(w, &webhook)?;
        audited(w, now, grant.by(), "webhook.add", id, &described(&webhook))?;
        Ok(Made { webhook, secret })
    })
}

/// Changes a webhook. `seen` is the version before the eyes of whoever changes it; any where none is named.
///
/// # Errors
/// As [`add`]; [`ServiceError::NotFound`]; [`ServiceError::ChangedMeanwhile`].
pub fn change(
    services: &Services,
    grant: &Grant<ManageSite>,
    id: WebhookId,
    draft: &Draft,
    seen: Option<i64>,
) -> Result<Webhook, ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        let mut webhook = find(w, id)?;
        if seen.is_some_and(|seen| seen != version(&webhook)) {
            return Err(ServiceError::ChangedMeanwhile);
        }
        if Draft::of(&webhook) == *draft {
            return Ok(webhook);
        }
        check(services, w, id, draft)?;
        let before = described(&webhook);
        let Draft { name, url, events, is_on } = draft.clone();
        (webhook.name, webhook.url, webhook.events, webhook.is_on) = (name, url, events, is_on);
        if is_on {
            (webhook.gone_at, webhook.failed_at) = (None, None);
        }
        webhook.updated_at = now;
        store_webhooks::put_webhook(w, &webhook)?;
        let details = json!({ "before": before, "after": described(&webhook) });
        audited(w, now, grant.by(), "webhook.change", id, &details)?;
        Ok(webhook)
    })
}

/// Removes a webhook with everything that it was told.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::OutOfScope`] for an admin who sees single owners.
pub fn remove(services: &Services, grant: &Grant<ManageSite>, id: WebhookId) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        let webhook = find(w, id)?;
        for message in store_webhooks::list_messages(w, id, None, usize::MAX)? {
            store_webhooks::delete_message(w, &message)?;
        }
        store_webhooks::delete_webhook(w, id)?;
        Ok(audited(w, now, grant.by(), "webhook.remove", id, &described(&webhook))?)
    })
}

/// Gives a webhook another secret. For a day messages are signed with the one before as well, so that the other side has
/// time to learn the new one.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::OutOfScope`] for an admin who sees single owners.
pub fn rotate(services: &Services, grant: &Grant<ManageSite>, id: WebhookId) -> Result<Made, ServiceError> {
    let now = services.now();
    let (secret, sealed) = fresh_secret(services, id)?;
    services.store.write(|w| {
        reach::must_see_all(w, grant.by(), EVERY_OWNER)?;
        let mut webhook = find(w, id)?;
        let until = now + OLD_SECRET_HOLDS;
        webhook.old_secret = Some((std::mem::replace(&mut webhook.secret, sealed), until));
        webhook.updated_at = now;
        store_webhooks::put_webhook(w, &webhook)?;
        let details = json!({ "name": webhook.name, "old_until": until.to_string() });
        audited(w, now, grant.by(), "webhook.rotate", id, &details)?;
        Ok(Made { webhook, secret })
    })
}
