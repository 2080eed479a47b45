//! `GET /setup/data`, `POST /setup/sample`

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;

use super::view::data_page;
use crate::domain::ids::ImportId;
use crate::services::authorize::{Grant, ImportData, ManageSite};
use crate::services::{datasets, imports, sample as samples};
use crate::web::error::AppError;
use crate::web::extract::{Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Longest wait for the sample: it takes a fraction of this, and the inventory can wait for it too.
const SAMPLE_WAIT: Duration = Duration::from_secs(5);

/// Asks for the first file. Over once there is a dataset.
pub async fn data(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    page.grant::<ManageSite>()?;
    if has_data(&state).await? {
        return Ok(go_to("/inventory"));
    }
    Ok(data_page(&page))
}

/// Imports the sample inventory where there is no dataset yet, and goes to it.
pub async fn sample(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    page.grant::<ManageSite>()?;
    let grant = page.grant::<ImportData>()?;
    if !has_data(&state).await? {
        let (import, grant) =
            state.run(move |services| Ok((samples::import(services, &grant)?, grant))).await?;
        wait_for(&state, grant, import.id).await?;
    }
    Ok(go_to("/inventory"))
}

async fn has_data(state: &AppState) -> Result<bool, AppError> {
    state.run(|services| Ok(!datasets::list(services)?.is_empty())).await
}

async fn wait_for(state: &AppState, grant: Grant<ImportData>, id: ImportId) -> Result<(), AppError> {
    let mut grant = grant;
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < SAMPLE_WAIT {
        let is_final;
        (grant, is_final) = state
            .run(move |services| {
                let import = imports::get(services, &grant, id)?;
                Ok((grant, import.state.is_final()))
            })
            .await?;
        if is_final {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
