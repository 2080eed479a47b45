//! The figures as a page.

use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::chart::{Point, line};
use super::growth::growth_part;
use super::tables::TableName;
use crate::domain::audit::Actor;
use crate::domain::figures::{EmptySearch, Exported};
use crate::domain::ids::UserId;
use crate::domain::permission::Permission;
use crate::services::analytics::{Analytics, EXPORT_DAYS};
use crate::services::audit::actor_word;
use crate::web::extract::Page;
use crate::web::ui::format::{count, instant};
use crate::web::ui::reader;
use crate::web::ui::{NavItem, icon, t, t_with};

/// The page; `quantity` is the column of stock that is looked at.
pub fn analytics_page(
    page: &Page,
    figures: &Analytics,
    (days, quantity): (u32, &str),
    zone: &TimeZone,
    now: Timestamp,
) -> Response {
    let of_week = |action: &str| events(&[("action", action)], Some((figures.week_from, None)));
    let (customers, sessions) = if page.user().has(Permission::ManageUsers) {
        ("/admin/customers?role=customer&status=active".to_owned(), "/admin/sessions".to_owned())
    } else {
        // Those pages are not for whoever only reads the log.
        (events(&[("action", "user.")], None), of_week("session."))
    };
    let first = figures.days.first().map_or(figures.week_from, |day| begin(day.date, zone));
    let of_user = |user: UserId, action: &str| {
        events(&[("actor", &user.to_string()), ("action", action)], Some((first, None)))
    };
    let content = html! {
        div.page-head { h1 { (t("analytics-title")) } }
        div.tiles.figures {
            (kpi(&customers, figures.active_customers as u64, "analytics-customers"))
            (kpi(&of_week("session.begin"), figures.sign_ins, "analytics-sign-ins"))
            (kpi(&of_week("session.begin"), figures.unique as u64, "analytics-unique"))
            (kpi(&sessions, figures.sessions as u64, "analytics-sessions"))
            (kpi("#analytics-active", figures.searches, "analytics-searches-week"))
            (kpi(&of_week("dataset.export"), figures.exports, "analytics-exports"))
        }
        (sign_ins(figures, days, zone))
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
                                td.who { (user_link(active.user, &active.name)) }
                                @for ((uses, label), action) in active.uses.iter().zip(USES).zip(ACTIONS) {
                                    td.number data-label=(t(&format!("analytics-column-{label}"))) {
                                        @match action.filter(|_| *uses > 0) {
                                            Some(action) => a.quiet-link href=(of_user(active.user, action)) { (count(*uses)) },
                                            None => (count(*uses)),
                                        }
                                    }
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
                                td.who { a href=(search_again(search)) { (search.text) } }
                                td data-label=(t("analytics-dataset")) { (search.dataset) }
                                td.number data-label=(t("analytics-times")) { (count(search.times)) }
                                td data-label=(t("analytics-last")) { (instant(search.last_at, &page.look.zone(), now)) }
                            }
                        }
                    }
                }
            }
        }
        (exports(page, figures, days, now))
        section.panel.padded.stack aria-labelledby="analytics-growth" {
            (head("analytics-growth", TableName::Stock, days))
            @if figures.growth.iter().all(|growth| growth.generations.is_empty()) { p.hint { (t("analytics-none")) } }
            @for growth in figures.growth.iter().filter(|growth| !growth.generations.is_empty()) { (growth_part(page, growth, (days, quantity), zone, now)) }
        }
    };
    page.show(NavItem::Analytics, &t("analytics-title"), &[], &content)
}

/// What is counted of a user, and the events that are counted. Searches leave none: they are nobody's business.
const USES: [&str; 3] = ["sign-ins", "searches", "exports"];
const ACTIONS: [Option<&str>; 3] = [Some("session.begin"), None, Some("dataset.export")];

fn kpi(href: &str, n: u64, text: &str) -> Markup {
    html! { a.tile.todo href=(href) { strong { (count(n)) } span { (t_with(text, &[("n", n.into())])) } } }
}

/// When a day begins.
fn begin(day: Date, zone: &TimeZone) -> Timestamp {
    day.to_zoned(zone.clone()).map_or(Timestamp::UNIX_EPOCH, |begin| begin.timestamp())
}

/// The same search, to see what it finds by now.
fn search_again(search: &EmptySearch) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("q", &search.text);
    format!("/datasets/{}?{}", search.dataset, pairs.finish())
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

fn sign_ins(figures: &Analytics, days: u32, zone: &TimeZone) -> Markup {
    let of_day = |date: Date| {
        let until = begin(date.tomorrow().unwrap_or(date), zone);
        events(&[("action", "session.begin")], Some((begin(date, zone), Some(until))))
    };
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
            details.more {
                (as_table())
                table.table.plain-table {
                    thead { tr {
                        th scope="col" { (t("analytics-day")) }
                        th.number scope="col" { (t("analytics-column-sign-ins")) }
                        th.number scope="col" { (t("analytics-column-users")) }
                    } }
                    tbody {
                        @for day in figures.days.iter().rev() {
                            tr {
                                td { a href=(of_day(day.date)) { (reader::formats().date(day.date)) } }
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

/// What opens a chart's figures.
pub fn as_table() -> Markup {
    html! { summary { (icon("chevron-right")) (t("analytics-as-table")) } }
}

/// The events of the audit log that a figure counts: fields of its filter, and from when until when.
pub fn events(fields: &[(&str, &str)], time: Option<(Timestamp, Option<Timestamp>)>) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(fields);
    if let Some((from, until)) = time {
        pairs.append_pair("from", &from.to_string());
        pairs.extend_pairs(until.map(|until| ("to", until.to_string())));
    }
    format!("/admin/audit?{}", pairs.finish())
}

fn exports(page: &Page, figures: &Analytics, days: u32, now: Timestamp) -> Markup {
    let from = figures.exported_from;
    let of = |exported: &Exported| {
        let (target, format) =
            (format!("dataset:{}", exported.dataset), format!("\"format\":\"{}\"", exported.format));
        events(&[("action", "dataset.export"), ("target", &target), ("q", &format)], Some((from, None)))
    };
    html! {
        section.panel.padded.stack aria-labelledby="analytics-exported" {
            (head("analytics-exported", TableName::Exports, days))
            @if figures.exported.is_empty() { p.hint { (t_with("analytics-none-exported", &[("days", EXPORT_DAYS.into())])) } } @else {
                p.hint { (t_with("analytics-exported-text", &[("days", EXPORT_DAYS.into())])) }
                table.table.cards {
                    thead { tr {
                        th scope="col" { (t("analytics-dataset")) }
                        th scope="col" { (t("analytics-format")) }
                        th.number scope="col" { (t("analytics-column-exports")) }
                        th.number scope="col" { (t("system-rows")) }
                        th scope="col" { (t("analytics-last")) }
                        th scope="col" { (t("analytics-last-by")) }
                    } }
                    tbody {
                        @for (exported, name) in &figures.exported {
                            tr {
                                td.who { a href=(of(exported)) { (exported.dataset) } }
                                td data-label=(t("analytics-format")) { (exported.format.to_uppercase()) }
                                td.number data-label=(t("analytics-column-exports")) { (count(exported.exports)) }
                                td.number data-label=(t("system-rows")) { (count(exported.rows)) }
                                td data-label=(t("analytics-last")) { (instant(exported.last_at, &page.look.zone(), now)) }
                                td data-label=(t("analytics-last-by")) { (last_by(exported, name.as_deref())) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn last_by(exported: &Exported, name: Option<&str>) -> Markup {
    match (exported.last_by, name) {
        (Actor::User(user), Some(name)) => user_link(user, name),
        (actor, _) => html! { span.badge { (t(&format!("audit-actor-{}", actor_word(&actor)))) } },
    }
}
