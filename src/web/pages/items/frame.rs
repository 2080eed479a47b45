//! What the pages of items and of lists have in common.

use maud::{Markup, html};

use super::state::ListState;
use crate::domain::plan::master::CodeKind;
use crate::services::master_data::{FileReport, ListOrder};
use crate::web::extract::{FormData, Page};
use crate::web::ui::form::{FieldError, csrf_field, error_of, hidden};
use crate::web::ui::format::count;
use crate::web::ui::pager::Pager;
use crate::web::ui::{icon, t, t_with};

/// Entries of a page.
pub const PAGE_ENTRIES: usize = 100;
/// Where items are.
pub const ITEMS: &str = "/plan/items";

/// Where a list is.
pub fn home_of(kind: CodeKind) -> String {
    format!("/plan/{}", kind.plural())
}

/// The way back and the ways to the other lists.
pub fn ways(page: &Page, here: &str) -> Markup {
    let sees_all = page.session.scope().sees_every_owner();
    let kinds = CodeKind::ALL.into_iter().filter(|kind| sees_all || *kind != CodeKind::Customer);
    html! {
        nav.tabs aria-label=(t("items-lists")) {
            a href=(ITEMS) aria-current=[(here == ITEMS).then_some("page")] { (t("items-title")) }
            @for kind in kinds {
                @let home = home_of(kind);
                a href=(home) aria-current=[(here == home).then_some("page")] { (t(&format!("lists-{}", kind.plural()))) }
            }
        }
    }
}

/// What was just done, as the address says it.
pub fn told(query: &FormData) -> Markup {
    let ok = |text: String| html! { div.notice.ok role="status" { (icon("circle-check")) p { (text) } } };
    let number = |name: &str| query.text(name).parse::<u64>().ok();
    html! {
        @if query.has("saved") { (ok(t_with("items-saved", &[("key", query.text("saved").into())]))) }
        @if query.has("deleted") { (ok(t_with("items-deleted", &[("key", query.text("deleted").into())]))) }
        @if let Some(taken) = number("taken") { (ok(t_with("items-taken", &[("n", taken.into()), ("count", count(taken).into())]))) }
        @if let (Some(rows), Some(added), Some(changed)) = (number("rows"), number("added"), number("changed")) {
            (ok(t_with("items-imported", &[("rows", count(rows).into()), ("added", count(added).into()), ("changed", count(changed).into())])))
        }
    }
}

/// The address that tells of a file.
pub fn after_file(home: &str, report: &FileReport) -> String {
    format!("{home}?rows={}&added={}&changed={}", report.rows, report.added, report.changed)
}

/// What is looked for, in `what`; `more` are the choices that items have beside.
pub fn filters(state: &ListState, what: &str, more: &Markup) -> Markup {
    html! {
        form.filters method="get" action=(state.home) role="search" {
            input.input type="search" name="q" value=(state.query.words) aria-label=(t(what)) placeholder=(t(what));
            (more)
            select.input name="active" aria-label=(t("items-offered")) {
                @for (word, text) in [("", "items-offered-any"), ("yes", "items-offered-yes"), ("no", "items-inactive")] {
                    option value=(word) selected[word == state.active()] { (t(text)) }
                }
            }
            @if state.sort() != ListOrder::default().as_str() { (hidden("sort", &state.sort())) }
            button.button type="submit" { (icon("search")) (t("plan-show")) }
            @if !state.is_everything() { a.button href=(state.home) { (icon("x")) (t("items-show-all")) } }
        }
    }
}

/// The head of a column that the list can be ordered by.
pub fn sorted(state: &ListState, order: ListOrder, label: &str, is_number: bool) -> Markup {
    let is_here = state.query.order == order;
    let mut turned = state.clone();
    turned.page = 1;
    turned.query.order = order;
    turned.query.is_descending = is_here && !state.query.is_descending;
    let direction = is_here.then_some(if state.query.is_descending { "descending" } else { "ascending" });
    html! {
        th class=[is_number.then_some("number")] scope="col" aria-sort=[direction] {
            a.sort-link href=(turned.address(&[])) {
                (t(label))
                @if is_here { (icon(if state.query.is_descending { "arrow-down" } else { "arrow-up" })) }
            }
        }
    }
}

/// Nothing there, or nothing found.
pub fn nothing(state: &ListState, what: &str, how: &str) -> Markup {
    html! {
        div.panel.empty {
            (icon("package"))
            @if state.is_everything() { strong { (t(what)) } p { (t(how)) } }
            @else { strong { (t("items-nothing-found")) } a.button href=(state.home) { (t("items-show-all")) } }
        }
    }
}

/// The way through the pages.
pub fn pager(state: &ListState, entries: usize) -> Markup {
    Pager {
        label: "items-pages",
        page: state.page,
        entries,
        page_entries: PAGE_ENTRIES,
        texts: ("plan-page-before", "plan-page-after"),
    }
    .write(|page| ListState { page, ..state.clone() }.address(&[]))
}

/// The question before an entry goes.
pub fn question(page: &Page, state: &ListState, (name, key, version): (&str, &str, u64)) -> Markup {
    html! {
        section.panel.padded.stack #item aria-labelledby="item-title" {
            h2 #item-title { (t_with("items-delete-question", &[("key", key.into())])) }
            form.stack method="post" action=(state.home) data-once {
                (csrf_field(&page.csrf()))
                (hidden("back", &state.pairs()))
                (hidden(name, key))
                (hidden("version", &version.to_string()))
                p { (t("items-delete-text")) }
                div.actions {
                    button.button.danger type="submit" name="act" value="delete" { (icon("trash-2")) (t("plan-delete")) }
                    a.button href=(state.address(&[])) { (t("user-cancel")) }
                }
            }
        }
    }
}

/// The buttons below a form; `key` is the name and the key of the entry that is open.
pub fn buttons(state: &ListState, key: Option<(&str, &str)>) -> Markup {
    html! {
        div.actions {
            button.button.primary type="submit" name="act" value="save" { (icon("check")) (t("plan-save")) }
            a.button href=(state.address(&[])) { (icon("x")) (t("plan-cancel")) }
            @if let Some(key) = key {
                a.button.danger href=(state.address(&[key, ("ask", "delete")])) { (icon("trash-2")) (t("plan-delete")) }
            }
        }
    }
}

/// The form for a file, with what its columns are called.
pub fn file_form(page: &Page, home: &str, columns: &str, errors: &[FieldError]) -> Markup {
    html! {
        section.panel.padded.stack #import aria-labelledby="import-title" {
            h2 #import-title { (t("items-import")) }
            form.stack method="post" action=(format!("{home}/import")) enctype="multipart/form-data" data-once {
                (csrf_field(&page.csrf()))
                div.field {
                    label for="file" { (t("items-import-file")) }
                    input.input #file type="file" name="file" accept=".csv,text/csv" required aria-describedby="file-hint";
                    @if let Some(error) = error_of(errors, "file") { p.error { (icon("circle-alert")) (error) } }
                    p.hint #file-hint { (t_with("items-import-hint", &[("columns", columns.into())])) }
                }
                div.actions { button.button type="submit" { (icon("upload")) (t("plan-import-button")) } }
            }
        }
    }
}
