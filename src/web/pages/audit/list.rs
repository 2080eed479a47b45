//! `GET /admin/audit`

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::list_view::{ListView, list_page};
use super::state::{AuditState, LIST, place};
use crate::services::ServiceError;
use crate::services::audit::search::{self, FoundEvents};
use crate::services::audit::verify;
use crate::services::authorize::ReadAudit;
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page};
use crate::web::pages::sent_back;
use crate::web::state::AppState;

/// Events on a page.
const PAGE_EVENTS: usize = 50;

/// The events that are looked for, newest first.
pub async fn list(
    State(state): State<AppState>,
    page: Page,
    headers: HeaderMap,
    query: FormData,
) -> Result<Response, AppError> {
    let grant = page.grant::<ReadAudit>()?;
    let filters = AuditState::of(&query);
    let place = place(&query);
    let (filter, errors) = match filters.filter(&page.look.zone()) {
        Ok(filter) => (Some(filter), Vec::new()),
        Err(errors) => (None, errors),
    };
    let (found, checked) = state
        .run(move |services| {
            let found = match &filter {
                Some(filter) => search::page(services, &grant, filter, place, PAGE_EVENTS)?,
                None => FoundEvents::default(),
            };
            Ok::<_, ServiceError>((found, verify::last_checks(services)?))
        })
        .await?;
    let view = ListView {
        found: &found,
        filters: &filters,
        place,
        checked: &checked,
        was_checked: query.has("checked"),
        errors: &errors,
        now: state.services().now(),
    };
    let mut response = list_page(&page, &view);
    // Without what was left empty.
    if headers.contains_key("hx-request")
        && let Ok(address) = HeaderValue::from_str(&filters.address(LIST, &[]))
    {
        response.headers_mut().insert("hx-replace-url", address);
    }
    Ok(if errors.is_empty() { response } else { sent_back(response, &errors) })
}
