//! The page of a sheet: its head, its filters, the table, and what is done with the plan.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::lines::LineForm;
use super::list::{days, marks};
use super::query::{Entry, Grouping, MAX_COLUMNS, MAX_LINES, SheetQuery, Window};
use super::sheet_table::{measure_name, table};
use super::spot::{TypedSpot, spot_panel};
use super::tabs::{Tab, tabs};
use crate::domain::formats::NumberStyle;
use crate::domain::plan::{Bucket, Measure};
use crate::services::plans::{LineDays, LineView, Offered, Overview, PlanReader};
use crate::web::extract::FormData;
use crate::web::ui::form::{FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::pager::Pager;
use crate::web::ui::{icon, t, t_with};

/// What is shown.
pub struct SheetView<'v> {
    /// The plan with its lines, those that are looked at.
    pub overview: &'v Overview,
    /// Those of the page, day by day.
    pub lines: &'v [LineDays],
    /// What is looked at.
    pub query: &'v SheetQuery,
    /// What can be chosen among.
    pub choices: &'v Choices,
    /// What a new line can be about.
    pub offered: &'v Offered,
    /// A new line that was refused.
    pub typed: Option<&'v FormData>,
    /// What stands on the page.
    pub entries: &'v [Entry],
    /// How many entries all pages have.
    pub all_entries: usize,
    /// What is typed in.
    pub spot: Option<&'v TypedSpot>,
    /// The reader's.
    pub zone: &'v TimeZone,
    /// Now.
    pub now: Timestamp,
    /// Id of the reader.
    pub user: &'v str,
    /// The reader may type.
    pub edits: bool,
    /// Whose items the reader plans.
    pub reader: &'v PlanReader,
    /// The reader is led to the settings.
    pub manages: bool,
    /// What stands under the sheet.
    pub chart: &'v Markup,
    /// Against cross-site requests.
    pub csrf: &'v str,
    /// What was wrong with a form.
    pub errors: &'v [FieldError],
    /// What came of a file.
    pub told: Markup,
}

impl SheetView<'_> {
    /// True for a line that the reader may type in.
    pub fn edits(&self, line: &LineView) -> bool {
        self.edits && self.reader.changes_owner(line.item.as_ref().and_then(|item| item.owner.as_deref()))
    }
}

/// The categories and locations that lines have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    categories: BTreeSet<String>,
    locations: BTreeSet<String>,
}

impl Choices {
    /// Of these lines.
    pub fn of(lines: &[LineView]) -> Self {
        let all = |of: Grouping| {
            let names = lines.iter().map(|line| of.of(line).to_owned());
            names.filter(|name| !name.is_empty()).collect()
        };
        Self { categories: all(Grouping::Category), locations: all(Grouping::Location) }
    }
}

/// The page.
pub fn sheet_page(view: &SheetView<'_>) -> Markup {
    let SheetView { overview, query, .. } = view;
    let plan = &overview.plan;
    let window = plan.horizon.map(|horizon| query.window(horizon));
    html! {
        nav.crumbs.no-print aria-label=(t("plan-crumbs")) { a href="/plan" { (icon("chevron-left")) (t("plan-title")) } }
        (head(view))
        (error_summary(view.errors))
        (view.told)
        (filters(view, window.as_ref()))
        @if let Some(spot) = view.spot.filter(|_| view.manages) { (spot_panel(view, spot, view.now)) }
        @match window {
            Some(window) if !overview.lines.is_empty() => {
                (table(view, &window))
                @if view.edits { (said()) }
                div.plan-below.no-print {
                    (Pager {
                        label: "plan-pages",
                        page: query.page,
                        entries: view.all_entries,
                        page_entries: query.lines,
                        texts: ("plan-page-before", "plan-page-after"),
                    }.write(|page| SheetQuery { page, spot: None, ..(*query).clone() }.address(plan)))
                    (file_as_seen(view))
                }
                (view.chart)
            }
            _ => div.panel.empty {
                (icon("chart-line"))
                @if overview.totals.lines == 0 {
                    strong { (t("plan-empty")) }
                    @if view.edits { p { (t("plan-empty-text")) } }
                } @else if plan.horizon.is_none() {
                    strong { (t("plan-no-days")) }
                    @if view.edits { p { (t("plan-no-days-text")) } }
                } @else {
                    strong { (t("plan-nothing-found")) }
                }
            }
        }
        @if view.edits { (import_form(view)) (line_form(view)) }
    }
}

/// Where the script says what it does; its words are here.
fn said() -> Markup {
    let words = [
        "plan-saved",
        "plan-saving",
        "plan-waits",
        "plan-waits-before",
        "plan-signed-out",
        "plan-sign-in",
        "plan-undo-but",
        "plan-conflict-ask",
        "plan-is-mine",
        "plan-is-theirs",
        "plan-mine",
        "plan-theirs",
        "plan-paste-cells",
        "plan-paste-strange",
        "plan-paste-beyond",
        "plan-bucket-hint",
        "plan-paste-do",
        "plan-paste-not",
        "plan-history",
        "plan-no-number",
        "plan-worked-out",
    ];
    html! {
        div.plan-said {
            div.notice.warn.actions role="alert" data-sheet-asked hidden {}
            div.actions role="status" data-sheet-said {}
        }
        div hidden data-sheet-words { @for word in words { span data-word=(word) { (t(word)) } } }
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
        (tabs(plan, Tab::Sheet))
    }
}

/// The way to a workbook of what is looked at.
fn file_as_seen(view: &SheetView<'_>) -> Markup {
    let plan = &view.overview.plan;
    let seen = SheetQuery { spot: None, page: 1, chart: Vec::new(), ..view.query.clone() }.address(plan);
    let seen = seen.find('?').map_or("", |at| &seen[at..]);
    html! {
        a.button href=(format!("/plan/{}/sheet.xlsx{seen}", plan.id)) download title=(t("plan-sheet-file-hint")) { (icon("file-spreadsheet")) (t("plan-sheet-file")) }
    }
}

fn filters(view: &SheetView<'_>, window: Option<&Window>) -> Markup {
    let SheetView { query, overview, choices, .. } = view;
    let plan = &overview.plan;
    let today = query.today.filter(|_| query.from.is_some());
    let at = |from: Date| SheetQuery { from: Some(from), spot: None, ..(*query).clone() }.address(plan);
    let choice = |name: &'static str, all: &'static str, names: &BTreeSet<String>, chosen: &str| {
        html! { @if !names.is_empty() {
            select.input name=(name) aria-label=(t(all)) {
                option value="" { (t(all)) }
                @for name in names { option value=(name) selected[name == chosen] { (name) } }
            }
        } }
    };
    let many = |name: &'static str, label: &'static str, of: &[usize], chosen: usize| {
        html! { label.check { (t(label)) select.input name=(name) {
            @for n in of { option value=(n) selected[*n == chosen] { (n) } }
            @if !of.contains(&chosen) { option value=(chosen) selected { (chosen) } }
        } } }
    };
    html! {
        form.filters.no-print method="get" action=(format!("/plan/{}", plan.id)) role="search" data-sheet-filters {
            input.input type="search" name="q" value=(query.words) placeholder=(t("plan-filter")) aria-label=(t("plan-filter"));
            (choice("category", "plan-all-categories", &choices.categories, &query.category))
            (choice("location", "plan-all-locations", &choices.locations, &query.location))
            select.input name="by" aria-label=(t("plan-by")) {
                @for bucket in Bucket::ALL {
                    option value=(bucket.as_str()) selected[bucket == query.bucket] { (t(&format!("plan-by-{}", bucket.as_str()))) }
                }
            }
            label.check { input type="checkbox" name="problems" value="1" checked[query.problems]; (t("plan-problems")) }
            @if let Some(from) = query.from { (hidden("from", &from.to_string())) }
            details.plan-more {
                summary.button { (t("plan-more")) }
                div.filters {
                    select.input name="group" aria-label=(t("plan-group")) {
                        option value="" { (t("plan-group-not")) }
                        @for group in Grouping::ALL {
                            option value=(group.as_str()) selected[Some(group) == query.group] { (t(&format!("plan-group-{}", group.as_str()))) }
                        }
                    }
                    label.check { input type="checkbox" name="measures" value="all" checked[query.all_measures]; (t("plan-all-measures")) }
                    (many("lines", "plan-page-lines", &[20, MAX_LINES], query.lines))
                    (many("columns", "plan-page-columns", &[14, 28, 60, MAX_COLUMNS], query.columns))
                }
            }
            button.button type="submit" { (icon("search")) (t("plan-show")) }
            div.plan-days {
                @if let Some(before) = window.and_then(|window| window.before) {
                    a.button href=(at(before)) rel="prev" { (icon("chevron-left")) (t("plan-before")) }
                }
                @if let Some(today) = today {
                    a.button href=(SheetQuery { from: None, spot: None, ..(*query).clone() }.address(plan)) title=(today) { (t("plan-today")) }
                }
                @if let Some(after) = window.and_then(|window| window.after) {
                    a.button href=(at(after)) rel="next" { (t("plan-after")) (icon("chevron-right")) }
                }
            }
        }
    }
}

fn line_form(view: &SheetView<'_>) -> Markup {
    let nothing = FormData::default();
    LineForm {
        plan: view.overview.plan.id.to_string(),
        offered: view.offered,
        typed: view.typed.unwrap_or(&nothing),
        errors: if view.typed.is_some() { view.errors } else { &[] },
        open: view.overview.totals.lines == 0 || view.typed.is_some(),
        csrf: view.csrf,
    }
    .write()
}

fn import_form(view: &SheetView<'_>) -> Markup {
    let plan = &view.overview.plan;
    html! {
        details.panel.padded.no-print.plan-do open[view.overview.totals.lines == 0 || (!view.errors.is_empty() && view.typed.is_none())] {
            summary { (icon("chevron-right")) h2 { (t("plan-import")) } }
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
                    div.field {
                        label for="numbers" { (t("plan-import-numbers")) }
                        select.input #numbers name="numbers" {
                            option value="" { (t("plan-import-numbers-file")) }
                            @for style in NumberStyle::NAMES { option value=(style) { (style) } }
                        }
                    }
                    label.check { input type="checkbox" name="create_items" value="true"; (t("plan-import-create")) }
                    label.check { input type="checkbox" name="keep_outside" value="true"; (t("plan-import-outside")) }
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
