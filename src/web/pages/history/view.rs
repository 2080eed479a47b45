//! The list of what was live, and when.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::domain::guard::ChangeCounts;
use crate::services::history::{Entry, History};
use crate::web::pages::imports::sender_text;
use crate::web::ui::form::csrf_field;
use crate::web::ui::format::{bytes, count, duration, instant};
use crate::web::ui::pager::Pager;
use crate::web::ui::{icon, t, t_with};

/// Entries on a page.
pub const PAGE_ROWS: usize = 50;

/// What the page shows.
pub struct HistoryView<'v> {
    /// The history.
    pub history: &'v History,
    /// Which page of it, from 1.
    pub page: usize,
    /// A token for its forms.
    pub csrf: &'v str,
    /// The reader's zone.
    pub zone: TimeZone,
    /// The present.
    pub now: Timestamp,
    /// Somebody just went back.
    pub went_back: bool,
    /// What could not be done.
    pub refused: Option<&'v str>,
    /// Its title.
    pub title: &'v str,
}

/// The page.
pub fn history_page(view: &HistoryView<'_>) -> Markup {
    let HistoryView { history, .. } = view;
    let slug = &history.dataset.slug;
    html! {
        nav.crumbs aria-label=(t("imports-crumbs")) { a href="/imports" { (icon("chevron-left")) (t("imports-title")) } }
        div.page-head {
            h1 { (view.title) }
            a.button href=(format!("/datasets/{slug}/profiles")) { (icon("file-spreadsheet")) (t("profiles-link")) }
            a.button href=(format!("/datasets/{slug}/rules")) { (icon("settings")) (t("rules-link")) }
        }
        @if let Some(reason) = view.refused {
            div.notice.bad role="alert" tabindex="-1" data-focus { (icon("circle-alert")) p { (reason) } }
        }
        @if view.went_back { (undo(view)) }
        @if history.entries.is_empty() {
            div.panel.empty { (icon("history")) strong { (t("history-empty")) } }
        } @else {
            div.table-wrap tabindex="0" role="region" aria-label=(view.title) {
                table.table.history {
                    thead { tr {
                        th scope="col" { (t("imports-col-when")) }
                        th.number scope="col" { (t("history-col-generation")) }
                        th scope="col" { (t("imports-col-file")) }
                        th.number scope="col" { (t("imports-col-rows")) }
                        th scope="col" { (t("history-col-changes")) }
                        th scope="col" { (t("imports-col-who")) }
                        th scope="col" { span.visually-hidden { (t("history-col-act")) } }
                    } }
                    tbody { @for entry in &history.entries { (row(view, entry)) } }
                }
            }
            (pager(view))
        }
    }
}

/// That readers see other data now, and the way to take that back.
fn undo(view: &HistoryView<'_>) -> Markup {
    let Some(entry) = view.history.entries.first().filter(|entry| entry.publication.is_roll_back) else {
        return html! {};
    };
    html! {
        div.notice.ok role="status" {
            (icon("circle-check"))
            p { (t_with("history-went-back", &[("generation", entry.publication.generation.0.into())])) }
            @if let Some(before) = entry.publication.before {
                (button(view, before.0, "rotate-ccw", &t("history-undo")))
            }
        }
    }
}

fn button(view: &HistoryView<'_>, to: u64, icon_name: &str, text: &str) -> Markup {
    let dataset = &view.history.dataset;
    html! {
        @if let Some(live) = dataset.current_generation {
            form.inline method="post" action=(format!("/datasets/{}/history/{to}", dataset.slug)) data-once {
                (csrf_field(view.csrf))
                input type="hidden" name="live" value=(live.0);
                button.button type="submit" { (icon(icon_name)) (text) }
            }
        }
    }
}

fn row(view: &HistoryView<'_>, entry: &Entry) -> Markup {
    let Entry { publication, generation, import, is_live, is_kept } = entry;
    let slug = &view.history.dataset.slug;
    let is_current = view.history.dataset.current_generation == Some(generation.id);
    html! {
        tr {
            td data-label=(t("imports-col-when")) {
                (instant(publication.at, &view.zone, view.now))
                @if *is_live { " " span.badge.ok { (t("history-live")) } }
            }
            td.number data-label=(t("history-col-generation")) { (generation.id.0) }
            th.file scope="row" data-label=(t("imports-col-file")) {
                @if publication.is_roll_back { (icon("rotate-ccw")) " " (t("history-back-to")) " " }
                @match import {
                    Some(import) => {
                        a href=(format!("/imports/{}", import.id)) title=(import.file_name) { (import.file_name) }
                        span.hint { " " (bytes(import.file_bytes)) @if import.worked_ms >= 1000 { ", " (duration(import.worked_ms / 1000)) } }
                    }
                    None => { "–" }
                }
            }
            td.number data-label=(t("imports-col-rows")) { (count(generation.rows)) }
            td data-label=(t("history-col-changes")) {
                @if let Some(before) = publication.before {
                    a href=(format!("/datasets/{slug}/changes?from={before}&to={}", generation.id)) {
                        @match import.as_ref().and_then(|import| import.judgement.as_ref()).and_then(|judged| judged.changes)
                            .filter(|_| !publication.is_roll_back) {
                            Some(ChangeCounts { changed, added, removed, .. }) => {
                                span.added { "+" (count(added)) } " " span.changed { "~" (count(changed)) } " " span.removed { "−" (count(removed)) }
                            }
                            None => { (t("changes-show")) }
                        }
                    }
                } @else { (t("history-first")) }
            }
            td data-label=(t("imports-col-who")) { (who(view, entry)) }
            td {
                @if !is_kept { span.hint { (t("history-not-kept")) } }
                @else if !is_current { (button(view, generation.id.0, "history", &t("history-go-back"))) }
            }
        }
    }
}

/// Who made it live: whoever went back to it, else whoever sent the file, or what brought it.
fn who(view: &HistoryView<'_>, Entry { publication, import, .. }: &Entry) -> String {
    let import = import.as_ref().filter(|_| !publication.is_roll_back);
    match (publication.by, import) {
        (None, Some(import)) => sender_text(import, &view.history.names),
        (Some(id), _) => view.history.names.get(&id).cloned().unwrap_or_else(|| t("imports-who-gone")),
        (None, None) => t("imports-who-site"),
    }
}

fn pager(view: &HistoryView<'_>) -> Markup {
    let pager = Pager {
        label: "imports-pager",
        page: view.page,
        entries: view.history.total,
        page_entries: PAGE_ROWS,
        texts: ("imports-newer", "imports-older"),
    };
    pager.write(|page| format!("/datasets/{}/history?page={page}", view.history.dataset.slug))
}
