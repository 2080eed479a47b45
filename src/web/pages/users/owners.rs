//! `GET /admin/customers/owners`

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};

use super::form::{UserForm, owners_of};
use super::form_view::owner_results;
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::users::owners::{self, Owners};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;

/// Owners that hold what is typed, for the form, as a fragment.
pub async fn owners(
    State(state): State<AppState>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let form = UserForm {
        owner_words: query.text("owner_q").to_owned(),
        owners: owners_of(&query),
        ..UserForm::default()
    };
    let (found, _) = find(&state, &page, grant, &form.owner_words, &form.owners).await?;
    Ok(Html(owner_results(&form, &found, &page.look.zone()).into_string()).into_response())
}

/// Notes that the admin has seen the owners, where the form was sent to say so.
pub(in crate::web::pages) async fn saw_owners(
    state: &AppState,
    page: &Page,
    form: &FormData,
) -> Result<(), AppError> {
    if !form.has("owners_seen") {
        return Ok(());
    }
    let grant = page.grant::<ManageUsers>()?;
    state.run(move |services| owners::note_seen(services, &grant)).await
}

/// Owners that the admin may see.
pub(in crate::web::pages) async fn find(
    state: &AppState,
    page: &Page,
    grant: Grant<ManageUsers>,
    words: &str,
    chosen: &BTreeSet<String>,
) -> Result<(Owners, Grant<ManageUsers>), AppError> {
    let (scope, words, chosen) = (page.session.scope(), words.to_owned(), chosen.clone());
    state.run(move |services| Ok((owners::search(services, &grant, &scope, &words, &chosen)?, grant))).await
}
