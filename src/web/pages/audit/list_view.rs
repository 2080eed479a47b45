//! The list of events.

use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::state::{AuditState, LIST, local_time};
use super::words::{action_text, actor, exported, moment, target};
use crate::domain::audit::AuditEvent;
use crate::services::audit::actions::groups;
use crate::services::audit::search::{FoundEvents, Place};
use crate::services::audit::verify::Checked;
use crate::web::extract::Page;
use crate::web::extract::session::REFRESHED;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary};
use crate::web::ui::format::count;
use crate::web::ui::{NavItem, icon, reader, t, t_with};

/// Events and what stands around them.
pub struct ListView<'v> {
    /// The events.
    pub found: &'v FoundEvents,
    /// What is looked for.
    pub filters: &'v AuditState,
    /// Where the page begins.
    pub place: Place,
    /// What the last checks found.
    pub checked: &'v Checked,
    /// A check was just made.
    pub was_checked: bool,
    /// What is wrong with the filters.
    pub errors: &'v [FieldError],
    /// The present.
    pub now: Timestamp,
}

/// The page.
pub fn list_page(page: &Page, view: &ListView<'_>) -> Response {
    let zone = page.look.zone();
    let filters = view.filters;
    let content = html! {
        div.page-head {
            h1 { (t("audit-title")) }
            div.actions #audit-exports {
                a.button href=(filters.address("/admin/audit/export", &[("format", "csv")])) { (icon("download")) (t("audit-csv")) }
                a.button href=(filters.address("/admin/audit/export", &[("format", "jsonl")])) { (icon("download")) (t("audit-jsonl")) }
                a.button href="/admin/audit/head" { (icon("printer")) (t("audit-head")) }
            }
        }
        (error_summary(view.errors))
        (state_of_chain(page, view, &zone))
        (form(view, &zone))
        div.stack #audit-list {
            (chips(filters, &zone))
            @if view.found.damaged > 0 {
                div.notice.bad role="alert" {
                    (icon("circle-alert"))
                    p { (t_with("audit-damaged", &[("n", view.found.damaged.into())])) }
                }
            }
            @if !view.found.events.is_empty() { (table(view, &zone)) }
            @else if view.found.stopped.is_none() && view.errors.is_empty() { (nothing(view)) }
            (stopped(view, &zone))
            (footer(view))
        }
    };
    page.show(NavItem::Audit, &t("audit-title"), &[], &content)
}

/// Whether the log is whole. While it is checked, this part asks for itself again.
fn state_of_chain(page: &Page, view: &ListView<'_>, zone: &TimeZone) -> Markup {
    let Checked { so_far, whole, running } = view.checked;
    let asks = running.is_some();
    html! {
        // Outside of what scripts swap: a fragment's would be taken at its word with script too.
        @if asks { noscript { meta http-equiv="refresh" content=(format!("2;url={LIST}?{REFRESHED}")); } }
        section.audit-chain #audit-chain aria-label=(t("audit-chain")) hx-get=[asks.then_some(LIST)]
            hx-trigger=[asks.then_some("every 1s")] hx-select=[asks.then_some("#audit-chain")]
            hx-swap=[asks.then_some("outerHTML")] hx-headers=[asks.then_some(r#"{"X-Background":"1"}"#)] {
            @if let Some((done, all)) = running {
                span.badge.info { (t("audit-checking")) }
                span { (t_with("audit-checked-so-far", &[("done", count(*done).into()), ("all", count(*all).into())])) }
            } @else {
                @match so_far {
                    Some(mark) if mark.wrong.is_some() => {
                        span.badge.bad { (t("audit-broken")) }
                        span { (t("audit-checked-at")) " " (moment(mark.at, zone, view.now)) }
                    }
                    Some(mark) => {
                        span.badge.ok { (t_with("audit-verified", &[("seq", count(mark.seq).into())])) }
                        span role=[view.was_checked.then_some("status")] { (moment(mark.at, zone, view.now)) }
                        @if let Some(whole) = whole {
                            span.hint { (t("audit-verified-whole")) " " (moment(whole.at, zone, view.now)) }
                        }
                    }
                    None => { span.badge { (t("audit-unverified")) } }
                }
                form.inline method="post" action="/admin/audit/verify" data-once {
                    (csrf_field(&page.csrf()))
                    button.button.small type="submit" { (icon("shield-check")) (t("audit-verify")) }
                }
            }
            @if let Some((seq, reason)) = so_far.as_ref().and_then(|mark| mark.wrong.as_ref()) {
                div.notice.bad role="alert" {
                    (icon("circle-alert"))
                    div {
                        strong { (t_with("audit-broken-title", &[("seq", count(*seq).into())])) }
                        p { (t_with("audit-broken-text", &[("reason", reason.as_str().into())])) }
                    }
                }
            }
            @if view.found.floor > 0 {
                p.hint { (t_with("audit-dropped", &[("seq", count(view.found.floor).into())])) }
            }
        }
    }
}

fn form(view: &ListView<'_>, zone: &TimeZone) -> Markup {
    let filters = view.filters;
    let labels = ["q", "actor", "target", "from", "to"].map(|name| t(&format!("audit-field-{name}")));
    let [q, actor, target, from, to] = &labels;
    let (words_hint, who_hint, what_hint) =
        (t("audit-hint-q"), t("audit-hint-actor"), t("audit-hint-target"));
    let field = |name: &'static str, label, hint| Field {
        value: filters.typed(name),
        hint,
        autocomplete: "off",
        error: error_of(view.errors, name),
        ..Field::text(name, label)
    };
    let times = ["from", "to"].map(|name| local_time(filters.typed(name), zone, name == "to"));
    let time = |at: usize, name: &'static str, label| {
        let value = times[at].as_deref().unwrap_or(filters.typed(name));
        // What is no time stays as it was typed, which the other control would not show.
        let is_time = value.is_empty() || times[at].is_some();
        Field { kind: if is_time { "datetime-local" } else { "text" }, value, ..field(name, label, "") }
    };
    html! {
        // With script the list follows what is typed; its address is the server's to say.
        form.panel.padded.audit-filter role="search" method="get" action=(LIST) hx-get=(LIST)
            hx-trigger="submit, input delay:300ms" hx-target="#audit-list" hx-select="#audit-list"
            hx-select-oob="#audit-exports" hx-swap="outerHTML" hx-sync="this:replace" {
            (field("q", q, &words_hint).render())
            (actions(filters.typed("action")))
            (field("actor", actor, &who_hint).render())
            (field("target", target, &what_hint).render())
            (time(0, "from", from).render())
            (time(1, "to", to).render())
            @if !filters.typed("request").is_empty() {
                input type="hidden" name="request" value=(filters.typed("request"));
            }
            div.actions {
                button.button.primary type="submit" { (icon("search")) (t("audit-search")) }
            }
        }
    }
}

fn actions(chosen: &str) -> Markup {
    let groups = groups();
    let is_known = chosen.is_empty()
        || groups.iter().any(|(group, actions)| *group == chosen || actions.contains(&chosen));
    html! {
        div.field {
            label for="action" { (t("audit-field-action")) }
            select.input #action name="action" {
                option value="" { (t("audit-any-action")) }
                @if !is_known { option value=(chosen) selected { (action_text(chosen)) } }
                @for (group, actions) in groups {
                    optgroup label=(group_text(group)) {
                        option value=(group) selected[group == chosen] { (t_with("audit-whole-group", &[("group", group_text(group).into())])) }
                        @for action in actions {
                            option value=(action) selected[action == chosen] { (action_text(action)) }
                        }
                    }
                }
            }
        }
    }
}

/// A group of actions in words.
fn group_text(group: &str) -> String {
    t(&format!("audit-group-{}", group.trim_end_matches('.')))
}

/// What is filtered by, each part a way to take it away.
fn chips(filters: &AuditState, zone: &TimeZone) -> Markup {
    let said = |name: &str, value: &str| match name {
        "action" if value.ends_with('.') => group_text(value),
        "action" => action_text(value),
        "actor" if ["system", "visitor", "command-line"].contains(&value) => {
            t(&format!("audit-actor-{value}"))
        }
        // One that is exact is written as the reader has times.
        "from" | "to" => match value.parse::<Timestamp>() {
            Ok(at) => reader::formats().minute(&at.to_zoned(zone.clone())),
            Err(_) => value.replace('T', " "),
        },
        _ => value.to_owned(),
    };
    let chips: Vec<(String, &str)> = filters
        .fields()
        .iter()
        .map(|(name, value)| (format!("{}: {}", t(&format!("audit-field-{name}")), said(name, value)), *name))
        .collect();
    html! {
        div.chips {
            @if !chips.is_empty() {
                ul.chip-list aria-label=(t("chips-label")) {
                    @for (text, name) in &chips {
                        li.chip {
                            span { (text) }
                            a href=(filters.without(name).address(LIST, &[]))
                                aria-label=(t_with("chip-remove", &[("what", text.as_str().into())])) { (icon("x")) }
                        }
                    }
                }
            }
            @if chips.len() > 1 { a.clear-all href=(LIST) { (t("chips-clear")) } }
        }
    }
}

fn table(view: &ListView<'_>, zone: &TimeZone) -> Markup {
    html! {
        div.table-wrap {
            table.table.cards.audit-table {
                thead { tr {
                    @for id in ["audit-time", "audit-field-actor", "audit-field-action", "audit-field-target", "audit-address"] {
                        th scope="col" { (t(id)) }
                    }
                } }
                tbody { @for event in &view.found.events { (row(view, event, zone)) } }
            }
        }
    }
}

fn row(view: &ListView<'_>, event: &AuditEvent, zone: &TimeZone) -> Markup {
    let people = &view.found.people;
    html! {
        tr {
            td.who { a href=(format!("{LIST}/{}", event.seq)) { (moment(event.at, zone, view.now)) } " " span.hint { "#" (event.seq) } }
            td.named data-label=(t("audit-field-actor")) { div { (actor(event, people)) } }
            td.named data-label=(t("audit-field-action")) { div { (action_text(&event.action)) span.hint { code { (event.action) } } (exported(event)) } }
            td.named data-label=(t("audit-field-target")) { div { (target(event, people)) } }
            td data-label=(t("audit-address")) { (event.address.as_deref().unwrap_or_default()) }
        }
    }
}

fn nothing(view: &ListView<'_>) -> Markup {
    let is_filtered = !view.filters.fields().is_empty();
    html! {
        div.panel.empty {
            (icon("scroll-text"))
            @if is_filtered {
                strong { (t("audit-none-found")) }
                p { (t("audit-none-found-text")) }
                a.button href=(LIST) { (t("audit-show-all")) }
            } @else {
                strong { (t("audit-none")) }
                p { (t("audit-none-text")) }
            }
        }
    }
}

/// How far a search came that had too much to look at.
fn stopped(view: &ListView<'_>, zone: &TimeZone) -> Markup {
    let Some((seq, at)) = view.found.stopped else { return html! {} };
    let (id, name, from) = match view.place {
        Place::After(_) => ("audit-stopped-up", "after", seq.saturating_sub(1)),
        Place::Newest | Place::Before(_) => ("audit-stopped", "before", seq + 1),
    };
    let seq_text = count(seq);
    html! {
        div.notice {
            (icon("clock"))
            div {
                strong {
                    (t_with(id, &[("seq", seq_text.into())]))
                    @if let Some(at) = at { " (" (moment(at, zone, view.now)) ")" }
                }
                p { (t("audit-stopped-text")) }
                a.button href=(view.filters.address(LIST, &[(name, &from.to_string())])) { (icon("search")) (t("audit-go-on")) }
            }
        }
    }
}

fn footer(view: &ListView<'_>) -> Markup {
    let FoundEvents { older, newer, .. } = view.found;
    let link = |name: &str, seq: u64| view.filters.address(LIST, &[(name, &seq.to_string())]);
    html! {
        @if older.is_some() || newer.is_some() {
            nav.list-foot aria-label=(t("audit-pages")) {
                @if let Some(seq) = newer {
                    a.button href=(view.filters.address(LIST, &[])) { (t("audit-newest")) }
                    a.button href=(link("after", *seq)) rel="prev" { (icon("chevron-left")) (t("audit-newer")) }
                }
                @if let Some(seq) = older { a.button href=(link("before", *seq)) rel="next" { (t("audit-older")) (icon("chevron-right")) } }
            }
        }
    }
}
