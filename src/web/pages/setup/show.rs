//! `GET /setup`

use axum::extract::State;
use axum::response::Response;

use super::view::{SetupView, code_page, first_page, over_page};
use crate::config::site::DEFAULT_NAME;
use crate::domain::permission::Permission;
use crate::services::setup::{self, CodeCheck};
use crate::services::{bootstrap, datasets};
use crate::web::error::AppError;
use crate::web::extract::{CurrentSession, Flow, FormData};
use crate::web::pages::go_to;
use crate::web::state::AppState;

/// Asks for the site's name and the first admin, where the code is right. Looking uses nothing up.
pub async fn show(
    State(state): State<AppState>,
    session: Result<CurrentSession, AppError>,
    flow: Flow,
    query: FormData,
) -> Result<Response, AppError> {
    let code = query.text("code").to_owned();
    if state.run(bootstrap::is_set_up).await? {
        return after_the_first_admin(&state, session.ok(), &flow, &code).await;
    }
    if code.is_empty() {
        return Ok(code_page(&flow, None));
    }
    let typed = code.clone();
    match state.run(move |services| setup::check(services, &typed)).await? {
        CodeCheck::Right => {
            let least = state.config().password.admin_min_length;
            let view = SetupView { code: &code, site_name: DEFAULT_NAME, ..SetupView::default() };
            Ok(first_page(&flow, least, &view))
        }
        wrong => Ok(code_page(&flow, Some(wrong))),
    }
}

/// The admin goes on where they left; everybody else learns that this is over.
async fn after_the_first_admin(
    state: &AppState,
    session: Option<CurrentSession>,
    flow: &Flow,
    code: &str,
) -> Result<Response, AppError> {
    match session {
        Some(session) if session.user().has(Permission::ManageSite) => {
            let has_data = state.run(|services| Ok(!datasets::list(services)?.is_empty())).await?;
            Ok(go_to(if has_data { "/" } else { "/setup/data" }))
        }
        Some(_) => Ok(go_to("/")),
        None if code.is_empty() => Ok(go_to("/login")),
        None => Ok(over_page(flow)),
    }
}
