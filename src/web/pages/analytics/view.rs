//! The figures as a page.

use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::chart::{Point, line};
use super::tables::TableName;
use crate::domain::ids::UserId;
use crate::services::analytics::{Analytics, Growth};
use crate::web::extract::Page;
use crate::web::ui::format::{count, instant};
use crate::web::ui::reader;
use crate::web::ui::{NavItem, icon, t, t_with};

/// The page.
pub fn analytics_page(
    page: &Page,
    figures: &Analytics,
    days: u32,
    zone: &TimeZone,
    now: Timestamp,
) -> Response {
    let week = now.to_zoned(zone.clone()).date().saturating_sub(jiff::Span::new().days(6));
    let events = |action: &str| format!("/admin/audit?action={action}&from={week}");
    let content = html! {
        div.page-head { h1 { (t("analytics-title")) } }
        div.tiles.figures {
            (kpi("/admin/customers", figures.active_customers as u64, "analytics-customers"))
            (kpi(&events("session.begin"), figures.sign_ins, "analytics-sign-ins"))
            (kpi(&events("session.begin"), figures.unique as u64, "analytics-unique"))
            (kpi("/admin/sessions", figures.sessions as u64, "analytics-sessions"))
            (kpi("#analytics-searches", figures.searches, "analytics-searches-week"))
            (kpi(&events("dataset.export"), figures.exports, "analytics-exports"))
        }
        (sign_ins(figures, days))
        section.panel.padded.stack aria-labelledby="analytics-active" {
            (head("analytics-active", TableName::MostActive, days))
            @if figures.most_active.is_empty() { p.hint { (t("analytics-none")) } } @else {
                table.table.cards {
                    thead { tr {
                        th scope="col" { (t("sessions-who")) }
                        th.number scope="col" { (t("analytics-column-sign-ins")) }
                        th.number scope="col" { (t("analytics-column-searches")) }
                        th.number scope="col" { (t("analytics-column-exports")) }
                    } }
                    tbody {
                        @for active in &figures.most_active {
                            tr {
                                td data-label=(t("sessions-who")) { (user_link(active.user, &active.name)) }
                                @for (uses, label) in active.uses.iter().zip(["sign-ins", "searches", "exports"]) {
                                    td.number data-label=(t(&format!("analytics-column-{label}"))) { (count(*uses)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        section.panel.padded.stack aria-labelledby="analytics-recent" {
            (head("analytics-recent", TableName::Recent, days))
            @if figures.recent.is_empty() { p.hint { (t("analytics-none")) } } @else {
                table.table.cards {
                    thead { tr {
                        th scope="col" { (t("system-when")) }
                        th scope="col" { (t("sessions-who")) }
                        th scope="col" { (t("account-session-address")) }
                        th scope="col" { span.visually-hidden { (t("analytics-event")) } }
                    } }
                    tbody {
                        @for sign_in in &figures.recent {
                            tr {
                                td data-label=(t("system-when")) { (instant(sign_in.at, &page.look.zone(), now)) }
                                td data-label=(t("sessions-who")) { (user_link(sign_in.user, &sign_in.name)) }
                                td.code data-label=(t("account-session-address")) { (sign_in.address.as_deref().unwrap_or_default()) }
                                td.act { a href=(format!("/admin/audit/{}", sign_in.seq)) { (t("analytics-event")) } }
                            }
                        }
                    }
                }
            }
        }
        section.panel.padded.stack aria-labelledby="analytics-searches" {
            (head("analytics-searches", TableName::EmptySearches, days))
            @if figures.empty_searches.is_empty() { p.hint { (t("analytics-none")) } } @else {
                table.table.cards {
                    thead { tr {
                        th scope="col" { (t("analytics-search")) }
                        th scope="col" { (t("analytics-dataset")) }
                        th.number scope="col" { (t("analytics-times")) }
                        th scope="col" { (t("analytics-last")) }
                    } }
                    tbody {
                        @for search in &figures.empty_searches {
                            tr {
                                td data-label=(t("analytics-search")) { (search.text) }
                                td data-label=(t("analytics-dataset")) { (search.dataset) }
                                td.number data-label=(t("analytics-times")) { (count(search.times)) }
                                td data-label=(t("analytics-last")) { (instant(search.last_at, &page.look.zone(), now)) }
                            }
                        }
                    }
                }
            }
        }
        section.panel.padded.stack aria-labelledby="analytics-growth" {
            (head("analytics-growth", TableName::Owners, days))
            @if figures.growth.iter().all(|growth| growth.generations.is_empty()) { p.hint { (t("analytics-none")) } }
            @for growth in figures.growth.iter().filter(|growth| !growth.generations.is_empty()) { (growth_part(page, growth, zone, now)) }
        }
    };
    page.show(NavItem::Analytics, &t("analytics-title"), &[], &content)
}

fn kpi(href: &str, n: u64, text: &str) -> Markup {
    html! { a.tile.todo href=(href) { strong { (count(n)) } span { (t_with(text, &[("n", n.into())])) } } }
}

fn user_link(user: UserId, name: &str) -> Markup {
    html! { a href=(format!("/admin/audit?actor={user}")) { (name) } }
}

fn head(id: &str, table: TableName, days: u32) -> Markup {
    html! {
        div.panel-head.flush {
            h2 id=(id) { (t(id)) }
            a.button.small href=(format!("/admin/analytics/{}?days={days}", table.file())) { (icon("download")) "CSV" }
        }
    }
}

fn sign_ins(figures: &Analytics, days: u32) -> Markup {
    let points: Vec<Point> = figures
        .days
        .iter()
        .map(|day| Point { label: reader::formats().day_and_month(day.date), value: day.sign_ins })
        .collect();
    let all: u64 = figures.days.iter().map(|day| day.sign_ins).sum();
    let said = t_with("analytics-chart-said", &[("n", all.into()), ("days", days.into())]);
    html! {
        section.panel.padded.stack aria-labelledby="analytics-days" {
            (head("analytics-days", TableName::SignIns, days))
            nav.tabs aria-label=(t("analytics-period")) {
                @for (choice, text) in [(14, "analytics-14"), (90, "analytics-90")] {
                    a href=(format!("/admin/analytics?days={choice}#analytics-days")) aria-current=[(choice == days).then_some("page")] { (t(text)) }
                }
            }
            (line(&points, &said))
            details {
                summary { (t("analytics-as-table")) }
                table.table.plain-table {
                    thead { tr {
                        th scope="col" { (t("analytics-day")) }
                        th.number scope="col" { (t("analytics-column-sign-ins")) }
                        th.number scope="col" { (t("analytics-column-users")) }
                    } }
                    tbody {
                        @for day in figures.days.iter().rev() {
                            tr {
                                td { a href=(format!("/admin/audit?action=session.begin&from={0}&to={0}", day.date)) { (reader::formats().date(day.date)) } }
                                td.number { (count(day.sign_ins)) }
                                td.number { (count(day.users as u64)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Owners of the last generation that are shown.
const OWNERS: usize = 10;

fn growth_part(page: &Page, growth: &Growth, zone: &TimeZone, now: Timestamp) -> Markup {
    let points: Vec<Point> = growth
        .generations
        .iter()
        .map(|generation| Point {
            label: reader::formats().day_and_month(generation.at.to_zoned(zone.clone()).date()),
            value: generation.rows,
        })
        .collect();
    let rows = growth.generations.last().map_or(0, |generation| generation.rows);
    let said = t_with(
        "analytics-growth-said",
        &[("dataset", growth.dataset.as_str().into()), ("n", count(rows).into())],
    );
    let last = growth.generations.last();
    let before = growth.generations.len().checked_sub(2).and_then(|at| growth.generations.get(at));
    // No import before is not the same as none of its rows.
    let was = |owner: &str| {
        before.map_or_else(String::new, |before| {
            count(before.owners.iter().find(|(name, _)| name == owner).map_or(0, |(_, rows)| *rows))
        })
    };
    html! {
        h3 { (growth.dataset) }
        (line(&points, &said))
        @if let Some(last) = last.filter(|last| !last.owners.is_empty()) {
            table.table.plain-table {
                thead { tr {
                    th scope="col" { (t("analytics-owner")) }
                    th.number scope="col" { (t("system-rows")) }
                    th.number scope="col" { (t("analytics-before")) }
                } }
                tbody {
                    @for (owner, rows) in last.owners.iter().take(OWNERS) {
                        tr { td { (owner) } td.number { (count(*rows)) } td.number { (was(owner)) } }
                    }
                }
            }
            p.hint { (t("office-imported")) " " (instant(last.at, &page.look.zone(), now)) }
        }
    }
}
