//! `POST /datasets/{dataset}/profiles`, `GET …/{profile}/export` and `POST …/{profile}/forget`

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::{list, parse};
use crate::services::ServiceError;
use crate::services::authorize::ImportData;
use crate::services::profiles;
use crate::web::error::{AppError, sentence};
use crate::web::extract::{Page, PageForm, PageUpload};
use crate::web::pages::{go_to, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

/// Remembers what a file says that another dataset or site exported.
pub async fn bring(
    State(state): State<AppState>,
    Path(dataset): Path<String>,
    mut upload: PageUpload<ImportData>,
) -> Result<Response, AppError> {
    if let Some(refusal) = upload.refusal() {
        return Err(refusal);
    }
    let taken = upload.take_file(&state).await?;
    let PageUpload { page, grant, .. } = upload;
    let error = match taken {
        None => FieldError::new("file", t("imports-file-missing")),
        Some((_, file)) => {
            let slug = dataset.clone();
            let brought =
                state.try_run(move |services| profiles::bring(services, &grant, &slug, &file.sha256)).await?;
            match brought {
                Ok(_) => return Ok(go_to(&format!("/datasets/{dataset}/profiles?brought=1"))),
                Err(ServiceError::Invalid { message, .. } | ServiceError::TooLarge(message)) => {
                    FieldError::new("file", sentence(&message))
                }
                Err(other) => return Err(other.into()),
            }
        }
    };
    let errors = [error];
    let response = list::answer(&state, &page, dataset, &errors, None).await?;
    Ok(sent_back(response, &errors))
}

/// A profile as a file.
pub async fn export(
    State(state): State<AppState>,
    page: Page,
    Path((dataset, profile)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let fingerprint = parse(&profile)?;
    let name = format!("{fingerprint}.profile.json");
    let text = state.run(move |services| profiles::take(services, &grant, &dataset, fingerprint)).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, text).into_response())
}

/// Has a profile forgotten.
pub async fn forget(
    State(state): State<AppState>,
    Path((dataset, profile)): Path<(String, String)>,
    PageForm { page, .. }: PageForm<Page>,
) -> Result<Response, AppError> {
    let grant = page.grant::<ImportData>()?;
    let fingerprint = parse(&profile)?;
    let slug = dataset.clone();
    state.run(move |services| profiles::forget(services, &grant, &slug, fingerprint)).await?;
    Ok(go_to(&format!("/datasets/{dataset}/profiles?forgotten=1")))
}
