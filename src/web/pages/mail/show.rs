//! `GET /admin/outbox/{mail}`

use axum::extract::{Path, State};
use axum::response::Response;

use super::view::{Done, mail_page};
use crate::services::authorize::ManageSite;
use crate::services::outbox;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::state::AppState;

/// One mail: what it says, how far it is, what the server said.
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    Path(id): Path<String>,
    query: FormData,
) -> Result<Response, AppError> {
    let grant = page.grant::<ManageSite>()?;
    let id = super::parse(&id)?;
    let (mail, next) = state.run(move |services| outbox::show(services, &grant, id)).await?;
    let done = Done::parse(query.text("done"));
    Ok(mail_page(&page, (&mail, next), done, &[], state.services().now()))
}
