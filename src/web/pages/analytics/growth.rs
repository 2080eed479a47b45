//! What datasets hold over time, and of whom.

use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use super::chart::{Point, line};
use super::view::events;
use crate::domain::figures::{Amount, Share, Stock};
use crate::domain::permission::Permission;
use crate::services::stock::Growth;
use crate::web::extract::Page;
use crate::web::pages::users::address_of_owner;
use crate::web::ui::format::{count, group, instant};
use crate::web::ui::{reader, t, t_with};

/// Generations in the line and the table below it; files have all.
const GENERATIONS: usize = 20;
/// Owners of the last generation that are shown.
const OWNERS: usize = 10;

/// One dataset.
pub fn growth_part(page: &Page, growth: &Growth, zone: &TimeZone, now: Timestamp) -> Markup {
    let skip = growth.generations.len().saturating_sub(GENERATIONS);
    let shown = &growth.generations[skip..];
    let Some(last) = shown.last() else { return html! {} };
    let before = shown.len().checked_sub(2).and_then(|at| shown.get(at));
    let values = [("dataset", growth.dataset.as_str().into()), ("n", count(last.all.rows).into())];
    html! {
        h3 { (growth.dataset) }
        (line(&points(shown, zone), &t_with("analytics-growth-said", &values)))
        (over_time(page, growth, shown, now))
        @if !last.owners.is_empty() { (by_owner(page, growth, last, before)) }
        p.hint { (t("office-imported")) " " (instant(last.at, &page.look.zone(), now)) }
    }
}

/// A point a generation; where one day has several, each with its time.
fn points(shown: &[Stock], zone: &TimeZone) -> Vec<Point> {
    let formats = reader::formats();
    let at = |stock: &Stock| stock.at.to_zoned(zone.clone());
    let days: HashSet<_> = shown.iter().map(|stock| at(stock).date()).collect();
    let label = |stock: &Stock| {
        let at = at(stock);
        if days.len() == shown.len() { formats.day_and_month(at.date()) } else { formats.day_and_minute(&at) }
    };
    shown.iter().map(|stock| Point { label: label(stock), value: stock.all.rows }).collect()
}

/// The import that brought it, in the audit log.
fn import_events(growth: &Growth, at: Timestamp) -> String {
    let target = format!("dataset:{}", growth.slug);
    let until = at + SignedDuration::from_micros(1);
    events(&[("action", "import.publish"), ("target", &target)], Some((at, Some(until))))
}

fn over_time(page: &Page, growth: &Growth, shown: &[Stock], now: Timestamp) -> Markup {
    let has_amounts = shown.iter().any(|stock| !stock.all.amounts.is_empty());
    html! {
        details.more {
            (super::view::as_table())
            table.table.plain-table {
                thead { tr {
                    th scope="col" { (t("office-imported")) }
                    th.number scope="col" { (t("system-rows")) }
                    @if has_amounts { th.number scope="col" { (t("analytics-stock")) } }
                } }
                tbody {
                    @for stock in shown.iter().rev() {
                        tr {
                            td { a href=(import_events(growth, stock.at)) { (instant(stock.at, &page.look.zone(), now)) } }
                            td.number { (count(stock.all.rows)) }
                            @if has_amounts { td.number { (amounts(&stock.all, &stock.all)) } }
                        }
                    }
                }
            }
        }
    }
}

fn by_owner(page: &Page, growth: &Growth, last: &Stock, before: Option<&Stock>) -> Markup {
    let has_amounts = last.owners.iter().any(|(_, share)| !share.amounts.is_empty());
    let nothing = Share::default();
    // No import before is not the same as none of its rows.
    let was = |owner: &str| {
        let before = before?;
        Some(before.owners.iter().find(|(name, _)| name == owner).map_or(&nothing, |(_, share)| share))
    };
    let more = last.owners.len().saturating_sub(OWNERS);
    let manages = page.user().has(Permission::ManageUsers);
    let rows =
        [t("system-rows"), t("analytics-rows-before"), t("analytics-stock"), t("analytics-stock-before")];
    html! {
        table.table.cards.owner-stock {
            caption.visually-hidden { (t_with("analytics-by-owner", &[("dataset", growth.dataset.as_str().into())])) }
            thead { tr {
                th scope="col" { (t("analytics-owner")) }
                @for column in rows.iter().take(if has_amounts { 4 } else { 2 }) { th.number scope="col" { (column) } }
            } }
            tbody {
                @for (owner, share) in last.owners.iter().take(OWNERS) {
                    @let was = was(owner);
                    tr {
                        td.who {
                            a href=(if manages { address_of_owner(owner) } else { import_events(growth, last.at) }) {
                                @if owner.trim().is_empty() { em { (t("value-blank")) } } @else { (owner) }
                            }
                        }
                        td.number data-label=(rows[0]) { (count(share.rows)) }
                        td.number data-label=(rows[1]) { (was.map(|was| count(was.rows)).unwrap_or_default()) }
                        @if has_amounts {
                            td.number data-label=(rows[2]) { (amounts(share, &last.all)) }
                            td.number data-label=(rows[3]) { @if let Some(was) = was { (amounts(was, &last.all)) } }
                        }
                    }
                }
            }
        }
        @if more > 0 { p.hint { (t_with("analytics-more-owners", &[("n", more.into())])) } }
    }
}

/// Each sum with its unit, and its column where there are several.
fn amounts(share: &Share, all: &Share) -> Markup {
    let columns: HashSet<&str> = all.amounts.iter().map(|amount| amount.column.as_str()).collect();
    let unit = |amount: &Amount| amount.unit.clone().unwrap_or_default();
    html! {
        @for amount in &share.amounts {
            span.amount {
                @if columns.len() > 1 { span.hint { (amount.column) } " " }
                (group(&amount.sum.to_string())) " " (unit(amount))
            }
        }
    }
}
