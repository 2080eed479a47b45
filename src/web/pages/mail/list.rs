//! `GET /admin/outbox`

use axum::extract::State;
use axum::response::Response;

use super::view::{ListView, list_page, parse_state};
use crate::services::authorize::ManageSite;
use crate::services::outbox;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;

/// Mails on a page.
const PAGE_MAILS: usize = 50;

/// The mails, newest first.
pub async fn list(State(state): State<AppState>, page: Page, query: FormData) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let mail_state = parse_state(query.text("state"));
    let before = query.text("before").parse().ok();
    let listed =
        state.run(move |services| outbox::list(services, &grant, mail_state, before, PAGE_MAILS)).await?;
    let services = state.services();
    let view = ListView {
        listed: &listed,
        state: mail_state,
        is_first: before.is_none(),
        config: &services.config().mail,
        data_dir: services.data_dir(),
        now: services.now(),
        tested: None,
        errors: &[],
        to: page.user().email.as_str(),
    };
    Ok(list_page(&page, &view))
}
