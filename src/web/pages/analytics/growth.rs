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
/// Units that are shown.
const UNITS: usize = 6;

/// What of a dataset's quantities is shown: one column, a number for each of its units.
struct Measure<'g> {
    column: Option<&'g str>,
    others: Vec<&'g str>,
    units: Vec<Option<&'g str>>,
    more_units: usize,
}

impl<'g> Measure<'g> {
    /// The wanted column, else the first.
    fn of(all: &'g Share, wanted: &str) -> Self {
        let mut columns: Vec<&str> = Vec::new();
        for amount in &all.amounts {
            if !columns.contains(&amount.column.as_str()) {
                columns.push(&amount.column);
            }
        }
        let column = columns.iter().find(|column| **column == wanted).or(columns.first()).copied();
        let units = all.amounts.iter().filter(|amount| Some(amount.column.as_str()) == column);
        let mut units: Vec<Option<&str>> = units.map(|amount| amount.unit.as_deref()).collect();
        let more_units = units.len().saturating_sub(UNITS);
        units.truncate(UNITS);
        Self { column, others: columns, units, more_units }
    }

    /// What the numbers of a unit are headed with.
    fn heading(&self, unit: Option<&str>) -> String {
        match unit {
            None => self.column.unwrap_or_default().to_owned(),
            Some("") => t("value-blank"),
            Some(unit) => unit.to_owned(),
        }
    }

    fn sum(&self, share: &Share, unit: Option<&str>) -> String {
        let is_it =
            |amount: &&Amount| Some(amount.column.as_str()) == self.column && amount.unit.as_deref() == unit;
        group(
            &share.amounts.iter().find(is_it).map_or_else(|| "0".to_owned(), |amount| amount.sum.to_string()),
        )
    }

    /// Ways to the other columns.
    fn tabs(&self, days: u32) -> Markup {
        let href = |column: &str| {
            let mut pairs = form_urlencoded::Serializer::new(String::new());
            pairs.append_pair("days", &days.to_string()).append_pair("quantity", column);
            format!("/admin/analytics?{}#analytics-growth", pairs.finish())
        };
        html! {
            @if self.others.len() > 1 {
                nav.tabs aria-label=(t("analytics-stock")) {
                    @for column in &self.others {
                        a href=(href(column)) aria-current=[(Some(*column) == self.column).then_some("page")] { (column) }
                    }
                }
            }
        }
    }
}

/// One dataset; `quantity` is the column that is looked at, if it has that.
pub fn growth_part(
    page: &Page,
    growth: &Growth,
    (days, quantity): (u32, &str),
    zone: &TimeZone,
    now: Timestamp,
) -> Markup {
    let skip = growth.generations.len().saturating_sub(GENERATIONS);
    let shown = &growth.generations[skip..];
    let Some(last) = shown.last() else { return html! {} };
    let before = shown.len().checked_sub(2).and_then(|at| shown.get(at));
    let values = [("dataset", growth.dataset.as_str().into()), ("n", count(last.all.rows).into())];
    let measure = Measure::of(&last.all, quantity);
    html! {
        h3 { (growth.dataset) }
        (line(&points(shown, zone), &t_with("analytics-growth-said", &values)))
        (measure.tabs(days))
        (over_time(page, growth, shown, &measure, now))
        @if !last.owners.is_empty() { (by_owner(page, growth, &measure, last, before)) }
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

fn over_time(page: &Page, growth: &Growth, shown: &[Stock], measure: &Measure<'_>, now: Timestamp) -> Markup {
    html! {
        details.more {
            (super::view::as_table())
            table.table.cards {
                thead { tr { th scope="col" { (t("office-imported")) } (headings(measure)) } }
                tbody {
                    @for stock in shown.iter().rev() {
                        tr {
                            td.who { a href=(import_events(growth, stock.at)) { (instant(stock.at, &page.look.zone(), now)) } }
                            (numbers(measure, &stock.all, None))
                        }
                    }
                }
            }
        }
    }
}

fn headings(measure: &Measure<'_>) -> Markup {
    html! {
        th.number scope="col" { (t("system-rows")) }
        @for unit in &measure.units { th.number scope="col" { (measure.heading(*unit)) } }
    }
}

/// Rows and quantities, those of the import before below.
fn numbers(measure: &Measure<'_>, share: &Share, was: Option<&Share>) -> Markup {
    let number = |label: &str, now: &str, was: Option<String>| {
        html! {
            td.number data-label=(label) {
                span.now-and-before {
                    span { (now) }
                    @if let Some(was) = was { span.hint { span.visually-hidden { (t("analytics-before")) " " } (was) } }
                }
            }
        }
    };
    html! {
        (number(&t("system-rows"), &count(share.rows), was.map(|was| count(was.rows))))
        @for unit in &measure.units {
            (number(&measure.heading(*unit), &measure.sum(share, *unit), was.map(|was| measure.sum(was, *unit))))
        }
    }
}

fn by_owner(
    page: &Page,
    growth: &Growth,
    measure: &Measure<'_>,
    last: &Stock,
    before: Option<&Stock>,
) -> Markup {
    let nothing = Share::default();
    // No import before is not the same as none of its rows.
    let was = |owner: &str| {
        let before = before?;
        Some(before.owners.iter().find(|(name, _)| name == owner).map_or(&nothing, |(_, share)| share))
    };
    let more = last.owners.len().saturating_sub(OWNERS);
    let manages = page.user().has(Permission::ManageUsers);
    html! {
        @if before.is_some() { p.hint { (t("analytics-before-below")) } }
        table.table.cards {
            caption.visually-hidden { (t_with("analytics-by-owner", &[("dataset", growth.dataset.as_str().into())])) }
            thead { tr { th scope="col" { (t("analytics-owner")) } (headings(measure)) } }
            tbody {
                @for (owner, share) in last.owners.iter().take(OWNERS) {
                    tr {
                        td.who {
                            a href=(if manages { address_of_owner(owner) } else { import_events(growth, last.at) }) {
                                @if owner.trim().is_empty() { em { (t("value-blank")) } } @else { (owner) }
                            }
                        }
                        (numbers(measure, share, was(owner)))
                    }
                }
            }
        }
        @if more > 0 { p.hint { (t_with("analytics-more-owners", &[("n", more.into())])) } }
        @if measure.more_units > 0 { p.hint { (t_with("analytics-more-units", &[("n", measure.more_units.into())])) } }
    }
}
