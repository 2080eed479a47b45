//! `POST /plan/{plan}/lines`, `GET` and `POST /plan/{plan}/lines/{line}/remove`: a line without a file, and the question
//! before one goes.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use super::sheet::{Sent, show};
use super::sheet_table::line_name;
use super::{parse, reader, typed_quantity};
use crate::domain::plan::{Line, LineId};
use crate::services::authorize::EditPlans;
use crate::services::plans::{self as service, LineView, NewLine, Offered};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{FieldError, csrf_field, error_of, error_summary, hidden};
use crate::web::ui::{NavItem, icon, reader as reads, t, t_with};

/// The form of a new line.
pub struct LineForm<'f> {
    /// Where it goes.
    pub plan: String,
    /// What can be chosen.
    pub offered: &'f Offered,
    /// What was sent and refused.
    pub typed: &'f FormData,
    /// Why.
    pub errors: &'f [FieldError],
    /// It is the first thing to do here.
    pub open: bool,
    /// Against cross-site requests.
    pub csrf: &'f str,
}

impl LineForm<'_> {
    /// Writes it.
    pub fn write(&self) -> Markup {
        let Offered { items, locations, channels } = self.offered;
        html! {
            details.panel.padded.no-print.plan-do open[self.open] {
                summary { (icon("chevron-right")) h2 { (t("plan-line-add")) } }
                form.stack method="post" action=(format!("/plan/{}/lines", self.plan)) data-once {
                    (csrf_field(self.csrf))
                    div.reading {
                        (self.field("item", Some(items), true))
                        (self.field("location", Some(locations), false))
                        (self.field("channel", Some(channels), false))
                        (self.field("starting_inventory", None, false))
                    }
                    p.hint { (t("plan-line-add-hint")) }
                    div.actions { button.button.primary type="submit" { (icon("plus")) (t("plan-line-add")) } }
                }
            }
        }
    }

    fn field(&self, name: &str, offered: Option<&[(String, String)]>, required: bool) -> Markup {
        let (list, error_id) = (format!("{name}-offered"), format!("{name}-error"));
        let error = error_of(self.errors, name);
        html! {
            div.field {
                label for=(name) { (t(&format!("field-{name}"))) }
                input.input id=(name) name=(name) value=(self.typed.text(name)) required[required] autocomplete="off" spellcheck="false"
                    list=[offered.map(|_| &list)] inputmode=[offered.is_none().then_some("decimal")]
                    aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| &error_id)];
                @if let Some(offered) = offered {
                    datalist id=(list) { @for (key, name) in offered { option value=(key) { (name) } } }
                }
                @if let Some(error) = error { p.error id=(error_id) { (icon("circle-alert")) (error) } }
            }
        }
    }
}

/// Adds a line; the sheet says so.
pub async fn add(
    State(state): State<AppState>,
    Path(plan): Path<String>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<EditPlans>()?;
    let (id, scope) = (parse(&plan)?, page.session.scope());
    let (typed, numbers) = (form.clone(), reads::formats().numbers);
    let done = state
        .try_run(move |services| {
            let starting_inventory = match typed.text("starting_inventory") {
                "" => None,
                text => Some(typed_quantity("starting_inventory", text, numbers)?),
            };
            let text = |name: &str| typed.text(name).to_owned();
            let new = NewLine {
                item: text("item"),
                location: text("location"),
                channel: text("channel"),
                starting_inventory,
            };
            service::add_line(services, (&grant, &scope), id, &new)
        })
        .await?;
    match done {
        Ok(line) => Ok(go_to(&format!("/plan/{id}?line_added={}", line.id))),
        Err(error) => {
            let errors = [refused(error)?];
            let sent = Sent { errors: &errors, line: Some(&form) };
            Ok(sent_back(show(&state, &page, id, &FormData::default(), sent).await?, &errors))
        }
    }
}

/// That a line came or went, as the address says it.
pub fn told(query: &FormData, lines: &[LineView]) -> Markup {
    let added = query.text("line_added").parse().ok().map(LineId);
    let added = added.and_then(|id| lines.iter().find(|view| view.line.id == id));
    html! {
        @if let Some(view) = added {
            div.notice.ok role="status" { (icon("circle-check")) p {
                (t_with("plan-line-added", &[("line", line_name(&view.line.key).into())]))
            } }
        }
        @if query.has("line_removed") {
            div.notice.ok role="status" { (icon("circle-check")) p { (t("plan-line-removed")) } }
        }
    }
}

/// Asks.
pub async fn ask_remove(
    State(state): State<AppState>,
    page: Page,
    Path((plan, line)): Path<(String, String)>,
) -> Result<Response, AppError> {
    page.grant::<EditPlans>()?;
    ask(&state, &page, (&plan, line_at(&line)?), &[]).await
}

fn line_at(text: &str) -> Result<LineId, AppError> {
    text.parse().map(LineId).map_err(|_| AppError::not_found("There is no line at this address."))
}

async fn ask(
    state: &AppState,
    page: &Page,
    (plan, line): (&str, LineId),
    errors: &[FieldError],
) -> Result<Response, AppError> {
    let (id, reader) = (parse(plan)?, reader(page));
    let (found, values) =
        state.run(move |services| service::line_with_values(services, &reader, id, line)).await?;
    let title = t_with("plan-line-remove-question", &[("line", line_name(&found.key).into())]);
    let content = question(page, plan, (&found, values), &title, errors);
    Ok(page.show(NavItem::Plan, &title, &[], &content))
}

fn question(
    page: &Page,
    plan: &str,
    (line, values): (&Line, usize),
    title: &str,
    errors: &[FieldError],
) -> Markup {
    html! {
        div.panel.padded.narrow.stack {
            h1 { (title) }
            (error_summary(errors))
            form.stack method="post" action=(format!("/plan/{plan}/lines/{}/remove", line.id)) data-once {
                (csrf_field(&page.csrf()))
                (hidden("values", &values.to_string()))
                p { (t_with("plan-line-remove-text", &[("n", values.into())])) }
                div.actions {
                    button.button.danger type="submit" { (icon("trash-2")) (t("plan-line-remove")) }
                    a.button href=(format!("/plan/{plan}")) { (t("user-cancel")) }
                }
            }
        }
    }
}

/// Removes it, with no more values than the page said; the sheet says so.
pub async fn remove(
    State(state): State<AppState>,
    Path((plan, line)): Path<(String, String)>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<EditPlans>()?;
    let (id, scope, line) = (parse(&plan)?, page.session.scope(), line_at(&line)?);
    let most = form.text("values").parse().unwrap_or(0);
    let done = state
        .try_run(move |services| service::remove_line(services, (&grant, &scope), id, line, Some(most)))
        .await?;
    match done {
        Ok(_) => Ok(go_to(&format!("/plan/{id}?line_removed=1"))),
        Err(error) => {
            let errors = [refused(error)?];
            Ok(sent_back(ask(&state, &page, (&plan, line), &errors).await?, &errors))
        }
    }
}
