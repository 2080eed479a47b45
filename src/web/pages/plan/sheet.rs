//! `GET /plan/{plan}`

use axum::extract::{Path, State};
use axum::response::Response;

use super::passed_over::{Says, misread, notice};
use super::query::{Entry, SheetQuery};
use super::sheet_view::{Choices, SheetView, sheet_page};
use super::spot::TypedSpot;
use super::{chart, parse, reader};
use crate::domain::ids::PlanId;
use crate::domain::permission::Permission;
use crate::services::plans::{self as service, Offered};
use crate::services::rows::today;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::NavItem;
use crate::web::ui::form::FieldError;

/// What of its address may be misread.
const KNOWN: [(&str, Says); 6] = [
    ("by", Says::By),
    ("from", Says::Day),
    ("page", Says::Page),
    ("lines", Says::Page),
    ("columns", Says::Page),
    ("chart", Says::Lines),
];

/// The sheet.
pub async fn sheet(
    State(state): State<AppState>,
    page: Page,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    show(&state, &page, parse(&plan)?, &query, Sent::default()).await
}

/// What was sent to a sheet and refused.
#[derive(Clone, Copy, Default)]
pub struct Sent<'s> {
    /// Why.
    pub errors: &'s [FieldError],
    /// The form of a new line.
    pub line: Option<&'s FormData>,
}

/// The sheet, with what was wrong with a form of it.
pub async fn show(
    state: &AppState,
    page: &Page,
    id: PlanId,
    query: &FormData,
    sent: Sent<'_>,
) -> Result<Response, AppError> {
    let reader = reader(page);
    let planner = reader.clone();
    let asked = query.clone();
    let found = state
        .run(move |services| {
            let mut looked = None;
            let today = today(services);
            let offered =
                if reader.edits { service::offered(services, &reader, id)? } else { Offered::default() };
            let (overview, lines) = service::overview_with_days(services, &reader, id, |overview| {
                let mut query = SheetQuery::of(&asked, &overview.plan, today);
                let choices = Choices::of(&overview.lines);
                let told = maud::html! {
                    (super::lines::told(&asked, &overview.lines))
                    (super::act::told(&asked, &overview.lines))
                };
                overview.lines.retain(|view| query.has(view));
                let (entries, all) = query.entries(&mut overview.lines);
                let of_line = |entry: &Entry| match entry {
                    Entry::Line(line) => Some(*line),
                    Entry::Group { .. } => None,
                };
                let wanted = entries.iter().filter_map(of_line).collect();
                looked = Some((query, choices, entries, all, told));
                wanted
            })?;
            let spot = looked.as_ref().and_then(|(query, ..)| query.spot);
            let spot = spot.and_then(|(line, spot)| TypedSpot::find(services, &reader, id, line, spot).ok());
            let charts = match looked.as_ref().map_or(&[][..], |(query, ..)| &query.chart) {
                [] => (service::charts_of(lines.first().cloned().into_iter().collect()), Vec::new()),
                wanted => {
                    let (_, charts, not_drawn) = service::charted(services, &reader, id, wanted)?;
                    (charts, chart::notes(not_drawn))
                }
            };
            Ok(looked.map(|looked| (overview, lines, looked, spot, charts, offered)))
        })
        .await?;
    let Some((
        overview,
        lines,
        (looked_at, choices, entries, all_entries, told),
        spot,
        (charts, notes),
        offered,
    )) = found
    else {
        return Err(AppError::not_found("There is no plan at this address."));
    };
    let edits = page.user().has(Permission::EditPlans);
    let title = overview.plan.name.clone();
    let drawn = charts.iter().flat_map(|chart| &chart.lines).map(|view| view.line.id).collect();
    let chart = looked_at.of_chart(drawn, overview.plan.horizon);
    let view = SheetView {
        chart: &chart::section(&overview.plan, &charts, &chart, &notes),
        overview: &overview,
        lines: &lines,
        query: &looked_at,
        offered: &offered,
        typed: sent.line,
        choices: &choices,
        entries: &entries,
        all_entries,
        spot: spot.as_ref(),
        zone: &page.look.zone(),
        now: state.services().now(),
        user: &page.user().id.to_string(),
        edits: edits && overview.plan.is_open() && !overview.plan.is_locked,
        reader: &planner,
        manages: edits,
        csrf: &page.csrf(),
        errors: sent.errors,
        told: maud::html! { (notice(&misread(query, &KNOWN))) (super::import::told(query)) (told) },
    };
    Ok(page.show(NavItem::Plan, &title, &["js/sheet.js", "js/plan-chart.js"], &sheet_page(&view)))
}
