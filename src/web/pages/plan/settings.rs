//! `GET` and `POST /plan/{plan}/settings`: what a plan is called and shows, and what is done with it as a whole.

use axum::extract::{Path, State};
use axum::response::Response;

use super::list::typed_horizon;
use super::parse;
use super::settings_view::{SettingsView, settings_page};
use crate::domain::ids::PlanId;
use crate::domain::plan::{Bucket, Sharing};
use crate::services::authorize::EditPlans;
use crate::services::plans::{self as service, PlanChange, PlanReader};
use crate::services::users::names::known_names;
use crate::services::{ServiceError, datasets};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::NavItem;
use crate::web::ui::form::FieldError;

/// What was just done, as the address of the page says it.
const DONE: [&str; 8] = ["save", "copy", "lead", "lock", "unlock", "archive", "unarchive", "stock"];

/// The settings.
pub async fn settings(
    State(state): State<AppState>,
    page: Page,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    page.grant::<EditPlans>()?;
    let done = DONE.into_iter().find(|word| *word == query.text("done"));
    show(&state, &page, parse(&plan)?, (None, &[]), done).await
}

async fn show(
    state: &AppState,
    page: &Page,
    id: PlanId,
    (typed, errors): (Option<&FormData>, &[FieldError]),
    done: Option<&'static str>,
) -> Result<Response, AppError> {
    let (grant, scope) = (page.grant::<EditPlans>()?, page.session.scope());
    let sees_all = scope.sees_every_owner();
    let (plan, outside, names, stocks, manages, without_place) = state
        .run(move |services| {
            let reader = PlanReader::planner(&grant, &scope);
            let plan = service::get(services, &reader, id)?;
            let outside = service::outside(services, &reader, id)?;
            let by = plan.stock.as_ref().and_then(|stock| stock.by);
            let names = known_names(services, by.into_iter().chain(plan.created_by))?;
            let mut stocks = datasets::list(services)?;
            stocks.retain(|dataset| {
                dataset.current_generation.is_some() && datasets::exists_for(services, dataset, &scope)
            });
            let manages = service::may_manage(services, (&grant, &scope), id)?;
            let without_place = service::without_place(services, &reader, id)?;
            Ok((plan, outside, names, stocks, manages, without_place))
        })
        .await?;
    let view = SettingsView {
        version: service::version(&plan),
        plan: &plan,
        outside,
        names: &names,
        stocks: &stocks,
        sees_all,
        manages,
        without_place,
        typed,
        errors,
        done,
        csrf: &page.csrf(),
        zone: page.look.zone(),
        now: state.services().now(),
    };
    Ok(page.show(NavItem::Plan, &plan.name, &[], &settings_page(&view)))
}

/// What a form says of the settings.
fn typed_change(form: &FormData) -> Result<PlanChange, ServiceError> {
    let strange = |field: &'static str| ServiceError::invalid(field, "is none of those offered");
    Ok(PlanChange {
        name: Some(form.text("name").to_owned()),
        description: Some(form.text("description").to_owned()),
        horizon: Some(typed_horizon(form)?),
        bucket: Some(Bucket::of_word(form.text("bucket")).ok_or_else(|| strange("bucket"))?),
        shared_with: Some(Sharing::of_word(form.text("shared_with")).ok_or_else(|| strange("shared_with"))?),
        opens_with_stock: Some(form.has("opens_with_stock")),
        seen: Some(form.text("version").to_owned()),
    })
}

/// Saves them, or does something with the plan as a whole.
pub async fn change(
    State(state): State<AppState>,
    Path(plan): Path<String>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<EditPlans>()?;
    let (id, scope) = (parse(&plan)?, page.session.scope());
    let typed = form.clone();
    let done = state
        .try_run(move |services| {
            let who = (&grant, &scope);
            match typed.text("act") {
                "save" => {
                    service::change(services, who, id, &typed_change(&typed)?).map(|plan| (plan, "save"))
                }
                "copy" => {
                    let copy = service::copy(services, who, id, typed.text("copy_name"));
                    let copy = copy.map_err(|error| match error {
                        // The field beside the button, and not the plan's own name.
                        ServiceError::Invalid { field: "name", message } => {
                            ServiceError::invalid("copy_name", message)
                        }
                        error => error,
                    });
                    copy.map(|plan| (plan, "copy"))
                }
                "lead" => service::lead(services, who, id).map(|plan| (plan, "lead")),
                "lock" => service::lock(services, who, id, true).map(|plan| (plan, "lock")),
                "unlock" => service::lock(services, who, id, false).map(|plan| (plan, "unlock")),
                "archive" => service::archive(services, who, id, true).map(|plan| (plan, "archive")),
                "unarchive" => service::archive(services, who, id, false).map(|plan| (plan, "unarchive")),
                "stock" => {
                    service::take_stock(services, who, id, typed.text("dataset")).map(|plan| (plan, "stock"))
                }
                _ => Err(ServiceError::invalid("act", "is nothing that can be done with a plan")),
            }
        })
        .await?;
    match done {
        Ok((plan, word)) => Ok(go_to(&format!("/plan/{}/settings?done={word}", plan.id))),
        Err(error) => {
            let errors = [refused(error)?];
            // What was typed into the settings stays; a button beside them carries none of it.
            let typed = (form.text("act") == "save").then_some(&form);
            Ok(sent_back(show(&state, &page, id, (typed, &errors), None).await?, &errors))
        }
    }
}
