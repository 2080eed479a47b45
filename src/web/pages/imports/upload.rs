//! `POST /imports`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::list::{answer, read};
use super::list_view::{NEW_DATASET, UploadView};
use crate::services::ServiceError;
use crate::services::authorize::ImportData;
use crate::services::imports::{Into, NewImport, preview};
use crate::web::error::{AppError, Problem, sentence};
use crate::web::extract::PageUpload;
use crate::web::pages::go_to;
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

/// Stores the file, looks at it and begins an import that waits for a person.
pub async fn upload(
    State(state): State<AppState>,
    mut upload: PageUpload<ImportData>,
) -> Result<Response, AppError> {
    let chosen = upload.form.text("dataset").to_owned();
    let named = upload.form.text("new_dataset").to_owned();
    let (dataset, into) = match chosen.as_str() {
        NEW_DATASET => (named.clone(), Into::New),
        _ => (chosen.clone(), Into::Any),
    };
    let publishes = upload.form.has("publish");
    let begun = begin(&state, &mut upload, dataset, into).await;
    let (status, error) = match begun {
        Ok(location) => return Ok(go_to(&location)),
        Err(Refused::Said(status, error)) => (status, error),
        Err(Refused::Other(error)) => return Err(error),
    };
    let PageUpload { page, grant, .. } = upload;
    let listed = state.run(move |services| read(services, &grant, 1)).await?;
    let view = UploadView { dataset: &chosen, new_dataset: &named, publishes, error: Some(&error) };
    let mut response = answer(&state, &page, &listed, view);
    *response.status_mut() = status;
    Ok(response)
}

/// Why there is no import.
enum Refused {
    /// To be said beside the form.
    Said(StatusCode, FieldError),
    /// A fault of ours, or a request that is none of our pages'.
    Other(AppError),
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        let response = error.into_response();
        let status = response.status();
        match response.extensions().get::<Problem>() {
            Some(problem) if problem.kind != "internal" => {
                Self::Said(status, FieldError::new("file", problem.detail.clone()))
            }
            _ => Self::Other(AppError::internal("an upload failed; the reason is above")),
        }
    }
}

async fn begin(
    state: &AppState,
    upload: &mut PageUpload<ImportData>,
    dataset: String,
    into: Into,
) -> Result<String, Refused> {
    if let Some(refusal) = upload.refusal() {
        return Err(refusal.into());
    }
    let name = dataset.clone();
    let fits = state.try_run(move |services| preview::must_fit(services, &name, into)).await?;
    if let Err(error) = fits {
        upload.refuse_file().await;
        return Err(of_service(error));
    }
    let Some((file_name, file)) = upload.take_file(state).await? else {
        let error = FieldError::new("file", t("imports-file-missing"));
        return Err(Refused::Said(StatusCode::UNPROCESSABLE_ENTITY, error));
    };
    let confirm = upload.form.has("publish");
    let new = NewImport { dataset, file_name, file, set: Vec::new(), confirm };
    let grant = upload.page.grant::<ImportData>()?;
    let begun = state.try_run(move |services| preview::begin(services, &grant, &new, into)).await?;
    let import = begun.map_err(of_service)?;
    Ok(format!("/imports/{}", import.id))
}

fn of_service(error: ServiceError) -> Refused {
    match error {
        ServiceError::Invalid { field: "dataset", .. } => {
            let error = FieldError::new("new_dataset", t("imports-dataset-wrong"));
            Refused::Said(StatusCode::UNPROCESSABLE_ENTITY, error)
        }
        // The child's sentence, without the name of the field.
        ServiceError::Invalid { field, message } => {
            Refused::Said(StatusCode::UNPROCESSABLE_ENTITY, FieldError::new(field, sentence(&message)))
        }
        other => AppError::from(other).into(),
    }
}
