//! `GET /plan/{plan}/overview` and `/plan/{plan}/overview.xlsx`

mod query;
mod view;

use axum::extract::{Path, State};
use axum::response::Response;

use self::query::{OverviewQuery, SortBy};
use self::view::content;
use super::files::{by, workbook};
use super::passed_over::{Says, notice, passed_over};
use super::{parse, reader};
use crate::services::plans as service;
use crate::services::rows::today;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::NavItem;

/// All lines of a plan, those first that run out first.
pub async fn overview(
    State(state): State<AppState>,
    page: Page,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let known = [
        ("q", Says::Text),
        ("problems", Says::Text),
        ("sort", Says::Word(&SortBy::WORDS)),
        ("page", Says::Page),
    ];
    let odd = passed_over(&query, &known);
    let (id, reader, query) = (parse(&plan)?, reader(&page), OverviewQuery::of(&query));
    let overview = state.run(move |services| service::overview(services, &reader, id)).await?;
    let content = content(overview, query, today(state.services()), &notice(&odd));
    Ok(page.show(NavItem::Plan, &content.0, &[], &content.1))
}

/// The same as a workbook, without pages.
pub async fn overview_file(
    State(state): State<AppState>,
    page: Page,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let (id, reader, query, by) = (parse(&plan)?, reader(&page), OverviewQuery::of(&query), by(&page));
    let (name, bytes) = state
        .run(move |services| {
            let mut overview = service::overview(services, &reader, id)?;
            query.choose(&mut overview.lines);
            let bytes = service::overview_workbook(services, by, &overview)?;
            Ok((overview.plan.name, bytes))
        })
        .await?;
    Ok(workbook(&format!("{name} overview"), bytes))
}
