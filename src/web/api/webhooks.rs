//! Webhooks: who is told over HTTP what happens, and what became of each telling.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::versions::{Seen, tagged};
use crate::base::secret::{SecretString, serialize_exposed};
use crate::domain::ids::{WebhookId, WebhookMessageId};
use crate::domain::webhook::{MessageState, Webhook, WebhookEvent, WebhookMessage};
use crate::services::ServiceError;
use crate::services::authorize::ManageSite;
use crate::services::webhooks::{self as service, Draft};
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, FormData, Granted, NoBody};
use crate::web::middleware::once::ShownOnce;
use crate::web::state::AppState;

/// Messages of an answer, where the address does not say how many.
const MESSAGES: usize = 50;
/// Most messages of an answer.
const MAX_MESSAGES: usize = 500;

/// Somebody who is told over HTTP what happens.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
struct WebhookBody {
    id: WebhookId,
    name: String,
    url: String,
    events: BTreeSet<WebhookEvent>,
    on: bool,
    /// When the other side said that it is gone (410), so that it was turned off.
    gone_at: Option<Timestamp>,
    /// When a message was given up, where none was taken since.
    failed_at: Option<Timestamp>,
    /// Until when messages are signed with the secret before, too.
    old_secret_until: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Webhook> for WebhookBody {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            name: webhook.name,
            url: webhook.url,
            events: webhook.events,
            on: webhook.is_on,
            gone_at: webhook.gone_at,
            failed_at: webhook.failed_at,
            old_secret_until: webhook.old_secret.map(|(_, until)| until),
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}

/// Webhooks in a list.
#[derive(Serialize, ToSchema)]
struct Webhooks {
    webhooks: Vec<WebhookBody>,
}

/// A webhook with its secret: the answer is the only place where it is.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeWebhook)]
struct Made {
    #[serde(flatten)]
    webhook: WebhookBody,
    /// What messages are signed with: `whsec_` and base64, as the Standard Webhooks specification has it.
    #[serde(serialize_with = "serialize_exposed")]
    #[schema(value_type = String, format = Password)]
    secret: SecretString,
}

/// A webhook to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook)]
pub struct MakeBody {
    name: String,
    /// Its host is among those of `webhooks.allow` in the configuration.
    url: String,
    events: BTreeSet<WebhookEvent>,
    #[serde(default = "usually")]
    on: bool,
}

fn usually() -> bool {
    true
}

/// What is to be different.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookChange)]
pub struct ChangeBody {
    name: Option<String>,
    url: Option<String>,
    events: Option<BTreeSet<WebhookEvent>>,
    on: Option<bool>,
}

/// One try to hand a message over.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookTry)]
struct TryBody {
    at: Timestamp,
    /// What was answered; null where there was no answer.
    status: Option<u16>,
    took_ms: u64,
    /// How the answer begins, or why there was none.
    answer: String,
}

/// One telling.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookMessage)]
struct MessageBody {
    id: WebhookMessageId,
    /// What the other side knows it by: `webhook-id`.
    webhook_id: String,
    event: WebhookEvent,
    state: MessageState,
    attempts: u32,
    tries: Vec<TryBody>,
    /// What was sent, to the byte.
    body: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<WebhookMessage> for MessageBody {
    fn from(message: WebhookMessage) -> Self {
        let webhook_id = message.public_id();
        let tries = message.tries.into_iter().map(|one| TryBody {
            at: one.at,
            status: one.status,
            took_ms: one.took_ms,
            answer: one.answer,
        });
        Self {
            id: message.id,
            webhook_id,
            event: message.event,
            state: message.state,
            attempts: message.attempts,
            tries: tries.collect(),
            body: message.body,
            created_at: message.created_at,
            updated_at: message.updated_at,
        }
    }
}

/// What a webhook was told, the latest first.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookMessages)]
struct Messages {
    messages: Vec<MessageBody>,
    /// There are older ones: ask again with `before` and the last id.
    has_more: bool,
}

fn parse(id: &str) -> Result<WebhookId, AppError> {
    id.parse().map_err(|_| AppError::not_found("There is no webhook at this address."))
}

fn no_ping(events: &BTreeSet<WebhookEvent>) -> Result<(), ServiceError> {
    if events.contains(&WebhookEvent::Ping) {
        return Err(ServiceError::invalid(
            "events",
            "has `ping`, which is sent on request alone; leave it out",
        ));
    }
    Ok(())
}

/// Who is told over HTTP what happens.
#[utoipa::path(get, path = "/api/v1/webhooks", responses((status = 200, description = "Done", body = Webhooks)))]
pub async fn list(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
) -> Result<Response, AppError> {
    let all = state.run(move |services| service::list(services, &grant)).await?;
    Ok(Json(Webhooks { webhooks: all.into_iter().map(Into::into).collect() }).into_response())
}

/// Makes a webhook.
///
/// The answer is the only place where its secret is.
#[utoipa::path(post, path = "/api/v1/webhooks", request_body = MakeBody, responses((status = 201, description = "Made", body = Made)))]
pub async fn make(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    ApiJson(body): ApiJson<MakeBody>,
) -> Result<Response, AppError> {
    let MakeBody { name, url, events, on } = body;
    let draft = Draft { name: name.trim().to_owned(), url: url.trim().to_owned(), events, is_on: on };
    let made = state
        .run(move |services| {
            no_ping(&draft.events)?;
            service::add(services, &grant, &draft)
        })
        .await?;
    let version = service::version(&made.webhook);
    let body = Json(Made { webhook: made.webhook.into(), secret: made.secret });
    Ok(tagged(version, (StatusCode::CREATED, Extension(ShownOnce), body).into_response()))
}

/// One webhook.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook}", responses((status = 200, description = "Done", body = WebhookBody)))]
pub async fn show(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    Path(webhook): Path<String>,
    seen: Seen,
) -> Result<Response, AppError> {
    let id = parse(&webhook)?;
    let webhook = state.run(move |services| service::get(services, &grant, id)).await?;
    Ok(seen.answer(service::version(&webhook), WebhookBody::from(webhook)))
}

/// Changes a webhook: what is not named stays.
#[utoipa::path(patch, path = "/api/v1/webhooks/{webhook}", request_body = ChangeBody, responses((status = 200, description = "Done", body = WebhookBody)))]
pub async fn change(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    Path(webhook): Path<String>,
    seen: Seen,
    ApiJson(body): ApiJson<ChangeBody>,
) -> Result<Response, AppError> {
    let id = parse(&webhook)?;
    let changed = state
        .run(move |services| {
            let known = service::get(services, &grant, id)?;
            seen.must_be(service::version(&known))?;
            let before = Draft::of(&known);
            let draft = Draft {
                name: body.name.map_or(before.name, |name| name.trim().to_owned()),
                url: body.url.map_or(before.url, |url| url.trim().to_owned()),
                events: body.events.unwrap_or(before.events),
                is_on: body.on.unwrap_or(before.is_on),
            };
            no_ping(&draft.events)?;
            service::change(services, &grant, id, &draft, Some(service::version(&known)))
        })
        .await?;
    Ok(tagged(service::version(&changed), Json(WebhookBody::from(changed)).into_response()))
}

/// Removes a webhook with everything that it was told.
#[utoipa::path(delete, path = "/api/v1/webhooks/{webhook}", responses((status = 204, description = "Done")))]
pub async fn remove(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    Path(webhook): Path<String>,
    seen: Seen,
) -> Result<Response, AppError> {
    let id = parse(&webhook)?;
    state
        .run(move |services| {
            seen.must_be(service::version(&service::get(services, &grant, id)?))?;
            service::remove(services, &grant, id)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Gives a webhook another secret.
///
/// For a day messages are signed with the one before, too. The answer is the only place where the new one is.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/rotate", responses((status = 200, description = "Done", body = Made)))]
pub async fn rotate(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    Path(webhook): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    let id = parse(&webhook)?;
    let made = state.run(move |services| service::rotate(services, &grant, id)).await?;
    let body = Json(Made { webhook: made.webhook.into(), secret: made.secret });
    Ok((Extension(ShownOnce), body).into_response())
}

/// Sends a `ping` at once, and says what came of it.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/ping", responses((status = 200, description = "Sent, or not: `state` says it", body = MessageBody)))]
pub async fn ping(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    Path(webhook): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    let id = parse(&webhook)?;
    let asking = state.clone();
    let stop = move || asking.is_draining();
    let message = state.try_asking(move |services| service::ping(services, &grant, id, &stop)).await??;
    Ok(Json(MessageBody::from(message)).into_response())
}

/// What a webhook was told in the last 30 days, the latest first.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook}/messages", params(("before" = Option<WebhookMessageId>, Query, description = "Those older than this one"), ("limit" = Option<usize>, Query, description = "Most messages of the answer")), responses((status = 200, description = "Done", body = Messages)))]
pub async fn messages(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    Path(webhook): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    query.only(&["before", "limit"])?;
    let id = parse(&webhook)?;
    let before = match query.text("before") {
        "" => None,
        text => Some(text.parse().map_err(|_| ServiceError::invalid("before", "is no id of a message"))?),
    };
    let limit: usize = match query.text("limit") {
        "" => MESSAGES,
        text => text.parse().map_err(|_| ServiceError::invalid("limit", "expected a whole number"))?,
    };
    let limit = limit.min(MAX_MESSAGES);
    let (_, listed) =
        state.run(move |services| service::list_messages(services, &grant, id, before, limit)).await?;
    let messages = listed.messages.into_iter().map(Into::into).collect();
    Ok(Json(Messages { messages, has_more: listed.has_more }).into_response())
}

/// Sends a message again, under the same `webhook-id`.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/messages/{message}/resend", responses((status = 202, description = "Queued", body = MessageBody)))]
pub async fn resend(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageSite>,
    Path((webhook, message)): Path<(String, String)>,
    _: NoBody,
) -> Result<Response, AppError> {
    let id = parse(&webhook)?;
    let message = message.parse().map_err(|_| AppError::not_found("There is no message at this address."))?;
    let message = state.run(move |services| service::send_again(services, &grant, (id, message))).await?;
    Ok((StatusCode::ACCEPTED, Json(MessageBody::from(message))).into_response())
}
