//! `POST /files/upload`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::list::answer;
use crate::domain::user_file::UserFile;
use crate::services::{ServiceError, user_files};
use crate::web::error::{AppError, Problem, sentence};
use crate::web::extract::{FormData, OwnFolder, PageUpload};
use crate::web::next_step::for_reader;
use crate::web::pages::go_to;
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::{t, t_with};

/// What stands around a file in a form.
const FORM_BYTES: u64 = 16 << 10;

/// Takes one file or several into one's folder. What is wrong with one is said of it alone, and the others stay.
pub async fn upload(
    State(state): State<AppState>,
    mut upload: PageUpload<OwnFolder>,
) -> Result<Response, AppError> {
    let (added, errors) = match take(&state, &mut upload).await {
        Ok(taken) => taken,
        Err(error) => (Vec::new(), vec![said(error, "")?]),
    };
    match (added.as_slice(), errors.as_slice()) {
        ([file], []) if !file.is_kept => return Ok(go_to(&format!("/files/{}", file.id))),
        ([_, ..], []) => return Ok(go_to("/files?sent=1")),
        _ => {}
    }
    let mut errors =
        if errors.is_empty() { vec![FieldError::new("file", t("imports-file-missing"))] } else { errors };
    for error in &mut errors {
        error.message = for_reader(upload.page.user(), &error.message).into_owned();
    }
    let mut response = answer(&state, &upload.page, &FormData::default(), &errors).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

async fn take(
    state: &AppState,
    upload: &mut PageUpload<OwnFolder>,
) -> Result<(Vec<UserFile>, Vec<FieldError>), AppError> {
    if let Some(refusal) = upload.refusal() {
        return Err(refusal);
    }
    let (live, address) = (upload.page.session.live().clone(), upload.page.session.address());
    // Nothing is read that cannot fit.
    if let Some(bytes) = upload.announced_bytes() {
        let live = live.clone();
        let bytes = bytes.saturating_sub(FORM_BYTES);
        let fits = state.try_run(move |services| user_files::must_fit(services, &live, bytes)).await?;
        if let Err(error) = fits {
            upload.refuse_file().await;
            return Err(error.into());
        }
    }
    let (mut added, mut errors) = (Vec::new(), Vec::new());
    loop {
        match upload.next_file(state).await {
            Ok(None) => return Ok((added, errors)),
            Ok(Some((name, file))) => {
                let (live, sent) = (live.clone(), name.clone());
                let one = state
                    .try_run(move |services| user_files::add(services, &live, &sent, &file, address))
                    .await?;
                match one {
                    Ok(file) => added.push(file),
                    // The sentence, without the name of the field.
                    Err(ServiceError::Invalid { message, .. }) => {
                        errors.push(wrong(&name, &sentence(&message)));
                    }
                    Err(error) => errors.push(said(error.into(), &name)?),
                }
            }
            Err(error) => errors.push(said(error, "")?),
        }
    }
}

fn wrong(name: &str, reason: &str) -> FieldError {
    if name.is_empty() {
        return FieldError::new("file", reason);
    }
    // As it would be shown in the folder: a hostile name must not turn the text around it.
    let name = user_files::sent_name(name);
    FieldError::new("file", t_with("files-wrong", &[("file", name.into()), ("reason", reason.into())]))
}

/// What is wrong, with the name of the file in front.
fn said(error: AppError, name: &str) -> Result<FieldError, AppError> {
    let response = error.into_response();
    let status = response.status();
    match response.extensions().get::<Problem>() {
        Some(problem) if problem.kind != "internal" && status != StatusCode::UNAUTHORIZED => {
            Ok(wrong(name, &problem.detail))
        }
        _ if status == StatusCode::UNAUTHORIZED => Err(ServiceError::SignInRequired.into()),
        _ => Err(AppError::internal("an upload failed; the reason is above")),
    }
}
