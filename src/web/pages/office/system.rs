//! `GET /admin/system`, `POST /admin/system/bundle`, `POST /admin/system/jobs/{job}/{action}`

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::system_view::system_page;
use crate::domain::ids::JobId;
use crate::services::authorize::ManageSite;
use crate::services::system;
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// The machine's side.
pub async fn system(
    State(state): State<AppState>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let look = state.run(move |services| system::look(services, &grant)).await?;
    Ok(system_page(&page, &look, &state.config(), query.text("done"), state.services().now()))
}

/// What may be sent to somebody who helps.
pub async fn bundle(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let bundle = state.run(move |services| system::support_bundle(services, &grant)).await?;
    let text =
        serde_json::to_string_pretty(&bundle).map_err(|error| AppError::internal(error.to_string()))?;
    let day = state.services().now().to_zoned(page.look.zone()).date();
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"stockroom-support-{day}.json\"")),
    ];
    Ok((headers, text).into_response())
}

/// Tries a job again that was given up, or gives it up for good.
pub async fn act_on_job(
    State(state): State<AppState>,
    Path((job, action)): Path<(String, String)>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let id: JobId = job.parse().map_err(|_| ServiceError::NotFound(format!("job `{job}`")))?;
    let act: fn(&Services, &_, JobId) -> Result<(), ServiceError> = match action.as_str() {
        "retry" => system::retry_job,
        "discard" => system::discard_job,
        _ => return Err(AppError::not_found("There is nothing at this address.")),
    };
    state.run(move |services| act(services, &grant, id)).await?;
    Ok(go_to(&format!("/admin/system?done={action}")))
}
