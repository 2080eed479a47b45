//! The table of a sheet: lines down, time across.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use maud::{Markup, html};
use rust_decimal::Decimal;

use super::query::{Entry, SheetQuery, Spot, Window};
use super::sheet_view::SheetView;
use crate::domain::plan::bucket::{BucketRow, roll_up};
use crate::domain::plan::line::LineKey;
use crate::domain::plan::projection::{Cover, OpeningSource};
use crate::domain::plan::{LineId, Measure};
use crate::services::plans::{LineDays, LineView};
use crate::web::ui::format::group;
use crate::web::ui::{icon, t, t_with};

/// A quantity as the reader has numbers.
pub fn number(amount: Decimal) -> String {
    group(&amount.normalize().to_string()).replace('-', "−")
}

/// What a line is called.
pub fn line_name(key: &LineKey) -> String {
    let parts = [&key.item, &key.location, &key.channel];
    let parts: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

/// What a measure is called.
pub fn measure_name(measure: Measure) -> String {
    t(match measure {
        Measure::Production => "plan-production",
        Measure::Sales => "plan-sales",
        Measure::Inventory => "plan-reported",
        Measure::SafetyStock => "plan-safety",
    })
}

/// What a line begins with, and who says so.
pub fn opening_words(line: &LineView) -> String {
    let opening = line.opening();
    let from = match opening.source {
        OpeningSource::Given { on: None } => t("plan-opening-given"),
        OpeningSource::Given { on: Some(on) } => {
            t_with("plan-opening-given-for", &[("day", on.to_string().into())])
        }
        OpeningSource::Reported { on } => t_with("plan-opening-reported", &[("day", on.to_string().into())]),
        OpeningSource::Stock => t("plan-opening-stock"),
        OpeningSource::Nothing => t("plan-opening-nothing"),
    };
    t_with("plan-opening", &[("amount", number(opening.amount).into()), ("from", from.into())])
}

/// The table, in a form of its own: each cell that can be typed in is a button of it.
pub fn table(view: &SheetView<'_>, window: &Window) -> Markup {
    let SheetView { overview, query, .. } = view;
    let plan = &overview.plan;
    let lines: HashMap<LineId, &LineDays> = view.lines.iter().map(|line| (line.view.line.id, line)).collect();
    html! {
        form method="get" action=(format!("/plan/{}#cell", plan.id)) data-sheet-form {
            @for (name, value) in (SheetQuery { spot: None, ..(*query).clone() }.pairs(plan)) { input type="hidden" name=(name) value=(value); }
            div.table-wrap.plan-wrap tabindex="0" role="region" aria-label=(plan.name) {
                table.table.plan-sheet data-sheet=[view.edits.then(|| plan.id.to_string())] data-by=(query.bucket.as_str())
                    data-edit=(plan.last_edit) data-user=(view.user) {
                    thead { tr {
                        th scope="col" { (t("plan-line")) }
                        th scope="col" { (t("plan-measure")) }
                        @let today = query.today.map(|today| query.bucket.start_of(today));
                        @for start in &window.starts {
                            th.number scope="col" aria-current=[(today == Some(*start)).then_some("date")] title=[(today == Some(*start)).then(|| t("plan-today"))] {
                                (column_name(&query.bucket.name_of(*start)))
                            }
                        }
                    } }
                    @for entry in view.entries {
                        @match entry {
                            Entry::Group { name, lines, stock_outs, is_shut } =>
                                (group_row(view, window, name, (*lines, *stock_outs), *is_shut)),
                            Entry::Line(line) => @if let Some(line) = lines.get(line) { (line_rows(view, line, window)) },
                        }
                    }
                }
            }
        }
    }
}

/// `2026-11-21` or `2026-W47`, with the year above the rest.
fn column_name(name: &str) -> Markup {
    let (year, rest) = name.split_at(name.find('-').map_or(0, |at| at + 1));
    html! { span { (year) } (rest) }
}

fn group_row(
    view: &SheetView<'_>,
    window: &Window,
    name: &str,
    (lines, stock_outs): (usize, usize),
    is_shut: bool,
) -> Markup {
    let mut shut: BTreeSet<String> = view.query.shut.clone();
    if !shut.remove(name) {
        shut.insert(name.to_owned());
    }
    let other = SheetQuery { shut, spot: None, ..view.query.clone() }.address(&view.overview.plan);
    html! {
        tbody.plan-group data-stay=[view.edits.then(|| format!("g:{name}"))] {
            tr { th scope="rowgroup" colspan=(window.starts.len() + 2) {
                a href=(other) aria-expanded=(if is_shut { "false" } else { "true" }) data-turn {
                    (icon(if is_shut { "chevron-right" } else { "chevron-down" }))
                    @if name.is_empty() { (t("plan-group-none")) } @else { (name) }
                }
                " " span.hint {
                    (t_with("plan-lines", &[("n", lines.into())])) " · " (t_with("plan-stock-outs", &[("n", stock_outs.into())]))
                }
            } }
        }
    }
}

fn line_rows(view: &SheetView<'_>, line: &LineDays, window: &Window) -> Markup {
    let bucket = view.query.bucket;
    // Of the days in view alone: a plan may have ten years of them.
    let place = |day: Date| line.days.partition_point(|row| row.date < day);
    let from = window.starts.first().map_or(0, |start| place(*start));
    let to = window.after.map_or(line.days.len(), place);
    let edits = view.edits(&line.view);
    let rows: Vec<BucketRow> = roll_up(line.days[from..to].iter().copied(), bucket);
    let is_folded = view.query.folded.contains(&line.view.line.id.0);
    let says = |measure: Measure| match measure {
        Measure::Production | Measure::Sales => true,
        Measure::Inventory => view.query.all_measures || line.days.iter().any(|day| day.reported.is_some()),
        Measure::SafetyStock => {
            let usual = line.view.item.as_ref().map_or(Decimal::ZERO, |item| item.safety_stock);
            view.query.all_measures || line.days.iter().any(|day| day.safety != usual)
        }
    };
    let shown: Vec<Measure> =
        Measure::ALL.into_iter().filter(|measure| !is_folded && says(*measure)).collect();
    let head = |is_first: bool| {
        html! { @if is_first { th scope="rowgroup" rowspan=(shown.len() + 1) { (line_head(view, &line.view, is_folded)) } } }
    };
    let typed = |place: usize, measure: Measure, of: fn(&BucketRow) -> Option<Decimal>| {
        html! {
            @if shown.contains(&measure) { tr {
                (head(place == 0))
                th scope="row" { (measure_name(measure)) }
                @for row in &rows { (cell(view, (line, edits), measure, row, of(row))) }
            } }
        }
    };
    html! {
        tbody.plan-line data-given-on=[holds_on(&line.view)] data-stay=[view.edits.then(|| line.view.line.id.to_string())] {
            (typed(0, Measure::Production, |row| row.production))
            (typed(1, Measure::Sales, |row| row.sales))
            tr {
                (head(is_folded))
                th scope="row" { (t("plan-projected")) }
                @for row in &rows {
                    @let is_out = row.lowest < Decimal::ZERO;
                    td class=(if is_out { "number bad" } else if row.is_under_safety { "number misfit" } else { "number" })
                        data-cell=[edits.then(|| format!("{}|projected|{}", line.view.line.id, row.start))]
                        data-value=[edits.then(|| row.projected.normalize().to_string())] {
                        @if is_out { (icon("circle-alert")) span.visually-hidden { (t("plan-out")) " " } }
                        @else if row.is_under_safety { span.visually-hidden { (t("plan-low")) " " } }
                        (number(row.projected))
                    }
                }
            }
            (typed(2, Measure::Inventory, |row| row.reported.map(|(_, amount)| amount)))
            (typed(3, Measure::SafetyStock, |row| Some(row.safety)))
        }
    }
}

/// The day that what is given holds on, where that is not the first: days before it are reached backwards from it.
fn holds_on(line: &LineView) -> Option<String> {
    match line.opening().source {
        OpeningSource::Given { on } => on.map(|on| on.to_string()),
        _ => None,
    }
}

fn line_head(view: &SheetView<'_>, line: &LineView, is_folded: bool) -> Markup {
    let summary = line.summary();
    let id = line.line.id;
    let mut folded = view.query.folded.clone();
    if !folded.remove(&id.0) {
        folded.insert(id.0);
    }
    let other = SheetQuery { folded, spot: None, ..view.query.clone() }.address(&view.overview.plan);
    let name = line_name(&line.line.key);
    let title = line.item.as_ref().map(|item| item.name.as_str()).filter(|name| !name.is_empty());
    html! {
        span.row {
            a.plan-fold href=(other) aria-expanded=(if is_folded { "false" } else { "true" }) data-turn {
                (icon(if is_folded { "chevron-right" } else { "chevron-down" })) strong { (name) }
            }
            @let chart = SheetQuery { chart: vec![id], spot: None, ..view.query.clone() }.address(&view.overview.plan);
            a.no-print href=(format!("{chart}#chart")) data-chart-line=(id) title=(t_with("plan-chart-line", &[("line", line_name(&line.line.key).into())])) { (icon("chart-line")) }
        }
        @if !is_folded { @if let Some(title) = title { div.hint { (title) } } }
        @if let Some(day) = summary.first_stock_out {
            div { span.badge.bad { (t_with("plan-first-out", &[("day", day.to_string().into())])) } }
        } @else if let Some(day) = summary.first_under_safety {
            div { span.badge.warn { (t_with("plan-first-low", &[("day", day.to_string().into())])) } }
        }
        @if !is_folded {
            div.hint {
                @if view.edits(line) {
                    button.plan-opening name="cell" value=(Spot::Opening.of_line(id)) { (opening_words(line)) }
                } @else { (opening_words(line)) }
                @if let Some(cover) = line.cover() {
                    " · "
                    span title=(t("plan-cover-hint")) { @match cover {
                        Cover::Days(days) => (t_with("plan-cover", &[("n", days.into())])),
                        Cover::Beyond(days) => (t_with("plan-cover-beyond", &[("n", days.into())])),
                    } }
                }
            }
        }
    }
}

/// A cell that can be typed in: of a week or a month, the day that what is typed goes to.
fn cell(
    view: &SheetView<'_>,
    (line, edits): (&LineDays, bool),
    measure: Measure,
    row: &BucketRow,
    value: Option<Decimal>,
) -> Markup {
    let day = if measure.is_flow() { row.first } else { row.last };
    let spot = Spot::Cell(measure, day);
    let (id, cells) = (line.view.line.id, &line.cells);
    let name = edits.then(|| spot.of_line(id));
    // Of a week or a month any of its days.
    let is_typed = cells.typed.range((measure, row.first)..=(measure, row.last)).next().is_some();
    // What holds for every day of the item is no value of this one.
    let own = value.filter(|_| measure != Measure::SafetyStock || cells.value((measure, day)).is_some());
    html! {
        td class=(if is_typed { "number typed" } else { "number" }) aria-current=[(view.query.spot == Some((id, spot))).then_some("true")]
            data-cell=[name.as_ref()] data-value=[own.filter(|_| edits).map(|value| value.normalize().to_string())] {
            @if let Some(name) = &name {
                button name="cell" value=(name) { @match value { Some(value) => (number(value)), None => "·" } }
            } @else if let Some(value) = value { (number(value)) }
            @if is_typed { span.visually-hidden { " " (t("plan-typed")) } }
        }
    }
}
