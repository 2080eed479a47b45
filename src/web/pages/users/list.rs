//! `GET /admin/customers`

use axum::extract::State;
use axum::response::Response;

use super::bulk::words_of;
use super::list_view::{ListView, list_page};
use super::query::{address, query_of};
use crate::services::authorize::ManageUsers;
use crate::services::users::{listing, owners};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::pages::{go_to, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;

/// Owners that complete what is typed.
const OWNERS_OFFERED: usize = 200;

/// Who there is, searched by name and filtered by status, role and owner.
pub async fn list(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    shown(&state, &page, &query, &[]).await
}

/// The list as it was sent, ticks and all, with what is missing to do something to many.
pub(super) async fn list_again(
    state: &AppState,
    page: &Page,
    form: &FormData,
    errors: &[FieldError],
) -> Result<Response, AppError> {
    Ok(sent_back(shown(state, page, form, errors).await?, errors))
}

async fn shown(
    state: &AppState,
    page: &Page,
    form: &FormData,
    errors: &[FieldError],
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let mut wanted = query_of(form);
    let scope = page.session.scope();
    let query = wanted.clone();
    let (list, owners) = state
        .run(move |services| {
            let list = listing::search(services, &grant, &query)?;
            Ok((list, owners::largest(services, &grant, &scope, OWNERS_OFFERED)?))
        })
        .await?;
    if list.page != wanted.page {
        // Fewer than there were when the address was made: on to the last page.
        wanted.page = list.page;
        if errors.is_empty() {
            return Ok(go_to(&address(&wanted, wanted.status, wanted.page, form.text("give"))));
        }
    }
    let number = |name| form.text(name).parse::<usize>().ok();
    let view = ListView {
        query: &wanted,
        list: &list,
        owners: &owners,
        give: form.text("give"),
        imported: number("imported"),
        deleted: form.text("done") == "delete",
        bulk: words_of(form.text("bulk")).zip(number("n")).zip(number("not")),
        sent: form,
        errors,
        mails: state.config().mail.is_on(),
        now: state.services().now(),
    };
    Ok(list_page(page, &view))
}
