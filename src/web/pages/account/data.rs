//! `GET /account/data`

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::services::account_data;
use crate::web::error::AppError;
use crate::web::extract::Page;
use crate::web::state::AppState;

/// Everything that the site keeps about one, as a file.
pub async fn own_data(State(state): State<AppState>, page: Page) -> Result<Response, AppError> {
    let live = page.session.live().clone();
    let data = state.run(move |services| account_data::collect(services, &live)).await?;
    let text = serde_json::to_string_pretty(&data).map_err(|error| AppError::internal(error.to_string()))?;
    let headers =
        [(CONTENT_TYPE, "application/json"), (CONTENT_DISPOSITION, "attachment; filename=\"my-data.json\"")];
    Ok((headers, text).into_response())
}
