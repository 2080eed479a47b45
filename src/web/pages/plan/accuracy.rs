//! `GET /plan/{plan}/accuracy`

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::civil::Date;
use maud::{Markup, html};
use rust_decimal::Decimal;

use super::list::marks;
use super::passed_over::{Says, notice, passed_over};
use super::sheet_table::{line_name, number};
use super::tabs::{Tab, tabs};
use super::{parse, reader};
use crate::domain::plan::accuracy::Accuracy;
use crate::services::plans::{self as service, LineAccuracy, PlanAccuracy};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::format::group;
use crate::web::ui::pager::Pager;
use crate::web::ui::{NavItem, icon, t, t_with};

/// Lines of a page.
const PAGE_LINES: usize = 50;

struct AccuracyQuery {
    from: Option<Date>,
    to: Option<Date>,
    page: usize,
}

impl AccuracyQuery {
    /// Reads an address; what it says that is none counts for nothing (`passed_over.rs` tells it), and days that end before they begin are turned round.
    fn of(query: &FormData) -> Self {
        let day = |name| query.text(name).parse::<Date>().ok();
        let (from, to) = match (day("from"), day("to")) {
            (Some(from), Some(to)) if to < from => (Some(to), Some(from)),
            days => days,
        };
        Self { from, to, page: query.text("page").parse().unwrap_or(1).max(1) }
    }

    fn address(&self, found: &PlanAccuracy, page: usize) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, day) in [("from", self.from), ("to", self.to)] {
            if let Some(day) = day {
                pairs.append_pair(name, &day.to_string());
            }
        }
        pairs.append_pair("page", &page.to_string());
        format!("/plan/{}/accuracy?{}", found.plan.id, pairs.finish())
    }
}

/// What a plan said, beside what was reported since. `leader` stands for the plan that leads.
pub async fn accuracy(
    State(state): State<AppState>,
    page: Page,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let id = if plan == "leader" { None } else { Some(parse(&plan)?) };
    let odd = passed_over(&query, &[("from", Says::Day), ("to", Says::Day), ("page", Says::Page)]);
    let (reader, query) = (reader(&page), AccuracyQuery::of(&query));
    let days = (query.from, query.to);
    let found = state
        .run(move |services| {
            let id = match id {
                Some(id) => id,
                None => service::get_named(services, &reader, "leader")?.id,
            };
            service::accuracy(services, &reader, id, days)
        })
        .await?;
    let plan = &found.plan;
    let content = html! {
        nav.crumbs.no-print aria-label=(t("plan-crumbs")) { a href="/plan" { (icon("chevron-left")) (t("plan-title")) } }
        div.page-head { h1 { (plan.name) " " (marks(plan)) } }
        (tabs(plan, Tab::Accuracy))
        (notice(&odd))
        form.filters.no-print method="get" action=(format!("/plan/{}/accuracy", plan.id)) {
            (day_field("from", &t("plan-accuracy-from"), query.from))
            (day_field("to", &t("plan-accuracy-to"), query.to))
            button.button type="submit" { (icon("search")) (t("plan-accuracy-show")) }
        }
        @match found.compared {
            Some(days) => {
                p.hint {
                    (t_with("plan-accuracy-days", &[("first", days.first.to_string().into()), ("last", days.last.to_string().into())])) " · "
                    (t_with("plan-accuracy-lines", &[("n", found.lines.len().into())])) " · "
                    (t_with("plan-accuracy-unreported", &[("n", found.unreported.into())]))
                }
                (totals(&found))
                (lines(&found, &query))
                p.hint { (t("plan-accuracy-hint")) }
            },
            None => div.panel.empty {
                (icon("history"))
                strong { (t("plan-accuracy-none")) }
                p { (t("plan-accuracy-none-text")) }
            },
        }
    };
    Ok(page.show(NavItem::Plan, &plan.name, &[], &content))
}

fn day_field(name: &str, label: &str, day: Option<Date>) -> Markup {
    html! { label.row { (label) input.input type="date" name=(name) value=[day.map(|day| day.to_string())]; } }
}

/// A number with so many digits after the point, so that they stand below each other.
fn fixed(amount: Decimal, places: usize) -> String {
    let text = group(&format!("{:.places$}", amount.abs()));
    if amount.is_sign_negative() && !amount.is_zero() { format!("−{text}") } else { text }
}

fn plain(amount: Option<Decimal>) -> String {
    amount.map_or_else(|| "–".to_owned(), |amount| fixed(amount.round_dp(2), 2))
}

fn percent(ratio: Option<Decimal>) -> String {
    let percent = |ratio: Decimal| format!("{} %", fixed((ratio * Decimal::ONE_HUNDRED).round_dp(1), 1));
    ratio.map_or_else(|| "–".to_owned(), percent)
}

/// Bias and errors of some days, and how many they are.
fn figures(accuracy: &Accuracy, mape: Option<Decimal>) -> Markup {
    html! {
        td.number data-label=(t("plan-accuracy-count")) {
            (number(accuracy.days.into()))
            @if accuracy.zero_days > 0 { " " span.hint { (t_with("plan-accuracy-zero", &[("n", accuracy.zero_days.into())])) } }
        }
        td.number data-label=(t("plan-accuracy-bias")) { (plain(accuracy.bias())) }
        td.number data-label=(t("plan-accuracy-mape")) { (percent(mape)) }
        td.number data-label=(t("plan-accuracy-wape")) { (percent(accuracy.wape())) }
    }
}

fn heads() -> Markup {
    html! {
        @for id in ["plan-accuracy-count", "plan-accuracy-bias", "plan-accuracy-mape", "plan-accuracy-wape"] {
            th.number scope="col" { (t(id)) }
        }
    }
}

fn totals(found: &PlanAccuracy) -> Markup {
    let title = t("plan-accuracy-totals");
    html! {
        h2 { (title) }
        div.table-wrap tabindex="0" role="region" aria-label=(title) {
            table.table.cards {
                caption.visually-hidden { (title) }
                thead { tr {
                    th scope="col" { (t("items-unit")) }
                    th.number scope="col" { (t("plan-accuracy-lines-column")) }
                    (heads())
                } }
                tbody {
                    @for (unit, totals) in &found.units {
                        tr {
                            td.who { @if unit.is_empty() { (t("plan-accuracy-no-unit")) } @else { (unit) } }
                            td.number data-label=(t("plan-accuracy-lines-column")) { (number(totals.lines.into())) }
                            (figures(&totals.accuracy, totals.mean_mape))
                        }
                    }
                }
            }
        }
        @if found.units.len() > 1 { p { (t_with("plan-accuracy-mean", &[("mape", percent(found.mean_mape).into())])) } }
    }
}

fn lines(found: &PlanAccuracy, query: &AccuracyQuery) -> Markup {
    let title = t("plan-accuracy-by-line");
    let at = query.page.min(found.lines.len().div_ceil(PAGE_LINES)).max(1);
    let row = |line: &LineAccuracy| {
        let address: String = form_urlencoded::byte_serialize(line.key.item.as_bytes()).collect();
        html! {
            tr {
                td.who {
                    a href=(format!("/plan/{}?q={address}&chart={}", found.plan.id, line.line)) { (line_name(&line.key)) }
                    @if !line.name.is_empty() { div.hint { (line.name) } }
                }
                (figures(&line.accuracy, line.accuracy.mape()))
            }
        }
    };
    html! {
        h2 { (title) }
        div.table-wrap tabindex="0" role="region" aria-label=(title) {
            table.table.cards {
                caption.visually-hidden { (title) }
                thead { tr { th scope="col" { (t("plan-line")) } (heads()) } }
                tbody { @for line in found.lines.iter().skip((at - 1) * PAGE_LINES).take(PAGE_LINES) { (row(line)) } }
            }
        }
        (Pager {
            label: "plan-pages",
            page: at,
            entries: found.lines.len(),
            page_entries: PAGE_LINES,
            texts: ("plan-page-before", "plan-page-after"),
        }.write(|page| query.address(found, page)))
    }
}
