//! `GET /plan/{plan}`

use axum::extract::{Path, State};
use axum::response::Response;

use super::query::SheetQuery;
use super::sheet_view::{EditedCell, SheetView, sheet_page};
use super::{parse, reader};
use crate::domain::ids::PlanId;
use crate::domain::permission::Permission;
use crate::services::plans::{self as service, LineView};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::NavItem;
use crate::web::ui::form::FieldError;

/// The sheet.
pub async fn sheet(
    State(state): State<AppState>,
    page: Page,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    show(&state, &page, parse(&plan)?, &query, &[]).await
}

fn has_words(view: &LineView, words: &str) -> bool {
    let words = words.to_lowercase();
    let item = view.item.as_ref();
    let texts = [
        view.line.key.item.as_str(),
        view.line.key.location.as_str(),
        view.line.key.channel.as_str(),
        item.map_or("", |item| item.name.as_str()),
        item.map_or("", |item| item.category.as_str()),
    ];
    texts.iter().any(|text| text.to_lowercase().contains(&words))
}

/// The sheet, with what was wrong with a form of it.
pub async fn show(
    state: &AppState,
    page: &Page,
    id: PlanId,
    query: &FormData,
    errors: &[FieldError],
) -> Result<Response, AppError> {
    let reader = reader(page);
    let (asked, told) = (query.clone(), super::import::told(query));
    let (overview, query, cell) = state
        .run(move |services| {
            let mut overview = service::overview(services, &reader, id)?;
            let query = SheetQuery::of(&asked, &overview.plan);
            overview.lines.retain(|view| has_words(view, &query.words));
            if query.problems {
                let has_problem = |view: &LineView| {
                    view.summary.first_stock_out.is_some() || view.summary.first_under_safety.is_some()
                };
                overview.lines.retain(has_problem);
            }
            let cell = query.cell.and_then(|(line, measure, date)| {
                let view = overview.lines.iter().find(|view| view.line.id == line)?.clone();
                let (imported, turns) =
                    service::history_of(services, &reader, id, line, (measure, date)).ok()?;
                let cells = service::cells(services, &reader, id, Some(line)).ok()?;
                let (_, cells) = cells.first()?;
                Some(EditedCell {
                    key: view.line.key,
                    place: (measure, date),
                    value: cells.value((measure, date)),
                    version: cells.version((measure, date)),
                    imported,
                    turns,
                })
            });
            Ok((overview, query, cell))
        })
        .await?;
    let edits = page.user().has(Permission::EditPlans);
    let title = overview.plan.name.clone();
    let view = SheetView {
        overview: &overview,
        query: &query,
        cell: cell.as_ref(),
        edits: edits && overview.plan.is_open() && !overview.plan.is_locked,
        manages: edits,
        csrf: &page.csrf(),
        errors,
        told,
    };
    Ok(page.show(NavItem::Plan, &title, &["js/sheet.js"], &sheet_page(&view)))
}
