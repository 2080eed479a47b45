//! `GET` and `POST /plan/items`, `POST /plan/items/import` and `/take`: the list of items, and the form of one.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::frame::{
    ITEMS, PAGE_ENTRIES, after_file, buttons, file_form, filters, nothing, pager, question, sorted, told,
    ways,
};
use super::state::ListState;
use crate::domain::plan::master::{Item, MAX_CODE_CHARS, MAX_TEXT_CHARS};
use crate::domain::plan::quantity;
use crate::domain::scope::OwnerScope;
use crate::services::ServiceError;
use crate::services::authorize::EditPlans;
use crate::services::datasets::MAIN;
use crate::services::master_data::{self as service, ItemDraft, ListOrder};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm, PageUpload};
use crate::web::pages::{faults, go_to, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::format::count;
use crate::web::ui::{NavItem, icon, t, t_with};

/// What is shown beside the list.
#[derive(Default)]
struct Shown<'s> {
    /// What was sent and refused.
    typed: Option<&'s FormData>,
    /// Why.
    errors: &'s [FieldError],
}

/// The list: `sku` opens an item in the form, `new` an empty one.
pub async fn list(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    page.grant::<EditPlans>()?;
    show(&state, &page, &query, Shown::default()).await
}

async fn show(
    state: &AppState,
    page: &Page,
    query: &FormData,
    shown: Shown<'_>,
) -> Result<Response, AppError> {
    let list = ListState::of(ITEMS, query);
    let (scope, wanted) = (page.session.scope(), list.query.clone());
    let sku = shown.typed.map_or_else(|| query.text("sku"), |typed| typed.text("sku")).to_owned();
    let is_new = shown.typed.is_some_and(|typed| typed.text("version") == "0");
    let (items, categories, owners, opened) = state
        .run(move |services| {
            let opened =
                if sku.is_empty() || is_new { None } else { Some(service::item(services, &scope, &sku)?) };
            let categories = service::categories(services, &scope)?;
            let owners = service::owners(services, &scope)?;
            Ok((service::items(services, &scope, &wanted)?, categories, owners, opened))
        })
        .await?;
    let has_form = opened.is_some() || shown.typed.is_some() || query.has("new");
    let chosen = list.query.category.as_deref().unwrap_or_default();
    let by_category = html! {
        @if !categories.is_empty() {
            select.input name="category" aria-label=(t("items-category")) {
                option value="" { (t("items-category-any")) }
                @for category in &categories { option value=(category) selected[category == chosen] { (category) } }
            }
        }
    };
    let content = html! {
        nav.crumbs aria-label=(t("plan-crumbs")) { a href="/plan" { (icon("chevron-left")) (t("plan-title")) } }
        div.page-head {
            h1 { (t("items-title")) }
            form method="post" action="/plan/items/take" data-once {
                (csrf_field(&page.csrf()))
                div.actions { button.button type="submit" { (icon("package")) (t("items-take")) } }
            }
            a.button href="#import" { (icon("upload")) (t("plan-import-button")) }
            a.button href="/api/v1/items/export" download { (icon("download")) "CSV" }
            a.button.primary href=(list.address(&[("new", "1")])) { (icon("plus")) (t("items-new")) }
        }
        (ways(page, ITEMS))
        (told(query))
        (error_summary(shown.errors))
        @match &opened {
            Some(item) if query.text("ask") == "delete" => (question(page, &list, ("sku", &item.sku, item.version))),
            _ if has_form => (item_form(page, &list, (opened.as_ref(), &owners), &shown)),
            _ => {}
        }
        (filters(&list, "items-filter", &by_category))
        @if items.is_empty() { (nothing(&list, "items-none", "items-none-text")) }
        @else {
            (table(&list, &items))
            (pager(&list, items.len()))
        }
        (file_form(page, ITEMS, "sku, name, category, unit, safety_stock, minimum_order, lead_time_days, owner, active", shown.errors))
    };
    Ok(page.show(NavItem::Plan, &t("items-title"), &[], &content))
}

fn table(list: &ListState, items: &[Item]) -> Markup {
    html! {
        div.table-wrap {
            table.table.cards {
                caption.visually-hidden { (t("items-title")) }
                thead { tr {
                    (sorted(list, ListOrder::Key, "items-sku", false))
                    (sorted(list, ListOrder::Name, "items-name", false))
                    (sorted(list, ListOrder::Category, "items-category", false))
                    (sorted(list, ListOrder::SafetyStock, "items-safety", true))
                    th.number scope="col" { (t("items-minimum")) }
                    (sorted(list, ListOrder::LeadTime, "items-lead", true))
                    (sorted(list, ListOrder::Owner, "items-owner", false))
                } }
                tbody {
                    @for item in items.iter().skip((list.page - 1) * PAGE_ENTRIES).take(PAGE_ENTRIES) {
                        tr {
                            td.who {
                                a href=(list.address(&[("sku", &item.sku)])) { (item.sku) }
                                @if !item.is_active { " " span.badge { (t("items-inactive")) } }
                            }
                            td data-label=(t("items-name")) { (item.name) }
                            td data-label=(t("items-category")) { (item.category) }
                            td.number data-label=(t("items-safety")) { (item.safety_stock.normalize()) " " (item.unit) }
                            td.number data-label=(t("items-minimum")) { (item.minimum_order.normalize()) }
                            td.number data-label=(t("items-lead")) { (count(item.lead_time_days.into())) }
                            td data-label=(t("items-owner")) { (item.owner.as_deref().unwrap_or("–")) }
                        }
                    }
                }
            }
        }
    }
}

fn known(item: &Item, name: &str) -> String {
    match name {
        "sku" => item.sku.clone(),
        "name" => item.name.clone(),
        "category" => item.category.clone(),
        "unit" => item.unit.clone(),
        "safety_stock" => item.safety_stock.normalize().to_string(),
        "minimum_order" => item.minimum_order.normalize().to_string(),
        "lead_time_days" => item.lead_time_days.to_string(),
        _ => item.owner.clone().unwrap_or_default(),
    }
}

fn item_form(
    page: &Page,
    list: &ListState,
    (opened, owners): (Option<&Item>, &BTreeSet<String>),
    shown: &Shown<'_>,
) -> Markup {
    // Whoever sees the items of one owner makes items of that owner.
    let own = match (&page.session.scope().owners, owners.first()) {
        (OwnerScope::Owners(_), Some(owner)) if owners.len() == 1 => owner.clone(),
        _ => String::new(),
    };
    let value = |name: &str| match (shown.typed, opened) {
        (Some(typed), _) => typed.text(name).to_owned(),
        (None, Some(item)) => known(item, name),
        (None, None) if name == "owner" => own.clone(),
        (None, None) => String::new(),
    };
    let field = |name: &'static str, label: &'static str, most: Option<usize>| {
        let (label, value) = (t(label), value(name));
        Field {
            value: &value,
            error: error_of(shown.errors, name),
            required: name == "sku",
            max_chars: most,
            ..Field::text(name, &label)
        }
        .render()
    };
    let version = shown.typed.map_or_else(
        || opened.map_or_else(|| "0".to_owned(), |item| item.version.to_string()),
        |typed| typed.text("version").to_owned(),
    );
    let is_active = match (shown.typed, opened) {
        (Some(typed), _) => typed.has("is_active"),
        (None, opened) => opened.is_none_or(|item| item.is_active),
    };
    html! {
        section.panel.padded.stack #item aria-labelledby="item-title" {
            h2 #item-title {
                @match opened {
                    Some(item) => (t_with("items-change", &[("sku", item.sku.as_str().into())])),
                    None => (t("items-new")),
                }
            }
            form.stack method="post" action=(ITEMS) data-once {
                (csrf_field(&page.csrf()))
                (hidden("back", &list.pairs()))
                (hidden("version", &version))
                @if version != "0" { (hidden("sku", &value("sku"))) }
                div.reading {
                    @if version == "0" { (field("sku", "items-sku", Some(MAX_CODE_CHARS))) }
                    (field("name", "items-name", Some(MAX_TEXT_CHARS)))
                    (field("category", "items-category", Some(MAX_TEXT_CHARS)))
                    (field("unit", "items-unit", Some(MAX_TEXT_CHARS)))
                    (owner_field(&value("owner"), owners, error_of(shown.errors, "owner")))
                    (field("safety_stock", "items-safety", None))
                    (field("minimum_order", "items-minimum", None))
                    (field("lead_time_days", "items-lead", None))
                }
                label.check { input type="checkbox" name="is_active" value="1" checked[is_active]; (t("items-active")) }
                (buttons(list, opened.map(|item| ("sku", item.sku.as_str()))))
            }
        }
    }
}

fn owner_field(value: &str, owners: &BTreeSet<String>, error: Option<&str>) -> Markup {
    html! {
        div.field {
            label for="owner" { (t("items-owner")) }
            input.input #owner name="owner" value=(value) list="owner-names" autocomplete="off" maxlength=(MAX_TEXT_CHARS)
                aria-invalid=[error.map(|_| "true")];
            datalist #owner-names { @for owner in owners { option value=(owner) {} } }
            @if let Some(error) = error { p.error { (icon("circle-alert")) (error) } }
        }
    }
}

fn draft(form: &FormData) -> Result<ItemDraft, ServiceError> {
    let text = |name: &str| Some(form.text(name).to_owned());
    let amount = |name: &'static str| match form.text(name) {
        "" => Ok(Some(rust_decimal::Decimal::ZERO)),
        text => quantity::parse_unsigned(text)
            .map(Some)
            .map_err(|why| ServiceError::invalid(name, format!("“{text}” {why}"))),
    };
    let lead = match form.text("lead_time_days") {
        "" => 0,
        text => {
            text.parse().map_err(|_| ServiceError::invalid("lead_time_days", "is no whole number of days"))?
        }
    };
    Ok(ItemDraft {
        sku: form.text("sku").to_owned(),
        name: text("name"),
        category: text("category"),
        unit: text("unit"),
        safety_stock: amount("safety_stock")?,
        minimum_order: amount("minimum_order")?,
        lead_time_days: Some(lead),
        owner: text("owner"),
        is_active: Some(form.has("is_active")),
    })
}

/// Saves an item, or deletes it.
pub async fn save(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let (grant, scope) = (page.grant::<EditPlans>()?, page.session.scope());
    let typed = form.clone();
    let done = state
        .try_run(move |services| {
            let seen = typed.text("version").parse().ok();
            if typed.text("act") == "delete" {
                let sku = typed.text("sku").to_owned();
                service::delete_item(services, (&grant, &scope), &sku, seen)?;
                return Ok(("deleted", sku));
            }
            Ok(("saved", service::save_item(services, (&grant, &scope), &draft(&typed)?, seen)?.sku))
        })
        .await?;
    let back = FormData::parse(form.text("back").as_bytes());
    match done {
        Ok((word, sku)) => Ok(go_to(&ListState::of(ITEMS, &back).address(&[(word, &sku)]))),
        Err(error) => {
            let errors = faults(error)?;
            let typed = (form.text("act") != "delete").then_some(&form);
            let shown = Shown { typed, errors: &errors };
            Ok(sent_back(show(&state, &page, &back, shown).await?, &errors))
        }
    }
}

/// Makes new items of the parts in the inventory.
pub async fn take(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm<Page>,
) -> Result<Response, AppError> {
    let (grant, scope) = (page.grant::<EditPlans>()?, page.session.scope());
    match state.try_run(move |services| service::take_items(services, (&grant, &scope), MAIN)).await? {
        Ok(report) => Ok(go_to(&format!("{ITEMS}?taken={}", report.added))),
        Err(error) => refuse(&state, &page, error).await,
    }
}

/// Reads a file.
pub async fn import(
    State(state): State<AppState>,
    mut upload: PageUpload<EditPlans>,
) -> Result<Response, AppError> {
    if let Some(refusal) = upload.refusal() {
        return Err(refusal);
    }
    let taken = upload.take_file(&state).await?;
    let PageUpload { page, grant, .. } = upload;
    let scope = page.session.scope();
    let Some((_, file)) = taken else {
        let errors = [FieldError::new("file", t("imports-file-missing"))];
        let shown = Shown { typed: None, errors: &errors };
        return Ok(sent_back(show(&state, &page, &FormData::default(), shown).await?, &errors));
    };
    let done = state
        .try_run(move |services| service::import_items_stored(services, (&grant, &scope), &file))
        .await?;
    match done {
        Ok(report) => Ok(go_to(&after_file(ITEMS, &report))),
        Err(error) => refuse(&state, &page, error).await,
    }
}

async fn refuse(state: &AppState, page: &Page, error: ServiceError) -> Result<Response, AppError> {
    let errors = faults(error)?;
    let shown = Shown { typed: None, errors: &errors };
    Ok(sent_back(show(state, page, &FormData::default(), shown).await?, &errors))
}
