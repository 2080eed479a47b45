//! `GET` and `POST /datasets/{dataset}/rules`

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use crate::domain::dataset::Dataset;
use crate::domain::guard::{GuardLimits, ImportRules, Mode};
use crate::domain::ids::GenerationId;
use crate::domain::scope::OwnerScope;
use crate::services::authorize::ImportData;
use crate::services::import_rules::{Loss, Saved};
use crate::services::{ServiceError, datasets, import_rules};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, checked_select, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::{NavItem, icon, t, t_with};

/// A limit in per cent: its field, its label, and where it is in the rules.
type Limit = (&'static str, &'static str, fn(&mut GuardLimits) -> &mut Option<u8>);

const LIMITS: [Limit; 7] = [
    ("rows_fewer", "rules-rows-fewer", |limits| &mut limits.rows_fewer),
    ("keys_gone", "rules-keys-gone", |limits| &mut limits.keys_gone),
    ("owners_gone", "rules-owners-gone", |limits| &mut limits.owners_gone),
    ("owners_new", "rules-owners-new", |limits| &mut limits.owners_new),
    ("duplicate_keys", "rules-duplicate-keys", |limits| &mut limits.duplicate_keys),
    ("emptied", "rules-emptied", |limits| &mut limits.emptied),
    ("untyped", "rules-untyped", |limits| &mut limits.untyped),
];

/// A rule that is on or off.
type Switch = (&'static str, &'static str, fn(&mut GuardLimits) -> &mut bool);

const SWITCHES: [Switch; 3] = [
    ("columns_gone", "rules-columns-gone", |limits| &mut limits.columns_gone),
    ("swapped_dates", "rules-swapped-dates", |limits| &mut limits.swapped_dates),
    ("damaged_codes", "rules-damaged-codes", |limits| &mut limits.damaged_codes),
];

/// Modes with their words in forms.
const MODES: [(Mode, &str, &str); 3] = [
    (Mode::Replace, "replace", "rules-mode-replace"),
    (Mode::Merge, "merge", "rules-mode-merge"),
    (Mode::Sync, "sync", "rules-mode-sync"),
];

/// The rules.
pub async fn rules(
    State(state): State<AppState>,
    page: Page,
    Path(dataset): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    page.grant::<ImportData>()?;
    let dataset = state.run(move |services| datasets::get(services, &dataset)).await?;
    Ok(answer(&page, &dataset, None, &[], None, query.has("saved")))
}

/// Changes them.
pub async fn save_rules(
    State(state): State<AppState>,
    Path(dataset): Path<String>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let name = dataset.clone();
    let dataset = state.run(move |services| datasets::get(services, &name)).await?;
    let mut errors = Vec::new();
    let (rules, keep) = read(&form, &mut errors);
    if errors.is_empty() {
        let (slug, before) = (dataset.slug.clone(), form.text("version").to_owned());
        let agreed = form.text("delete_files").to_owned();
        let saved = state
            .try_run(move |services| {
                import_rules::save(services, &grant, &slug, (&rules, keep), (&before, &agreed))
            })
            .await?;
        match saved {
            Ok(Saved::Loses(loss)) => {
                let response = answer(&page, &dataset, Some(&form), &[], Some(&loss), false);
                return Ok(sent_back(response, &[]));
            }
            Ok(Saved::Done(dataset)) => {
                return Ok(go_to(&format!("/datasets/{}/rules?saved=1", dataset.slug)));
            }
            Err(ServiceError::Conflict(message) | ServiceError::OutOfScope(message)) => {
                errors.push(FieldError::new("", crate::web::error::sentence(&message)));
            }
            // The fields of this form have labels of their own: the sentence stands alone.
            Err(ServiceError::Invalid { field, message }) => {
                errors.push(FieldError::new(field, crate::web::error::sentence(&message)));
            }
            Err(other) => errors.push(crate::web::pages::refused(other)?),
        }
    }
    let response = answer(&page, &dataset, Some(&form), &errors, None, false);
    Ok(sent_back(response, &errors))
}

fn read(form: &FormData, errors: &mut Vec<FieldError>) -> (ImportRules, Option<u32>) {
    let mut guard = GuardLimits::default();
    let mut number = |name: &str, largest: u32| -> Option<u32> {
        let text = form.text(name).trim();
        if text.is_empty() {
            return None;
        }
        let parsed = text.trim_end_matches('%').trim().parse().ok().filter(|number| *number <= largest);
        if parsed.is_none() {
            let limit = t_with("rules-wrong", &[("largest", largest.into())]);
            errors.push(FieldError::new(name, limit));
        }
        parsed
    };
    for (name, _, place) in LIMITS {
        *place(&mut guard) = number(name, 100).map(|number| number as u8);
    }
    guard.rejected = number("rejected", 100).map(|number| number as u8);
    guard.rows_more = number("rows_more", 10_000).map(|number| number as u16);
    guard.small_table = number("small_table", 1_000_000).unwrap_or(0);
    let keep = number("keep", 100_000);
    let keep_files_days = number("keep_files", 36_500);
    for (name, _, place) in SWITCHES {
        *place(&mut guard) = form.has(name);
    }
    let mode = MODES.iter().find(|(_, word, _)| *word == form.text("mode")).map(|(mode, _, _)| *mode);
    if mode.is_none() {
        errors.push(FieldError::new("mode", t("rules-wrong-mode")));
    }
    let mode = mode.unwrap_or_default();
    (ImportRules { guard, mode, keep_files_days }, keep)
}

fn answer(
    page: &Page,
    dataset: &Dataset,
    typed: Option<&FormData>,
    errors: &[FieldError],
    loss: Option<&Loss>,
    is_saved: bool,
) -> Response {
    let title = t_with("rules-title", &[("dataset", dataset.name.as_str().into())]);
    let content = html! {
        nav.crumbs aria-label=(t("imports-crumbs")) {
            a href=(format!("/datasets/{}/history", dataset.slug)) { (icon("chevron-left")) (t("rules-back")) }
        }
        div.page-head { h1 { (title) } p.hint { (t("rules-hint")) } }
        (error_summary(errors))
        @if is_saved { div.notice.ok role="status" { (icon("circle-check")) p { (t("rules-saved")) } } }
        @if page.session.scope().owners == OwnerScope::All {
            form.panel.padded.stack method="post" action=(format!("/datasets/{}/rules", dataset.slug)) data-once {
                (csrf_field(&page.csrf()))
                @if let Some(loss) = loss { (question(loss)) }
                (fields(dataset, typed, errors))
                div.actions { button.button.primary type="submit" { (icon("check")) (t("rules-save")) } }
            }
        } @else {
            div.notice { (icon("info")) p { (t("rules-every-owner")) } }
            fieldset.panel.padded.stack disabled aria-label=(title) { (fields(dataset, None, &[])) }
        }
    };
    page.show(NavItem::Imports, &title, &[], &content)
}

/// What a change would lose, and the box that agrees to just that.
fn question(loss: &Loss) -> Markup {
    html! {
        div.notice.warn role="alert" tabindex="-1" data-focus {
            (icon("triangle-alert"))
            div {
                strong { (t("rules-loses")) }
                @if !loss.files.is_empty() {
                    p {
                        (t_with("rules-loses-files", &[("files", loss.files.len().into())])) " "
                        @if !loss.of.is_empty() {
                            (t_with("rules-loses-of", &[("generations", numbers(&loss.of).into())]))
                        }
                    }
                }
                @if loss.rejects > 0 {
                    p { (t_with("rules-loses-rejects", &[("imports", loss.rejects.into())])) }
                }
                @if !loss.generations.is_empty() {
                    p { (t_with("rules-loses-generations", &[("generations", numbers(&loss.generations).into())])) }
                }
                label.check { input type="checkbox" name="delete_files" value=(loss.word()); (t("rules-delete-files")) }
            }
        }
    }
}

/// Generations by their numbers, neighbours together: `1–4, 7`.
fn numbers(generations: &[GenerationId]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for GenerationId(number) in generations {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let shown = runs.iter().map(
        |(first, last)| {
            if first == last { first.to_string() } else { format!("{first}–{last}") }
        },
    );
    shown.collect::<Vec<_>>().join(", ")
}

fn fields(dataset: &Dataset, typed: Option<&FormData>, errors: &[FieldError]) -> Markup {
    let mut guard = dataset.rules.guard;
    let version =
        typed.map_or_else(|| import_rules::version(dataset), |form| form.text("version").to_owned());
    let field = |name: &str, label: &str, value: Option<u32>, hint: &str| {
        let value = match typed {
            Some(form) => form.text(name).to_owned(),
            None => value.map(|value| value.to_string()).unwrap_or_default(),
        };
        let (label, hint) = (t(label), if hint.is_empty() { String::new() } else { t(hint) });
        Field {
            value: &value,
            hint: &hint,
            error: error_of(errors, name),
            max_chars: Some(8),
            ..Field::text(name, &label)
        }
        .render()
    };
    let mode = match typed {
        Some(form) => form.text("mode").to_owned(),
        None => MODES
            .iter()
            .find(|(mode, ..)| *mode == dataset.rules.mode)
            .map_or("", |(_, word, _)| word)
            .to_owned(),
    };
    let modes: Vec<(String, String)> =
        MODES.iter().map(|(_, word, text)| ((*word).to_owned(), t(text))).collect();
    html! {
        (hidden("version", &version))
        (checked_select("mode", &t("rules-mode"), &modes, &mode, error_of(errors, "mode")))
        (field("keep", "rules-keep", dataset.keep_generations, "rules-keep-hint"))
        (field("keep_files", "rules-keep-files", dataset.rules.keep_files_days, "rules-keep-files-hint"))
        h2.imports-heading { (t("rules-guard")) }
        p.hint { (t("rules-guard-hint")) }
        div.fields {
            @for (name, label, place) in LIMITS {
                (field(name, label, place(&mut guard).map(u32::from), ""))
            }
            (field("rows_more", "rules-rows-more", guard.rows_more.map(u32::from), ""))
            (field("rejected", "rules-rejected", guard.rejected.map(u32::from), ""))
            (field("small_table", "rules-small-table", Some(guard.small_table), "rules-small-table-hint"))
        }
        @for (name, label, place) in SWITCHES {
            @let is_on = typed.map_or(*place(&mut guard), |form| form.has(name));
            label.check { input type="checkbox" name=(name) value="1" checked[is_on]; (t(label)) }
        }
    }
}
