//! `GET` and `POST /plan`

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::reader;
use crate::domain::permission::Permission;
use crate::domain::plan::{Bucket, Horizon, Plan};
use crate::services::ServiceError;
use crate::services::authorize::EditPlans;
use crate::services::plans::{self as service, ChangedBy, DeletedPlan, ListedPlan, NewPlan};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, checked_select, csrf_field, error_of, error_summary};
use crate::web::ui::format::{count, instant};
use crate::web::ui::reader::formats;
use crate::web::ui::{NavItem, icon, t, t_with};

/// All plans.
pub async fn list(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    show(&state, &page, &query, &FormData::default(), &[]).await
}

async fn show(
    state: &AppState,
    page: &Page,
    query: &FormData,
    typed: &FormData,
    errors: &[FieldError],
) -> Result<Response, AppError> {
    let (reader, grant) = (reader(page), page.grant::<EditPlans>().ok());
    let (plans, deleted) = state
        .run(move |services| {
            let deleted =
                grant.map_or_else(|| Ok(Vec::new()), |grant| service::listed_deleted(services, &grant))?;
            Ok((service::listed(services, &reader)?, deleted))
        })
        .await?;
    let view = ListView {
        edits: page.user().has(Permission::EditPlans),
        sees_all: page.session.scope().sees_every_owner(),
        query,
        csrf: &page.csrf(),
        zone: page.look.zone(),
        now: state.services().now(),
    };
    let (archived, open): (Vec<_>, Vec<_>) =
        plans.into_iter().partition(|listed| listed.plan.archived_at.is_some());
    let content = html! {
        div.page-head {
            h1 { (t("plan-title")) }
            @if view.edits {
                div.actions {
                    a.button href="/plan/items" { (icon("package")) (t("items-title")) }
                    @if !open.is_empty() { a.button.primary href="#new" { (icon("plus")) (t("plan-new")) } }
                }
            }
        }
        (told(&view, &open, &deleted))
        @if open.is_empty() {
            div.panel.empty {
                (icon("chart-line"))
                strong { (t("plan-none")) }
                p { (t(if view.edits { "plan-none-edit" } else { "plan-none-read" })) }
            }
        } @else { (table(&view, &t("plan-title"), &open)) }
        @if !archived.is_empty() {
            section.stack aria-labelledby="archive-title" {
                h2 #archive-title { (t("plan-archive-title")) }
                (table(&view, &t("plan-archive-title"), &archived))
            }
        }
        @if !deleted.is_empty() { (gone(&view, &deleted)) }
        @if view.edits { (create_form(page, typed, errors)) }
    };
    Ok(page.show(NavItem::Plan, &t("plan-title"), &[], &content))
}

/// Who looks at the list.
struct ListView<'v> {
    edits: bool,
    sees_all: bool,
    query: &'v FormData,
    csrf: &'v str,
    zone: TimeZone,
    now: Timestamp,
}

/// What was just done, with the way back.
fn told(view: &ListView<'_>, open: &[ListedPlan], deleted: &[DeletedPlan]) -> Markup {
    let (gone, back) = (view.query.text("deleted"), view.query.text("restored"));
    html! {
        @if let Some(DeletedPlan { plan, .. }) = deleted.iter().find(|one| one.plan.id.to_string() == gone) {
            form.notice method="post" action=(format!("/plan/{}/restore", plan.id)) role="status" {
                (csrf_field(view.csrf))
                (icon("trash-2")) p { (t_with("plan-deleted", &[("name", plan.name.as_str().into())])) }
                button.button.small type="submit" { (icon("rotate-ccw")) (t("plan-undo")) }
            }
        }
        @if let Some(ListedPlan { plan, .. }) = open.iter().find(|one| one.plan.id.to_string() == back) {
            div.notice.ok role="status" { (icon("circle-check")) p { (t_with("plan-restored", &[("name", plan.name.as_str().into())])) } }
        }
    }
}

fn table(view: &ListView<'_>, caption: &str, plans: &[ListedPlan]) -> Markup {
    html! {
        div.table-wrap {
            table.table.cards {
                caption.visually-hidden { (caption) }
                thead { tr {
                    @for id in ["plan-name", "plan-days"] { th scope="col" { (t(id)) } }
                    th.number scope="col" { (t("plan-lines-head")) }
                    @for id in ["plan-shared", "plan-updated"] { th scope="col" { (t(id)) } }
                    @if view.edits { th scope="col" { span.visually-hidden { (t("plan-settings")) } } }
                } }
                tbody { @for listed in plans { (row(view, listed)) } }
            }
        }
    }
}

fn row(view: &ListView<'_>, listed: &ListedPlan) -> Markup {
    let plan = &listed.plan;
    html! {
        tr {
            td.who {
                a href=(format!("/plan/{}", plan.id)) { (plan.name) } " " (marks(plan))
                @if !plan.description.is_empty() { div.hint { (plan.description) } }
                @if let Some(name) = &listed.copied_from { div.hint { (t_with("plan-copied-from", &[("name", name.as_str().into())])) } }
            }
            td.nowrap data-label=(t("plan-days")) { (days(plan.horizon)) }
            td.number data-label=(t("plan-lines-head")) { (count(listed.lines as u64)) }
            td data-label=(t("plan-shared")) { (t(&format!("plan-shared-{}", plan.shared_with))) }
            td data-label=(t("plan-updated")) {
                div {
                    (instant(plan.updated_at, &view.zone, view.now))
                    @match &listed.changed_by {
                        Some(ChangedBy::User(name)) => div.hint { (name) },
                        Some(ChangedBy::CommandLine) => div.hint { (t("plan-by-command-line")) },
                        None => {}
                    }
                }
            }
            @if view.edits {
                td.act { a.button.small href=(format!("/plan/{}/settings", plan.id)) aria-label=(t_with("plan-settings-named", &[("name", plan.name.as_str().into())])) { (icon("settings")) (t("plan-settings")) } }
            }
        }
    }
}

/// The deleted ones, as long as they can be brought back.
fn gone(view: &ListView<'_>, deleted: &[DeletedPlan]) -> Markup {
    html! {
        section.stack aria-labelledby="deleted-title" {
            h2 #deleted-title { (t("plan-deleted-title")) }
            div.table-wrap {
                table.table.cards {
                    caption.visually-hidden { (t("plan-deleted-title")) }
                    thead { tr {
                        @for id in ["plan-name", "plan-deleted-at", "plan-deleted-until"] { th scope="col" { (t(id)) } }
                        @if view.sees_all { th scope="col" { span.visually-hidden { (t("plan-bring-back")) } } }
                    } }
                    tbody {
                        @for DeletedPlan { plan, until } in deleted {
                            tr {
                                td.who { (plan.name) }
                                td data-label=(t("plan-deleted-at")) {
                                    @if let Some(at) = plan.deleted_at { (instant(at, &view.zone, view.now)) }
                                }
                                td data-label=(t("plan-deleted-until")) { (until_when(*until, &view.zone)) }
                                @if view.sees_all {
                                    td.act {
                                        form method="post" action=(format!("/plan/{}/restore", plan.id)) data-once {
                                            (csrf_field(view.csrf))
                                            button.button.small type="submit" aria-label=(t_with("plan-bring-back-named", &[("name", plan.name.as_str().into())])) { (icon("rotate-ccw")) (t("plan-bring-back")) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A time that is yet to come.
fn until_when(at: Timestamp, zone: &TimeZone) -> Markup {
    let local = at.to_zoned(zone.clone());
    html! { time datetime=(at.to_string()) { (formats().minute(&local)) } }
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
    let buckets =
        Bucket::ALL.map(Bucket::as_str).map(|word| (word.to_owned(), t(&format!("plan-by-{word}"))));
    html! {
        section.panel.padded.stack #new aria-labelledby="new-title" {
            h2 #new-title { (t("plan-new")) }
            (error_summary(errors))
            form.stack method="post" action="/plan" data-once {
                (csrf_field(&page.csrf()))
                (field("name", &t("plan-name"), "text", ""))
                (field("description", &t("plan-description"), "text", ""))
                div.reading {
                    (field("first", &t("plan-first"), "date", &t("plan-first-hint")))
                    (field("last", &t("plan-last"), "date", ""))
                    (checked_select("bucket", &t("plan-bucket"), &buckets, typed.text("bucket"), error_of(errors, "bucket")))
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
                bucket: match typed.text("bucket") {
                    "" => Bucket::default(),
                    word => Bucket::of_word(word)
                        .ok_or_else(|| ServiceError::invalid("bucket", "is none of those offered"))?,
                },
                ..NewPlan::default()
            };
            service::create(services, &grant, &new)
        })
        .await?;
    match made {
        Ok(plan) => Ok(go_to(&format!("/plan/{}", plan.id))),
        Err(error) => {
            let errors = [refused(error)?];
            Ok(sent_back(show(&state, &page, &FormData::default(), &form, &errors).await?, &errors))
        }
    }
}
