//! `GET /plan/{plan}/sheet.xlsx`, and what workbooks of plans have in common.

use std::io::Write;

use axum::extract::{Path, State};
use axum::response::Response;

use super::query::SheetQuery;
use super::{parse, reader};
use crate::domain::audit::Actor;
use crate::services::authorize::By;
use crate::services::export::ExportFormat;
use crate::services::plans::{self as service, SheetWanted};
use crate::services::rows::today;
use crate::web::api::datasets::stream;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;

/// Who takes something away.
pub fn by(page: &Page) -> By {
    By { actor: Actor::User(page.user().id), address: page.session.address() }
}

/// A workbook as an answer.
pub fn workbook(name: &str, bytes: Vec<u8>) -> Response {
    let name = format!("{name}.xlsx");
    stream(ExportFormat::Xlsx.content_type(), Some(&name), move |out| out.write_all(&bytes))
}

/// The sheet as it is seen, with the lines of all of its pages: days, weeks or months from the first in view on.
pub async fn sheet_file(
    State(state): State<AppState>,
    page: Page,
    Path(plan): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let (id, reader, by) = (parse(&plan)?, reader(&page), by(&page));
    let (name, bytes) = state
        .run(move |services| {
            let mut overview = service::overview(services, &reader, id)?;
            let query = SheetQuery::of(&query, &overview.plan, today(services));
            overview.lines.retain(|view| query.has(view));
            let wanted = SheetWanted {
                lines: overview.lines.iter().map(|view| view.line.id).collect(),
                bucket: query.bucket,
                from: overview.plan.horizon.and_then(|all| query.window(all).starts.first().copied()),
            };
            let bytes = service::sheet_workbook(services, &reader, by, (&overview.plan, &wanted))?;
            Ok((overview.plan.name, bytes))
        })
        .await?;
    Ok(workbook(&format!("{name} sheet"), bytes))
}
