//! Backups on the page of the machine's side.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::config::backup::BackupConfig;
use crate::domain::backup::Drill;
use crate::domain::scope::OwnerScope;
use crate::services::backups::drill::DrillStanding;
use crate::services::backups::elsewhere::CopyStanding;
use crate::services::backups::schedule::Standing;
use crate::web::extract::Page;
use crate::web::ui::form::csrf_field;
use crate::web::ui::format::{ago, bytes, count, duration, instant};
use crate::web::ui::{icon, t, t_with};

/// The last backups, how they went, and a button for one more.
pub fn backups_panel(
    page: &Page,
    (look, drills, copies): (&Standing, &DrillStanding, Option<&CopyStanding>),
    config: &BackupConfig,
    now: Timestamp,
) -> Markup {
    let zone = page.look.zone();
    // A backup holds the rows of every owner.
    let sees_all = page.user().owners == OwnerScope::All;
    let last = look.backups.first().map(|backup| ago(backup.made_at, now));
    html! {
        section.panel.padded.stack aria-labelledby="system-backups" {
            div.panel-head.flush {
                h2 #system-backups { (t("system-backups")) }
                @if sees_all {
                    form method="post" action="/admin/system/backups" data-once {
                        (csrf_field(&page.csrf()))
                        button.button type="submit" { (t("system-backup-now")) }
                    }
                }
            }
            p.hint { (t("system-backup-text")) }
            p {
                @match last {
                    Some(ago) => { (t_with("system-backup-last", &[("ago", ago.into())])) }
                    None => { (t("system-backup-none")) }
                }
                " "
                @match config.every {
                    Some(every) => {
                        (t_with("system-backup-every", &[("every", duration(every.as_secs()).into()), ("keep", config.keep.into())]))
                    }
                    None => { (t("system-backup-off")) }
                }
            }
            @if look.is_at_work { p role="status" { (t("system-backup-at-work")) } }
            @if let Some((at, why)) = &look.failure {
                div.notice.bad {
                    (icon("circle-alert"))
                    p { (t_with("system-backup-failed", &[("ago", ago(*at, now).into()), ("why", why.as_str().into())])) }
                }
            }
            (drill_lines(page, look, drills, config, now))
            @if let Some(copies) = copies { (copy_lines(copies, now)) }
            @if !look.backups.is_empty() {
                table.table.cards {
                    thead { tr {
                        th scope="col" { (t("system-backup-made")) }
                        th.number scope="col" { (t("system-bytes")) }
                        @if sees_all { th scope="col" { span.visually-hidden { (t("system-backup-download")) } } }
                    } }
                    tbody {
                        @for backup in &look.backups {
                            tr {
                                td data-label=(t("system-backup-made")) { (instant(backup.made_at, &zone, now)) }
                                td.number data-label=(t("system-bytes")) { (bytes(backup.bytes)) }
                                @if sees_all {
                                    td.act {
                                        a.button.small href=(format!("/admin/system/backups/{}", backup.name)) {
                                            (icon("download")) (t("system-backup-download"))
                                            span.visually-hidden { " " (backup.name) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                p.hint { (t("system-backup-restore")) }
            }
        }
    }
}

/// How the last drill went, and a button for one more.
fn drill_lines(
    page: &Page,
    look: &Standing,
    drills: &DrillStanding,
    config: &BackupConfig,
    now: Timestamp,
) -> Markup {
    let sees_all = page.user().owners == OwnerScope::All;
    html! {
        @match &drills.last {
            Some(Drill { at, backup, problem: Some(why), .. }) => {
                div.notice.bad {
                    (icon("circle-alert"))
                    p {
                        (t_with("system-drill-failed", &[
                            ("ago", ago(*at, now).into()), ("backup", backup.as_str().into()), ("why", why.as_str().into()),
                        ]))
                    }
                }
            }
            Some(Drill { at, backup, took, built, problem: None }) => {
                p {
                    (t_with("system-drill-good", &[
                        ("ago", ago(*at, now).into()), ("backup", backup.as_str().into()),
                        ("took", duration(took.as_secs().max(1)).into()),
                    ]))
                    @if let Some((dataset, rows)) = built {
                        " "
                        (t_with("system-drill-built", &[
                            ("dataset", dataset.as_str().into()), ("rows", count(*rows).into()),
                        ]))
                    }
                }
            }
            None => p { (t("system-drill-none")) },
        }
        p.hint {
            @match config.drill {
                Some(every) => (t_with("system-drill-every", &[("every", duration(every.as_secs()).into())])),
                None => (t("system-drill-off")),
            }
        }
        @if drills.is_at_work { p role="status" { (t("system-drill-at-work")) } }
        @if sees_all && !look.backups.is_empty() {
            form method="post" action="/admin/system/backups/drill" data-once {
                (csrf_field(&page.csrf()))
                button.button.small type="submit" { (t("system-drill-now")) }
            }
        }
    }
}

/// How copies elsewhere are.
fn copy_lines(copies: &CopyStanding, now: Timestamp) -> Markup {
    let place = || copies.place.as_str().into();
    html! {
        p {
            @match copies.copies.first() {
                Some(newest) => {
                    (t_with("system-copies", &[
                        ("place", place()), ("n", copies.copies.len().into()), ("keep", copies.keep.into()),
                        ("newest", newest.name.as_str().into()), ("ago", ago(newest.at, now).into()),
                    ]))
                }
                None => (t_with("system-copies-none", &[("place", place())])),
            }
            @if copies.waiting > 0 { " " (t_with("system-copies-waiting", &[("n", copies.waiting.into())])) }
        }
        @if let Some((at, why)) = &copies.failure {
            div.notice.bad {
                (icon("circle-alert"))
                p { (t_with("system-copies-failed", &[("ago", ago(*at, now).into()), ("why", why.as_str().into())])) }
            }
        }
    }
}
