//! What events are called on pages.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::state::{AuditState, LIST};
use crate::domain::audit::{Actor, AuditEvent};
use crate::services::audit::actor_word;
use crate::services::audit::filter::target_user;
use crate::services::audit::search::{People, Person};
use crate::web::ui::format::ago;
use crate::web::ui::reader;
use crate::web::ui::t;

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
        },
    }
}

/// What it was done to.
pub fn target(event: &AuditEvent, people: &People) -> Markup {
    let target = &event.target;
    match target_user(target) {
        Some(id) => person("target", target, people.get(&id), &id.to_string()),
        None if target.is_empty() => html! {},
        None => html! {
            a.quiet-link href=(AuditState::only("target", target).address(LIST, &[])) { (target) }
        },
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
