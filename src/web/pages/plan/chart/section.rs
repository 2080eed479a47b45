//! A chart on a page: the drawing, the ways to look at other days, and the same as a table.

use maud::{Markup, html};

use super::super::sheet_table::{line_name, number};
use super::draw::{Drawn, NARROW, Palette, WIDE, draw};
use super::query::ChartQuery;
use crate::domain::plan::bucket::BucketRow;
use crate::domain::plan::{Bucket, Horizon, Plan};
use crate::services::plans::{Charted, MAX_CHARTS};
use crate::web::ui::format::count;
use crate::web::ui::{icon, t, t_with};

/// Names that are told of lines that are added up.
const NAMES: usize = 4;

/// What a chart is called.
pub fn title_of(charted: &Charted) -> String {
    let names: Vec<String> = charted.lines.iter().take(NAMES).map(|view| line_name(&view.line.key)).collect();
    let names = names.join(", ");
    let more = charted.lines.len().saturating_sub(NAMES);
    let names = match more {
        0 => names,
        more => t_with("plan-chart-more", &[("names", names.into()), ("n", more.into())]),
    };
    if charted.unit.is_empty() { names } else { format!("{names} ({})", charted.unit) }
}

/// What a chart shows, in words.
pub fn said_of(title: &str, rows: &[BucketRow]) -> String {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return title.to_owned();
    };
    let sum = |of: fn(&BucketRow) -> Option<rust_decimal::Decimal>| number(rows.iter().filter_map(of).sum());
    let lowest = rows.iter().min_by_key(|row| row.lowest).unwrap_or(first);
    t_with(
        "plan-chart-said",
        &[
            ("title", title.into()),
            ("first", first.first.to_string().into()),
            ("last", last.last.to_string().into()),
            ("production", sum(|row| row.production).into()),
            ("sales", sum(|row| row.sales).into()),
            ("lowest", number(lowest.lowest).into()),
            ("day", lowest.start.to_string().into()),
            ("closing", number(last.projected).into()),
        ],
    )
}

/// The charts with what belongs to them, and what is said of what was asked for.
pub fn section(plan: &Plan, charts: &[Charted], query: &ChartQuery, notes: &[String]) -> Markup {
    let Some(all) = plan.horizon.filter(|_| !charts.is_empty()) else {
        return html! {
            section.panel.empty data-plan-chart=(plan.id) {
                (icon("chart-line"))
                strong { (t("plan-chart-none")) }
                p { (t("plan-chart-none-text")) }
                @for note in notes { p { (note) } }
            }
        };
    };
    let bucket = query.drawn_bucket(all);
    let view = query.days(all);
    let way = |wanted: Option<ChartQuery>, text: &str| {
        html! { @if let Some(query) = wanted { a.button.small href=(query.address(plan, "chart")) data-chart-way { (t(text)) } } }
    };
    let whole = query.view.map(|_| ChartQuery { view: None, ..query.clone() });
    html! {
        section.panel.padded.stack #chart data-plan-chart=(plan.id) data-lines=(drawn_lines(charts)) data-by=(query.bucket.as_str())
            data-from=(view.first) data-to=(view.last) aria-labelledby="chart-title" {
            div.panel-head.flush {
                h2 #chart-title { (t("plan-chart")) }
                span.actions {
                    (way(query.moved(all, false), "plan-before"))
                    (way(query.moved(all, true), "plan-after"))
                    (way(query.zoomed(all, true), "plan-chart-in"))
                    (way(query.zoomed(all, false), "plan-chart-out-more"))
                    (way(whole, "plan-chart-all"))
                    a.button.small href=(query.address(plan, "chart.svg")) download data-chart-file { (icon("download")) "SVG" }
                    button.button.small type="button" hidden data-chart-png=(t("plan-chart-no-png")) { (icon("download")) "PNG" }
                }
            }
            @for note in notes { p.notice.warn { (icon("triangle-alert")) (note) } }
            @if bucket != query.bucket { p.hint { (t(&format!("plan-chart-by-{}", bucket.as_str()))) } }
            @for charted in charts { (one(charted, query, all, bucket)) }
            @if charts.len() == MAX_CHARTS { p.hint { (t_with("plan-chart-units", &[("n", count(MAX_CHARTS as u64).into())])) } }
            output.hint.no-print data-chart-said data-hint=(t("plan-chart-hint")) data-failed=(t("plan-chart-failed")) {}
        }
    }
}

/// The lines that are drawn, as addresses have them.
fn drawn_lines(charts: &[Charted]) -> String {
    let lines = charts.iter().flat_map(|charted| &charted.lines);
    lines.map(|view| view.line.id.to_string()).collect::<Vec<_>>().join(",")
}

fn one(charted: &Charted, query: &ChartQuery, all: Horizon, bucket: Bucket) -> Markup {
    let rows = query.rows(&charted.days, all);
    let title = title_of(charted);
    let said = said_of(&title, &rows);
    let drawn = Drawn { said: &said, bucket, rows: &rows };
    html! {
        div.stack data-chart {
            h3 { (title) }
            div data-chart-plot {
                (draw(&drawn, &WIDE, Palette::Page))
                (draw(&drawn, &NARROW, Palette::Page))
            }
            details {
                summary { (icon("chevron-right")) (t("plan-chart-table")) }
                div.table-wrap tabindex="0" role="region" aria-label=(title) { (table(&title, &rows, bucket)) }
            }
        }
    }
}

fn table(title: &str, rows: &[BucketRow], bucket: Bucket) -> Markup {
    let has_reported = rows.iter().any(|row| row.reported.is_some());
    let cell = |amount: Option<rust_decimal::Decimal>| html! { td.number { @if let Some(amount) = amount { (number(amount)) } } };
    html! {
        table.table {
            caption.visually-hidden { (title) }
            thead { tr {
                th scope="col" { (t("plan-chart-date")) }
                @for id in ["plan-production", "plan-sales", "plan-projected"] { th.number scope="col" { (t(id)) } }
                @if has_reported { th.number scope="col" { (t("plan-reported")) } }
                th.number scope="col" { (t("plan-safety")) }
            } }
            tbody {
                @for row in rows {
                    tr data-first=(row.first) data-last=(row.last) {
                        th scope="row" { (bucket.name_of(row.start)) }
                        (cell(row.production))
                        (cell(row.sales))
                        (cell(Some(row.projected)))
                        @if has_reported { (cell(row.reported.map(|(_, amount)| amount))) }
                        (cell(Some(row.safety)))
                    }
                }
            }
        }
    }
}
