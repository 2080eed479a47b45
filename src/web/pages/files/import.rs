//! `/files/folders/{folder}/{file}/import`: a file becomes an import that waits for a person.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::html;

use crate::domain::dataset::Dataset;
use crate::domain::user_file::UserFile;
use crate::services::authorize::ImportData;
use crate::services::imports::Into;
use crate::services::{ServiceError, datasets, user_files};
use crate::web::error::{AppError, sentence};
use crate::web::extract::{Page, PageForm};
use crate::web::pages::{go_to, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::{Field, FieldError, csrf_field, error_of, error_summary};
use crate::web::ui::{NavItem, icon, t, t_with};

/// The choice that makes a dataset.
const NEW_DATASET: &str = "+";

/// Asks which dataset it is for.
pub async fn ask_import(
    State(state): State<AppState>,
    page: Page,
    Path((folder, file)): Path<(String, String)>,
) -> Result<Response, AppError> {
    ask(&state, &page, (&folder, &file), ("", ""), &[]).await
}

/// Begins it.
pub async fn import(
    State(state): State<AppState>,
    Path((folder, file)): Path<(String, String)>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let (grant, office) = (page.grant::<ImportData>()?, super::office(&page)?);
    let at = (super::parse(&folder)?, super::parse(&file)?);
    let (chosen, named) = (form.text("dataset").to_owned(), form.text("new_dataset").to_owned());
    let (dataset, into) =
        if chosen == NEW_DATASET { (named.clone(), Into::New) } else { (chosen.clone(), Into::Any) };
    let begun = state
        .try_run(move |services| user_files::import(services, &grant, &office, at, &dataset, into))
        .await?;
    let error = match begun {
        Ok(import) => return Ok(go_to(&format!("/imports/{}", import.id))),
        Err(ServiceError::Invalid { field: "dataset", .. }) => {
            FieldError::new("new_dataset", t("imports-dataset-wrong"))
        }
        Err(ServiceError::Invalid { field, message }) => FieldError::new(field, sentence(&message)),
        Err(ServiceError::Conflict(message) | ServiceError::OutOfScope(message)) => {
            FieldError::new("", sentence(&message))
        }
        Err(other) => return Err(other.into()),
    };
    let errors = [error];
    let again = ask(&state, &page, (&folder, &file), (&chosen, &named), &errors).await?;
    Ok(sent_back(again, &errors))
}

async fn ask(
    state: &AppState,
    page: &Page,
    (folder, file): (&str, &str),
    (chosen, named): (&str, &str),
    errors: &[FieldError],
) -> Result<Response, AppError> {
    page.grant::<ImportData>()?;
    let office = super::office(page)?;
    let (user, id) = (super::parse(folder)?, super::parse(file)?);
    let (file, datasets): (UserFile, Vec<Dataset>) = state
        .run(move |services| {
            let file = user_files::find_in_folder(services, &office, user, id)?;
            Ok((file, datasets::list(services)?))
        })
        .await?;
    let label = t("imports-dataset-name");
    let content = html! {
        div.page-head { h1 { (t_with("files-import-title", &[("file", file.name.as_str().into())])) } }
        (error_summary(errors))
        form.panel.padded.stack.narrow method="post" action=(format!("/files/folders/{}/{}/import", file.user_id, file.id)) {
            (csrf_field(&page.csrf()))
            div.field {
                label for="dataset" { (t("imports-dataset")) }
                select.input #dataset name="dataset" aria-describedby="dataset-hint" {
                    @for dataset in &datasets {
                        option value=(dataset.slug) selected[chosen == dataset.slug] { (dataset.name) }
                    }
                    option value=(NEW_DATASET) selected[chosen == NEW_DATASET] { (t("imports-dataset-new")) }
                }
                p.hint #dataset-hint { (t("imports-dataset-hint")) }
            }
            (Field { value: named, error: error_of(errors, "new_dataset"), ..Field::text("new_dataset", &label) }.render())
            div.actions {
                button.button.primary type="submit" { (icon("upload")) (t("files-import-begin")) }
                p.hint { (t("imports-upload-next")) }
            }
        }
    };
    Ok(page.show(NavItem::Files, &t("files-import-button"), &[], &content))
}
