//! `GET` and `POST /plan`

use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use maud::{Markup, html};

use super::reader;
use crate::domain::permission::Permission;
use crate::domain::plan::{Horizon, Plan};
use crate::services::ServiceError;
use crate::services::authorize::EditPlans;
use crate::services::plans::{self as service, NewPlan};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary};
use crate::web::ui::format::instant;
use crate::web::ui::{NavItem, icon, t, t_with};

/// All plans.
pub async fn list(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    show(&state, &page, &FormData::default(), &[]).await
}

async fn show(
    state: &AppState,
    page: &Page,
    typed: &FormData,
    errors: &[FieldError],
) -> Result<Response, AppError> {
    let reader = reader(page);
    let plans = state.run(move |services| service::list(services, &reader)).await?;
    let edits = page.user().has(Permission::EditPlans);
    let content = html! {
        div.page-head {
            h1 { (t("plan-title")) }
            @if edits { a.button href="/plan/items" { (icon("package")) (t("items-title")) } }
        }
        @if plans.is_empty() {
            div.panel.empty {
                (icon("chart-line"))
                strong { (t("plan-none")) }
                p { (t(if edits { "plan-none-edit" } else { "plan-none-read" })) }
            }
        } @else {
            (table(state, page, &plans))
        }
        @if edits { (create_form(page, typed, errors)) }
    };
    Ok(page.show(NavItem::Plan, &t("plan-title"), &[], &content))
}

fn table(state: &AppState, page: &Page, plans: &[Plan]) -> Markup {
    let now = state.services().now();
    let zone = page.look.zone();
    html! {
        div.table-wrap {
            table.table.cards {
                caption.visually-hidden { (t("plan-title")) }
                thead { tr { @for id in ["plan-name", "plan-days", "plan-shared", "plan-updated"] { th scope="col" { (t(id)) } } } }
                tbody {
                    @for plan in plans {
                        tr {
                            td.who {
                                a href=(format!("/plan/{}", plan.id)) { (plan.name) }
                                " " (marks(plan))
                                @if !plan.description.is_empty() { div.hint { (plan.description) } }
                            }
                            td data-label=(t("plan-days")) { (days(plan.horizon)) }
                            td data-label=(t("plan-shared")) { (t(&format!("plan-shared-{}", plan.shared_with))) }
                            td data-label=(t("plan-updated")) { (instant(plan.updated_at, &zone, now)) }
                        }
                    }
                }
            }
        }
    }
}

/// What a plan is, as badges.
pub fn marks(plan: &Plan) -> Markup {
    html! {
        @if plan.is_leader { span.badge.ok { (t("plan-leader")) } }
        @if plan.is_locked { " " span.badge.info { (t("plan-locked")) } }
        @if plan.archived_at.is_some() { " " span.badge { (t("plan-archived")) } }
    }
}

/// The days of a plan in words.
pub fn days(horizon: Option<Horizon>) -> String {
    horizon.map_or_else(
        || t("plan-no-days"),
        |horizon| {
            t_with(
                "plan-from-to",
                &[("first", horizon.first.to_string().into()), ("last", horizon.last.to_string().into())],
            )
        },
    )
}

fn create_form(page: &Page, typed: &FormData, errors: &[FieldError]) -> Markup {
    let field = |name: &'static str, label: &str, kind: &str, hint: &str| {
        Field {
            kind,
            value: typed.text(name),
            hint,
            error: error_of(errors, name),
            required: name == "name",
            ..Field::text(name, label)
        }
        .render()
    };
    html! {
        section.panel.padded.directory-part aria-labelledby="new-title" {
            h2 #new-title { (t("plan-new")) }
            (error_summary(errors))
            form.stack method="post" action="/plan" {
                (csrf_field(&page.csrf()))
                (field("name", &t("plan-name"), "text", ""))
                (field("description", &t("plan-description"), "text", ""))
                div.reading {
                    (field("first", &t("plan-first"), "date", &t("plan-first-hint")))
                    (field("last", &t("plan-last"), "date", ""))
                }
                div.actions { button.button.primary type="submit" { (icon("plus")) (t("plan-create")) } }
            }
        }
    }
}

/// The days that a form says.
///
/// # Errors
/// [`ServiceError::Invalid`] names the field.
pub fn typed_horizon(form: &FormData) -> Result<Option<Horizon>, ServiceError> {
    let day = |name: &'static str| match form.text(name) {
        "" => Ok(None),
        text => {
            let day = text.parse::<Date>();
            day.map(Some).map_err(|_| ServiceError::invalid(name, "is no date; write it like 2026-11-21"))
        }
    };
    match (day("first")?, day("last")?) {
        (None, None) => Ok(None),
        (Some(first), Some(last)) => {
            let horizon = Horizon::new(first, last);
            Ok(Some(horizon.map_err(|why| ServiceError::invalid("last", why.to_string()))?))
        }
        (None, Some(_)) => Err(ServiceError::invalid("first", "is missing: give both days, or neither")),
        (Some(_), None) => Err(ServiceError::invalid("last", "is missing: give both days, or neither")),
    }
}

/// Makes a plan.
pub async fn create(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<EditPlans>()?;
    let typed = form.clone();
    let made = state
        .try_run(move |services| {
            let new = NewPlan {
                name: typed.text("name").to_owned(),
                description: typed.text("description").to_owned(),
                horizon: typed_horizon(&typed)?,
                ..NewPlan::default()
            };
            service::create(services, &grant, &new)
        })
        .await?;
    match made {
        Ok(plan) => Ok(go_to(&format!("/plan/{}", plan.id))),
        Err(error) => {
            let errors = [refused(error)?];
            Ok(sent_back(show(&state, &page, &form, &errors).await?, &errors))
        }
    }
}
