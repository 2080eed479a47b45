//! `GET /admin/customers`

use axum::extract::State;
use axum::response::Response;

use super::bulk::words_of;
use super::list_view::{ListView, list_page};
use super::query::query_of;
use crate::services::authorize::ManageUsers;
use crate::services::users::{listing, owners};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;

/// Owners that complete what is typed.
const OWNERS_OFFERED: usize = 200;

/// Who there is, searched by name and filtered by status, role and owner.
pub async fn list(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    let grant = page.grant::<ManageUsers>()?;
    let wanted = query_of(&query);
    let scope = page.session.scope();
    let (list, owners, wanted) = state
        .run(move |services| {
            let list = listing::search(services, &grant, &wanted)?;
            Ok((list, owners::largest(services, &grant, &scope, OWNERS_OFFERED)?, wanted))
        })
        .await?;
    let number = |name| query.text(name).parse::<usize>().ok();
    let view = ListView {
        query: &wanted,
        list: &list,
        owners: &owners,
        give: query.text("give"),
        imported: number("imported"),
        deleted: query.text("done") == "delete",
        bulk: words_of(query.text("bulk")).zip(number("n")).zip(number("not")),
        chose_none: query.has("none"),
        mails: state.config().mail.is_on(),
        now: state.services().now(),
    };
    Ok(list_page(&page, &view))
}
