//! The machine's side of the site, as a page.

use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::backups_view::backups_panel;
use super::tls_view::tls_panel;
use crate::config::Config;
use crate::domain::job::{Job, JobState};
use crate::services::system::System;
use crate::web::extract::Page;
use crate::web::ui::form::csrf_field;
use crate::web::ui::format::{bytes, count, duration, instant};
use crate::web::ui::{NavItem, icon, t, t_with};

/// The page.
pub fn system_page(page: &Page, look: &System, config: &Config, done: &str, now: Timestamp) -> Response {
    let (zone, csrf) = (page.look.zone(), page.csrf());
    let up = now.duration_since(look.started_at).as_secs().max(0).unsigned_abs();
    let content = html! {
        div.page-head {
            h1 { (t("system-title")) }
            div.actions {
                form method="post" action="/admin/system/bundle" {
                    (csrf_field(&csrf))
                    button.button type="submit" { (icon("download")) (t("system-bundle")) }
                }
            }
        }
        @if matches!(done, "retry" | "discard" | "backup" | "drill") {
            div.notice.ok role="status" { (icon("circle-check")) p { (t(&format!("system-done-{done}"))) } }
        }
        section.panel.padded.stack aria-labelledby="system-program" {
            h2 #system-program { (t("system-program")) }
            dl.facts {
                dt { (t("system-version")) } dd { (env!("CARGO_PKG_VERSION")) }
                dt { (t("system-started")) } dd { (instant(look.started_at, &zone, now)) " · " (duration(up)) }
                dt { (t("office-disk")) }
                dd { (t_with("office-free", &[("free", bytes(look.disk.0).into())])) " " (t_with("office-of", &[("all", bytes(look.disk.1).into())])) }
            }
            p.hint { (t("system-bundle-text")) }
            p { a href="/admin/doctor" { (t("system-doctor")) } " · " a href="/admin/outbound" { (t("system-outbound")) } }
        }
        (tls_panel(page, &look.tls, config.is_https()))
        (backups_panel(page, (&look.backups, &look.drills, look.copies.as_ref()), &config.backup, now))
        section.panel.padded.stack aria-labelledby="system-sizes" {
            h2 #system-sizes { (t("system-sizes")) }
            table.table.plain-table {
                thead { tr { th scope="col" { (t("system-part")) } th.number scope="col" { (t("system-bytes")) } } }
                tbody { @for (name, size) in &look.sizes { tr { td { code { (name) } } td.number { (bytes(*size)) } } } }
            }
        }
        section.panel.padded.stack aria-labelledby="system-jobs" {
            h2 #system-jobs { (t("system-jobs")) }
            @if look.jobs.iter().all(|(_, jobs)| jobs.is_empty()) { p.hint { (t("system-no-jobs")) } }
            @for (state, jobs) in look.jobs.iter().filter(|(_, jobs)| !jobs.is_empty()) { (job_table(*state, jobs, &zone, now, &csrf)) }
        }
        section.panel.padded.stack aria-labelledby="system-errors" {
            h2 #system-errors { (t("system-errors")) }
            @if look.errors.is_empty() { p.hint { (t("system-no-errors")) } } @else {
                table.table.cards {
                    thead { tr {
                        @for id in ["system-when", "system-request", "system-route", "system-kind"] { th scope="col" { (t(id)) } }
                    } }
                    tbody {
                        @for error in &look.errors {
                            tr {
                                td data-label=(t("system-when")) { (instant(error.at, &zone, now)) }
                                td data-label=(t("system-request")) { code { (error.request) } }
                                td data-label=(t("system-route")) { code { (error.route) } }
                                td data-label=(t("system-kind")) { (error.status) " " (error.kind) }
                            }
                        }
                    }
                }
            }
        }
        section.panel.padded.stack aria-labelledby="system-generations" {
            h2 #system-generations { (t("system-generations")) }
            @if look.generations.is_empty() { p.hint { (t("office-no-data-text")) } }
            @for (dataset, generations) in &look.generations {
                h3 { (dataset.name) }
                table.table.cards {
                    thead { tr {
                        th scope="col" { (t("system-generation")) }
                        th scope="col" { (t("system-when")) }
                        th.number scope="col" { (t("system-rows")) }
                        th.number scope="col" { (t("system-bytes")) }
                    } }
                    tbody {
                        @for generation in generations.iter().take(MAX_GENERATIONS) {
                            tr {
                                td data-label=(t("system-generation")) {
                                    (generation.id)
                                    @if dataset.current_generation == Some(generation.id) { " " span.badge.ok { (t("system-current")) } }
                                }
                                td data-label=(t("system-when")) { (instant(generation.published_at, &zone, now)) }
                                td.number data-label=(t("system-rows")) { (count(generation.rows)) }
                                td.number data-label=(t("system-bytes")) { (bytes(generation.index_bytes)) }
                            }
                        }
                    }
                }
            }
        }
    };
    page.show(NavItem::System, &t("system-title"), &[], &content)
}

/// Generations of a dataset that are shown.
const MAX_GENERATIONS: usize = 20;

fn job_table(state: JobState, jobs: &[Job], zone: &TimeZone, now: Timestamp, csrf: &str) -> Markup {
    let word = match state {
        JobState::Dead => "dead",
        JobState::Running => "running",
        JobState::Queued | JobState::Done => "queued",
    };
    html! {
        h3 { (t(&format!("system-jobs-{word}"))) }
        table.table.cards {
            thead { tr {
                th scope="col" { (t("system-kind")) }
                th scope="col" { (t("system-tries")) }
                th scope="col" { (t("system-when")) }
                th scope="col" { (t("system-why")) }
                @if state == JobState::Dead { th scope="col" { span.visually-hidden { (t("system-act")) } } }
            } }
            tbody {
                @for job in jobs {
                    tr {
                        td data-label=(t("system-kind")) { code { (job.kind) } }
                        td data-label=(t("system-tries")) { (job.attempts) " / " (job.max_attempts) }
                        td data-label=(t("system-when")) { (instant(if state == JobState::Queued { job.run_at } else { job.updated_at }, zone, now)) }
                        td data-label=(t("system-why")) { (job.last_error.as_deref().unwrap_or("")) }
                        @if state == JobState::Dead {
                            td.act {
                                @for action in ["retry", "discard"] {
                                    form method="post" action=(format!("/admin/system/jobs/{}/{action}", job.id)) {
                                        (csrf_field(csrf))
                                        button.button.small type="submit" { (t(&format!("system-{action}"))) }
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
