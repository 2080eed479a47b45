//! `POST /datasets/{dataset}/history/{generation}`

use axum::extract::{Path, State};
use axum::response::Response;

use super::show::answer;
use crate::domain::ids::GenerationId;
use crate::services::ServiceError;
use crate::services::authorize::ImportData;
use crate::services::history;
use crate::web::error::{AppError, sentence};
use crate::web::extract::{Page, PageForm};
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Makes an earlier generation what readers see.
pub async fn roll_back(
    State(state): State<AppState>,
    Path((dataset, generation)): Path<(String, String)>,
    PageForm { page, form }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let generation = generation.parse().map_err(|_| AppError::not_found("There is no such generation."))?;
    let live = form.text("live").parse().map_err(|_| {
        AppError::invalid("The form does not say what was live. Open the history and press the button there.")
    })?;
    let name = dataset.clone();
    let done = state
        .try_run(move |services| {
            history::roll_back(services, &grant, &name, GenerationId(generation), GenerationId(live))
        })
        .await?;
    match done {
        Ok(dataset) => Ok(go_to(&format!("/datasets/{}/history?back=1", dataset.slug))),
        Err(ServiceError::Conflict(reason) | ServiceError::OutOfScope(reason)) => {
            answer(&state, &page, dataset, &form, Some(sentence(&reason))).await
        }
        Err(other) => Err(other.into()),
    }
}
