//! `GET /datasets/{dataset}/profiles`

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use crate::domain::dataset::Dataset;
use crate::domain::known_profile::KnownProfile;
use crate::services::authorize::ImportData;
use crate::services::profiles;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::pages::imports::words::short;
use crate::web::state::AppState;
use crate::web::ui::form::{FieldError, error_summary};
use crate::web::ui::format::{ago, count};
use crate::web::ui::upload_form::UploadForm;
use crate::web::ui::{NavItem, icon, t, t_with};

const COLUMNS: [&str; 5] =
    ["profiles-file", "profiles-columns", "profiles-owner", "profiles-uses", "profiles-last"];
/// Largest upload of a profile, in bytes.
const MAX_BYTES: u64 = 4 << 20;
/// Headers named in a row.
const NAMED: usize = 6;

/// What is remembered.
pub async fn list(
    State(state): State<AppState>,
    page: Page,
    Path(dataset): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let notice = ["forgotten", "brought"].into_iter().find(|word| query.has(word));
    answer(&state, &page, dataset, &[], notice).await
}

/// The page.
pub async fn answer(
    state: &AppState,
    page: &Page,
    dataset: String,
    errors: &[FieldError],
    notice: Option<&str>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let (dataset, known) = state.run(move |services| profiles::list(services, &grant, &dataset)).await?;
    let title = t_with("profiles-title", &[("dataset", dataset.name.as_str().into())]);
    let now = state.services().now();
    let content = html! {
        nav.crumbs aria-label=(t("imports-crumbs")) {
            a href=(format!("/datasets/{}/history", dataset.slug)) { (icon("chevron-left")) (t("rules-back")) }
        }
        div.page-head { h1 { (title) } p.hint { (t("profiles-hint")) } }
        (error_summary(errors))
        @if let Some(word) = notice {
            div.notice.ok role="status" { (icon("circle-check")) p { (t(&format!("profiles-{word}"))) } }
        }
        @if known.is_empty() {
            div.panel.empty { (icon("file-spreadsheet")) strong { (t("profiles-none")) } p { (t("profiles-none-text")) } }
        } @else {
            (table(&dataset, &known, now))
        }
        (bring_form(page, &dataset))
    };
    Ok(page.show(NavItem::Imports, &title, &["js/imports.js"], &content))
}

fn table(dataset: &Dataset, known: &[KnownProfile], now: jiff::Timestamp) -> Markup {
    html! {
        div.table-wrap {
            table.table.cards {
                caption.visually-hidden { (t_with("profiles-title", &[("dataset", dataset.name.as_str().into())])) }
                thead { tr { @for id in COLUMNS { th scope="col" { (t(id)) } } } }
                tbody { @for profile in known { (row(dataset, profile, now)) } }
            }
        }
    }
}

fn row(dataset: &Dataset, known: &KnownProfile, now: jiff::Timestamp) -> Markup {
    let columns = &known.remembered.profile.columns;
    let owner = columns.iter().find(|column| dataset.owner_column.as_ref() == Some(&column.name));
    let headers: Vec<String> = columns.iter().take(NAMED).map(|column| short(column.header())).collect();
    html! {
        tr {
            td.who {
                a href=(format!("/datasets/{}/profiles/{}", dataset.slug, known.fingerprint)) { (short(&known.file_name)) }
                div.hint { (headers.join(", ")) @if columns.len() > NAMED { ", …" } }
            }
            td data-label=(t("profiles-columns")) {
                (count(columns.len() as u64))
                @let renamed = columns.iter().filter(|column| column.header.is_some()).count();
                @if renamed > 0 { div.hint { (t_with("profiles-renamed", &[("n", renamed.into())])) } }
            }
            td data-label=(t("profiles-owner")) {
                @match owner {
                    Some(owner) => (short(&owner.name)),
                    None => {
                        span.badge.warn { (t("profiles-no-owner")) }
                        div.hint { @match &dataset.owner_column {
                            Some(name) => (t_with("profiles-owner-missing", &[("column", name.as_str().into())])),
                            None => (t("profiles-owner-unset")),
                        } }
                    },
                }
            }
            td data-label=(t("profiles-uses")) {
                (count(known.uses))
                @if known.changed_by.is_some() { div.hint { (t("profiles-by-hand")) } }
            }
            td data-label=(t("profiles-last")) { (ago(known.used_at, now)) }
        }
    }
}

fn bring_form(page: &Page, dataset: &Dataset) -> Markup {
    let csrf = page.csrf();
    let form = UploadForm {
        action: &format!("/datasets/{}/profiles", dataset.slug),
        csrf: &csrf,
        accept: ".json,application/json",
        is_many: false,
        max_bytes: MAX_BYTES,
        too_large: "imports-file-too-large",
        label: &t("profiles-bring-file"),
        hint: &t("profiles-bring-hint"),
        button: &t("profiles-bring"),
        next: &t("profiles-bring-next"),
    };
    html! {
        section.panel.padded.stack aria-labelledby="bring-title" {
            h2.imports-heading #bring-title { (t("profiles-bring-title")) }
            (form.write(&html! {}))
        }
    }
}
