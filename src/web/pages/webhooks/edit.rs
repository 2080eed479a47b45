//! `GET` and `POST /admin/webhooks/new`, `GET` and `POST /admin/webhooks/{webhook}`

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use super::view::{event_text, log, pinged, shown_once, state_badge};
use crate::base::secret::SecretString;
use crate::domain::webhook::{MAX_NAME_CHARS, Webhook, WebhookEvent, WebhookMessage};
use crate::services::ServiceError;
use crate::services::authorize::ManageSite;
use crate::services::webhooks::{self, Draft, Listed};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::format::instant;
use crate::web::ui::{NavItem, icon, t, t_with};

/// Messages on the page.
pub(super) const PAGE_MESSAGES: usize = 25;

fn typed(form: &FormData) -> Draft {
    Draft {
        name: form.text("name").to_owned(),
        url: form.text("url").to_owned(),
        events: form.all("events").filter_map(|word| word.parse().ok()).collect(),
        is_on: form.has("on"),
    }
}

/// An empty form.
pub async fn new(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    page.grant::<ManageSite>()?;
    let draft =
        Draft { name: String::new(), url: String::new(), events: WebhookEvent::CHOICES.into(), is_on: true };
    Ok(new_page(&page, &draft, webhooks::are_possible(state.services()), &[]))
}

fn new_page(page: &Page, draft: &Draft, are_possible: bool, errors: &[FieldError]) -> Response {
    let title = t("webhooks-add");
    let content = html! {
        (head(&title))
        (error_summary(errors))
        @if !are_possible {
            div.notice { (icon("info")) div { strong { (t("webhooks-impossible")) } p { (t("webhooks-impossible-text")) } } }
        }
        (fields(page, None, draft, errors))
    };
    page.show(NavItem::Settings, &title, &[], &content)
}

fn head(title: &str) -> Markup {
    html! {
        nav.crumbs aria-label=(t("webhooks-title")) { a href="/admin/webhooks" { (icon("chevron-left")) (t("webhooks-title")) } }
        div.page-head { h1 { (title) } }
    }
}

/// Adds a webhook, and shows its secret this once.
pub async fn create(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let (grant, reads) = (page.grant::<ManageSite>()?, page.grant::<ManageSite>()?);
    let draft = typed(&form);
    let wanted = draft.clone();
    match state.try_run(move |services| webhooks::add(services, &grant, &wanted)).await? {
        Ok(made) => {
            let id = made.webhook.id;
            let (webhook, listed) = state
                .run(move |services| webhooks::list_messages(services, &reads, id, None, PAGE_MESSAGES))
                .await?;
            let said = Said { secret: Some(&made.secret), ..Said::default() };
            Ok(one_page(&state, &page, &webhook, &listed, &Draft::of(&webhook), &said))
        }
        Err(error) => {
            let errors = [refused(error)?];
            let are_possible = webhooks::are_possible(state.services());
            Ok(sent_back(new_page(&page, &draft, are_possible, &errors), &errors))
        }
    }
}

/// One of them, with what it was told.
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    Path(webhook): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let id = super::parse(&webhook)?;
    let before = query.text("before").parse().ok();
    let (webhook, listed) = state
        .run(move |services| webhooks::list_messages(services, &grant, id, before, PAGE_MESSAGES))
        .await?;
    let said = Said { is_done: query.has("done"), ..Said::default() };
    Ok(one_page(&state, &page, &webhook, &listed, &Draft::of(&webhook), &said))
}

/// Changes it.
pub async fn save(
    State(state): State<AppState>,
    Path(webhook): Path<String>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let (grant, reads) = (page.grant::<ManageSite>()?, page.grant::<ManageSite>()?);
    let id = super::parse(&webhook)?;
    let draft = typed(&form);
    let wanted = draft.clone();
    let seen = form.text("version").parse().ok();
    let error =
        match state.try_run(move |services| webhooks::change(services, &grant, id, &wanted, seen)).await? {
            Ok(_) => return Ok(go_to(&format!("/admin/webhooks/{id}?done=1"))),
            Err(ServiceError::ChangedMeanwhile) => FieldError::new("", t("webhooks-changed-meanwhile")),
            Err(error) => refused(error)?,
        };
    let errors = [error];
    let (webhook, listed) =
        state.run(move |services| webhooks::list_messages(services, &reads, id, None, PAGE_MESSAGES)).await?;
    let said = Said { errors: &errors, ..Said::default() };
    Ok(sent_back(one_page(&state, &page, &webhook, &listed, &draft, &said), &errors))
}

/// What the page says of what was just done.
#[derive(Default)]
pub(super) struct Said<'s> {
    /// What is wrong with the form.
    pub errors: &'s [FieldError],
    /// A secret that was just made.
    pub secret: Option<&'s SecretString>,
    /// A ping that was just sent.
    pub ping: Option<&'s WebhookMessage>,
    /// Something was done.
    pub is_done: bool,
}

/// The page of a webhook.
pub(super) fn one_page(
    state: &AppState,
    page: &Page,
    webhook: &Webhook,
    listed: &Listed,
    draft: &Draft,
    said: &Said<'_>,
) -> Response {
    let now = state.services().now();
    let can_change = super::sees_every_owner(page);
    let content = html! {
        (head(&webhook.name))
        (error_summary(said.errors))
        @if said.is_done { div.notice.ok role="status" { (icon("circle-check")) p { (t("webhooks-done")) } } }
        @if let Some(secret) = said.secret { (shown_once(webhook, secret)) }
        @if let Some(message) = said.ping { (pinged(message)) }
        (facts(page, webhook, now, can_change))
        @if can_change {
            (fields(page, Some(webhook), draft, said.errors))
        } @else {
            div.notice { (icon("info")) p { (t("webhooks-every-owner")) } }
        }
        (log(page, webhook, listed, now, can_change))
        @if can_change { (danger(page, webhook)) }
    };
    page.show(NavItem::Settings, &webhook.name, &[], &content)
}

fn facts(page: &Page, webhook: &Webhook, now: jiff::Timestamp, can_change: bool) -> Markup {
    let zone = page.look.zone();
    html! {
        section.panel.padded.stack {
            dl.facts {
                dt { (t("webhooks-state")) } dd { (state_badge(webhook)) @if webhook.gone_at.is_some() { " " (t("webhooks-gone-text")) } }
                dt { (t("webhooks-made")) } dd { (instant(webhook.created_at, &zone, now)) }
                @if let Some((_, until)) = webhook.old_secret.as_ref().filter(|(_, until)| *until > now) {
                    dt { (t("webhooks-old-secret")) } dd { (t("webhooks-old-until")) " " (instant(*until, &zone, now)) }
                }
            }
            @if can_change {
                div.actions {
                    form method="post" action=(format!("/admin/webhooks/{}/ping", webhook.id)) data-once {
                        (csrf_field(&page.csrf()))
                        button.button.primary type="submit" { (icon("send")) (t("webhooks-ping")) }
                    }
                    form method="post" action=(format!("/admin/webhooks/{}/rotate", webhook.id)) data-once {
                        (csrf_field(&page.csrf()))
                        button.button type="submit" { (icon("key-round")) (t("webhooks-rotate")) }
                    }
                }
                p.hint { (t("webhooks-rotate-text")) }
            }
        }
    }
}

fn fields(page: &Page, webhook: Option<&Webhook>, draft: &Draft, errors: &[FieldError]) -> Markup {
    let action = webhook.map_or_else(
        || "/admin/webhooks/new".to_owned(),
        |webhook| format!("/admin/webhooks/{}", webhook.id),
    );
    let (name_label, url_label) = (t("field-name"), t("field-url"));
    let (name_hint, url_hint) = (t("webhooks-name-hint"), t("webhooks-url-hint"));
    let name = Field {
        value: &draft.name,
        hint: &name_hint,
        max_chars: Some(MAX_NAME_CHARS),
        autocomplete: "off",
        required: true,
        error: error_of(errors, "name"),
        ..Field::text("name", &name_label)
    };
    let url = Field {
        value: &draft.url,
        hint: &url_hint,
        autocomplete: "off",
        required: true,
        error: error_of(errors, "url"),
        ..Field::text("url", &url_label)
    };
    html! {
        section.panel.padded.stack aria-labelledby="webhook-form" {
            h2 #webhook-form { (t("webhooks-settings")) }
            form.stack method="post" action=(action) data-once {
                (csrf_field(&page.csrf()))
                @if let Some(webhook) = webhook { (hidden("version", &webhooks::version(webhook).to_string())) }
                (name.render())
                (url.render())
                fieldset.field {
                    legend { (t("field-events")) }
                    @for event in WebhookEvent::CHOICES {
                        label.check {
                            input type="checkbox" name="events" value=(event) checked[draft.events.contains(&event)];
                            (event_text(event)) " " code.hint { (event) }
                        }
                    }
                    @if let Some(error) = error_of(errors, "events") { p.error { (icon("circle-alert")) (error) } }
                }
                label.check { input type="checkbox" name="on" value="1" checked[draft.is_on]; (t("webhooks-on")) }
                div.actions { button.button.primary type="submit" { (icon("check")) (t("webhooks-save")) } }
            }
        }
    }
}

fn danger(page: &Page, webhook: &Webhook) -> Markup {
    html! {
        form method="post" action=(format!("/admin/webhooks/{}/remove", webhook.id)) data-once {
            (csrf_field(&page.csrf()))
            details.more {
                summary { (icon("chevron-right")) (t("webhooks-remove")) }
                p.hint { (t_with("webhooks-remove-text", &[("name", webhook.name.as_str().into())])) }
                button.button.danger type="submit" { (icon("trash-2")) (t("webhooks-remove")) }
            }
        }
    }
}
