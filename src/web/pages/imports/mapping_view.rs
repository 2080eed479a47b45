//! How the file is read, as a form, and its first rows under that reading.

use maud::{Markup, html};

use super::choices::{DELIMITERS, ENCODINGS};
use super::column_fields::{column_fields, column_heads};
use super::part_choice::part_choice;
use super::show::Shown;
use super::words::{column_sure, reading_sure, short, type_text};
use crate::base::ids::random_bytes;
use crate::domain::column::{Column, ColumnType};
use crate::domain::dataset::{Import, ImportState};
use crate::services::imports::preview::{Preview, PreviewColumn, PreviewRow, SHOWN_COLUMNS, Source};
use crate::services::imports::{self, preview};
use crate::web::ui::form::{csrf_field, hidden};
use crate::web::ui::format::{bytes, count};
use crate::web::ui::{icon, t, t_with};

/// Columns named where it is said what changed.
const NAMED: usize = 12;
/// Records offered as the header.
const HEADER_RECORDS: usize = 12;

/// The form and the rows.
pub fn mapping(shown: &Shown, preview: &Preview, csrf: &str) -> Markup {
    let address = format!("/imports/{}/settings", shown.import.id);
    html! {
        form #mapping .stack method="post" action=(address) autocomplete="off" hx-ext="morph" hx-post=(address)
            hx-trigger="change" hx-target="#import" hx-select="#import" hx-swap="morph:outerHTML" hx-sync="this:replace"
            hx-indicator="#mapping-busy" hx-disinherit="*" {
            (csrf_field(csrf))
            (hidden("shape", &preview::shape(preview)))
            (hidden("version", &imports::version(&shown.import)))
            (hidden("page", &page_name()))
            (reading(preview))
            (columns(preview, shown.sees_cells, shown.is_set))
        }
        (rows(shown, preview))
    }
}

/// A name that no other page has.
fn page_name() -> String {
    format!("{:016x}", u64::from_ne_bytes(random_bytes()))
}

fn reading(preview: &Preview) -> Markup {
    let profile = &preview.profile;
    let header = profile.header_record.map_or(0, |record| record + 1);
    // A sheet of three rows has no fourth.
    let rows = preview.record_rows.len();
    let offered = if rows == 0 { HEADER_RECORDS } else { HEADER_RECORDS.min(rows) }.max(header);
    html! {
        section.panel.padded.stack aria-labelledby="reading-title" {
            div.status-title {
                h2.imports-heading #reading-title { (t("imports-reading-title")) }
                span.hint #mapping-busy .htmx-indicator aria-hidden="true" { (t("imports-busy")) }
            }
            @if preview.remembers { p.hint { (t(if preview.is_known { "imports-known" } else { "imports-remembers" })) } }
            div.reading {
                (part_choice(preview))
                @if profile.container.is_sheet() {
                    (hidden("encoding", &profile.encoding))
                    (hidden("delimiter", &profile.dialect.delimiter.to_string()))
                } @else {
                    (text_choices(preview))
                }
                div.field {
                    label for="header" { (t("imports-header")) }
                    select.input #header name="header" aria-describedby="header-sure" {
                        option value="0" selected[header == 0] { (t("imports-header-none")) }
                        @for record in 1..=offered {
                            option value=(record) selected[record == header] { (t_with("imports-header-row", &[("n", row_of(preview, record).into())])) }
                        }
                    }
                    p.hint #header-sure { (reading_sure(preview.header_confidence)) }
                }
                div.field {
                    label for="owner" { (t("imports-owner")) }
                    select.input #owner name="owner" aria-describedby="owner-hint" {
                        option value="" selected[preview.owner.is_none()] { (t("imports-owner-none")) }
                        @for (index, column) in profile.columns.iter().enumerate() {
                            option value=(index) selected[preview.owner.as_deref() == Some(&column.name)] { (short(&column.name)) }
                        }
                    }
                    p.hint #owner-hint { (t("imports-owner-hint")) }
                }
            }
            @if let Some(guarded) = &preview.guarded {
                div.notice.warn data-guarded { (icon("triangle-alert")) p { (guarded) } }
            }
            @for note in &preview.notes { p.note { (icon("info")) span { (note) } } }
            noscript { button.button type="submit" { (icon("refresh-cw")) (t("imports-update")) } }
        }
    }
}

/// What a record is called: in a sheet, blank rows count.
fn row_of(preview: &Preview, record: usize) -> u64 {
    preview.record_rows.get(record - 1).copied().unwrap_or(record as u64)
}

/// How a text is read.
fn text_choices(preview: &Preview) -> Markup {
    let encoding = preview.profile.encoding.as_str();
    let delimiter = preview.profile.dialect.delimiter;
    html! {
        div.field {
            label for="encoding" { (t("imports-encoding")) }
            select.input #encoding name="encoding" aria-describedby="encoding-sure" {
                @if !ENCODINGS.contains(&encoding) { option value=(encoding) selected { (encoding) } }
                @for label in ENCODINGS { option value=(label) selected[label == encoding] { (label) } }
            }
            p.hint #encoding-sure { (reading_sure(preview.encoding_confidence)) }
        }
        div.field {
            label for="delimiter" { (t("imports-delimiter")) }
            select.input #delimiter name="delimiter" aria-describedby="delimiter-sure" {
                @if !DELIMITERS.iter().any(|(known, _)| *known == delimiter) {
                    option value=(delimiter) selected { (delimiter_text(delimiter)) }
                }
                @for (value, text) in DELIMITERS { option value=(value) selected[value == delimiter] { (t(text)) } }
            }
            p.hint #delimiter-sure { (reading_sure(preview.delimiter_confidence)) }
        }
    }
}

fn delimiter_text(delimiter: char) -> String {
    if delimiter == ' ' {
        t("imports-delimiter-space")
    } else if delimiter.is_control() {
        format!("U+{:04X}", u32::from(delimiter))
    } else {
        delimiter.to_string()
    }
}

/// The columns: those that a person should look at, then, folded away, those that are as they always were.
fn columns(preview: &Preview, sees_cells: bool, is_open: bool) -> Markup {
    let all = || preview.profile.columns.iter().zip(&preview.columns).enumerate();
    let as_before =
        |found: &PreviewColumn| found.source == Source::Remembered && found.misfits == 0 && !found.is_new;
    let (before, asked): (Vec<Row<'_>>, Vec<Row<'_>>) = all()
        .map(|(index, (column, found))| Row { index, column, found })
        .partition(|row| as_before(row.found));
    let missing = &preview.missing;
    html! {
        section.stack aria-labelledby="columns-title" {
            h2.imports-heading #columns-title {
                (t_with("imports-columns-title", &[("n", preview.columns.len().into())]))
            }
            (what_changed(preview))
            (suggested_key(preview))
            @if !asked.is_empty() { (columns_table(&asked, missing, sees_cells)) }
            @if !before.is_empty() {
                details.stack #columns-before open[is_open] {
                    summary.button { (icon("chevron-down")) (t_with("imports-as-before", &[("n", before.len().into())])) }
                    (columns_table(&before, missing, sees_cells))
                }
            }
            p.hint { (t_with("imports-misfits-of", &[("rows", count(preview.rows_looked_at).into()), ("n", preview.rows_looked_at.into())])) " " (t("imports-flags-hint")) }
        }
    }
}

/// A column with its place among all of them.
#[derive(Clone, Copy)]
struct Row<'p> {
    index: usize,
    column: &'p Column,
    found: &'p PreviewColumn,
}

/// How the columns differ from those of the last file.
fn what_changed(preview: &Preview) -> Markup {
    let new = preview.profile.columns.iter().zip(&preview.columns).enumerate();
    let new: Vec<_> = new.filter(|(_, (_, found))| found.is_new).collect();
    if preview.is_known || (new.is_empty() && preview.missing.is_empty()) {
        return html! {};
    }
    let named = |names: Vec<&str>| {
        let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("“{}”", short(name))).collect();
        let more = names.len().saturating_sub(NAMED);
        let more = (more > 0).then(|| t_with("imports-changed-more", &[("n", more.into())]));
        shown.into_iter().chain(more).collect::<Vec<_>>().join(", ")
    };
    let came = new.iter().map(|(_, (column, _))| column.name.as_str()).collect();
    html! {
        div.notice.warn data-changed {
            (icon("triangle-alert"))
            div {
                strong { (t("imports-changed-title")) }
                @if !new.is_empty() { p { (t_with("imports-changed-new", &[("columns", named(came).into())])) } }
                @if !preview.missing.is_empty() {
                    @let gone = preview.missing.iter().map(String::as_str).collect();
                    p { (t_with("imports-changed-gone", &[("columns", named(gone).into())])) }
                }
                @for (index, (column, found)) in &new {
                    @if let Some(known) = &found.looks_like {
                        div.actions {
                            span { (t_with("imports-looks-like", &[("column", short(&column.name).into()), ("known", short(known).into())])) }
                            button.button.small type="submit" name="is_called" value=(format!("{index}={known}")) {
                                (icon("check")) (t_with("imports-is-it", &[("known", short(known).into())]))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The columns that may name a row, where none does: without a key a change shows as a row that went and one that came.
fn suggested_key(preview: &Preview) -> Markup {
    let names = preview.suggested_key.iter().filter_map(|place| preview.profile.columns.get(*place));
    let names: Vec<String> = names.map(|column| format!("“{}”", short(&column.name))).collect();
    let places: Vec<String> = preview.suggested_key.iter().map(ToString::to_string).collect();
    html! {
        @if !names.is_empty() {
            div.notice data-suggested-key {
                (icon("key-round"))
                div {
                    p { (t_with("imports-key-suggested", &[("columns", names.join(" + ").into()), ("n", names.len().into())])) }
                    div.actions {
                        button.button.small type="submit" name="use_key" value=(places.join(",")) {
                            (icon("check")) (t_with("imports-key-use", &[("columns", names.join(" + ").into())]))
                        }
                    }
                }
            }
        }
    }
}

fn columns_table(rows: &[Row<'_>], missing: &[String], sees_cells: bool) -> Markup {
    html! {
        div.table-wrap.mapping-wrap tabindex="0" role="region" aria-labelledby="columns-title" {
            table.table.mapping {
                thead { tr {
                    th scope="col" { (t("imports-col-column")) }
                    (column_heads())
                    th scope="col" { (t("imports-col-sure")) }
                    th.number scope="col" { (t("imports-col-misfits")) }
                    th scope="col" { (t("imports-col-examples")) }
                } }
                tbody { @for row in rows { (column_row(*row, missing, sees_cells)) } }
            }
        }
    }
}

/// Which column of the dataset it is, where that is to be asked.
fn called(index: usize, column: &Column, found: &PreviewColumn, missing: &[String]) -> Markup {
    let is_asked = column.header.is_some() || (found.is_new && !missing.is_empty());
    let renamed = column.header.is_some().then_some(&column.name);
    html! {
        @if is_asked {
            select.input name=(format!("called.{index}")) aria-label=(t_with("imports-called-of", &[("column", short(column.header()).into())])) {
                option value="" selected[renamed.is_none()] { (t("imports-called-own")) }
                @for name in renamed.into_iter().chain(missing) {
                    option value=(name) selected[renamed == Some(name)] { (t_with("imports-called", &[("known", short(name).into())])) }
                }
            }
        }
    }
}

fn column_row(row: Row<'_>, missing: &[String], sees_cells: bool) -> Markup {
    let Row { index, column, found } = row;
    html! {
        tr {
            th scope="row" data-label=(t("imports-col-column")) {
                span.import-column { (short(column.header())) }
                (called(index, column, found, missing))
            }
            (column_fields(index, column))
            td.sure data-label=(t("imports-col-sure")) {
                @let sure = column_sure(found);
                span class=(if sure == "imports-sure-guess" { "badge warn" } else { "plain" }) { (t(sure)) }
            }
            td.number data-label=(t("imports-col-misfits")) {
                @if found.misfits > 0 { span.misfits { (icon("triangle-alert")) (count(found.misfits)) } } @else { "0" }
            }
            td.examples data-label=(t("imports-col-examples")) {
                @if sees_cells { @for example in &found.examples { code { (example) } " " } } @else { "–" }
            }
        }
    }
}

fn rows(shown: &Shown, preview: &Preview) -> Markup {
    html! {
        section.stack aria-labelledby="rows-title" {
            h2.imports-heading #rows-title {
                (t_with("imports-rows-title", &[("n", preview.shown_rows().into())]))
                " " (rows_hint(&shown.import, preview))
            }
            @if !shown.sees_cells {
                p.hint { (t("imports-not-yours")) }
            } @else if preview.rows.is_empty() {
                div.panel.empty { (icon("rows-3")) strong { (t("imports-rows-none")) } }
            } @else {
                (rows_table(preview))
            }
        }
    }
}

/// The first rows of a file as they read, below their header; `#rows-title` stands above.
pub fn rows_table(preview: &Preview) -> Markup {
    let width = preview.rows.iter().filter(|row| row.rejected.is_none()).map(|row| row.cells.len()).max();
    // Where there is no row, the columns stand there all the same.
    let width = width.unwrap_or(SHOWN_COLUMNS);
    let columns = &preview.profile.columns[..width.min(preview.profile.columns.len())];
    html! {
        div.table-wrap.first-rows tabindex="0" role="region" aria-labelledby="rows-title" {
            table.table {
                thead { tr {
                    th.number scope="col" { (t(if preview.profile.container.is_sheet() { "imports-col-row" } else { "imports-col-line" })) }
                    @for column in columns {
                        th class=[is_number(column).then_some("number")] scope="col" {
                            (short(&column.name))
                            span.type { (type_text(column.column_type)) }
                        }
                    }
                } }
                tbody { @for row in &preview.rows { (preview_row(columns, row)) } }
            }
        }
    }
}

/// How many rows there are beside those in view.
fn rows_hint(import: &Import, preview: &Preview) -> Markup {
    counted_rows(import, false).unwrap_or_else(|| html! { span.hint #rows-hint { (estimate(preview)) } })
}

/// How many rows there are, once all were counted; `beside` a fragment, to take the place of what the page has.
pub fn counted_rows(import: &Import, beside: bool) -> Option<Markup> {
    let is_counted = matches!(import.state, ImportState::Checked | ImportState::Quarantined);
    // “No rows of 0” would say it twice.
    let rows = || match import.rows_read.saturating_sub(import.rows_rejected) {
        0 => String::new(),
        rows => t_with("imports-rows-of", &[("rows", count(rows).into())]),
    };
    is_counted.then(|| html! { span.hint #rows-hint hx-swap-oob=[beside.then_some("true")] { (rows()) } })
}

/// How many rows there are, as far as they were looked at.
pub fn estimate(preview: &Preview) -> String {
    if preview.rows.is_empty() && preview.estimated_rows == 0 {
        return String::new();
    }
    let rows = count(preview.estimated_rows);
    if let Some(looked_at) = preview.looked_at_bytes {
        let size = bytes(looked_at);
        return t_with("imports-rows-part", &[("rows", rows.into()), ("size", size.into())]);
    }
    let id = if preview.rows_counted { "imports-rows-of" } else { "imports-rows-about" };
    t_with(id, &[("rows", rows.into())])
}

fn is_number(column: &Column) -> bool {
    matches!(column.column_type, ColumnType::Integer | ColumnType::Decimal)
}

fn preview_row(columns: &[Column], row: &PreviewRow) -> Markup {
    html! {
        tr {
            td.number.line { (count(row.line)) }
            @if let Some(reason) = &row.rejected {
                td.rejected colspan=(columns.len().max(1)) {
                    span.badge.bad { (t("imports-row-rejected")) } " " (reason) " "
                    @for cell in &row.cells { code { (cell.text) } }
                }
            } @else {
                @for (column, cell) in columns.iter().zip(&row.cells) {
                    @if let Some(reason) = &cell.reason {
                        td.misfit class=[is_number(column).then_some("number")] title=(reason) {
                            (icon("triangle-alert")) (cell.text)
                            span.visually-hidden { " (" (reason) ")" }
                        }
                    } @else {
                        td class=[is_number(column).then_some("number")]
                            title=[(cell.text.chars().count() > 40).then_some(&cell.text)] { (cell.text) }
                    }
                }
            }
        }
    }
}
