//! `GET` and `POST /datasets/{dataset}/profiles/{profile}`

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::parse;
use crate::domain::dataset::Dataset;
use crate::domain::known_profile::KnownProfile;
use crate::domain::profile::Reading;
use crate::services::authorize::ImportData;
use crate::services::imports::preview::ColumnChoice;
use crate::services::profiles::{self, Draft, DraftColumn, Saved};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::imports::choices::{self, DELIMITERS, ENCODINGS};
use crate::web::pages::imports::column_fields::{column_fields, column_heads};
use crate::web::pages::imports::words::short;
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{FieldError, csrf_field, error_summary, hidden, select};
use crate::web::ui::{NavItem, icon, t, t_with};

/// Records offered as the header.
const HEADER_RECORDS: usize = 12;

/// A profile.
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    Path((dataset, profile)): Path<(String, String)>,
    query: FormData,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let fingerprint = parse(&profile)?;
    let found = state.run(move |services| profiles::get(services, &grant, &dataset, fingerprint)).await?;
    let notice = query.has("saved").then_some(("notice ok", "profiles-saved"));
    Ok(answer(&page, &found, &[], notice))
}

/// Changes it.
pub async fn save(
    State(state): State<AppState>,
    Path((dataset, profile)): Path<(String, String)>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let fingerprint = parse(&profile)?;
    let slug = dataset.clone();
    let looking = page.grant::<ImportData>()?;
    let (dataset, mut known) =
        state.run(move |services| profiles::get(services, &looking, &slug, fingerprint)).await?;
    let draft = read(&form)?;
    let (slug, asked) = (dataset.slug.clone(), draft.clone());
    let saved =
        state.try_run(move |services| profiles::save(services, &grant, &slug, fingerprint, &asked)).await?;
    match saved {
        Ok(Saved::Elsewhere) => {
            let mut response =
                answer(&page, &(dataset, known), &[], Some(("notice bad", "profiles-elsewhere")));
            *response.status_mut() = StatusCode::CONFLICT;
            Ok(response)
        }
        Ok(Saved::Done | Saved::Nothing) => {
            Ok(go_to(&format!("/datasets/{}/profiles/{fingerprint}?saved=1", dataset.slug)))
        }
        Err(other) => {
            let errors = [refused(other)?];
            profiles::put_draft(&mut known, &draft);
            Ok(sent_back(answer(&page, &(dataset, known), &errors, None), &errors))
        }
    }
}

fn read(form: &FormData) -> Result<Draft, AppError> {
    let text = |name: &str| Some(form.text(name).to_owned()).filter(|text| !text.is_empty());
    let delimiter = form.all("delimiter").next().unwrap_or_default();
    let columns = choices::read_columns(form)?.into_iter().enumerate().map(|(index, choice)| {
        let ColumnChoice { column_type, role, number_format, date_format, key, facet, hidden, .. } = choice;
        let name = form.text(&format!("name.{index}")).trim().to_owned();
        DraftColumn { name, column_type, role, number_format, date_format, key, facet, hidden }
    });
    Ok(Draft {
        columns: columns.collect(),
        reading: Reading {
            encoding: text("encoding"),
            delimiter: delimiter.chars().next(),
            header: text("header").and_then(|header| header.parse().ok()),
        },
        version: form.text("version").to_owned(),
    })
}

fn answer(
    page: &Page,
    (dataset, known): &(Dataset, KnownProfile),
    errors: &[FieldError],
    notice: Option<(&str, &str)>,
) -> Response {
    let title = t_with("profiles-title-one", &[("file", short(&known.file_name).into())]);
    let here = format!("/datasets/{}/profiles/{}", dataset.slug, known.fingerprint);
    let content = html! {
        nav.crumbs aria-label=(t("imports-crumbs")) {
            a href=(format!("/datasets/{}/profiles", dataset.slug)) { (icon("chevron-left")) (t("profiles-back")) }
        }
        div.page-head {
            h1 { (title) }
            div.actions {
                a.button href=(format!("{here}/export")) { (icon("download")) (t("profiles-export")) }
                form method="post" action=(format!("{here}/forget")) data-once {
                    (csrf_field(&page.csrf()))
                    button.button.danger type="submit" { (icon("trash-2")) (t("profiles-forget")) }
                }
            }
        }
        p.hint { (t("profiles-edit-hint")) }
        (error_summary(errors))
        @if let Some((class, text)) = notice {
            div class=(class) role="status" {
                (icon(if class.ends_with("ok") { "circle-check" } else { "circle-alert" })) p { (t(text)) }
            }
        }
        (form(page, known, &here))
    };
    page.show(NavItem::Imports, &title, &[], &content)
}

fn form(page: &Page, known: &KnownProfile, here: &str) -> Markup {
    let columns = &known.remembered.profile.columns;
    html! {
        form #mapping .stack method="post" action=(here) autocomplete="off" data-once {
            (csrf_field(&page.csrf()))
            (hidden("version", &profiles::version(known)))
            (reading(&known.remembered.reading))
            section.stack aria-labelledby="columns-title" {
                h2.imports-heading #columns-title { (t_with("imports-columns-title", &[("n", columns.len().into())])) }
                div.table-wrap.mapping-wrap tabindex="0" role="region" aria-labelledby="columns-title" {
                    table.table.mapping {
                        thead { tr {
                            th scope="col" { (t("profiles-header-in-file")) }
                            th scope="col" { (t("profiles-name")) }
                            (column_heads())
                        } }
                        tbody {
                            @for (index, column) in columns.iter().enumerate() {
                                tr {
                                    th scope="row" data-label=(t("profiles-header-in-file")) { span.import-column { (short(column.header())) } }
                                    td data-label=(t("profiles-name")) {
                                        input.input type="text" name=(format!("name.{index}")) value=(column.name) required maxlength="200"
                                            aria-label=(t_with("profiles-name-of", &[("column", short(column.header()).into())]));
                                    }
                                    (column_fields(index, column))
                                }
                            }
                        }
                    }
                }
                p.hint { (t("profiles-flags-hint")) }
            }
            div.actions { button.button.primary type="submit" { (icon("check")) (t("profiles-save")) } }
        }
    }
}

fn reading(reading: &Reading) -> Markup {
    let found = || (String::new(), t("profiles-found"));
    let with = |mut all: Vec<(String, String)>, chosen: &str| {
        if !all.iter().any(|(value, _)| value == chosen) {
            all.push((chosen.to_owned(), chosen.to_owned()));
        }
        all
    };
    let encoding = reading.encoding.clone().unwrap_or_default();
    let encodings = ENCODINGS.iter().map(|label| ((*label).to_owned(), (*label).to_owned()));
    let encodings = with(std::iter::once(found()).chain(encodings).collect(), &encoding);
    let delimiter = reading.delimiter.map(String::from).unwrap_or_default();
    let delimiters = DELIMITERS.iter().map(|(value, text)| (value.to_string(), t(text)));
    let delimiters = with(std::iter::once(found()).chain(delimiters).collect(), &delimiter);
    let header = reading.header.map(|header| header.to_string()).unwrap_or_default();
    let records = (1..=HEADER_RECORDS)
        .map(|record| (record.to_string(), t_with("imports-header-row", &[("n", (record as u64).into())])));
    let none = ("0".to_owned(), t("imports-header-none"));
    let records = with(std::iter::once(found()).chain([none]).chain(records).collect(), &header);
    html! {
        section.panel.padded.stack aria-labelledby="reading-title" {
            h2.imports-heading #reading-title { (t("imports-reading-title")) }
            div.reading {
                (select("encoding", &t("imports-encoding"), &encodings, &encoding))
                (select("delimiter", &t("imports-delimiter"), &delimiters, &delimiter))
                (select("header", &t("imports-header"), &records, &header))
            }
            p.hint { (t("profiles-reading-hint")) }
        }
    }
}
