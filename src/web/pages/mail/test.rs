//! `POST /admin/outbox/test`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::view::{ListView, list_page};
use crate::domain::email::Email;
use crate::services::authorize::ManageSite;
use crate::services::outbox;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::{refused, wrong};
use crate::web::state::AppState;

/// Mails shown below the answer.
const SHOWN_MAILS: usize = 20;

/// Sends a test and shows what was said. The answer to a post, because it is kept nowhere.
pub async fn test(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let to = form.text("to").to_owned();
    let address = Email::parse(&to).map_err(|error| wrong("to", &error.to_string()));
    let (tested, listed) = state
        .run(move |services| {
            let tested = address.map(|address| outbox::send_test(services, &grant, &address));
            Ok((tested, outbox::list(services, &grant, None, None, SHOWN_MAILS)?))
        })
        .await?;
    let tested = match tested {
        Ok(Ok(tested)) => Ok(tested),
        Ok(Err(error)) => Err(refused(error)?),
        Err(error) => Err(error),
    };
    let status = if tested.is_ok() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let services = state.services();
    let view = ListView {
        listed: &listed,
        state: None,
        is_first: true,
        config: &services.config().mail,
        data_dir: services.data_dir(),
        now: services.now(),
        tested: tested.as_ref().ok(),
        errors: tested.as_ref().err().map_or(&[], std::slice::from_ref),
        to: &to,
    };
    Ok((status, list_page(&page, &view)).into_response())
}
