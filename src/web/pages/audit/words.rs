//! What events are called on pages.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::Value;

use super::state::{AuditState, LIST};
use crate::domain::audit::{Actor, AuditEvent};
use crate::domain::feed::CameBy;
use crate::services::audit::actor_word;
use crate::services::audit::filter::target_user;
use crate::services::audit::search::{People, Person};
use crate::web::pages::imports::came_by_text;
use crate::web::ui::format::{ago, count};
use crate::web::ui::reader;
use crate::web::ui::{t, t_with};

/// What was done, in words; what has none, as it is stored.
pub fn action_text(action: &str) -> String {
    let word = action.replace(['.', '_'], "-");
    let id = format!("audit-action-{word}");
    let text = t(&id);
    if text == id { action.to_owned() } else { text }
}

/// To the second, in the reader's zone.
pub fn moment(at: Timestamp, zone: &TimeZone, now: Timestamp) -> Markup {
    let local = at.to_zoned(zone.clone());
    html! {
        time datetime=(at.to_string()) title=(ago(at, now)) { (reader::formats().second(&local)) }
    }
}

/// Who acted.
pub fn actor(event: &AuditEvent, people: &People) -> Markup {
    let word = actor_word(&event.actor);
    match event.actor {
        Actor::User(id) => person("actor", &word, people.get(&id), &id.to_string()),
        Actor::System | Actor::Visitor | Actor::CommandLine => html! {
            a.quiet-link href=(AuditState::only("actor", &word).address(LIST, &[])) {
                span.badge { (t(&format!("audit-actor-{word}"))) }
            }
            @if let Some(feed) = came_by(event) { span.hint { (came_by_text(&feed)) } }
        },
    }
}

/// The feed on whose behalf the site imported something.
fn came_by(event: &AuditEvent) -> Option<CameBy> {
    if !event.action.starts_with("import.") {
        return None;
    }
    let mut details: Value = serde_json::from_str(&event.details).ok()?;
    serde_json::from_value(details.get_mut("came_by")?.take()).ok()
}

/// What it was done to.
pub fn target(event: &AuditEvent, people: &People) -> Markup {
    let target = &event.target;
    match target_user(target) {
        Some(id) => {
            let now = people.get(&id);
            match name_then(event) {
                Some(then) if now.is_none_or(|now| now.name != then.name) => html! {
                    (person("target", target, Some(&then), &id.to_string()))
                    @if let Some(now) = now { span.hint { (t_with("audit-now-called", &[("name", now.name.as_str().into())])) } }
                },
                _ => person("target", target, now, &id.to_string()),
            }
        }
        None if target.is_empty() => html! {},
        None => html! {
            a.quiet-link href=(AuditState::only("target", target).address(LIST, &[])) { (target) }
        },
    }
}

/// What the account that an event is about was called then, as far as the event itself holds it: before the change, or
/// else after it.
fn name_then(event: &AuditEvent) -> Option<Person> {
    let details: Value = serde_json::from_str(&event.details).ok()?;
    let account =
        ["before", "after"].into_iter().map(|part| &details[part]).find(|account| account.is_object())?;
    let email = account["email"].as_str()?.to_owned();
    let name = account["name"].as_str().map_or_else(|| email.clone(), str::to_owned);
    Some(Person { name, email })
}

/// What was exported: how much, as what, and what was looked for.
pub fn exported(event: &AuditEvent) -> Markup {
    if event.action != "dataset.export" {
        return html! {};
    }
    let details: Value = serde_json::from_str(&event.details).unwrap_or_default();
    let rows = details["rows"].as_u64().unwrap_or_default();
    let format = details["format"].as_str().unwrap_or_default().to_uppercase();
    let filters = details["filters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let filters: Vec<&str> = filters.iter().filter_map(Value::as_str).collect();
    let what = [("n", rows.into()), ("rows", count(rows).into()), ("format", format.into())];
    html! {
        span.hint {
            (t_with("audit-exported", &what))
            @for filter in filters { " · " (filter) }
        }
    }
}

fn person(field: &'static str, word: &str, person: Option<&Person>, id: &str) -> Markup {
    let href = AuditState::only(field, word).address(LIST, &[]);
    html! {
        @if let Some(Person { name, email }) = person {
            a.quiet-link href=(href) { (name) }
            @if name != email { span.hint { (email) } }
        } @else {
            a.quiet-link href=(href) title=(id) { (t("audit-person-gone")) }
            span.hint { code { (short_id(id)) } }
        }
    }
}

fn short_id(id: &str) -> String {
    let start: String = id.chars().take(13).collect();
    format!("{start}…")
}
