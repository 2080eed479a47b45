//! Items: the list, and the form of one.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::domain::plan::master::Item;
use crate::domain::plan::quantity;
use crate::services::ServiceError;
use crate::services::authorize::EditPlans;
use crate::services::datasets::MAIN;
use crate::services::master_data::{self as service, ItemDraft};
use crate::web::error::{AppError, sentence};
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::format::count;
use crate::web::ui::pager::Pager;
use crate::web::ui::{NavItem, icon, t, t_with};

/// Items of a page.
const PAGE_ITEMS: usize = 100;

/// `GET /plan/items`: `q` filters, `sku` opens one in the form.
pub async fn list(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    page.grant::<EditPlans>()?;
    show(&state, &page, &query, None, &[]).await
}

async fn show(
    state: &AppState,
    page: &Page,
    query: &FormData,
    typed: Option<&FormData>,
    errors: &[FieldError],
) -> Result<Response, AppError> {
    let (scope, words, sku) =
        (page.session.scope(), query.text("q").to_owned(), query.text("sku").to_owned());
    let wanted = words.clone();
    let (items, opened) = state
        .run(move |services| {
            let opened = if sku.is_empty() { None } else { Some(service::item(services, &scope, &sku)?) };
            Ok((service::items(services, &scope, &wanted)?, opened))
        })
        .await?;
    let number = query.text("page").parse().unwrap_or(1).max(1);
    let address = |page: usize| {
        let pairs = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("q", words.as_str()), ("page", &page.to_string())])
            .finish();
        format!("/plan/items?{pairs}")
    };
    let content = html! {
        nav.crumbs aria-label=(t("plan-crumbs")) { a href="/plan" { (icon("chevron-left")) (t("plan-title")) } }
        div.page-head {
            h1 { (t("items-title")) }
            form method="post" action="/plan/items/take" {
                (csrf_field(&page.csrf()))
                div.actions { button.button type="submit" { (icon("package")) (t("items-take")) } }
            }
            a.button href="/api/v1/items/export" download { (icon("download")) "CSV" }
        }
        form.filters method="get" action="/plan/items" role="search" {
            input.input type="search" name="q" value=(words) aria-label=(t("items-filter")) placeholder=(t("items-filter"));
            button.button type="submit" { (icon("search")) (t("plan-show")) }
        }
        @if items.is_empty() {
            div.panel.empty { (icon("package")) strong { (t("items-none")) } p { (t("items-none-text")) } }
        } @else {
            (table(&items, number))
            (Pager {
                label: "plan-pages",
                page: number,
                entries: items.len(),
                page_entries: PAGE_ITEMS,
                texts: ("plan-page-before", "plan-page-after"),
            }.write(address))
        }
        (item_form(page, opened.as_ref(), typed, errors))
    };
    Ok(page.show(NavItem::Plan, &t("items-title"), &[], &content))
}

fn table(items: &[Item], number: usize) -> Markup {
    const HEADS: [(&str, bool); 7] = [
        ("items-sku", false),
        ("items-name", false),
        ("items-category", false),
        ("items-safety", true),
        ("items-minimum", true),
        ("items-lead", true),
        ("items-owner", false),
    ];
    html! {
        div.table-wrap {
            table.table.cards {
                caption.visually-hidden { (t("items-title")) }
                thead { tr { @for (id, is_number) in HEADS { th class=[is_number.then_some("number")] scope="col" { (t(id)) } } } }
                tbody {
                    @for item in items.iter().skip((number - 1) * PAGE_ITEMS).take(PAGE_ITEMS) {
                        @let address = form_urlencoded::Serializer::new(String::new()).append_pair("sku", &item.sku).finish();
                        tr {
                            td.who {
                                a href=(format!("/plan/items?{address}#item")) { (item.sku) }
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

fn item_form(page: &Page, opened: Option<&Item>, typed: Option<&FormData>, errors: &[FieldError]) -> Markup {
    let known = |name: &str| -> String {
        let Some(item) = opened else { return String::new() };
        match name {
            "sku" => item.sku.clone(),
            "name" => item.name.clone(),
            "category" => item.category.clone(),
            "unit" => item.unit.clone(),
            "safety_stock" => item.safety_stock.normalize().to_string(),
            "minimum_order" => item.minimum_order.normalize().to_string(),
            "lead_time_days" => item.lead_time_days.to_string(),
            "version" => item.version.to_string(),
            _ => item.owner.clone().unwrap_or_default(),
        }
    };
    let value = |name: &str| typed.map_or_else(|| known(name), |typed| typed.text(name).to_owned());
    let field = |name: &'static str, label: &'static str| {
        let (label, value) = (t(label), value(name));
        Field {
            value: &value,
            error: error_of(errors, name),
            required: name == "sku",
            ..Field::text(name, &label)
        }
        .render()
    };
    let version = typed.map_or_else(
        || opened.map_or_else(|| "0".to_owned(), |item| item.version.to_string()),
        |typed| typed.text("version").to_owned(),
    );
    let is_active =
        typed.map_or_else(|| opened.is_none_or(|item| item.is_active), |typed| typed.has("is_active"));
    html! {
        section.panel.padded.stack #item aria-labelledby="item-title" {
            h2 #item-title {
                @match opened {
                    Some(item) => (t_with("items-change", &[("sku", item.sku.as_str().into())])),
                    None => (t("items-new")),
                }
            }
            (error_summary(errors))
            form.stack method="post" action="/plan/items" {
                (csrf_field(&page.csrf()))
                (hidden("version", &version))
                @if version == "0" { (field("sku", "items-sku")) } @else { (hidden("sku", &value("sku"))) }
                div.reading {
                    (field("name", "items-name"))
                    (field("category", "items-category"))
                    (field("unit", "items-unit"))
                    (field("owner", "items-owner"))
                    (field("safety_stock", "items-safety"))
                    (field("minimum_order", "items-minimum"))
                    (field("lead_time_days", "items-lead"))
                }
                label.check { input type="checkbox" name="is_active" value="1" checked[is_active]; (t("items-active")) }
                div.actions {
                    button.button.primary type="submit" { (icon("check")) (t("plan-save")) }
                    @if opened.is_some() { a.button href="/plan/items" { (icon("x")) (t("plan-cancel")) } }
                }
            }
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

/// `POST /plan/items`: saves an item.
pub async fn save(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let (grant, scope) = (page.grant::<EditPlans>()?, page.session.scope());
    let typed = form.clone();
    let saved = state
        .try_run(move |services| {
            let seen = typed.text("version").parse().ok();
            service::save_item(services, (&grant, &scope), &draft(&typed)?, seen)
        })
        .await?;
    match saved {
        Ok(_) => Ok(go_to("/plan/items")),
        Err(error) => refuse(&state, &page, Some(&form), error).await,
    }
}

/// `POST /plan/items/take`: makes new items of the parts in the inventory.
pub async fn take(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm<Page>,
) -> Result<Response, AppError> {
    let (grant, scope) = (page.grant::<EditPlans>()?, page.session.scope());
    match state.try_run(move |services| service::take_items(services, (&grant, &scope), MAIN)).await? {
        Ok(_) => Ok(go_to("/plan/items")),
        Err(error) => refuse(&state, &page, None, error).await,
    }
}

async fn refuse(
    state: &AppState,
    page: &Page,
    typed: Option<&FormData>,
    error: ServiceError,
) -> Result<Response, AppError> {
    let errors = [match error {
        ServiceError::Conflict(message) => FieldError::new("sku", sentence(&message)),
        error => refused(error)?,
    }];
    Ok(sent_back(show(state, page, &FormData::default(), typed, &errors).await?, &errors))
}
