//! `GET /admin`

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};

use crate::services::authorize::{ManageSite, ManageUsers};
use crate::services::dashboard::{self, Dashboard, Freshness, Health};
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;
use crate::web::ui::format::{ago, bytes, count, duration, instant};
use crate::web::ui::shell::office_entries;
use crate::web::ui::{NavItem, icon, t, t_with};

/// One look at everything.
pub async fn dashboard(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let (users, site) = (page.grant::<ManageUsers>()?, page.grant::<ManageSite>()?);
    let look = state.run(move |services| dashboard::look(services, &users, &site)).await?;
    let now = state.services().now();
    let content = html! {
        div.page-head { h1 { (t("office-title")) } }
        section aria-labelledby="office-waiting" {
            h2.office-heading #office-waiting { (t("office-waiting")) }
            (waiting(&look))
        }
        section aria-labelledby="office-health" {
            h2.office-heading #office-health { (t("office-health")) }
            div.tiles {
                @for dataset in &look.datasets { (dataset_tile(&page, dataset, now)) }
                @if look.datasets.is_empty() { (tile("/imports", Health::Warning, &t("office-no-data"), &t("office-no-data-text"), None)) }
                (health_tiles(&page, &look, now))
            }
        }
        section aria-labelledby="office-all" {
            h2.office-heading #office-all { (t("office-all")) }
            ul.office-links {
                @for (href, symbol, text) in office_entries(page.user()) {
                    li { a href=(href) { (icon(symbol)) (t(text)) } }
                }
            }
        }
    };
    Ok(page.show(NavItem::Office, &t("office-title"), &[], &content))
}

/// A figure that leads to where it is dealt with.
fn tile(href: &str, health: Health, title: &str, figure: &str, more: Option<Markup>) -> Markup {
    let (class, word) = match health {
        Health::Good => ("ok", t("office-good")),
        Health::Warning => ("warn", t("office-warning")),
        Health::Bad => ("bad", t("office-bad")),
        Health::Unknown => ("neutral", t("office-unknown")),
        Health::Off => ("neutral", t("office-off")),
    };
    html! {
        a.tile href=(href) {
            span.tile-head { (title) span class=(format!("badge {class}")) { (word) } }
            strong { (figure) }
            @if let Some(more) = more { span.hint { (more) } }
        }
    }
}

fn waiting(look: &Dashboard) -> Markup {
    let waiting = look.waiting;
    let figures = [
        (waiting.accounts, "/admin/approvals", "office-accounts"),
        (waiting.resets, "/admin/approvals", "office-resets"),
        (waiting.quarantined, "/imports", "office-quarantined"),
        (waiting.to_publish, "/imports", "office-to-publish"),
        (waiting.refused_mails, "/admin/outbox?state=waiting", "office-refused-mails"),
        (waiting.failed_mails, "/admin/outbox?state=failed", "office-failed-mails"),
        (waiting.dead_jobs, "/admin/system", "office-dead-jobs"),
    ];
    html! {
        @if figures.iter().all(|(n, _, _)| *n == 0) {
            div.notice.ok { (icon("circle-check")) p { (t("office-nothing-waits")) } }
        } @else {
            div.tiles.figures {
                @for (n, href, text) in figures.iter().filter(|(n, _, _)| *n > 0) {
                    a.tile.todo href=(href) {
                        strong { (count(*n as u64)) }
                        span { (t_with(text, &[("n", (*n).into())])) }
                    }
                }
            }
        }
    }
}

fn dataset_tile(page: &Page, dataset: &Freshness, now: Timestamp) -> Markup {
    let figure = t_with("office-rows", &[("n", dataset.rows.into()), ("shown", count(dataset.rows).into())]);
    let more = html! {
        @match dataset.published_at {
            Some(at) => { (t("office-imported")) " " (instant(at, &page.look.zone(), now)) ", " (ago(at, now)) }
            None => { (t("office-never-imported")) }
        }
        @if let Some(at) = dataset.checked_at.filter(|at| Some(*at) > dataset.published_at) {
            " · " (t_with("office-checked", &[("ago", ago(at, now).into())]))
        }
        @if dataset.last_failed { " · " (t("office-import-failed")) }
    };
    tile("/imports", dataset.health, &dataset.name, &figure, Some(more))
}

fn health_tiles(page: &Page, look: &Dashboard, now: Timestamp) -> Markup {
    let (free, all) = look.disk;
    let free_text = t_with("office-free", &[("free", bytes(free).into())]);
    let of = html! { (t_with("office-of", &[("all", bytes(all).into())])) };
    let mail_figure = match look.mail.sent_at {
        _ if look.mail.health == Health::Off => t("office-mail-off"),
        _ if look.mail.refused.mails > 0 => t("office-mail-refused"),
        Some(at) => t_with("office-mail-sent", &[("ago", ago(at, now).into())]),
        None => t("office-mail-none"),
    };
    let refused = &look.mail.refused;
    let mail_more = (look.mail.waiting > 0).then(|| {
        html! {
            (t_with("office-mail-waiting", &[("n", look.mail.waiting.into())]))
            @if let Some(next) = refused.next { " · " (t("mail-next")) " " (instant(next, &page.look.zone(), now)) }
            @if let Some(answer) = refused.answer.as_ref().filter(|_| refused.mails > 0) { br; (answer) }
        }
    });
    let directory_figure = match (&look.directory.why_not, look.directory.asked) {
        _ if look.directory.health == Health::Off => t("office-directory-off"),
        (Some(_), _) => t("office-directory-away"),
        (None, Some(asked)) => t_with("office-directory-asked", &[("ago", duration(asked.as_secs()).into())]),
        (None, None) => t("office-directory-unasked"),
    };
    let why_not = look.directory.why_not.clone().map(|why| html! { (why) });
    let audit_figure = match (look.audit.health, look.audit.checked) {
        (Health::Bad, _) => t("office-audit-broken"),
        (_, Some((seq, _))) => t_with("office-audit-checked", &[("seq", count(seq).into())]),
        (_, None) => t("office-audit-unchecked"),
    };
    let audit_more = look.audit.checked.map(|(_, at)| html! { (ago(at, now)) });
    let https = if look.is_https && look.tls.trouble.is_none() { Health::Good } else { Health::Warning };
    let ends = look
        .tls
        .certificate
        .as_ref()
        .map(|certificate| super::tls_view::day_of(certificate.expires_at, &page.look.zone()));
    let (https_figure, https_text) = match (look.is_https, &look.tls.trouble, ends) {
        (true, Some(trouble), _) => (t("office-https"), html! { (trouble) }),
        (true, None, Some(ends)) if look.tls.mode != "off" => {
            (t("office-https"), html! { (t("office-https-until")) " " (ends) })
        }
        (true, ..) => (t("office-https"), html! { (t("office-https-text")) }),
        (false, ..) => (t("office-http"), html! { (t("office-http-text")) }),
    };
    let backup_figure = look.backup.made_at.map_or_else(|| t("office-no-backup"), |at| ago(at, now));
    let backup_more = html! {
        @match &look.backup.why_not {
            Some(why) => { (why) }
            None if look.backup.made_at.is_none() => { (t("office-backup-text")) }
            None => {}
        }
    };
    html! {
        (tile("/admin/doctor#doctor-disk", look.disk_health, &t("office-disk"), &free_text, Some(of)))
        (tile("/admin/outbox", look.mail.health, &t("nav-mail"), &mail_figure, mail_more))
        (tile("/admin/directory", look.directory.health, &t("nav-directory"), &directory_figure, why_not))
        (tile("/admin/audit", look.audit.health, &t("nav-audit"), &audit_figure, audit_more))
        (tile("/admin/system#system-tls", https, &t("office-tls"), &https_figure, Some(https_text)))
        (tile("/admin/system#system-backups", look.backup.health, &t("office-backup"), &backup_figure, Some(backup_more)))
    }
}
