//! `POST /plan/{plan}` and `/plan/{plan}/cell`

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use super::query::{Spot, spot};
use super::sheet::{Sent, show};
use super::sheet_table::{line_name, measure_name};
use super::{parse, typed_quantity};
use crate::domain::plan::Bucket;
use crate::services::ServiceError;
use crate::services::authorize::EditPlans;
use crate::services::plans::{self as service, BucketEdit, Edited, LineView, Seen, Wanted};
use crate::web::error::{AppError, sentence};
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::{icon, reader, t_with};

/// Where a form goes back to: a page of this plan.
fn back(form: &FormData, plan: &str) -> String {
    let home = format!("/plan/{plan}");
    let wanted = form.text("back");
    let is_ours = wanted == home || wanted.strip_prefix(&home).is_some_and(|rest| rest.starts_with('?'));
    if is_ours { wanted.to_owned() } else { home }
}

/// Undoes what one did in the sheet, or does it again.
pub async fn act(
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
                "undo" => service::undo(services, who, id),
                "redo" => service::redo(services, who, id),
                _ => Err(ServiceError::invalid("act", "is nothing that can be done with a plan")),
            }
        })
        .await?;
    match done {
        Ok(edited) => Ok(go_to(&with_left(back(&form, &plan), &edited))),
        Err(error) => refuse(&state, &page, &plan, &form, error).await,
    }
}

/// Cells that are named where they were left as somebody else made them.
const NAMED: usize = 10;

/// The way back, which says what was left.
fn with_left(back: String, edited: &Edited) -> String {
    let Edited::Done { left, .. } = edited else { return back };
    if left.is_empty() {
        return back;
    }
    let cells = left.iter().take(NAMED).map(|cell| {
        let (measure, day) = cell.place;
        ("left", Spot::Cell(measure, day).of_line(cell.line))
    });
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("left_cells", &left.len().to_string()).extend_pairs(cells);
    let joint = if back.contains('?') { '&' } else { '?' };
    format!("{back}{joint}{}", pairs.finish())
}

/// What was left, as the address says it.
pub fn told(query: &FormData, lines: &[LineView]) -> Markup {
    let name = |text: &str| {
        let (line, Spot::Cell(measure, day)) = spot(text)? else { return None };
        let view = lines.iter().find(|view| view.line.id == line)?;
        Some(format!("{}, {}, {day}", line_name(&view.line.key), measure_name(measure)))
    };
    let names: Vec<String> = query.all("left").filter_map(name).take(NAMED).collect();
    let count: usize = query.text("left_cells").parse().unwrap_or(0);
    let told = [("n", count.max(names.len()).into()), ("names", names.join("; ").into())];
    html! {
        @if !names.is_empty() {
            div.notice.warn role="status" { (icon("triangle-alert")) p { (t_with("plan-undo-left", &told)) } }
        }
    }
}

/// The sheet again, with what was wrong.
async fn refuse(
    state: &AppState,
    page: &Page,
    plan: &str,
    form: &FormData,
    error: ServiceError,
) -> Result<Response, AppError> {
    let errors = [match error {
        ServiceError::Conflict(message) | ServiceError::OutOfScope(message) => {
            FieldError::new("act", sentence(&message))
        }
        error => refused(error)?,
    }];
    let query = back(form, plan);
    let mut query = FormData::parse(query.split_once('?').map_or("", |(_, query)| query).as_bytes());
    if form.has("cell") {
        // The cell stays open with what was wrong with it.
        let kept = ("cell".to_owned(), form.text("cell").to_owned());
        query = FormData::of(query.pairs().iter().cloned().chain([kept]).collect());
    }
    let sent = Sent { errors: &errors, line: None };
    Ok(sent_back(show(state, page, parse(plan)?, &query, sent).await?, &errors))
}

/// Changes one cell, of a day, or of a week or a month as a whole; or what a line begins with.
pub async fn cell(
    State(state): State<AppState>,
    Path(plan): Path<String>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<EditPlans>()?;
    let (id, scope) = (parse(&plan)?, page.session.scope());
    let typed = form.clone();
    let numbers = reader::formats().numbers;
    let done = state
        .try_run(move |services| {
            let strange = || ServiceError::invalid("cell", "is none of this sheet");
            let (line, spot) = spot(typed.text("cell")).ok_or_else(strange)?;
            let wanted = match typed.text("value") {
                _ if typed.has("put_back") => Wanted::Imported,
                "" => Wanted::Blank,
                text => Wanted::Value(typed_quantity("value", text, numbers)?),
            };
            let seen = typed.text("version").parse().ok();
            let who = (&grant, &scope);
            let (measure, day) = match spot {
                Spot::Cell(measure, day) => (measure, day),
                Spot::Opening => {
                    let amount = match wanted {
                        Wanted::Value(amount) => Some(amount),
                        Wanted::Blank | Wanted::Imported => None,
                    };
                    return service::set_opening(services, who, id, (line, seen), amount).map(|_| ());
                }
            };
            let seen = seen.map_or(Seen::Anything, Seen::Version);
            let bucket = Bucket::of_word(typed.text("by")).unwrap_or_default();
            match service::set_buckets(
                services,
                who,
                id,
                &[BucketEdit { line, measure, day, bucket, wanted, seen }],
            )? {
                Edited::Done { .. } => Ok(()),
                Edited::Conflicts(conflicts) => {
                    let shown = |value: Option<rust_decimal::Decimal>| {
                        value.map_or_else(|| "–".to_owned(), |value| value.normalize().to_string())
                    };
                    let (yours, theirs) = conflicts
                        .first()
                        .map_or_else(Default::default, |cell| (shown(cell.yours), shown(cell.theirs)));
                    Err(ServiceError::Conflict(t_with(
                        "plan-conflict",
                        &[("yours", yours.into()), ("theirs", theirs.into())],
                    )))
                }
            }
        })
        .await?;
    match done {
        Ok(()) => Ok(go_to(&back(&form, &plan))),
        Err(error) => refuse(&state, &page, &plan, &form, error).await,
    }
}
