//! The page: how much changed, which part of it, and the rows.

use maud::{Markup, html};

use super::state::ChangesQuery;
use crate::search::difference::{Change, ChangedRow, Difference, Entry, Field};
use crate::services::changes::Changes;
use crate::web::pages::inventory::unknown_parameters;
use crate::web::ui::format::count;
use crate::web::ui::pager::Pager;
use crate::web::ui::{icon, t, t_with};

/// Rows on a page.
pub const PAGE_ROWS: usize = 100;

/// What the page shows.
pub struct ChangesView<'v> {
    /// The address of the page, without its question.
    pub path: &'v str,
    /// Where the way back leads, and what it is called.
    pub back: (String, String),
    /// What it is.
    pub title: String,
    /// Between what.
    pub hint: Markup,
    /// The difference.
    pub changes: &'v Changes,
    /// What of it is looked at.
    pub query: &'v ChangesQuery,
    /// The rows that this selects.
    pub entries: &'v [Entry],
    /// Where the columns that name a row are chosen, for those who may.
    pub key_page: Option<String>,
    /// The list may be taken away as a file.
    pub offers_file: bool,
}

/// The page.
pub fn changes_page(view: &ChangesView<'_>) -> Markup {
    let ChangesView { path, changes, query, entries, .. } = view;
    let difference = &*changes.difference;
    let shown = &entries[entries.len().min((query.page - 1) * PAGE_ROWS)..];
    let shown = &shown[..shown.len().min(PAGE_ROWS)];
    html! {
        nav.crumbs aria-label=(t("imports-crumbs")) { a href=(view.back.0) { (icon("chevron-left")) (view.back.1) } }
        div.page-head {
            h1 { (view.title) }
            p.hint { (view.hint) }
            @if view.offers_file && !entries.is_empty() {
                a.button href=(query.on_page(1).address(&format!("{path}.csv"))) download { (icon("download")) (t("changes-file")) }
            }
        }
        (unknown_parameters(&query.left_out(difference)))
        (kinds(view))
        @if !difference.has_key() {
            p.notice { (icon("info")) span {
                (t("changes-no-key"))
                @if let Some(page) = &view.key_page { " " a href=(page) { (t("changes-choose-key")) } }
            } }
        }
        (columns_that_came_or_went(difference))
        (filter(view))
        @if shown.is_empty() {
            div.panel.empty { (icon("rows-3")) strong { (t(if difference.is_empty() { "changes-none" } else { "changes-none-here" })) } }
        } @else {
            div.table-wrap tabindex="0" role="region" aria-label=(view.title) {
                table.table.changes-table {
                    thead { tr {
                        th scope="col" { span.visually-hidden { (t("changes-kind")) } }
                        @for field in difference.fields() { th scope="col" { (field.name) @if field.is_key { " " (icon("key-round")) } } }
                    } }
                    tbody { @for entry in shown { (row(difference, &difference.row(*entry))) } }
                }
            }
            (pager(view))
        }
    }
}

fn sign(change: Change) -> (&'static str, &'static str, &'static str) {
    match change {
        Change::Changed => ("~", "changed", "changes-kind-changed"),
        Change::Added => ("+", "added", "changes-kind-added"),
        Change::Removed => ("−", "removed", "changes-kind-removed"),
    }
}

/// All, and each kind with its number.
fn kinds(view: &ChangesView<'_>) -> Markup {
    let ChangesView { path, changes, query, .. } = view;
    let difference = &changes.difference;
    let all: u64 = Change::ALL.iter().map(|change| difference.count(*change)).sum();
    let link = |change: Option<Change>, label: Markup| {
        html! { a href=(query.of_kind(change).address(path)) aria-current=[(query.change == change).then_some("page")] { (label) } }
    };
    html! {
        nav.tabs aria-label=(t("changes-kind")) {
            (link(None, html! { (t("changes-all")) " " span.number { (count(all)) } }))
            @for change in Change::ALL {
                @let (mark, class, text) = sign(change);
                (link(Some(change), html! { span class=(class) aria-hidden="true" { (mark) } " " (t(text)) " " span.number { (count(difference.count(change))) } }))
            }
            span.hint { (t_with("changes-same", &[("n", difference.unchanged().into()), ("rows", count(difference.unchanged()).into())])) }
        }
    }
}

fn columns_that_came_or_went(difference: &Difference) -> Markup {
    let names = |wanted: &dyn Fn(&Field) -> bool| -> Vec<String> {
        difference
            .fields()
            .iter()
            .filter(|field| wanted(field))
            .map(|field| format!("“{}”", field.name))
            .collect()
    };
    let (new, gone) = (names(&|field| !field.is_before), names(&|field| !field.is_after));
    html! {
        @if !new.is_empty() { p.notice { (icon("info")) span { (t_with("changes-columns-new", &[("columns", new.join(", ").into())])) } } }
        @if !gone.is_empty() { p.notice.warn { (icon("triangle-alert")) span { (t_with("changes-columns-gone", &[("columns", gone.join(", ").into())])) } } }
    }
}

/// By a column whose cells changed, and by words.
fn filter(view: &ChangesView<'_>) -> Markup {
    let ChangesView { path, changes, query, .. } = view;
    let fields: Vec<&Field> = changes.difference.fields().iter().filter(|field| field.changed > 0).collect();
    html! {
        form.filters method="get" action=(path) {
            @for (name, value) in &query.kept { input type="hidden" name=(name) value=(value); }
            @if let Some(change) = query.change { input type="hidden" name="kind" value=(change.as_str()); }
            input.input type="search" name="q" value=(query.words) placeholder=(t("changes-search")) aria-label=(t("changes-search"));
            @if !fields.is_empty() {
                select.input name="field" aria-label=(t("changes-field")) {
                    option value="" { (t("changes-field-any")) }
                    @for field in fields {
                        option value=(field.name) selected[query.field.as_ref() == Some(&field.name)] {
                            (field.name) " (" (count(field.changed)) ")"
                        }
                    }
                }
            }
            button.button type="submit" { (t("changes-filter")) }
        }
    }
}

fn row(difference: &Difference, row: &ChangedRow<'_>) -> Markup {
    let (mark, class, text) = sign(row.change);
    html! {
        tr {
            th scope="row" class=(class) { span aria-hidden="true" { (mark) } span.visually-hidden { (t(text)) } }
            @for field in 0..difference.fields().len() {
                @match row.change {
                    Change::Added => td { (row.after(field).unwrap_or_default()) },
                    Change::Removed => td.gone { (row.before(field).unwrap_or_default()) },
                    Change::Changed if row.differs(field) => td.differs {
                        del { (row.before(field).unwrap_or_default()) } " " ins { (row.after(field).unwrap_or_default()) }
                    },
                    Change::Changed => td { (row.after(field).unwrap_or_default()) },
                }
            }
        }
    }
}

fn pager(view: &ChangesView<'_>) -> Markup {
    let ChangesView { path, query, entries, .. } = view;
    let pager = Pager {
        label: "changes-pager",
        page: query.page,
        entries: entries.len(),
        page_entries: PAGE_ROWS,
        texts: ("changes-earlier", "changes-later"),
    };
    pager.write(|page| query.on_page(page).address(path))
}
