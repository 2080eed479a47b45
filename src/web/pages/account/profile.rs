//! `POST /account/name`

use axum::extract::State;
use axum::response::Response;

use crate::services::account;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::pages::{go_to, refused};
use crate::web::state::AppState;

/// Changes what one is called.
pub async fn rename(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    let name = (form.text("first_name").to_owned(), form.text("last_name").to_owned());
    let renamed = {
        let name = name.clone();
        state.try_run(move |services| account::rename(services, &live, (&name.0, &name.1), address)).await?
    };
    match renamed {
        Ok(()) => Ok(go_to("/account?done=name")),
        Err(error) => super::again(&state, &page, refused(error)?, |view| view.name = name).await,
    }
}
