//! `GET /plan/{plan}/chart` and `/plan/{plan}/chart.svg`

mod bars;
mod draw;
mod query;
mod scale;
mod section;
mod spark;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

pub use query::{ChartQuery, lines_of, listed};
pub use section::section;
pub use spark::spark;

use self::draw::{Drawn, Palette, WIDE, draw};
use self::section::{said_of, title_of};
use super::list::marks;
use super::passed_over::{Says, notice, passed_over};
use super::tabs::tabs;
use super::{parse, reader};
use crate::domain::plan::Plan;
use crate::services::ServiceError;
use crate::services::plans::{self as service, Charted, MAX_ADDED, NotDrawn};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;
use crate::web::ui::format::count;
use crate::web::ui::{NavItem, icon, t, t_with};

async fn find(
    state: &AppState,
    page: &Page,
    plan: &str,
    query: FormData,
) -> Result<(Plan, Vec<Charted>, ChartQuery, Vec<String>), AppError> {
    let (id, reader) = (parse(plan)?, reader(page));
    state
        .run(move |services| {
            let (plan, charts, not_drawn) =
                service::charted(services, &reader, id, &lines_of(query.text("lines")))?;
            let mut notes = notes(not_drawn);
            if let Some((from, to)) = ChartQuery::outside(&query, &plan) {
                let days = [("from", from.to_string().into()), ("to", to.to_string().into())];
                notes.push(t_with("plan-chart-outside", &days));
            }
            let query = ChartQuery::of(&query, &plan);
            Ok((plan, charts, query, notes))
        })
        .await
}

/// What is said of lines that are not drawn.
pub fn notes(not_drawn: NotDrawn) -> Vec<String> {
    let unknown =
        (not_drawn.unknown > 0).then(|| t_with("plan-chart-unknown", &[("n", not_drawn.unknown.into())]));
    let beyond = not_drawn.beyond.map(|lines| {
        let counts = [("n", count(lines as u64).into()), ("most", count(MAX_ADDED as u64).into())];
        t_with("plan-chart-beyond", &counts)
    });
    unknown.into_iter().chain(beyond).collect()
}

/// A chart on a page of its own; asked by a script, without the page around it.
pub async fn chart(
    State(state): State<AppState>,
    page: Page,
    Path(plan): Path<String>,
    headers: HeaderMap,
    query: FormData,
) -> Result<Response, AppError> {
    let known = [("lines", Says::Lines), ("by", Says::By), ("from", Says::Day), ("to", Says::Day)];
    let odd = passed_over(&query, &known);
    let (plan, charts, query, notes) = find(&state, &page, &plan, query).await?;
    let drawn = section(&plan, &charts, &query, &notes);
    if headers.contains_key("hx-request") {
        return Ok(Html(drawn.into_string()).into_response());
    }
    let content = html! {
        nav.crumbs.no-print aria-label=(t("plan-crumbs")) { a href=(format!("/plan/{}", plan.id)) { (icon("chevron-left")) (plan.name) } }
        div.page-head { h1 { (plan.name) " " (marks(&plan)) } }
        (tabs(&plan, None))
        (notice(&odd))
        (drawn)
    };
    Ok(page.show(NavItem::Plan, &plan.name, &["js/plan-chart.js"], &content))
}

/// The chart as a file of its own.
pub async fn chart_file(
    State(state): State<AppState>,
    page: Page,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let (plan, charts, query, _) = find(&state, &page, &plan, query).await?;
    let Some(all) = plan.horizon.filter(|_| !charts.is_empty()) else {
        return Err(ServiceError::NotFound("such line in this plan".to_owned()).into());
    };
    let bucket = query.drawn_bucket(all);
    let drawings: Vec<Markup> = charts
        .iter()
        .map(|charted| {
            let rows = query.rows(&charted.days, all);
            let title = title_of(charted);
            let said = said_of(&title, &rows);
            titled(&title, &draw(&Drawn { said: &said, bucket, rows: &rows }, &WIDE, Palette::File))
        })
        .collect();
    let height = (WIDE.height + TITLE) * drawings.len() as f64;
    let file = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(WIDE.width) height=(height) viewBox=(format!("0 0 {} {height}", WIDE.width)) {
            title { (plan.name) }
            rect width="100%" height="100%" fill="#ffffff" {}
            @for (at, drawing) in drawings.iter().enumerate() {
                svg y=((WIDE.height + TITLE) * at as f64) width=(WIDE.width) height=(WIDE.height + TITLE) { (drawing) }
            }
        }
    };
    // Letters alone: whatever a plan is called, its file has a name that every system takes.
    let name: String = plan.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let headers = [
        (CONTENT_TYPE, "image/svg+xml".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.svg\"")),
    ];
    Ok((headers, file.into_string()).into_response())
}

/// Room for a title above a drawing.
const TITLE: f64 = 28.0;

fn titled(title: &str, drawing: &Markup) -> Markup {
    html! {
        text x="12" y="20" font-size="14" font-weight="600" font-family="system-ui, sans-serif" fill="#16202b" { (title) }
        svg y=(TITLE) width=(WIDE.width) height=(WIDE.height) { (drawing) }
    }
}
