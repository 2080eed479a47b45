//! `POST /admin/audit/verify`

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::state::LIST;
use crate::services::ServiceError;
use crate::services::audit::verify::{Extent, check};
use crate::services::audit::{list, retention};
use crate::services::authorize::ReadAudit;
use crate::web::error::AppError;
use crate::web::extract::PageForm;
use crate::web::extract::session::REFRESHED;
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// More events than this are checked behind the scenes: the answer comes at once, and the page says how far it is.
const MAX_WHILE_WAITING: u64 = 50_000;

/// Checks the whole log.
pub async fn verify(
    State(state): State<AppState>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let grant = page.grant::<ReadAudit>()?;
    let events = state
        .run(move |services| {
            let newest = list(services, &grant, None, 1)?.first().map_or(0, |event| event.seq);
            Ok::<_, ServiceError>(newest.saturating_sub(retention::floor(services)?))
        })
        .await?;
    if events <= MAX_WHILE_WAITING {
        state.run(|services| check(services, Extent::Whole)).await?;
        return Ok(go_to(&format!("{LIST}?checked=1")));
    }
    let services = Arc::clone(state.services());
    tokio::task::spawn_blocking(move || {
        if let Err(error) = check(&services, Extent::Whole) {
            tracing::error!("Checking the audit log failed: {error}");
        }
    });
    Ok(go_to(&format!("{LIST}?{REFRESHED}")))
}
