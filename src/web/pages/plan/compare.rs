//! `GET /plan/{plan}/compare`

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::civil::Date;
use maud::{Markup, html};
use rust_decimal::Decimal;

use super::list::marks;
use super::passed_over::{Says, notice, passed_over};
use super::sheet_table::{line_name, measure_name, number};
use super::tabs::{Tab, tabs};
use super::{parse, reader};
use crate::domain::plan::compare::{Difference, Side};
use crate::domain::plan::{Bucket, LineId, Plan, days_between};
use crate::services::plans::{self as service, Compared, ComparedLine, ComparedTotals, Comparison};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::format::count;
use crate::web::ui::pager::Pager;
use crate::web::ui::{NavItem, icon, t, t_with};

/// Lines of a page.
const PAGE_LINES: usize = 50;
/// Cells of a page.
const PAGE_CELLS: usize = 100;

/// What is looked at.
#[derive(Debug, Clone)]
struct CompareQuery {
    with: String,
    bucket: Bucket,
    item: String,
    lines: usize,
    cells: usize,
}

impl CompareQuery {
    fn of(query: &FormData, plan: &Plan) -> Self {
        let page = |name| query.text(name).parse().unwrap_or(1).max(1);
        Self {
            with: query.text("with").to_owned(),
            bucket: Bucket::of_word(query.text("by")).unwrap_or(plan.bucket),
            item: query.text("item").to_owned(),
            lines: page("lines"),
            cells: page("cells"),
        }
    }

    fn address(&self, plan: &Plan) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.append_pair("with", &self.with).append_pair("by", self.bucket.as_str());
        if !self.item.is_empty() {
            pairs.append_pair("item", &self.item);
        }
        for (name, page) in [("lines", self.lines), ("cells", self.cells)] {
            if page > 1 {
                pairs.append_pair(name, &page.to_string());
            }
        }
        format!("/plan/{}/compare?{}", plan.id, pairs.finish())
    }

    fn wanted(&self) -> Compared {
        let from = (self.cells - 1).saturating_mul(PAGE_CELLS);
        Compared {
            bucket: self.bucket,
            item: Some(self.item.clone()).filter(|item| !item.is_empty()),
            window: from..from.saturating_add(PAGE_CELLS),
        }
    }
}

/// A plan beside another.
pub async fn compare(
    State(state): State<AppState>,
    page: Page,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let (id, reader) = (parse(&plan)?, reader(&page));
    let known = [
        ("with", Says::Text),
        ("by", Says::By),
        ("item", Says::Text),
        ("lines", Says::Page),
        ("cells", Says::Page),
    ];
    let odd = passed_over(&query, &known);
    let other = match query.text("with") {
        "" => None,
        text => Some(parse(text)?),
    };
    let (plan, others, query, comparison) = state
        .run(move |services| {
            let plan = service::get(services, &reader, id)?;
            let others = service::list(services, &reader)?;
            let query = CompareQuery::of(&query, &plan);
            let wanted = query.wanted();
            let comparison =
                other.map(|other| service::compare(services, &reader, (id, other), &wanted)).transpose()?;
            Ok((plan, others, query, comparison))
        })
        .await?;
    let content = html! {
        nav.crumbs.no-print aria-label=(t("plan-crumbs")) { a href="/plan" { (icon("chevron-left")) (t("plan-title")) } }
        div.page-head { h1 { (plan.name) " " (marks(&plan)) } }
        (tabs(&plan, Tab::Compare))
        (notice(&odd))
        (choice(&plan, &others, &query))
        @match &comparison {
            Some(comparison) => (result(comparison, &query)),
            None => div.panel.empty {
                (icon("columns-3"))
                strong { (t("plan-compare-none")) }
                p { (t(if others.len() > 1 { "plan-compare-choose" } else { "plan-compare-copy" })) }
            },
        }
    };
    Ok(page.show(NavItem::Plan, &plan.name, &[], &content))
}

fn choice(plan: &Plan, others: &[Plan], query: &CompareQuery) -> Markup {
    html! {
        form.filters.no-print method="get" action=(format!("/plan/{}/compare", plan.id)) {
            select.input name="with" aria-label=(t("plan-compare-with")) {
                option value="" { (t("plan-compare-with")) }
                @for other in others.iter().filter(|other| other.id != plan.id) {
                    option value=(other.id) selected[other.id.to_string() == query.with] { (other.name) }
                }
            }
            select.input name="by" aria-label=(t("plan-by")) {
                @for bucket in Bucket::ALL {
                    option value=(bucket.as_str()) selected[bucket == query.bucket] { (t(&format!("plan-by-{}", bucket.as_str()))) }
                }
            }
            input.input type="search" name="item" value=(query.item) placeholder=(t("plan-compare-item")) aria-label=(t("plan-compare-item"));
            button.button type="submit" { (icon("search")) (t("plan-compare-show")) }
        }
    }
}

fn result(comparison: &Comparison, query: &CompareQuery) -> Markup {
    let Comparison { one, other, lines, same, totals, cells, .. } = comparison;
    html! {
        p.hint {
            (t_with("plan-compare-lines", &[("n", lines.len().into())])) " · "
            (t_with("plan-compare-same", &[("n", (*same).into())])) " · "
            (t_with("plan-compare-cells", &[("n", (*cells).into()), ("count", count(*cells as u64).into())]))
        }
        @if lines.is_empty() {
            div.panel.empty { (icon("check")) strong { (t("plan-compare-equal")) } }
        } @else {
            (totals_table(comparison, totals.iter().map(|(unit, totals)| (unit.as_str(), totals))))
            (lines_table(comparison, query))
            (cells_table(comparison, query))
            p.hint { (t_with("plan-compare-sign", &[("one", one.name.as_str().into()), ("other", other.name.as_str().into())])) }
        }
    }
}

/// Both values and what the other has more.
fn pair(label: &str, one: Option<Decimal>, other: Option<Decimal>) -> Markup {
    let shown = |amount: Option<Decimal>| amount.map_or_else(|| "–".to_owned(), number);
    let more = other.unwrap_or_default() - one.unwrap_or_default();
    html! {
        td.number data-label=(label) { (shown(one)) }
        td.number { (shown(other)) }
        td.number { (signed(more)) }
    }
}

fn signed(amount: Decimal) -> String {
    if amount > Decimal::ZERO { format!("+{}", number(amount)) } else { number(amount) }
}

fn totals_table<'t>(
    comparison: &Comparison,
    totals: impl Iterator<Item = (&'t str, &'t ComparedTotals)>,
) -> Markup {
    let title = t("plan-compare-totals");
    html! {
        h2 { (title) }
        div.table-wrap tabindex="0" role="region" aria-label=(title) {
            table.table.plan-compare.plain-table {
                caption.visually-hidden { (title) }
                thead { tr {
                    th scope="col" { (t("plan-measure")) }
                    th scope="col" { (t("items-unit")) }
                    (sides(comparison))
                } }
                tbody {
                    @for (unit, totals) in totals {
                        @for (id, [one, other]) in [("plan-production", totals.production), ("plan-sales", totals.sales), ("plan-closing", totals.closing)] {
                            tr { th scope="row" { (t(id)) } td { (unit) } (pair(&t(id), Some(one), Some(other))) }
                        }
                    }
                }
            }
        }
    }
}

fn sides(comparison: &Comparison) -> Markup {
    html! {
        th.number scope="col" { (comparison.one.name) }
        th.number scope="col" { (comparison.other.name) }
        th.number scope="col" { (t("plan-compare-more")) }
    }
}

fn lines_table(comparison: &Comparison, query: &CompareQuery) -> Markup {
    let lines = &comparison.lines;
    let at = query.lines.min(lines.len().div_ceil(PAGE_LINES)).max(1);
    let title = t("plan-compare-lines-title");
    let out = |side: Option<&(LineId, Side)>| side.and_then(|(_, side)| side.first_stock_out);
    let day = |day: Option<Date>, moved: Option<i64>| {
        html! {
            td {
                @match day { Some(day) => span.badge.bad { (day) }, None => "–" }
                @match moved {
                    Some(days) if days > 0 => { " " span.hint { (t_with("plan-compare-later", &[("n", days.into())])) } },
                    Some(days) if days < 0 => { " " span.hint { (t_with("plan-compare-earlier", &[("n", (-days).into())])) } },
                    _ => {},
                }
            }
        }
    };
    html! {
        h2 { (title) }
        div.table-wrap tabindex="0" role="region" aria-label=(title) {
            table.table.plan-compare {
                caption.visually-hidden { (title) }
                thead {
                    tr {
                        th scope="col" rowspan="2" { (t("plan-line")) }
                        th.number scope="col" rowspan="2" { (t("plan-compare-cells-column")) }
                        th scope="colgroup" colspan="2" { (t("plan-out-column")) }
                        th scope="colgroup" colspan="3" { (t("plan-closing")) }
                    }
                    tr {
                        th scope="col" { (comparison.one.name) }
                        th scope="col" { (comparison.other.name) }
                        (sides(comparison))
                    }
                }
                tbody {
                    @for line in lines.iter().skip((at - 1) * PAGE_LINES).take(PAGE_LINES) {
                        tr {
                            th scope="row" {
                                a href=(CompareQuery { item: line.key.item.clone(), lines: 1, cells: 1, ..query.clone() }.address(&comparison.one)) { (line_name(&line.key)) }
                                (alone(comparison, line))
                            }
                            td.number { (number(line.cells.into())) }
                            @let (one, other) = (out(line.one.as_ref()), out(line.other.as_ref()));
                            (day(one, None))
                            (day(other, one.zip(other).map(|(one, other)| days_between(one, other))))
                            (pair("", line.one.map(|(_, side)| side.closing), line.other.map(|(_, side)| side.closing)))
                        }
                    }
                }
            }
        }
        (Pager {
            label: "plan-pages",
            page: at,
            entries: lines.len(),
            page_entries: PAGE_LINES,
            texts: ("plan-page-before", "plan-page-after"),
        }.write(|lines| CompareQuery { lines, ..query.clone() }.address(&comparison.one)))
    }
}

/// A mark on a line that only one of the plans has.
fn alone(comparison: &Comparison, line: &ComparedLine) -> Markup {
    let only = match (&line.one, &line.other) {
        (Some(_), None) => Some(&comparison.one),
        (None, Some(_)) => Some(&comparison.other),
        _ => None,
    };
    html! { @if let Some(plan) = only { " " span.badge.info { (t_with("plan-compare-only", &[("plan", plan.name.as_str().into())])) } } }
}

fn cells_table(comparison: &Comparison, query: &CompareQuery) -> Markup {
    let title = t("plan-compare-cells-title");
    let row = |(line, cell): &(usize, Difference)| {
        html! {
            tr {
                th scope="row" { (line_name(&comparison.lines[*line].key)) }
                td { time { (query.bucket.name_of(cell.start)) } }
                td { (measure_name(cell.measure)) }
                (pair("", cell.one, cell.other))
            }
        }
    };
    html! {
        @if !comparison.window.is_empty() {
            h2 { (title) }
            div.table-wrap tabindex="0" role="region" aria-label=(title) {
                table.table.plan-compare {
                    caption.visually-hidden { (title) }
                    thead { tr {
                        th scope="col" { (t("plan-line")) }
                        th scope="col" { (t("plan-chart-date")) }
                        th scope="col" { (t("plan-measure")) }
                        (sides(comparison))
                    } }
                    tbody { @for cell in &comparison.window { (row(cell)) } }
                }
            }
        }
        (Pager {
            label: "plan-compare-pages",
            page: query.cells.min(comparison.cells.div_ceil(PAGE_CELLS)).max(1),
            entries: comparison.cells,
            page_entries: PAGE_CELLS,
            texts: ("plan-page-before", "plan-page-after"),
        }.write(|cells| CompareQuery { cells, ..query.clone() }.address(&comparison.one)))
    }
}
