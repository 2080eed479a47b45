//! What an import's page says about how far it is, in each part of its life.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use super::findings_view::{anyway, changes, findings};
use super::show::Shown;
use super::words::{place_word, short, state_badge};
use crate::domain::dataset::{Import, ImportState};
use crate::domain::guard::Rule;
use crate::services::imports::preview::is_waiting;
use crate::services::imports::{Progress, WithoutOwner, rows_to_publish, shrinks_by};
use crate::web::extract::session::REFRESHED;
use crate::web::ui::form::csrf_field;
use crate::web::ui::format::{bytes, count, duration, instant};
use crate::web::ui::{icon, t, t_with};

/// Problems listed on the page; the first 1,000 come with the API.
const SHOWN_PROBLEMS: usize = 100;

/// The parts of an import's life that have pages of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It is looked at, and waits for a person.
    Waiting,
    /// It is on its way to be published.
    Publishing,
    /// It has ended.
    Ended,
}

impl Phase {
    /// Where an import is.
    pub fn of(import: &Import) -> Self {
        if is_waiting(import) {
            Self::Waiting
        } else if import.state.is_final() {
            Self::Ended
        } else {
            Self::Publishing
        }
    }

    /// Its word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Publishing => "publishing",
            Self::Ended => "ended",
        }
    }
}

/// What the panel shows.
pub struct StatusView<'v> {
    /// The import.
    pub shown: &'v Shown,
    /// A token for its forms.
    pub csrf: &'v str,
    /// The reader's zone.
    pub zone: TimeZone,
    /// The present.
    pub now: Timestamp,
}

#[derive(Deserialize)]
struct ListedProblem {
    line: u64,
    column: Option<String>,
    value: String,
    reason: String,
}

/// File, dataset, sender.
pub fn head(view: &StatusView<'_>) -> Markup {
    let Shown { import, dataset, sender, kept, sees_cells, .. } = view.shown;
    html! {
        nav.crumbs aria-label=(t("imports-crumbs")) {
            a href="/imports" { (icon("chevron-left")) (t("imports-title")) }
            // Outside of what scripts swap: a fragment's would be taken at its word with script too.
            @if is_at_work(import) {
                noscript { meta http-equiv="refresh" content=(format!("2;url=/imports/{}?{REFRESHED}", import.id)); }
            }
        }
        div.page-head.import-head {
            h1 { (short(&import.file_name)) }
            p.hint {
                (bytes(import.file_bytes)) " · " (t_with("imports-into", &[("dataset", dataset.as_str().into())]))
                " · " (sender)
                " · " (instant(import.created_at, &view.zone, view.now))
                @if *sees_cells {
                    " · "
                    @if kept.original {
                        a href=(format!("/imports/{}/original", import.id)) download { (t("imports-original")) }
                    } @else { (t("imports-original-gone")) }
                }
            }
        }
    }
}

/// True where the whole file was held against the live data.
fn is_judged(import: &Import) -> bool {
    !import.confirm && matches!(import.state, ImportState::Checked | ImportState::Quarantined)
}

/// True where something happens without a person.
fn is_at_work(import: &Import) -> bool {
    match Phase::of(import) {
        Phase::Waiting => !is_judged(import),
        Phase::Publishing => true,
        Phase::Ended => false,
    }
}

/// The panel. While there is work, it asks for itself again; without script the page is loaded anew.
pub fn status_panel(view: &StatusView<'_>) -> Markup {
    let import = &view.shown.import;
    let phase = Phase::of(import);
    let works = is_at_work(import);
    let again = works.then(|| format!("/imports/{}/status?at={}", import.id, phase.word()));
    html! {
        section.panel.padded.import-status #import-status aria-labelledby="status-title" hx-ext="morph"
            hx-get=[again] hx-trigger=[works.then_some("load delay:400ms, every 1s")] hx-swap="morph:outerHTML"
            hx-headers=[works.then_some(r#"{"X-Background":"1"}"#)] {
            @if works {
                // Shown by script, taken back by the next answer.
                div.notice.bad hidden role="alert" data-offline { (icon("circle-alert")) p { (t("imports-offline")) } }
            }
            @match phase {
                Phase::Waiting => (waiting(view)),
                Phase::Publishing => (publishing(view)),
                Phase::Ended => (ended(view)),
            }
        }
    }
}

fn title(import: &Import, text: &str) -> Markup {
    html! {
        div.status-title {
            h2.imports-heading #status-title role="status" { (text) }
            (state_badge(import))
        }
    }
}

fn post(view: &StatusView<'_>, action: &str, class: &str, icon_name: &str, text: &str) -> Markup {
    html! {
        form.inline method="post" action=(format!("/imports/{}/{action}", view.shown.import.id)) data-once {
            (csrf_field(view.csrf))
            button class=(class) type="submit" { (icon(icon_name)) (text) }
        }
    }
}

fn waiting(view: &StatusView<'_>) -> Markup {
    let import = &view.shown.import;
    let rows = rows_to_publish(import);
    let publish = t_with("imports-publish", &[("rows", count(rows).into()), ("n", rows.into())]);
    html! {
        @if is_judged(import) {
            @let is_held = import.state == ImportState::Quarantined;
            (title(import, &t(if is_held { "guard-held-title" } else { "imports-checked-title" })))
            (figures(import))
            (changes(import))
            (findings(view.shown))
            @if is_held { p.hint { (t("guard-held-hint")) } }
            @if rows == 0 {
                label.check {
                    // Not `required`: an unticked box would stop the form below from showing another reading.
                    input #empty type="checkbox" name="empty" value="1" form="mapping" aria-required="true";
                    (t("imports-empty"))
                }
            }
            (cautions(view, rows))
            (anyway(import))
            div.actions {
                // Part of the form below, so that what was changed there and not shown yet is not passed over.
                button.button.primary type="submit" form="mapping" formaction=(format!("/imports/{}/publish", import.id)) {
                    (icon("check")) (publish)
                }
                (post(view, "cancel", "button", "x", &t("imports-cancel")))
                @if shrinks(view, rows).is_none() { p.hint { (replaces(view, rows)) } }
            }
            (problems(view))
        } @else {
            (title(import, &t("imports-checking-title")))
            (progress(import, view.shown.progress, &t("imports-waiting-turn")))
            (without_owner(view))
            div.actions {
                (post(view, "cancel", "button", "x", &t("imports-cancel")))
                p.hint { (t("imports-checking-hint")) }
            }
        }
    }
}

/// What to look at before publishing, right above the button.
fn cautions(view: &StatusView<'_>, rows: u64) -> Markup {
    let before = view.shown.rows_now.unwrap_or(0);
    html! {
        @if let Some(percent) = shrinks(view, rows) {
            div.notice.warn {
                (icon("triangle-alert"))
                p { (t_with("imports-shrinks", &[("dataset", view.shown.dataset.as_str().into()), ("percent", percent.into()), ("before", count(before).into()), ("after", count(rows).into())])) }
            }
        }
        (without_owner(view))
    }
}

fn shrinks(view: &StatusView<'_>, rows: u64) -> Option<u64> {
    let judgement = view.shown.import.judgement.as_ref();
    let is_found = judgement.is_some_and(|judgement| {
        judgement.findings.iter().any(|finding| matches!(finding.rule, Rule::RowsFewer))
    });
    shrinks_by(view.shown.rows_now?, rows).filter(|_| !is_found)
}

/// That customers would see nothing, and the way out in one step.
fn without_owner(view: &StatusView<'_>) -> Markup {
    let Shown { import, without_owner, .. } = view.shown;
    let Some(WithoutOwner { missing, suggested }) = without_owner else { return html! {} };
    let column = |name: &str| [("column", short(name).into())];
    html! {
        div.notice.warn.owner-warning {
            (icon("triangle-alert"))
            div {
                p { (t("imports-owner-warning")) }
                @if let Some(missing) = missing { p { (t_with("imports-owner-missing", &column(missing))) } }
                @if let Some((_, name)) = suggested { p { (t_with("imports-owner-suggested", &column(name))) } }
            }
            @if let Some((index, name)) = suggested {
                button.button type="submit" form="mapping" formaction=(format!("/imports/{}/settings", import.id))
                    name="use_owner" value=(index) { (icon("check")) (t_with("imports-owner-use", &column(name))) }
            }
        }
    }
}

/// What readers see now and would not see any more.
fn replaces(view: &StatusView<'_>, rows: u64) -> String {
    let Shown { rows_now, dataset, .. } = view.shown;
    let dataset = ("dataset", dataset.as_str().into());
    match *rows_now {
        None => t_with("imports-replaces-nothing", &[dataset]),
        Some(now) => t_with(
            "imports-replaces",
            &[dataset, ("n", now.into()), ("before", count(now).into()), ("after", count(rows).into())],
        ),
    }
}

fn publishing(view: &StatusView<'_>) -> Markup {
    let import = &view.shown.import;
    html! {
        (title(import, &t_with("imports-publishing-title", &[("dataset", view.shown.dataset.as_str().into())])))
        (progress(import, view.shown.progress, &t("imports-waiting-turn")))
        div.actions {
            (post(view, "cancel", "button", "x", &t("imports-cancel")))
            p.hint { (t("imports-leave-hint")) }
        }
    }
}

/// Rows, rate and time left; what it waits for, while nothing is at work.
fn progress(import: &Import, progress: Option<Progress>, waits: &str) -> Markup {
    let label = t("imports-progress");
    let Some(progress) = progress else {
        return html! { progress aria-label=(label) {} p.hint { (waits) } };
    };
    if import.state == ImportState::Indexing || (progress.of > 0 && progress.bytes >= progress.of) {
        return html! {
            progress aria-label=(label) {}
            p.number { (t_with("imports-writing", &[("rows", count(progress.rows.max(import.rows_read)).into())])) }
        };
    }
    let percent = (progress.bytes * 100).checked_div(progress.of).unwrap_or(0).min(100);
    html! {
        @if progress.rows == 0 {
            progress aria-label=(label) {}
            p.hint { (t("imports-beginning")) }
        } @else {
            progress max="100" value=(percent) aria-label=(label) {}
            p.number {
                (t_with("imports-progress-rows", &[("rows", count(progress.rows).into()), ("percent", percent.into())]))
                @if let Some(rate) = progress.rows_per_second() {
                    " · " (t_with("imports-progress-rate", &[("rate", count(rate).into())]))
                }
                @if let Some(left) = progress.left() {
                    " · " (t_with("imports-progress-left", &[("time", duration(left.as_secs() + 1).into())]))
                }
            }
        }
    }
}

fn figures(import: &Import) -> Markup {
    let rows = rows_to_publish(import);
    let figure = |name: &str, value: u64, class: &str| {
        html! { div { dt { (t(name)) } dd.number class=(class) { (count(value)) } } }
    };
    let bad = |value: u64| if value > 0 { "is-warn" } else { "" };
    html! {
        dl.figures {
            (figure("imports-figure-rows", rows, ""))
            (figure("imports-figure-rejected", import.rows_rejected, bad(import.rows_rejected)))
            (figure("imports-figure-problems", import.problem_count, bad(import.problem_count)))
        }
    }
}

/// What does not parse: by column, then line by line.
fn problems(view: &StatusView<'_>) -> Markup {
    let Shown { import, sees_cells, kept, .. } = view.shown;
    let listed: Vec<ListedProblem> = serde_json::from_str(&import.problems_json).unwrap_or_default();
    let shown = listed.len().min(SHOWN_PROBLEMS);
    html! {
        @if import.problem_count > 0 {
            @if !import.untyped_cells.is_empty() {
                p { (t("imports-untyped")) }
                ul.misfit-counts {
                    @for (column, cells) in &import.untyped_cells {
                        li { (icon("triangle-alert")) (short(column)) " " strong.number { (count(*cells)) } }
                    }
                }
            }
            @if !sees_cells {
                p.hint { (t("imports-not-yours")) }
            } @else {
                @if kept.rejects {
                    p {
                        a.button href=(format!("/api/v1/imports/{}/rejects", import.id)) download {
                            (icon("download")) (t_with("imports-rejects", &[("rows", count(import.rows_rejected).into()), ("n", import.rows_rejected.into())]))
                        }
                    }
                }
                details.problems {
                    summary { (icon("chevron-right")) (problems_title(shown as u64, import.problem_count)) }
                    div.table-wrap tabindex="0" role="region" aria-label=(t("imports-problems-label")) {
                        table.table {
                            thead { tr {
                                th.number scope="col" { (t(place_word(import))) }
                                th scope="col" { (t("imports-col-column")) }
                                th scope="col" { (t("imports-col-value")) }
                                th scope="col" { (t("imports-col-reason")) }
                            } }
                            tbody {
                                @for problem in listed.iter().take(SHOWN_PROBLEMS) {
                                    tr {
                                        td.number { (count(problem.line)) }
                                        td { (problem.column.as_deref().map(short).unwrap_or_default()) }
                                        td.value { code { (problem.value) } }
                                        td { (problem.reason) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn problems_title(shown: u64, all: u64) -> String {
    if shown == all {
        return t_with("imports-problems-all", &[("all", count(all).into()), ("n", all.into())]);
    }
    t_with("imports-problems", &[("shown", count(shown).into()), ("all", count(all).into())])
}

fn ended(view: &StatusView<'_>) -> Markup {
    let Shown { import, dataset, .. } = view.shown;
    let another = html! {
        @if view.shown.kept.can_read_again { (post(view, "again", "button primary", "rotate-ccw", &t("imports-again"))) }
        a.button href=(format!("/imports?dataset={}", import.dataset_slug)) { (icon("upload")) (t("imports-another")) }
    };
    match import.state {
        ImportState::Published => html! {
            (title(import, &t_with("imports-published-title", &[("rows", count(import.rows_published).into()), ("n", import.rows_published.into()), ("dataset", dataset.as_str().into())])))
            (figures(import))
            div.actions {
                a.button.primary href=(dataset_href(&import.dataset_slug)) { (icon("package")) (t_with("imports-open", &[("dataset", dataset.as_str().into())])) }
                (another)
            }
            (problems(view))
        },
        ImportState::Cancelled => html! {
            (title(import, &t("imports-cancelled-title")))
            p { (t("imports-cancelled-text")) @if !view.shown.kept.can_read_again { " " (t("imports-cancelled-file")) } }
            div.actions { (another) }
        },
        _ => html! {
            (title(import, &t("imports-failed-title")))
            div.notice.bad {
                (icon("circle-alert"))
                p.reason { (import.error.clone().unwrap_or_else(|| t("imports-failed-text"))) }
            }
            p { (t("imports-failed-kept")) }
            div.actions { (another) }
        },
    }
}

/// Where the rows of a dataset are looked at.
fn dataset_href(slug: &str) -> String {
    if slug == "inventory" { "/inventory".to_owned() } else { format!("/datasets/{slug}") }
}
