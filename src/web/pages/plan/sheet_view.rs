//! The sheet of a plan: lines down, time across.

use jiff::civil::Date;
use maud::{Markup, html};
use rust_decimal::Decimal;

use super::list::{days, marks};
use super::query::{SheetQuery, Window};
use crate::domain::plan::bucket::{BucketRow, roll_up};
use crate::domain::plan::cells::Place;
use crate::domain::plan::line::LineKey;
use crate::domain::plan::projection::{Cover, OpeningSource};
use crate::domain::plan::{Bucket, Measure};
use crate::services::plans::{CellTurn, LineView, Overview};
use crate::web::ui::form::{FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::format::group;
use crate::web::ui::pager::Pager;
use crate::web::ui::{icon, t, t_with};

/// Lines of a page.
const PAGE_LINES: usize = 20;

/// What is shown.
pub struct SheetView<'v> {
    /// The plan with its lines, those that are looked at.
    pub overview: &'v Overview,
    /// What is looked at.
    pub query: &'v SheetQuery,
    /// The cell that is edited.
    pub cell: Option<&'v EditedCell>,
    /// The reader may type.
    pub edits: bool,
    /// The reader is led to the settings.
    pub manages: bool,
    /// Against cross-site requests.
    pub csrf: &'v str,
    /// What was wrong with a form.
    pub errors: &'v [FieldError],
    /// What came of a file.
    pub told: Markup,
}

/// A cell with what happened to it.
#[derive(Debug, Clone)]
pub struct EditedCell {
    /// Its line.
    pub key: LineKey,
    /// Its measure and day.
    pub place: Place,
    /// What it shows.
    pub value: Option<Decimal>,
    /// The edit that made it so.
    pub version: u64,
    /// What was imported.
    pub imported: Option<Decimal>,
    /// What happened to it.
    pub turns: Vec<CellTurn>,
}

fn number(amount: Decimal) -> String {
    let text = amount.normalize().to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("−", whole));
    let whole = group(whole);
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// What a line is called.
fn line_name(key: &LineKey) -> String {
    let parts = [&key.item, &key.location, &key.channel];
    let parts: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

/// The page.
pub fn sheet_page(view: &SheetView<'_>) -> Markup {
    let SheetView { overview, query, .. } = view;
    let plan = &overview.plan;
    let window = plan.horizon.map(|horizon| query.window(horizon));
    let shown = overview.lines.iter().skip((query.page - 1) * PAGE_LINES).take(PAGE_LINES);
    html! {
        nav.crumbs aria-label=(t("plan-crumbs")) { a href="/plan" { (icon("chevron-left")) (t("plan-title")) } }
        (head(view))
        (error_summary(view.errors))
        (view.told)
        @if let Some(cell) = view.cell { (cell_editor(view, cell)) }
        (filters(view, window.as_ref()))
        div.actions role="status" data-sheet-said {}
        @match window {
            Some(window) if !overview.lines.is_empty() => {
                div.table-wrap tabindex="0" role="region" aria-label=(plan.name) {
                    table.table.plan-sheet data-sheet=[view.edits.then(|| plan.id.to_string())] data-by=(query.bucket.as_str())
                        data-edit=(plan.last_edit) data-saved=(t("plan-saved")) data-waits=(t("plan-waits"))
                        data-conflict=(t("plan-conflict-ask")) data-mine=(t("plan-mine")) data-theirs=(t("plan-theirs"))
                        data-paste=(t("plan-paste-ask")) data-do=(t("plan-paste-do")) data-not=(t("plan-paste-not")) {
                        thead { tr {
                            th scope="col" { (t("plan-line")) }
                            th scope="col" { (t("plan-measure")) }
                            @for start in &window.starts { th.number scope="col" { (query.bucket.name_of(*start)) } }
                        } }
                        @for line in shown { (line_rows(view, line, &window)) }
                    }
                }
                (Pager {
                    label: "plan-pages",
                    page: query.page,
                    entries: overview.lines.len(),
                    page_entries: PAGE_LINES,
                    texts: ("plan-page-before", "plan-page-after"),
                }.write(|page| SheetQuery { page, cell: None, ..(*query).clone() }.address(plan)))
            }
            _ => div.panel.empty {
                (icon("chart-line"))
                strong { (t(if overview.totals.lines == 0 { "plan-empty" } else { "plan-nothing-found" })) }
                @if view.edits && overview.totals.lines == 0 { p { (t("plan-empty-text")) } }
            }
        }
        @if view.edits { (import_form(view)) }
    }
}

fn head(view: &SheetView<'_>) -> Markup {
    let plan = &view.overview.plan;
    let totals = view.overview.totals;
    let export = format!("/api/v1/plans/{}/export", plan.id);
    html! {
        div.page-head {
            h1 { (plan.name) " " (marks(plan)) }
            @if view.edits {
                form method="post" action=(format!("/plan/{}", plan.id)) {
                    (csrf_field(view.csrf))
                    (hidden("back", &view.query.address(plan)))
                    div.actions {
                        button.button type="submit" name="act" value="undo" { (icon("rotate-ccw")) (t("plan-undo")) }
                        button.button type="submit" name="act" value="redo" { (icon("refresh-cw")) (t("plan-redo")) }
                    }
                }
            }
            @if view.manages { a.button href=(format!("/plan/{}/settings", plan.id)) { (icon("settings")) (t("plan-settings")) } }
            a.button href=(export) download { (icon("download")) "CSV" }
            a.button href=(format!("{export}?format=xlsx")) download { (icon("download")) "XLSX" }
        }
        p.hint {
            (days(plan.horizon)) " · "
            (t_with("plan-lines", &[("n", totals.lines.into())])) " · "
            (t_with("plan-stock-outs", &[("n", totals.stock_outs.into())])) " · "
            (t_with("plan-under-safety", &[("n", totals.under_safety.into())]))
            @if let Some(stock) = &plan.stock {
                " · " (t_with("plan-stock-taken", &[("dataset", stock.dataset.as_str().into()), ("generation", stock.generation.into())]))
            }
        }
    }
}

fn filters(view: &SheetView<'_>, window: Option<&Window>) -> Markup {
    let SheetView { query, overview, .. } = view;
    let plan = &overview.plan;
    let at = |from: Date| SheetQuery { from: Some(from), cell: None, ..(*query).clone() }.address(plan);
    html! {
        form.filters method="get" action=(format!("/plan/{}", plan.id)) role="search" {
            input.input type="search" name="q" value=(query.words) placeholder=(t("plan-filter")) aria-label=(t("plan-filter"));
            select.input name="by" aria-label=(t("plan-by")) {
                @for bucket in Bucket::ALL {
                    option value=(bucket.as_str()) selected[bucket == query.bucket] { (t(&format!("plan-by-{}", bucket.as_str()))) }
                }
            }
            label.check { input type="checkbox" name="problems" value="1" checked[query.problems]; (t("plan-problems")) }
            @if let Some(from) = query.from { (hidden("from", &from.to_string())) }
            button.button type="submit" { (icon("search")) (t("plan-show")) }
            @if let Some(before) = window.and_then(|window| window.before) {
                a.button href=(at(before)) rel="prev" { (icon("chevron-left")) (t("plan-before")) }
            }
            @if let Some(after) = window.and_then(|window| window.after) {
                a.button href=(at(after)) rel="next" { (t("plan-after")) (icon("chevron-right")) }
            }
        }
    }
}

fn line_rows(view: &SheetView<'_>, line: &LineView, window: &Window) -> Markup {
    let bucket = view.query.bucket;
    let rows: Vec<BucketRow> = roll_up(line.days.iter().copied(), bucket)
        .into_iter()
        .filter(|row| window.starts.contains(&row.start))
        .collect();
    let has_reported = line.days.iter().any(|day| day.reported.is_some());
    let measures = 3 + usize::from(has_reported);
    let flow = |measure: Measure, of: fn(&BucketRow) -> Option<Decimal>| {
        html! { @for row in &rows { (editable(view, line, measure, row, of(row))) } }
    };
    html! {
        tbody.plan-line {
            tr {
                th scope="rowgroup" rowspan=(measures) { (line_head(line)) }
                th scope="row" { (t("plan-production")) }
                (flow(Measure::Production, |row| row.production))
            }
            tr { th scope="row" { (t("plan-sales")) } (flow(Measure::Sales, |row| row.sales)) }
            tr {
                th scope="row" { (t("plan-projected")) }
                @for row in &rows {
                    @let is_out = row.lowest < Decimal::ZERO;
                    td class=(if is_out { "number bad" } else if row.is_under_safety { "number misfit" } else { "number" }) {
                        @if is_out { (icon("circle-alert")) span.visually-hidden { (t("plan-out")) " " } }
                        @else if row.is_under_safety { span.visually-hidden { (t("plan-low")) " " } }
                        (number(row.projected))
                    }
                }
            }
            @if has_reported {
                tr {
                    th scope="row" { (t("plan-reported")) }
                    @for row in &rows { (editable(view, line, Measure::Inventory, row, row.reported.map(|(_, amount)| amount))) }
                }
            }
        }
    }
}

fn line_head(line: &LineView) -> Markup {
    let summary = &line.summary;
    let opening = t(match line.opening.source {
        OpeningSource::Given => "plan-opening-given",
        OpeningSource::Reported { .. } => "plan-opening-reported",
        OpeningSource::Stock => "plan-opening-stock",
        OpeningSource::Nothing => "plan-opening-nothing",
    });
    html! {
        strong { (line_name(&line.line.key)) }
        @if let Some(name) = line.item.as_ref().map(|item| item.name.as_str()).filter(|name| !name.is_empty()) { div.hint { (name) } }
        @if let Some(day) = summary.first_stock_out {
            div { span.badge.bad { (t_with("plan-first-out", &[("day", day.to_string().into())])) } }
        } @else if let Some(day) = summary.first_under_safety {
            div { span.badge.warn { (t_with("plan-first-low", &[("day", day.to_string().into())])) } }
        }
        div.hint {
            (t_with("plan-opening", &[("amount", number(line.opening.amount).into()), ("from", opening.into())]))
            @if let Some(cover) = line.cover {
                " · "
                @match cover {
                    Cover::Days(days) => (t_with("plan-cover", &[("n", days.into())])),
                    Cover::Beyond(days) => (t_with("plan-cover-beyond", &[("n", days.into())])),
                }
            }
        }
    }
}

/// A cell that can be typed in: of a week or a month, the day that what is typed goes to.
fn editable(
    view: &SheetView<'_>,
    line: &LineView,
    measure: Measure,
    row: &BucketRow,
    value: Option<Decimal>,
) -> Markup {
    let day = if measure.is_flow() { row.first } else { row.last };
    let query = SheetQuery { cell: Some((line.line.id, measure, day)), ..view.query.clone() };
    let is_edited = view.query.cell == query.cell;
    html! {
        td.number aria-current=[is_edited.then_some("true")] data-cell=[view.edits.then(|| format!("{}|{}|{day}", line.line.id, measure.as_str()))]
            data-value=[value.map(|value| value.normalize().to_string())] {
            @if view.edits {
                a.cell-link href=(format!("{}#cell", query.address(&view.overview.plan)))
                    title=(t_with("plan-edit-cell", &[("measure", measure_name(measure).into()), ("day", row.start.to_string().into()), ("line", line_name(&line.line.key).into())])) {
                    @match value { Some(value) => (number(value)), None => "·" }
                }
            } @else if let Some(value) = value { (number(value)) }
        }
    }
}

fn measure_name(measure: Measure) -> String {
    t(match measure {
        Measure::Production => "plan-production",
        Measure::Sales => "plan-sales",
        Measure::Inventory => "plan-reported",
        Measure::SafetyStock => "plan-safety",
    })
}

fn cell_editor(view: &SheetView<'_>, cell: &EditedCell) -> Markup {
    let plan = &view.overview.plan;
    let (measure, date) = cell.place;
    let shown = |value: Option<Decimal>| value.map_or_else(|| t("plan-blank"), number);
    let typed = cell.value.map(|value| value.normalize().to_string()).unwrap_or_default();
    let Some((line, ..)) = view.query.cell else { return html! {} };
    html! {
        section.panel.padded.stack #cell aria-labelledby="cell-title" {
            h2 #cell-title { (t_with("plan-cell", &[("measure", measure_name(measure).into()), ("line", line_name(&cell.key).into()), ("day", date.to_string().into())])) }
            form.filters method="post" action=(format!("/plan/{}/cell", plan.id)) {
                (csrf_field(view.csrf))
                (hidden("back", &SheetQuery { cell: None, ..view.query.clone() }.address(plan)))
                (hidden("line", &line.to_string()))
                (hidden("measure", measure.as_str()))
                (hidden("date", &date.to_string()))
                (hidden("by", view.query.bucket.as_str()))
                (hidden("version", &cell.version.to_string()))
                input.input name="value" value=(typed) inputmode="decimal" autofocus autocomplete="off" aria-label=(t("plan-value"))
                    aria-invalid=[error_of(view.errors, "value").map(|_| "true")];
                button.button.primary type="submit" { (icon("check")) (t("plan-save")) }
                @if cell.version > 0 {
                    button.button type="submit" name="put_back" value="1" { (icon("rotate-ccw")) (t_with("plan-put-back", &[("value", shown(cell.imported).into())])) }
                }
                a.button href=(SheetQuery { cell: None, ..view.query.clone() }.address(plan)) { (icon("x")) (t("plan-cancel")) }
            }
            @if view.query.bucket != Bucket::Day { p.hint { (t("plan-bucket-hint")) } }
            @if !cell.turns.is_empty() {
                ul {
                    @for turn in cell.turns.iter().take(10) {
                        li.hint { (turn.at.strftime("%Y-%m-%d %H:%M").to_string()) " UTC: " (shown(turn.from)) " → " (shown(turn.to)) }
                    }
                }
            }
        }
    }
}

fn import_form(view: &SheetView<'_>) -> Markup {
    let plan = &view.overview.plan;
    html! {
        section.panel.padded.stack aria-labelledby="import-title" {
            h2 #import-title { (t("plan-import")) }
            form.stack method="post" action=(format!("/plan/{}/import", plan.id)) enctype="multipart/form-data" {
                (csrf_field(view.csrf))
                div.reading {
                    div.field {
                        label for="measure" { (t("plan-import-measure")) }
                        select.input #measure name="measure" {
                            option value="" { (t("plan-import-all")) }
                            @for measure in Measure::ALL { option value=(measure.as_str()) { (measure_name(measure)) } }
                        }
                    }
                    label.check { input type="checkbox" name="create_items" value="true"; (t("plan-import-create")) }
                }
                div.field {
                    label for="file" { (t("plan-import-file")) }
                    input.input #file type="file" name="file" required aria-describedby="file-hint";
                    @if let Some(error) = error_of(view.errors, "file") { p.error { (icon("circle-alert")) (error) } }
                    p.hint #file-hint { (t("plan-import-hint")) }
                }
                div.actions { button.button.primary type="submit" { (icon("upload")) (t("plan-import-button")) } }
            }
        }
    }
}
