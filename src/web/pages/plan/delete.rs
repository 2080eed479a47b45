//! `GET` and `POST /plan/{plan}/delete`, `POST /plan/{plan}/restore`: the question before a plan goes, and the way back.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use super::{parse, reader};
use crate::domain::plan::Plan;
use crate::services::authorize::EditPlans;
use crate::services::plans as service;
use crate::web::error::AppError;
use crate::web::extract::{Page, PageForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{FieldError, csrf_field, error_summary};
use crate::web::ui::{NavItem, icon, t, t_with};

/// Asks.
pub async fn ask_delete(
    State(state): State<AppState>,
    page: Page,
    Path(plan): Path<String>,
) -> Result<Response, AppError> {
    page.grant::<EditPlans>()?;
    let plan = find(&state, &page, &plan).await?;
    Ok(show(&page, &plan, &[]))
}

async fn find(state: &AppState, page: &Page, plan: &str) -> Result<Plan, AppError> {
    let (id, reader) = (parse(plan)?, reader(page));
    state.run(move |services| service::get(services, &reader, id)).await
}

fn show(page: &Page, plan: &Plan, errors: &[FieldError]) -> Response {
    let title = t_with("plan-delete-question", &[("name", plan.name.as_str().into())]);
    page.show(NavItem::Plan, &title, &[], &question(page, plan, &title, errors))
}

fn question(page: &Page, plan: &Plan, title: &str, errors: &[FieldError]) -> Markup {
    html! {
        div.panel.padded.narrow.stack {
            h1 { (title) }
            (error_summary(errors))
            form.stack method="post" action=(format!("/plan/{}/delete", plan.id)) data-once {
                (csrf_field(&page.csrf()))
                p { (t_with("plan-delete-text", &[("days", (service::KEPT.as_hours() / 24).into())])) }
                div.actions {
                    button.button.danger type="submit" { (icon("trash-2")) (t("plan-delete")) }
                    a.button href=(format!("/plan/{}/settings", plan.id)) { (t("user-cancel")) }
                }
            }
        }
    }
}

/// Deletes it; the list says so and has the way back.
pub async fn delete(
    State(state): State<AppState>,
    Path(plan): Path<String>,
    PageForm { page, .. }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<EditPlans>()?;
    let (id, scope) = (parse(&plan)?, page.session.scope());
    match state.try_run(move |services| service::delete(services, (&grant, &scope), id)).await? {
        Ok(plan) => Ok(go_to(&format!("/plan?deleted={}", plan.id))),
        Err(error) => {
            let errors = [refused(error)?];
            let plan = find(&state, &page, &plan).await?;
            Ok(sent_back(show(&page, &plan, &errors), &errors))
        }
    }
}

/// Brings it back.
pub async fn restore(
    State(state): State<AppState>,
    Path(plan): Path<String>,
    PageForm { page, .. }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<EditPlans>()?;
    let (id, scope) = (parse(&plan)?, page.session.scope());
    let plan = state.run(move |services| service::restore(services, (&grant, &scope), id)).await?;
    Ok(go_to(&format!("/plan?restored={}", plan.id)))
}
