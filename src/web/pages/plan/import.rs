//! `POST /plan/{plan}/import`

use axum::extract::{Path, State};
use axum::response::Response;

use super::parse;
use super::sheet::show;
use crate::domain::plan::Measure;
use crate::services::authorize::EditPlans;
use crate::services::plans::{self as service, NewImport};
use crate::web::error::AppError;
use crate::web::extract::{FormData, PageUpload};
use crate::web::pages::{go_to, refused, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

/// Reads a file into a plan.
pub async fn import(
    State(state): State<AppState>,
    Path(plan): Path<String>,
    mut upload: PageUpload<EditPlans>,
) -> Result<Response, AppError> {
    let id = parse(&plan)?;
    if let Some(refusal) = upload.refusal() {
        return Err(refusal);
    }
    let scope = upload.page.session.scope();
    let sent = upload.take_file(&state).await?;
    let errors = match sent {
        None => [FieldError::new("file", t("imports-file-missing"))],
        Some((name, file)) => {
            let mut new = NewImport { file_name: name, ..NewImport::default() };
            new.choices.measure = Measure::of_word(upload.form.text("measure"));
            new.create_items = upload.form.text("create_items") == "true";
            let grant = upload.page.grant::<EditPlans>()?;
            let done = state
                .try_run(move |services| service::import_stored(services, (&grant, &scope), id, &file, &new))
                .await?;
            match done {
                Ok(_) => return Ok(go_to(&format!("/plan/{id}"))),
                Err(error) => [refused(error)?],
            }
        }
    };
    Ok(sent_back(show(&state, &upload.page, id, &FormData::default(), &errors).await?, &errors))
}
