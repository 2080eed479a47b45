//! `GET /plan/{plan}`

use axum::extract::{Path, State};
use axum::response::Response;

use super::query::SheetQuery;
use super::sheet_view::{EditedCell, SheetView, sheet_page};
use super::{chart, parse, reader};
use crate::domain::ids::PlanId;
use crate::domain::permission::Permission;
use crate::services::plans::{self as service, LineDays, LineView};
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

/// True for a line whose item, name, category, location or channel has these words.
pub fn has_words(view: &LineView, words: &str) -> bool {
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
    let asked = query.clone();
    let (overview, lines, query, cell, charts) = state
        .run(move |services| {
            let mut query = None;
            let (overview, lines) = service::overview_with_days(services, &reader, id, |overview| {
                let query = query.insert(SheetQuery::of(&asked, &overview.plan));
                overview.lines.retain(|view| has_words(view, &query.words));
                if query.problems {
                    overview.lines.retain(LineView::has_problem);
                }
                query.lines_of_page(overview)
            })?;
            let query = query.unwrap_or_else(|| SheetQuery::of(&asked, &overview.plan));
            let cell = query.cell.and_then(|(line, measure, date)| {
                let (imported, turns) =
                    service::history_of(services, &reader, id, line, (measure, date)).ok()?;
                let (_, found) = service::days_of(services, &reader, id, &[line]).ok()?;
                let LineDays { view, cells, .. } = found.into_iter().next()?;
                Some(EditedCell {
                    key: view.line.key,
                    place: (measure, date),
                    value: cells.value((measure, date)),
                    version: cells.version((measure, date)),
                    imported,
                    turns,
                })
            });
            let charts = match &query.chart[..] {
                [] => service::charts_of(lines.first().cloned().into_iter().collect()),
                wanted => service::charted(services, &reader, id, wanted)?.1,
            };
            Ok((overview, lines, query, cell, charts))
        })
        .await?;
    let edits = page.user().has(Permission::EditPlans);
    let title = overview.plan.name.clone();
    let drawn = charts.iter().flat_map(|chart| &chart.lines).map(|view| view.line.id).collect();
    let chart = query.of_chart(drawn, overview.plan.horizon);
    let view = SheetView {
        chart: &chart::section(&overview.plan, &charts, &chart),
        overview: &overview,
        lines: &lines,
        query: &query,
        cell: cell.as_ref(),
        edits: edits && overview.plan.is_open() && !overview.plan.is_locked,
        manages: edits,
        csrf: &page.csrf(),
        errors,
    };
    Ok(page.show(NavItem::Plan, &title, &["js/sheet.js", "js/plan-chart.js"], &sheet_page(&view)))
}
