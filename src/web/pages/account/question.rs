//! `POST /account/question`, `POST /account/question/remove`

use axum::extract::State;
use axum::response::Response;

use super::prove::proof_error;
use crate::services::security_question;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Sets question and answer.
pub async fn set_question(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    let typed = form.text("question").to_owned();
    let (answer, password) = (form.secret("answer"), form.secret("question_password"));
    let set = {
        let question = typed.clone();
        state
            .try_hashing(move |services| {
                security_question::set(services, &live, &question, &answer, &password, address)
            })
            .await?
    };
    match set {
        Ok(()) => Ok(go_to("/account?done=question")),
        Err(error) => {
            let error = proof_error(error, "question_password")?;
            super::again(&state, &page, error, |view| view.question = Some(typed)).await
        }
    }
}

/// Takes it away.
pub async fn remove_question(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    let password = form.secret("question_password");
    let removed = state
        .try_hashing(move |services| security_question::remove(services, &live, &password, address))
        .await?;
    match removed {
        Ok(()) => Ok(go_to("/account?done=question-removed")),
        Err(error) => {
            let error = proof_error(error, "question_password")?;
            super::again(&state, &page, error, |_| {}).await
        }
    }
}
