//! The overview as it is seen.

use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

use super::super::chart::spark;
use super::super::list::{days, marks};
use super::super::query::SheetQuery;
use super::super::sheet_table::{line_name, number};
use super::super::tabs::{Tab, tabs};
use super::query::{OverviewQuery, SortBy};
use crate::domain::plan::Plan;
use crate::domain::plan::projection::Cover;
use crate::services::plans::{LineView, Overview};
use crate::web::extract::FormData;
use crate::web::ui::form::hidden;
use crate::web::ui::pager::Pager;
use crate::web::ui::{icon, t, t_with};

/// Lines of a page.
const PAGE_LINES: usize = 50;
/// So many days before the first day without stock begins the sheet that a line leads to.
const DAYS_BEFORE_A_PROBLEM: i64 = 7;

/// The title and the page; `told` is what is said of its address.
pub fn content(
    mut overview: Overview,
    mut query: OverviewQuery,
    today: Date,
    told: &Markup,
) -> (String, Markup) {
    query.choose(&mut overview.lines);
    query.page = query.page.min(overview.lines.len().div_ceil(PAGE_LINES)).max(1);
    let Overview { plan, lines, totals } = &overview;
    let shown = lines.iter().skip((query.page - 1) * PAGE_LINES).take(PAGE_LINES);
    let markup = html! {
        nav.crumbs.no-print aria-label=(t("plan-crumbs")) { a href="/plan" { (icon("chevron-left")) (t("plan-title")) } }
        div.page-head {
            h1 { (plan.name) " " (marks(plan)) }
            a.button href=(OverviewQuery { page: 1, ..query.clone() }.address(plan, "overview.xlsx")) download { (icon("download")) "XLSX" }
        }
        p.hint {
            (days(plan.horizon)) " · "
            (t_with("plan-lines", &[("n", totals.lines.into())])) " · "
            (t_with("plan-stock-outs", &[("n", totals.stock_outs.into())])) " · "
            (t_with("plan-under-safety", &[("n", totals.under_safety.into())]))
        }
        (tabs(plan, Tab::Overview))
        (told)
        (filters(plan, &query))
        @if lines.is_empty() {
            div.panel.empty {
                (icon("chart-line"))
                strong { (t(if totals.lines == 0 { "plan-empty" } else { "plan-nothing-found" })) }
                @if totals.lines > 0 { p { a href=(OverviewQuery::default().address(plan, "overview")) { (t("plan-all-lines")) } } }
            }
        } @else {
            div.table-wrap tabindex="0" role="region" aria-label=(t("plan-tab-overview")) {
                table.table.cards.plan-overview {
                    caption.visually-hidden { (t("plan-tab-overview")) }
                    thead { tr {
                        (head(plan, &query, SortBy::Line))
                        th scope="col" { (t("plan-spark")) }
                        @for by in &SortBy::ALL[1..] { (head(plan, &query, *by)) }
                    } }
                    tbody { @for view in shown { (row(plan, view, today)) } }
                }
            }
            p.hint { (t("plan-cover-column")) ": " (t("plan-cover-hint")) }
            (Pager {
                label: "plan-pages",
                page: query.page,
                entries: lines.len(),
                page_entries: PAGE_LINES,
                texts: ("plan-page-before", "plan-page-after"),
            }.write(|page| OverviewQuery { page, ..query.clone() }.address(plan, "overview")))
        }
    };
    (plan.name.clone(), markup)
}

fn filters(plan: &Plan, query: &OverviewQuery) -> Markup {
    html! {
        form.filters.no-print method="get" action=(format!("/plan/{}/overview", plan.id)) role="search" {
            input.input type="search" name="q" value=(query.words) placeholder=(t("plan-filter")) aria-label=(t("plan-filter"));
            label.check { input type="checkbox" name="problems" value="1" checked[query.problems]; (t("plan-problems")) }
            @if !query.sort().is_empty() { (hidden("sort", &query.sort())) }
            button.button type="submit" { (icon("search")) (t("plan-show")) }
        }
    }
}

/// A column that lines can be ordered by: its name turns the order round.
fn head(plan: &Plan, query: &OverviewQuery, by: SortBy) -> Markup {
    let is = query.by == by;
    let next = OverviewQuery { by, is_descending: is && !query.is_descending, page: 1, ..query.clone() };
    let direction = is.then_some(if query.is_descending { "descending" } else { "ascending" });
    html! {
        th.number[by.is_number()] scope="col" aria-sort=[direction] {
            a.sort-link href=(next.address(plan, "overview")) title=(t("plan-sort")) {
                (t(label(by)))
                @if is { (icon(if query.is_descending { "arrow-down" } else { "arrow-up" })) }
            }
        }
    }
}

fn label(by: SortBy) -> &'static str {
    match by {
        SortBy::Line => "plan-line",
        SortBy::Opening => "plan-opening-column",
        SortBy::Production => "plan-production",
        SortBy::Sales => "plan-sales",
        SortBy::Closing => "plan-closing",
        SortBy::Lowest => "plan-lowest",
        SortBy::Out => "plan-out-column",
        SortBy::Low => "plan-low-column",
        SortBy::Cover => "plan-cover-column",
        SortBy::Gap => "plan-gap",
    }
}

fn row(plan: &Plan, view: &LineView, today: Date) -> Markup {
    let summary = view.summary();
    let problem = summary.first_stock_out.or(summary.first_under_safety);
    let sheet = SheetQuery {
        from: problem.map(|day| day.saturating_sub(DAYS_BEFORE_A_PROBLEM.days())),
        words: view.line.key.item.clone(),
        chart: vec![view.line.id],
        ..SheetQuery::of(&FormData::default(), plan, today)
    };
    let name = view.item.as_ref().map_or("", |item| item.name.as_str());
    let amount = |id: &str, amount: Option<rust_decimal::Decimal>| {
        html! { td.number data-label=(t(id)) { @match amount { Some(amount) => (number(amount)), None => "–" } } }
    };
    let day = |id: &str, class: &str, day: Option<Date>| {
        html! { td data-label=(t(id)) { @match day { Some(day) => span.badge.(class) { (day) }, None => "–" } } }
    };
    html! {
        tr {
            td.who { a href=(sheet.address(plan)) { (line_name(&view.line.key)) } @if !name.is_empty() { div.hint { (name) } } }
            td data-label=(t("plan-spark")) { (spark(view.spark())) }
            (day("plan-out-column", "bad", summary.first_stock_out))
            (day("plan-low-column", "warn", summary.first_under_safety))
            td.number data-label=(t("plan-cover-column")) {
                @match view.cover() {
                    Some(Cover::Days(days)) => (number(days.into())),
                    Some(Cover::Beyond(days)) => (t_with("plan-cover-more", &[("n", number(days.into()).into())])),
                    None => "–",
                }
            }
            (amount("plan-opening-column", Some(view.opening().amount)))
            (amount("plan-production", Some(summary.production)))
            (amount("plan-sales", Some(summary.sales)))
            (amount("plan-closing", Some(summary.closing)))
            (amount("plan-lowest", Some(summary.lowest)))
            (amount("plan-gap", summary.gap))
        }
    }
}
