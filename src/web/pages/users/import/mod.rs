//! `GET /admin/customers/import`, `POST /admin/customers/import`, `POST /admin/customers/import/run`: users of another system. The
//! file is first only looked at; what it would do is shown, and done with a second button.

mod view;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::services::ServiceError;
use crate::services::authorize::ManageUsers;
use crate::services::users::import::{self, ImportOptions};
use crate::web::error::{AppError, sentence};
use crate::web::extract::{FormData, Page, PageForm, PageUpload};
use crate::web::pages::go_to;
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;
use view::{form_page, report_page};

fn options(form: &FormData, dry_run: bool) -> ImportOptions {
    ImportOptions {
        dry_run,
        skip_existing: form.has("skip_existing"),
        plain_passwords: form.has("plain_passwords"),
    }
}

/// What the file is sealed for: whoever sent it goes on with it.
fn purpose(page: &Page) -> String {
    format!("users-file {}", page.user().id)
}

/// Where the file is chosen.
pub async fn show_import(page: Page) -> Result<Response, AppError> {
    page.grant::<ManageUsers>()?;
    Ok(form_page(&page, ImportOptions::default(), &[]))
}

/// Looks at the file.
pub async fn check_import(
    State(state): State<AppState>,
    mut upload: PageUpload<ManageUsers>,
) -> Result<Response, AppError> {
    let options = options(&upload.form, true);
    if let Some(refusal) = upload.refusal() {
        return Err(refusal);
    }
    let taken = upload.take_file(&state).await?;
    let PageUpload { page, grant, .. } = upload;
    let again = |status: StatusCode, message: String| {
        let mut response = form_page(&page, options, &[FieldError::new("file", message)]);
        *response.status_mut() = status;
        Ok(response)
    };
    let Some((name, file)) = taken else {
        return again(StatusCode::UNPROCESSABLE_ENTITY, t("imports-file-missing"));
    };
    let (purpose, sha256) = (purpose(&page), file.sha256.clone());
    let looked = state
        .try_run(move |services| {
            let report = import::import_stored(services, &grant, &sha256, options)?;
            Ok((report, services.keys.seal(&purpose, sha256.as_bytes())?))
        })
        .await?;
    match looked {
        Ok((report, sealed)) => Ok(report_page(&page, &name, &sealed, options, &report)),
        Err(ServiceError::TooLarge(message)) => again(StatusCode::PAYLOAD_TOO_LARGE, sentence(&message)),
        Err(other) => Err(other.into()),
    }
}

/// Makes the users.
pub async fn run_import(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let options = options(&form, false);
    let (purpose, sealed) = (purpose(&page), form.text("file").to_owned());
    let done = state
        .try_hashing(move |services| {
            let sha256 = services.keys.open(&purpose, &sealed)?;
            let sha256 = sha256.and_then(|bytes| String::from_utf8(bytes).ok());
            let sha256 = sha256.ok_or_else(|| ServiceError::NotFound("file like that".to_owned()))?;
            import::import_stored(services, &grant, &sha256, options)
        })
        .await?;
    match done {
        Ok(report) if report.written => {
            Ok(go_to(&format!("/admin/customers?imported={}", report.users.len())))
        }
        // Somebody took a login meanwhile.
        Ok(report) => Ok(report_page(&page, "", form.text("file"), options, &report)),
        Err(ServiceError::NotFound(_)) => {
            let error = FieldError::new("file", t("users-import-gone"));
            let mut response = form_page(&page, options, &[error]);
            *response.status_mut() = StatusCode::GONE;
            Ok(response)
        }
        Err(other) => Err(other.into()),
    }
}
