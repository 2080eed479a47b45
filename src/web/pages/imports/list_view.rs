//! The form for a file and the history.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::list::{Listed, PAGE_ROWS};
use super::words::{sender_text, state_badge};
use crate::domain::dataset::{Import, ImportState};
use crate::web::ui::form::{FieldError, error_of, error_summary};
use crate::web::ui::format::{count, instant};
use crate::web::ui::pager::Pager;
use crate::web::ui::upload_form::{ACCEPTED_TABLES as ACCEPTED, UploadForm};
use crate::web::ui::{icon, t};

/// The choice that makes a dataset.
pub const NEW_DATASET: &str = "+";
/// Where a site's first file goes.
const MAIN_DATASET: &str = "Inventory";

/// The form for a file as it was left.
#[derive(Debug, Clone, Copy, Default)]
pub struct UploadView<'v> {
    /// The dataset that was chosen.
    pub dataset: &'v str,
    /// The name of a new one.
    pub new_dataset: &'v str,
    /// A file of a shape that is known is published without asking.
    pub publishes: bool,
    /// What was wrong.
    pub error: Option<&'v FieldError>,
}

/// What the page shows.
pub struct ListView<'v> {
    /// The history.
    pub listed: &'v Listed,
    /// The form.
    pub upload: UploadView<'v>,
    /// A token for it.
    pub csrf: &'v str,
    /// There is nothing yet, and the reader may begin with the sample.
    pub offers_sample: bool,
    /// Largest file.
    pub max_bytes: u64,
    /// The reader's zone.
    pub zone: TimeZone,
    /// The present.
    pub now: Timestamp,
}

/// The page.
pub fn imports_page(view: &ListView<'_>) -> Markup {
    html! {
        div.page-head { h1 { (t("imports-title")) } }
        (upload_form(view))
        section.stack aria-labelledby="history-title" {
            h2.imports-heading #history-title { (t("imports-history")) }
            (history(view))
        }
    }
}

fn upload_form(view: &ListView<'_>) -> Markup {
    let ListView { listed, upload, csrf, max_bytes, .. } = view;
    let errors: Vec<FieldError> = upload.error.into_iter().cloned().collect();
    let form = UploadForm {
        action: "/imports",
        csrf,
        accept: ACCEPTED,
        is_many: false,
        max_bytes: *max_bytes,
        too_large: "imports-file-too-large",
        label: &t("imports-file"),
        hint: &t("imports-file-hint"),
        button: &t("imports-upload-button"),
        next: &t("imports-upload-next"),
    };
    let no_datasets = listed.datasets.is_empty();
    let is_chosen = |slug: &str| upload.dataset == slug || (upload.dataset.is_empty() && slug == "inventory");
    let name_error = error_of(&errors, "new_dataset");
    html! {
        section.panel.padded.stack #upload aria-labelledby="upload-title" {
            h2.imports-heading #upload-title { (t("imports-upload-title")) }
            (error_summary(&errors))
            (form.write(&html! {
                @if !no_datasets {
                    label.check {
                        input type="checkbox" name="publish" value="1" checked[upload.publishes];
                        (t("imports-publish-known"))
                    }
                }
                div.upload-dataset {
                    div.field {
                        label for="dataset" { (t("imports-dataset")) }
                        select.input #dataset name="dataset" aria-describedby="dataset-hint" data-new-dataset="new-dataset-field" {
                            @if no_datasets { option value=(MAIN_DATASET) selected { (MAIN_DATASET) } }
                            @for dataset in &listed.datasets {
                                option value=(dataset.slug) selected[is_chosen(&dataset.slug)] { (dataset.name) }
                            }
                            option value=(NEW_DATASET) selected[upload.dataset == NEW_DATASET] { (t("imports-dataset-new")) }
                        }
                        p.hint #dataset-hint { (t("imports-dataset-hint")) }
                    }
                    div.field #new-dataset-field {
                        label for="new_dataset" { (t("imports-dataset-name")) }
                        input.input #new_dataset name="new_dataset" type="text" value=(upload.new_dataset) maxlength="100"
                            autocomplete="off" aria-invalid=[name_error.map(|_| "true")]
                            aria-describedby=[name_error.map(|_| "new-dataset-error")];
                        @if let Some(error) = name_error { p.error #new-dataset-error { (icon("circle-alert")) (error) } }
                    }
                }
            }))
        }
    }
}

fn history(view: &ListView<'_>) -> Markup {
    let ListView { listed, .. } = view;
    html! {
        @if listed.imports.is_empty() {
            div.panel.empty {
                (icon("history"))
                strong { (t("imports-history-empty")) }
                p { (t("imports-history-empty-text")) }
                @if view.offers_sample { a href="/setup/data" { (t("first-use-sample")) } }
            }
        } @else {
            div.table-wrap tabindex="0" role="region" aria-labelledby="history-title" {
                table.table.history {
                    thead {
                        tr {
                            th scope="col" { (t("imports-col-file")) }
                            th scope="col" { (t("imports-col-dataset")) }
                            th scope="col" { (t("imports-col-state")) }
                            th.number scope="col" { (t("imports-col-rows")) }
                            th.number scope="col" { (t("imports-col-rejected")) }
                            th scope="col" { (t("imports-col-who")) }
                            th scope="col" { (t("imports-col-when")) }
                        }
                    }
                    tbody { @for import in &listed.imports { (history_row(view, import)) } }
                }
            }
            (pager(listed))
        }
    }
}

fn history_row(view: &ListView<'_>, import: &Import) -> Markup {
    let ListView { listed, zone, now, .. } = view;
    let dataset = listed.datasets.iter().find(|dataset| dataset.id == import.dataset_id);
    let rows = if import.state == ImportState::Published { import.rows_published } else { import.rows_read };
    let is_known = rows > 0 || import.state == ImportState::Published;
    html! {
        tr {
            th.file scope="row" data-label=(t("imports-col-file")) {
                a href=(format!("/imports/{}", import.id)) title=(import.file_name) { (import.file_name) }
            }
            td data-label=(t("imports-col-dataset")) {
                a href=(format!("/datasets/{}/history", import.dataset_slug)) title=(t("history-link")) {
                    (dataset.map_or(import.dataset_slug.as_str(), |dataset| dataset.name.as_str()))
                }
            }
            td data-label=(t("imports-col-state")) { (state_badge(import)) }
            td.number data-label=(t("imports-col-rows")) { @if is_known { (count(rows)) } @else { "–" } }
            td.number data-label=(t("imports-col-rejected")) {
                @if is_known { (count(import.rows_rejected)) } @else { "–" }
            }
            td data-label=(t("imports-col-who")) {
                (sender_text(import, &listed.senders))
            }
            td data-label=(t("imports-col-when")) { (instant(import.created_at, zone, *now)) }
        }
    }
}

fn pager(listed: &Listed) -> Markup {
    let pager = Pager {
        label: "imports-pager",
        page: listed.page,
        entries: listed.total,
        page_entries: PAGE_ROWS,
        texts: ("imports-newer", "imports-older"),
    };
    pager.write(|page| format!("/imports?page={page}"))
}
