//! `GET` and `POST /plan/locations`, `/plan/channels`, `/plan/customers`, and `POST …/import`: the three lists, which are alike.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::frame::{
    PAGE_ENTRIES, after_file, buttons, file_form, filters, home_of, nothing, pager, question, sorted, told,
    ways,
};
use super::state::ListState;
use crate::domain::plan::master::{Code, CodeKind, MAX_CODE_CHARS, MAX_TEXT_CHARS};
use crate::services::ServiceError;
use crate::services::authorize::EditPlans;
use crate::services::master_data::{self as service, CodeDraft, ListOrder};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm, PageUpload};
use crate::web::pages::{faults, go_to, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::format::instant;
use crate::web::ui::{NavItem, icon, t, t_with};

/// The list that an address is of.
fn kind_at(uri: &Uri) -> Result<CodeKind, AppError> {
    let kind = uri.path().split('/').nth(2).and_then(CodeKind::of_plural);
    kind.ok_or_else(|| {
        AppError::not_found("There is no such list; there are locations, channels and customers.")
    })
}

/// What is shown beside the list.
#[derive(Default)]
struct Shown<'s> {
    /// What was sent and refused.
    typed: Option<&'s FormData>,
    /// Why.
    errors: &'s [FieldError],
}

/// A list: `code` opens an entry in the form, `new` an empty one.
pub async fn list(
    State(state): State<AppState>,
    page: Page,
    uri: Uri,
    query: FormData,
) -> Result<Response, AppError> {
    page.grant::<EditPlans>()?;
    show(&state, &page, kind_at(&uri)?, &query, Shown::default()).await
}

async fn show(
    state: &AppState,
    page: &Page,
    kind: CodeKind,
    query: &FormData,
    shown: Shown<'_>,
) -> Result<Response, AppError> {
    let list = ListState::of(&home_of(kind), query);
    let (scope, wanted) = (page.session.scope(), list.query.clone());
    let changes = scope.sees_every_owner();
    let key = shown.typed.map_or_else(|| query.text("code"), |typed| typed.text("code")).to_owned();
    let is_new = shown.typed.is_some_and(|typed| typed.text("version") == "0");
    let (codes, opened) = state
        .run(move |services| {
            let opened = if key.is_empty() || is_new {
                None
            } else {
                Some(service::code(services, &scope, kind, &key)?)
            };
            Ok((service::list(services, &scope, kind, &wanted)?, opened))
        })
        .await?;
    let title = t(&format!("lists-{}", kind.plural()));
    let has_form = changes && (opened.is_some() || shown.typed.is_some() || query.has("new"));
    let content = html! {
        nav.crumbs aria-label=(t("plan-crumbs")) { a href="/plan" { (icon("chevron-left")) (t("plan-title")) } }
        div.page-head {
            h1 { (title) }
            div.actions {
                @if changes { a.button href="#import" { (icon("upload")) (t("plan-import-button")) } }
                a.button href=(format!("/api/v1/lists/{}/export", kind.plural())) download { (icon("download")) "CSV" }
                @if changes { a.button.primary href=(list.address(&[("new", "1")])) { (icon("plus")) (t("lists-new")) } }
            }
        }
        (ways(page, &list.home))
        (told(query))
        @if !changes { div.notice { (icon("info")) p { (t("lists-limited")) } } }
        (error_summary(shown.errors))
        @match &opened {
            Some(code) if query.text("ask") == "delete" && changes => (question(page, &list, ("code", &code.code, code.version))),
            _ if has_form => (code_form(page, &list, opened.as_ref(), &shown)),
            _ => {}
        }
        (filters(&list, "lists-filter", &html! {}))
        @if codes.is_empty() { (nothing(&list, "lists-none", "lists-none-text")) }
        @else {
            (table(state, page, &list, &codes, &title))
            (pager(&list, codes.len()))
        }
        @if changes { (file_form(page, &list.home, "code, name, active", shown.errors)) }
    };
    Ok(page.show(NavItem::Plan, &title, &[], &content))
}

fn table(state: &AppState, page: &Page, list: &ListState, codes: &[Code], title: &str) -> Markup {
    let (zone, now) = (page.look.zone(), state.services().now());
    html! {
        div.table-wrap {
            table.table.cards {
                caption.visually-hidden { (title) }
                thead { tr {
                    (sorted(list, ListOrder::Key, "lists-code", false))
                    (sorted(list, ListOrder::Name, "items-name", false))
                    (sorted(list, ListOrder::Changed, "plan-updated", false))
                } }
                tbody {
                    @for code in codes.iter().skip((list.page - 1) * PAGE_ENTRIES).take(PAGE_ENTRIES) {
                        tr {
                            td.who {
                                a href=(list.address(&[("code", &code.code)])) { (code.code) }
                                @if !code.is_active { " " span.badge { (t("items-inactive")) } }
                            }
                            td data-label=(t("items-name")) { (code.name) }
                            td data-label=(t("plan-updated")) { (instant(code.updated_at, &zone, now)) }
                        }
                    }
                }
            }
        }
    }
}

fn code_form(page: &Page, list: &ListState, opened: Option<&Code>, shown: &Shown<'_>) -> Markup {
    let version = shown.typed.map_or_else(
        || opened.map_or_else(|| "0".to_owned(), |code| code.version.to_string()),
        |typed| typed.text("version").to_owned(),
    );
    let value = |name: &str| match (shown.typed, opened) {
        (Some(typed), _) => typed.text(name).to_owned(),
        (None, Some(code)) if name == "code" => code.code.clone(),
        (None, Some(code)) => code.name.clone(),
        (None, None) => String::new(),
    };
    let field = |name: &'static str, label: &str, most: usize| {
        let value = value(name);
        Field {
            value: &value,
            error: error_of(shown.errors, name),
            required: name == "code",
            max_chars: Some(most),
            ..Field::text(name, label)
        }
        .render()
    };
    let is_active = match (shown.typed, opened) {
        (Some(typed), _) => typed.has("is_active"),
        (None, opened) => opened.is_none_or(|code| code.is_active),
    };
    html! {
        section.panel.padded.stack #item aria-labelledby="item-title" {
            h2 #item-title {
                @match opened {
                    Some(code) => (t_with("items-change", &[("sku", code.code.as_str().into())])),
                    None => (t("lists-new")),
                }
            }
            form.stack method="post" action=(list.home) data-once {
                (csrf_field(&page.csrf()))
                (hidden("back", &list.pairs()))
                (hidden("version", &version))
                @if version != "0" { (hidden("code", &value("code"))) }
                div.reading {
                    @if version == "0" { (field("code", &t("lists-code"), MAX_CODE_CHARS)) }
                    (field("name", &t("items-name"), MAX_TEXT_CHARS))
                }
                label.check { input type="checkbox" name="is_active" value="1" checked[is_active]; (t("items-active")) }
                (buttons(list, opened.map(|code| ("code", code.code.as_str()))))
            }
        }
    }
}

/// Saves an entry, or deletes it.
pub async fn save(
    State(state): State<AppState>,
    uri: Uri,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let (grant, scope) = (page.grant::<EditPlans>()?, page.session.scope());
    let kind = kind_at(&uri)?;
    let typed = form.clone();
    let done = state
        .try_run(move |services| {
            let seen = typed.text("version").parse().ok();
            let code = typed.text("code").to_owned();
            if typed.text("act") == "delete" {
                service::delete_code(services, (&grant, &scope), kind, &code, seen)?;
                return Ok(("deleted", code));
            }
            let draft = CodeDraft {
                code,
                name: Some(typed.text("name").to_owned()),
                is_active: Some(typed.has("is_active")),
            };
            Ok(("saved", service::save_code(services, (&grant, &scope), kind, &draft, seen)?.code))
        })
        .await?;
    let back = FormData::parse(form.text("back").as_bytes());
    match done {
        Ok((word, code)) => Ok(go_to(&ListState::of(&home_of(kind), &back).address(&[(word, &code)]))),
        Err(error) => {
            let errors = of_code(error)?;
            let typed = (form.text("act") != "delete").then_some(&form);
            let shown = Shown { typed, errors: &errors };
            Ok(sent_back(show(&state, &page, kind, &back, shown).await?, &errors))
        }
    }
}

/// What was wrong with an entry.
fn of_code(error: ServiceError) -> Result<Vec<FieldError>, AppError> {
    match error {
        ServiceError::Invalid { field: "code", message } => {
            let text = t_with("form-wrong", &[("label", t("lists-code").into()), ("reason", message.into())]);
            Ok(vec![FieldError::new("code", format!("{text}."))])
        }
        error => faults(error),
    }
}

/// Reads a file.
pub async fn import(
    State(state): State<AppState>,
    uri: Uri,
    mut upload: PageUpload<EditPlans>,
) -> Result<Response, AppError> {
    let kind = kind_at(&uri)?;
    if let Some(refusal) = upload.refusal() {
        return Err(refusal);
    }
    let taken = upload.take_file(&state).await?;
    let PageUpload { page, grant, .. } = upload;
    let scope = page.session.scope();
    let errors = match taken {
        None => vec![FieldError::new("file", t("imports-file-missing"))],
        Some((_, file)) => {
            let who = move |services: &crate::services::Services| {
                service::import_list_stored(services, (&grant, &scope), kind, &file)
            };
            match state.try_run(who).await? {
                Ok(report) => return Ok(go_to(&after_file(&home_of(kind), &report))),
                Err(error) => faults(error)?,
            }
        }
    };
    let shown = Shown { typed: None, errors: &errors };
    Ok(sent_back(show(&state, &page, kind, &FormData::default(), shown).await?, &errors))
}
