//! `POST /account/password`

use axum::extract::State;
use axum::response::Response;

use crate::services::ServiceError;
use crate::services::error::seconds;
use crate::services::sign_in::{self, SignedIn};
use crate::web::error::AppError;
use crate::web::extract::{AnySession, FormData, PageForm};
use crate::web::pages::sign_in::go_signed_in;
use crate::web::pages::{refused, wrong};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::{t, t_with};

/// Sets a new password; all other sessions end, and this one gets a new token.
pub async fn set_password(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    match try_change(&state, page.session.any(), &form).await? {
        Ok(signed_in) => Ok(go_signed_in(&state, &signed_in, "/account?done=password")),
        Err(error) => super::again(&state, &page, error, |_| {}).await,
    }
}

/// Changes the password of whoever is signed in to what the form says, or says what is wrong with the form.
pub(super) async fn try_change(
    state: &AppState,
    session: &AnySession,
    form: &FormData,
) -> Result<Result<SignedIn, FieldError>, AppError> {
    let (live, address) = (session.live.clone(), session.address);
    let (current, new) = (form.secret("current_password"), form.secret("new_password"));
    let changed = state
        .try_hashing(move |services| sign_in::change_password(services, &live, &current, &new, address))
        .await?;
    let error = match changed {
        Ok(signed_in) => return Ok(Ok(signed_in)),
        Err(ServiceError::WrongCredentials) => FieldError::new("current_password", t("password-wrong")),
        Err(ServiceError::Throttled(after)) => FieldError::new(
            "current_password",
            t_with("sign-in-throttled", &[("seconds", seconds(after).into())]),
        ),
        Err(ServiceError::Invalid { message, .. }) => wrong("new_password", &message),
        Err(other) => refused(other)?,
    };
    Ok(Err(error))
}
